"""Reads arrays and objects that come as JSON text, as many clients send them."""

from collections.abc import Callable
from typing import Any

from pydantic_core import from_json

from outreach_tools.engine.given import is_given
from outreach_tools.json_values import is_array, is_object

_LAYERS = 2  # some clients write JSON text as JSON text once more
_OPENING = ("[", "{", '"')
_NULL = "null"
_LINKAGE = 3  # how deep an id stands in {"data": [{"type": "user", "id": 7}]}


def decoded(value: Any, wanted: Callable[[object], bool]) -> Any:
    """Return what a JSON text holds where that is what is `wanted`; anything else stays as it is.

    Text that merely looks like JSON stays text, as does text in which JSON hides what it cannot hold (infinity, half a
    surrogate pair) or which is nested without end.
    """
    found = _parsed(value)
    return found if found is not value and wanted(found) else value


def as_meant(value: Any, wanted: Callable[[object], bool]) -> Any:
    """Return what a value is where an array or an object is meant: `decoded`, and `None` for JSON text of nothing.

    Whether it is given is judged by that: an object as text is as empty as what it holds, and `"null"` is nothing.
    """
    found = decoded(value, wanted)
    if not isinstance(found, str):
        return found
    parsed = _parsed(found)
    return None if not is_given(parsed) or (isinstance(parsed, str) and parsed.strip() == _NULL) else found


def as_linked(value: Any, depth: int = _LINKAGE) -> Any:
    """Return what stands for related records with all JSON text in it read: nothing there is meant to be text."""
    found = as_meant(value, is_container)
    if depth and is_object(found):
        return {name: as_linked(each, depth - 1) for name, each in found.items()}
    return [as_linked(each, depth - 1) for each in found] if depth and is_array(found) else found


def _parsed(value: Any) -> Any:
    """Return what the JSON text of an array, an object or a text holds; anything else as it is."""
    found = value
    for _ in range(_LAYERS):
        if not isinstance(found, str) or not found.strip().startswith(_OPENING):
            break
        try:
            found = from_json(found.strip(), allow_inf_nan=False)
        except (ValueError, TypeError):  # a TypeError where the text itself holds half a surrogate pair
            return value
    return found


def is_container(value: object) -> bool:
    """Return whether a value is an array or an object."""
    return is_array(value) or is_object(value)
