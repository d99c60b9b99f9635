"""Values as they are written into a record: dates in all the words that filters take, everything else as it is checked.

A day stands for its first moment. What stands for more than a day (`this_month`) is not a moment and is refused.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from outreach_tools.catalog import Attribute
from outreach_tools.engine.dates import Calendar, Days, Span, nearest_date
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.values import WHOLE_DAYS, check_value, moment, wire_time
from outreach_tools.engine.zones import day_start, shown_time


def written_value(attribute: Attribute, value: Any, known: Mapping[str, str], calendar: Calendar) -> Any:
    """Return a value as it goes into a record. Raises `ArgumentError` naming the attribute and what it takes."""
    if attribute.format == "date-time":
        return wire_time(_moment(attribute, value, calendar))
    if attribute.format == "date":
        return _day(attribute, value, calendar)
    return check_value(attribute, value, known=known)


def sent_moment(attribute: Attribute, given: Any, sent: Any, calendar: Calendar) -> str | None:
    """Return a sentence on the moment that was sent for a day or a time of day, where that was read as one in UTC.

    None where nothing was left open: where a time zone is configured, or the value named one.
    """
    if calendar.zone is not UTC or attribute.format != "date-time" or attribute.name in WHOLE_DAYS:
        return None
    if not isinstance(calendar.point(given), Days) and not _is_without_zone(given):
        return None
    return f"{attribute.name} {given} was sent as {shown_time(sent, 'minute', UTC)}: no time zone is configured"


def _moment(attribute: Attribute, value: Any, calendar: Calendar) -> datetime:
    whole_day = attribute.name in WHOLE_DAYS
    if whole_day and isinstance(value, str) and ":" in value and (found := moment(value)):
        return found
    span = _span(attribute, value, calendar)
    if isinstance(span, Days):
        return day_start(span.first, UTC if whole_day else calendar.zone)
    return day_start(calendar.days(span).first, UTC) if whole_day else span.first


def _day(attribute: Attribute, value: Any, calendar: Calendar) -> str:
    if isinstance(value, str) and ":" in value and (found := moment(value)):
        return found.date().isoformat()
    return calendar.days(_span(attribute, value, calendar)).first.isoformat()


def _span(attribute: Attribute, value: Any, calendar: Calendar) -> Span:
    """Return the day or the moment that a value names."""
    span = calendar.point(value) if isinstance(value, str) else None
    if span is None:
        forms = "a date (2026-01-31) or a word" if attribute.format == "date" else "a date-time (2026-01-31T09:00Z)"
        near = nearest_date(value) if isinstance(value, str) else ""
        raise ArgumentError(
            f"{attribute.name!r} takes {forms} like today, tomorrow, monday, +3d, not {shorten(value)}{near}"
        )
    if span.first != span.last:
        days = calendar.days(span)
        raise ArgumentError(
            f"{attribute.name!r} takes one moment, and {value.strip()!r} reaches from {days.first} to {days.last}: "
            "give one of its days, or a word like tomorrow, monday, +7d"
        )
    return span


def _is_without_zone(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.strip()).tzinfo is None
    except ValueError:
        return False
