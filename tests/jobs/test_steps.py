"""Steps and found records are kept packed: the same as plain ones, in a small part of the memory."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_tools.engine.bulk.plan import Fit, Step
from outreach_tools.engine.bulk.selecting import Found, Pages
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


def record(number: int) -> dict[str, object]:
    return {
        "type": "prospect",
        "id": number,
        "attributes": {"name": f"Person {number}", "title": None, "updatedAt": "2026-11-18T15:30:00.000Z"},
        "relationships": {"account": {"data": {"type": "account", "id": number % 7}}},
    }


def included(number: int) -> dict[tuple[str, int | str], dict[str, object]]:
    return {("account", each): {"type": "account", "id": each} for each in range(number)}


def test_found_records_come_back_as_they_were_with_those_beside_them() -> None:
    pages, plain = Pages(), list[Found]()
    for start in (0, 100, 200):
        records = [record(number) for number in range(start, start + 100)]
        pages.add(records, included(start // 100))
        plain += [Found(each, included(start // 100)) for each in records]
    pages.add([], {})
    assert (len(pages), list(pages), bool(Pages())) == (300, plain, False)


def test_ten_thousand_found_records_take_less_than_three_megabytes() -> None:
    tracemalloc.start()
    try:
        pages = Pages()
        for start in range(0, 10_000, 1_000):
            pages.add([record(number) for number in range(start, start + 1_000)], included(7))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(pages) == 10_000
    assert held < 3_000_000
