"""A server whose callers connect their own accounts, with all that it needs: a provider, an Outreach, keys, a store."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from html import unescape
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from mcp.client.session import ElicitationFnT
from mcp_types import TextContent
from starlette.types import ASGIApp, Receive, Scope, Send

from outreach_mcp.callers.identity.identification import identification_of
from outreach_mcp.callers.identity.key_giving import add_key
from outreach_mcp.callers.pages.routes import connect_routes
from outreach_mcp.callers.routing import CallerConnections
from outreach_mcp.callers.state.accounts import CallerConnection
from outreach_mcp.callers.state.keys import derived_key, request_state_key
from outreach_mcp.callers.state.opening import State, open_state
from outreach_mcp.callers.state.sealed import Sealed
from outreach_mcp.callers.state.sqlite_store import SqliteStore
from outreach_mcp.callers.state.tickets import Tickets
from outreach_mcp.clock import Clock
from outreach_mcp.guard.confirmation import ConfirmationLevel
from outreach_mcp.guard.policy import Policy, policy_of
from outreach_mcp.http.authentication import Access, CallerGuard
from outreach_mcp.http.endpoints import Exposure, build_http_app
from outreach_mcp.http.protected_resource import ProtectedResource
from outreach_mcp.http.shutdown import Ending
from outreach_mcp.protocol.about import about
from outreach_mcp.protocol.server import Guard, build_server
from outreach_mcp.settings.rules import check_callers
from outreach_mcp.settings.settings import Settings
from outreach_sandbox.app import Sandbox, build_sandbox
from outreach_sandbox.oauth import SANDBOX_APP, App
from outreach_sandbox.switches import Switches
from outreach_sandbox.transport import on_a_port
from outreach_tools.toolsets import all_tools
from tests.callers.identity.provider import ALICE, Person, Provider, Registered, provided, sign_in
from tests.callers.state.stores import ENCRYPTION_KEY
from tests.sandbox.service import ORGANISATION
from tests.support.plain_calls import plainly_called
from tests.support.serving import Era, Path, client, running
from tests.support.stores import sandbox_store
from tests.support.workbench import NOW

UMA, VIC = 0, 1
"""The users of the sandbox, as its consent page numbers them."""

CLIENT_ID = "outreach-mcp"
CLIENT_SECRET = "the-server's:secret+50%"  # with all that a header needs encoded
LINK = re.compile(r"(http\S+/connect\?ticket=[\w-]+)")

_ONWARD = re.compile(r'content="0; url=([^"]+)"')
_TICKET = re.compile(r'name="ticket" value="([^"]+)"')
_ACTION = re.compile(r'<form method="post" action="([^"]+)"')
_USERS = re.compile(r'<option value="(\d+)">')


@dataclass(slots=True)
class Seconds:
    """Seconds that pass when they are told to."""

    moment: float = 1_000_000.0

    def __call__(self) -> float:
        return self.moment


@dataclass(frozen=True, slots=True)
class Team:
    """The server and all around it."""

    url: str
    provider: Provider
    outreach: str
    sandbox: Sandbox
    state: State
    kims_key: str
    clock: Seconds
    clients: CallerConnections
    apps: list[App] = field(default_factory=list[App])
    sent: list[str] = field(default_factory=list[str])
    """The Authorization headers that came to Outreach."""

    def token(self, person: Person = ALICE, **changed: Any) -> str:
        """An access token of the provider for this server."""
        return self.provider.token(person, f"{self.url}/mcp", **changed)

    async def call(
        self,
        credential: str,
        *,
        way: tuple[Path, Era] = ("/mcp", "auto"),
        person: ElicitationFnT | None = None,
        tool: str = "get_connection",
        **arguments: Any,
    ) -> str:
        """Call a tool as a caller and return what it says."""
        headers = {"Authorization": f"Bearer {credential}"}
        async with client(self.url, way, headers=headers, person=person, lists=person is not None) as it:
            ask = it.call_tool if person else partial(plainly_called, it)
            (content,) = (await ask(tool, arguments)).content
        assert isinstance(content, TextContent)
        return content.text

    async def link(self, credential: str) -> str:
        """The link that a caller without a connection is given."""
        found = LINK.search(said := await self.call(credential))
        assert found, said
        return found[1]

    async def who(self, credential: str) -> str:
        """The e-mail of the Outreach user that a caller works as."""
        said = await self.call(credential)
        return str(json.loads(said)["user"]["email"])

    def connections(self) -> list[tuple[str, str]]:
        """Return the connected callers with their Outreach users."""
        return [(each.caller, each.user.email) for each in self.state.connections.all()]

    def connection(self) -> CallerConnection:
        """The only connection."""
        (it,) = self.state.connections.all()
        return it


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser with somebody before it who can read and press buttons."""

    http: httpx.AsyncClient
    person: Person = ALICE
    user: int = UMA
    decision: str = "allow"

    async def press(self, page: httpx.Response) -> httpx.Response:
        """Press the button of one of our pages."""
        action, ticket = _ACTION.search(page.text), _TICKET.search(page.text)
        assert action, page.text
        data = {"ticket": ticket[1]} if ticket else {}
        address = str(page.url.join(unescape(action[1])))
        return await self.http.post(address, data=data, headers={"Origin": origin_of(address)})

    async def begin(self, link: str) -> str:
        """Open a link and press its button; returns where that leads."""
        page = await self.http.get(link)
        assert page.status_code == 200, page.text
        return onward(await self.press(page))

    async def sign_in(self, address: str) -> str:
        """Sign in at the provider; returns where it sends the browser."""
        return await sign_in(self.http, address, self.person)

    async def decide(self, address: str) -> str:
        """Decide on Outreach's consent page; returns where it sends the browser."""
        page = await self.http.get(address)
        if page.status_code == 303:  # a request that Outreach refuses at once
            return page.headers["location"]
        assert page.status_code == 200, page.text
        form = {**dict(parse_qsl(urlsplit(address).query)), "user": _USERS.findall(page.text)[self.user]}
        answer = await self.http.post(address.partition("?")[0], data={**form, "decision": self.decision})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def signed_in(self, link: str) -> httpx.Response:
        """Go as far as our page after the sign-in."""
        return await self.last(await self.http.get(await self.sign_in(await self.begin(link))))

    async def connect(self, link: str) -> httpx.Response:
        """Go the whole way of a caller who signs in; returns the last page."""
        page = await self.signed_in(link)
        return await self.last(await self.http.get(await self.decide(onward(page))))

    async def connect_by_key(self, link: str) -> httpx.Response:
        """Go the whole way of a caller who has a key; returns the last page."""
        return await self.last(await self.http.get(await self.decide(await self.begin(link))))

    async def last(self, response: httpx.Response) -> httpx.Response:
        """Follow our own redirect to the last page."""
        while response.status_code == 303:
            response = await self.http.get(response.url.join(response.headers["location"]))
        return response


def onward(page: httpx.Response) -> str:
    """Return the address that a page leads on to."""
    found = _ONWARD.search(page.text)
    assert found, page.text
    return unescape(found[1])


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def heading(page: httpx.Response) -> tuple[int, str]:
    """The status of a page, and its heading."""
    found = re.search(r"<h1>(.*?)</h1>", page.text)
    assert found, page.text
    return page.status_code, unescape(found[1])


@asynccontextmanager
async def visitor(person: Person = ALICE, user: int = UMA, decision: str = "allow") -> AsyncGenerator[Visitor]:
    """A browser of its own."""
    async with httpx.AsyncClient() as http:
        yield Visitor(http, person, user, decision)


@asynccontextmanager
async def a_team(
    folder: FilePath, *, others: str = "127.0.0.1", confirm: ConfirmationLevel = "never", **variables: str
) -> AsyncGenerator[Team]:
    """A server on a free port, with every part on one of its own; `variables` are more settings.

    `confirm` is when a person is asked.
    `others` is the name of the machine that the provider and Outreach are on: with "localhost" they are other sites.
    """
    keys = folder / "keys.json"
    kims_key = add_key(keys, "kim", "Vic@US.example")
    clock, apps, store = Seconds(), [SANDBOX_APP], sandbox_store(ORGANISATION)
    sandbox = build_sandbox(store, apps=apps, clock=lambda: NOW, switches=Switches(mint_interval=0))
    app: ASGIApp | None = None
    sent: list[str] = []

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        sent.extend(value.decode() for name, value in scope.get("headers", ()) if name == b"authorization")
        await on_a_port(sandbox)(scope, receive, send)

    async def later(scope: Scope, receive: Receive, send: Send) -> None:
        assert app is not None
        await app(scope, receive, send)

    async with (
        provided() as provider,
        running(watched, Ending()) as outreach,
        running(later, ending := Ending()) as served,
    ):
        provider.issuer = provider.issuer.replace("127.0.0.1", others)
        environ = environment_of(served.url, provider, outreach.url.replace("127.0.0.1", others), folder)
        settings = Settings.from_environment(environ | variables)
        check_callers(settings)
        provider.clients.append(registered(served.url))
        state = _with_clock(open_state(settings), settings, folder, clock)
        connections = CallerConnections(settings, state, clock=Clock(monotonic=clock))
        app = _app(settings, state, connections, ending, confirm)
        try:
            yield Team(served.url, provider, outreach.url, sandbox, state, kims_key, clock, connections, apps, sent)
        finally:
            outreach.stop()  # all at once: each takes a moment
            served.stop()
            await connections.aclose()
            state.close()
    store.close()


def registered(url: str) -> Registered:
    """The server as the provider knows it."""
    return Registered(CLIENT_ID, (f"{url}/connect/signed-in",), CLIENT_SECRET)


def environment_of(url: str, provider: Provider, outreach: str, folder: FilePath) -> dict[str, str]:
    """The environment of a server at `url`."""
    return {
        "OUTREACH_MCP_TRANSPORT": "http+sse",
        "OUTREACH_MCP_PUBLIC_URL": url,
        "OUTREACH_MCP_AUTH_ISSUER": provider.issuer,
        "OUTREACH_MCP_AUTH_CLIENT_ID": CLIENT_ID,
        "OUTREACH_MCP_AUTH_CLIENT_SECRET": CLIENT_SECRET,
        "OUTREACH_MCP_KEYS_FILE": str(folder / "keys.json"),
        "OUTREACH_MCP_STORE": str(folder / "state.sqlite3"),
        "OUTREACH_MCP_ENCRYPTION_KEY": ENCRYPTION_KEY,
        "OUTREACH_API_URL": f"{outreach}/api/v2",
        "OUTREACH_CLIENT_ID": "sandbox",
        "OUTREACH_CLIENT_SECRET": "sandbox",
    }


def _with_clock(state: State, settings: Settings, folder: FilePath, clock: Seconds) -> State:
    """The state, with tickets that live by a clock of the test."""
    store = SqliteStore(folder / "tickets.sqlite3", clock=Clock(now=lambda: datetime.fromtimestamp(clock(), UTC)))
    return replace(state, tickets=Tickets(Sealed(store, "tickets", derived_key(settings, "tickets"))))


def _app(
    settings: Settings, state: State, connections: CallerConnections, ending: Ending, confirm: ConfirmationLevel
) -> ASGIApp:
    policy = policy_of(settings)
    identification = identification_of(settings)
    assert identification is not None
    access = Access(identification, ProtectedResource(settings.public_url or "", settings.auth_issuer))

    def server_with(policy: Policy) -> Any:
        return build_server(
            all_tools(),
            connections,
            Guard(policy, confirm),
            about=partial(about, connections, settings),
            of_callers=True,
            state_key=request_state_key(settings),
            connection_id=connections.connection_id,
        )

    pages = connect_routes(settings, state, policy, partial(CallerGuard, access=access))
    exposure = Exposure(sse=True, access=access, pages=pages, ending=ending)
    return build_http_app(lambda path: server_with(policy) if path == "" else None, exposure)
