"""Serves MCP to its clients: over stdio, or over HTTP."""

import gc
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
from mcp.server import Server
from mcp.server.stdio import stdio_server

from outreach_mcp.settings import Settings

if TYPE_CHECKING:  # over stdio nobody should wait for it
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from outreach_mcp.identity.identification import Identification


_ANY = 10**9
"""As many as anybody could make."""


async def serve_stdio(server: Server, close: Callable[[], Awaitable[None]]) -> None:
    """Serve one client over stdin and stdout until it closes stdin, or the process is told to end; then `close`.

    The client's first request decides the protocol's era.
    """
    _spare_pauses()
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_end_on_signal, close)
            async with stdio_server() as (read_stream, write_stream):
                await server.run(read_stream, write_stream, server.create_initialization_options())
            tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await close()


async def serve_http(
    server_for: Callable[[str], Server[Any] | None],
    settings: Settings,
    listener: socket.socket,
    *,
    when_listening: Callable[[], None],
    close: Callable[[], Awaitable[None]],
    identification: "Identification | None" = None,
    pages_of: "Callable[[Callable[[ASGIApp], ASGIApp]], Sequence[BaseRoute]] | None" = None,
    ping: Callable[[], None] | None = None,
) -> None:
    """Serve clients on `listener`, over the transports that `settings` name, until the process is told to end.

    `server_for` gives the server of a path (see `outreach_mcp.http.endpoints.ServerFor`); `identification` tells
    callers apart, on a server for many, `pages_of` gives its pages, of what lets in callers only, and `ping` raises an
    exception when their store cannot be used. Calls in flight get a few seconds to finish; then `close`.
    """
    # Imported here: over stdio nobody should wait for it.
    from outreach_mcp.http.allowances import Allowances  # noqa: PLC0415 - see above
    from outreach_mcp.http.authentication import Access, CallerGuard  # noqa: PLC0415 - see above
    from outreach_mcp.http.bounds import Bounds  # noqa: PLC0415 - see above
    from outreach_mcp.http.endpoints import Exposure, build_http_app  # noqa: PLC0415 - see above
    from outreach_mcp.http.health import metrics_routes  # noqa: PLC0415 - see above
    from outreach_mcp.http.protected_resource import ProtectedResource  # noqa: PLC0415 - see above
    from outreach_mcp.http.serving import HttpServer  # noqa: PLC0415 - see above

    access: Access | None = None
    pages: Sequence[BaseRoute] = ()
    if identification is not None:
        access = Access(identification, ProtectedResource(settings.public_url or "", settings.auth_issuer))
        pages = pages_of(partial(CallerGuard, access=access)) if pages_of else ()

    # One user takes nothing from anybody.
    calls = (_ANY, _ANY) if access is None else (settings.calls_per_minute, settings.concurrent_calls)
    allowances = Allowances(*calls, settings.sse_connections)
    bounds = Bounds.of(allowances, None if access is None else settings.redis_url)
    exposure = Exposure(
        http=settings.transport in ("http", "http+sse"),
        sse=settings.transport in ("sse", "http+sse"),
        hosts=(*settings.allowed_hosts, *_own_names(settings)),
        # A proxy may say another Host than browsers do.
        origins=(*settings.allowed_origins, *_own_origin(settings)),
        key=settings.key,
        access=access,
        cors=settings.allowed_origins,
        pages=(*metrics_routes(), *pages),
        max_body_bytes=settings.max_body_bytes,
        bounds=bounds,
        ping=ping,
    )
    app = build_http_app(server_for, exposure)
    _spare_pauses()
    try:
        await HttpServer(
            app, ending=exposure.ending, when_listening=when_listening, drain_seconds=settings.drain_seconds
        ).serve([listener])
    finally:
        with anyio.CancelScope(shield=True):
            await bounds.rate.aclose()
            await close()


def _own_names(settings: Settings) -> tuple[str, ...]:
    listening = f"[{settings.host}]" if ":" in settings.host else settings.host
    return (listening, urlsplit(settings.public_url).netloc) if settings.public_url else (listening,)


def _own_origin(settings: Settings) -> tuple[str, ...]:
    parts = urlsplit(settings.public_url or "")
    return (f"{parts.scheme}://{parts.netloc}",) if settings.public_url else ()


def _spare_pauses() -> None:
    # What the start made stays for good: out of the collector's sight it costs no pauses while serving (70 to 200 ms
    # at p99 of tools/list otherwise). Collecting first would cost 60 ms and find under a thousand objects of 130,000.
    gc.freeze()
    gc.enable()


async def _end_on_signal(close: Callable[[], Awaitable[None]]) -> None:
    if sys.platform == "win32":  # its event loop takes no signal handlers
        return
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for number in signals:
            await close()
            # The thread that reads stdin cannot be woken: any other end would wait for the client's next line.
            os._exit(128 + number)
