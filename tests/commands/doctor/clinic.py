"""An Outreach on a port for the doctor to look at: the sandbox with its faults, switches and OAuth endpoints."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import anyio
import jwt
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach_mcp.clock import Clock
from outreach_mcp.commands.doctor.examination import examine
from outreach_mcp.commands.doctor.report import Finding, Report
from outreach_mcp.http.listening import listen, url_of
from outreach_sandbox.access import Access
from outreach_sandbox.app import Sandbox, build_sandbox
from outreach_sandbox.faults import Faults
from outreach_sandbox.switches import Switches
from outreach_sandbox.transport import on_a_port
from tests.sandbox.service import ORGANISATION
from tests.support.stores import sandbox_store

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SECRET = "secret-of-the-registered-app"
OPAQUE = "an-access-token-that-is-no-jwt"


async def no_pause(_: float) -> None:
    await anyio.lowlevel.checkpoint()


def token(scopes: list[str] | None = None, *, life: timedelta = timedelta(hours=1)) -> str:
    """Return an access token as Outreach issues them: a JWT that carries its end and its scopes."""
    claims = {"sub": "uma@us.example", "exp": NOW + life, "org_shortname": "us", "scopes": scopes}
    return jwt.encode(claims, SECRET.ljust(32), "HS256")


@dataclass(frozen=True, slots=True)
class Clinic:
    """A sandbox at `url` and what may be done to it; `tokens` are the access tokens it accepts."""

    url: str
    sandbox: Sandbox
    tokens: dict[str, Access]
    folder: Path
    faults: Faults
    requests: list[str] = field(default_factory=list[str])

    @property
    def token_file(self) -> Path:
        return self.folder / "tokens.json"

    def with_token(self, value: str, **more: str) -> dict[str, str]:
        """Return an environment with an access token."""
        return {"OUTREACH_ACCESS_TOKEN": value, "OUTREACH_API_URL": self.url, **more}

    def with_refresh_token(self, value: str = "sandbox", **more: str) -> dict[str, str]:
        """Return an environment with a refresh token of the sandbox's app."""
        return {
            "OUTREACH_REFRESH_TOKEN": value,
            "OUTREACH_CLIENT_ID": "sandbox",
            "OUTREACH_CLIENT_SECRET": "sandbox",
            "OUTREACH_REDIRECT_URI": "https://app.example/back",
            "OUTREACH_API_URL": self.url,
            "OUTREACH_MCP_TOKEN_FILE": str(self.token_file),
            **more,
        }


@asynccontextmanager
async def clinic(folder: Path, *, switches: Switches = Switches()) -> AsyncGenerator[Clinic]:  # noqa: B008 - frozen
    """Serve a sandbox whose clock, and that of its answers, stands at `NOW`."""
    store, tokens, faults = sandbox_store(ORGANISATION), dict[str, Access](), Faults()
    app = build_sandbox(store, tokens=tokens, clock=lambda: NOW, switches=switches, faults=faults)
    requests: list[str] = []
    try:
        async with serving(_noting(_dated(on_a_port(app)), requests)) as origin:
            yield Clinic(f"{origin}/api/v2", app, tokens, folder, faults, requests)
    finally:
        store.close()


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncGenerator[str]:
    """Serve an app on a free port of this machine and yield its origin."""
    with listen("127.0.0.1", 0, public=False) as listener:
        config = uvicorn.Config(app, log_level="error", date_header=False, lifespan="off")
        server = uvicorn.Server(config)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listener])
            try:
                yield url_of("127.0.0.1", listener)
            finally:
                server.should_exit = True


async def seen(
    environ: Mapping[str, str],
    *,
    ahead: timedelta = timedelta(),
    monotonic: Callable[[], float] = time.monotonic,
    **overrides: Any,
) -> Report:
    """Return what the doctor finds, on a machine whose clock is so far ahead, and whose seconds `monotonic` counts."""
    clock = Clock(now=lambda: NOW + ahead, monotonic=monotonic, sleep=no_pause, block=lambda _: None)
    return await examine(environ, overrides, clock=clock)


def finding(report: Report, check: str) -> Finding:
    """Return what one check found."""
    (found,) = [each for each in report.findings if each.check == check]
    return found


def broken(report: Report) -> list[tuple[str, str]]:
    """Return each check that is not ok, with its cause; those that were not tried are none."""
    return [(each.check, each.cause) for each in report.findings if each.status in ("warning", "broken")]


def _dated(app: ASGIApp) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(NOW, usegmt=True).encode()
                message["headers"] = [*message.get("headers", []), (b"date", date)]
            await send(message)

        await app(scope, receive, dated)

    return serve


def _noting(app: ASGIApp, requests: list[str]) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        requests.append(f"{scope['method']} {scope['path']}")
        await app(scope, receive, send)

    return serve
