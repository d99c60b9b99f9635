"""How a value of the API is kept in SQLite, and shown again.

Text stays text, numbers stay numbers, booleans are 0 and 1, arrays and objects are JSON text. Moments are kept in the
one form the API answers with (`2018-09-27T18:59:04.000Z`, recorded), whose text order is their order in time.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any, TypeAlias
from unicodedata import normalize

from outreach_tools.catalog import Attribute

SqlValue: TypeAlias = str | int | float | None
"""The values that a column of the store may hold."""

SQL_TYPES = {
    "string": "TEXT",
    "integer": "INTEGER",
    # NUMERIC keeps whole numbers whole: a score of 0 is answered as 0 (recorded), not as 0.0.
    "number": "NUMERIC",
    "boolean": "INTEGER",
    "array": "TEXT",
    "object": "TEXT",
}

LARGEST_INTEGER = 2**63 - 1
"""The largest integer a column can hold."""


_WHOLE = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def digits(text: str) -> int | None:
    """Read an id or a count: decimal digits of ASCII and nothing else; None for another text, or one too large."""
    return None if text.startswith("-") else whole_number(text)


def whole_number(text: str) -> int | None:
    """Read a whole number as JSON writes it; Python's own reading takes `1_000` and the digits of every script."""
    value = int(text) if _WHOLE.fullmatch(text) else None
    return value if value is not None and abs(value) <= LARGEST_INTEGER else None


def number(text: str) -> float | None:
    """Read a number as JSON writes it, None for another text and for one too large."""
    value = float(text) if _NUMBER.fullmatch(text) else None
    return value if value is not None and isfinite(value) else None


def moment_text(moment: datetime) -> str:
    """Write a moment as the API does: in UTC, with milliseconds (recorded)."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def parsed_moment(text: str) -> str | None:
    """Read an ISO 8601 date or date-time and write it as the API does; None when it is neither.

    A time without an offset is taken as UTC, a date as its midnight (assumed).
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) == len("2018-09-27T18:59:04.000Z") and text[19] == "." and text.endswith("Z"):
        return text  # written so already; loading many records meets little else
    try:
        return moment_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except OverflowError:
        return None


def parsed_date(text: str) -> str | None:
    """Read an ISO 8601 date, or the day of a date-time, as `2018-09-27`; None when it is neither."""
    try:
        return date.fromisoformat(text[:10]).isoformat() if parsed_moment(text) else None
    except ValueError:
        return None


def stored(attribute: Attribute, value: Any) -> SqlValue:
    """Turn an attribute's value into what its column holds; raises `ValueError` for a malformed moment or date."""
    if value is None:
        return None
    if attribute.type in {"array", "object"}:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if attribute.type == "boolean":
        return int(value)
    if attribute.format in {"date", "date-time"} and attribute.type == "string":
        parsed = (parsed_date if attribute.format == "date" else parsed_moment)(_iso_text(value))
        if parsed is None:
            raise ValueError(f"{attribute.name} is not a {attribute.format}: {value!r}")
        return parsed
    return value  # type: ignore[no-any-return]  # JSON's own scalars are SQLite's


def shown(attribute: Attribute) -> Callable[[Any], Any] | None:
    """Return what turns the column of an attribute back into its value, or None where nothing need be done."""
    if attribute.type == "array":
        # An empty array is answered as [], never as null (recorded: tags, emails, homePhones of new records).
        return _shown_array
    if attribute.type == "object":
        return _shown_object
    if attribute.type == "boolean":
        return _shown_boolean
    return None


def fold(text: Any) -> Any:
    """Make text comparable without regard to case; anything but text stays as it is.

    That text filters ignore case is assumed (the production database collates so).
    """
    return text.casefold() if isinstance(text, str) else text


def words(text: Any) -> Any:
    """Make text comparable as a search for words does it: case, Unicode form and how many blanks make no difference.

    What such a search overlooks is documented nowhere (assumed, as of other search indexes).
    """
    return " ".join(normalize("NFC", text).casefold().split()) if isinstance(text, str) else text


def _iso_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _shown_array(value: Any) -> Any:
    return json.loads(value) if value and value != "[]" else []


def _shown_object(value: Any) -> Any:
    return None if value is None else json.loads(value)


def _shown_boolean(value: Any) -> Any:
    return None if value is None else bool(value)
