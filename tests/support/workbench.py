"""A real MCP client on our server, on the real Outreach client, on the sandbox: what most tests work with."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Literal

import anyio
import httpx
from mcp import Client
from mcp.client import advertise
from mcp.client.session import ElicitationFnT
from mcp_types import TextContent
from pydantic import SecretStr

from outreach_mcp.api.calls import Prepared
from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.clock import Clock
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.files.offered import Offers
from outreach_mcp.guard.policy import Policy
from outreach_mcp.jobs.memory import MemoryStore
from outreach_mcp.jobs.sections import sections_of
from outreach_mcp.jobs.service import Jobs
from outreach_mcp.jobs.store import JobStore
from outreach_mcp.protocol.apps import EXTENSION, MIME_TYPE
from outreach_mcp.protocol.server import Guard, build_server
from outreach_sandbox.access import Access
from outreach_sandbox.app import Sandbox, build_sandbox
from outreach_sandbox.labels import CustomFields
from outreach_sandbox.organisation import demo_organisation
from outreach_sandbox.records import Record
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches
from outreach_tools.client import Request, Response
from outreach_tools.toolsets import all_tools
from tests.support.plain_calls import plainly_called
from tests.support.stores import sandbox_store

OPEN = Guard(Policy.of([tool.name for tool in all_tools()]), "never")
"""Everything is offered, also what has to be chosen, and nobody is asked."""

API = "https://api.outreach.io/api/v2"
NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)  # a Wednesday

Era = Literal["legacy", "auto"]


@cache
def organisation() -> tuple[Record, ...]:
    """The demo organisation of the tests, made once."""
    return tuple(demo_organisation(today=NOW.date()))


class Unused:
    """A client for tools that send nothing."""

    async def prepare(self, request: Request) -> Prepared:
        raise AssertionError(f"{request} was prepared")

    async def send(self, prepared: Prepared) -> Response:
        raise AssertionError(f"{prepared} was sent")

    async def current_user_id(self) -> int:
        raise AssertionError("the current user was asked for")


class Watching(httpx.AsyncBaseTransport):
    """Passes requests on and keeps them."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return await self._inner.handle_async_request(request)


@dataclass(frozen=True, slots=True)
class Workbench:
    """The client side of a running server, and what went out to Outreach."""

    client: Client
    requests: list[httpx.Request]
    store: Store
    sandbox: Sandbox
    plain: bool = False
    """Whether calls are made by `plainly_called`."""

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool that is to succeed and return its answer."""
        failed, text = await self.outcome(tool, arguments)
        assert not failed, text
        answer: dict[str, Any] = json.loads(text)
        return answer

    async def refused(self, tool: str, **arguments: Any) -> str:
        """Call a tool that is to fail and return what it says."""
        failed, text = await self.outcome(tool, arguments)
        assert failed, text
        return text

    async def outcome(self, tool: str, arguments: dict[str, Any]) -> tuple[bool, str]:
        """Call a tool and return whether it failed, and its text."""
        ask = partial(plainly_called, self.client) if self.plain else self.client.call_tool
        result = await ask(tool, arguments)
        (content,) = result.content
        assert isinstance(content, TextContent)
        return bool(result.is_error), content.text

    def sent(self) -> list[str]:
        """Return method and path of every request so far."""
        return [f"{request.method} {request.url.path.removeprefix('/api/v2')}" for request in self.requests]

    def asked(self) -> list[str]:
        """Return method and path of every request so far, but those for the labels of custom fields.

        Any name that belongs to nothing else may be a label, which is found out before it is refused.
        """
        return [each for each in self.sent() if each != "GET /types"]

    def changes(self) -> list[str]:
        """Return method and path of every request so far that was not a read."""
        return [each for each in self.sent() if not each.startswith("GET ")]

    def contents(self) -> dict[str, list[Any]]:
        """Return every row of every table of the sandbox."""
        tables = [
            name for (name,) in self.store.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        return {name: self.store.rows(f'SELECT * FROM "{name}" ORDER BY 1, 2') for name in tables}


@asynccontextmanager
async def workbench(
    records: Iterable[Record] | None = None,
    *,
    era: Era = "auto",
    switches: Switches = Switches(),  # noqa: B008 - it is frozen
    scopes: frozenset[str] | None = None,
    max_result_tokens: int = 6000,
    guard: Guard = OPEN,
    person: ElicitationFnT | None = None,
    structured: bool = False,
    time_zone: str = "UTC",
    now: datetime | Callable[[], datetime] = NOW,
    api: str = API,
    web: str = "",
    through: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] = lambda sandbox: sandbox,
    custom_fields: CustomFields | None = None,
    files: LocalFiles | Offers | None = None,
    jobs: JobStore | None = None,
    pictures: bool = False,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    about: Callable[[Policy], Awaitable[dict[str, Any]]] | None = None,
) -> AsyncGenerator[Workbench]:
    """Open a server on a sandbox of its own that holds `records`, by default the demo organisation.

    The token has every scope, or just `scopes`. `person` answers when the client is asked something. `now` is what time
    it is to the server, or its clock, in `time_zone`. `api` is where the client takes the API to be, `through` what
    stands before it, `web` where people open it. `custom_fields` are the organisation's, by default those of the first
    one. Plans and jobs are kept in `jobs`, by default in memory; `files` keeps files. With `pictures` the client says
    that it shows them. `sleep` is what the client waits with before it tries something again. `about` describes the
    connection, which nothing does by default.
    """
    store = sandbox_store(organisation() if records is None else records)
    tokens = {"sandbox": Access(scopes=scopes)}
    try:
        sandbox = build_sandbox(
            store, tokens=tokens, clock=lambda: NOW, switches=switches, custom_fields=custom_fields, control=True
        )
        watching = Watching(through(httpx.ASGITransport(sandbox)))
        outreach = OutreachClient(
            api, BearerToken(SecretStr("sandbox")), transport=watching, clock=Clock(now=lambda: NOW, sleep=sleep)
        )
        clock = Clock(now=now if callable(now) else lambda: now, sleep=sleep)
        carried = Jobs(jobs or JobStore(sections_of(MemoryStore(clock=clock)), clock=clock), clock=clock, settle=0)
        server = build_server(
            all_tools(),
            outreach,
            guard,
            max_result_tokens=max_result_tokens,
            structured=structured,
            time_zone=time_zone,
            web=web,
            files=files,
            now=clock.now,
            jobs=carried,
            about=about,
        )
        plain = not structured and (person is None or era == "legacy")
        try:
            extensions = [advertise(EXTENSION, {"mimeTypes": [MIME_TYPE]})] if pictures else None
            async with Client(server, mode=era, elicitation_callback=person, extensions=extensions) as client:
                yield Workbench(client, watching.requests, store, sandbox, plain=plain)
        finally:
            await carried.aclose()
        await outreach.aclose()
    finally:
        store.close()
