"""The period of a report: whole days in the zone of the settings, or moments, from one to another."""

import re
from dataclasses import dataclass
from datetime import datetime

from outreach_tools.engine.dates import Calendar, Days, Span, nearest_date
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.tool import Context
from outreach_tools.engine.values import wire_time
from outreach_tools.engine.zones import shown_time
from outreach_tools.reports.arguments import DEFAULT_PERIOD

_YEAR_OR_QUARTER = re.compile(r"(?P<year>\d{4})(?:-?q(?P<quarter>[1-4]))?")
_EXAMPLES = "it takes days like last_30_days, this_quarter, 2026-07, 2026-Q3 or 2026-01-15..2026-03-31"


@dataclass(frozen=True, slots=True)
class Period:
    """A period by its first and last moments, as Outreach writes them, the days they are on, and in words."""

    first: str
    last: str
    days: str
    words: str

    @property
    def criteria(self) -> str:
        """The criteria of a filter for it."""
        return f"{self.first}..{self.last}"

    @property
    def since(self) -> str:
        """The criteria of a filter for all that came after its beginning."""
        return f"{self.first}.."


def calendar_of(context: Context) -> Calendar:
    """Return the calendar of a call, which begins now."""
    return Calendar(context.now().replace(microsecond=0), context.zone)


def period_of(context: Context, given: str | None) -> Period:
    """Read a period, the last 30 days where none is given. Raises `ArgumentError`."""
    calendar, text = calendar_of(context), given or DEFAULT_PERIOD
    low, dots, high = _in_months(text).partition("..")
    first = _read(calendar, low, text, among=bool(dots))
    last = first if not dots else _read(calendar, high or "today", text, among=True)
    begin, end = calendar.moments(first).first, calendar.moments(last).last
    if begin > end:
        raise ArgumentError(f"'period' is {shorten(text)}, which ends before it begins")
    days = f"{calendar.days(first).first}..{calendar.days(last).last}"
    return Period(wire_time(begin), wire_time(end), days, _words(context, first, last, begin, end))


def _words(context: Context, first: Span, last: Span, begin: datetime, end: datetime) -> str:
    zone = "" if context.time_zone == "UTC" else f" {context.time_zone}"
    if isinstance(first, Days) and isinstance(last, Days):
        return f"{first.first}..{last.last}{zone}"
    return "..".join(shown_time(wire_time(each), "minute", context.zone) for each in (begin, end)) + zone


def _in_months(text: str) -> str:
    """Return a year (`2026`) or a quarter (`2026-Q3`) by its first and last months; any other text as it is."""
    found = _YEAR_OR_QUARTER.fullmatch(text.strip().casefold())
    if found is None:
        return text
    last = 3 * int(found["quarter"] or 4)
    first = last - 2 if found["quarter"] else 1
    return f"{found['year']}-{first:02}..{found['year']}-{last:02}"


def _read(calendar: Calendar, text: str, whole: str, *, among: bool) -> Span:
    found = calendar.point(text) if among else calendar.span(text)
    if found is None:
        raise ArgumentError(f"'period' is {shorten(whole)}, which is not a period{nearest_date(text)}; {_EXAMPLES}")
    return found
