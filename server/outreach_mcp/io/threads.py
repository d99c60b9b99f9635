"""Threads for work that blocks, in one pool for each party: waiting for one takes no thread from the others.

Anyio's own pool is for what waits for nobody.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, TypeVarTuple

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

_Value = TypeVar("_Value")
_Arguments = TypeVarTuple("_Arguments")


@dataclass(frozen=True, slots=True)
class Pool:
    """So many threads at once for one kind of work; what comes on top waits for its turn."""

    name: str
    size: int

    async def run(self, work: Callable[[*_Arguments], _Value], *arguments: *_Arguments) -> _Value:
        """Do work in a thread. A cancelled caller leaves before it has begun or when it has ended, never in between."""
        return await anyio.to_thread.run_sync(work, *arguments, limiter=_limiter(self))

    @property
    def is_full(self) -> bool:
        """Whether work waits because every thread is taken."""
        return _limiter(self).statistics().tasks_waiting > 0


RENEWALS = Pool("renewals of access tokens", 32)
STORE = Pool("the store", 32)
JOURNAL = Pool("the journal", 8)
IDENTITY = Pool("the identity provider", 8)
SIGNING_IN = Pool("sign-ins at the identity provider", 8)
CONSENTS = Pool("consents at Outreach", 8)

READING = Pool("large answers", 2)
"""It takes a processor and waits for nobody, so it does not show who can be reached."""

FILES = Pool("files of records", 8)
"""It waits for the disk alone."""

POOLS = (RENEWALS, STORE, JOURNAL, IDENTITY, SIGNING_IN, CONSENTS)
"""A pool is as large as what it waits for can serve at once; all of them blocked are some hundred idle threads."""


def full_pools() -> tuple[str, ...]:
    """Return the names of the pools in which work waits for a thread."""
    return tuple(pool.name for pool in POOLS if pool.is_full)


class Flight(Generic[_Value]):
    """One piece of work at a time: callers that come meanwhile wait for it, and it ends even if all of them leave.

    `work` returns what came of it; an exception of it is one of every caller who waited.
    """

    def __init__(self, pool: Pool) -> None:
        """Name the pool that the work is done in."""
        self._pool = pool
        self._task: asyncio.Task[_Value] | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it is being done now."""
        return self._task is not None and not self._task.done()

    def start(self, work: Callable[[], _Value]) -> "asyncio.Task[_Value]":
        """Begin, unless it is under way, and return what ends with it."""
        task = self._task
        if task is None or task.done():
            task = self._task = asyncio.ensure_future(self._pool.run(work))
            task.add_done_callback(_look)
        return task

    async def join(self, work: Callable[[], _Value]) -> _Value:
        """Return the result of the work that is under way, or of this."""
        return await asyncio.shield(self.start(work))


def _look(task: "asyncio.Task[_Value]") -> None:
    if not task.cancelled():
        task.exception()  # it was told to who waited; if nobody did, it is nothing to warn of


_LIMITERS = RunVar[dict[str, anyio.CapacityLimiter]]("outreach_mcp_threads")


def _limiter(pool: Pool) -> anyio.CapacityLimiter:
    limiters = _LIMITERS.get(None)
    if limiters is None:
        limiters = dict[str, anyio.CapacityLimiter]()
        _LIMITERS.set(limiters)
    if pool.name not in limiters:
        limiters[pool.name] = anyio.CapacityLimiter(pool.size)
    return limiters[pool.name]
