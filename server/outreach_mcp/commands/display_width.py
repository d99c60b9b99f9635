"""How many columns of a terminal a text takes, and what of it may be shown there."""

import unicodedata

from outreach_tools.engine.text import clean

_MARK = "…"


def shown(text: str) -> str:
    """Return a text on one line, without what shows nothing or steers a terminal."""
    return " ".join("".join(_harmless(character) for character in clean(text)).split())


def width_of(text: str) -> int:
    """Return the columns that a text takes: two for the wide letters of East Asia and most emoji, none for marks."""
    return len(text) if text.isascii() else sum(map(_width, text))


def cut(text: str, columns: int) -> str:
    """Return the beginning of a text that fits into some columns, ending in … where something is missing."""
    if width_of(text) <= columns:
        return text
    taken, kept = width_of(_MARK), 0
    for character in text:
        taken += _width(character)
        if taken > columns:
            break
        kept += 1
    return f"{text[:kept].rstrip()}{_MARK}"


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """Return a text with blanks up to some columns, on its left where it belongs to the right."""
    blanks = " " * max(columns - width_of(text), 0)
    return f"{blanks}{text}" if right else f"{text}{blanks}"


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _harmless(character: str) -> str:
    return " " if unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") else character
