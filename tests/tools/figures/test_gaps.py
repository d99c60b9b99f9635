"""Gaps between what was read: whatever overlaps, an id is taken out once, and nothing that was not read is."""

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_tools.engine.figures.gaps import Gap, Gaps

ids = st.integers(0, 60)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), records=st.sets(ids, max_size=40))
def test_pages_from_the_ends_of_gaps_take_out_each_record_once(data: st.DataObject, records: set[int]) -> None:
    gaps, taken, size = Gaps(), list[int](), data.draw(st.integers(1, 6))
    under_way: list[tuple[str, int | None, int | None]] = []
    for _ in range(400):
        if not gaps.gaps:
            break
        what = data.draw(st.sampled_from(("ask", "answer", "split"))) if len(under_way) < 8 else "answer"
        gap = data.draw(st.sampled_from(gaps.gaps))
        if what == "ask":
            under_way.append((data.draw(st.sampled_from(("low", "high"))), gap.low, gap.high))
        elif what == "split":
            gaps.split(gap, data.draw(st.lists(ids, max_size=3)))
        elif under_way:
            end, low, high = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
            there = sorted(each for each in records if Gap(low, high).holds(each))
            page = there[:size] if end == "low" else there[::-1][:size]
            taken += [each for each in page if gaps.find(each) is not None]
            if len(page) < len(there):
                low, high = (low, page[-1]) if end == "low" else (page[-1], high)
            gaps.cover(low, high)
            assert all(gaps.find(each) is None for each in page)
    assert len(taken) == len(set(taken))
    assert {each for each in records if gaps.find(each) is None} == set(taken)


def test_a_gap_is_read_from_its_other_end_only_where_that_brings_more() -> None:
    gap = Gap(1, 9000, left=1000, reading={"low"})
    assert not gap.is_for("high", 1000)
    gap.left = 1001
    assert gap.is_for("high", 1000)
