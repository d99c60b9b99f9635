"""Whoever tries keys waits for the answers, and is logged; whoever has the right one does not wait."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr
from starlette.responses import Response

from outreach_mcp.callers.identity.identification import Identification
from outreach_mcp.callers.identity.key_giving import add_key
from outreach_mcp.callers.identity.keys import KeyRing
from outreach_mcp.callers.identity.tokens import TokenVerifier
from outreach_mcp.clock import Clock
from outreach_mcp.http.authentication import Access
from outreach_mcp.http.endpoints import Exposure, build_http_app
from outreach_mcp.http.guard import refusal
from outreach_mcp.http.protected_resource import ProtectedResource
from outreach_mcp.http.wrong_keys import WrongKeys
from tests.callers.identity.provider import ALICE, provided
from tests.support.serving import only, small_server

PUBLIC = "https://mcp.example.com"
HERE = f"{PUBLIC}/mcp"
ASK: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ROUTES = [("POST", "/mcp"), ("POST", "/mcp/readonly"), ("GET", "/sse"), ("POST", "/messages/")]


@dataclass(slots=True)
class Time:
    """Seconds that pass when they are told to, and the pauses that somebody made."""

    now: float = 0.0
    pauses: list[float] = field(default_factory=list[float])
    held: anyio.Event | None = None

    def clock(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 3))
        if self.held is not None:
            await self.held.wait()

    def wrong_keys(self) -> WrongKeys:
        return WrongKeys(clock=Clock(monotonic=self.clock, sleep=self.pause))


@asynccontextmanager
async def asking(time: Time, folder: Path, address: str = "192.0.2.1") -> AsyncGenerator[tuple[httpx.AsyncClient, str]]:
    """Ask a server of many as somebody at an address; and a key that is right."""
    key = add_key(folder / "keys.json", "ann", "ann@example.com")
    identification = Identification(keys=KeyRing(folder / "keys.json"))
    access = Access(identification, ProtectedResource(PUBLIC), time.wrong_keys())
    app = build_http_app(only(small_server("read")), Exposure(sse=True, access=access))
    transport = httpx.ASGITransport(app, client=(address, 5))
    headers = {"Accept": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as http:
        yield http, key


async def tried(http: httpx.AsyncClient, key: str, route: tuple[str, str] = ROUTES[0]) -> httpx.Response:
    return await http.request(*route, json=ASK, headers={"Authorization": f"Bearer {key}"})


@pytest.mark.parametrize("route", ROUTES)
async def test_after_twenty_wrong_keys_each_waits_longer_and_a_right_one_never(
    tmp_path: Path, route: tuple[str, str]
) -> None:
    time = Time()
    async with asking(time, tmp_path) as (http, key):
        found = [(await tried(http, f"guess-{number}", route)).status_code for number in range(23)]
        paused = [*time.pauses]
        right = (await tried(http, key)).status_code
    assert (found, paused, right, time.pauses) == ([401] * 23, [0.02, 0.04, 0.06], 200, paused)


async def test_a_right_key_is_let_in_at_once_however_many_wrong_ones_wait(tmp_path: Path) -> None:
    time = Time(held=anyio.Event())
    late: list[httpx.Response] = []
    async with asking(time, tmp_path) as (http, key), anyio.create_task_group() as tasks:
        for number in range(20):
            await tried(http, f"guess-{number}")
        for number in range(8):
            tasks.start_soon(tried, http, f"further-{number}")
        await anyio.wait_all_tasks_blocked()
        late += [await tried(http, "one-more"), await tried(http, key)]
        assert time.held is not None
        time.held.set()
    refused, right = late
    assert (len(time.pauses), right.status_code) == (8, 200)
    assert (refused.status_code, refused.headers["Retry-After"], refused.json()) == (
        429,
        "2",
        {"error": "Too many wrong keys came from this address. Try again in 2 s, with the right one."},
    )


async def test_no_answer_waits_longer_than_two_seconds_and_a_quiet_minute_is_forgiven() -> None:
    time = Time()
    keys = time.wrong_keys()
    for _ in range(300):
        await attempt(keys)
    longest = max(time.pauses)
    time.now, time.pauses = 60.0, []
    await attempt(keys)
    assert (longest, time.pauses) == (2.0, [])


async def attempt(keys: WrongKeys, address: str = "192.0.2.1") -> Response:
    scope = {"type": "http", "client": (address, 5)}
    return await keys.answer(scope, "the key is not one of this server's", refusal(401, "No."))


async def test_what_comes_from_one_address_slows_no_other() -> None:
    time = Time()
    keys = time.wrong_keys()
    for number in range(40):
        await attempt(keys, f"2001:db8:0:1::{number:x}")  # one network
    slowed, time.pauses = len(time.pauses), []
    await attempt(keys, "2001:db8:0:2::1")
    assert (slowed, time.pauses) == (20, [])


async def test_the_memory_of_addresses_is_bounded_and_so_is_the_log(caplog: pytest.LogCaptureFixture) -> None:
    time = Time()
    keys = time.wrong_keys()
    for number in range(3000):
        await attempt(keys, f"10.0.{number // 250}.{number % 250}")
    assert len(caplog.messages) == 10
    time.now = 60.0
    await attempt(keys, "192.0.2.1")
    assert caplog.messages[10:] == [
        "refused 1 credential(s) from 192.0.2.1: the key is not one of this server's; 2990 others were not written"
    ]
    for _ in range(22):
        await attempt(keys, "10.0.0.0")  # forgotten long ago: it begins anew
    assert time.pauses == [0.02, 0.04]


async def test_the_log_tells_of_wrong_keys_without_them_and_not_of_each(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    time = Time()
    async with asking(time, tmp_path) as (http, _):
        for number in range(20):
            await tried(http, f"omcp_guess-{number}")
        time.now = 59.0
        await tried(http, "omcp_guess-again")
        time.now = 61.0
        await tried(http, "omcp_guess-again")
    said = [(each.levelno, each.getMessage()) for each in caplog.records if each.name == "outreach_mcp.http.wrong_keys"]
    assert said == [
        (logging.WARNING, "refused 1 credential(s) from 192.0.2.1: the key is not one of this server's"),
        (logging.WARNING, "refused 21 credential(s) from 192.0.2.1: the key is not one of this server's"),
    ]
    assert "guess" not in caplog.text


async def test_wrong_keys_of_a_server_with_one_user_wait_too(caplog: pytest.LogCaptureFixture) -> None:
    app = build_http_app(only(small_server("read")), Exposure(key=SecretStr("correct-horse-battery")))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        answers = [await tried(http, "wrong-horse") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert caplog.messages == ["refused 1 credential(s) from 127.0.0.1: the key is not OUTREACH_MCP_KEY"]


async def test_what_was_genuine_once_is_nobodys_guess(tmp_path: Path) -> None:
    """At the full hour the tokens of a whole office run out, behind one address."""
    time = Time()
    over = add_key(tmp_path / "keys.json", "old", "old@example.com", until=date(2026, 1, 1))
    ring = KeyRing(tmp_path / "keys.json", now=lambda: datetime(2026, 6, 1, tzinfo=UTC))
    async with provided() as provider:
        identification = Identification(TokenVerifier(provider.issuer, [HERE]), ring)
        access = Access(identification, ProtectedResource(PUBLIC, provider.issuer), time.wrong_keys())
        app = build_http_app(only(small_server("read")), Exposure(access=access))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
            ended = provider.token(ALICE, HERE, exp=1_000_000)
            elsewhere = provider.token(ALICE, "https://other.example")
            genuine = [(await tried(http, each)).status_code for each in (over, ended, elsewhere) for _ in range(22)]
            paused = [*time.pauses]
            forged = ended[:-8] + "AAAAAAAA"
            for _ in range(22):
                assert (await tried(http, forged)).status_code == 401
    assert (genuine, paused, time.pauses) == ([401] * 66, [], [0.02, 0.04])
