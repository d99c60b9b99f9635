"""Places for requests that are under way at once; whoever waits for one is served by urgency, then by turn."""

from collections import deque

import anyio


class Slots:
    """A number of places, and two queues before them: one for people who wait, one for scans."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"there must be at least one place, not {size}")
        self._free = size
        self._urgent: deque[anyio.Event] = deque()
        self._patient: deque[anyio.Event] = deque()

    @property
    def free(self) -> int:
        """How many places nobody holds."""
        return self._free

    async def acquire(self, *, background: bool, within: float) -> bool:
        """Take a place; return False when none became free within so many seconds."""
        if self._free:
            self._free -= 1
            return True
        queue = self._patient if background else self._urgent
        mine = anyio.Event()
        queue.append(mine)
        try:
            with anyio.move_on_after(within):
                await mine.wait()
        except BaseException:
            # Cancelled: a place that was handed over meanwhile goes to the next.
            if mine.is_set():
                self.release()
            raise
        finally:
            if not mine.is_set():
                queue.remove(mine)
        return mine.is_set()

    def release(self) -> None:
        """Give a place back, to the next in the queue if there is one."""
        queue = self._urgent or self._patient
        if queue:
            queue.popleft().set()
        else:
            self._free += 1
