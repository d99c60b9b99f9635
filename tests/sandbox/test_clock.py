"""The clocks of a sandbox that has a day of its own."""

from datetime import UTC, date, datetime, timedelta

from outreach_sandbox.clock import CountingClock, midnight, running_clock

START = datetime(2024, 2, 29, tzinfo=UTC)


def test_a_counting_clock_goes_on_with_what_is_counted_and_not_by_itself() -> None:
    clock = CountingClock(START.date())
    read = [clock(), clock()]
    clock.count()
    clock.count()
    assert [*read, clock()] == [START, START, START + timedelta(seconds=2)]


def test_a_running_clock_goes_on_as_time_does() -> None:
    seconds = [1000.0]
    clock = running_clock(START, lambda: seconds[0])
    begun = clock()
    seconds[0] += 86_400.5
    assert (begun, clock()) == (START, datetime(2024, 3, 1, 0, 0, 0, 500_000, tzinfo=UTC))


def test_a_day_begins_at_midnight_in_utc() -> None:
    assert midnight(date(2024, 2, 29)) == START
