"""JSON of others: what is read of it at the top level, where the whole cannot be."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.io.json_text import MOST_VALUES, JsonError, Outline, read_json
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


def marks_outside_texts(data: bytes) -> int:
    count, is_in_text, is_escaped = 0, False, False
    for byte in data:
        if is_in_text:
            is_in_text = is_escaped or byte != ord('"')
            is_escaped = not is_escaped and byte == ord("\\")
        elif byte == ord('"'):
            is_in_text = True
        else:
            count += byte in b",[{"
    return count


@given(st.lists(st.sampled_from([b'"', b"\\", b"\\\\", b",", b"[", b"]", b"{", b"}", b"1", b"\n"]), max_size=40))
def test_values_are_counted_outside_texts_alone(parts: list[bytes]) -> None:
    pattern = b"".join(parts)
    data = pattern * (1 + 3 * MOST_VALUES // (len(pattern) or 1))
    try:
        read_json(data)
        kind: str = ""
    except JsonError as error:
        kind = error.kind
    assert (kind == "size") == (marks_outside_texts(data) > MOST_VALUES)


MANY: list[Any] = [[[]] * 20_001, [{}] * 20_001, [1] * 20_002, dict.fromkeys(map(str, range(20_001)), 1)]


@pytest.mark.parametrize("value", MANY)
def test_more_values_than_anybody_needs_are_refused_with_what_is_known_of_them(value: Any) -> None:
    with pytest.raises(JsonError) as refused:
        read_json(json.dumps({"id": 7, "params": {"much": value}}).encode())
    assert (str(refused.value), refused.value.value) == (
        "it holds more than 20,000 values",
        {"id": 7, "params": {}},
    )


def test_a_text_may_hold_as_many_commas_as_it_likes() -> None:
    assert read_json(json.dumps([",[{" * 30_000, '"\\' * 30_000]).encode()) == [",[{" * 30_000, '"\\' * 30_000]
