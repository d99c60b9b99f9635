"""Periods of reports: whole days in the zone of the settings, also where a day has 23 or 25 hours."""

from datetime import UTC, datetime

import pytest

from outreach_tools.client import Request, Response
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.tool import Context
from outreach_tools.reports.periods import period_of

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


class Silent:
    """A client that nobody asks."""

    async def send(self, request: Request) -> Response:
        raise AssertionError(request)

    async def current_user_id(self) -> int:
        raise AssertionError


def context(zone: str = "UTC", now: datetime = NOON) -> Context:
    return Context(Silent(), time_zone=zone, now=lambda: now)


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        (None, "2026-10-19..2026-11-18"),
        ("last_30_days", "2026-10-19..2026-11-18"),
        ("-7d", "2026-11-11..2026-11-18"),
        ("this_quarter", "2026-10-01..2026-12-31"),
        ("last week", "2026-11-09..2026-11-15"),
        ("2026", "2026-01-01..2026-12-31"),
        ("2026-Q3", "2026-07-01..2026-09-30"),
        ("2026q1", "2026-01-01..2026-03-31"),
        ("2026-02", "2026-02-01..2026-02-28"),
        ("2026-02..2026-04", "2026-02-01..2026-04-30"),
        ("2026-01-15..2026-03-31", "2026-01-15..2026-03-31"),
        ("2026-11-01..", "2026-11-01..2026-11-18"),
        ("yesterday", "2026-11-17..2026-11-17"),
    ],
)
def test_a_period_is_read_as_dates_of_filters_are(asked: str | None, days: str) -> None:
    period = period_of(context(), asked)
    assert (period.days, period.words) == (days, days)
    assert (period.first[:10], period.last[:10]) == tuple(days.split(".."))
    assert (period.first[10:], period.last[10:]) == ("T00:00:00.000Z", "T23:59:59.999Z")


@pytest.mark.parametrize(
    ("zone", "day", "first", "last", "hours"),
    [
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z", "2026-10-25T22:59:59.999Z", 25),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z", "2026-03-29T21:59:59.999Z", 23),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00:00.000Z", "2026-11-02T04:59:59.999Z", 25),
        ("Asia/Kolkata", "2026-10-25", "2026-10-24T18:30:00.000Z", "2026-10-25T18:29:59.999Z", 24),
    ],
)
def test_a_day_lasts_as_long_as_the_zone_has_it(zone: str, day: str, first: str, last: str, hours: int) -> None:
    period = period_of(context(zone), day)
    assert (period.first, period.last) == (first, last)
    length = datetime.fromisoformat(period.last) - datetime.fromisoformat(period.first)
    assert round(length.total_seconds() / 3600) == hours
    assert period.words == f"{day}..{day} {zone}"


def test_today_is_that_of_the_zone() -> None:
    late = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)
    assert period_of(context("Asia/Tokyo", late), "today").days == "2026-11-19..2026-11-19"
    assert period_of(context("America/New_York", late), "today").days == "2026-11-18..2026-11-18"


def test_a_period_may_be_of_moments() -> None:
    assert (
        period_of(context("Europe/Berlin"), "-12h").words
        == "2026-11-18T01:00+01:00..2026-11-18T13:00+01:00 Europe/Berlin"
    )


@pytest.mark.parametrize("asked", ["recently", "2026-13", "..2026-01-01", "2026-Q5", "a..b", "..", "5"])
def test_what_is_no_period_is_refused_with_what_is_one(asked: str) -> None:
    with pytest.raises(ArgumentError, match=r"'period' is .* last_30_days, this_quarter, 2026-07, 2026-Q3 or"):
        period_of(context(), asked)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ArgumentError, match="which ends before it begins"):
        period_of(context(), "2026-03-01..2026-02-01")
