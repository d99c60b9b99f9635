"""Places for requests that are under way at once; whoever waits for one is served by urgency, fairly, then by turn."""

from collections import Counter
from dataclasses import dataclass, field

import anyio


@dataclass(slots=True, eq=False)
class _Waiter:
    caller: str
    background: bool
    served: anyio.Event = field(default_factory=anyio.Event)


class Slots:
    """A number of places, of which one caller has `share` at most.

    The last `share` of them go only to callers who have none: so many slow requests of a few callers let everybody
    else through all the same.
    """

    def __init__(self, size: int, share: int | None = None) -> None:
        """Give out `size` places, all of them to one caller where there is no `share`."""
        share = size if share is None else share
        if not 1 <= share <= size:
            raise ValueError(f"there must be at least one place, and no caller has more than all: {share} of {size}")
        self._free = size
        self._share = share
        self._kept = share if share < size else 0
        self._taken = Counter[str]()
        self._waiting: list[_Waiter] = []

    @property
    def free(self) -> int:
        """How many places nobody holds."""
        return self._free

    async def acquire(self, *, background: bool, within: float, caller: str = "") -> bool:
        """Take a place; return False when none became free within so many seconds."""
        if self._may_have_one(caller):
            self._take(caller)
            return True
        mine = _Waiter(caller, background)
        self._waiting.append(mine)
        try:
            with anyio.move_on_after(within):
                await mine.served.wait()
        except BaseException:
            # Cancelled: a place that was handed over meanwhile goes to the next.
            if mine.served.is_set():
                self.release(caller)
            raise
        finally:
            if not mine.served.is_set():
                self._waiting.remove(mine)
        return mine.served.is_set()

    def release(self, caller: str = "") -> None:
        """Give a place back, to the next who waits if there is one."""
        self._free += 1
        self._taken[caller] -= 1
        if not self._taken[caller]:
            del self._taken[caller]
        while (following := self._next()) is not None:
            self._waiting.remove(following)
            self._take(following.caller)
            following.served.set()

    def _next(self) -> _Waiter | None:
        """Return who is next: whoever has the fewest places of those who wait urgently, else of the others."""
        able = [waiter for waiter in self._waiting if self._may_have_one(waiter.caller)]
        return min(able, key=lambda waiter: (waiter.background, self._taken[waiter.caller]), default=None)

    def _may_have_one(self, caller: str) -> bool:
        taken = self._taken[caller]
        return taken < self._share and self._free > (self._kept if taken else 0)

    def _take(self, caller: str) -> None:
        self._free -= 1
        self._taken[caller] += 1
