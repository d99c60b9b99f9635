"""JSON of others: what is read of it at the top level, where the whole cannot be."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.json_text import Outline
from outreach_tools.json_values import is_array, is_object

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='"\\{}[]:,aé\n'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='"\\{}[]a'), inner, max_size=3),
    max_leaves=12,
)


def top_level(value: Any) -> Any:
    if is_object(value):
        return {name: emptied(member) for name, member in value.items()}
    return [emptied(member) for member in value] if is_array(value) else value


def emptied(value: Any) -> Any:
    return type(value)() if is_object(value) or is_array(value) else value


@given(VALUES, st.booleans(), st.integers(1, 9))
def test_an_outline_is_the_top_level_however_the_bytes_come(value: Any, in_ascii: bool, piece: int) -> None:
    data = json.dumps(value, ensure_ascii=in_ascii).encode()
    outline = Outline()
    for start in range(0, len(data), piece):
        outline.feed(data[start : start + piece])
    assert outline.read() == top_level(value)


@given(st.binary())
def test_no_bytes_break_an_outline(data: bytes) -> None:
    outline = Outline()
    outline.feed(data)
    outline.read()
