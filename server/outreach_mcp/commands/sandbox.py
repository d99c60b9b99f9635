"""`outreach-mcp sandbox`: the embedded Outreach on a port."""

import signal
import socket
import sqlite3
import sys
from datetime import datetime, timedelta
from types import FrameType

import anyio
import httpx
import uvicorn

from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.http.listening import CannotListenError, listen, url_of
from outreach_mcp.io.http_client import HttpClient
from outreach_mcp.io.progress import line_of_stderr, watched
from outreach_mcp.io.streams import OutputLostError, show
from outreach_mcp.settings.settings import Settings
from outreach_sandbox.access import Access
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.clock import midnight, running_clock
from outreach_sandbox.deliveries import PATIENCE, Delivery
from outreach_sandbox.labels import CustomFields
from outreach_sandbox.organisation import LARGE_SCALE, demo_organisation
from outreach_sandbox.organisation.custom_fields import custom_fields_of
from outreach_sandbox.store import Store
from outreach_sandbox.transport import dated, on_a_port


def run_sandbox(
    settings: Settings, where: tuple[str, int], *, token: str, database: str | None, clock: Clock = MACHINE
) -> int:
    """Serve the sandbox until SIGINT or SIGTERM; prints its base URL to stdout once it listens.

    `where` is host and port, 0 for a free one; `token` is the access token it accepts; `database` is the file that
    keeps its records, None for memory; `clock` is what its own clock goes by. Raises `UsageError` when it cannot listen
    there or cannot use the file, which holds nothing later than the day that the settings name, and `OutputLostError`
    when its URL cannot be printed.
    """
    host, port = where
    try:
        listener = listen(host, port, public=True)
    except CannotListenError as error:
        raise UsageError(str(error)) from error
    with listener:
        store, start = _opened(settings, database, clock)
        # A day that was named goes on by itself, and so does what has got ahead of the present.
        goes_on = settings.sandbox_today or start > clock.now()
        world = running_clock(start, clock.monotonic) if goes_on else clock.now
        try:
            url = f"{url_of(host, listener)}/api/v2"
            app = build_sandbox(
                store,
                tokens={token: Access()},
                clock=world,
                base_url=url,
                control=True,
                custom_fields=CustomFields(custom_fields_of(settings.sandbox_number)),
                deliver=_deliver,
            )
            config = uvicorn.Config(dated(on_a_port(app), world), log_level="warning", date_header=False)
            signal.signal(signal.SIGTERM, _end)
            server = _Announcing(config, url)
            anyio.run(server.serve, [listener])
            if server.lost is not None:
                raise server.lost
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
        self.lost: OutputLostError | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        try:
            show(self._url, done="the sandbox was started and ended again")
        except OutputLostError as lost:  # nobody would find it
            self.lost = lost
            self.should_exit = True


async def _deliver(delivery: Delivery) -> None:
    """Tell the receiver of a webhook on this machine. Raises `OSError` where no answer comes; any status is one."""
    http = HttpClient(delivery.url, timeout=PATIENCE)
    try:
        request = http.request("POST", delivery.url, content=delivery.body, headers=delivery.headers)
        await http.send(request, within=PATIENCE)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(str(error)) from error
    finally:
        await http.aclose()


def _end(_: int, __: FrameType | None) -> None:
    # uvicorn winds down first, then raises the signal again.
    sys.exit(0)


def _opened(settings: Settings, database: str | None, clock: Clock) -> tuple[Store, datetime]:
    """Return the records, and the moment at which their world goes on: after all that has happened in it."""
    today = settings.sandbox_today or clock.now().date()
    start = midnight(today)
    try:
        store = Store(database or ":memory:")
        if store.is_empty():
            scale = settings.sandbox_scale
            records = demo_organisation(settings.sandbox_number, scale, today=today)
            store.load(watched(records, "Filling the sandbox", line_of_stderr() if scale >= LARGE_SCALE else None))
        elif last := store.last_change():
            start = max(start, datetime.fromisoformat(last) + timedelta(seconds=1))
    except sqlite3.Error as error:
        raise UsageError(f"cannot use {database} as the sandbox's database: {error}") from error
    if start.date() > today:
        store.close()
        day = f"--today {today}" if settings.sandbox_today else f"today, {today},"
        raise UsageError(
            f"{database} holds changes of {start.date()}, and {day} is before that: choose --today {start.date()} or a "
            "later day, or another file"
        )
    return store, start
