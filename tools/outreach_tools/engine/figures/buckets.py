"""Days, weeks, months and quarters of the configured zone, in which moments are counted together."""

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Literal, TypeAlias, get_args

from outreach_tools.engine.values import moment

Unit: TypeAlias = Literal["day", "week", "month", "quarter"]

UNITS: tuple[Unit, ...] = get_args(Unit)


def day_in(zone: tzinfo) -> Callable[[Any], date | None]:
    """Return what tells the day of a moment in a zone, whatever its clocks do; None for what is not a moment."""

    def day(value: Any) -> date | None:
        when = moment(value) if isinstance(value, str) else None
        try:
            return None if when is None else when.astimezone(zone).date()
        except OverflowError:  # the first and the last day of the calendar
            return None if when is None else when.date()

    return day


def plain_day(value: Any) -> date | None:
    """Return the day that a date is, None for what is not one; no zone moves it."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None


def bucket(day: date, unit: Unit) -> str:
    """Return the name of the day, week (from Monday, as ISO 8601 counts), month or quarter that a day is in."""
    if unit == "day":
        return day.isoformat()
    if unit == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    if unit == "month":
        return f"{day.year:04}-{day.month:02}"
    return f"{day.year:04}-Q{(day.month + 2) // 3}"


def moment_of(value: Any) -> datetime | None:
    """Return the moment that a value of a date-time or a date is."""
    return moment(value, UTC) if isinstance(value, str) else None
