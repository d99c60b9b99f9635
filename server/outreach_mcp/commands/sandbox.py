"""`outreach-mcp sandbox`: the embedded Outreach on a port."""

import signal
import socket
import sqlite3
import sys
from datetime import UTC, datetime
from types import FrameType

import anyio
import uvicorn

from outreach_mcp.commands.usage import UsageError
from outreach_mcp.sandbox.access import Access
from outreach_mcp.sandbox.app import build_sandbox
from outreach_mcp.sandbox.organisation import demo_organisation
from outreach_mcp.sandbox.store import Store
from outreach_mcp.settings import Settings


def run_sandbox(settings: Settings, where: tuple[str, int], *, token: str, database: str | None) -> int:
    """Serve the sandbox until SIGINT or SIGTERM; prints its base URL to stdout once it listens.

    `where` is host and port, 0 for a free one; `token` is the access token it accepts; `database` is the file that
    keeps its records, None for memory. Raises `UsageError` when it cannot listen there or cannot use the file.
    """
    host, port = where
    listener = _listen(host, port)
    with listener:
        store = _store(settings, database)
        try:
            url = f"http://{_in_url(host)}:{listener.getsockname()[1]}/api/v2"
            app = build_sandbox(store, tokens={token: Access()}, base_url=url)
            config = uvicorn.Config(app, log_level="warning")
            signal.signal(signal.SIGTERM, _end)
            anyio.run(_Announcing(config, url).serve, [listener])
        except KeyboardInterrupt:  # how it is ended by hand
            pass
        finally:
            store.close()
    return 0


class _Announcing(uvicorn.Server):
    """A server that prints its URL when it has begun to listen."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self._url, flush=True)


def _end(_: int, __: FrameType | None) -> None:
    # uvicorn winds down first, then raises the signal again.
    sys.exit(0)


def _listen(host: str, port: int) -> socket.socket:
    try:
        # Bound by hand: a socket that does not name its protocol, as `socket.create_server` makes it, keeps Nagle's
        # algorithm under asyncio, and every answer takes 40 ms longer (`asyncio.base_events._set_nodelay`).
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        listener = socket.socket(family, kind, protocol)
        if sys.platform != "win32":  # there it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen()
        except OSError:
            listener.close()
            raise
    except OSError as error:
        reason = f"cannot listen on {host} port {port}: {error.strerror}"
        raise UsageError(f"{reason}; choose another --port (0 is a free one)") from error
    return listener


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _store(settings: Settings, database: str | None) -> Store:
    try:
        store = Store(database or ":memory:")
        if store.is_empty():
            today = datetime.now(UTC).date()
            store.load(demo_organisation(settings.sandbox_number, settings.sandbox_scale, today=today))
    except sqlite3.Error as error:
        raise UsageError(f"cannot use {database} as the sandbox's database: {error}") from error
    return store
