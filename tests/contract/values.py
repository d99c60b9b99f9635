"""Whether a value is what the official schema declares of an attribute, in a body and in a filter."""

import math
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from tests.contract.schema import Attribute

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# RFC 3339, which is what JSON Schema's date-time means
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_INTEGER = re.compile(r"-?\d+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_NULLS = ("__null__", "__notnull__")


def value_faults(attribute: Attribute, value: Any) -> Iterator[str]:
    """Yield what is wrong with a value that a body gives to an attribute; null clears any attribute."""
    if value is None:
        return
    if not _has_type(attribute.type, value):
        yield f"takes {attribute.type}, got {value!r}"
        return
    if isinstance(value, str):
        yield from _text_faults(attribute.format, attribute.max_length, value)
    if isinstance(value, list):
        for item in value:  # pyright: ignore[reportUnknownVariableType]: JSON enters here
            if "type" in attribute.items and not _has_type(attribute.items["type"], item):
                yield f"takes an array of {attribute.items['type']}, got {item!r}"
            elif isinstance(item, str):
                yield from _text_faults(attribute.items.get("format", ""), attribute.items.get("maxLength"), item)


def filter_faults(attribute: Attribute, value: str, *, new_syntax: bool) -> Iterator[str]:
    """Yield what is wrong with a filter's value: exact, comma list, `a..b` range with `inf`/`neginf`, null words."""
    if value in _NULLS:
        return
    if not value:
        yield "has no value"
        return
    if new_syntax:
        pieces = [value]
    elif ".." in value and (attribute.type != "string" or attribute.format):
        low, _, high = value.partition("..")
        if (low, high) == ("neginf", "inf"):
            yield f"{value!r} has no bound"
        pieces = [each for each, open_end in ((low, "neginf"), (high, "inf")) if each != open_end]
    else:
        pieces = value.split(",")
    for piece in pieces:
        if not _fits(attribute, piece):
            yield f"{piece!r} is not of the type {attribute.format if attribute.format in _FORMATS else attribute.type}"


def _has_type(name: str, value: Any) -> bool:
    match name:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case _:
            raise ValueError(f"the official files have no type {name!r}")


def _text_faults(text_format: str, max_length: int | None, value: str) -> Iterator[str]:
    if max_length is not None and len(value) > max_length:
        yield f"takes at most {max_length} characters, got {len(value)}"
    if text_format in _FORMATS and not _FORMATS[text_format](value):
        yield f"takes {text_format}, got {value!r}"


def _fits(attribute: Attribute, piece: str) -> bool:
    text_format: str = attribute.items.get("format", "") if attribute.type == "array" else attribute.format
    match text_format, attribute.type:
        case (("date-time" | "date"), _):  # either granularity is documented for a filter
            return _is_date(piece) or _is_date_time(piece)
        case "uuid", _:
            return _UUID.fullmatch(piece) is not None
        case _, "integer":
            return _INTEGER.fullmatch(piece) is not None
        case _, "number":
            return _NUMBER.fullmatch(piece) is not None
        case _, "boolean":
            return piece in {"true", "false"}
        case _:
            return True


def _is_date(value: str) -> bool:
    return _DATE.fullmatch(value) is not None and _parses(date.fromisoformat, value)


def _is_date_time(value: str) -> bool:
    return _DATE_TIME.fullmatch(value) is not None and _parses(datetime.fromisoformat, value)


def _is_email(value: str) -> bool:
    return _EMAIL.fullmatch(value) is not None


def _parses(read: Any, value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True


_FORMATS = {"date": _is_date, "date-time": _is_date_time, "email": _is_email}
