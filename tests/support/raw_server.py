"""A server that answers with whatever bytes a test wants, right or wrong as HTTP."""

import re
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel
from anyio.abc import SocketAttribute, SocketStream

Sent = bytes | Callable[[], AsyncIterable[bytes]]
"""The bytes sent after a request: so many, or those that come one after the other."""

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(slots=True)
class RawServer:
    """The requests that came, and the answers: each in turn, the last one for ever."""

    url: str
    answers: list[Sent]
    requests: list[bytes] = field(default_factory=list[bytes])
    connections: int = 0
    sent: int = 0
    _came: anyio.Event = field(default_factory=anyio.Event)

    async def connected(self, times: int) -> None:
        """Wait until so many connections were made."""
        while self.connections < times:
            await self._came.wait()

    async def serve(self, stream: SocketStream) -> None:
        """Sent what comes on one connection until it is closed."""
        self.connections += 1
        self._came.set()
        self._came = anyio.Event()
        async with stream:
            try:
                while True:
                    self.requests.append(await _request(stream))
                    answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                    async for part in _parts(answer):
                        await stream.send(part)
                        self.sent += len(part)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
                return


@asynccontextmanager
async def raw_server(*answers: Sent) -> AsyncGenerator[RawServer]:
    """Serve on a free port of this machine."""
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        port = listener.extra(SocketAttribute.local_port)
        it = RawServer(f"http://127.0.0.1:{port}", list(answers))
        tasks.start_soon(listener.serve, it.serve)
        yield it
        tasks.cancel_scope.cancel()


def answer(
    body: bytes = b"{}", *, status: str = "200 OK", headers: Iterable[tuple[str, str]] = (), length: int | None = None
) -> bytes:
    """Return an answer, with a length of its own if that is to be wrong."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers), "", ""]).encode() + body


async def silence() -> AsyncGenerator[bytes]:
    """Send nothing."""
    await anyio.sleep_forever()
    yield b""


async def dripping_head() -> AsyncGenerator[bytes]:
    """Send a head that never ends, byte by byte."""
    for byte in b"HTTP/1.1 200 OK\r\nX: ":
        yield bytes([byte])
    while True:
        await anyio.lowlevel.checkpoint()
        yield b"x"


async def dripping_body() -> AsyncGenerator[bytes]:
    """Send a body that never ends, byte by byte."""
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        await anyio.lowlevel.checkpoint()
        yield b"1\r\n \r\n"


async def endless_body() -> AsyncGenerator[bytes]:
    """Send a body that never ends, as fast as it is taken."""
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"10000\r\n" + b" " * 0x10000 + b"\r\n"


async def endless_head() -> AsyncGenerator[bytes]:
    """Send headers without end, as fast as they are taken."""
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: " + b"x" * 1000 + b"\r\n"


async def endless_go_on() -> AsyncGenerator[bytes]:
    """Say without end that the request may go on."""
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n" * 1000


async def endless_hints() -> AsyncGenerator[bytes]:
    """Send heads without end that come before an answer."""
    while True:
        yield (b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 1000 + b"\r\n\r\n") * 10


async def endless_extensions() -> AsyncGenerator[bytes]:
    """Send chunks of one byte each, with long extensions, without end."""
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield (b"1;" + b"x" * 1000 + b"\r\n \r\n") * 10


async def endless_small_chunks() -> AsyncGenerator[bytes]:
    """Send chunks of one byte each, with long sizes, without end."""
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"00000000000000000001\r\n \r\n" * 1000


async def endless_trailers() -> AsyncGenerator[bytes]:
    """Send trailers without end."""
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    while True:
        yield (b"X-More: " + b"x" * 1000 + b"\r\n") * 10


async def _request(stream: SocketStream) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += await stream.receive()
    stated = _LENGTH.search(received)
    whole = received.index(b"\r\n\r\n") + 4 + (int(stated[1]) if stated else 0)
    while len(received) < whole:
        received += await stream.receive()
    return received


async def _parts(answer: Sent) -> AsyncGenerator[bytes]:
    if isinstance(answer, bytes):
        yield answer
        return
    async for part in answer():
        yield part
