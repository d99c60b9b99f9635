"""Reads one argument, in the forms that models give it and never guessing; a `ValueError` says what it takes."""

from typing import Any

from outreach_tools.engine.given import given_items, given_members, is_given
from outreach_tools.engine.json_text import as_meant, decoded, is_container
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.numbers import is_finite, is_meant_as_number, number, shown, whole
from outreach_tools.engine.values import EMAIL, boolean
from outreach_tools.json_values import is_array, is_object

ME = "me"
"""The word for the current user wherever a user's id goes."""


def identifier(value: Any) -> int:
    """Read a record's id: a whole number above zero, also as a string. Raises `ValueError`."""
    found = whole(value)
    if found is None or found < 1:
        raise ValueError(f"takes the integer id of a record, not {shown(value)}")
    return found


def reference(value: Any) -> int | str:
    """Read a record's id, or pass on a text that is not a number, which may be a name. Raises `ValueError`."""
    return value if isinstance(value, str) and not is_meant_as_number(value) else identifier(value)


def is_me(value: object) -> bool:
    """Return whether a value stands for the current user."""
    return isinstance(value, str) and value.strip().casefold() == ME


def user_identifier(value: Any) -> int | str:
    """Read a user's id, or `me` for the current user. Raises `ValueError`."""
    if is_me(value):
        return ME
    try:
        return identifier(value)
    except ValueError:
        raise ValueError(f"takes the integer id of a user, or 'me', not {shown(value)}") from None


def whole_number(value: Any) -> int:
    """Read a whole number. Raises `ValueError`."""
    found = whole(value)
    if found is None:
        raise ValueError(f"takes a whole number, not {shown(value)}")
    return found


def offset(value: Any) -> int:
    """Read a number of characters, from 0. Raises `ValueError`."""
    found = whole(value)
    if found is None or found < 0:
        raise ValueError(f"takes the number of characters to skip, from 0, not {shown(value)}")
    return found


def truth(value: Any) -> bool:
    """Read true or false, also as text. Raises `ValueError`."""
    found = boolean(value)
    if found is None:
        raise ValueError(f"takes true or false, not {shorten(value)}")
    return found


def sort_order(value: Any) -> Any:
    """Read a sort that comes as `{sort_by, sort_direction}` as `-name`. Raises `ValueError`."""
    value = decoded(value, is_object)
    if not is_object(value):
        return value
    value = given_members(value)
    unknown = [key for key in value if key not in ("sort_by", "sort_direction")]
    name, direction = value.get("sort_by"), str(value.get("sort_direction", "asc")).strip().casefold()
    if unknown or not isinstance(name, str) or direction not in ("asc", "desc"):
        raise ValueError("takes an attribute's name, with - in front for the last first, like '-createdAt'")
    return f"-{name}" if direction == "desc" else name


def json_object(value: Any) -> Any:
    """Read an object, also as JSON text. Raises `ValueError`."""
    found = decoded(value, is_object)
    if not is_object(found) or not is_finite(found):
        raise ValueError(f"takes an object, as such or as its JSON text, not {shorten(value)}")
    return found


def filter_list(value: Any) -> Any:
    """Read filters, also as one, as an object of fields and criteria, or as JSON text, as a list of filters.

    A filter that holds nothing does not count. One with half of its members does: what it was to leave out of the list
    would be in it.
    """
    found = decoded(value, is_container)
    if is_object(found):
        one = "field" in found or not found
        found = [found] if one else [{"field": name, "criteria": criteria} for name, criteria in found.items()]
    if not is_array(found):
        return found
    filters = (_as_filter(as_meant(each, is_object)) for each in found)
    return [given_members(each) if is_object(each) else each for each in filters if is_given(each)]


def _as_filter(value: Any) -> Any:
    """Read `{"title": "CEO"}` among filters as it is read alone."""
    if not is_object(value) or len(value) != 1 or {"field", "criteria"} & {*value} or not is_given(value):
        return value
    name, criteria = next(iter(value.items()))
    return {"field": name, "criteria": criteria}


def plain_values(value: Any) -> Any:
    """Read one or several of what a query can hold: text, true, false, or a number by its value. Raises `ValueError`.

    Empty items of an array do not count.
    """
    items: list[Any] = given_items(value) if is_array(value) else [value]
    plain = [each if isinstance(each, str | bool) else number(each) for each in items]
    if any(each is None for each in plain) or not plain:
        raise ValueError(f"takes text, a number, true or false, or an array of such, not {shorten(value)}")
    return plain if is_array(value) else plain[0]


def name_list(value: Any) -> Any:
    """Read names, also as one text with commas or as JSON text, each once; empty names do not count."""
    found = decoded(value, is_array)
    if isinstance(found, str):
        found = found.split(",")
    if not is_array(found):
        return found
    items = given_items([each.strip() if isinstance(each, str) else each for each in found])
    # What is no text is refused by whoever takes the list, as it was given.
    return list(dict.fromkeys(items)) if all(isinstance(each, str) for each in items) else items


def id_list(value: Any) -> Any:
    """Read ids of records, also as one, as a text with commas or as JSON text, each once. Raises `ValueError`."""
    found = decoded(value, is_array)
    items: list[Any] = found if is_array(found) else str(found).split(",") if isinstance(found, str) else [found]
    return list(dict.fromkeys(identifier(each) for each in given_items(items)))


def measure_list(value: Any) -> Any:
    """Read measures, also as one text with commas between them or as JSON text, as a list."""
    found = decoded(value, is_array)
    if not isinstance(found, str):
        return given_items(found) if is_array(found) else found
    parts, depth, start = list[str](), 0, 0
    for place, character in enumerate(found):
        depth += (character == "(") - (character == ")")
        if character == "," and depth <= 0:
            parts.append(found[start:place])
            start = place + 1
    return [each.strip() for each in (*parts, found[start:]) if each.strip()]


def email_address(value: Any) -> Any:
    """Read an e-mail address. Raises `ValueError`."""
    if isinstance(value, str) and EMAIL.fullmatch(value.strip()):
        return value.strip()
    raise ValueError(f"takes an e-mail address, not {shorten(value)}")


def title_case(value: Any) -> Any:
    """Write a word with a capital."""
    return value.strip().title() if isinstance(value, str) else value


def upper_case(value: Any) -> Any:
    """Write a word in capitals."""
    return value.strip().upper() if isinstance(value, str) else value
