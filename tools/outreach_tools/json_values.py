"""Reads decoded JSON whose shape nobody has promised."""

from typing import Any, TypeAlias, TypeGuard

JsonObject: TypeAlias = dict[str, Any]
"""A decoded JSON object. `Any` because JSON enters and leaves here."""


def is_object(value: object) -> TypeGuard[JsonObject]:
    """Return whether a decoded JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether a decoded JSON value is an array."""
    return isinstance(value, list)


def member(value: object, *path: str) -> Any:
    """Return the value in `value` under the names of `path`, None where there is no such member."""
    for name in path:
        if not is_object(value):
            return None
        value = value.get(name)
    return value


def object_at(value: object, *path: str) -> JsonObject:
    """Return the object that stands in `value` under the names of `path`, an empty one where there is none."""
    found = member(value, *path)
    return found if is_object(found) else {}


def array_at(value: object, *path: str) -> list[Any]:
    """Return the array that stands in `value` under the names of `path`, an empty one where there is none."""
    found = member(value, *path)
    return found if is_array(found) else []


def as_object(value: object) -> JsonObject | None:
    """Return a JSON object as such, None for anything else."""
    return value if is_object(value) else None


def as_array(value: object) -> list[Any] | None:
    """Return a JSON array as such, None for anything else."""
    return value if is_array(value) else None
