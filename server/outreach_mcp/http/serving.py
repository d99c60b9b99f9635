"""Runs the HTTP application until the process is told to end."""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from outreach_mcp.http.crowd import Admission, Crowd, Room
from outreach_mcp.http.last_connections import refuse_new_connections
from outreach_mcp.http.shutdown import Ending
from outreach_mcp.http.slow_clients import Patience, PatientProtocol, Watch, wait_for_first_requests
from outreach_mcp.io.interrupts import ending_signals

GRACE_SECONDS = 5
"""How long calls in flight may go on when the server is told to end."""

MAX_HEAD_BYTES = 32 * 1024
"""Of a request's line and headers; a token with many claims takes a few thousand."""

_SETTLE_SECONDS = 1.0
"""Seconds for answering the calls that were given up."""

_TAKEN_AT_ONCE = 64
"""Connections that are taken in one turn of the loop, before any is judged."""

_QUEUED = 2048
"""Connections that the kernel has ready."""

_KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept: longer than balancers keep theirs, so that it is they who close them. One that
is closed by the server just when a call is sent over it costs that call."""

_HANDSHAKE_SECONDS = 0.2
"""For connections that are being established when no more are taken."""

_FIRST_REQUEST_SECONDS = 1
"""For the request of a connection that was taken as the last."""


_OF_STRANGERS = "Invalid HTTP request received."
"""The line that uvicorn logs for each, without the sender or the contents; the sender is answered."""


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Return whether a line of uvicorn's is one that strangers cannot cause as often as they like."""
    return record.getMessage() != _OF_STRANGERS


class HttpServer(uvicorn.Server):
    """Serves one application; SIGINT, SIGTERM and SIGHUP end it, a second one at once.

    First it drains for `drain_seconds`: it says that it is not ready, and each answer closes its connection, but calls
    are served as before. Ending, it takes no new connections, lets calls in flight finish for `grace_seconds`, then
    gives them up, and drops what is not answered even so.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        ending: Ending,
        when_listening: Callable[[], None],
        grace_seconds: int = GRACE_SECONDS,
        drain_seconds: float = 0,
        patience: Patience = Patience(),  # noqa: B008 - it is frozen
        room: Room = Room(),  # noqa: B008 - it is frozen
    ) -> None:
        """Prepare to serve `app`, which learns from `ending` that the server ends."""
        logging.getLogger("uvicorn.error").addFilter(_is_worth_a_line)
        crowd = Crowd(room)
        protocol: Any = partial(PatientProtocol, crowd=crowd, max_head_bytes=MAX_HEAD_BYTES)  # uvicorn only calls it
        super().__init__(
            uvicorn.Config(
                Admission(app, crowd),
                http=protocol,
                lifespan="off",
                ws="none",
                log_config=None,  # ours stands: to stderr, without a line per request
                log_level="warning",
                access_log=False,
                proxy_headers=False,  # nothing is decided by where a request comes from
                server_header=False,
                backlog=_TAKEN_AT_ONCE,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                # For what does not even end when it is dropped.
                timeout_graceful_shutdown=grace_seconds + 2,
            )
        )
        self._grace_seconds = grace_seconds
        self._drain_seconds = drain_seconds
        self._drained_at = 0.0
        self._ending = ending
        self._when_listening = when_listening
        self._watch = Watch(patience)

    def stop(self) -> None:
        """End the server, after draining; called again, without either."""
        self.force_exit = self.should_exit or self._ending.draining
        if self._drain_seconds and not self.force_exit:
            self._ending.draining = True
        else:
            self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, then say so."""
        await super().startup(sockets)
        for listener in sockets or []:
            listener.listen(_QUEUED)  # asyncio has one number for this and for what it takes at once
        self._when_listening()

    async def on_tick(self, counter: int) -> bool:
        """Do what is done ten times a second, and return whether to end."""
        self._watch.look(self.server_state.connections)
        if self._ending.draining:
            now = asyncio.get_running_loop().time()
            if not self._drained_at:
                self._drained_at = now + self._drain_seconds
                # Here uvicorn takes the headers of every answer from.
                self.config.encoded_headers.append((b"connection", b"close"))
                counter = 0
            self.should_exit = self.should_exit or now >= self._drained_at
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, wait for those that there are, and drop what takes too long."""
        if self._ending.draining and not self.force_exit:
            await self._take_last_connections(sockets or [])
        self._ending.asked.set()
        loop, settling = asyncio.get_running_loop(), 0.0
        timers: list[asyncio.TimerHandle] = []
        if self._ending.give_up is not None:
            timers.append(loop.call_later(self._grace_seconds, self._ending.give_up))
            settling = _SETTLE_SECONDS
        timers.append(loop.call_later(self._grace_seconds + settling, self._ending.drop))
        await super().shutdown(sockets)
        for timer in timers:
            timer.cancel()

    async def _take_last_connections(self, listeners: list[socket.socket]) -> None:
        for listener in listeners:
            refuse_new_connections(listener)
        await asyncio.sleep(_HANDSHAKE_SECONDS)
        wait_for_first_requests(self.server_state.connections, _FIRST_REQUEST_SECONDS)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """End the server on a signal, without raising the signal again afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        # A plain function: sse-starlette cuts every stream, calls in flight included, once it finds a uvicorn server
        # that ends, and it looks for one behind the handler of SIGTERM (3.7.0, `_get_uvicorn_server`).
        def stop(_: int, __: FrameType | None) -> None:
            self.stop()

        before = {number: signal.signal(number, stop) for number in ending_signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
