"""Shared state in Redis: for any number of processes on any number of machines.

Redis has to keep what it was given (`appendonly yes`, `appendfsync always`, no eviction): a refresh token that it
loses in a crash is spent, and its caller has to connect again.
"""

from collections.abc import Callable
from math import ceil
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from outreach_mcp.callers.state.errors import StateStoreError

_PREFIX = "outreach-mcp:"
"""The prefix of every name, as a Redis is often shared with other programs."""

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
"""A Redis answers within milliseconds; whoever waits for it holds up a person."""

_REPLACE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
"""

_DELETE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""


class RedisStore:
    """A `StateStore` in the Redis at `url`; a connection that broke is opened again by the next method."""

    def __init__(self, url: str) -> None:
        """Prepare; nothing is sent yet."""
        parts = urlsplit(url)
        self._shown = f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}{parts.path}"
        # Nothing is sent twice by itself: of a step whose answer was lost nobody knows whether it was done, and the
        # second would be told that somebody else was faster.
        self._redis: Any = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - redis types half of it
            url,
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def get(self, name: str) -> bytes | None:
        """Return a value, None when there is none."""
        value: bytes | None = self._asked(self._redis.get, _PREFIX + name)
        return value

    def set(self, name: str, value: bytes, ttl: float | None = None) -> None:
        """Store a value, whatever was there."""
        self._asked(self._redis.set, _PREFIX + name, value, px=_milliseconds(ttl))

    def add(self, name: str, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is none; return whether it was stored."""
        return bool(self._asked(self._redis.set, _PREFIX + name, value, px=_milliseconds(ttl), nx=True))

    def replace(self, name: str, expected: bytes, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is exactly the expected one; return whether it was stored."""
        end = _milliseconds(ttl) or ""
        return bool(self._asked(self._redis.eval, _REPLACE, 1, _PREFIX + name, expected, value, end))

    def take(self, name: str) -> bytes | None:
        """Remove a value and return it, None when there is none."""
        value: bytes | None = self._asked(self._redis.getdel, _PREFIX + name)
        return value

    def delete(self, name: str, expected: bytes | None = None) -> bool:
        """Remove a value, only the expected one if that is given; return whether it was there."""
        if expected is None:
            return bool(self._asked(self._redis.delete, _PREFIX + name))
        return bool(self._asked(self._redis.eval, _DELETE, 1, _PREFIX + name, expected))

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin with `prefix`, sorted."""
        pattern = "".join(f"\\{letter}" if letter in "*?[]\\" else letter for letter in _PREFIX + prefix)
        found: list[bytes] = self._asked(self._scan, f"{pattern}*")
        return sorted({name.decode().removeprefix(_PREFIX) for name in found})

    def ping(self) -> None:
        """Raise `StateStoreError` when Redis does not answer."""
        self._asked(self._redis.ping)

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _scan(self, pattern: str) -> list[bytes]:
        return list(self._redis.scan_iter(match=pattern, count=1000))

    def _asked(self, ask: Callable[..., Any], *arguments: object, **options: object) -> Any:
        try:
            return ask(*arguments, **options)
        except redis.RedisError as error:
            raise self._fault(error) from None  # the cause may name the password

    def _fault(self, error: redis.RedisError) -> StateStoreError:
        # Nothing of what the other side said: it may repeat the password, in whatever spelling.
        cause = error.__cause__ or error.__context__
        system = f": {cause.strerror}" if isinstance(cause, OSError) and cause.strerror else ""
        return StateStoreError(
            f"The store {self._shown} cannot be used ({type(error).__name__}{system}). Try again; if it stays so, see "
            "whether Redis runs and whether OUTREACH_MCP_STORE is its address."
        )


def _milliseconds(ttl: float | None) -> int | None:
    return None if ttl is None else ceil(ttl * 1000)
