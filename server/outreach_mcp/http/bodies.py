"""Bounds what the bodies of all requests together hold, and reads large ones off the event loop."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import anyio
import anyio.to_thread
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach_mcp.http.allowances import caller_key
from outreach_mcp.http.guard import refusal
from outreach_mcp.http.shutdown import Ending

MOST_TOGETHER = 32 * 1024 * 1024
"""Bytes of body at once; what is read from them takes several times as much."""

_SMALL = 16 * 1024
"""Bytes that are read faster than a thread is started: most messages are shorter."""

_READERS = 2

_Value = TypeVar("_Value")


@dataclass(eq=False, slots=True)
class Held:
    """The share of one body."""

    key: str
    weight: int
    scope: anyio.CancelScope
    is_ended: bool = False


class Weights:
    """How much bodies hold, those of each caller and all together; without `of_each` one may hold all."""

    def __init__(self, of_each: int | None, of_all: int) -> None:
        self.of_each = of_each
        self.of_all = of_all
        self.coming: dict[Held, None] = {}
        """The shares of bodies that are not complete yet, the oldest first."""
        self._held = Counter[str]()
        self._all = 0

    @classmethod
    def of_bodies(cls, max_body_bytes: int, *, are_many: bool) -> "Weights":
        """Return the bounds of bodies of up to so many bytes; of many callers each has a quarter."""
        together = max(MOST_TOGETHER, max_body_bytes)
        return cls(max(together // 4, max_body_bytes) if are_many else None, together)

    def is_full(self, weight: int) -> bool:
        """Return whether all callers together hold so much that this is too much."""
        return self._all + weight > self.of_all

    def is_over_share(self, key: str, weight: int) -> bool:
        """Return whether a caller holds so much that this is too much."""
        return self.of_each is not None and self._held[key] + weight > self.of_each

    def take(self, key: str, weight: int) -> bool:
        """Take so much for a caller; return whether there was as much left."""
        if self.is_full(weight) or self.is_over_share(key, weight):
            return False
        self._held[key] += weight
        self._all += weight
        return True

    def release(self, key: str, weight: int) -> None:
        """Give it back."""
        self._all -= weight
        self._held[key] -= weight
        if not self._held[key]:
            del self._held[key]


class BodyBound:
    """An ASGI application that refuses bodies beyond what all (503), or those of one caller (429), may hold at once.

    What has one is dropped at the end of the server (503).

    A body counts with the length that it was announced with, in chunks with the most that one may have, from before it
    is read until the request is answered. Where there are too many, those give way that are not there yet, the oldest
    first. It stands behind the identification of callers: others have no bodies read.
    """

    def __init__(self, app: ASGIApp, weights: Weights, max_body_bytes: int, ending: Ending) -> None:
        self._app = app
        self._ending = ending
        self._weights = weights
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        weight = self._weight_of(scope)
        if not weight:
            await self._app(scope, receive, send)
            return
        key = caller_key()
        if self._weights.is_over_share(key, weight):
            message = f"The bodies of your requests at once may have {self._weights.of_each} bytes."
            await _later(429, message)(scope, receive, send)
            return
        while self._weights.is_full(weight) and self._weights.coming:
            self._end_oldest()
        if self._weights.take(key, weight):
            await self._serve(key, weight, scope, receive, send)
        else:
            message = f"The bodies of all requests at once may have {self._weights.of_all} bytes."
            await _later(503, message)(scope, receive, send)

    async def _serve(self, key: str, weight: int, scope: Scope, receive: Receive, send: Send) -> None:
        coming, unfinished = self._weights.coming, None  # whether more of the answer has to follow, once it has begun

        async def noting() -> Message:
            message = await receive()
            if not message.get("more_body", False):
                coming.pop(held, None)
            return message

        async def sending(message: Message) -> None:
            nonlocal unfinished
            unfinished = message["type"] == "http.response.start" or message.get("more_body", False)
            await send(message)

        # One scope for both, as each costs a cheap call a hundredth.
        with self._ending.droppable() as serving:
            held = Held(key, weight, serving)
            coming[held] = None
            try:
                await self._app(scope, noting, sending)
            finally:
                coming.pop(held, None)
                if not held.is_ended:
                    self._weights.release(key, weight)
        if not serving.cancelled_caught:
            return
        if held.is_ended:
            message = "Too many requests have an unfinished body, and this one has waited longest."
            await _later(503, message)(scope, receive, send)
        elif unfinished is None:
            await refusal(503, "The server was told to end before it had an answer.")(scope, receive, send)
        elif unfinished:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _end_oldest(self) -> None:
        # Of a request whose body is not there nothing has been done, and nothing was answered.
        held = next(iter(self._weights.coming))
        del self._weights.coming[held]
        held.is_ended = True
        self._weights.release(held.key, held.weight)
        held.scope.cancel()

    def _weight_of(self, scope: Scope) -> int:
        headers = dict(scope["headers"])
        length: bytes | None = headers.get(b"content-length")
        if length is not None:
            return int(length)  # the bound of single bodies has read it before
        return self._max_body_bytes if b"transfer-encoding" in headers else 0


def _later(status: int, message: str) -> Response:
    return refusal(status, f"{message} Try again in 1 s.", {"Retry-After": "1"})


class Reader:
    """Reads bodies: small ones at once, others in a thread, so that the event loop goes on."""

    def __init__(self) -> None:
        self._threads = anyio.CapacityLimiter(_READERS)

    async def read(self, function: Callable[[bytes], _Value], body: bytes) -> _Value:
        """Return what a function makes of a body."""
        if len(body) <= _SMALL:
            return function(body)
        return await anyio.to_thread.run_sync(function, body, limiter=self._threads)
