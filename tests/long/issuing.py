"""The sandbox on a port, with access tokens of short life, and a watch over every renewal."""

import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeAlias

import anyio
import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from outreach_mcp.http.listening import listen, url_of
from outreach_sandbox.access import bearer_token
from outreach_sandbox.app import Sandbox, build_sandbox
from outreach_sandbox.oauth import SANDBOX_APP, Grant
from outreach_sandbox.organisation import demo_organisation
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches

CLIENT_ID = SANDBOX_APP.client_id
CLIENT_SECRET = SANDBOX_APP.client_secret
REDIRECT_URI = "https://app.example/back"


@dataclass(frozen=True, slots=True)
class Minted:
    """One renewal: when it was made (seconds, a clock that only goes forward) and the pair that it gave out."""

    at: float
    access_token: str
    refresh_token: str


Interruption: TypeAlias = Callable[[str], Awaitable[bool]]
"""Called with `asked`, `minted` and `answered` as a renewal goes on; False after `asked` lets nothing be done."""


async def _go_on(_: str) -> bool:
    return True


@dataclass(slots=True)
class Issuing:
    """An ASGI app around the sandbox whose access tokens live for `life` seconds.

    `renewals` are those of the present login. `unsaved_use` counts access tokens that came to be used before their
    pair was in the store at `path`.
    """

    sandbox: Sandbox
    path: Path
    life: float
    seed: str = ""
    renewals: list[Minted] = field(default_factory=list[Minted])
    refused_refreshes: int = 0
    requests: int = 0
    late_requests: int = 0
    unsaved_uses: int = 0
    interruption: Interruption = _go_on
    _used: set[str] = field(default_factory=set[str])

    @property
    def good_refresh_token(self) -> str:
        """The one refresh token that is good now."""
        return self.renewals[-1].refresh_token if self.renewals else self.seed

    def log_in(self) -> None:
        """Give out a refresh token as if somebody had logged in."""
        self.seed = self.sandbox.oauth.issue(Grant(CLIENT_ID)).refresh
        self.renewals.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.sandbox(scope, receive, send)
            return
        if scope["path"] == "/oauth/token":
            await self._renew(Request(scope, receive), scope, receive, send)
            return
        self.requests += 1
        token = bearer_token(Request(scope).headers.get("authorization", ""))
        minted = next((each for each in reversed(self.renewals) if each.access_token == token), None)
        if minted is None or time.monotonic() >= minted.at + self.life:
            self.late_requests += 1
            await _refusal()(scope, receive, send)
            return
        if token not in self._used:
            self._used.add(token)
            self.unsaved_uses += not self._is_saved(minted)
        await self.sandbox(scope, receive, send)

    async def _renew(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        body = await request.body()
        if not await self.interruption("asked"):
            return
        headers = {"Content-Type": request.headers["content-type"]}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.sandbox), base_url="http://sandbox") as http:
            answer = await http.post("/oauth/token", content=body, headers=headers)
        content = answer.content
        if answer.is_success:
            pair = answer.json()
            self.renewals.append(Minted(time.monotonic(), pair["access_token"], pair["refresh_token"]))
            content = json.dumps({**pair, "expires_in": self.life}).encode()
        else:
            self.refused_refreshes += 1
        await self.interruption("minted")
        await Response(content, answer.status_code, media_type="application/json")(scope, receive, send)
        await self.interruption("answered")

    def _is_saved(self, minted: Minted) -> bool:
        """Return whether a pair, or a later one, is in the store's file."""
        contents = self.path.read_text()
        later = self.renewals[self.renewals.index(minted) :]
        return any(each.refresh_token in contents and each.access_token in contents for each in later)


def _refusal() -> Response:
    content = b'{"error":"Invalid JWT token.","description":"The JWT token could not be decoded."}'
    return Response(content, 401, media_type="application/json")


@asynccontextmanager
async def issuing(path: Path, life: float) -> AsyncGenerator[tuple[Issuing, str]]:
    """Serve on a free port until the block ends; yields the app and the address without a path."""
    store = Store()
    store.load(demo_organisation(today=date(2026, 11, 18)))
    switches = Switches(mint_interval=0, hourly_limit=10**9)
    with listen("127.0.0.1", 0, public=False) as listener:
        url = url_of("127.0.0.1", listener)
        app = Issuing(build_sandbox(store, switches=switches, base_url=f"{url}/api/v2"), path, life)
        app.log_in()
        server = _server(app)
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve, [listener])
            try:
                yield app, url
            finally:
                server.should_exit = True
    store.close()


def _server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False)
    config.timeout_graceful_shutdown = 1
    return uvicorn.Server(config)
