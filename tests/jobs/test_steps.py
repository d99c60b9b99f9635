"""Packed steps are a sequence like any other, and take a small part of the memory."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_tools.engine.bulk.plan import Fit, Step
from outreach_tools.engine.bulk.steps import PART, Steps


def step(number: int) -> Step:
    owner = {"type": "user", "id": number % 7}
    return Step(
        "update", "prospect", number, f"Person {number} é漢", {"title": None, "owner": owner}, {"title": f"T{number}"},
        {"updatedAt": "2026-11-18T15:30:00.000Z"}, "pause", (("actionParams[x]", "1"),), Fit("bulk", {"a": number}),
    )  # fmt: skip


MANY = [step(number) for number in range(3 * PART + 7)]


@settings(max_examples=30, deadline=None)
@given(count=st.integers(0, len(MANY)), data=st.data())
def test_they_are_the_same_as_a_list_of_them(count: int, data: st.DataObject) -> None:
    plain = MANY[:count]
    packed = Steps(plain)
    kept = Steps(packed=packed.parts())
    for each in (packed, kept):
        assert (len(each), list(each), bool(each)) == (count, plain, bool(plain))
        place = data.draw(st.slices(count))
        assert each[place] == tuple(plain[place])
        if count:
            index = data.draw(st.integers(-count, count - 1))
            assert each[index] == plain[index]
        with pytest.raises(IndexError):
            each[count]
    assert kept.parts() == packed.parts()


def test_more_can_be_added_to_those_that_were_kept() -> None:
    kept = Steps(MANY[PART : 2 * PART + 3], packed=Steps(MANY[:PART]).parts())
    assert list(kept) == MANY[: 2 * PART + 3]


def test_ten_thousand_take_less_than_two_megabytes() -> None:
    tracemalloc.start()
    try:
        steps = Steps(step(number) for number in range(10_000))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(steps) == 10_000
    assert held < 2_000_000
