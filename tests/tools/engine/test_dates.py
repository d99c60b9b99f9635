"""Dates in filters: what each word names, in which zone, and that neighbouring spans meet."""

from datetime import UTC, date, datetime, timedelta, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.engine.dates import Calendar, Days, Times, nearest_date
from outreach_tools.engine.zones import Precision, day_end, day_start, shown_time, time_zone

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)  # a Wednesday
CALENDAR = Calendar(NOW)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Clocks that change at midnight, at one and two, by half an hour, never, and the ends of the world.
ZONES = st.sampled_from([
    "UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Africa/Cairo", "Asia/Beirut", "America/Havana",
    "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns",
]).map(time_zone)  # fmt: skip
MOMENTS = st.datetimes(datetime(2013, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))
TICK = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", "2026-11-18", "2026-11-18"),
        ("yesterday", "2026-11-17", "2026-11-17"),
        ("tomorrow", "2026-11-19", "2026-11-19"),
        ("this_week", "2026-11-16", "2026-11-22"),
        ("last_week", "2026-11-09", "2026-11-15"),
        ("next_week", "2026-11-23", "2026-11-29"),
        ("this_month", "2026-11-01", "2026-11-30"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("next_month", "2026-12-01", "2026-12-31"),
        ("this_quarter", "2026-10-01", "2026-12-31"),
        ("last_quarter", "2026-07-01", "2026-09-30"),
        ("next_quarter", "2027-01-01", "2027-03-31"),
        ("this_year", "2026-01-01", "2026-12-31"),
        ("last_year", "2025-01-01", "2025-12-31"),
        ("-7d", "2026-11-11", "2026-11-18"),
        ("+3d", "2026-11-18", "2026-11-21"),
        ("-2w", "2026-11-04", "2026-11-18"),
        ("-1mo", "2026-10-18", "2026-11-18"),
        ("last 7 days", "2026-11-11", "2026-11-18"),
        ("past 30 days", "2026-10-19", "2026-11-18"),
        ("next 2 weeks", "2026-11-18", "2026-12-02"),
        ("past week", "2026-11-11", "2026-11-18"),
        ("3 days ago", "2026-11-15", "2026-11-15"),
        ("in 3 days", "2026-11-21", "2026-11-21"),
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2026-W05", "2026-01-26", "2026-02-01"),
        ("2026-11-01", "2026-11-01", "2026-11-01"),
    ],
)
def test_a_date_stands_for_whole_days(text: str, first: str, last: str) -> None:
    assert CALENDAR.span(text) == Days(date.fromisoformat(first), date.fromisoformat(last))


@given(MOMENTS, ZONES, st.integers(0, 6))
def test_a_weekday_is_the_first_after_today_and_the_last_before_it(now: datetime, zone: tzinfo, weekday: int) -> None:
    calendar = Calendar(now, zone)
    name = WEEKDAYS[weekday]
    ahead, back = calendar.span(name), calendar.point(f"last {name}")
    assert isinstance(ahead, Days)
    assert isinstance(back, Days)
    assert calendar.point(name.title()) == ahead
    assert {ahead.first.weekday(), back.first.weekday()} == {weekday}
    assert 1 <= (ahead.first - calendar.today).days <= 7
    assert 1 <= (calendar.today - back.first).days <= 7


@pytest.mark.parametrize("text", ["next monday", "this friday", "mon", "mondays", "monday morning"])
def test_a_weekday_that_may_be_one_of_two_is_no_date(text: str) -> None:
    assert CALENDAR.span(text) is None


@pytest.mark.parametrize("text", ["This Month", "this-month", "THIS_MONTH", " this  month "])
def test_case_blanks_and_hyphens_are_forgiven(text: str) -> None:
    assert CALENDAR.span(text) == Days(date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("now", NOW, NOW),
        ("-12h", NOW - timedelta(hours=12), NOW),
        ("+2h", NOW, NOW + timedelta(hours=2)),
        ("last 2 hours", NOW - timedelta(hours=2), NOW),
        ("-30min", NOW - timedelta(minutes=30), NOW),
        ("last 30 minutes", NOW - timedelta(minutes=30), NOW),
        ("2026-11-18T15Z", NOW - timedelta(minutes=30), NOW + timedelta(minutes=30) - TICK),
        ("2026-11-18 16+01:00", NOW - timedelta(minutes=30), NOW + timedelta(minutes=30) - TICK),
        ("20261118T15Z", NOW - timedelta(minutes=30), NOW + timedelta(minutes=30) - TICK),
        ("20261118T1530Z", NOW, NOW + timedelta(minutes=1) - TICK),
        ("2026-11-18T15:30Z", NOW, NOW + timedelta(minutes=1) - TICK),
        ("2026-11-18T15:30:00Z", NOW, NOW + timedelta(seconds=1) - TICK),
        ("2026-11-18T15:30:00.000Z", NOW, NOW),
    ],
)
def test_a_time_stands_for_as_much_as_it_says(text: str, first: datetime, last: datetime) -> None:
    assert CALENDAR.span(text) == Times(first, last)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-30m", ": 'm' may be minutes or months, write '-30min' or '-30mo'"),
        ("+3 M", ": 'm' may be minutes or months, write '+3min' or '+3mo'"),
        ("3 days", ", did you mean '-3d' or '+3d'?"),
        ("2 weeks", ", did you mean '-2w' or '+2w'?"),
        ("30min", ", did you mean '-30min' or '+30min'?"),
        ("yesturday", ", did you mean 'yesterday'?"),
        ("x", ""),
    ],
)
def test_what_is_no_date_is_told_with_how_it_may_be_written(text: str, said: str) -> None:
    assert CALENDAR.span(text) is None
    assert nearest_date(text) == said


def test_at_an_end_of_a_range_an_offset_is_its_day_alone() -> None:
    assert CALENDAR.point("-7d") == Days(date(2026, 11, 11), date(2026, 11, 11))


def test_at_an_end_of_a_range_a_time_is_exact() -> None:
    moment = NOW.replace(hour=9, minute=0)
    assert CALENDAR.point("2026-11-18T09:00Z") == Times(moment, moment)


def test_a_month_ago_is_the_last_day_of_a_shorter_month() -> None:
    assert Calendar(datetime(2026, 3, 31, tzinfo=UTC)).point("-1mo") == Days(date(2026, 2, 28), date(2026, 2, 28))


def test_today_is_the_day_it_is_in_the_zone() -> None:
    late = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)
    assert Calendar(late, time_zone("Europe/Berlin")).span("today") == Days(date(2026, 11, 19), date(2026, 11, 19))


def test_a_time_without_a_zone_is_one_of_the_calendars_zone() -> None:
    found = Calendar(NOW, time_zone("Europe/Berlin")).point("2026-11-18T09:00")
    assert found == Times(NOW.replace(hour=8, minute=0), NOW.replace(hour=8, minute=0))


def test_a_day_of_25_hours_has_them_all() -> None:
    berlin = Calendar(NOW, time_zone("Europe/Berlin"))
    times = berlin.moments(Days(date(2026, 10, 25), date(2026, 10, 25)))
    assert times.last - times.first + TICK == timedelta(hours=25)


def test_whole_days_are_the_same_in_every_zone() -> None:
    tokyo = Calendar(NOW, time_zone("Asia/Tokyo"))
    times = tokyo.moments(Days(date(2026, 11, 30), date(2026, 11, 30)), whole_days=True)
    assert times.first == datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesturday", "2026-13-01", "this_hour", "-9999y", "+99999y", "7", "last_0x_days"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert CALENDAR.span(text) is None


def test_the_nearest_word_is_found() -> None:
    assert nearest_date("last mnth") == ", did you mean 'last_month'?"


@given(now=MOMENTS, zone=ZONES)
def test_a_moment_lies_in_its_own_day(now: datetime, zone: tzinfo) -> None:
    today = now.astimezone(zone).date()
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    assert day_start(today, zone) <= now <= day_end(today, zone)


@given(now=MOMENTS, zone=ZONES, unit=st.sampled_from(["week", "month", "quarter", "year"]))
def test_periods_meet_without_gap_or_overlap(now: datetime, zone: tzinfo, unit: str) -> None:
    calendar = Calendar(now, zone)
    spans = [calendar.span(f"{edge}_{unit}") for edge in ("last", "this", "next")]
    last, this, following = [calendar.moments(span) for span in spans if span]
    assert (last.last + TICK, this.last + TICK) == (this.first, following.first)


@given(now=MOMENTS, zone=ZONES)
def test_days_meet_without_gap_or_overlap(now: datetime, zone: tzinfo) -> None:
    calendar = Calendar(now, zone)
    spans = [calendar.span(word) for word in ("yesterday", "today", "tomorrow")]
    yesterday, today, tomorrow = [calendar.moments(span) for span in spans if span]
    assert (yesterday.last + TICK, today.last + TICK) == (today.first, tomorrow.first)


@given(now=MOMENTS, zone=ZONES, unit=st.sampled_from(["day", "week", "month", "quarter", "year"]))
def test_the_present_lies_in_this_period(now: datetime, zone: tzinfo, unit: str) -> None:
    calendar = Calendar(now.replace(microsecond=0), zone)
    span = calendar.span(f"this_{unit}")
    assert span is not None
    times = calendar.moments(span)
    assert times.first <= calendar.now <= times.last


@given(now=MOMENTS, zone=ZONES)
def test_a_time_that_is_shown_finds_itself_as_a_filter(now: datetime, zone: tzinfo) -> None:
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    precisions: tuple[Precision, ...] = ("day", "minute", "second")
    for precision in precisions:
        span = Calendar(NOW, zone).span(shown_time(now.isoformat(), precision, zone))
        assert span is not None
        times = Calendar(NOW, zone).moments(span)
        assert times.first <= now <= times.last


@given(
    st.text(max_size=20) | st.from_regex(r"[+-]?\d{1,6}[hdwmqy]|(last|next)_\d{1,6}_(day|hour|year)s", fullmatch=True)
)
def test_any_text_is_a_date_or_none(text: str) -> None:
    span = CALENDAR.span(text)
    assert span is None or CALENDAR.moments(span).first <= CALENDAR.moments(span).last


@pytest.mark.parametrize(
    ("precision", "zone", "shown"),
    [
        ("day", "UTC", "2026-11-18"),
        ("minute", "UTC", "2026-11-18T23:30Z"),
        ("second", "UTC", "2026-11-18T23:30:05Z"),
        ("day", "Europe/Berlin", "2026-11-19"),
        ("minute", "Europe/Berlin", "2026-11-19T00:30+01:00"),
        ("second", "Asia/Kathmandu", "2026-11-19T05:15:05+05:45"),
        ("minute", "Europe/London", "2026-11-18T23:30Z"),
    ],
)
def test_a_time_is_shown_in_the_zone_with_its_offset(precision: Precision, zone: str, shown: str) -> None:
    assert shown_time("2026-11-18T23:30:05.123Z", precision, time_zone(zone)) == shown


def test_text_that_is_no_time_is_shown_as_it_is() -> None:
    assert shown_time("soon", "minute", UTC) == "soon"
