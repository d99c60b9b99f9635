"""`make` prepares its environment, or says on one line why it cannot."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import ROOT, SECONDS


def make(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run `make test` in a folder that has nothing but what make looks at."""
    for name in ("Makefile", "pyproject.toml", "uv.lock", "requirements-uv.txt"):
        shutil.copy(ROOT / name, folder)
    return subprocess.run(
        ["make", "test", f"PYTHON={python}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def reason(ended: subprocess.CompletedProcess[str]) -> str:
    """The lines on stderr that are not make's own."""
    return "".join(line for line in ended.stderr.splitlines(keepends=True) if not line.startswith("make"))


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_a_missing_python_is_one_line(tmp_path: Path) -> None:
    ended = make(tmp_path, "python-of-no-version")
    assert (ended.returncode, reason(ended)) == (
        2,
        "python-of-no-version is not there: install Python 3.11 or newer, or name one: make PYTHON=python3.12 ...\n",
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_an_old_python_is_one_line(tmp_path: Path) -> None:
    old = tmp_path / "python3.8"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.8.20" || exit 1\n', encoding="utf-8")
    old.chmod(0o755)
    ended = make(tmp_path, str(old))
    assert (ended.returncode, reason(ended)) == (
        2,
        "Python 3.8.20 is too old: Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ...\n",
    )


def test_every_check_is_part_of_the_checks_but_those_that_take_minutes() -> None:
    scripts = {path.name for path in (ROOT / "scripts").glob("check_*")}
    run = set(re.findall(r"python scripts/(check_\w+)", (ROOT / "scripts" / "check").read_text(encoding="utf-8")))
    assert scripts - run == {"check_clients", "check_long", "check_pictures"}
    assert run <= scripts
