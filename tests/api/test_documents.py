"""How long answers are read: as short ones are, and without the event loop."""

import json
import threading
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.api.documents import LARGE, MOST_VALUES, read_at_once, read_document, read_in_turns
from outreach_mcp.api.errors.tree import OutreachError, UnreadableAnswerError
from outreach_mcp.io.threads import READING
from outreach_tools.client import Request
from tests.api.recording import answering, client_on

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
LONG = json.dumps({"data": [{"type": "prospect", "id": number, "note": "x" * 1000} for number in range(2200)]}).encode()


def read_by(read: Any, content: bytes) -> Any:
    """Return what is read, or the kind of error that was raised instead."""
    try:
        return read(content)
    except (ValueError, RecursionError) as error:
        return ValueError if isinstance(error, ValueError) else type(error)


@given(VALUES)
def test_both_ways_of_reading_find_the_same(value: Any) -> None:
    content = json.dumps(value).encode()
    assert read_in_turns(content) == read_at_once(content) == value


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[1,]", b'{"a": NaN}', b"[Infinity]", b"[-Infinity]", b"\xff", b"nul", b"[" * 100_000, b"1 2"),
        *(b'["\\ud800"]', b'{"a": 1, "a": 2}', b"[1e999]", b"1" * 5000, b"[" * 300 + b"]" * 300, b'"\x00"'),
        *(b"\xef\xbb\xbf[1]", "[1]".encode("utf-16")),
    ],
    ids=range(18),
)
def test_both_ways_of_reading_refuse_the_same(content: bytes) -> None:
    assert read_by(read_in_turns, content) == read_by(read_at_once, content)


async def test_a_long_answer_is_read_by_a_thread_and_a_short_one_is_not() -> None:
    assert len(LONG) > LARGE
    released = threading.Event()
    found: list[Any] = []

    async def read_long() -> None:
        found.append(await read_document(LONG))

    async def occupy() -> None:
        await READING.run(released.wait)

    async with anyio.create_task_group() as tasks:
        for _ in range(READING.size):
            tasks.start_soon(occupy)
        tasks.start_soon(read_long)
        while not READING.is_full:
            await anyio.lowlevel.checkpoint()
        assert await read_document(b'{"data": 1}') == {"data": 1}
        assert found == []
        released.set()
    assert found == [json.loads(LONG)]


async def test_a_long_answer_of_outreach_is_the_same_as_it_was() -> None:
    response = await client_on(answering(200, LONG)).send(Request("GET", "/prospects"))
    assert response.body == json.loads(LONG)


async def test_a_long_answer_that_is_no_json_is_an_error_of_bounded_length() -> None:
    with pytest.raises(UnreadableAnswerError, match="its body is not JSON") as caught:
        await client_on(answering(200, LONG[:-1])).send(Request("GET", "/prospects"))
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("values", [b"[],", b"1,", b"{},"])
async def test_an_answer_of_more_values_than_may_be_is_refused(values: bytes) -> None:
    content = b'{"data": [' + values * (MOST_VALUES + 1) + b"1]}"
    with pytest.raises(OutreachError, match="its body holds more than 2,000,000 values"):
        await client_on(answering(200, content)).send(Request("GET", "/prospects"))


async def test_what_texts_hold_counts_for_nothing() -> None:
    content = json.dumps({"data": {"note": "[,{" * MOST_VALUES}}).encode()
    response = await client_on(answering(200, content)).send(Request("GET", "/prospects"))
    assert response.body == json.loads(content)
