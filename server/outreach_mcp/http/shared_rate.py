"""Calls per minute counted in Redis, where every replica sees them; needs the extra `redis`."""

import time
from math import ceil
from typing import Any

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from outreach_mcp.callers.rate import SharedRateError

_REDIS_SECONDS = 2.0
"""Seconds that a call waits to be counted at most."""


class RedisRate:
    """A `SharedRate` in the Redis at a URL."""

    def __init__(self, calls_per_minute: int, url: str) -> None:
        """Prepare; nothing is sent yet."""
        pool: Any = ConnectionPool  # redis types half of it
        self._pool = pool.from_url(
            url,
            socket_connect_timeout=_REDIS_SECONDS,
            socket_timeout=_REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        storage = RedisStorage(
            f"async+{url}",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="outreach-mcp:limits",
            connection_pool=self._pool,
        )
        self._item = RateLimitItemPerMinute(calls_per_minute, namespace="calls")
        self._limiter = FixedWindowRateLimiter(storage)

    async def spend(self, key: str) -> int | None:
        """Count a call; see `SharedRate.spend`. Raises `SharedRateError` when Redis fails."""
        try:
            if await self._limiter.hit(self._item, key):
                return None
            window = await self._limiter.get_window_stats(self._item, key)
        except StorageError as error:
            # Not its text: it may name the address, with the password.
            raise SharedRateError(f"Redis failed ({type(error.storage_error).__name__})") from error
        return max(1, ceil(window.reset_time - time.time()))  # limits reckons by this clock

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()
