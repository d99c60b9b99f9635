"""The server that is attacked: `outreach-mcp serve` in a process of its own, an identity provider, and two Outreaches.

Ann's tokens lead to one organisation, those of everybody else to another; what came to either is written down. All of
them are connected already: how that is attacked is told by `test_connect_flow`.
"""

import json
import re
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE
from typing import Any

import anyio
import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from outreach_mcp.api.tokens.store import StoredTokens
from outreach_mcp.callers.identity.key_giving import add_key
from outreach_mcp.callers.identity.keys import KeyRing
from outreach_mcp.callers.state.accounts import CallerConnection, OutreachUser
from outreach_mcp.callers.state.opening import State, open_state
from outreach_mcp.http.listening import listen, url_of
from outreach_mcp.http.serving import HttpServer
from outreach_mcp.http.shutdown import Ending
from outreach_mcp.settings.settings import Settings
from outreach_sandbox.app import Sandbox, build_sandbox
from outreach_sandbox.oauth import Grant
from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches
from outreach_sandbox.transport import on_a_port
from tests.callers.identity.provider import Person, Provider
from tests.callers.pages.team import environment_of, registered
from tests.sandbox.service import record
from tests.support.processes import COMMAND, SECONDS, environment
from tests.support.workbench import NOW

NEVER = datetime(2999, 1, 1, tzinfo=UTC)
"""When what is not to end ends."""

PUBLIC = "https://mcp.example.com"
OLD = "2025-11-25"
NEW = "2026-07-28"

ANN = Person("ann-1", "ann@login.example", "Ann Arden")
MALLORY = Person("mallory-2", "mallory@login.example", "Mallory Mole")
RITA = Person("rita-3", "rita@login.example", "Rita Reed", scopes="openid profile outreach:read")
NOVICE = Person("novice-4", "novice@login.example", "Nora Novice")
"""Somebody who is not connected."""

ANNS_RECORDS: tuple[Record, ...] = (
    record("user", 1, {"firstName": "Ann", "lastName": "Arden", "email": "ann@first.example", "locked": False}),
    record("prospect", 7, {"firstName": "Secret", "lastName": "Prospect", "emails": ["only-anns@first.example"]}),
    record("account", 5, {"name": "Of Ann alone"}),
)
OTHERS_RECORDS: tuple[Record, ...] = (
    record("user", 2, {"firstName": "Mal", "lastName": "Mole", "email": "mallory@second.example", "locked": False}),
    record("user", 3, {"firstName": "Kim", "lastName": "Key", "email": "kim@second.example", "locked": False}),
    record("user", 4, {"firstName": "Rita", "lastName": "Reed", "email": "rita@second.example", "locked": False}),
    record("prospect", 7, {"firstName": "Common", "lastName": "Prospect"}, owner=Identifier("user", 2)),
    record("prospect", 9, {"firstName": "Other", "lastName": "Prospect"}, owner=Identifier("user", 2)),
)
ANNS_SECRETS = ("ann@first.example", "ann@login.example", "Ann Arden", "ann-1", "Secret", "only-anns", "Of Ann alone")
"""The texts that nobody but Ann may see."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came to Outreach, and the e-mail of the user it was made as."""

    who: str
    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """A request that waits for its answer."""

    come: anyio.Event = field(default_factory=anyio.Event)
    released: anyio.Event = field(default_factory=anyio.Event)


@dataclass(frozen=True, slots=True)
class Outreach:
    """Two organisations behind one address."""

    first: Sandbox
    second: Sandbox
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    """Return the e-mail of an access token's user."""
    asked: list[Asked] = field(default_factory=list[Asked])
    held: dict[str, "Held"] = field(default_factory=dict[str, "Held"])
    """Paths whose answers wait."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope.get("headers", ())}
        token = headers.get("authorization", "").removeprefix("Bearer ")
        who = self.tokens.get(token, "nobody")
        self.asked.append(Asked(who, scope["method"], scope["path"], headers))
        if (held := self.held.get(scope["path"])) is not None:
            held.come.set()
            await held.released.wait()
        await on_a_port(self.first if who == "ann@first.example" else self.second)(scope, receive, send)

    def connection(self, subject: str, name: str, user: OutreachUser) -> CallerConnection:
        """A connection of a caller as a user."""
        sandbox = self.first if user.id == 1 else self.second
        issued = sandbox.oauth.issue(Grant("sandbox", user.id))
        self.tokens[issued.access] = user.email
        tokens = StoredTokens(issued.refresh, issued.access, NEVER, minted_at=NOW)
        return CallerConnection(f"{user.id:032x}", subject, name, user, frozenset(), NOW, tokens)


@dataclass(frozen=True, slots=True)
class World:
    """The server, and what is around it."""

    urls: tuple[str, ...]
    provider: Provider
    outreach: Outreach
    state: State
    settings: Settings
    folder: Path
    kims_key: str
    kims_subject: str
    logs: tuple[bytearray, ...]

    @property
    def url(self) -> str:
        """The address of the first replica."""
        return self.urls[0]

    @property
    def port(self) -> int:
        """Its port."""
        return httpx.URL(self.url).port or 80

    @property
    def log(self) -> str:
        """The log of the servers."""
        return b"".join(map(bytes, self.logs)).decode()

    @property
    def journal(self) -> list[Any]:
        """The lines of the journal."""
        path = self.folder / "journal.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def token(self, person: Person = ANN, **changed: Any) -> str:
        """An access token of the provider for this server."""
        return self.provider.token(person, f"{PUBLIC}/mcp", **changed)

    def subject(self, person: Person) -> str:
        """Return the name that a person's connection is kept under."""
        return f"{self.provider.issuer} {person.subject}"

    def sent(self, who: str = "ann@first.example") -> list[str]:
        """Return the requests to Outreach that were made as somebody."""
        return [f"{each.method} {each.path}" for each in self.outreach.asked if each.who == who]


def bearer(credential: str) -> dict[str, str]:
    """The header that says who calls."""
    return {"Authorization": f"Bearer {credential}"}


def asking(method: str, params: Mapping[str, Any] | None = None, number: object = 1) -> dict[str, Any]:
    """A JSON-RPC request."""
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": dict(params or {})}


def calling(tool: str, number: object = 1, **arguments: Any) -> dict[str, Any]:
    """A JSON-RPC request that calls a tool."""
    return asking("tools/call", {"name": tool, "arguments": arguments}, number)


def mcp_headers(credential: str | None = None, version: str = OLD) -> dict[str, str]:
    """Return the headers that a client of streamable HTTP sends."""
    known = bearer(credential) if credential else {}
    return {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version, **known}


async def post(
    http: httpx.AsyncClient, url: str, credential: str | None, message: Any, *, path: str = "/mcp", **headers: str
) -> httpx.Response:
    """Post one message as an old client does."""
    return await http.post(url + path, json=message, headers={**mcp_headers(credential), **headers})


def answer_in(response: httpx.Response) -> Any:
    """The JSON-RPC answer in a response, be it a stream or a document."""
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: {")]
    return json.loads(lines[-1] if lines else response.text)


def text_in(response: httpx.Response) -> str:
    """Return the text of a tool's answer."""
    answer = answer_in(response)
    return str(answer["result"]["content"][0]["text"]) if "result" in answer else str(answer["error"]["message"])


async def told(http: httpx.AsyncClient, url: str, credential: str, tool: str, **arguments: Any) -> str:
    """Return a tool's answer to a caller."""
    return text_in(await post(http, url, credential, calling(tool, **arguments)))


async def exchanged(port: int, sent: bytes) -> bytes:
    """Send raw bytes and return what comes back until the server closes, or for two seconds."""
    received = b""
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        with anyio.move_on_after(2):
            try:
                await stream.send(sent)
                while True:
                    received += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                pass
    return received


def statuses(received: bytes) -> list[int]:
    """The statuses of the answers in raw bytes."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]


@asynccontextmanager
async def a_world(
    folder: Path, *, replicas: int = 1, records: Iterable[Record] = (), **variables: str
) -> AsyncGenerator[World]:
    """Start everything; `records` are more of the second organisation, `variables` more settings."""
    provider = Provider(people=[ANN, MALLORY, RITA, NOVICE])
    kims_key = add_key(folder / "keys.json", "kim", "kim@second.example")
    stores = (Store(), Store())
    stores[0].load(ANNS_RECORDS)
    stores[1].load((*OTHERS_RECORDS, *records))
    switches = Switches(mint_interval=0, hourly_limit=1_000_000)
    first, second = (build_sandbox(store, clock=lambda: NOW, switches=switches) for store in stores)
    outreach = Outreach(first, second)
    async with AsyncExitStack() as stack:
        provider.issuer = await stack.enter_async_context(standing(provider.app()))
        provider.clients.append(registered(PUBLIC))
        at = await stack.enter_async_context(standing(outreach))
        environ = environment_of(PUBLIC, provider, at, folder) | {
            "OUTREACH_MCP_JOURNAL": str(folder / "journal.jsonl"),
            "OUTREACH_MCP_CALLS_PER_MINUTE": "100000",
            "OUTREACH_MCP_CONCURRENT_CALLS": "1000",
            "OUTREACH_MCP_LOG_LEVEL": "debug",
            **variables,
        }
        settings = Settings.from_environment(environ)
        state = open_state(settings)
        kim = await KeyRing(folder / "keys.json").caller_of(kims_key)
        for subject, name, user in (
            (f"{provider.issuer} {ANN.subject}", ANN.name, OutreachUser(1, "Ann Arden", "ann@first.example")),
            (f"{provider.issuer} {MALLORY.subject}", MALLORY.name, OutreachUser(2, "M", "mallory@second.example")),
            (kim.subject, kim.name, OutreachUser(3, "Kim Key", "kim@second.example")),
            (f"{provider.issuer} {RITA.subject}", RITA.name, OutreachUser(4, "Rita Reed", "rita@second.example")),
        ):
            state.connections.connect(outreach.connection(subject, name, user))
        logs = tuple(bytearray() for _ in range(replicas))
        urls = [await stack.enter_async_context(_replica(environ, log)) for log in logs]
        try:
            yield World(tuple(urls), provider, outreach, state, settings, folder, kims_key, kim.subject, logs)
        finally:
            state.close()
    for store in stores:
        store.close()


@asynccontextmanager
async def standing(app: ASGIApp) -> AsyncGenerator[str]:
    """Serve an application on a free port, for as long as it takes."""
    listening = anyio.Event()
    server = HttpServer(app, ending=Ending(), when_listening=listening.set)
    with listen("127.0.0.1", 0, public=False) as listener:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, [listener])
            await listening.wait()
            try:
                yield url_of("127.0.0.1", listener)
            finally:
                server.stop()


@asynccontextmanager
async def _replica(environ: dict[str, str], log: bytearray) -> AsyncGenerator[str]:
    command = [*COMMAND, "serve", "--port", "0"]
    async with await anyio.open_process(command, stdout=PIPE, stderr=PIPE, env=environment(**environ)) as process:
        errors = process.stderr
        assert errors is not None

        async def keep() -> None:
            async for part in errors:
                log.extend(part)

        with anyio.fail_after(SECONDS):
            while not (found := re.search(rb"Serving (http://[^/\s]+)/mcp", log)):
                log.extend(await errors.receive())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(keep)
            try:
                yield found[1].decode()
            finally:
                process.terminate()
