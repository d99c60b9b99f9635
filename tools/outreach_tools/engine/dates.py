"""The dates that a filter or a written value names (a day, a moment, `today`, `-7d`, `last_week`), and their time.

Weeks begin on Monday. A weekday is the first of that name after today, `last_monday` the last before today;
`next_monday` is one of two to different people, and is not understood. A bare offset reaches from its day to today:
`-7d` is `-7d..today`, `+3d` is `today..+3d`, as `last 7 days` and `next 3 days` are. Hours and minutes reach to this
moment: `-12h` is `-12h..now`. A bare `m` is minutes to some and months to others: `min` and `mo` are understood.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal, TypeAlias

from outreach_tools.engine.matching import nearest
from outreach_tools.engine.values import moment
from outreach_tools.engine.zones import TICK, day_end, day_start

Unit: TypeAlias = Literal["minute", "hour", "day", "week", "month", "quarter", "year"]

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EDGES = {"this": 0, "current": 0, "last": -1, "previous": -1, "next": 1}
_DIRECTIONS = {"-": -1, "last": -1, "past": -1, "previous": -1, "+": 1, "next": 1, "coming": 1}
_UNITS: dict[str, Unit] = {
    "min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "q": "quarter", "y": "year",
    "minute": "minute", "hour": "hour", "day": "day", "week": "week", "month": "month", "quarter": "quarter",
    "year": "year",
}  # fmt: skip
_SMALL = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}

_COUNT = r"(?P<count>\d{1,5})"
_UNIT = r"(?P<unit>minute|hour|day|week|month|quarter|year)s?"
_OFFSET = re.compile(rf"(?P<direction>[+-])\s*{_COUNT}[\s_]*(?:(?P<short>min|mo|[hdwqy])|{_UNIT})")
_PERIOD = re.compile(rf"(?P<edge>{'|'.join(_EDGES)})_{_UNIT}")
_SEVERAL = re.compile(rf"(?P<direction>last|past|previous|next|coming)_(?:{_COUNT}_)?{_UNIT}")
_AGO = re.compile(rf"{_COUNT}_{_UNIT}_ago|in_(?P<ahead>\d{{1,5}})_{_UNIT.replace('unit', 'unit_ahead', 1)}")
_WEEKDAY = re.compile(rf"(?:(?P<past>last|past|previous)_)?(?P<weekday>{'|'.join(_WEEKDAYS)})")
_MONTH = re.compile(r"\d{4}-\d{2}")
_WEEK = re.compile(r"\d{4}-?w\d{2}")
_MINUTES_OR_MONTHS = re.compile(r"(?P<sign>[+-]?)\s*(?P<count>\d{1,5})\s*m")
_UNSIGNED = re.compile(rf"{_COUNT}[\s_]*(?:(?P<short>min|mo|[hdwqy])|{_UNIT})")
# A time to the hour, the minute or the second alone stands for that whole hour, minute or second; answers show minutes.
_HOUR = re.compile(r"\S{7,10}?[t ]\d\d(?![:\d]).*")
_MINUTE = re.compile(r"\S{7,10}?[t ]\d\d:?\d\d(?![:\d]).*")
_SECOND = re.compile(r"\S{7,10}?[t ]\d\d:?\d\d:?\d\d(?![.,\d]).*")

_PERIODS = tuple(f"{edge}_{unit}" for unit in ("week", "month", "quarter", "year") for edge in ("this", "last", "next"))


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days, from the first to the last."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Times:
    """The time from one moment to another, both included."""

    first: datetime
    last: datetime


Span: TypeAlias = Days | Times


@dataclass(frozen=True, slots=True)
class Calendar:
    """The base of relative dates: the present moment, and the zone in which days are counted."""

    now: datetime
    zone: tzinfo = UTC

    @property
    def today(self) -> date:
        """The day it is."""
        return self.now.astimezone(self.zone).date()

    def span(self, text: str) -> Span | None:
        """Return what a text stands for alone, None where it is not a date."""
        return self._read(text, reaching=True)

    def point(self, text: str) -> Span | None:
        """Return what a text stands for among others, as in a range: `-7d` is that day alone, and a time is exact."""
        return self._read(text, reaching=False)

    def moments(self, span: Span, *, whole_days: bool = False) -> Times:
        """Return the first and the last moment of a span; `whole_days` count as such in UTC, whatever the zone."""
        if whole_days:
            span = self.days(span)
        if isinstance(span, Times):
            return span
        zone = UTC if whole_days else self.zone
        return Times(day_start(span.first, zone), day_end(span.last, zone))

    def days(self, span: Span) -> Days:
        """Return the days that a span touches."""
        if isinstance(span, Days):
            return span
        return Days(span.first.astimezone(self.zone).date(), span.last.astimezone(self.zone).date())

    def _read(self, text: str, *, reaching: bool) -> Span | None:
        plain = text.strip().casefold()
        try:
            return self._exact(plain, whole=reaching) or self._offset(plain, reaching=reaching) or self._named(plain)
        except (OverflowError, ValueError):  # no such day, or one before year 1 or after 9999
            return None

    def _exact(self, text: str, *, whole: bool) -> Span | None:
        if _MONTH.fullmatch(text):
            return _period(date.fromisoformat(f"{text}-01"), "month", 0)
        if ":" not in text and (found_day := _date(text)):
            return _period(found_day, "week" if _WEEK.fullmatch(text) else "day", 0)
        found = moment(text.upper(), self.zone)
        if found is None:
            return None
        lengths = ((_HOUR, _SMALL["hour"]), (_MINUTE, _SMALL["minute"]), (_SECOND, timedelta(seconds=1)))
        length = next((length for form, length in lengths if whole and form.fullmatch(text)), TICK)
        return Times(found, found + length - TICK)

    def _offset(self, text: str, *, reaching: bool) -> Span | None:
        found = _OFFSET.fullmatch(text)
        if found is None:
            return None
        unit = _UNITS[found["short"] or found["unit"]]
        return self._shifted(unit, _DIRECTIONS[found["direction"]] * int(found["count"]), reaching=reaching)

    def _named(self, text: str) -> Span | None:
        text = re.sub(r"[\s_-]+", "_", text)
        if text == "now":
            return Times(self.now, self.now)
        if text in _DAYS:
            return _period(self.today, "day", _DAYS[text])
        if found := _WEEKDAY.fullmatch(text):
            return self._weekday(_WEEKDAYS.index(found["weekday"]), past=found["past"] is not None)
        found = _PERIOD.fullmatch(text)
        if found and found["unit"] not in _SMALL:
            return _period(self.today, _UNITS[found["unit"]], _EDGES[found["edge"]])
        if found := _SEVERAL.fullmatch(text):
            number = _DIRECTIONS[found["direction"]] * int(found["count"] or 1)
            return self._shifted(_UNITS[found["unit"]], number, reaching=True)
        if found := _AGO.fullmatch(text):
            number = int(found["ahead"]) if found["ahead"] else -int(found["count"])
            return self._shifted(_UNITS[found["unit_ahead"] or found["unit"]], number, reaching=False)
        return None

    def _weekday(self, weekday: int, *, past: bool) -> Days:
        """Return the first such day after today, or the last before it."""
        ahead = (weekday - self.today.weekday() - 1) % 7 + 1
        return _period(self.today, "day", (ahead - 7 or -7) if past else ahead)

    def _shifted(self, unit: Unit, number: int, *, reaching: bool) -> Span:
        """Return the day (of what is smaller: the moment) so many units from now, or all that lies between the two."""
        if unit in _SMALL:
            then = self.now + _SMALL[unit] * number
            return Times(min(then, self.now), max(then, self.now)) if reaching else Times(then, then)
        there = _shift(self.today, unit, number)
        return Days(min(there, self.today), max(there, self.today)) if reaching else Days(there, there)


def nearest_date(text: str) -> str:
    """Return a suggestion for a text that is not a date: `", did you mean 'yesterday'?"`; or nothing."""
    plain = text.strip().casefold()
    if found := _MINUTES_OR_MONTHS.fullmatch(plain):
        offset = f"{found['sign'] or '-'}{found['count']}"
        return f": 'm' may be minutes or months, write '{offset}min' or '{offset}mo'"
    if found := _UNSIGNED.fullmatch(plain):
        unit = _UNITS[found["short"] or found["unit"]]
        short = found["short"] or next(each for each, whole in _UNITS.items() if whole == unit)
        return f", did you mean '-{found['count']}{short}' or '+{found['count']}{short}'?"
    return nearest(text, (*_DAYS, "now", *_PERIODS, *_WEEKDAYS))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.upper())
    except ValueError:
        return None


def _period(of: date, unit: Unit, number: int) -> Days:
    """Return the week, month, quarter or year that is so many after that of a day; of days the day itself."""
    if unit == "day":
        return Days(of + timedelta(days=number), of + timedelta(days=number))
    if unit == "week":
        first = of - timedelta(days=of.weekday())
    else:
        first = of.replace(month=(of.month - 1) // _MONTHS[unit] * _MONTHS[unit] + 1, day=1)
    return Days(_shift(first, unit, number), _shift(first, unit, number + 1) - timedelta(days=1))


def _shift(of: date, unit: Unit, number: int) -> date:
    """Return the day so many units later; a day that a month lacks becomes its last."""
    if unit not in _MONTHS:
        return of + timedelta(days=number * (7 if unit == "week" else 1))
    year, month = divmod(of.year * 12 + of.month - 1 + number * _MONTHS[unit], 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(of.day, last))
