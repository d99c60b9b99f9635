"""Serves one client over stdin and stdout, so that each of its requests gets a true answer by the end.

When stdin ends, or the process is told to end, what is under way goes on for a while; new requests are refused. What
takes longer is given up, and answered with how far it came.
"""

import json
import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import anyio
from mcp.server import Server
from mcp.shared.message import SessionMessage
from mcp_types import (
    CONNECTION_CLOSED,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)

from outreach_mcp.protocol.envelopes import Unreadable, read_message, too_long
from outreach_mcp.protocol.unanswered import Unanswered
from outreach_mcp.stdio.wire import Line, Reader, Writer

_log = logging.getLogger(__name__)

GRACE_SECONDS = 5.0
"""How long calls in flight may go on when the process is told to end: as over HTTP."""

_INPUT_OVER_SECONDS = 45.0
"""How long when stdin has ended: a change takes 40 seconds at most (`api.client.DEADLINE`, `reconciliation.TIME`)."""

_SETTLE_SECONDS = 2.0
"""Seconds for answering the calls that were given up."""

_ENDING = -32000  # JSON-RPC leaves -32000 to -32019 to servers


class Session:
    """The connection with one client."""

    def __init__(
        self, source: int, sink: int, *, most_bytes: int, give_up: Callable[[], None], grace_seconds: float
    ) -> None:
        """Prepare to serve on two descriptors; `give_up` ends what is under way at Outreach."""
        self._reader = Reader(source, most_bytes)
        self._writer = Writer(sink, self._input_over)
        self._most_bytes = most_bytes
        self._give_up = give_up
        self._grace_seconds = grace_seconds
        self._unanswered = Unanswered()
        self._questions = set[RequestId]()
        self._to_server, self._from_client = anyio.create_memory_object_stream[SessionMessage | Exception](math.inf)
        self._is_ending = anyio.Event()
        self._is_told = False
        self._is_silent = False
        self._patience = anyio.CancelScope()

    async def serve(self, server: Server[Any]) -> None:
        """Serve until the end, however it comes."""
        async with anyio.create_task_group() as tasks:
            self._reader.start()
            tasks.start_soon(self._take)
            tasks.start_soon(self._wind_up, tasks.cancel_scope)
            await server.run(self._from_client, _Outbox(self._send), server.create_initialization_options())
            tasks.cancel_scope.cancel()
        await self._writer.flush(_SETTLE_SECONDS)

    def end(self) -> None:
        """End within the grace; told so once more, at once."""
        self._end_within(0 if self._is_told else self._grace_seconds)
        self._is_told = True

    async def _take(self) -> None:
        with suppress(anyio.EndOfStream):
            while True:
                await self._take_line(await self._reader.next())
        self._input_over()

    async def _take_line(self, line: Line) -> None:
        received = read_message(line) if isinstance(line, bytes) else too_long(line, self._most_bytes)
        if isinstance(received, Unreadable):
            received.note()
            await self._write(received.answer())
        elif isinstance(received, JSONRPCRequest) and self._is_ending.is_set():
            await self._refuse(received)
        elif received is not None:
            self._pass_on(received)

    def _pass_on(self, message: JSONRPCMessage) -> None:
        self._unanswered.came(message)
        if isinstance(message, JSONRPCResponse | JSONRPCError) and message.id is not None:
            self._questions.discard(message.id)
        self._tell_server(message)

    def _tell_server(self, message: JSONRPCMessage) -> None:
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):  # it has ended and needs no more
            self._to_server.send_nowait(SessionMessage(message))

    async def _refuse(self, request: JSONRPCRequest) -> None:
        said = "This server was told to end and takes no more requests: nothing was done."
        error = ErrorData(code=_ENDING, message=said)
        await self._write(_encoded(JSONRPCError(jsonrpc="2.0", id=request.id, error=error)))

    async def _send(self, message: JSONRPCMessage) -> None:
        """Send a message of the server's; what nobody can answer any more is answered here."""
        if isinstance(message, JSONRPCRequest):
            self._questions.add(message.id)
            if self._is_silent:
                self._expect_no_answers()
                return
        try:
            await self._writer.write(_encoded(message))
        finally:
            self._unanswered.went(message)

    async def _write(self, line: bytes) -> None:
        with suppress(anyio.BrokenResourceError):  # the writer has said so, and ends this
            await self._writer.write(line)

    def _input_over(self) -> None:
        self._end_within(_INPUT_OVER_SECONDS)
        self._expect_no_answers()

    def _expect_no_answers(self) -> None:
        """End the waiting for answers of the client: it says nothing more."""
        self._is_silent = True
        error = ErrorData(code=CONNECTION_CLOSED, message="the client has gone")
        while self._questions:
            answer = JSONRPCError(jsonrpc="2.0", id=self._questions.pop(), error=error)
            self._tell_server(answer)

    def _end_within(self, seconds: float) -> None:
        self._patience.deadline = min(self._patience.deadline, anyio.current_time() + seconds)
        self._is_ending.set()

    async def _wind_up(self, everything: anyio.CancelScope) -> None:
        await self._is_ending.wait()
        with self._patience:
            await self._unanswered.none()
            # Then the server's run is over, but for changes that were cancelled once they were sent.
            self._to_server.close()
            await anyio.sleep_forever()
        if self._unanswered.count:
            _log.warning("ended without waiting any longer for %d requests", self._unanswered.count)
        self._give_up()
        self._expect_no_answers()
        with anyio.move_on_after(_SETTLE_SECONDS):
            await self._unanswered.none()
        self._to_server.close()
        await anyio.sleep(_SETTLE_SECONDS)
        everything.cancel()


class _Outbox:
    """The stream that the SDK sends to."""

    def __init__(self, send: Callable[[JSONRPCMessage], Awaitable[None]]) -> None:
        self._send = send

    async def send(self, item: SessionMessage, /) -> None:
        await self._send(item.message)

    async def aclose(self) -> None:
        """Close nothing: the descriptor is not the SDK's."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.aclose()


def _encoded(message: JSONRPCMessage) -> bytes:
    try:
        return message.model_dump_json(by_alias=True, exclude_unset=True).encode()
    except ValueError:
        # Half a surrogate pair, which JSON can spell though UTF-8 cannot.
        return json.dumps(message.model_dump(by_alias=True, exclude_unset=True), separators=(",", ":")).encode()
