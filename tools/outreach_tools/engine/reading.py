"""How one argument is read, in the forms that models give it and never guessing; a `ValueError` says what it takes."""

import json
from typing import Any

from outreach_tools.engine.matching import shorten
from outreach_tools.engine.values import EMAIL
from outreach_tools.json_values import is_array, is_object

ME = "me"
"""What stands for the current user wherever a user's id goes."""

_GREATEST_ID = 2**63 - 1
_LONGEST_NUMBER = 19  # digits of it


def identifier(value: Any) -> int:
    """Read a record's id: a whole number above zero, also as a string. Raises `ValueError`."""
    number = _digits(value)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= _GREATEST_ID:
        raise ValueError(f"takes the integer id of a record, not {shorten(value)}")
    return number


def user_identifier(value: Any) -> int | str:
    """Read a user's id, or `me` for the current user. Raises `ValueError`."""
    if isinstance(value, str) and value.strip().casefold() == ME:
        return ME
    try:
        return identifier(value)
    except ValueError:
        raise ValueError(f"takes the integer id of a user, or 'me', not {shorten(value)}") from None


def whole_number(value: Any) -> Any:
    """Refuse a boolean, which Python takes for a number; the rest is pydantic's to check."""
    if isinstance(value, bool):
        raise ValueError(f"takes a whole number, not {value!r}")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def _digits(value: Any) -> Any:
    """Read a number that comes as a string of digits; anything else stays as it is."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else value


def offset(value: Any) -> Any:
    """Read a number of characters, from 0. Raises `ValueError`."""
    number = _digits(value)
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ValueError(f"takes the number of characters to skip, from 0, not {shorten(value)}")
    return number


def sort_order(value: Any) -> Any:
    """Read a sort that comes as `{sort_by, sort_direction}` as `-name`. Raises `ValueError`."""
    if not is_object(value):
        return value
    unknown = [key for key in value if key not in ("sort_by", "sort_direction")]
    name, direction = value.get("sort_by"), str(value.get("sort_direction") or "asc").casefold()
    if unknown or not isinstance(name, str) or direction not in ("asc", "desc"):
        raise ValueError("takes an attribute's name, with - in front for the last first, like '-createdAt'")
    return f"-{name}" if direction == "desc" else name


def _decoded(value: Any) -> Any:
    """Read an array or an object that comes as JSON text, as some models send it; anything else stays as it is."""
    if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):  # it only looks like JSON, or is nested without end
            return value
    return value


def filter_list(value: Any) -> Any:
    """Read filters that come as one, or as an object of fields and criteria, as a list of filters."""
    value = _decoded(value)
    if not is_object(value):
        return value
    if "field" in value:
        return [value]
    return [{"field": name, "criteria": criteria} for name, criteria in value.items()]


def plain_values(value: Any) -> Any:
    """Check that a value is one or several of what a query can hold; the union's own complaint is five sentences."""
    if not all(isinstance(each, str | int | float) for each in (value if is_array(value) else [value])):
        raise ValueError(f"takes text, a number, true or false, or an array of such, not {shorten(value)}")
    return value


def json_object(value: Any) -> Any:
    """Read an object, also as JSON text. Raises `ValueError`."""
    found = _decoded(value)
    if not is_object(found):
        raise ValueError(f"takes an object, as such or as its JSON text, not {shorten(value)}")
    return found


def filter_criteria(value: Any) -> Any:
    """Refuse criteria that are null, which may be meant as the text or as none at all. Raises `ValueError`."""
    if value is None:
        raise ValueError("is null: give the text 'null' to find records without a value")
    return value


def name_list(value: Any) -> Any:
    """Read names that come as one text with commas as a list."""
    value = _decoded(value)
    return [name.strip() for name in value.split(",")] if isinstance(value, str) else value


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
