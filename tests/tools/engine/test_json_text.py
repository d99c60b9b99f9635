"""JSON text where an array or an object is meant."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tools.engine.json_text import decoded, is_container
from outreach_tools.json_values import is_array, is_object

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
CONTAINERS: st.SearchStrategy[Any] = st.recursive(
    st.lists(LEAVES, max_size=3) | st.dictionaries(st.text(), LEAVES, max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(CONTAINERS, st.integers(0, 1), st.sampled_from([None, 2]))
def test_an_array_or_an_object_is_read_from_its_text(value: Any, more: int, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    for _ in range(more):
        text = json.dumps(text)
    assert decoded(text, is_container) == value
    assert decoded(text, is_array if is_object(value) else is_object) == text


@given(LEAVES)
def test_what_holds_nothing_else_stays_as_it_is(value: Any) -> None:
    assert decoded(value, is_container) is value or is_container(json.loads(value))
    assert decoded(json.dumps(value), is_container) == json.dumps(value) or is_container(json.loads(value))


@pytest.mark.parametrize(
    "text", ["[NaN]", "[Infinity]", '["\\ud800"]', "[" * 100_000, "[1,]", "[1] 2", "{'a': 1}", "", "[\ud800]"]
)
def test_what_is_no_json_stays_text(text: str) -> None:
    assert decoded(text, is_container) is text
