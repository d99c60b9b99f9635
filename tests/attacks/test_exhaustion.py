"""Attacks on what a server has only so much of: calls, streams, memory, the other callers' share of it."""

import json
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, closing
from typing import Any

import anyio
import httpx
import pytest

from tests.attacks.world import (
    ANN,
    MALLORY,
    NEW,
    OLD,
    World,
    a_world,
    answer_in,
    asking,
    bearer,
    calling,
    exchanged,
    mcp_headers,
    post,
    statuses,
    told,
)
from tests.callers.identity.provider import Person

MOST_CALLS = 12
MOST_STREAMS = 3


@pytest.fixture(scope="module")
async def small(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """A server with little to give."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(
            a_world(
                tmp_path_factory.mktemp("small"),
                OUTREACH_MCP_CALLS_PER_MINUTE=str(MOST_CALLS),
                OUTREACH_MCP_CONCURRENT_CALLS="4",
                OUTREACH_MCP_SSE_CONNECTIONS=str(MOST_STREAMS),
                OUTREACH_MCP_MAX_BODY_BYTES="100000",
                OUTREACH_MCP_LOG_LEVEL="warning",
            )
        )


async def counted(world: World, person: Person, headers: list[tuple[str, str]], message: Any) -> list[int]:
    """The statuses of one call more than a caller may make in a minute, that many at once as they may."""
    content = json.dumps(message)
    async with httpx.AsyncClient() as http:
        return [
            (await http.post(f"{world.url}/mcp", content=content, headers=headers)).status_code
            for _ in range(MOST_CALLS + 1)
        ]


def person(number: int) -> Person:
    """Somebody whose calls nobody has counted yet."""
    return Person(f"flooder-{number}", "f@login.example", "Flo Ooder")


DISGUISES: tuple[tuple[str, ...], ...] = (
    (f"MCP-Protocol-Version: {OLD}",),
    (f"MCP-Protocol-Version: {NEW}", "Mcp-Method: tools/call"),
    (f"MCP-Protocol-Version: {NEW}", "Mcp-Method: tools/call", "Mcp-Method: tools/list"),
    (f"MCP-Protocol-Version: {NEW}", "Mcp-Method: tools/list", "Mcp-Method: tools/call"),
    (f"MCP-Protocol-Version: {OLD}", f"MCP-Protocol-Version: {NEW}", "Mcp-Method: ping"),
    (f"MCP-Protocol-Version: {NEW}", f"MCP-Protocol-Version: {OLD}", "Mcp-Method: ping"),
    ("Mcp-Method: ping",),
    (f"MCP-Protocol-Version: {OLD}", "Mcp-Method: ping"),
    (f"MCP-Protocol-Version: {OLD}", "Mcp-Session-Id: another-each-time"),
    (f"MCP-Protocol-Version: {OLD}", "X-Forwarded-For: 10.0.0.9"),
)


@pytest.mark.parametrize("disguise", range(len(DISGUISES)))
async def test_no_call_is_made_without_being_counted(small: World, disguise: int) -> None:
    """Whatever a request says of itself: no more are served than may be, and the rest is refused."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": NEW,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "flood", "version": "1"},
    }
    message = asking("tools/call", {"name": "get_connection", "arguments": {}, "_meta": meta})
    lines = [tuple(line.split(": ")) for line in DISGUISES[disguise]]
    headers = [
        ("Accept", "application/json, text/event-stream"),
        ("Content-Type", "application/json"),
        ("Mcp-Name", "get_connection"),
        *bearer(small.token(person(disguise))).items(),
        *((name, value) for name, value in lines),
    ]
    came = await counted(small, person(disguise), headers, message)
    assert came.count(200) <= MOST_CALLS
    assert came[-1] in (429, 400)
    if disguise < 2:  # as clients send it
        assert came == [200] * MOST_CALLS + [429]


async def test_what_mallory_spends_is_hers(small: World) -> None:
    async with httpx.AsyncClient() as http:
        answers = [
            await post(http, small.url, small.token(MALLORY), calling("get_connection")) for _ in range(MOST_CALLS + 2)
        ]
        last = answers[-1]
        assert (last.status_code, 0 < int(last.headers["Retry-After"]) <= 60) == (429, True)
        # A newer token, another scope or another name are not a new caller.
        for token in (small.token(MALLORY), small.token(MALLORY, name="X"), small.token(MALLORY, client_id="other")):
            assert (await post(http, small.url, token, calling("get_connection"))).status_code == 429
        assert "ann@first.example" in await told(http, small.url, small.token(ANN), "get_connection")


async def test_who_is_nobody_spends_nothing_of_anybody(small: World) -> None:
    async with httpx.AsyncClient() as http:
        for number in range(MOST_CALLS * 2):
            answer = await post(http, small.url, f"guessed-{number}", calling("get_connection"))
            assert answer.status_code == 401
        assert "kim@second.example" in await told(http, small.url, small.kims_key, "get_connection")


async def test_one_who_opens_streams_leaves_some_to_others(small: World) -> None:
    """All streams together are bounded, with an answer that says so; a stream that is closed is free again."""
    async with AsyncExitStack() as open_streams, httpx.AsyncClient(timeout=20) as http:
        found: list[tuple[int, bool]] = []
        for _ in range(MOST_STREAMS + 2):
            stream = http.stream("GET", f"{small.url}/sse", headers=bearer(small.token(ANN)))
            answer = await open_streams.enter_async_context(stream)
            found.append((answer.status_code, "Retry-After" in answer.headers))
    assert found == [(200, False)] * MOST_STREAMS + [(503, True)] * 2
    async with httpx.AsyncClient(timeout=20) as http:
        with anyio.fail_after(10):
            while True:  # that the streams are closed is learned when their connections are
                async with http.stream("GET", f"{small.url}/sse", headers=bearer(small.kims_key)) as answer:
                    if answer.status_code == 200:
                        break


BOMBS: dict[str, bytes] = {
    "deep lists": b"[" * 50_000,
    "deep objects": b'{"a":' * 15_000,
    "deep arguments": json.dumps(calling("get_prospect")).replace('"arguments": {}', '"arguments": ').encode()[:-2]
    + b'{"prospect_id":' * 5000,
    "a number of 5000 digits": json.dumps(calling("get_prospect", prospect_id=0))
    .replace(": 0}", ": " + "9" * 5000 + "}")
    .encode(),
    "a number of 4000 digits": json.dumps(calling("get_prospect", prospect_id=0))
    .replace(": 0}", ": " + "9" * 4000 + "}")
    .encode(),
    "a large exponent": json.dumps(calling("get_prospect", prospect_id=0)).replace(": 0}", ": 1e999999}").encode(),
    "not a number": json.dumps(calling("get_prospect", prospect_id=0)).replace(": 0}", ": NaN}").encode(),
    "half a surrogate pair": json.dumps(calling("\ud800")).encode(),
    "no UTF-8": b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}',
    "UTF-16": json.dumps(calling("get_connection")).encode("utf-16"),
    "a null": b"null",
    "nothing": b"",
    "a text": b'"tools/call"',
    "an id of many digits": json.dumps(calling("get_connection", 0)).replace('"id": 0', '"id": ' + "9" * 4000).encode(),
    "an id that is an object": json.dumps({**calling("get_connection"), "id": {"a": 1}}).encode(),
    "many names": json.dumps({f"name{each}": 1 for each in range(6000)}).encode(),
    "a null byte": b'{"jsonrpc":"2.0","id":1,"method":"tools/call\\u0000","params":{}}',
    "too much": b" " * 100_001,
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("version", [OLD, NEW])
async def test_no_body_brings_the_server_down(small: World, bomb: str, version: str) -> None:
    before = len(small.outreach.asked)
    async with httpx.AsyncClient() as http:
        headers = mcp_headers(small.token(person(100 + len(bomb))), version)
        headers |= {"Content-Type": "application/json", "Mcp-Method": "tools/call", "Mcp-Name": "get_prospect"}
        with anyio.fail_after(5):
            answer = await http.post(f"{small.url}/mcp", content=BOMBS[bomb], headers=headers)
        if bomb == "too much":
            assert answer.status_code == 413
        else:
            assert answer.status_code in (200, 202, 400, 404), answer.text
        if answer.status_code == 200:
            said = answer_in(answer)
            assert "error" in said or said["result"]["isError"]
        assert (len(answer.content) < 10_000, len(small.outreach.asked)) == (True, before)
        assert (await http.get(f"{small.url}/health")).json() == {"status": "ok"}
    assert "Traceback" not in small.log


async def test_who_is_nobody_fills_no_store(small: World) -> None:
    """A sign-in that begins at /disconnect is kept for ten minutes, and anybody may begin one."""
    kept = sqlite3.connect(small.folder / "state.sqlite3")
    with closing(kept):
        before = kept.execute("SELECT COUNT(*) FROM state").fetchone()[0]
        async with httpx.AsyncClient() as http:
            came = [(await http.post(f"{small.url}/disconnect")).status_code for _ in range(400)]
            forms = [(await http.post(f"{small.url}/connect", data={"ticket": str(n)})).status_code for n in range(20)]
            looks = [(await http.get(f"{small.url}/connect?ticket={n}")).status_code for n in range(20)]
        added = kept.execute("SELECT COUNT(*) FROM state").fetchone()[0] - before
    assert (came[0], came[-1], forms, looks) == (200, 503, [410] * 20, [410] * 20)
    assert 0 < added <= 300


async def test_heads_without_end_are_cut_off(small: World) -> None:
    host = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    start = b"POST /mcp" + host
    heads = {
        "a long line": b"POST /mcp?" + b"a" * 40_000 + host + b"\r\n",
        "one long header": start + b"X-A: " + b"a" * 40_000 + b"\r\n\r\n",
        "many headers": start + b"".join(b"X-%d: a\r\n" % each for each in range(5000)) + b"\r\n",
        "a long token": start + b"Authorization: Bearer " + b"a" * 40_000 + b"\r\n\r\n",
        "a head without an end": start + b"X: a\r\n" * 20_000,
    }
    for kind, sent in heads.items():
        with anyio.fail_after(10):
            assert statuses(await exchanged(small.port, sent)) == [431], kind
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{small.url}/health")).status_code == 200
    assert "Traceback" not in small.log


async def test_a_length_that_is_no_number_of_bytes_is_told_so(small: World) -> None:
    for length in (b"9" * 5000, b"9" * 30, b"99999999999"):
        request = (
            b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: " + length + b"\r\n\r\n"
        )
        assert statuses(await exchanged(small.port, request)) in ([413], [400], [431])
    assert "Traceback" not in small.log


async def test_names_without_end_are_not_kept(small: World) -> None:
    """A path that narrows the tools is kept with its list of them: not any number of paths."""
    async with httpx.AsyncClient() as http:
        for number in range(80):
            path = f"/mcp/x/{'list_tasks,' * (number % 9)}get_task{'/readonly' * (number // 9 + 1)}"
            await post(http, small.url, small.token(person(number)), asking("tools/list"), path=path)
        long = f"/mcp/x/{','.join(['get_task'] * 1500)}"
        answer = await post(http, small.url, small.token(person(99)), asking("tools/list"), path=long)
    assert answer.status_code in (200, 431)
