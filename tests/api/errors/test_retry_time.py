"""The moment when Outreach wants to be asked again is understood in every form it comes in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.api.errors.retry_time import parse_moment
from outreach_mcp.api.errors.tree import OutreachError
from outreach_tools.client import Request
from tests.api.recording import NOW, answering, client_on

MOMENT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("1795255200", MOMENT),
        (" 1795255200.0 ", MOMENT),
        ("1795251600, 1795255200", MOMENT),
        ("1800", MOMENT),
        ("0", NOW),
        ("2026-11-21T10:00:00Z", MOMENT),
        ("2026-11-21T10:00:00", MOMENT),
        ("2026-11-21T12:00:00+02:00", MOMENT),
        ("Sat, 21 Nov 2026 10:00:00 GMT", MOMENT),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("999999999999", None),
        ("9" * 400, None),
        ("nan", None),
    ],
)
def test_a_header_value_means_one_moment(value: str, moment: datetime | None) -> None:
    assert parse_moment(value, NOW) == moment


def test_a_delay_is_counted_from_a_clock_of_any_zone() -> None:
    now = NOW.astimezone(timezone(timedelta(hours=-8)))
    moment = parse_moment("1800", now)
    assert moment is not None
    assert (moment, moment.tzinfo) == (MOMENT, UTC)


@given(st.text())
def test_any_header_value_gives_an_aware_moment_or_none(value: str) -> None:
    moment = parse_moment(value, NOW)
    assert moment is None or moment.tzinfo is UTC


async def retry_at(status: int, headers: dict[str, str], body: str = "") -> datetime | None:
    with pytest.raises(OutreachError) as caught:
        await client_on(answering(status, body, headers)).send(Request("GET", "/prospects"))
    return caught.value.retry_at


async def test_a_rate_limit_ends_when_retry_after_says() -> None:
    assert await retry_at(429, {"Retry-After": "1795255200", "X-RateLimit-Reset": "1795259999"}) == MOMENT


async def test_a_rate_limit_without_retry_after_ends_at_its_reset() -> None:
    assert await retry_at(429, {"X-RateLimit-Reset": "1795255200"}) == MOMENT


async def test_a_rate_limit_with_an_unreadable_retry_after_ends_at_its_reset() -> None:
    assert await retry_at(429, {"Retry-After": "later", "X-RateLimit-Reset": "1795255200"}) == MOMENT


async def test_a_rate_limit_that_says_nothing_ends_at_no_known_moment() -> None:
    assert await retry_at(429, {}) is None


async def test_a_maintenance_ends_when_retry_after_says() -> None:
    assert await retry_at(503, {"Retry-After": "2026-11-21T10:00:00"}) == MOMENT


async def test_the_reset_of_the_rate_limit_says_nothing_about_a_server_that_failed() -> None:
    assert await retry_at(500, {"X-RateLimit-Reset": "1795255200"}) is None
