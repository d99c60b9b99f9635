"""Checks one value against what the catalogue says of its attribute, and gives the form that goes on the wire."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from outreach_tools.catalog import Attribute
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.given import given_items
from outreach_tools.engine.json_text import decoded
from outreach_tools.engine.matching import find, listed, nearest, shorten
from outreach_tools.engine.numbers import is_finite, number, shown, whole
from outreach_tools.json_values import is_array, is_object

EMAIL = re.compile(r"[^@\s,;:<>()\[\]\"\\]+@[^@\s,;:<>()\[\]\"\\|/]+")
"""The least form of an e-mail address; whether it exists is for Outreach to say."""

WHOLE_DAYS = frozenset({"closeDate", "foundedAt"})
"""Date-times that hold a day, as its midnight in UTC: they are the same day in every zone.

Assumed: Outreach declares them date-times, and the published samples hold midnights alone.
"""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BOOLEANS = {"true": True, "false": False}
_ARTICLES = {"array": "an array", "object": "an object"}


def check_value(attribute: Attribute, value: Any, *, known: Mapping[str, str] | None = None) -> Any:
    """Return the value as Outreach takes it; raise `ArgumentError` naming the attribute and what it takes.

    `known` maps the spellings that are accepted to the value that is sent; any case is understood. Numbers may come
    as strings, arrays and objects as JSON text, and a single value stands for an array of one. Dates are read by
    `written_value`.
    """
    if known and attribute.type == "string":
        return _known_value(attribute, value, known)
    match attribute.type:
        case "string":
            return _string(attribute, value)
        case "integer":
            return _integer(attribute, value)
        case "number":
            return _number(attribute, value)
        case "boolean":
            return _boolean(attribute, value)
        case "array":
            items = decoded(value, is_array)
            return [_item(attribute, item) for item in (given_items(items) if is_array(items) else [items])]
        case "object":
            found = decoded(value, is_object)
            if not is_object(found) or not is_finite(found):
                raise _wrong(attribute, value)
            return found


def is_uuid(text: str) -> bool:
    """Return whether a text is a UUID."""
    return _UUID.fullmatch(text) is not None


def boolean(value: object) -> bool | None:
    """Return the boolean that a value is, also as text; None for anything else."""
    if isinstance(value, str):
        return _BOOLEANS.get(value.strip().casefold())
    return value if isinstance(value, bool) else None


def moment(text: str, zone: tzinfo = UTC) -> datetime | None:
    """Read an ISO 8601 date-time or date as a moment in UTC (in `zone` where it names none); None if it is neither."""
    try:
        parsed = datetime.fromisoformat(text.strip())
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last day of the calendar exist in some zones alone
        return None


def wire_time(value: datetime) -> str:
    """Write a moment as Outreach does: `2018-09-27T18:59:04.000Z`."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _known_value(attribute: Attribute, value: Any, known: Mapping[str, str]) -> str:
    spelling = find(value, known) if isinstance(value, str) else None
    if spelling is None:
        allowed = listed(dict.fromkeys(known.values()))
        hint = nearest(value, known) if isinstance(value, str) else ""
        raise ArgumentError(f"{attribute.name!r} is {shorten(value)}, not one of {allowed}{hint}")
    return known[spelling]


def _string(attribute: Attribute, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(attribute, value)
    if attribute.format == "email":
        return _email(attribute, value)
    if attribute.format == "uuid" and not is_uuid(value.strip()):
        raise ArgumentError(f"{attribute.name!r} takes a UUID, as an answer shows it, not {shorten(value)}")
    if attribute.max_length is not None and len(value) > attribute.max_length:
        raise ArgumentError(
            f"{attribute.name!r} has {len(value):,} characters; Outreach takes at most {attribute.max_length:,}"
        )
    return value


def _integer(attribute: Attribute, value: Any) -> int:
    integer = whole(value)
    if integer is None:
        raise ArgumentError(f"{attribute.name!r} takes an integer, not {shown(value)}")
    return integer


def _number(attribute: Attribute, value: Any) -> float | int:
    found = number(value)
    if found is None:
        raise _wrong(attribute, value)
    return found


def _boolean(attribute: Attribute, value: Any) -> bool:
    found = boolean(value)
    if found is None:
        raise _wrong(attribute, value)
    return found


def _item(attribute: Attribute, item: Any) -> Any:
    if attribute.items == "string" and not isinstance(item, str):
        raise ArgumentError(f"{attribute.name!r} takes an array of strings; {shorten(item)} is not one")
    if attribute.items == "object" and not is_object(item):
        raise ArgumentError(f"{attribute.name!r} takes an array of objects; {shorten(item)} is not one")
    if attribute.format == "email" and isinstance(item, str):
        return _email(attribute, item)
    return item


def _email(attribute: Attribute, value: str) -> str:
    if not EMAIL.fullmatch(value.strip()):
        raise ArgumentError(f"{attribute.name!r} takes e-mail addresses; {shorten(value)} is not one")
    return value.strip()


def _wrong(attribute: Attribute, value: Any) -> ArgumentError:
    wanted = _ARTICLES.get(attribute.type, f"a {attribute.type}")
    return ArgumentError(f"{attribute.name!r} takes {wanted}, not {shorten(value)}")
