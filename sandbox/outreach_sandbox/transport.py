"""The transports between the sandbox and its clients.

Dropped connections and cut answers become what a client sees of them: in the same process by `SandboxTransport`, an
httpx transport, on a port by `on_a_port`, around the app. Around it are also `counted` and `dated`, for the time.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach_sandbox.clock import CountingClock
from outreach_sandbox.faults import ConnectionDroppedError


class SandboxTransport(httpx.ASGITransport):
    """Like `httpx.ASGITransport`, but a connection that the sandbox drops is one: httpx's own errors come out.

    Raises `httpx.RemoteProtocolError` for a request without an answer, and while reading an answer that is cut.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask the sandbox."""
        try:
            response = await super().handle_async_request(request)
        except ConnectionDroppedError as dropped:
            message = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(message, request=request) from dropped
        announced = int(response.headers.get("content-length", 0)) if request.method != "HEAD" else 0
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - the transport is asynchronous
        stream = _Announced(response.stream, announced, request)
        return httpx.Response(response.status_code, headers=response.headers, stream=stream)


def on_a_port(app: ASGIApp) -> ASGIApp:
    """Return the app with a dropped connection as an answer that begins and never ends.

    ASGI knows no other way to close a connection: the server does it when an app stops in the middle of a body.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ConnectionDroppedError:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})

    return serve


def counted(app: ASGIApp, clock: CountingClock) -> ASGIApp:
    """Return the app with each request counted by the clock that it takes the time from."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        finally:
            clock.count()

    return serve


def dated(app: ASGIApp, clock: Callable[[], datetime]) -> ASGIApp:
    """Return the app with the time of its clock as the `Date` of each answer.

    A client finds records of its own by it, and the date of the machine would lead it to another day.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(clock().astimezone(UTC), usegmt=True).encode()
                message = {**message, "headers": [*message.get("headers", ()), (b"date", date)]}
            await send(message)

        await app(scope, receive, send_dated)

    return serve


class _Announced(httpx.AsyncByteStream):
    """A body that ends in an error when there is less of it than its Content-Length says."""

    def __init__(self, inner: httpx.AsyncByteStream, announced: int, request: httpx.Request) -> None:
        self._inner = inner
        self._announced = announced
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for part in self._inner:
            received += len(part)
            yield part
        if received < self._announced:
            message = (
                "peer closed connection without sending complete message body "
                f"(received {received} bytes, expected {self._announced})"
            )
            raise httpx.RemoteProtocolError(message, request=self._request)

    async def aclose(self) -> None:
        await self._inner.aclose()
