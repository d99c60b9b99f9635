"""Serves one SSE stream, and ends it without losing an answer."""

from contextvars import Context
from types import TracebackType
from typing import Any, Protocol, Self

import anyio
from mcp.server import Server
from mcp.shared.message import SessionMessage
from mcp_types import ErrorData, JSONRPCError, JSONRPCMessage, JSONRPCRequest

from outreach_mcp.http.allowances import caller_key
from outreach_mcp.http.bounds import Bounds
from outreach_mcp.http.shutdown import Ending
from outreach_mcp.protocol.unanswered import Unanswered

_TOO_MANY = -32000  # JSON-RPC leaves -32000 to -32019 to servers


class _Source(Protocol):
    """The source of a connection's messages."""

    async def receive(self) -> SessionMessage | Exception: ...
    async def aclose(self) -> None: ...


class _Sink(Protocol):
    """The destination of a connection's answers."""

    async def send(self, item: SessionMessage, /) -> None: ...
    async def aclose(self) -> None: ...


async def serve_stream(
    server: Server[Any], source: _Source, sink: _Sink, ending: Ending, bounds: Bounds | None = None
) -> None:
    """Serve one connection until its client leaves, or until the server is to end and every request is answered.

    A request beyond what `bounds` let its caller have at once is answered with an error.
    """
    calls = _Calls(bounds)

    async def end_in_time(scope: anyio.CancelScope) -> None:
        await ending.asked.wait()
        await calls.unanswered.none()
        scope.cancel()

    try:
        with ending.droppable():
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(end_in_time, tasks.cancel_scope)
                inbox, outbox = _Inbox(source, sink, calls), _Outbox(sink, calls)
                await server.run(inbox, outbox, server.create_initialization_options())
                tasks.cancel_scope.cancel()
    finally:
        calls.unanswered.forget()


class _Calls:
    """The requests of one connection that have no answer yet, held against the bounds."""

    def __init__(self, bounds: Bounds | None) -> None:
        self._bounds = bounds
        self._caller = caller_key()
        self.unanswered = Unanswered(self._release)

    def begin(self, message: JSONRPCMessage) -> JSONRPCError | None:
        """Take account of a message that came; return the answer to one that is not let through."""
        if isinstance(message, JSONRPCRequest) and self._bounds and not self._bounds.calls.take(self._caller):
            error = ErrorData(code=_TOO_MANY, message=self._bounds.too_many_at_once())
            return JSONRPCError(jsonrpc="2.0", id=message.id, error=error)
        self.unanswered.came(message)
        return None

    def _release(self) -> None:
        if self._bounds is not None:
            self._bounds.calls.release(self._caller)


class _Closing:
    """The other methods that the SDK needs of a stream: it closes, by itself or after a block."""

    def __init__(self, inner: _Source | _Sink) -> None:
        self._inner = inner

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.aclose()


class _Inbox(_Closing):
    """The messages of a connection, noted as they come."""

    def __init__(self, source: _Source, sink: _Sink, calls: _Calls) -> None:
        super().__init__(source)
        self._source = source
        self._sink = sink
        self._calls = calls

    @property
    def last_context(self) -> Context | None:
        """The context of who sent the last message, in which the SDK runs its handler."""
        return getattr(self._source, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        while True:
            item = await self._source.receive()
            refused = self._calls.begin(item.message) if isinstance(item, SessionMessage) else None
            if refused is None:
                return item
            await self._sink.send(SessionMessage(refused))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None


class _Outbox(_Closing):
    """The answers of a connection, noted once they were taken over for sending."""

    def __init__(self, sink: _Sink, calls: _Calls) -> None:
        super().__init__(sink)
        self._sink = sink
        self._calls = calls

    async def send(self, item: SessionMessage, /) -> None:
        await self._sink.send(item)
        self._calls.unanswered.went(item.message)
