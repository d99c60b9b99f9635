"""A client on a sandbox whose answers are lost as a test wants."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import anyio.lowlevel
import httpx
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.clock import Clock
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.records import Record
from outreach_sandbox.store import Store
from outreach_sandbox.transport import SandboxTransport
from outreach_tools.client import JsonObject, Request
from tests.api.recording import BASE_URL, Time
from tests.sandbox.service import ORGANISATION
from tests.support.stores import sandbox_store

Fault: TypeAlias = Literal[
    "none", "refused", "lost before", "lost after", "timeout after", "502 before", "502 after", "503", "504 after",
    "500 before", "500 after", "429", "broken after",
]  # fmt: skip

SAFE: tuple[Fault, ...] = ("refused", "503", "429")
"""Faults of which everybody knows that nothing was done."""

UNKNOWN: tuple[Fault, ...] = ("lost before", "lost after", "timeout after", "502 before", "502 after", "504 after")
"""Faults that do not tell whether the request was done."""

_ERRORS: dict[str, Callable[[httpx.Request], httpx.HTTPError]] = {
    "refused": lambda request: httpx.ConnectError("connection refused", request=request),
    "lost": lambda request: httpx.RemoteProtocolError("Server disconnected", request=request),
    "timeout": lambda request: httpx.ReadTimeout("too slow", request=request),
}
_MAINTENANCE = {"errors": [{"id": "scheduledServerMaintenance", "detail": "Scheduled server maintenance."}]}


@dataclass(slots=True)
class FaultyTransport(httpx.AsyncBaseTransport):
    """Passes requests on to `inner`; each suffers the next of `faults` that is meant for its method, in order."""

    inner: httpx.AsyncBaseTransport
    time: Time
    faults: list[Fault] = field(default_factory=list[Fault])
    only: str = ""
    requests: list[httpx.Request] = field(default_factory=list[httpx.Request])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        self.requests.append(request)
        struck = self.faults and self.only in {"", request.method}
        kind, _, place = (self.faults.pop(0) if struck else "none").partition(" ")
        if kind == "refused" or place == "before":
            return _faulty(kind, request)
        if kind == "429":
            later = int(self.time.now().timestamp()) + 2
            return httpx.Response(429, headers={"Retry-After": str(later), "X-RateLimit-Remaining": "0"})
        if kind == "503":
            return httpx.Response(503, json=_MAINTENANCE)
        response = await self.inner.handle_async_request(request)
        if kind == "none" or not response.is_success:
            return response  # a refusal is as good as lost, so nothing strikes it
        await response.aread()
        if kind == "broken":
            return httpx.Response(response.status_code, content=response.content[:-2])
        return _faulty(kind, request)


def _faulty(kind: str, request: httpx.Request) -> httpx.Response:
    if kind in _ERRORS:
        raise _ERRORS[kind](request)
    return httpx.Response(int(kind))


@dataclass(frozen=True, slots=True)
class Bench:
    """The client, what it sent, and the sandbox's records."""

    client: OutreachClient
    transport: FaultyTransport
    store: Store
    time: Time

    def sent(self, method: str = "") -> list[str]:
        """Return method and path of every request so far, or of those with one method."""
        return [
            f"{request.method} {request.url.path.removeprefix('/api/v2')}"
            for request in self.transport.requests
            if method in {"", request.method}
        ]

    def fail(self, *faults: Fault, only: str = "") -> None:
        """Let the next requests (those with the method `only`) suffer these faults, one each."""
        self.transport.faults[:] = faults
        self.transport.only = only

    def count(self, type_name: str) -> int:
        """Return how many records of a type there are."""
        return int(self.store.rows(f'SELECT COUNT(*) FROM "{type_name}"')[0][0])

    def newest(self, type_name: str) -> int:
        """Return the id of the record that was created last."""
        return int(self.store.rows(f'SELECT MAX(id) FROM "{type_name}"')[0][0])


@asynccontextmanager
async def faulty_sandbox(records: Iterable[Record] = ORGANISATION, *, concurrency: int = 8) -> AsyncGenerator[Bench]:
    """Open a client on a sandbox of its own; time passes only when the client sleeps."""
    store, time = sandbox_store(records), Time()
    transport = FaultyTransport(SandboxTransport(build_sandbox(store, clock=time.now)), time)
    client = OutreachClient(
        BASE_URL,
        BearerToken(SecretStr("sandbox")),
        transport=transport,
        clock=Clock(now=time.now, monotonic=time.clock, sleep=time.sleep),
        random=lambda: 1.0,
        concurrency=concurrency,
    )
    yield Bench(client, transport, store, time)
    await client.aclose()
    store.close()


def create(type_name: str, path: str, attributes: JsonObject, **links: tuple[str, int]) -> Request:
    """Return the request that creates a record."""
    relationships: dict[str, Any] = {
        name: {"data": {"type": linked, "id": record_id}} for name, (linked, record_id) in links.items()
    }
    data: JsonObject = {"type": type_name, "attributes": attributes}
    return Request("POST", path, body={"data": {**data, "relationships": relationships} if links else data})


def new_account(name: str = "Gamma") -> Request:
    return create("account", "/accounts", {"name": name, "domain": "gamma.example"}, owner=("user", 1))


def new_prospect(email: str = "new@gamma.example") -> Request:
    return create("prospect", "/prospects", {"firstName": "Nia", "emails": [email]})


def new_task(note: str = "Ring") -> Request:
    attributes = {"action": "call", "note": note, "dueAt": "2026-12-01T09:00:00Z"}
    return create("task", "/tasks", attributes, owner=("user", 1), subject=("prospect", 1))


ENROLMENT = create(
    "sequenceState", "/sequenceStates", {}, prospect=("prospect", 1), sequence=("sequence", 1), mailbox=("mailbox", 1)
)
