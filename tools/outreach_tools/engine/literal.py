"""Text in filters: which texts a criterion may mean, and when two texts are the same.

A text may hold whatever the words of a filter are made of: commas, dots, quotes, brackets. So what is given is looked
for as it stands, beside the values that it lists: `Smith, Jones` is `Smith, Jones`, `Smith` or `Jones`.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from unicodedata import combining, normalize

from outreach_tools.engine.text import CELL_LIMIT, clean

QUOTED = re.compile(r'"((?:[^"]|"")*)"')
"""A value in double quotes; a quote in it is written twice."""

NULLS = ("null", "not null")
"""The words that ask for no value, and for any."""

_NEGATION = re.compile(r"\s*(?:not\s+\S|!=?\s*\S|<>\s*\S|≠|-[^\W\d])", re.IGNORECASE)
_COMPARISON = re.compile(r"\s*(?:[<>]=?|≥|≤)\s*[\w-]")
_ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)')
# How an answer ends a text that it shows only the beginning of.
_CUT = re.compile(r"…(?:\s*\(\+[\d,]+ characters\))?$")


def readings(text: str) -> tuple[str, ...]:
    """Return the texts that a criterion may mean: itself, without blanks around it, and the values that it lists."""
    plain = text.strip()
    return tuple(dict.fromkeys((text, plain, *listed_values(plain))))


def listed_values(text: str) -> list[str]:
    """Return the values that a text lists, with commas outside double quotes between them."""
    return [item for item in split(text) if item]


def split(text: str) -> list[str]:
    """Split at the commas outside double quotes, and take the quotes off."""
    return [item for item, _ in _items(text)]


def split_nulls(text: str) -> tuple[frozenset[str], str]:
    """Return which of `null` and `not null` a text lists outside quotes, beside other values, and those others.

    Alone they are the criterion itself, and none is returned.
    """
    items = _items(text.strip())
    found = frozenset(item.casefold() for item, quoted in items if not quoted and item.casefold() in NULLS)
    others = [item for item, quoted in items if quoted or item.casefold() not in NULLS]
    return (found, ", ".join(others)) if len(items) > 1 else (frozenset(), text)


def negates(text: str) -> bool:
    """Return whether a value looks like the negation of another, as other filters spell it."""
    return _NEGATION.match(text) is not None and text.casefold() not in NULLS


def compares(text: str) -> bool:
    """Return whether a value looks like a bound, as other filters spell it."""
    return _COMPARISON.match(text) is not None


def _items(text: str) -> list[tuple[str, bool]]:
    """Return what a text lists, without quotes, each with whether it stood in them."""
    items: list[tuple[str, bool]] = []
    position = 0
    while position < len(text) and (found := _ITEM.match(text, position)):
        quoted = found.group(1) is not None
        items.append((found.group(1).replace('""', '"') if quoted else found.group(2).strip(), quoted))
        position = found.end()
    return items


def unquoted(text: str) -> str:
    """Take the double quotes off a value that stands in them."""
    quoted = QUOTED.fullmatch(text.strip())
    return quoted[1].replace('""', '"') if quoted else text.strip()


def fold(text: str) -> str:
    """Return a text in the form that is compared: case, accents, blanks and what is not seen make no difference.

    Outreach ignores case (assumed of its database), and may ignore accents and blanks at the end, as MySQL does: a row
    that it sent is not to be dropped for those.
    """
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(map(_plain, plain)).casefold()
    folded = " ".join((plain if plain.isprintable() else clean(plain)).split())
    return folded or text.casefold()


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """Return a character without its accents. One by one: to sort thousands of accents in a row takes very long."""
    return "".join(each for each in normalize("NFKD", character) if not combining(each))


def is_cut(text: str) -> bool:
    """Return whether a text looks like one of which an answer showed the beginning only."""
    return len(text) > CELL_LIMIT * 3 // 4 and _CUT.search(text) is not None


def beginning(text: str) -> str:
    """Return what a cut text shows of the whole."""
    cut = _CUT.search(text)
    return text[: cut.start()].rstrip() if cut else text


class Texts:
    """Some texts to compare with: says whether another is one of them, or begins like one that was cut."""

    __slots__ = ("_exact", "_heads")

    def __init__(self, texts: Collection[str]) -> None:
        """Keep the texts in the form that is compared."""
        self._exact = {fold(text) for text in texts}
        self._heads = tuple(fold(beginning(text)) for text in texts if is_cut(text) and beginning(text).strip())

    def __contains__(self, text: str) -> bool:
        """Return whether a text is among them."""
        folded = fold(text)
        return folded in self._exact or (bool(self._heads) and folded.startswith(self._heads))
