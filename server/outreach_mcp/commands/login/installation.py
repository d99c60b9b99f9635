"""How the running program was installed, and the command that will still start it tomorrow."""

import sys
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = "outreach-mcp"
_CACHE_TAG = "CACHEDIR.TAG"
"""Marks a folder whose contents may be removed at any time (https://bford.info/cachedir/)."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An environment that has this package: its folder, and its Python."""

    prefix: Path
    python: Path

    def start(self) -> list[str]:
        """Return the command that starts `outreach-mcp` from anywhere: clients start it in any folder.

        It is the full path of what is installed. An environment that uvx or `pipx run` made for this one run lies in a
        cache and may be gone tomorrow; there it is the command that makes such an environment.
        """
        if self._is_of_uvx():
            return ["uvx", _PACKAGE]
        if self._is_of_pipx_run():
            return ["pipx", "run", _PACKAGE]
        suffix = self.python.suffix  # .exe on Windows
        installed = self.python.with_name(f"{_PACKAGE}{suffix if suffix == '.exe' else ''}")
        return [str(installed)] if installed.exists() else [str(self.python), "-m", "outreach_mcp"]

    def _is_of_uvx(self) -> bool:
        # uv marks its cache, and each environment in it; an environment that was made to stay may be marked, too, for
        # backups to leave it out, but lies in no folder that is.
        return any((folder / _CACHE_TAG).exists() for folder in self.prefix.parents) and self._was_made_by("uv")

    def _is_of_pipx_run(self) -> bool:
        # Those that `pipx install` made lie in a folder of this name.
        return (self.prefix / "pipx_metadata.json").exists() and self.prefix.parent.name != "venvs"

    def _was_made_by(self, tool: str) -> bool:
        try:
            lines = (self.prefix / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return any(line.partition("=")[0].strip() == tool for line in lines)


def this_installation() -> Installation:
    """Return the one that is running."""
    return Installation(Path(sys.prefix), Path(sys.executable))
