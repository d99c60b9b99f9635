"""The limits of a caller of a server over HTTP: sizes, calls in a minute and at once, streams; and which web pages."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, MCPError

from outreach_mcp.callers.identity.identification import Identification
from outreach_mcp.callers.identity.key_giving import add_key
from outreach_mcp.callers.identity.keys import KeyRing
from outreach_mcp.callers.rate import Rate
from outreach_mcp.clock import Clock
from outreach_mcp.http.allowances import Allowances, Slots
from outreach_mcp.http.authentication import Access
from outreach_mcp.http.bounds import Bounds
from outreach_mcp.http.protected_resource import ProtectedResource
from outreach_mcp.http.shared_rate import RedisRate
from tests.support.redis_server import running_redis
from tests.support.serving import ERAS, Era, Served, Slow, call, client, only, served, small_server

PAGE = "https://app.example.com"
CALL: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "read", "arguments": {}},
}
UPGRADE = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: %s\r\n\r\n"
HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@asynccontextmanager
async def two_callers(
    folder: Path, slow: Slow | None = None, **numbers: int
) -> AsyncGenerator[tuple[Served, str, str]]:
    """A server with these allowances, and the keys of two people."""
    keys = [add_key(folder / "keys.json", name, f"{name}@example.com") for name in ("ann", "bob")]
    identification = Identification(keys=KeyRing(folder / "keys.json"))
    access = Access(identification, ProtectedResource("https://mcp.example.com"))
    bounds = Bounds.of(Allowances(**numbers))
    async with served(only(small_server("read", "wait", slow=slow)), access=access, bounds=bounds) as it:
        yield it, keys[0], keys[1]


@asynccontextmanager
async def counting(calls: int, redis: str, clock: Callable[[], float] = lambda: 0.0) -> AsyncGenerator[Rate]:
    """The counter of so many calls a minute in a Redis."""
    rate = Rate(calls, RedisRate(calls, redis), clock=Clock(monotonic=clock))
    try:
        yield rate
    finally:
        await rate.aclose()


async def post(url: str, key: str, body: Any = CALL, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient() as http:
        return await http.post(f"{url}/mcp", json=body, headers={**HEADERS, **bearer(key), **headers})


async def test_a_caller_with_too_many_calls_in_a_minute_is_told_when_to_go_on(tmp_path: Path) -> None:
    async with two_callers(tmp_path, calls_per_minute=2) as (it, ann, _):
        answers = [await post(it.url, ann) for _ in range(3)]
    seconds = int(answers[2].headers["Retry-After"])
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < seconds <= 60
    assert answers[2].json() == {
        "error": f"You have made 2 calls within a minute, as many as one caller may. Try again in {seconds} s."
    }


async def test_what_one_caller_has_spent_is_not_missing_to_another(tmp_path: Path) -> None:
    async with two_callers(tmp_path, calls_per_minute=1) as (it, ann, bob):
        statuses = [(await post(it.url, key)).status_code for key in (ann, ann, bob)]
    assert statuses == [200, 429, 200]


@pytest.mark.parametrize("era", ERAS)
async def test_only_calls_count_towards_the_minute(tmp_path: Path, era: Era) -> None:
    async with (
        two_callers(tmp_path, calls_per_minute=1) as (it, ann, _),
        client(it.url, ("/mcp", era), headers=bearer(ann)) as of_ann,
    ):
        await of_ann.list_tools()
        assert await call(of_ann, "read") == "read"
        with pytest.raises(MCPError):
            await call(of_ann, "read")
        await of_ann.list_tools()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, {**CALL, "method": "tools\u002fcall"}),
        ({"MCP-Protocol-Version": "2025-06-18", "Mcp-Method": "tools/list"}, CALL),
        ({"Mcp-Method": "tools/list"}, CALL),
    ],
)
async def test_a_call_that_is_dressed_up_counts_as_one(
    tmp_path: Path, headers: dict[str, str], body: dict[str, Any]
) -> None:
    async with two_callers(tmp_path, calls_per_minute=1) as (it, ann, _):
        assert [(await post(it.url, ann, body, **headers)).status_code for _ in range(2)] == [200, 429]


async def test_a_caller_with_too_many_calls_at_once_is_refused_and_another_is_not(tmp_path: Path) -> None:
    slow, answers = Slow(), list[httpx.Response]()
    async with two_callers(tmp_path, slow, concurrent_calls=1) as (it, ann, bob):
        async with client(it.url, ("/mcp", "auto"), headers=bearer(ann)) as of_ann, anyio.create_task_group() as calls:
            calls.start_soon(call, of_ann, "wait")
            await slow.begun.wait()
            answers += [await post(it.url, ann), await post(it.url, bob)]
            slow.released.set()
        answers.append(await post(it.url, ann))
    second, others, after = answers
    assert (second.status_code, second.headers["Retry-After"], second.json()) == (
        429,
        "1",
        {
            "error": "You have 1 calls under way, as many as one caller may have at once: wait until one has ended. "
            "Try again in 1 s."
        },
    )
    assert (others.status_code, after.status_code) == (200, 200)


@pytest.mark.parametrize("era", ERAS)
async def test_too_many_calls_at_once_over_a_stream_are_answered_on_it(tmp_path: Path, era: Era) -> None:
    slow = Slow()
    async with (
        two_callers(tmp_path, slow, concurrent_calls=1) as (it, ann, _),
        client(it.url, ("/sse", era), headers=bearer(ann)) as of_ann,
    ):
        async with anyio.create_task_group() as calls:
            calls.start_soon(call, of_ann, "wait")
            await slow.begun.wait()
            with pytest.raises(MCPError, match="as many as one caller may have at once"):
                await call(of_ann, "read")
            slow.released.set()
        assert await call(of_ann, "read") == "read"


async def test_a_stream_that_ends_gives_back_the_calls_that_were_under_way(tmp_path: Path) -> None:
    slow = Slow()
    async with two_callers(tmp_path, slow, concurrent_calls=1) as (it, ann, _):
        async with anyio.create_task_group() as leaving:

            async def wait(of_ann: Client) -> None:
                await call(of_ann, "wait")

            async with client(it.url, ("/sse", "legacy"), headers=bearer(ann)) as of_ann:
                leaving.start_soon(wait, of_ann)
                await slow.begun.wait()
                leaving.cancel_scope.cancel()
        await slow.cancelled.wait()
        async with client(it.url, ("/mcp", "legacy"), headers=bearer(ann)) as again:
            assert await call(again, "read") == "read"


async def test_streams_beyond_the_most_are_refused(tmp_path: Path) -> None:
    async with (
        two_callers(tmp_path, sse_connections=1) as (it, ann, bob),
        client(it.url, ("/sse", "legacy"), headers=bearer(ann)),
        httpx.AsyncClient() as http,
    ):
        answer = await http.get(f"{it.url}/sse", headers=bearer(bob))
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (
        503,
        "30",
        {"error": "This server has no more streams to give: try again later, or use /mcp, which needs none."},
    )


async def test_one_caller_cannot_take_all_streams(tmp_path: Path) -> None:
    async with (
        two_callers(tmp_path, concurrent_calls=1) as (it, ann, bob),
        client(it.url, ("/sse", "legacy"), headers=bearer(ann)),
        httpx.AsyncClient() as http,
    ):
        answer = await http.get(f"{it.url}/sse", headers=bearer(ann))
        async with client(it.url, ("/sse", "legacy"), headers=bearer(bob)) as of_bob:
            assert await call(of_bob, "read") == "read"
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")


async def test_somebody_unknown_spends_nothing(tmp_path: Path) -> None:
    async with two_callers(tmp_path, calls_per_minute=1) as (it, ann, _):
        statuses = [(await post(it.url, key)).status_code for key in ("wrong", "wrong", ann)]
    assert statuses == [401, 401, 200]


async def test_replicas_count_the_calls_of_a_caller_together() -> None:
    with running_redis() as redis:
        async with counting(2, redis.url) as one, counting(2, redis.url) as other:
            assert [await one.spend("ann"), await other.spend("ann")] == [None, None]
            assert (await one.spend("ann") or 0) > 0
            assert await other.spend("bob") is None


async def test_while_redis_is_away_each_process_counts_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    with running_redis() as redis:
        async with counting(1, redis.url) as rate:
            redis.stop()
            assert await rate.spend("ann") is None
            assert (await rate.spend("ann") or 0) > 0
    (said,) = caplog.messages
    assert said.startswith("calls per minute are counted by each process for itself: Redis failed (")


async def test_redis_is_asked_again_after_a_while() -> None:
    now = 0.0
    with running_redis() as redis:
        async with counting(1, redis.url, lambda: now) as rate, counting(1, redis.url) as other:
            redis.stop()
            assert await rate.spend("ann") is None
            redis.start()
            now = 5.0
            assert await rate.spend("ann") is None
            assert (await other.spend("ann") or 0) > 0


def test_slots_are_given_back_one_by_one() -> None:
    slots = Slots(2)
    taken = [slots.take("ann"), slots.take("ann"), slots.take("ann"), slots.take("bob")]
    slots.release("ann")
    assert (taken, slots.take("ann"), slots.take("ann")) == ([True, True, False, True], True, False)


@pytest.mark.parametrize("path", ["/health", "/mcp", "/nowhere"])
async def test_a_head_that_is_too_large_is_refused(path: str) -> None:
    async with served(only(small_server("read"))) as it, httpx.AsyncClient() as http:
        answer = await http.get(it.url + path, headers={"X-Much": "x" * 17_000})
    assert (answer.status_code, answer.json()) == (
        431,
        {"error": "The head of the request is larger than 16384 bytes."},
    )


async def test_an_address_that_is_too_long_is_refused() -> None:
    async with served(only(small_server("read"))) as it, httpx.AsyncClient() as http:
        assert (await http.get(f"{it.url}/mcp/{'x' * 17_000}")).status_code == 431


async def test_a_head_larger_than_is_ever_read_is_refused() -> None:
    async with (
        served(only(small_server("read"))) as it,
        await anyio.connect_tcp("127.0.0.1", int(it.url.rpartition(":")[2])) as stream,
    ):
        await stream.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Much: " + b"x" * 300_000)
        answer = await stream.receive()
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_what_is_no_http_is_told_so() -> None:
    async with (
        served(only(small_server("read"))) as it,
        await anyio.connect_tcp("127.0.0.1", int(it.url.rpartition(":")[2])) as stream,
    ):
        await stream.send(b"\x16\x03\x01\x02\x00\x01\r\n\r\n")  # TLS
        answer = await stream.receive()
    assert (answer[:12], answer.endswith(b'{"error": "This is not an HTTP request."}')) == (b"HTTP/1.1 400", True)


async def test_an_endless_body_is_refused_before_it_is_read() -> None:
    async with served(only(small_server("read")), max_body_bytes=1024) as it, httpx.AsyncClient() as http:
        answer = await http.post(f"{it.url}/mcp", content=b" " * 1025, headers=HEADERS)
    assert (answer.status_code, answer.json()) == (
        413,
        {"error": "The body of the request is larger than 1024 bytes (OUTREACH_MCP_MAX_BODY_BYTES)."},
    )


PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type, mcp-protocol-version, mcp-method, mcp-name",
}


async def test_no_web_page_reads_answers_unless_it_is_let() -> None:
    async with served(only(small_server("read")), origins=[PAGE]) as it, httpx.AsyncClient() as http:
        asked = await http.options(f"{it.url}/mcp", headers=PREFLIGHT)
        answered = await http.get(f"{it.url}/health", headers={"Origin": PAGE})
    assert asked.status_code == 405
    assert [name for name in (*asked.headers, *answered.headers) if name.startswith("access-control")] == []


async def test_a_web_page_that_is_let_may_send_what_a_client_sends() -> None:
    async with served(only(small_server("read")), origins=[PAGE], cors=[PAGE]) as it, httpx.AsyncClient() as http:
        answer = await http.options(f"{it.url}/mcp", headers=PREFLIGHT)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_web_page_that_is_let_sees_where_to_sign_in(tmp_path: Path) -> None:
    add_key(tmp_path / "keys.json", "ann", "ann@example.com")
    access = Access(Identification(keys=KeyRing(tmp_path / "keys.json")), ProtectedResource("https://mcp.example.com"))
    server = only(small_server("read"))
    async with served(server, origins=[PAGE], cors=[PAGE], access=access) as it, httpx.AsyncClient() as http:
        answer = await http.post(f"{it.url}/mcp", json=CALL, headers={"Origin": PAGE})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, PAGE)
    assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]


async def test_another_web_page_is_refused_whatever_it_asks() -> None:
    headers = PREFLIGHT | {"Origin": "https://evil.example"}
    async with served(only(small_server("read")), origins=[PAGE], cors=[PAGE]) as it, httpx.AsyncClient() as http:
        answer = await http.options(f"{it.url}/mcp", headers=headers)
    assert (answer.status_code, "access-control-allow-origin" in answer.headers) == (403, False)


async def test_a_minute_after_the_first_call_there_are_calls_again() -> None:
    now = [0.0]
    rate = Rate(1, clock=Clock(monotonic=lambda: now[0]))
    before = [await rate.spend("ann"), await rate.spend("ann"), await rate.spend("bob")]
    now[0] = 60.0
    assert (before, await rate.spend("ann")) == ([None, 60, None], None)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01 nonsense\r\n\r\n", b"400"),
        (b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n", b"200"),
        (
            b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
            b"200",
        ),
    ],
    ids=["garbage", "h2c", "websocket"],
)
async def test_strangers_write_no_lines_into_the_log(
    sent: bytes, status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", logger="uvicorn"):
        async with served(only(small_server())) as it:
            for _ in range(3):
                async with await anyio.connect_tcp("127.0.0.1", int(it.url.rpartition(":")[2])) as stream:
                    await stream.send(sent)
                    assert status in await stream.receive()
    assert [record.message for record in caplog.records if record.levelname != "INFO"] == []
