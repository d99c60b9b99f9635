"""The two descriptors that MCP is spoken over, the lines on them, and the threads that wait for them.

Each has a thread of its own that nothing waits for: one that reads cannot be woken before the client's next line, nor
one that writes before the client reads.
"""

import asyncio
import logging
import math
import os
import select
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from typing import TypeAlias

import anyio

from outreach_mcp.io.json_text import Outline

_log = logging.getLogger(__name__)

_CHUNK = 64 * 1024

_AHEAD = 4
"""Lines that are read before they are asked for; each may be as long as any."""

Line: TypeAlias = bytes | Outline
"""One line without its end; of one that was too long, what little was kept."""


@contextmanager
def own_descriptors() -> Generator[tuple[int, int]]:
    """Give descriptors of stdin and stdout that nobody else in the process has.

    Meanwhile stdin is empty and stdout is stderr for everything else, so that a stray print spoils no message.
    """
    source, sink = _private(0), _private(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    _put(nothing, 0)
    try:
        _put(2, 1)
    except OSError:  # there is no stderr
        _put(nothing, 1)
    os.close(nothing)
    try:
        yield source, sink
    finally:
        _put(source, 0)
        _put(sink, 1)


class Lines:
    """The lines of a stream of bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._begun = bytearray()
        self._outline: Outline | None = None

    def feed(self, data: bytes) -> Iterator[Line]:
        """Take the next bytes, and give the lines that end in them."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._grow(end)
            yield self._line()
        self._grow(rest)

    def end(self) -> Iterator[Line]:
        """Give the last line, if its end is missing."""
        if self._begun or self._outline:
            yield self._line()

    def _grow(self, data: bytes) -> None:
        if self._outline is None and len(self._begun) + len(data) > self._most_bytes:
            self._outline = Outline()
            self._outline.feed(bytes(self._begun))
            self._begun.clear()
        if self._outline is None:
            self._begun += data
        else:
            self._outline.feed(data)

    def _line(self) -> Line:
        line = self._outline or bytes(self._begun)
        self._begun.clear()
        self._outline = None
        return line


class Reader:
    """Reads the lines of one descriptor."""

    def __init__(self, descriptor: int, most_bytes: int) -> None:
        """Prepare; reading begins with `start`."""
        self._descriptor = descriptor
        self._most_bytes = most_bytes
        self._loop = asyncio.get_running_loop()
        self._room = threading.Semaphore(_AHEAD)
        self._put, self._lines = anyio.create_memory_object_stream[Line](math.inf)

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    async def next(self) -> Line:
        """Return the next line; raises `EndOfStream` after the last."""
        line = await self._lines.receive()
        self._room.release()
        return line

    def _read(self) -> None:
        lines = Lines(self._most_bytes)
        while data := self._some():
            for line in lines.feed(data):
                self._hand_over(line)
        for line in lines.end():
            self._hand_over(line)
        _call(self._loop, self._put.close)

    def _hand_over(self, line: Line) -> None:
        self._room.acquire()
        _call(self._loop, partial(self._put.send_nowait, line))

    def _some(self) -> bytes:
        while True:
            try:
                return os.read(self._descriptor, _CHUNK)
            except BlockingIOError:  # whoever shares the pipe may have made it so
                select.select([self._descriptor], [], [])
            except OSError:  # a terminal that is gone
                return b""


class Writer:
    """Writes lines to one descriptor, one after the other."""

    def __init__(self, descriptor: int, when_gone: Callable[[], None]) -> None:
        """Prepare; `when_gone` is called once nobody reads any more."""
        self._descriptor = descriptor
        self._when_gone = when_gone
        self._loop = asyncio.get_running_loop()
        self._is_gone = False
        self._waiting = SimpleQueue[tuple[bytes, asyncio.Future[None]]]()
        threading.Thread(target=self._write_all, name="stdout", daemon=True).start()

    async def write(self, line: bytes) -> None:
        """Write a line, to which its end is added; raises `BrokenResourceError` when nobody reads any more."""
        written = self._loop.create_future()
        self._waiting.put((line + b"\n", written))
        await written
        if self._is_gone:
            raise anyio.BrokenResourceError

    async def flush(self, seconds: float) -> None:
        """Wait until everything is written, for so many seconds at most."""
        written = self._loop.create_future()
        self._waiting.put((b"", written))
        with anyio.move_on_after(seconds):
            await written

    def _write_all(self) -> None:
        while True:
            data, written = self._waiting.get()
            try:
                self._write(data)
            except OSError as error:
                _call(self._loop, partial(self._gone, error))
            _call(self._loop, partial(_done, written))

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                select.select([], [self._descriptor], [])

    def _gone(self, error: OSError) -> None:
        if not self._is_gone:
            self._is_gone = True
            _log.warning("nobody reads the answers any more: %s", error.strerror)
            self._when_gone()


def _done(written: asyncio.Future[None]) -> None:
    if not written.done():  # who waited for it may have been cancelled
        written.set_result(None)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], object]) -> None:
    with suppress(RuntimeError):  # the loop is closed: the server has ended
        loop.call_soon_threadsafe(function)


def _private(descriptor: int) -> int:
    copies = [os.dup(descriptor)]
    while copies[-1] <= 2:  # where one of the three is closed the copy would take its place
        copies.append(os.dup(descriptor))
    for copy in copies[:-1]:
        os.close(copy)
    return copies[-1]


def _put(source: int, target: int) -> None:
    os.dup2(source, target)
    if sys.platform == "win32":  # programs that are started take these from elsewhere
        from mcp.os.win32.utilities import rebind_std_handle_to_fd  # noqa: PLC0415 - there is none on other systems

        with suppress(OSError):
            rebind_std_handle_to_fd(target)
