"""The routes: streamable HTTP at /mcp, SSE at /sse and /messages/, health, and the metadata for OAuth clients."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mcp.server import Server
from mcp.server.sse import SseServerTransport
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from outreach_mcp.http.accepting import accepted, as_stream, taking_both
from outreach_mcp.http.allowances import Slots
from outreach_mcp.http.authentication import Access, CallerGuard, KeyGuard
from outreach_mcp.http.bodies import BodyBound, Reader, Weights
from outreach_mcp.http.bounds import Bounds, CallBound, SizeBound, StreamBound
from outreach_mcp.http.exchange import serve_stream
from outreach_mcp.http.guard import NameGuard, refusal
from outreach_mcp.http.health import Readiness, health_routes
from outreach_mcp.http.posted import MessageGuard, receiving_message
from outreach_mcp.http.shutdown import Ending
from outreach_mcp.http.streamable import Managers
from outreach_mcp.http.wrong_keys import WrongKeys

ServerFor: TypeAlias = Callable[[str], Server[Any] | None]
"""Gives the MCP server of a path: what follows /mcp/ or /sse/, empty for all tools; None where there is none."""

_MESSAGES = "/messages/"

_MAX_HEAD_BYTES = 16 * 1024
"""Of an address and headers; a token with many claims takes a few thousand."""

_ASKED_BY_PAGES = (
    *("Authorization", "Content-Type", "Last-Event-ID"),
    *("MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Session-Id"),
)
_SHOWN_TO_PAGES = ("WWW-Authenticate", "Retry-After", "MCP-Protocol-Version", "Mcp-Session-Id")

_KEPT_SERVERS = 64  # each holds its finished lists of tools, some 100 KB per protocol version


@dataclass(frozen=True, slots=True)
class Exposure:
    """The settings of the application: who is served, and how.

    With `access` callers are told apart; without it everybody is the one user, who may have to send `key`. `pages` are
    routes for browsers, which are let in without either: each page knows its own visitors. Web pages of `cors` may
    read the answers; those must be among `origins`. Without `bounds` callers may ask as much as they like.
    """

    http: bool = True
    sse: bool = False
    hosts: Collection[str] = ()
    origins: Collection[str] = ()
    cors: Collection[str] = ()
    key: SecretStr | None = None
    access: Access | None = None
    pages: Sequence[BaseRoute] = ()
    max_body_bytes: int = 256 * 1024
    bounds: Bounds | None = None
    ending: Ending = field(default_factory=Ending)
    ping: Callable[[], None] | None = None
    """Asks the store whether it can be used; see `Readiness`."""


def build_http_app(server_for: ServerFor, exposure: Exposure) -> ASGIApp:
    """Build the ASGI application that serves MCP to clients of both eras.

    Raises `ValueError` for an exposure with both a key and access.
    """
    if exposure.key is not None and exposure.access is not None:
        raise ValueError("a key is for one user, and access for many: a server has one or the other")
    servers, bounds, reader = _Servers(server_for), exposure.bounds, Reader()
    wrong_keys = WrongKeys()

    def guarded(app: ASGIApp) -> ASGIApp:
        if exposure.access is not None:
            return CallerGuard(app, exposure.access)
        return KeyGuard(app, key=exposure.key, wrong_keys=wrong_keys)

    weights = Weights.of_bodies(exposure.max_body_bytes, are_many=exposure.access is not None)

    def posted(app: ASGIApp, slots: Slots | None) -> ASGIApp:
        bounded = app if bounds is None or slots is None else CallBound(app, bounds, slots, reader)
        return guarded(BodyBound(bounded, weights, exposure.max_body_bytes, exposure.ending))

    routes: list[BaseRoute] = []  # what is asked for most comes first: they are tried one after another
    if exposure.http:
        streamable = posted(_Streamable(servers, exposure, reader), None if bounds is None else bounds.calls)
        routes += [Route("/mcp", streamable), Route("/mcp/{path:path}", streamable)]
    if exposure.sse:
        # Host and Origin are checked before any route; the SDK's own check would know fewer of the server's names.
        transport = SseServerTransport(_MESSAGES, max_request_body_size=exposure.max_body_bytes)
        opened: ASGIApp = _Stream(servers, transport, exposure)
        stream = guarded(opened if bounds is None else StreamBound(opened, bounds))
        messages = posted(MessageGuard(transport.handle_post_message, reader), None if bounds is None else bounds.posts)
        routes += [Route("/sse", stream), Route("/sse/{path:path}", stream), Mount(_MESSAGES, messages)]
    routes += [*health_routes(Readiness(exposure.ending, exposure.ping)), *exposure.pages]
    if exposure.access is not None:
        routes += exposure.access.resource.routes()
    routed = Starlette(routes=routes, exception_handlers={HTTPException: _explain})
    # One would be made of the Host and of http, and take along what the address holds.
    routed.router.redirect_slashes = False
    app: ASGIApp = routed
    if exposure.cors:
        app = CORSMiddleware(
            app,
            allow_origins=tuple(exposure.cors),
            allow_methods=("GET", "POST"),
            allow_headers=_ASKED_BY_PAGES,
            expose_headers=_SHOWN_TO_PAGES,
        )
    app = SizeBound(app, max_head_bytes=_MAX_HEAD_BYTES, max_body_bytes=exposure.max_body_bytes)
    return NameGuard(app, hosts=exposure.hosts, origins=exposure.origins)


class _Servers:
    """The servers by path, kept because each prepares its list of tools once."""

    def __init__(self, server_for: ServerFor) -> None:
        self._server_for = server_for
        self._kept: dict[str, Server[Any]] = {}

    def at(self, scope: Scope) -> Server[Any] | None:
        path: str = scope["path_params"].get("path", "")
        if path in self._kept:
            return self._kept[path]
        server = self._server_for(path)
        if server is not None:
            if len(self._kept) == _KEPT_SERVERS:
                del self._kept[next(iter(self._kept))]
            self._kept[path] = server
        return server


class _Streamable:
    """Streamable HTTP without sessions: whichever process is asked can answer."""

    def __init__(self, servers: _Servers, exposure: Exposure, reader: Reader) -> None:
        self._servers = servers
        self._reader = reader
        self._managers = Managers(exposure.max_body_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            # Without sessions there is no stream to get and nothing to delete.
            await refusal(405, "Use POST for MCP here.", {"Allow": "POST"})(scope, receive, send)
        elif (server := self._servers.at(scope)) is None:
            await _no_such_path(scope)(scope, receive, send)
        else:
            await self._negotiate(server, scope, receive, send)

    async def _negotiate(self, server: Server[Any], scope: Scope, receive: Receive, send: Send) -> None:
        takes = accepted(tuple([value for name, value in scope["headers"] if name == b"accept"]))
        if not (takes.json or takes.sse):
            message = "Answers are application/json or text/event-stream; the Accept header takes neither."
            await refusal(406, message)(scope, receive, send)
            return
        receiving = await receiving_message(scope, receive, send, self._reader)
        if receiving is None:
            return
        # The SDK reads the first line of Accept alone, and knows no weights: it is told what was found here.
        both = taking_both(scope)
        if takes.json and takes.sse:  # as the specification asks
            await self._serve(server, both, receiving, send)
        elif takes.json:
            await self._serve(server, both, receiving, send, json=True)
        else:
            await self._serve(server, both, receiving, as_stream(send))

    async def _serve(
        self, server: Server[Any], scope: Scope, receive: Receive, send: Send, *, json: bool = False
    ) -> None:
        if manager := self._managers.ready(server, scope, json=json):
            await manager.handle_request(scope, receive, send)
        else:
            async with self._managers.serving(server, scope, json=json) as prepared:
                await prepared.handle_request(scope, receive, send)


class _Stream:
    """The stream of an SSE client; what the client says comes to /messages/."""

    def __init__(self, servers: _Servers, transport: SseServerTransport, exposure: Exposure) -> None:
        self._servers = servers
        self._transport = transport
        self._ending = exposure.ending
        self._bounds = exposure.bounds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await refusal(405, "Open the stream with GET.", {"Allow": "GET"})(scope, receive, send)
        elif (server := self._servers.at(scope)) is None:
            await _no_such_path(scope)(scope, receive, send)
        else:
            async with self._transport.connect_sse(scope, receive, send) as (source, sink):
                await serve_stream(server, source, sink, self._ending, self._bounds)


def _no_such_path(scope: Scope) -> Response:
    return refusal(404, f"There are no tools at {scope['path']!r}; the whole set is at /mcp or /sse.")


async def _explain(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    message = f"There is no {request.url.path!r} here." if status == 404 else f"{request.method} is not served here."
    return refusal(status, message, dict(headers or {}))
