"""Servers on a port of this process, and real clients of them over both HTTP transports, in both eras."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import anyio
import httpx2
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.server import Server, ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
)
from starlette.types import ASGIApp

from outreach_mcp.http.crowd import Room
from outreach_mcp.http.endpoints import Exposure, ServerFor, build_http_app
from outreach_mcp.http.listening import listen, url_of
from outreach_mcp.http.serving import HttpServer
from outreach_mcp.http.shutdown import Ending
from outreach_mcp.http.slow_clients import Patience
from tests.support.menus import shows_pictures
from tests.support.processes import SECONDS

Era = Literal["legacy", "auto"]
Path = Literal["/mcp", "/sse"]
ERAS: tuple[Era, ...] = ("legacy", "auto")
WAYS: tuple[tuple[Path, Era], ...] = (("/mcp", "legacy"), ("/mcp", "auto"), ("/sse", "legacy"), ("/sse", "auto"))
"""Every HTTP transport with every era."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The work of a tool named `wait`: it says that it has begun, then waits to be released."""

    begun: anyio.Event = field(default_factory=anyio.Event)
    released: anyio.Event = field(default_factory=anyio.Event)
    cancelled: anyio.Event = field(default_factory=anyio.Event)

    async def run(self) -> None:
        self.begun.set()
        try:
            await self.released.wait()
        except anyio.get_cancelled_exc_class():
            self.cancelled.set()
            raise


def small_server(*names: str, slow: Slow | None = None) -> Server:
    """A server with tools of these names, each of which answers with its name, `wait` when it is released."""

    async def list_tools(_: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[Tool(name=name, input_schema={"type": "object"}) for name in names])

    async def call_tool(ctx: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        await ctx.session.report_progress(1, 2, "on it")
        if params.name == "wait" and slow is not None:
            await slow.run()
        return CallToolResult(content=[TextContent(text=params.name)])

    return Server("small", on_list_tools=list_tools, on_call_tool=call_tool, get_tool_input_schema=lambda _: None)


def only(server: Server) -> ServerFor:
    """Offer a server at no path but the plain one."""
    return lambda path: server if path == "" else None


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs, and what ends it."""

    url: str
    stop: Callable[[], None]
    ended: anyio.Event


@asynccontextmanager
async def served(
    server_for: ServerFor,
    *,
    grace_seconds: int = 5,
    drain_seconds: float = 0,
    patience: Patience = Patience(),  # noqa: B008 - it is frozen
    room: Room = Room(),  # noqa: B008 - it is frozen
    **options: Any,
) -> AsyncGenerator[Served]:
    """Serve over HTTP and SSE on a free port; `options` are fields of `Exposure`."""
    exposure = Exposure(sse=True, **options)
    app = build_http_app(server_for, exposure)
    async with running(
        app, exposure.ending, grace_seconds=grace_seconds, drain_seconds=drain_seconds, patience=patience, room=room
    ) as it:
        yield it


@asynccontextmanager
async def running(
    app: ASGIApp,
    ending: Ending,
    *,
    grace_seconds: int = 5,
    drain_seconds: float = 0,
    patience: Patience = Patience(),  # noqa: B008 - it is frozen
    room: Room = Room(),  # noqa: B008 - it is frozen
    seconds: float = SECONDS,
) -> AsyncGenerator[Served]:
    """Run an ASGI application on a free port, to its end; after so many seconds its test fails."""
    listening, ended = anyio.Event(), anyio.Event()
    server = HttpServer(
        app,
        ending=ending,
        when_listening=listening.set,
        grace_seconds=grace_seconds,
        drain_seconds=drain_seconds,
        patience=patience,
        room=room,
    )
    with listen("127.0.0.1", 0, public=False) as listener:
        url = url_of("127.0.0.1", listener)

        async def serve() -> None:
            await server.serve([listener])
            ended.set()

        with anyio.fail_after(seconds):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(serve)
                await listening.wait()
                try:
                    yield Served(url, server.stop, ended)
                finally:
                    server.stop()
                    server.should_exit = True  # without draining


@asynccontextmanager
async def client(
    url: str,
    way: tuple[Path, Era],
    *,
    narrower: str = "",
    headers: dict[str, str] | None = None,
    person: ElicitationFnT | None = None,
    lists: bool = True,
    pictures: bool = False,
) -> AsyncGenerator[Client]:
    """A client of a server at `url` that knows its tools; one that does not asks for them after its first call.

    `person` answers what the server asks. What calls by `plainly_called` alone needs to list nothing first. With
    `pictures` it says that it shows them.
    """
    path, era = way
    address = url + path + narrower
    async with httpx2.AsyncClient(headers=headers, timeout=SECONDS) as http:
        target = sse_client(address, headers) if path == "/sse" else streamable_http_client(address, http_client=http)
        async with Client(
            target,
            mode=era,
            read_timeout_seconds=SECONDS,
            elicitation_callback=person,
            extensions=shows_pictures() if pictures else None,
        ) as it:
            if lists:
                await it.list_tools()
            yield it


async def call(client: Client, tool: str) -> str:
    """Call a tool that answers with one text, and return that."""
    (content,) = (await client.call_tool(tool, {})).content
    assert isinstance(content, TextContent)
    return content.text
