"""Values that count as given, and those that do not."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.engine.given import given_items, given_members, is_given

BLANKS = st.text(st.sampled_from(" \t\r\n\u00a0\u1680\u2003\u2028\u3000\u200b\u200d\u2060\ufeff\u00ad\u2800\u3164"))
NOTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | BLANKS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
SOMETHING: st.SearchStrategy[Any] = (
    st.booleans() | st.integers() | st.floats() | st.sampled_from(["a", "0", " x ", "é"])
)


@given(NOTHING)
def test_nothing_at_any_depth_is_not_given(value: Any) -> None:
    assert not is_given(value)


@given(NOTHING, SOMETHING)
def test_anything_anywhere_is_given(nothing: Any, something: Any) -> None:
    assert is_given(something)
    assert is_given([nothing, {"a": [nothing, something]}])


@given(st.lists(NOTHING | SOMETHING))
def test_what_is_given_stays_in_its_order(items: list[Any]) -> None:
    kept = [item for item in items if is_given(item)]
    assert list(map(id, given_items(items))) == list(map(id, kept))
    assert list(map(id, given_members({str(n): item for n, item in enumerate(items)}).values())) == list(map(id, kept))


def test_no_depth_is_too_deep() -> None:
    value: Any = None
    for _ in range(100_000):
        value = [value]
    assert not is_given(value)
