"""The time, as everything that waits or reckons in this server is given it: one value, passed in."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import anyio

from outreach_tools.clock import utc_now


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock, which gives the time and lets it pass; without arguments, this machine's.

    `now` is the clock on the wall. `monotonic` counts seconds and only goes forward, from no moment in particular.
    `sleep` lets seconds pass, `block` does so in a thread that has nothing else to do.
    """

    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    block: Callable[[float], None] = time.sleep


MACHINE = Clock()
"""The clock of this machine: what everything goes by that is given no other."""
