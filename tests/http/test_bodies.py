"""The bounds of the bodies of all requests together, and how large ones are read."""

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.callers.identity.identification import Identification
from outreach_mcp.callers.identity.key_giving import add_key
from outreach_mcp.callers.identity.keys import KeyRing
from outreach_mcp.http.authentication import Access
from outreach_mcp.http.bodies import MOST_TOGETHER, Reader, Weights
from outreach_mcp.http.protected_resource import ProtectedResource
from tests.support.processes import SECONDS
from tests.support.serving import Slow, only, served, small_server

MOST = 16 * 1024 * 1024
HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def head(path: str, length: int, key: str = "") -> bytes:
    """The beginning of a request whose body is not there yet."""
    known = f"Authorization: Bearer {key}\r\n" if key else ""
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{known}Content-Length: {length}\r\n\r\n{{".encode()


async def answer_while(url: str, others: list[bytes], key: str = "", size: int = MOST) -> httpx.Response:
    """Return the answer to a request with a body of that size, while others are half there."""
    answers, headers = list[httpx.Response](), HEADERS | ({"Authorization": f"Bearer {key}"} if key else {})
    async with httpx.AsyncClient(headers=headers) as http, anyio.create_task_group() as tasks:
        streams = [await anyio.connect_tcp("127.0.0.1", int(url.rpartition(":")[2])) for _ in others]
        for stream, sent in zip(streams, others, strict=True):
            await stream.send(sent)
        await http.get(f"{url}/health")  # by now they have been read, in the order that they came
        answers.append(await http.post(f"{url}/mcp", content=b" " * size))
        for stream in streams:
            await stream.aclose()
        tasks.cancel_scope.cancel()
    return answers[0]


async def test_all_bodies_together_hold_no_more_than_they_may() -> None:
    """A call that is being served holds all that there is; once it is answered, others find room."""
    slow, answers = Slow(), list[httpx.Response]()
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "wait"}}
    body = json.dumps(message).ljust(MOST_TOGETHER)
    async with (
        served(only(small_server("wait", slow=slow)), max_body_bytes=MOST_TOGETHER) as it,
        httpx.AsyncClient(headers=HEADERS, timeout=SECONDS) as http,
    ):

        async def call(content: str) -> None:
            answers.append(await http.post(f"{it.url}/mcp", content=content))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call, body)
            await slow.begun.wait()
            await call(json.dumps(message))
            slow.released.set()
        await call(json.dumps(message))
        while answers[-1].status_code == 503:  # an answer may be there before what it held is given back
            await call(json.dumps(message))
    assert [answers[number].status_code for number in (0, 1, -1)] == [503, 200, 200]
    assert (answers[0].headers["Retry-After"], answers[0].json()) == (
        "1",
        {"error": "The bodies of all requests at once may have 33554432 bytes. Try again in 1 s."},
    )


@pytest.mark.parametrize("path", ["/mcp", "/messages/"])
async def test_bodies_that_are_not_there_yet_give_way_the_oldest_first(path: str) -> None:
    async with (
        served(only(small_server("read")), max_body_bytes=MOST) as it,
        await anyio.connect_tcp("127.0.0.1", int(it.url.rpartition(":")[2])) as oldest,
    ):
        await oldest.send(head(path, MOST))
        answer = await answer_while(it.url, [head(path, MOST)])
        assert answer.status_code == 400  # it was read: there is no message in it
        told = await oldest.receive()
        assert told.startswith(b"HTTP/1.1 503 ")


async def test_one_caller_leaves_room_for_the_bodies_of_others(tmp_path: Path) -> None:
    ann, bob = (add_key(tmp_path / "keys.json", name, f"{name}@example.com") for name in ("ann", "bob"))
    access = Access(Identification(keys=KeyRing(tmp_path / "keys.json")), ProtectedResource("https://mcp.example.com"))
    quarter = MOST_TOGETHER // 4
    async with served(only(small_server("read")), access=access, max_body_bytes=quarter) as it:
        own = await answer_while(it.url, [head("/mcp", quarter, ann)], ann, quarter)
        others = await answer_while(it.url, [head("/mcp", quarter, ann)], bob, quarter)
        nobodys = await answer_while(it.url, [head("/mcp", quarter, "nobody")] * 8, bob, quarter)
    assert (own.status_code, own.headers["Retry-After"], own.json()) == (
        429,
        "1",
        {"error": "The bodies of your requests at once may have 8388608 bytes. Try again in 1 s."},
    )
    assert (others.status_code, nobodys.status_code) == (400, 400)


async def test_a_body_in_chunks_counts_as_the_most_that_it_may_be() -> None:
    chunked = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
    async with (
        served(only(small_server("read")), max_body_bytes=MOST) as it,
        await anyio.connect_tcp("127.0.0.1", int(it.url.rpartition(":")[2])) as oldest,
    ):
        await oldest.send(chunked)
        await answer_while(it.url, [chunked])
        assert (await oldest.receive()).startswith(b"HTTP/1.1 503 ")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 12)), max_size=30), st.data())
def test_what_is_given_back_is_there_again(wanted: list[tuple[str, int]], data: st.DataObject) -> None:
    weights, held = Weights(of_each=10, of_all=20), list[tuple[str, int]]()
    drawn: Any = data  # whatever is drawn from it
    for key, weight in wanted:
        of_key = Counter[str]()
        for each, taken in held:
            of_key[each] += taken
        assert weights.take(key, weight) == (of_key[key] + weight <= 10 and of_key.total() + weight <= 20)
        if of_key[key] + weight <= 10 and of_key.total() + weight <= 20:
            held.append((key, weight))
        if held and drawn.draw(st.booleans()):
            weights.release(*held.pop(drawn.draw(st.integers(0, len(held) - 1))))
    for key, weight in held:
        weights.release(key, weight)
    assert weights.take("a", 10)
    assert weights.take("b", 10)


async def test_the_event_loop_goes_on_while_a_large_body_is_read() -> None:
    """The reading waits for something that only the loop does; a small body is read at once, without a thread."""
    told, reader, read = threading.Event(), Reader(), list[tuple[int, bool]]()

    def waiting(body: bytes) -> tuple[int, bool]:
        return len(body), told.wait(20)

    async with anyio.create_task_group() as tasks:

        async def reading() -> None:
            read.append(await reader.read(waiting, b" " * 100_000))

        tasks.start_soon(reading)
        await anyio.lowlevel.checkpoint()
        told.set()
    assert read == [(100_000, True)]
    assert await reader.read(lambda _: threading.current_thread() is threading.main_thread(), b"{}")


BOMBS: dict[str, Any] = {
    "empty lists": [[]] * 60_000,
    "numbers": [1] * 60_000,
    "names": {f"n{each}": 1 for each in range(20_001)},
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
async def test_a_message_with_more_values_than_anybody_needs_is_refused_with_its_id(bomb: str, version: str) -> None:
    message = {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "read", "arguments": BOMBS[bomb]}}
    headers = HEADERS | {"MCP-Protocol-Version": version, "Mcp-Method": "tools/call", "Mcp-Name": "read"}
    async with served(only(small_server("read")), max_body_bytes=10**6) as it, httpx.AsyncClient() as http:
        answer = await http.post(f"{it.url}/mcp", content=json.dumps(message, separators=(",", ":")), headers=headers)
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "jsonrpc": "2.0",
            "id": 5,
            "error": {"code": -32600, "message": "Invalid Request: it holds more than 20,000 values."},
        },
    )
