"""Finds what a caller left empty: null, blank text, empty arrays and objects mean "not given", at any depth.

Models and strict clients fill in what they do not know; only `clear` empties anything. `false` and `0` are values.
"""

from typing import Any
from unicodedata import category

from outreach_tools.client import JsonObject
from outreach_tools.json_values import is_array, is_object

# Letters by their category that show nothing: the fillers of Hangul, and braille without a dot.
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def is_given(value: object) -> bool:
    """Return whether a value holds anything: itself, or somewhere in it."""
    rest: list[Any] = [value]
    while rest:
        each = rest.pop()
        if is_object(each):
            rest.extend(each.values())
        elif is_array(each):
            rest.extend(each)
        elif each is not None and not (isinstance(each, str) and is_blank(each)):
            return True
    return False


def is_blank(text: str) -> bool:
    """Return whether a text shows nothing: blanks of any kind, what is never seen, or not a character at all."""
    return all(each.isspace() or each in _FILLERS or category(each) in ("Cc", "Cf") for each in text)


def given_items(items: list[Any]) -> list[Any]:
    """Return those items that hold anything."""
    return [item for item in items if is_given(item)]


def given_members(value: JsonObject) -> JsonObject:
    """Return those members that hold anything."""
    return {name: member for name, member in value.items() if is_given(member)}
