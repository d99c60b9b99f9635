"""Work on much foreign text, off the event loop and within a time, so that other calls do not wait for it."""

from collections.abc import Callable, Iterable, Iterator
from threading import Event
from typing import Any, Protocol, TypeVar

from anyio import CapacityLimiter, fail_after, to_thread
from anyio.lowlevel import RunVar

from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ToolError
from outreach_tools.json_values import object_at

_T = TypeVar("_T")

_QUICK = 8_192
"""What is worked on at once, in characters of HTML: under 20 ms at the worst on a slow machine."""

_LIGHTER = 32  # times that the time for other text is less
_SECONDS = 10.0
_THREADS = 2  # of their own: what waits for them keeps nobody from anything else

_limiter: RunVar[CapacityLimiter] = RunVar("outreach_tools_text_threads")


class Going(Protocol):
    """Passes items on as long as somebody waits for what becomes of them."""

    def __call__(self, items: Iterable[_T], /) -> Iterator[_T]:
        """Yield the items, none once nobody waits any more."""
        ...


async def aside(weight: int, work: Callable[[Going], _T], *, seconds: float = _SECONDS) -> _T:
    """Return what some work on foreign text comes to; off the event loop where the text is long.

    `weight` is that of `weight_of`. The work goes through its items by what it is given, and so ends soon after the
    time is over or its caller has gone. Raises `ToolError` where `seconds` are not enough.
    """
    if weight <= _QUICK:
        return work(iter)
    over = Event()

    def going(items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            if over.is_set():
                return
            yield item

    try:
        with fail_after(seconds):
            return await to_thread.run_sync(work, going, abandon_on_cancel=True, limiter=_threads())
    except TimeoutError:
        raise ToolError(
            f"reading the long texts of these records took more than {seconds:g} seconds: ask for fewer records "
            "(page_size), or by fields for what is needed without those that end in Html"
        ) from None
    finally:
        over.set()


def weight_of(records: Iterable[JsonObject]) -> int:
    """Return how much work the texts of some records are: their characters, those of plain text less."""
    total = 0
    for record in records:
        for name, value in object_at(record, "attributes").items():
            if isinstance(value, str):
                total += len(value) if name.endswith("Html") else len(value) // _LIGHTER
    return total


def _threads() -> CapacityLimiter:
    try:
        return _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(_THREADS)
        _limiter.set(limiter)
        return limiter
