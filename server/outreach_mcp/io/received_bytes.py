"""Counts every byte that comes on a connection for one request, also of what no body holds and no answer shows.

A server may say `100 Continue` without end, or send chunks whose extensions or trailers never end: what reads HTTP
takes all of that, and hands nothing of it on.
"""

import ssl
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from operator import attrgetter
from typing import Any

import httpcore
import httpx

_SocketOptions = Iterable[tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]]


class Left:
    """How many bytes may still come for one request."""

    __slots__ = ("_left", "_most")

    def __init__(self, most: int) -> None:
        """Begin with so many."""
        self._left = self._most = most

    def add(self, more: int) -> None:
        """Let so many more come."""
        self._left += more
        self._most += more

    def take(self, came: int) -> None:
        """Take account of so many. Raises `httpcore.RemoteProtocolError` when they are too many."""
        self._left -= came
        if self._left < 0:
            raise httpcore.RemoteProtocolError(f"more than {self._most:,} bytes came in answer to one request")


_current: ContextVar[Left | None] = ContextVar("left", default=None)


@contextmanager
def at_most(most_bytes: int) -> Generator[Left]:
    """Let so many bytes come for what is asked in this block, on a client that counts; more is a protocol error."""
    left = Left(most_bytes)
    token = _current.set(left)
    try:
        yield left
    finally:
        _current.reset(token)


_TRANSPORTS, _POOL, _BACKEND = attrgetter("_transport", "_mounts"), attrgetter("_pool"), "_network_backend"
"""The attributes that hold what makes connections: httpcore lets us pass one, and httpx does not hand it on."""


def count_on(client: httpx.AsyncClient) -> None:
    """Make a client count on each connection that it opens, through proxies too."""
    transport, mounts = _TRANSPORTS(client)
    for each in (transport, *mounts.values()):
        if isinstance(each, httpx.AsyncHTTPTransport):
            pool = _POOL(each)
            setattr(pool, _BACKEND, _Counting(getattr(pool, _BACKEND)))


class _Counting(httpcore.AsyncNetworkBackend):
    """Makes connections that count."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
        local_address: str | None = None,
        socket_options: _SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return _Counted(await self._inner.connect_tcp(host, port, timeout, local_address, socket_options))

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
        socket_options: _SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return _Counted(await self._inner.connect_unix_socket(path, timeout, socket_options))

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Counted(httpcore.AsyncNetworkStream):
    """A connection on which what comes is counted for the request that reads it."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        data = await self._inner.read(max_bytes, timeout)
        left = _current.get()
        if left is not None:
            left.take(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
    ) -> httpcore.AsyncNetworkStream:
        return _Counted(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
