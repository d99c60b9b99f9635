"""Serves MCP to its clients: over stdio, or over HTTP."""

import gc
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
from mcp.server import Server

from outreach_mcp.io.interrupts import ending_signals
from outreach_mcp.settings.settings import Settings
from outreach_mcp.stdio.session import GRACE_SECONDS, Session
from outreach_mcp.stdio.wire import own_descriptors

if TYPE_CHECKING:  # over stdio nobody should wait for it
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from outreach_mcp.callers.identity.identification import Identification


_ANY = 10**9
"""As many as anybody could make."""


@dataclass(frozen=True, slots=True)
class Outreach:
    """A server's part with Outreach: begins with what was left, gives up what is under way, then closes."""

    give_up: Callable[[], None]
    close: Callable[[], Awaitable[None]]
    begin: Callable[[], None] = lambda: None


async def serve_stdio(
    server: Server, outreach: Outreach, *, most_bytes: int, grace_seconds: float = GRACE_SECONDS
) -> int:
    """Serve one client over stdin and stdout until it closes stdin, or the process is told to end.

    The client's first request decides the protocol's era. A line may have `most_bytes`. Returns the exit code.
    """
    _spare_pauses()
    ended_by: list[int] = []
    try:
        with own_descriptors() as (source, sink):
            session = Session(
                source, sink, most_bytes=most_bytes, give_up=outreach.give_up, grace_seconds=grace_seconds
            )
            outreach.begin()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_end_on_signals, session, ended_by)
                await session.serve(server)
                tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await outreach.close()
    return 128 + ended_by[0] if ended_by else 0


async def serve_http(
    server_for: Callable[[str], Server[Any] | None],
    settings: Settings,
    listener: socket.socket,
    *,
    when_listening: Callable[[], None],
    outreach: Outreach,
    identification: "Identification | None" = None,
    pages_of: "Callable[[Callable[[ASGIApp], ASGIApp]], Sequence[BaseRoute]] | None" = None,
    ping: Callable[[], None] | None = None,
) -> None:
    """Serve clients on `listener`, over the transports that `settings` name, until the process is told to end.

    `server_for` gives the server of a path (see `outreach_mcp.http.endpoints.ServerFor`); `identification` identifies
    callers on a server for many, `pages_of` gives its pages, of what lets in callers only, and `ping` raises an
    exception when their store cannot be used. Calls in flight get a few seconds to finish.
    """
    # Imported here: over stdio nobody should wait for it.
    from outreach_mcp.http.allowances import Allowances  # noqa: PLC0415 - see above
    from outreach_mcp.http.authentication import Access, CallerGuard  # noqa: PLC0415 - see above
    from outreach_mcp.http.bounds import Bounds  # noqa: PLC0415 - see above
    from outreach_mcp.http.crowd import Room  # noqa: PLC0415 - see above
    from outreach_mcp.http.endpoints import Exposure, build_http_app  # noqa: PLC0415 - see above
    from outreach_mcp.http.health import metrics_routes  # noqa: PLC0415 - see above
    from outreach_mcp.http.listening import files_for  # noqa: PLC0415 - see above
    from outreach_mcp.http.protected_resource import ProtectedResource  # noqa: PLC0415 - see above
    from outreach_mcp.http.serving import HttpServer  # noqa: PLC0415 - see above
    from outreach_mcp.http.shutdown import Ending  # noqa: PLC0415 - see above

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
        ending=Ending(outreach.give_up),
    )
    app = build_http_app(server_for, exposure)
    _spare_pauses()
    outreach.begin()
    try:
        await HttpServer(
            app,
            ending=exposure.ending,
            when_listening=when_listening,
            drain_seconds=settings.drain_seconds,
            room=Room(files_for(Room().connections)),
        ).serve([listener])
    finally:
        with anyio.CancelScope(shield=True):
            await bounds.rate.aclose()
            await outreach.close()


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


async def _end_on_signals(session: Session, ended_by: list[int]) -> None:
    if sys.platform == "win32":  # its event loop takes no signal handlers
        return
    with anyio.open_signal_receiver(*ending_signals()) as signals:
        async for number in signals:
            ended_by.append(number)
            session.end()
