"""Cuts what Outreach answered down to what can be shown of it at all, before it is cleaned, counted and rendered.

What was left out stands where it was, with its number: `"漢漢… (+900,000 characters)"`, `[1, 2, "+193,999 more"]`,
`{"a": 1, "…": "+193,999 more"}`. So the work on an answer grows with the budget and not with what strangers wrote.
"""

from itertools import islice
from typing import Any

from outreach_tools.client import JsonObject
from outreach_tools.engine.text import CELL_LIMIT, Cut
from outreach_tools.json_values import is_array, is_object

DENSEST = 16
"""Characters of a token: only blanks in a row come in longer ones."""

LONGEST_NAME = 80
"""Characters of a member's name: of those of the API the longest have about forty."""

_DEEPEST = 60  # levels; the API has about six
_FEWEST = 2_000  # members; a record has up to three hundred
_ALWAYS = CELL_LIMIT  # characters of a text that stay, however many texts there are


_ROW = 500  # cells; no list has as many columns
_NUMBER = (int, float)  # a union is made anew each time


class Few(list[Any]):
    """The first items of an array, and as the last one how many more there are; `left_out` is their number."""

    __slots__ = ("left_out",)

    def __init__(self, items: list[Any], left_out: int) -> None:
        """Keep the items and say how many there are beside them."""
        super().__init__([*items, f"+{left_out:,} more"])
        self.left_out = left_out


def bounded(value: Any, budget: int) -> Any:
    """Return of a decoded JSON value as much as an answer of `budget` tokens can show, and rather more.

    A text keeps `budget * DENSEST` characters, and so do all the long ones together, each an even share. Arrays and
    objects keep their first members, `budget` of them in all (at least 2,000): each is at least a token of the answer.
    """
    if is_array(value) and is_slight(value):
        return value  # nearly every row of a list: nothing in it is ever cut, which is told in a fraction of the time
    first = _Members(max(budget, _FEWEST)).kept(value, 0)
    lengths: list[int] = []
    _measure(first, lengths)
    most = budget * DENSEST
    if sum(lengths) <= most:
        return first
    return _cut(first, max(_level(lengths, most), min(_ALWAYS, most)))


def is_slight(row: list[Any]) -> bool:
    """Return whether a row holds nothing but numbers, texts that always stay, and short lists of these."""
    if len(row) > _ROW:
        return False
    left = _FEWEST - len(row)
    for cell in row:
        if cell is None:
            continue
        if isinstance(cell, str):
            if len(cell) > _ALWAYS:
                return False
        elif isinstance(cell, _NUMBER):
            continue
        elif is_array(cell):
            left -= len(cell)
            if left < 0 or not all(map(_is_slight, cell)):
                return False
        else:
            return False
    return True


def _is_slight(value: Any) -> bool:
    return len(value) <= _ALWAYS if isinstance(value, str) else value is None or isinstance(value, _NUMBER)


def bounded_text(text: str, budget: int) -> str:
    """Return of a text as much as an answer of `budget` tokens can show, and rather more."""
    return Cut.of(text, budget * DENSEST)


class _Members:
    """Keeps the first members of a value, a bounded number in all."""

    __slots__ = ("_left",)

    def __init__(self, most: int) -> None:
        self._left = most

    def kept(self, value: Any, depth: int) -> Any:
        if is_array(value):
            size = self._take(len(value), depth)
            items = [self.kept(item, depth + 1) for item in islice(value, size)]
            return items if size == len(value) else Few(items, len(value) - size)
        if is_object(value):
            size = self._take(len(value), depth)
            members: JsonObject = {}
            for name, item in islice(value.items(), size):
                if self._left < 0:
                    break
                short = _short_name(name, members)
                self._left -= len(short) // DENSEST
                members[short] = self.kept(item, depth + 1)
            if len(members) < len(value):
                members["…"] = f"+{len(value) - len(members):,} more"
            return members
        return value

    def _take(self, wanted: int, depth: int) -> int:
        taken = min(wanted, max(self._left, 0)) if depth < _DEEPEST else 0
        self._left -= taken
        return taken


def _short_name(name: str, others: JsonObject) -> str:
    if len(name) <= LONGEST_NAME:
        return name
    short = cut = str(Cut.of(name, LONGEST_NAME))
    number = len(others)
    while short in others:
        number += 1
        short = f"{cut} #{number}"
    return short


def _measure(value: Any, lengths: list[int]) -> None:
    """Collect the lengths of a value's texts."""
    if isinstance(value, str):
        lengths.append(len(value))
    elif is_array(value):
        for item in value:
            _measure(item, lengths)
    elif is_object(value):
        for item in value.values():
            _measure(item, lengths)


def _level(lengths: list[int], most: int) -> int:
    """Return the length to which the longest of some texts are cut for all of them to have `most` characters."""
    lengths.sort()
    for index, length in enumerate(lengths):
        share = most // (len(lengths) - index)
        if length > share:
            return share
        most -= length
    return lengths[-1]


def _cut(value: Any, most: int) -> Any:
    """Cut each text of a value."""
    if isinstance(value, str):
        return Cut.of(value, most)
    if isinstance(value, Few):
        return Few([_cut(item, most) for item in value[:-1]], value.left_out)
    if is_array(value):
        return [_cut(item, most) for item in value]
    if is_object(value):
        return {name: _cut(item, most) for name, item in value.items()}
    return value
