"""A transport that keeps what is sent and answers as a test wants, and a client on it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio.lowlevel
import httpx
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken, TokenSource
from outreach_mcp.clock import Clock

BASE_URL = "https://api.outreach.io/api/v2"
TOKEN = "eyJhbGciOi.not-a-real-token.c2lnbmF0dXJl"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


class Recorder(httpx.AsyncBaseTransport):
    """Keeps every request and answers it with what `answer` makes of it."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self._answer = answer
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        await anyio.lowlevel.checkpoint()  # as a network would let others run meanwhile
        self.requests.append(request)
        return self._answer(request)

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.requests]


class Time:
    """Time that passes only when somebody sleeps; it keeps how long each sleep was."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def clock(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        await anyio.lowlevel.checkpoint()
        self.sleeps.append(seconds)
        self.seconds += seconds


def client_on(
    transport: httpx.AsyncBaseTransport | None,
    base_url: str = BASE_URL,
    *,
    time: Time | None = None,
    auth: TokenSource | None = None,
    deadline: float = 30.0,
    concurrency: int = 8,
) -> OutreachClient:
    """Return a client that never waits; its pauses are as long as they can be."""
    passing = time or Time()
    return OutreachClient(
        base_url,
        auth or BearerToken(SecretStr(TOKEN)),
        transport=transport,
        clock=Clock(now=passing.now, monotonic=passing.clock, sleep=passing.sleep),
        random=lambda: 1.0,
        deadline=deadline,
        concurrency=concurrency,
    )


def answering(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Recorder:
    """Answer everything with one status and body: bytes and text as they are, anything else as JSON."""
    content = body if isinstance(body, bytes | str) else b"" if body is None else json.dumps(body)
    return Recorder(lambda _: httpx.Response(status, content=content, headers=headers))


def failing(error: Callable[[httpx.Request], Exception]) -> Recorder:
    """Fail every request after it has been recorded."""

    def raise_error(request: httpx.Request) -> httpx.Response:
        raise error(request)

    return Recorder(raise_error)
