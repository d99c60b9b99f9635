"""What one caller may ask of the server: how many calls in a minute, how many at once, how many streams.

Calls in a minute are counted where every replica sees them when the store is a Redis; the rest is a matter of one
process. Callers are counted by a digest of who they are.
"""

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError

from outreach_mcp.callers import current_caller

_log = logging.getLogger(__name__)

_REDIS_SECONDS = 2.0
"""A call does not wait longer to be counted."""

_RETRY_SECONDS = 5.0
"""After a failure of Redis, until it is asked again."""


@dataclass(frozen=True, slots=True)
class Allowances:
    """The numbers: calls of one caller in a minute and at once, and streams of all callers at once."""

    calls_per_minute: int = 120
    concurrent_calls: int = 10
    sse_connections: int = 100


def caller_key() -> str:
    """Return what the caller of the request that is being answered is counted under."""
    caller = current_caller()
    return "the one user" if caller is None else hashlib.sha256(caller.subject.encode()).hexdigest()[:32]


class Slots:
    """How many things of each caller are under way, and of all together."""

    def __init__(self, of_each: int, of_all: int | None = None) -> None:
        self._of_each = of_each
        self._of_all = of_all
        self._taken = Counter[str]()
        self._all = 0

    def is_full(self) -> bool:
        """Tell whether all callers together have as many as there may be."""
        return self._of_all is not None and self._all >= self._of_all

    def take(self, key: str) -> bool:
        """Take one for a caller; tell whether there was one left."""
        if self._taken[key] >= self._of_each or self.is_full():
            return False
        self._taken[key] += 1
        self._all += 1
        return True

    def release(self, key: str) -> None:
        """Give one back."""
        self._all -= 1
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]


class Rate:
    """Counts the calls of each caller in a minute that begins with the first of them.

    While Redis cannot be asked each process counts by itself: a limit that fails must not stop what it protects.
    """

    def __init__(
        self, calls_per_minute: int, store: str | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Count in the Redis at `store`, in this process without one."""
        self._item = RateLimitItemPerMinute(calls_per_minute, namespace="calls")
        self._here = FixedWindowRateLimiter(MemoryStorage())
        self._pool = None if store is None else _pool(store)
        self._shared = None if store is None else FixedWindowRateLimiter(_counted_in(store, self._pool))
        self._clock = clock
        self._asked_again_at = 0.0

    async def spend(self, key: str) -> int | None:
        """Count a call; return None when it may be made, else in how many seconds one may be."""
        if self._shared is not None and self._clock() >= self._asked_again_at:
            try:
                return await self._spend(self._shared, key)
            except StorageError as error:
                self._note_failure(error)
        return await self._spend(self._here, key)

    def _note_failure(self, error: StorageError) -> None:
        if self._clock() < self._asked_again_at:
            return  # another call has found it out
        self._asked_again_at = self._clock() + _RETRY_SECONDS
        # Not its text: it may name the address, with the password.
        cause = type(error.storage_error).__name__
        _log.warning("calls per minute are counted by each process for itself: Redis failed (%s)", cause)

    async def aclose(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _spend(self, limiter: FixedWindowRateLimiter, key: str) -> int | None:
        if await limiter.hit(self._item, key):
            return None
        window = await limiter.get_window_stats(self._item, key)
        return max(1, ceil(window.reset_time - time.time()))  # limits reckons by this clock


def _pool(url: str) -> Any:
    # Imported here: not every server has a Redis, nor the extra that brings its client.
    from redis.asyncio import ConnectionPool  # noqa: PLC0415 - see above
    from redis.asyncio.retry import Retry  # noqa: PLC0415 - see above
    from redis.backoff import NoBackoff  # noqa: PLC0415 - see above

    pool: Any = ConnectionPool  # redis types half of it
    return pool.from_url(
        url,
        socket_connect_timeout=_REDIS_SECONDS,
        socket_timeout=_REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def _counted_in(url: str, pool: Any) -> Storage:
    return RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix="outreach-mcp:limits",
        connection_pool=pool,
    )
