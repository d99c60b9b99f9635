"""Work on much foreign text, off the event loop and within a time, so that other calls do not wait for it."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from threading import Event
from typing import Any, Protocol, TypeVar

from anyio import CapacityLimiter, fail_after, to_thread
from anyio.lowlevel import RunVar

from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ToolError
from outreach_tools.json_values import is_array, is_object

_T = TypeVar("_T")

_QUICK = 8_192
"""The most work done at once, in characters of HTML: under 20 ms at the worst on a slow machine."""

_LIGHTER = 4  # times that the time for other text is less
_OF_A_NAME = 16  # characters; nearly all names are that short
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
    time is up or its caller has gone. Raises `ToolError` where `seconds` are not enough.
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
    """Return how much work what some records hold is, above what is worked on at once at least that much.

    It is the characters of their texts and names, those outside of HTML less, and the members.
    """
    return weight_of_value([record.get("attributes") for record in records])


def weight_of_value(value: Any) -> int:
    """Return how much work a decoded JSON value is, above what is worked on at once at least that much."""
    waiting: list[tuple[Any, bool]] = [([value], False)]
    total = 0
    while waiting and total <= _QUICK:
        each, is_html = waiting.pop()
        # Texts are counted where they are found: most values are some, and this is done for every list.
        if is_object(each):
            total += len(each) + sum(map(len, islice(each, _QUICK + 1))) // _OF_A_NAME
            for name, item in islice(each.items(), _QUICK + 1):
                if isinstance(item, str):
                    total += len(item) // (1 if name.endswith("Html") else _LIGHTER)
                elif item and (is_array(item) or is_object(item)):
                    waiting.append((item, name.endswith("Html")))
        elif is_array(each):
            total += len(each)
            for item in islice(each, _QUICK + 1):
                if isinstance(item, str):
                    total += len(item) // (1 if is_html else _LIGHTER)
                elif item and (is_array(item) or is_object(item)):
                    waiting.append((item, is_html))
    return total


def _threads() -> CapacityLimiter:
    try:
        return _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(_THREADS)
        _limiter.set(limiter)
        return limiter
