"""Filter criteria: read, sent and checked again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.catalog import Attribute
from outreach_tools.engine.criteria import AnyOf, Null, Range, matcher, needs_new_syntax, parse, query
from outreach_tools.engine.errors import ArgumentError

TEXT = Attribute("title", "string")
NUMBER = Attribute("openCount", "integer")
MOMENT = Attribute("createdAt", "string", format="date-time")
ADDRESSES = Attribute("emails", "array", format="email", items="string")


def test_a_single_value_is_sent_as_it_is() -> None:
    assert query("filter[title]", parse("title", "VP Sales", TEXT, {}), new_syntax=False) == (
        ("filter[title]", "VP Sales"),
    )


def test_several_values_are_joined_by_commas() -> None:
    assert query("filter[title]", parse("title", "CEO, CTO", TEXT, {}), new_syntax=False) == (
        ("filter[title]", "CEO,CTO"),
    )


def test_a_quoted_value_keeps_its_comma_and_needs_the_new_syntax() -> None:
    criteria = parse("title", '"VP, Sales"', TEXT, {})
    assert criteria == AnyOf(("VP, Sales",))
    assert needs_new_syntax(criteria)
    assert query("filter[title]", criteria, new_syntax=True) == (("filter[title]", "VP, Sales"),)


def test_an_array_gives_literal_values() -> None:
    criteria = parse("title", ["VP, Sales", "1..2"], TEXT, {})
    assert query("filter[title]", criteria, new_syntax=True) == (
        ("filter[title][]", "VP, Sales"),
        ("filter[title][]", "1..2"),
    )


@pytest.mark.parametrize(
    ("given_text", "sent"),
    [("5..10", "5..10"), ("5..", "5..inf"), ("..10", "neginf..10"), ("neginf..10", "neginf..10"), ("5..inf", "5..inf")],
)
def test_a_range_of_numbers_is_sent_with_both_ends(given_text: str, sent: str) -> None:
    assert query("filter[openCount]", parse("openCount", given_text, NUMBER, {}), new_syntax=False) == (
        ("filter[openCount]", sent),
    )


def test_an_open_start_of_a_date_range_is_the_first_moment_of_1970() -> None:
    criteria = parse("createdAt", "..2026-01-31", MOMENT, {})
    assert query("filter[createdAt]", criteria, new_syntax=False) == (
        ("filter[createdAt]", "1970-01-01T00:00:00.000Z..2026-01-31T23:59:59.999Z"),
    )


def test_a_range_in_the_new_syntax_names_its_ends() -> None:
    assert query("filter[openCount]", Range("5", "10"), new_syntax=True) == (
        ("filter[openCount][gte]", "5"),
        ("filter[openCount][lte]", "10"),
    )


def test_a_day_on_a_date_time_is_the_whole_day() -> None:
    assert parse("createdAt", "2026-01-31", MOMENT, {}) == Range("2026-01-31T00:00:00.000Z", "2026-01-31T23:59:59.999Z")


@pytest.mark.parametrize(("text", "word"), [("null", "__null__"), ("NOT NULL", "__notnull__")])
def test_null_and_not_null_are_sent_as_outreach_spells_them(text: str, word: str) -> None:
    assert query("filter[title]", parse("title", text, TEXT, {}), new_syntax=False) == (("filter[title]", word),)


def test_a_value_that_looks_like_null_can_be_quoted() -> None:
    assert parse("title", '"null"', TEXT, {}) == AnyOf(("null",))


def test_a_known_value_is_matched_without_regard_to_case() -> None:
    known = {"completed": "completed", "Answered": "completed"}
    assert parse("outcome", "ANSWERED", TEXT, known) == AnyOf(("completed",))


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
        ("title", "a,,b", TEXT, "the filter on 'title' has an empty value in 'a,,b'"),
        (
            "createdAt",
            "yesterday",
            MOMENT,
            "the filter on 'createdAt': 'createdAt' takes an ISO 8601 date-time (2026-01-31T09:00:00Z), "
            "not 'yesterday'",
        ),
    ],
)
def test_criteria_that_cannot_be_read_are_refused_by_name(
    field: str, text: str, attribute: Attribute, message: str
) -> None:
    with pytest.raises(ArgumentError) as refused:
        parse(field, text, attribute, {})
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
    criteria = parse("openCount", f"{low}..{high}", NUMBER, {})
    assert matcher(criteria, NUMBER)(value) is (low <= value <= high)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1, max_size=5))
def test_an_array_of_any_texts_is_matched_literally(values: list[str]) -> None:
    criteria = parse("title", values, TEXT, {})
    assert criteria == AnyOf(tuple(values))
    assert all(matcher(criteria, TEXT)(value) for value in values)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1, max_size=5))
def test_quoting_makes_any_texts_literal(values: list[str]) -> None:
    quoted = ",".join('"' + value.replace('"', '""') + '"' for value in values)
    assert parse("title", quoted, TEXT, {}) == AnyOf(tuple(values))
