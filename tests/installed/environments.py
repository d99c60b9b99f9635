"""Builds the wheel and installs it into environments that have nothing else."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support.processes import ROOT, environment

Versions = Literal["lowest", "newest"]

SECONDS = 300
"""For an installation; with a warm cache it takes a few."""

_RESOLUTION = {"lowest": "lowest-direct", "newest": "highest"}
_NO_INDEX = ("Failed to fetch", "error sending request", "dns error", "Network connectivity is disabled")


class NoIndexError(Exception):
    """No package index can be reached."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An environment with the wheel of one Python, and the versions of its dependencies."""

    name: str
    folder: Path
    wheel: Path
    versions: Versions

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    @property
    def command(self) -> Path:
        """Its `outreach-mcp`."""
        return self.folder / "bin" / "outreach-mcp"

    def add(self, *extras: str) -> None:
        """Install the wheel, with these extras; raises `NoIndexError`."""
        wanted = f"outreach-mcp[{','.join(extras)}] @ {self.wheel.as_uri()}"
        uv("pip", "install", "--python", str(self.python), "--resolution", _RESOLUTION[self.versions], wanted)


def uv(*arguments: str) -> None:
    """Run uv, without settings of this repository; raises `NoIndexError`, and `RuntimeError` with what it says."""
    ended = subprocess.run(
        [Path(sys.executable).with_name("uv"), "--quiet", "--no-config", "--no-python-downloads", *arguments],
        capture_output=True,
        text=True,
        check=False,
        # Not as a part of the environment that this runs in.
        env={name: value for name, value in environment().items() if name != "VIRTUAL_ENV"},
        timeout=SECONDS,
    )
    if ended.returncode:
        kind = NoIndexError if any(sign in ended.stderr for sign in _NO_INDEX) else RuntimeError
        raise kind(f"uv {' '.join(arguments[:2])}: {ended.stderr.strip()}")


def build_wheel(folder: Path) -> Path:
    """Build the wheel into a folder; raises `NoIndexError`."""
    uv("build", "--wheel", "--out-dir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(version: str, python: Path, versions: Versions, wheel: Path, folder: Path) -> Installation:
    """Make an environment with the wheel, and nothing but what that needs; raises `NoIndexError`."""
    made = Installation(f"Python {version}, {versions} dependencies", folder, wheel, versions)
    uv("venv", "--python", str(python), str(folder))
    made.add()
    return made


def find_python(version: str) -> Path | None:
    """Return a Python of this version (`3.13`), on the path or where pyenv keeps them; None where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    on_path = shutil.which(f"python{version}")
    candidates = [Path(sys.executable), *([Path(on_path)] if on_path else []), *pyenv.glob(f"{version}.*/bin/python")]
    return next((each for each in candidates if _version_of(each) == version), None)


def _version_of(python: Path) -> str:
    asked = "import sys; print('%d.%d' % sys.version_info[:2])"
    ended = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=False, timeout=SECONDS)
    return ended.stdout.strip()  # of pyenv's stand-in for a Python that is not chosen: nothing
