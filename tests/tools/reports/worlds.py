"""Organisations and periods over which reports are held against SQL on the sandbox's own database."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from outreach_sandbox.organisation import demo_organisation
from outreach_sandbox.records import Record
from outreach_sandbox.store import Store
from tests.support import workbench
from tests.support.workbench import NOW

ORGANISATIONS = (1, 2, 3)


@cache
def organisation(number: int) -> tuple[Record, ...]:
    """Return a demo organisation on the day of the tests, made once."""
    return workbench.organisation() if number == 1 else tuple(demo_organisation(number, today=NOW.date()))


@dataclass(frozen=True, slots=True)
class Period:
    """A period as a report is asked for it, in a zone, and its first and last days."""

    asked: str
    zone: str
    first: date
    last: date

    @property
    def bounds(self) -> tuple[str, str]:
        """The first moment of the period and the first after it, as Outreach writes them."""
        return self._midnight(self.first), self._midnight(self.last + timedelta(days=1))

    def day(self, moment: str) -> date:
        """Return the day on which a moment is in the zone."""
        return datetime.fromisoformat(moment).astimezone(ZoneInfo(self.zone)).date()

    @property
    def today(self) -> date:
        """The day it is in the zone."""
        return NOW.astimezone(ZoneInfo(self.zone)).date()

    def _midnight(self, day: date) -> str:
        there = datetime.combine(day, time.min, ZoneInfo(self.zone)).astimezone(UTC)
        return f"{there:%Y-%m-%dT%H:%M:%S}.000Z"


# The clocks go back in New York on 1 November 2026, in Berlin on 25 October, and forward in Sydney on 4 October.
PERIODS = (
    Period("last_30_days", "UTC", date(2026, 10, 19), date(2026, 11, 18)),
    Period("2026-10-20..2026-11-05", "America/New_York", date(2026, 10, 20), date(2026, 11, 5)),
    Period("2026-08..2026-10", "Australia/Sydney", date(2026, 8, 1), date(2026, 10, 31)),
)


def percent(part: int, whole: int) -> float | None:
    """Return a share in percent with one decimal, halves up, in whole numbers."""
    return (2000 * part + whole) // (2 * whole) / 10 if whole else None


def called(names: Mapping[int, str], ids: Iterable[int]) -> dict[int, str]:
    """Return what some records are called in an answer; namesakes with their ids."""
    found = {each: names[each] for each in ids}
    alike = Counter(found.values())
    return {each: f"{name} ({each})" if alike[name] > 1 else name for each, name in found.items()}


def names(store: Store, kind: str) -> dict[int, str]:
    """Return the names of all records of a type."""
    return dict(store.rows(f'SELECT id, name FROM "{kind}"'))


def table(answer: dict[str, Any], *keys: str) -> dict[Any, dict[str, Any]]:
    """Return the rows of an answer by their key columns, each by the names of its columns."""
    rows = [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]
    found: dict[Any, dict[str, Any]] = {}
    for row in rows:
        values = [row.pop(key) for key in keys]
        found[tuple(values) if len(values) > 1 else values[0]] = row
    assert len(found) == len(rows)
    return found


def total(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the total of an answer by the names of its columns."""
    return dict(zip(answer["columns"], answer["total"], strict=True))
