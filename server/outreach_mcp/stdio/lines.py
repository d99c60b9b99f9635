"""Cuts bytes into lines, none longer than it may be."""

from collections.abc import Iterator
from typing import TypeAlias

Line: TypeAlias = bytes | None
"""One line without its end; None for one that was too long and of which nothing was kept."""


class Lines:
    """The lines of a stream of bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._begun = bytearray()
        self._is_too_long = False

    def feed(self, data: bytes) -> Iterator[Line]:
        """Take the next bytes, and give the lines that end in them."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._grow(end)
            yield self._line()
        self._grow(rest)

    def end(self) -> Iterator[Line]:
        """Give the last line, if its end is missing."""
        if self._begun or self._is_too_long:
            yield self._line()

    def _grow(self, data: bytes) -> None:
        if self._is_too_long:
            return
        if len(self._begun) + len(data) > self._most_bytes:
            self._is_too_long = True
            self._begun.clear()
        else:
            self._begun += data

    def _line(self) -> Line:
        line = None if self._is_too_long else bytes(self._begun)
        self._begun.clear()
        self._is_too_long = False
        return line
