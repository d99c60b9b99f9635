"""The contents of a cell, and what it says again: nothing that a spreadsheet runs, and nothing lost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.engine.files.cells import (
    LONGEST,
    cell_of,
    guarded,
    is_cut,
    plain,
    said_by,
    text_of,
    unguarded,
    values_in,
)

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("rest", ["cmd|'/c calc'!A1", "1+1", "", "'"])
def test_text_that_could_be_a_formula_is_guarded_and_comes_back(beginning: str, rest: str) -> None:
    assert guarded(beginning + rest) == f"'{beginning}{rest}"
    assert unguarded(guarded(beginning + rest)) == beginning + rest


@given(st.text(alphabet=st.sampled_from(["'", "=", "+", "-", "@", "\t", "a", "1"])))
def test_whatever_is_guarded_comes_back_and_begins_no_formula(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(BEGINNINGS)


@given(st.lists(st.one_of(st.text(), st.integers(), st.none(), st.booleans())))
def test_several_values_come_back_from_one_cell(values: list[Any]) -> None:
    texts = [each for each in values if isinstance(each, str)]
    if "\x00" in str(values) or any(not each.isprintable() for each in texts):
        return  # what XML cannot hold is written as a mark
    read = values_in(said_by(cell_of(values)))
    if all(isinstance(each, int) and not isinstance(each, bool) for each in values):
        assert read == [str(each) for each in values]
    else:
        assert read == values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (False, "false"), (7, "7"), (7.0, "7"), (7.5, "7.5"), (10**16, str(10**16)),
        (float("inf"), "inf"), ("a\x00b", "a\ufffdb"), ("\ud800", "\ufffd"), (["a", "b"], "a; b"), ([], ""),
        (["a;b"], '["a;b"]'), ({"count": 812}, "812 records"), ({"a": 1}, '{"a": 1}'),
    ],
)  # fmt: skip
def test_a_value_is_written_as(value: Any, text: str) -> None:
    assert text_of(cell_of(value)) == text


@pytest.mark.parametrize("text", ["x" * (LONGEST + 1), "\U0001f600" * LONGEST, "=" * 100_000])
def test_a_text_longer_than_a_cell_is_cut_and_says_so(text: str) -> None:
    cell = cell_of(text)
    assert isinstance(cell, str)
    assert is_cut(cell)
    assert len(cell.encode("utf-16-le")) // 2 <= LONGEST


def test_the_longest_text_of_a_cell_stays_whole() -> None:
    assert cell_of("x" * LONGEST) == "x" * LONGEST


@pytest.mark.parametrize(("one", "other"), [("a\r\nb", "a\nb"), ("a\rb", "a\nb"), ("a ", "a"), (7.0, "7")])
def test_what_programs_change_in_a_cell_is_the_same(one: Any, other: Any) -> None:
    assert plain(one) == plain(other)
