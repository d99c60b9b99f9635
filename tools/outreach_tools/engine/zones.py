"""Moments and days in a time zone: where a day begins and ends there, and how an answer shows a date-time."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Literal, TypeAlias

from outreach_tools.engine.values import moment

Precision: TypeAlias = Literal["day", "minute", "second"]
"""The part of a date-time that is shown."""

TICK = timedelta(milliseconds=1)
"""The least difference between two of Outreach's times."""

# As Outreach writes a moment, always in UTC.
_OUTREACH_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_LENGTHS: dict[Precision, int] = {"day": 10, "minute": 16, "second": 19}


@cache
def time_zone(name: str) -> tzinfo:
    """Return the time zone of an IANA name. Raises `ZoneInfoNotFoundError` (a `KeyError`) or `ValueError`."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - UTC, the default, must not wait for it

    return ZoneInfo(name)


def day_start(day: date, zone: tzinfo) -> datetime:
    """Return the first moment of a day in a zone; where the clocks skip midnight, the moment they do."""
    try:
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except OverflowError:  # year 1, east of Greenwich
        return datetime.combine(day, time.min, UTC)


def day_end(day: date, zone: tzinfo) -> datetime:
    """Return the last millisecond of a day in a zone."""
    try:
        return day_start(day + timedelta(days=1), zone) - TICK
    except OverflowError:  # the last day of year 9999
        return datetime.combine(day, time.max, UTC)


def shown_time(text: str, precision: Precision, zone: tzinfo) -> str:
    """Write a date-time in a zone: `2026-01-31`, `2026-01-31T10:00+01:00`, `2026-01-31T09:00:00Z` in UTC.

    Text that is not a date-time stays as it is.
    """
    length = _LENGTHS[precision]
    # Nearly every time is written as Outreach does and shown in UTC: a cut is a tenth of the work.
    if zone is UTC and _OUTREACH_TIME.fullmatch(text):
        return text[:length] if precision == "day" else f"{text[:length]}Z"
    parsed = moment(text)
    if parsed is None:
        return text
    try:
        local = parsed.astimezone(zone)
    except OverflowError:  # the first and the last day of the calendar
        local = parsed
    written = local.isoformat(timespec="seconds")
    return written[:length] if precision == "day" else f"{written[:length]}{written[19:].replace('+00:00', 'Z')}"
