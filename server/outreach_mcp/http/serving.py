"""Runs the HTTP application until the process is told to end."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from outreach_mcp.http.ending import Ending

GRACE_SECONDS = 5
"""How long calls in flight may go on when the server is told to end."""


class HttpServer(uvicorn.Server):
    """Serves one application; SIGINT and SIGTERM end it, a second one at once.

    Ending, it takes no new connections, lets calls in flight finish for `grace_seconds`, then drops them.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        ending: Ending,
        when_listening: Callable[[], None],
        grace_seconds: int = GRACE_SECONDS,
    ) -> None:
        """Prepare to serve `app`, which learns from `ending` that the server ends."""
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                log_config=None,  # ours stands: to stderr, without a line per request
                log_level="warning",
                access_log=False,
                proxy_headers=False,  # nothing is decided by where a request comes from
                server_header=False,
                # For what does not even end when it is dropped.
                timeout_graceful_shutdown=grace_seconds + 1,
            )
        )
        self._grace_seconds = grace_seconds
        self._ending = ending
        self._when_listening = when_listening

    def stop(self) -> None:
        """End the server; called again, without grace."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, then say so."""
        await super().startup(sockets)
        self._when_listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, wait for those that there are, and drop what takes too long."""
        self._ending.asked.set()
        timer = asyncio.get_running_loop().call_later(self._grace_seconds, self._ending.drop)
        await super().shutdown(sockets)
        timer.cancel()

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

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
