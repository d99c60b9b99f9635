"""When things happen in the demo organisation: on weekdays, in working hours, and never after the given day began.

Everything that has happened happened before midnight (UTC) at the start of `today`, so that no record is from the
future whatever the hour at which the organisation is made.
"""

from datetime import UTC, date, datetime, timedelta
from random import Random

_SATURDAY = 5
_OPENS, _CLOSES = 13, 21  # UTC: the working day of a company in the United States


def midnight(day: date) -> datetime:
    """Return the first moment of a day in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """Return a moment as Outreach writes it: `2018-09-27T18:59:04.000Z`."""
    return f"{moment.isoformat(timespec='seconds')[:19]}.000Z"  # a third of the time that a format takes


def at_work(day: date, random: Random) -> datetime:
    """Return some moment of a day's working hours."""
    return midnight(day) + timedelta(hours=random.randrange(_OPENS, _CLOSES), seconds=random.randrange(3600))


def past(today: date, days: int, random: Random) -> datetime:
    """Return a working moment about `days` (one or more) before today; a weekend is moved back to its Friday."""
    day = today - timedelta(days=days)
    return at_work(day - timedelta(days=max(0, day.weekday() - _SATURDAY + 1)), random)


def upcoming(moment: datetime, random: Random) -> datetime:
    """Return a working moment of the same day, or of the Monday after it when it falls on a weekend."""
    weekend = moment.weekday() >= _SATURDAY
    return at_work(moment.date() + timedelta(days=7 - moment.weekday() if weekend else 0), random)


def soon(moment: datetime, random: Random, *, hours: float, end: datetime) -> datetime:
    """Return a moment up to `hours` after another one, but before `end`."""
    room = min(timedelta(hours=hours), end - moment)
    return moment + timedelta(seconds=int(room.total_seconds() * random.random() * 0.999))
