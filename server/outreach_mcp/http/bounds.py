"""Refuses what is too large, too often, or too much at once, each with an answer that says so and when to try again.

Sizes are bounded for every request. What a caller may do is bounded once callers are identified, so that nobody
spends what is another's.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach_mcp.callers.rate import Rate, SharedRate
from outreach_mcp.callers.state.errors import RedisExtraError
from outreach_mcp.http.allowances import Allowances, Slots, caller_key
from outreach_mcp.http.bodies import Reader
from outreach_mcp.http.guard import refusal
from outreach_mcp.http.streamable import OLD_VERSIONS
from outreach_mcp.io.json_text import JsonError, read_json
from outreach_mcp.protocol.envelopes import without_mark
from outreach_tools.json_values import is_array, is_object


class SizeBound:
    """An ASGI application that refuses heads (431) and bodies (413) that are too large."""

    def __init__(self, app: ASGIApp, *, max_head_bytes: int, max_body_bytes: int) -> None:
        self._app = app
        self._max_head_bytes = max_head_bytes
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on; of a body without a length no more is passed on than there may be."""
        length: bytes | None = None
        size = len(scope["raw_path"]) + len(scope["query_string"])
        for name, value in scope["headers"]:
            size += len(name) + len(value) + 4
            if name == b"content-length":
                length = value
        if size > self._max_head_bytes:
            message = f"The head of the request is larger than {self._max_head_bytes} bytes."
            await refusal(431, message)(scope, receive, send)
        elif length is not None and (len(length) > 18 or int(length) > self._max_body_bytes):  # digits: h11 has read it
            await self._too_large(scope, receive, send)
        else:
            is_bounded = length is not None or scope["method"] in {"GET", "HEAD"}
            # A client that leaves in the middle of a body is nothing to tell of.
            with suppress(ClientDisconnect):
                await (self._app if is_bounded else self._count)(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request whose body comes in chunks: when it grows too large, the rest seems to be cut off."""
        size = 0
        is_refused = has_begun = False

        async def counting() -> Message:
            nonlocal size, is_refused
            if is_refused:
                return {"type": "http.disconnect"}
            message = await receive()
            size += len(message.get("body", b""))
            if size <= self._max_body_bytes:
                return message
            is_refused = True
            if not has_begun:
                await self._too_large(scope, receive, send)
            return {"type": "http.disconnect"}

        async def unless_refused(message: Message) -> None:
            nonlocal has_begun
            if not is_refused:
                has_begun = True
                await send(message)

        await self._app(scope, counting, unless_refused)

    async def _too_large(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = f"The body of the request is larger than {self._max_body_bytes} bytes (OUTREACH_MCP_MAX_BODY_BYTES)."
        await refusal(413, message)(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The counts of the callers of one server: see `Allowances`."""

    allowances: Allowances
    rate: Rate
    calls: Slots
    """Calls under way, however they came."""
    posts: Slots
    """Messages of SSE clients that no stream has taken over yet."""
    streams: Slots

    @classmethod
    def of(cls, allowances: Allowances, store: str | None = None) -> "Bounds":
        """Begin to count; calls per minute in the Redis at `store`, if there is one. Raises `RedisExtraError`."""
        at_once = allowances.concurrent_calls
        return cls(
            allowances,
            Rate(allowances.calls_per_minute, None if store is None else _shared_rate(allowances, store)),
            Slots(at_once),
            Slots(at_once),
            Slots(at_once, allowances.sse_connections),
        )

    def too_many_at_once(self) -> str:
        """Return the message for a caller who has as many calls under way as allowed."""
        most = self.allowances.concurrent_calls
        return f"You have {most} calls under way, as many as one caller may have at once: wait until one has ended."


def _shared_rate(allowances: Allowances, store: str) -> SharedRate:
    try:
        from outreach_mcp.http.shared_rate import RedisRate  # noqa: PLC0415 - not every server has a Redis
    except ModuleNotFoundError as error:
        if error.name not in {"limits", "redis"}:
            raise
        raise RedisExtraError from None
    return RedisRate(allowances.calls_per_minute, store)


class CallBound:
    """An ASGI application that refuses calls (429) of a caller who makes too many, in a minute or at once.

    Only calls of tools count towards the minute; at once, whatever is posted.
    """

    def __init__(self, app: ASGIApp, bounds: Bounds, slots: Slots, reader: Reader) -> None:
        self._app = app
        self._bounds = bounds
        self._slots = slots
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        key = caller_key()
        if not self._slots.take(key):
            await _later(self._bounds.too_many_at_once(), 1)(scope, receive, send)
            return
        try:
            is_call, receive = await _looked_at(scope, receive, self._reader)
            seconds = await self._bounds.rate.spend(key) if is_call else None
            if seconds is None:
                await self._app(scope, receive, send)
            else:
                most = self._bounds.allowances.calls_per_minute
                message = f"You have made {most} calls within a minute, as many as one caller may."
                await _later(message, seconds)(scope, receive, send)
        finally:
            self._slots.release(key)


class StreamBound:
    """An ASGI application that refuses streams when there are too many: of all (503), or of one caller (429)."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        streams, key = self._bounds.streams, caller_key()
        if streams.is_full():
            message = "This server has no more streams to give: try again later, or use /mcp, which needs none."
            await refusal(503, message, {"Retry-After": "30"})(scope, receive, send)
        elif not streams.take(key):
            most = self._bounds.allowances.concurrent_calls
            message = f"You have {most} streams open, as many as one caller may: close one."
            await _later(message, 5)(scope, receive, send)
        else:
            try:
                await self._app(scope, receive, send)
            finally:
                streams.release(key)


def _later(message: str, seconds: int) -> Response:
    return refusal(429, f"{message} Try again in {seconds} s.", {"Retry-After": str(seconds)})


async def _looked_at(scope: Scope, receive: Receive, reader: Reader) -> tuple[bool, Receive]:
    """Return whether a request calls a tool, and what gives its body once more."""
    versions = [value for name, value in scope["headers"] if name == b"mcp-protocol-version"]
    methods = [value for name, value in scope["headers"] if name == b"mcp-method"]
    # Of two the SDK takes one, which need not be the one that is looked at here.
    if len(versions) == len(methods) == 1 and versions[0] not in OLD_VERSIONS:
        return methods[0] == b"tools/call", receive  # the SDK refuses a header that differs from the body
    taken: list[Message] = []
    body = bytearray()
    while True:
        message = await receive()
        taken.append(message)
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body", False):
            break

    async def again() -> Message:
        return taken.pop(0) if taken else await receive()

    return await reader.read(_is_call, bytes(body)), again


def _is_call(body: bytes) -> bool:
    try:
        message: Any = read_json(without_mark(body))
    except JsonError:  # it is refused before anything is called
        return False
    messages = message if is_array(message) else [message]
    return any(is_object(each) and each.get("method") == "tools/call" for each in messages)
