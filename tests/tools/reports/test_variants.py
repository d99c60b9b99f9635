"""Intervals of shares, and what is said of templates that are tried against each other."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.reports.variants import LEAST_DELIVERIES, Tried, difference, missing, verdicts, wilson


@st.composite
def trials(draw: st.DrawFn, most: int = 5_000) -> Tried:
    delivered = draw(st.integers(0, most))
    return Tried(delivered, draw(st.integers(0, delivered)))


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_wilsons(part: int, whole: int, low: float, high: float) -> None:
    assert wilson(part, whole) == pytest.approx((low, high), abs=0.00006)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    # Newcombe, "Interval estimation for the difference between independent proportions" (1998), table II, method 10.
    [
        (Tried(70, 56), Tried(80, 48), 0.0524, 0.3339),
        (Tried(10, 9), Tried(10, 3), 0.1705, 0.8090),
        (Tried(56, 5), Tried(29, 0), -0.0381, 0.1926),
        (Tried(10, 10), Tried(20, 0), 0.6791, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(one: Tried, other: Tried, low: float, high: float) -> None:
    assert difference(one, other) == pytest.approx((low, high), abs=0.00006)


@given(trials())
def test_a_share_lies_in_its_interval(tried: Tried) -> None:
    low, high = wilson(tried.replied, tried.delivered)
    assert 0 <= low <= tried.rate + 1e-12
    assert tried.rate - 1e-12 <= high <= 1


@given(st.lists(trials(), min_size=2, max_size=4))
def test_what_is_ahead_lies_above_all_others_by_more_than_chance(tried: list[Tried]) -> None:
    said = verdicts(tried)
    assert said.count("ahead") <= 1
    if "ahead" in said:
        best = tried[said.index("ahead")]
        others = [each for index, each in enumerate(tried) if index != said.index("ahead")]
        assert all(said[index] == "behind" for index, each in enumerate(tried) if each is not best)
        assert all(difference(best, each)[0] > 0 for each in others)
        assert min(each.delivered for each in tried) >= LEAST_DELIVERIES


@given(trials(), trials())
def test_the_order_in_which_templates_come_changes_nothing(one: Tried, other: Tried) -> None:
    assert verdicts([one, other]) == verdicts([other, one])[::-1]


def test_a_maximum_alone_wins_nothing() -> None:
    said = verdicts([Tried(120, 6), Tried(115, 12)])
    assert said == ["too early to tell: about 610 more deliveries"] * 2


def test_so_many_more_deliveries_with_the_same_shares_tell() -> None:
    one, other = Tried(120, 6), Tried(115, 12)
    more = missing(one, other)
    grown = [
        Tried(round(each.delivered + more / 2), round(each.rate * (each.delivered + more / 2))) for each in (one, other)
    ]
    assert verdicts(grown) == ["behind", "ahead"]


def test_a_clear_difference_is_told() -> None:
    assert verdicts([Tried(400, 12), Tried(380, 41)]) == ["behind", "ahead"]


def test_one_that_is_clearly_behind_is_told_where_the_others_are_even() -> None:
    said = verdicts([Tried(900, 90), Tried(900, 93), Tried(900, 9)])
    assert said[2] == "behind"
    assert said[0] == said[1]
    assert said[0].startswith("too early to tell: about ")


def test_nothing_is_said_of_a_handful_of_deliveries() -> None:
    said = verdicts([Tried(7, 7), Tried(9, 0)])
    assert said == ["too early to tell: about 44 more deliveries"] * 2


def test_two_that_many_deliveries_do_not_tell_apart_do_not_differ_clearly() -> None:
    assert verdicts([Tried(20_000, 1_000), Tried(20_000, 1_003)]) == ["no clear difference"] * 2


def test_without_deliveries_everything_is_possible_and_open() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert all(math.isfinite(each) for each in difference(Tried(0, 0), Tried(0, 0)))
    assert verdicts([Tried(0, 0), Tried(0, 0)])[0].startswith("too early to tell")


def test_of_one_template_there_is_nothing_to_tell() -> None:
    assert verdicts([Tried(500, 50)]) == [""]
