"""The terminal of the command line: how wide it is, and whether it shows bold letters."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_NARROWEST = 40
"""Columns below which nothing can be laid out; such a terminal breaks the lines itself."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal, or what stands in its place: `width` is None for a file or a pipe, where nothing is cut or wrapped.

    `bold` says whether headings are printed in bold letters.
    """

    width: int | None = None
    bold: bool = False

    def heading(self, text: str) -> str:
        """Return a heading as it is printed."""
        return f"{_BOLD}{text}{_PLAIN}" if self.bold else text


def terminal_of(environ: Mapping[str, str]) -> Terminal:
    """Return the terminal that stdout is.

    Letters are never bold where stdout is not a terminal, where `NO_COLOR` is set to anything (no-color.org), or where
    `TERM` is `dumb`.
    """
    if not sys.stdout.isatty():
        return Terminal()
    width = max(shutil.get_terminal_size().columns, _NARROWEST)
    return Terminal(width, bold=not environ.get("NO_COLOR") and environ.get("TERM") != "dumb")
