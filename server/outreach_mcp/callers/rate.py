"""Limits how often each caller may do something in a minute.

It is counted where every replica sees it when the store is a Redis, in this process otherwise.
"""

import logging
from collections.abc import Callable
from math import ceil
from typing import Protocol

from outreach_mcp.clock import MACHINE, Clock

_log = logging.getLogger(__name__)

_MOST_WINDOWS = 10_000
"""With so many, those that have ended are forgotten: only callers whom an identity provider knows get one."""

_RETRY_SECONDS = 5.0
"""Seconds after a failure of the shared counter until it is asked again."""


class SharedRateError(Exception):
    """The counter that replicas share cannot be asked; the message does not say where it is."""


class SharedRate(Protocol):
    """Counts the calls of each caller in a minute where every replica sees them (`http.shared_rate.RedisRate`)."""

    async def spend(self, key: str) -> int | None:
        """Count a call; return None when it may be made, else in how many seconds one may be.

        Raises `SharedRateError`.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Rate:
    """Counts the calls of each caller in a minute that begins with the first of them.

    While the counter that replicas share cannot be asked, each process counts by itself: a limit that fails must not
    stop what it protects.
    """

    def __init__(
        self,
        calls_per_minute: int,
        shared: SharedRate | None = None,
        *,
        clock: Clock = MACHINE,
    ) -> None:
        """Count in the shared counter, or in this process without one."""
        self._here = _Windows(calls_per_minute, clock.monotonic)
        self._shared = shared
        self._clock = clock
        self._asked_again_at = 0.0

    async def spend(self, key: str) -> int | None:
        """Count a call; return None when it may be made, else in how many seconds one may be."""
        if self._shared is not None and self._clock.monotonic() >= self._asked_again_at:
            try:
                return await self._shared.spend(key)
            except SharedRateError as error:
                self._note_failure(error)
        return self._here.spend(key)

    async def aclose(self) -> None:
        """Close the connections to the shared counter."""
        if self._shared is not None:
            await self._shared.aclose()

    def _note_failure(self, error: SharedRateError) -> None:
        if self._clock.monotonic() < self._asked_again_at:
            return  # another call has found it out
        self._asked_again_at = self._clock.monotonic() + _RETRY_SECONDS
        _log.warning("calls per minute are counted by each process for itself: %s", error)


class _Windows:
    """The calls of each caller in a minute, in this process.

    Not with the library that counts in Redis: in memory it takes a lock and a timer for each call, which is a thirtieth
    of a cheap one.
    """

    def __init__(self, calls_per_minute: int, monotonic: Callable[[], float]) -> None:
        self._calls_per_minute = calls_per_minute
        self._monotonic = monotonic
        self._windows: dict[str, list[float]] = {}  # when each ends, and the calls in it

    def spend(self, key: str) -> int | None:
        """Count a call; return None when it may be made, else in how many seconds one may be."""
        now = self._monotonic()
        window = self._windows.get(key)
        if window is None or window[0] <= now:
            if len(self._windows) >= _MOST_WINDOWS:
                self._windows = {key: each for key, each in self._windows.items() if each[0] > now}
            self._windows[key] = [now + 60, 1]
            return None
        if window[1] >= self._calls_per_minute:
            return max(1, ceil(window[0] - now))
        window[1] += 1
        return None
