"""The answers to balancers and monitors, and how a server drains before it ends."""

from pathlib import Path

import anyio
import httpx
import pytest

from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.clock import Clock
from outreach_mcp.http.health import Readiness, metrics_routes
from outreach_mcp.http.shutdown import Ending
from tests.callers.state.stores import state_of
from tests.support.serving import call, client, only, served, small_server


def no_store() -> None:
    raise StateStoreError("The store redis://:secret@localhost cannot be used.")


async def test_a_server_whose_store_answers_is_ready(tmp_path: Path) -> None:
    state = state_of(str(tmp_path / "state.sqlite3"))
    async with served(only(small_server("read")), ping=state.ping) as it, httpx.AsyncClient() as http:
        answer = await http.get(f"{it.url}/ready")
    state.close()
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_a_server_whose_store_is_away_is_alive_but_not_ready_and_tells_no_secret() -> None:
    async with served(only(small_server("read")), ping=no_store) as it, httpx.AsyncClient() as http:
        ready, health = await http.get(f"{it.url}/ready"), await http.get(f"{it.url}/health")
    assert (ready.status_code, ready.json(), health.status_code) == (
        503,
        {"status": "not ready", "reason": "the store does not answer"},
        200,
    )


async def test_the_store_is_asked_once_a_second_at_most() -> None:
    now, asked = 0.0, list[float]()
    readiness = Readiness(Ending(), lambda: asked.append(now), clock=Clock(monotonic=lambda: now))
    for moment in (0.0, 0.5, 1.0, 1.9, 2.1):
        now = moment
        assert await readiness.fault() is None
    assert asked == [0.0, 1.0, 2.1]


async def test_a_server_that_drains_is_not_ready_but_serves_and_closes_each_connection() -> None:
    async with served(only(small_server("read")), drain_seconds=3600) as it:
        it.stop()
        async with httpx.AsyncClient() as http:
            ready = await http.get(f"{it.url}/ready")
        async with client(it.url, ("/mcp", "auto")) as late:
            said = await call(late, "read")
    assert (ready.status_code, ready.json()["reason"], said) == (503, "the server is about to end", "read")


async def test_a_server_that_drains_closes_each_connection_after_its_answer() -> None:
    async with served(only(small_server("read")), drain_seconds=3600) as it:
        it.stop()
        async with await anyio.connect_tcp("127.0.0.1", int(it.url.rpartition(":")[2])) as stream:
            answer = b""
            while b"connection: close" not in answer:  # it takes up to a tenth of a second
                async with await anyio.connect_tcp("127.0.0.1", int(it.url.rpartition(":")[2])) as another:
                    await another.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    answer = await another.receive()
            await stream.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            parts = b"".join([part async for part in stream])
    assert parts.startswith(b"HTTP/1.1 200 ")


async def test_a_drained_server_ends_by_itself() -> None:
    async with served(only(small_server("read")), drain_seconds=0.1) as it:
        it.stop()
        await it.ended.wait()


async def test_told_twice_a_server_does_not_drain() -> None:
    async with served(only(small_server("read")), drain_seconds=3600) as it:
        it.stop()
        it.stop()
        await it.ended.wait()


async def test_a_connection_that_was_made_before_the_end_is_served() -> None:
    async with served(only(small_server("read")), drain_seconds=0.1) as it:
        port = int(it.url.rpartition(":")[2])
        async with await anyio.connect_tcp("127.0.0.1", port) as early:
            it.stop()
            await _until_refused(port)
            await early.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = await early.receive()
    assert answer.startswith(b"HTTP/1.1 200 ")


async def _until_refused(port: int) -> None:
    while True:
        try:
            async with await anyio.connect_tcp("127.0.0.1", port):
                pass
        except OSError:
            return


async def test_figures_are_shown_to_those_who_know_the_server() -> None:
    async with served(only(small_server("read")), pages=metrics_routes()) as it, httpx.AsyncClient() as http:
        known = await http.get(f"{it.url}/metrics")
        foreign = await http.get(f"{it.url}/metrics", headers={"Host": "evil.example"})
    assert (known.status_code, known.headers["Content-Type"].partition(";")[0]) == (200, "text/plain")
    assert "# TYPE outreach_mcp_calls_total counter" in known.text
    assert foreign.status_code == 421


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_monitors_need_no_more_than_the_name(path: str) -> None:
    async with served(only(small_server("read"))) as it, httpx.AsyncClient() as http:
        assert (await http.post(it.url + path)).status_code == 405
        assert (await http.get(it.url + path)).status_code == 200
