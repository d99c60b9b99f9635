"""Filter criteria: read, sent and checked again."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.catalog import Attribute, resource_types
from outreach_tools.engine.criteria import AnyOf, Criteria, Null, Range, matcher, needs_new_syntax, parse, query
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.zones import time_zone

TEXT = Attribute("title", "string")
NUMBER = Attribute("openCount", "integer")
MOMENT = Attribute("createdAt", "string", format="date-time")
BIRTHDAY = Attribute("dateOfBirth", "string", format="date")
CLOSING = Attribute("closeDate", "string", format="date-time")
ADDRESSES = Attribute("emails", "array", format="email", items="string")
CALENDAR = Calendar(datetime(2026, 11, 18, 15, 30, tzinfo=UTC))  # a Wednesday
NEW_YORK = Calendar(CALENDAR.now, time_zone("America/New_York"))


def test_a_single_value_is_sent_as_it_is() -> None:
    assert query("filter[title]", parse("title", "VP Sales", TEXT, {}, CALENDAR), new_syntax=False) == (
        ("filter[title]", "VP Sales"),
    )


def test_several_values_are_looked_for_beside_the_text_as_it_stands() -> None:
    criteria = parse("title", "CEO, CTO", TEXT, {}, CALENDAR)
    assert needs_new_syntax(criteria)
    assert query("filter[title]", criteria, new_syntax=True) == (
        ("filter[title][]", "CEO, CTO"),
        ("filter[title][]", "CEO"),
        ("filter[title][]", "CTO"),
    )


@pytest.mark.parametrize(
    ("text", "attribute", "sent"),
    [
        ("1, 2", NUMBER, "1,2"),
        ("a@x.example, b@x.example", ADDRESSES, "a@x.example,b@x.example"),
        ("Active, paused", TEXT, "active,paused"),
    ],
    ids=["numbers", "addresses", "known values"],
)
def test_several_values_that_can_be_nothing_else_are_joined_by_commas(
    text: str, attribute: Attribute, sent: str
) -> None:
    criteria = parse("x", text, attribute, {"active": "active", "paused": "paused"}, CALENDAR)
    assert not needs_new_syntax(criteria)
    assert query("filter[x]", criteria, new_syntax=False) == (("filter[x]", sent),)


def test_a_quoted_value_keeps_its_comma_and_needs_the_new_syntax() -> None:
    criteria = parse("title", '"VP, Sales"', TEXT, {}, CALENDAR)
    assert criteria == AnyOf(('"VP, Sales"', "VP, Sales"))
    assert needs_new_syntax(criteria)


def test_text_that_outreach_filters_has_no_ranges() -> None:
    assert parse("title", "A..M", TEXT, {}, CALENDAR) == AnyOf(("A..M",))


@pytest.mark.parametrize(
    ("text", "value", "lies"),
    [("A..M", "Bob", True), ("A..M", "Zoe", False), ("A..M", "a..m", True), ("5..10", "9", True),
     ("5..10", "70", False), ("2026-01-01..2026-03-31", "2026-02-11", True), ("..", "..", True), ("..", "A", False)],
)  # fmt: skip
def test_text_that_is_filtered_here_is_matched_as_it_stands_or_as_a_range(text: str, value: str, lies: bool) -> None:
    assert matcher(parse("custom7", text, TEXT, {}, CALENDAR, here=True), TEXT)(value) is lies


def test_an_array_gives_literal_values() -> None:
    criteria = parse("title", ["VP, Sales", "1..2"], TEXT, {}, CALENDAR)
    assert query("filter[title]", criteria, new_syntax=True) == (
        ("filter[title][]", "VP, Sales"),
        ("filter[title][]", "1..2"),
    )


@pytest.mark.parametrize(
    ("given_text", "sent"),
    [("5..10", "5..10"), ("5..", "5..inf"), ("5..inf", "5..inf"), ('"5".."10"', "5..10")],
)
def test_a_range_of_numbers_is_sent_with_both_ends(given_text: str, sent: str) -> None:
    assert query("filter[openCount]", parse("openCount", given_text, NUMBER, {}, CALENDAR), new_syntax=False) == (
        ("filter[openCount]", sent),
    )


@pytest.mark.parametrize("given_text", ["..10", "neginf..10", " .. 10 ", "..1e1"])
def test_a_range_of_numbers_without_a_lower_end_needs_the_new_syntax(given_text: str) -> None:
    criteria = parse("openCount", given_text, NUMBER, {}, CALENDAR)
    assert needs_new_syntax(criteria)
    assert query("filter[openCount]", criteria, new_syntax=True) == (("filter[openCount][lte]", "10"),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1,000", "'1,000', which may be one number or several: write 1000, or [1, 0] for several"),
        ("5,1,000", "'1,000', which may be one number or several: write 1000, or [1, 0] for several"),
        ("1000,100,200", "'100,200', which may be one number or several: write 100200, or [100, 200] for several"),
        ("1, 000", "'1, 000', which may be one number or several: write 1000, or [1, 0] for several"),
        ("-1,250,000", "'-1,250,000', which may be one number or several: write -1250000, or [-1, 250, 0] for several"),
        ("1.000,50", "'1.000,50', which may be one number or several: write 1000.50, or [1.000, 50] for several"),
        ("1,000..2,000", "'1,000', which may be one number or several: write 1000"),
        ("..1,000", "'1,000', which may be one number or several: write 1000"),
    ],
)
@pytest.mark.parametrize("attribute", [NUMBER, Attribute("amount", "number")])
def test_a_number_with_commas_between_its_thousands_is_refused(text: str, told: str, attribute: Attribute) -> None:
    with pytest.raises(ArgumentError) as refused:
        parse("openCount", text, attribute, {}, CALENDAR)
    assert str(refused.value) == f"the filter on 'openCount' has {told}"


@pytest.mark.parametrize("text", ["10,20", "1000,2000", "1, 200", "5, 100, 12", "1,2,3"])
def test_several_numbers_that_cannot_be_one_are_several(text: str) -> None:
    assert parse("openCount", text, NUMBER, {}, CALENDAR) == AnyOf(tuple(each.strip() for each in text.split(",")))


@pytest.mark.parametrize("name", ["id", "userId"])
def test_ids_have_no_thousands(name: str) -> None:
    assert parse("id", "401,402", Attribute(name, "integer"), {}, CALENDAR) == AnyOf(("401", "402"))


@pytest.mark.parametrize("text", [",..@x.example", "a@x.example,", ",a@x.example", "a,,b@x.example"])
def test_an_address_with_a_comma_at_an_end_is_looked_for_as_it_stands(text: str) -> None:
    criteria = parse("email", text, Attribute("email", "string", format="email"), {}, CALENDAR)
    assert isinstance(criteria, AnyOf)
    assert text in criteria.values


def test_an_open_start_of_a_date_range_is_the_first_moment_of_1970() -> None:
    criteria = parse("createdAt", "..2026-01-31", MOMENT, {}, CALENDAR)
    assert query("filter[createdAt]", criteria, new_syntax=False) == (
        ("filter[createdAt]", "1970-01-01T00:00:00.000Z..2026-01-31T23:59:59.999Z"),
    )


def test_a_range_in_the_new_syntax_names_its_ends() -> None:
    assert query("filter[openCount]", Range("5", "10"), new_syntax=True) == (
        ("filter[openCount][gte]", "5"),
        ("filter[openCount][lte]", "10"),
    )


def test_a_day_on_a_date_time_is_the_whole_day() -> None:
    assert parse("createdAt", "2026-01-31", MOMENT, {}, CALENDAR) == Range(
        "2026-01-31T00:00:00.000Z", "2026-01-31T23:59:59.999Z"
    )


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("today", "2026-11-18T00:00:00.000Z", "2026-11-18T23:59:59.999Z"),
        ("-7d", "2026-11-11T00:00:00.000Z", "2026-11-18T23:59:59.999Z"),
        ("-12h", "2026-11-18T03:30:00.000Z", "2026-11-18T15:30:00.000Z"),
        ("-7d..", "2026-11-11T00:00:00.000Z", None),
        ("..today", None, "2026-11-18T23:59:59.999Z"),
        ("..now", None, "2026-11-18T15:30:00.000Z"),
        ("-7d..-3d", "2026-11-11T00:00:00.000Z", "2026-11-15T23:59:59.999Z"),
        ("last_month..yesterday", "2026-10-01T00:00:00.000Z", "2026-11-17T23:59:59.999Z"),
        ("2026-11-01..today", "2026-11-01T00:00:00.000Z", "2026-11-18T23:59:59.999Z"),
        ("today,tomorrow", "2026-11-18T00:00:00.000Z", "2026-11-19T23:59:59.999Z"),
        ("tomorrow, today", "2026-11-18T00:00:00.000Z", "2026-11-19T23:59:59.999Z"),
        ('"today"', "2026-11-18T00:00:00.000Z", "2026-11-18T23:59:59.999Z"),
    ],
)
def test_relative_dates_on_a_date_time_are_a_range(text: str, low: str | None, high: str | None) -> None:
    assert parse("createdAt", text, MOMENT, {}, CALENDAR) == Range(low, high)


def test_a_day_is_a_day_of_the_zone() -> None:
    expected = Range("2026-01-31T05:00:00.000Z", "2026-02-01T04:59:59.999Z")
    assert parse("createdAt", "2026-01-31", MOMENT, {}, NEW_YORK) == expected


def test_a_date_time_that_holds_a_day_is_that_day_in_every_zone() -> None:
    expected = Range("2026-11-01T00:00:00.000Z", "2026-11-30T23:59:59.999Z")
    assert parse("closeDate", "this_month", CLOSING, {}, NEW_YORK) == expected


def test_several_exact_moments_are_sent_as_they_are() -> None:
    criteria = parse("createdAt", "2026-01-05T10:00:00Z,2026-02-05T10:00:00Z", MOMENT, {}, CALENDAR)
    assert criteria == AnyOf(("2026-01-05T10:00:00.000Z", "2026-02-05T10:00:00.000Z"))


def test_an_exact_moment_stays_one() -> None:
    criteria = parse("createdAt", "2026-01-31T09:00:00.000Z", MOMENT, {}, CALENDAR)
    assert criteria == AnyOf(("2026-01-31T09:00:00.000Z",))


@pytest.mark.parametrize(
    ("text", "criteria"),
    [
        ("today", AnyOf(("2026-11-18",))),
        ("1980-02-29,1981-03-01", AnyOf(("1980-02-29", "1981-03-01"))),
        ("this_month", Range("2026-11-01", "2026-11-30")),
        ("..yesterday", Range(None, "2026-11-17")),
    ],
)
def test_on_a_date_relative_dates_are_days(text: str, criteria: Criteria) -> None:
    assert parse("dateOfBirth", text, BIRTHDAY, {}, CALENDAR) == criteria


def test_on_a_text_relative_dates_are_text() -> None:
    assert parse("title", "today", TEXT, {}, CALENDAR) == AnyOf(("today",))


@pytest.mark.parametrize(("text", "word"), [("null", "__null__"), ("NOT NULL", "__notnull__")])
def test_null_and_not_null_are_sent_as_outreach_spells_them(text: str, word: str) -> None:
    assert query("filter[title]", parse("title", text, TEXT, {}, CALENDAR), new_syntax=False) == (
        ("filter[title]", word),
    )


def test_a_value_that_looks_like_null_can_be_quoted() -> None:
    assert parse("title", '"null"', TEXT, {}, CALENDAR) == AnyOf(('"null"', "null"))


def test_a_known_value_is_matched_without_regard_to_case() -> None:
    known = {"completed": "completed", "Answered": "completed"}
    assert parse("outcome", "ANSWERED", TEXT, known, CALENDAR) == AnyOf(("completed",))


@pytest.mark.parametrize(
    ("field", "text", "attribute", "message"),
    [
        ("title", "  ", TEXT, "the filter on 'title' is empty; use 'null' for records without a value"),
        ("openCount", "many", NUMBER, "the filter on 'openCount': 'openCount' takes an integer, not 'many'"),
        (
            "openCount",
            "..",
            NUMBER,
            "the filter on 'openCount' has a range without bounds; give one, like '5..' or '..5'",
        ),
        ("openCount", "9..5", NUMBER, "the filter on 'openCount' runs backwards: '9..5'"),
        ("openCount", "1,,2", NUMBER, "the filter on 'openCount' has an empty value in '1,,2'"),
        (
            "createdAt",
            "yesturday",
            MOMENT,
            "the filter on 'createdAt' takes a date (2026-01-31), a date-time (2026-01-31T09:00Z) or a relative date "
            "(today, -7d, this_week, last_month), not 'yesturday', did you mean 'yesterday'?",
        ),
        ("createdAt", "today..-7d", MOMENT, "the filter on 'createdAt' runs backwards: 'today..-7d'"),
        (
            "createdAt",
            "2026-01-01,2026-01-03",
            MOMENT,
            "the filter on 'createdAt' names dates with a gap between them; give one range, like 'a..b', or ask once "
            "for each",
        ),
    ],
)
def test_criteria_that_cannot_be_read_are_refused_by_name(
    field: str, text: str, attribute: Attribute, message: str
) -> None:
    with pytest.raises(ArgumentError) as refused:
        parse(field, text, attribute, {}, CALENDAR)
    assert str(refused.value) == message


def test_text_is_matched_without_regard_to_case() -> None:
    assert matcher(AnyOf(("ceo",)), TEXT)("CEO")


def test_an_array_matches_when_one_item_does() -> None:
    assert matcher(AnyOf(("a@x.example",)), ADDRESSES)(["b@x.example", "A@x.example"])


def test_an_empty_array_is_null() -> None:
    assert matcher(Null(), ADDRESSES)([])


def test_a_missing_value_lies_in_no_range() -> None:
    assert not matcher(Range(None, "5"), NUMBER)(None)


@given(low=st.integers(0, 10**6), high=st.integers(0, 10**6), value=st.integers(0, 10**6))
def test_a_range_holds_what_lies_between_its_ends(low: int, high: int, value: int) -> None:
    low, high = sorted((low, high))
    criteria = parse("openCount", f"{low}..{high}", NUMBER, {}, CALENDAR)
    assert matcher(criteria, NUMBER)(value) is (low <= value <= high)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(str.strip), min_size=1, max_size=5))
def test_an_array_of_any_texts_is_matched_literally(values: list[str]) -> None:
    criteria = parse("title", values, TEXT, {}, CALENDAR)
    assert criteria == AnyOf(tuple(values))
    assert all(matcher(criteria, TEXT)(value) for value in values)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1, max_size=5))
def test_quoting_makes_any_texts_literal(values: list[str]) -> None:
    quoted = ",".join('"' + value.replace('"', '""') + '"' for value in values)
    criteria = parse("title", quoted, TEXT, {}, CALENDAR)
    assert isinstance(criteria, AnyOf)
    assert {*values} <= {*criteria.values} <= {*values, quoted}


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(str.strip))
def test_any_text_is_sent_as_it_stands_and_accepted_again(text: str) -> None:
    criteria = parse("title", text, TEXT, {}, CALENDAR)
    assert isinstance(criteria, Null) or (isinstance(criteria, AnyOf) and text in criteria.values)
    assert isinstance(criteria, Null) or matcher(criteria, TEXT)(text)


@pytest.mark.parametrize("criteria", ["[]..[]", "[]..", "..[]", "[],[]", '["[]"]', "[null]..5", "[[]]", ["[]"]])
def test_an_empty_array_within_criteria_is_refused_or_a_text_whatever_the_attribute(criteria: Any) -> None:
    for resource in resource_types().values():
        for attribute in resource.attributes.values():
            with contextlib.suppress(ArgumentError):
                parse(attribute.name, criteria, attribute, {}, CALENDAR)
