"""Reads arrays and objects that come as JSON text, as many clients send them."""

from collections.abc import Callable
from typing import Any

from pydantic_core import from_json

from outreach_tools.json_values import is_array, is_object

_LAYERS = 2  # some clients write JSON text as JSON text once more
_OPENING = ("[", "{", '"')


def decoded(value: Any, wanted: Callable[[object], bool]) -> Any:
    """Return what a JSON text holds where that is what is `wanted`; anything else stays as it is.

    Text that merely looks like JSON stays text, as does text in which JSON hides what it cannot hold (infinity, half a
    surrogate pair) or which is nested without end.
    """
    found = value
    for _ in range(_LAYERS):
        if not isinstance(found, str) or not found.strip().startswith(_OPENING):
            break
        try:
            found = from_json(found.strip(), allow_inf_nan=False)
        except (ValueError, TypeError):  # a TypeError where the text itself holds half a surrogate pair
            return value
    return found if found is not value and wanted(found) else value


def is_container(value: object) -> bool:
    """Say whether a value is an array or an object."""
    return is_array(value) or is_object(value)
