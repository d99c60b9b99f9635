"""An event loop whose time leaps: where everything waits, the next timer is due at once.

Half a minute of waiting for a deadline costs nothing, in the client, in the sandbox and in the servers that share the
loop; the order of events is that of real time. Sockets within the process are waited for as ever.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio

_Value = TypeVar("_Value")

_SHORTEST_LEAP = 1e-6  # one that floating point cannot lose
_LONG = 1.0
_GRACE = 0.001  # real seconds in which the kernel may still hand over what was sent within this process


class _LeapingSelector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.leapt = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        events = super().select(_GRACE if timeout > _LONG else 0)
        if not events and timeout > 0:
            self.leapt += max(timeout, _SHORTEST_LEAP)
        return events


class LeapingLoop(asyncio.SelectorEventLoop):
    """A loop whose `time` begins at 0 and goes forward by leaps alone."""

    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.leapt


def run_leaping(main: Callable[..., Awaitable[_Value]], *arguments: Any) -> _Value:
    """Run an async function to its end on such a loop."""
    return anyio.run(main, *arguments, backend="asyncio", backend_options={"loop_factory": LeapingLoop})
