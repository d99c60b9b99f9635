"""Bounds what the bodies of all requests together hold, and reads large ones off the event loop."""

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

from outreach_mcp.http.allowances import caller_key
from outreach_mcp.http.guard import refusal

MOST_TOGETHER = 32 * 1024 * 1024
"""Bytes; what is made of a body takes several times as much."""

_SMALL = 16 * 1024
"""Bytes that are read faster than a thread is told to: most messages are shorter."""

_READERS = 2

_Value = TypeVar("_Value")


class Weights:
    """How much of something each caller holds, and all together."""

    def __init__(self, of_each: int, of_all: int) -> None:
        self.of_each = of_each
        self.of_all = of_all
        self._held = Counter[str]()
        self._all = 0

    @classmethod
    def of_bodies(cls, max_body_bytes: int, *, are_many: bool) -> "Weights":
        """Return the bounds of bodies of up to so many bytes; of many callers each has a quarter."""
        together = max(MOST_TOGETHER, max_body_bytes)
        return cls(max(together // 4, max_body_bytes) if are_many else together, together)

    def is_full(self, weight: int) -> bool:
        """Tell whether all callers together hold so much that this is too much."""
        return self._all + weight > self.of_all

    def take(self, key: str, weight: int) -> bool:
        """Take so much for a caller; tell whether there was as much left."""
        if self.is_full(weight) or self._held[key] + weight > self.of_each:
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

    A body counts with the length that it was announced with, in chunks with the most that one may have, from before it
    is read until the request is answered. It stands behind what tells callers apart: others have no bodies read.
    """

    def __init__(self, app: ASGIApp, weights: Weights, max_body_bytes: int) -> None:
        self._app = app
        self._weights = weights
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        weight = self._weight_of(scope)
        if not weight:
            await self._app(scope, receive, send)
            return
        key = caller_key()
        if self._weights.is_full(weight):
            message = f"The bodies of all requests at once may have {self._weights.of_all} bytes. Try again in 1 s."
            await refusal(503, message, {"Retry-After": "1"})(scope, receive, send)
        elif not self._weights.take(key, weight):
            message = f"The bodies of your requests at once may have {self._weights.of_each} bytes. Try again in 1 s."
            await refusal(429, message, {"Retry-After": "1"})(scope, receive, send)
        else:
            try:
                await self._app(scope, receive, send)
            finally:
                self._weights.release(key, weight)

    def _weight_of(self, scope: Scope) -> int:
        headers = dict(scope["headers"])
        length: bytes | None = headers.get(b"content-length")
        if length is not None:
            return int(length)  # the bound of single bodies has read it before
        return self._max_body_bytes if b"transfer-encoding" in headers else 0


class Reader:
    """Reads bodies: small ones at once, others in a thread, so that the event loop goes on."""

    def __init__(self) -> None:
        self._threads = anyio.CapacityLimiter(_READERS)

    async def read(self, function: Callable[[bytes], _Value], body: bytes) -> _Value:
        """Return what a function makes of a body."""
        if len(body) <= _SMALL:
            return function(body)
        return await anyio.to_thread.run_sync(function, body, limiter=self._threads)
