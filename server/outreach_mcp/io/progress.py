"""One line on stderr that tells a person how far something is that takes long; in terminals only."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

from outreach_mcp.io.streams import tell

_Item = TypeVar("_Item")

Say: TypeAlias = Callable[[str], None]
"""Shows a text in place of the one before; the empty one leaves nothing behind."""

_EVERY = 1000
"""Items after which the line is renewed."""


def watched(items: Iterable[_Item], what: str, say: Say | None) -> Iterator[_Item]:
    """Yield the items of something long, and say how many there were so far; without `say`, just yield them.

    It is said that it began before the first item is asked for, which may take as long as all others.
    """
    if say is None:
        yield from items
        return
    say(f"{what} ...")
    try:
        for number, item in enumerate(items, start=1):
            if number % _EVERY == 0:
                say(f"{what}: {number:,} records")
            yield item
    finally:
        say("")


def line_of_stderr() -> Say | None:
    """Return what shows such a line on stderr, None where that is not a terminal."""
    if not sys.stderr.isatty():
        return None
    before = ""

    def say(text: str) -> None:
        nonlocal before
        # Blanks wipe out what was longer, also where the terminal knows no other way; then back to the beginning.
        tell(f"\r{text.ljust(len(before))}" + ("" if text else "\r"), end="")
        before = text

    return say
