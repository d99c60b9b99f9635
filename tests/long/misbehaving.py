"""A server on a socket that does to its connections what proxies, gateways and networks do.

It stands before the sandbox: a request names in `X-Behaviour` what is to become of it. What a name begins with says
whether the sandbox gets to see the request: `lost_…` never, `done_…` before the connection breaks, `late_…` long after.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TypeAlias

import httpx

HEADER = "X-Behaviour"

LATE = 45.0
"""Seconds after which a late request is served: when its caller has given up."""

_FOREVER = 1_000.0

_Answer: TypeAlias = tuple[int, list[tuple[str, str]], bytes]


@dataclass(frozen=True, slots=True)
class Misbehaving:
    """The server's ports: one that reads requests, one that closes what it accepts, one where nobody listens."""

    port: int
    closing_port: int
    dead_port: int


@dataclass(slots=True)
class _Conversation:
    """One connection and what it leads to."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sandbox: httpx.AsyncBaseTransport
    now: Callable[[], datetime]
    late: set[asyncio.Task[_Answer]] = field(default_factory=set[asyncio.Task[_Answer]])

    async def serve(self) -> None:
        while (request := await self._read()) is not None:
            behaviour = request.headers.pop(HEADER, "serve")
            if not await _BEHAVIOURS[behaviour](self, request):
                return

    async def _read(self) -> httpx.Request | None:
        try:
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers = httpx.Headers([(name, value) for name, _, value in (line.partition(": ") for line in lines)])
        body = await self.reader.readexactly(int(headers.get("Content-Length", "0")))
        return httpx.Request(method, f"https://{headers['Host']}{target}", headers=headers, content=body)

    async def ask(self, request: httpx.Request) -> _Answer:
        response = await self.sandbox.handle_async_request(request)
        content = await response.aread()
        headers = [(name, value) for name, value in response.headers.items() if name.lower() != "content-length"]
        return response.status_code, headers, content

    async def answer(self, answer: _Answer, *, length: int | None = None, content: bytes | None = None) -> None:
        status, headers, whole = answer
        size = len(whole) if length is None else length
        date = format_datetime(self.now(), usegmt=True)
        lines = [*headers, ("content-length", str(size)), ("date", date)]
        text = "".join(f"{name}: {value}\r\n" for name, value in lines)
        self.writer.write(f"HTTP/1.1 {status} Some Words\r\n{text}\r\n".encode())
        self.writer.write(whole if content is None else content)
        await self.writer.drain()

    def reset(self) -> None:
        found: socket.socket = self.writer.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.close()


Behaviour: TypeAlias = Callable[[_Conversation, httpx.Request], Awaitable[bool]]
"""Deals with one request; tells whether the connection stays open."""


async def _serve(talk: _Conversation, request: httpx.Request) -> bool:
    await talk.answer(await talk.ask(request))
    return True


async def _close(_: _Conversation, __: httpx.Request) -> bool:
    return False


async def _reset(talk: _Conversation, _: httpx.Request) -> bool:
    talk.reset()
    return False


async def _silent(_: _Conversation, __: httpx.Request) -> bool:
    await asyncio.sleep(_FOREVER)
    return False


async def _portal(talk: _Conversation, _: httpx.Request) -> bool:
    await talk.answer((200, [("content-type", "text/html")], b"<html><body>Please log in to the Wi-Fi</body></html>"))
    return True


async def _redirect(talk: _Conversation, _: httpx.Request) -> bool:
    await talk.answer((302, [("location", "https://login.example/")], b""))
    return True


async def _then_close(talk: _Conversation, request: httpx.Request) -> bool:
    await talk.ask(request)
    return False


async def _then_reset(talk: _Conversation, request: httpx.Request) -> bool:
    await talk.ask(request)
    talk.reset()
    return False


async def _then_silent(talk: _Conversation, request: httpx.Request) -> bool:
    await talk.ask(request)
    await asyncio.sleep(_FOREVER)
    return False


async def _then_half(talk: _Conversation, request: httpx.Request) -> bool:
    whole = await talk.ask(request)
    await talk.answer(whole, content=whole[2][: len(whole[2]) // 2])
    return False


async def _then_half_head(talk: _Conversation, request: httpx.Request) -> bool:
    await talk.ask(request)
    talk.writer.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
    await talk.writer.drain()
    return False


async def _then_garbage(talk: _Conversation, request: httpx.Request) -> bool:
    await talk.ask(request)
    talk.writer.write(b"\x16\x03\x01\x00\xa5\x01 SSH-2.0-OpenSSH_9.6\r\n\r\n")
    await talk.writer.drain()
    return False


async def _then_too_short_a_length(talk: _Conversation, request: httpx.Request) -> bool:
    whole = await talk.ask(request)
    await talk.answer(whole, length=max(len(whole[2]) - 7, 0))
    return True  # what is left over lies in the connection, before the next answer


async def _then_too_long_a_length(talk: _Conversation, request: httpx.Request) -> bool:
    whole = await talk.ask(request)
    await talk.answer(whole, length=len(whole[2]) + 7)
    return False


async def _then_broken_json(talk: _Conversation, request: httpx.Request) -> bool:
    status, headers, content = await talk.ask(request)
    await talk.answer((status, headers, content[:-2] or b"{"))
    return True


async def _slowly(talk: _Conversation, request: httpx.Request) -> bool:
    whole = await talk.ask(request)
    await talk.answer(whole, content=b"")
    for start in range(0, len(whole[2]), step := max(len(whole[2]) // 8, 1)):
        await asyncio.sleep(0.4)
        talk.writer.write(whole[2][start : start + step])
        await talk.writer.drain()
    return True


async def _drop_by_drop(talk: _Conversation, request: httpx.Request) -> bool:
    whole = await talk.ask(request)
    await talk.answer(whole, content=b"")
    for byte in whole[2]:
        await asyncio.sleep(5)
        talk.writer.write(bytes([byte]))
        await talk.writer.drain()
    return True


async def _late(talk: _Conversation, request: httpx.Request) -> bool:
    async def serve() -> _Answer:
        await asyncio.sleep(LATE)
        return await talk.ask(request)

    task = asyncio.create_task(serve())
    talk.late.add(task)
    await asyncio.sleep(_FOREVER)
    return False


def _after(status: int) -> Behaviour:
    async def behave(talk: _Conversation, request: httpx.Request) -> bool:
        await talk.ask(request)
        await talk.answer((status, [("content-type", "text/html")], b"<html><body>Bad gateway</body></html>"))
        return True

    return behave


def _limited(status: int, form: Callable[[datetime], str]) -> Behaviour:
    async def behave(talk: _Conversation, _: httpx.Request) -> bool:
        headers = [("retry-after", form(talk.now())), ("content-type", "text/plain")]
        await talk.answer((status, headers, b"try again later"))
        return True

    return behave


_SOON = timedelta(seconds=4)

_BEHAVIOURS: dict[str, Behaviour] = {
    "serve": _serve,
    "lost_closed": _close,
    "lost_reset": _reset,
    "lost_silent": _silent,
    "lost_portal": _portal,
    "lost_redirect": _redirect,
    "lost_429_seconds": _limited(429, lambda _: "3"),
    "lost_429_epoch": _limited(429, lambda now: str(int((now + _SOON).timestamp()))),
    "lost_429_http_date": _limited(429, lambda now: format_datetime(now + _SOON, usegmt=True)),
    "lost_429_iso": _limited(429, lambda now: f"{now + _SOON:%Y-%m-%dT%H:%M:%SZ}"),
    "lost_429_nonsense": _limited(429, lambda _: "a while"),
    "lost_503_http_date": _limited(503, lambda now: format_datetime(now + _SOON, usegmt=True)),
    "done_closed": _then_close,
    "done_reset": _then_reset,
    "done_silent": _then_silent,
    "done_half": _then_half,
    "done_half_head": _then_half_head,
    "done_garbage": _then_garbage,
    "done_length_too_short": _then_too_short_a_length,
    "done_length_too_long": _then_too_long_a_length,
    "done_broken_json": _then_broken_json,
    "done_502": _after(502),
    "done_503": _after(503),
    "done_504": _after(504),
    "done_slowly": _slowly,
    "done_drop_by_drop": _drop_by_drop,
    "late_silent": _late,
}

BEHAVIOURS = tuple(name for name in _BEHAVIOURS if name != "serve")
"""The behaviours that a request may ask for in `X-Behaviour`, beside `serve`."""


@asynccontextmanager
async def misbehaving(sandbox: httpx.AsyncBaseTransport, now: Callable[[], datetime]) -> AsyncGenerator[Misbehaving]:
    """Serve on loopback until the block ends; what is late by then is served before it does."""
    late: set[asyncio.Task[_Answer]] = set()
    talking: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talking.add(task)
        try:
            await _Conversation(reader, writer, sandbox, now, late).serve()
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client was faster, or the server ends
        finally:
            talking.discard(task)
            writer.close()

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        open_server = await asyncio.start_server(converse, "127.0.0.1", 0, limit=2**24)
        closing_server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        ports = (open_server.sockets[0].getsockname()[1], closing_server.sockets[0].getsockname()[1])
        try:
            yield Misbehaving(*ports, unused.getsockname()[1])
        finally:
            await asyncio.gather(*late)
            for task in tuple(talking):
                task.cancel()
            await asyncio.gather(*talking)
            for server in (open_server, closing_server):
                server.close()
                await server.wait_closed()
