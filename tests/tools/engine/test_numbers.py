"""Numbers, judged by their value."""

import math

from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.engine.numbers import GREATEST, number, whole

INTEGERS = st.integers(-GREATEST, GREATEST)


@given(INTEGERS, st.integers(0, 5))
def test_an_integer_is_one_in_every_way_of_writing_it_that_is_exact(value: int, zeros: int) -> None:
    texts = [str(value), f" {value}\n", f"{value}.{'0' * (zeros + 1)}", f"{value}e0", f"{value * 10**zeros}e-{zeros}"]
    assert [whole(each) for each in (value, *texts)] == [value] * 6
    assert [number(each) for each in (value, *texts)] == [value] * 6


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_float_that_is_exact_is_the_integer_it_equals(value: int) -> None:
    found = whole(float(value))
    assert (found, type(found)) == (value, int)


@given(st.floats())
def test_a_float_is_an_integer_only_where_no_other_can_have_been_meant(value: float) -> None:
    found = whole(value)
    if math.isfinite(value) and value.is_integer() and abs(value) < 2**53:
        assert found == value
    else:
        assert found is None
    assert number(value) == (value if math.isfinite(value) else None)


@given(st.one_of(st.integers(min_value=GREATEST + 1), st.integers(max_value=-GREATEST - 1)))
def test_an_integer_beyond_64_bits_is_none(value: int) -> None:
    assert whole(value) is None
    assert whole(str(value)) is None


@given(st.text())
def test_no_text_is_a_number_that_is_not_written_as_one(text: str) -> None:
    found = number(text)
    if found is not None:
        assert text.strip().isascii()
        assert math.isclose(float(text), found)
    assert whole(text) is None or found == whole(text)


@given(st.booleans())
def test_a_truth_is_no_number(value: bool) -> None:
    assert (whole(value), number(value)) == (None, None)
