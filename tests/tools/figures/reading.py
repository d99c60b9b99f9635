"""Reading a selection through the real client on a sandbox, with what happens between its requests."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.clock import Clock
from outreach_sandbox.access import Access
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.records import Record
from outreach_sandbox.store import Store
from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import Filter
from outreach_tools.engine.figures.budget import Budget
from outreach_tools.engine.figures.reading import Reading
from outreach_tools.engine.figures.selecting import Selecting
from outreach_tools.engine.included import Included
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.tool import Context
from outreach_tools.toolsets import RESOURCES
from tests.support.stores import sandbox_store
from tests.support.workbench import API, NOW

DECLARED = {each.type: each for each in RESOURCES}

Answer = Callable[[httpx.Request, httpx.Response], httpx.Response]


class Between(httpx.AsyncBaseTransport):
    """Lets something happen before each request, and to each answer; keeps the requests."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.before: Callable[[int], None] = lambda _: None
        self.answered: Answer = lambda _, response: response
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.before(len(self.requests))
        response = await self._inner.handle_async_request(request)
        await response.aread()
        return self.answered(request, response)


@dataclass(slots=True)
class Bench:
    """A selection to be read, and what was read of it."""

    context: Context
    store: Store
    between: Between
    ids: list[int] = field(default_factory=list[int])

    async def reading(
        self, kind: str, filters: Sequence[Filter] = (), fields: Sequence[str] = (), *, most: int = 60, size: int = 1000
    ) -> Reading:
        """Return the reading of a selection."""
        selecting = Selecting.of(self.context, DECLARED[kind], Names(self.context))
        selected = await selecting.selected(filters, fields)
        return Reading(self.context, selected, Budget(most, self.context.now), size)

    def take(self, rows: Sequence[JsonObject], _: Included) -> None:
        """Keep the ids that were read."""
        self.ids += [row["id"] for row in rows]


@asynccontextmanager
async def bench(records: Sequence[Record]) -> AsyncGenerator[Bench]:
    """Open a sandbox of its own that holds some records."""
    store = sandbox_store(tuple(records))
    try:
        app = build_sandbox(store, tokens={"sandbox": Access(scopes=None)}, clock=lambda: NOW)
        between = Between(httpx.ASGITransport(app))
        client = OutreachClient(API, BearerToken(SecretStr("sandbox")), transport=between, clock=Clock(now=lambda: NOW))
        yield Bench(Context(client, now=lambda: NOW), store, between)
        await client.aclose()
    finally:
        store.close()
