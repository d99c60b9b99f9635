"""Cuts bytes into lines, none longer than it may be."""

from collections.abc import Iterator
from typing import TypeAlias

from outreach_mcp.io.json_text import Outline

Line: TypeAlias = bytes | Outline
"""One line without its end; of one that was too long, what little was kept."""


class Lines:
    """The lines of a stream of bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._begun = bytearray()
        self._outline: Outline | None = None

    def feed(self, data: bytes) -> Iterator[Line]:
        """Take the next bytes, and give the lines that end in them."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._grow(end)
            yield self._line()
        self._grow(rest)

    def end(self) -> Iterator[Line]:
        """Give the last line, if its end is missing."""
        if self._begun or self._outline:
            yield self._line()

    def _grow(self, data: bytes) -> None:
        if self._outline is None and len(self._begun) + len(data) > self._most_bytes:
            self._outline = Outline()
            self._outline.feed(bytes(self._begun))
            self._begun.clear()
        if self._outline is None:
            self._begun += data
        else:
            self._outline.feed(data)

    def _line(self) -> Line:
        line = self._outline or bytes(self._begun)
        self._begun.clear()
        self._outline = None
        return line
