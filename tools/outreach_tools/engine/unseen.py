"""Takes out of a text what shows nothing and could deceive, by what its characters are in Unicode.

What belongs to a script or an emoji stays where it does its work there: one joiner between letters that join or at a
virama, one variation selector after what has variants, the tags of three flags. The same characters anywhere else, or
several in a row, spell what only a machine reads.
"""

import re
from functools import cache

from outreach_tools.engine.unicode_ranges import CURSIVE, EMOJI, GONE, IDEOGRAPHS, MONGOLIAN, VIRAMAS

_NON_JOINER, _JOINER = "\u200c", "\u200d"
_JOINERS = _NON_JOINER + _JOINER
_TEXT_STYLE, _EMOJI_STYLE, _KEYCAP = "\ufe0e", "\ufe0f", "\u20e3"
_MONGOLIAN_SELECTORS, _MONGOLIAN_SEPARATOR = "\u180b\u180c\u180d\u180f", "\u180e"
# Nearly all registered variants of an ideograph are among the first sixteen (Ideographic Variation Database).
_FIRST_VARIANT, _LAST_VARIANT = "\U000e0100", "\U000e010f"
# The flags of England, Scotland and Wales are spelled with tags: these three are the recommended ones (UTS 51).
_FLAG = "\U0001f3f4"
_TAGS = tuple(
    "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f" for region in ("gbeng", "gbsct", "gbwls")
)
_LONGEST = 4  # characters at the beginning of a row that can belong to what stands before it
_NEEDED = frozenset(
    {*_JOINERS, _TEXT_STYLE, _EMOJI_STYLE, *_MONGOLIAN_SELECTORS, _MONGOLIAN_SEPARATOR, *_TAGS[0]}
).union(chr(code) for code in range(ord(_FIRST_VARIANT), ord(_LAST_VARIANT) + 1))
_LAST_LOW = 0xFFFF
_SHOWN_ASCII = bytes(range(0x20, 0x7F))
"""The bytes of text that shows something, and means in UTF-8 what it means in ASCII."""
_DIGITS = frozenset("0123456789٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")


def without_unseen(text: str) -> str:
    """Return a text without what shows nothing; the work grows with the text's length and not faster."""
    suspicious, rows = _patterns()
    # Even in other languages most of what a tool answers is ASCII, which falls out in a fraction of the time.
    rest = text.encode("utf-8", "surrogatepass").translate(None, _SHOWN_ASCII).decode("utf-8", "surrogatepass")
    return rows.sub(_kept, text) if suspicious.search(rest) else text


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the pattern of what may show nothing, which is quick, and that of rows of what does.

    Python looks a character up to U+FFFF in a table, and goes through ranges one by one beyond. So what lies beyond is
    told at first by a few coarse ranges, which leave out what is written most: emoji, Chinese characters.
    """
    gone = _ranges(GONE)
    low = _class([(first, min(last, _LAST_LOW)) for first, last in gone if first <= _LAST_LOW])
    high = _class([(first, last) for first, last in gone if first > _LAST_LOW])
    coarse = "\U00010000-\U0001f2ff\U0001f650-\U0001f67f\U0001f6d0-\U0001f90b\U0001fa54-\U0001ffff\U0002a6e0-\U0010ffff"
    return re.compile(f"[{low}{coarse}]"), re.compile(f"(?:[{low}]|(?=[{coarse}])[{high}])+")


def _kept(row: re.Match[str]) -> str:
    """Return what stays of a row."""
    start, end = row.span()
    if _NEEDED.isdisjoint(row[0]):
        return ""
    text = row.string
    for tags in _TAGS:
        if _at(text, start - 1) == _FLAG and text.startswith(tags, start):
            return tags
    return "".join(text[place] for place in range(start, min(end, start + _LONGEST)) if _belongs(text, place, row))


def _belongs(text: str, place: int, row: re.Match[str]) -> bool:
    """Return whether a character of a row does its work where it stands."""
    before, character, after = _at(text, place - 1), text[place], _at(text, place + 1)
    if character in _JOINERS:
        if before in _JOINERS:
            return False
        # Of the same joiner several times in a row the first may stay.
        repeated = not text[place : row.end()].strip(character)
        return _joins(text, place, _at(text, row.end()) if repeated else after, first=place == row.start())
    if character in (_TEXT_STYLE, _EMOJI_STYLE):
        return before in _all(EMOJI) or (before in "0123456789#*" and after == _KEYCAP)
    if _FIRST_VARIANT <= character <= _LAST_VARIANT:
        return _is_ideograph(before)
    if character == _MONGOLIAN_SEPARATOR:
        return before in _all(MONGOLIAN) and after in _all(MONGOLIAN)
    return character in _MONGOLIAN_SELECTORS and before in _all(MONGOLIAN)


def _joins(text: str, place: int, after: str, *, first: bool) -> bool:
    """Return whether a joiner or non-joiner, the `first` of its row or not, is where a script or an emoji has one."""
    before = _at(text, place - 1)
    if before in _all(VIRAMAS):
        return True
    joining_before, joining_after = before in _all(CURSIVE), after in _all(CURSIVE)
    if text[place] == _NON_JOINER:
        return (joining_before and (joining_after or after in _DIGITS)) or (joining_after and before in _DIGITS)
    if joining_before or joining_after:
        return True
    if after in _all(VIRAMAS):
        return first and not before.isascii()
    picture = _at(text, place - 2) if before == _EMOJI_STYLE else before
    return picture in _all(EMOJI) and after in _all(EMOJI)


def _at(text: str, place: int) -> str:
    """Return the character at a place, a blank outside of the text."""
    return text[place] if 0 <= place < len(text) else " "


def _is_ideograph(character: str) -> bool:
    code = ord(character)
    return any(first <= code <= last for first, last in _ranges(IDEOGRAPHS))


@cache
def _all(table: str) -> frozenset[str]:
    """Return the characters of a table."""
    return frozenset(chr(code) for first, last in _ranges(table) for code in range(first, last + 1))


def _class(pairs: list[tuple[int, int]]) -> str:
    """Return ranges as they stand in a class of a regular expression."""
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in pairs)


@cache
def _ranges(table: str) -> list[tuple[int, int]]:
    """Return the ranges of a table, each with its first and its last code point."""
    pairs = (each.partition("-") for each in table.split())
    return [(int(first, 16), int(last or first, 16)) for first, _, last in pairs]
