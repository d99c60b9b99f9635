"""The way through a browser on this machine, which Outreach sends back to a port of it."""

import socket
import threading
import webbrowser
from collections.abc import Callable, Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

import anyio
import uvicorn

from outreach_mcp.api.tokens.authorization import ConsentRequest
from outreach_mcp.commands.login.callback import Callback
from outreach_mcp.commands.login.errors import LoginFailedError
from outreach_mcp.http.listening import CannotListenError, listen

MINUTES = 5
"""How long a user has for signing in and consenting."""

_LAST_PAGE_SECONDS = 3


def leads_here(redirect_uri: str) -> bool:
    """Return whether a redirect URI leads to a port of this machine without encryption, where a login can listen."""
    parts = urlsplit(redirect_uri)
    return parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")


def open_listener(redirect_uri: str) -> socket.socket:
    """Return a socket that listens where the redirect URI leads; raises `LoginFailedError`."""
    parts = urlsplit(redirect_uri)
    try:
        return listen(parts.hostname or "", parts.port or 80, public=False)
    except (CannotListenError, ValueError) as error:
        reason = str(error).partition(";")[0]
        raise LoginFailedError(
            f"the redirect URI {redirect_uri!r} leads to this machine, but {reason}. End what listens there, or log in "
            "with --paste."
        ) from error


async def code_by_browser(
    request: ConsentRequest,
    listener: socket.socket,
    *,
    tell: Callable[[str], None],
    open_browser: Callable[[str], object] | None = webbrowser.open,
    seconds: float = MINUTES * 60,
) -> str:
    """Open a browser, wait until Outreach sends it back to the listener, and return the code that it brings.

    `tell` shows a line to the user; without `open_browser` they open the address themselves. Raises
    `ConsentRefusedError`, and `LoginFailedError` when no answer has come after `seconds`.
    """
    callback = Callback(request)
    server = _Server(callback)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.serve, [listener])
        await server.listening.wait()
        if open_browser is None:
            tell(f"Open this address in a browser on this machine:\n\n  {callback.start_url}\n")
        else:
            tell(f"A browser opens. If none does, open this address on this machine:\n\n  {callback.start_url}\n")
            # A thread that nobody waits for: some browsers keep the command until they are closed.
            threading.Thread(target=open_browser, args=(callback.start_url,), daemon=True).start()
        with anyio.move_on_after(seconds):
            await callback.answered.wait()
        if callback.answered.is_set():
            with anyio.move_on_after(_LAST_PAGE_SECONDS):
                await callback.shown.wait()
        server.should_exit = True
    if not callback.answered.is_set():
        raise LoginFailedError(
            f"no answer came from Outreach within {seconds / 60:g} minutes. Run `outreach-mcp login` again; on a "
            "machine without a browser add --paste."
        )
    return callback.code()


class _Server(uvicorn.Server):
    """Serves one login; Ctrl-C ends the login, not just the server, and no address that it gets is logged."""

    def __init__(self, callback: Callback) -> None:
        super().__init__(
            uvicorn.Config(
                callback,
                lifespan="off",
                ws="none",
                log_config=None,
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self.listening = anyio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield
