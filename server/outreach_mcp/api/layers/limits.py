"""Keeps to Outreach's limits: 10,000 requests an hour for each user (documented), and few at once.

Every answer says what is left in `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import anyio
import httpx

from outreach_mcp.api.calls import Call, SendRaw
from outreach_mcp.api.errors.from_answers import when
from outreach_mcp.api.errors.retry_time import parse_moment, rate_limit_end
from outreach_mcp.api.errors.tree import RateLimitError
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.caller import current_caller
from outreach_mcp.io.http_client import Answer
from outreach_mcp.observability.events import tell

_log = logging.getLogger(__name__)

_WAIT_WORTH_NOTING = 0.01
"""Seconds: a turn that comes at once takes microseconds."""

_LONGEST_PAUSE = timedelta(hours=1)
"""The window of the limit: a header that names a later moment is not believed for longer."""

_PROBE_PAUSE = timedelta(minutes=1)
"""Seconds that a limit is believed before one call finds out whether it still holds: an answer may be a mistake."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limit as the last answer gave it; None where it did not."""

    limit: int | None = None
    remaining: int | None = None
    reset: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Closure:
    """A limit that is believed: until when, and when the next call is sent to see whether it still holds."""

    until: datetime
    probe_at: datetime


@dataclass(slots=True, eq=False)
class _Waiter:
    caller: str
    background: bool
    served: anyio.Event = field(default_factory=anyio.Event)


class Slots:
    """Places for requests under way at once; whoever waits for one is served by urgency, fairly, then by turn.

    One caller has `share` of them at most. The last `share` go only to callers who have none: so many slow requests of
    a few callers let everybody else through all the same.
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


class Limits:
    """The layer that sends nothing while Outreach would refuse it, and no more at once than there are slots.

    While a limit is believed, one call a minute is sent all the same: what it is answered holds from then on.
    """

    def __init__(self, inner: SendRaw, slots: Slots, now: Callable[[], datetime]) -> None:
        self._inner = inner
        self._slots = slots
        self._now = now
        self._closed: dict[str, _Closure] = {}
        self.allowance = Allowance()

    async def send(self, call: Call) -> Answer:
        """Send a call when it is its turn.

        Raises `RateLimitError` without sending anything while the limit is spent, and `httpx.PoolTimeout` when its
        turn does not come within its deadline.
        """
        family = _family(call.sent)
        self._check(call.sent, family)
        left = call.deadline.left()
        caller = current_caller()
        name = "" if caller is None else caller.subject
        if not await self._slots.acquire(background=call.background, within=left, caller=name):
            raise httpx.PoolTimeout("too many other requests are under way", request=call.request)
        try:
            _note_wait(left - call.deadline.left())
            self._check(call.sent, family)  # others may have spent it meanwhile
            closure = self._begin_probe(family)
            response = await self._inner(call)
        finally:
            self._slots.release(name)
        self._read(response, family, closure)
        return response

    def _check(self, sent: Outgoing, family: str) -> None:
        closure = self._closed.get(family)
        if closure is None or (now := self._now()) >= min(closure.until, closure.probe_at):
            return
        limit = f"{self.allowance.limit:,} " if self.allowance.limit else ""
        raise RateLimitError(
            f"Outreach's limit of {limit}requests an hour is spent: {sent.asked} was not sent, and nothing was done. "
            f"Send it again {when(closure.until, now)}; one request a minute is let through, in case it is lifted "
            "earlier.",
            status=429,
            retry_at=closure.until,
        )

    def _begin_probe(self, family: str) -> _Closure | None:
        """Return the limit that a call which goes out now tests, None when no limit is believed."""
        closure = self._closed.get(family)
        if closure is None:
            return None
        now = self._now()
        if closure.until <= now:
            del self._closed[family]
            return None
        self._closed[family] = closure = replace(closure, probe_at=now + _PROBE_PAUSE)
        return closure

    def _read(self, response: Answer, family: str, probed: _Closure | None) -> None:
        now = self._now()
        headers = response.headers
        self.allowance = allowance = _allowance(headers, now)
        until = None
        if response.status == 429:
            until = rate_limit_end(headers, response.text, now)
        elif allowance.remaining == 0:
            until = allowance.reset
        if until is not None and until > now:
            until = min(until, now + _LONGEST_PAUSE)
            # Answers overtake one another: the latest moment holds.
            closure = self._closed.get(family, _Closure(until, now + _PROBE_PAUSE))
            self._closed[family] = replace(closure, until=max(until, closure.until))
        elif probed is not None and response.status != 429 and self._closed.get(family) == probed:
            del self._closed[family]


def _note_wait(seconds: float) -> None:
    if seconds >= _WAIT_WORTH_NOTING:
        tell(_log, "waited for other requests", event="wait", cause="turn", seconds=round(seconds, 3))


def _family(sent: Outgoing) -> str:
    # Kaia has limits of its own, three a second and 6,000 a day (documented); they must not stop everything else.
    return "kaia" if sent.path.startswith("/kaia") else ""


def _allowance(headers: Mapping[str, str], now: datetime) -> Allowance:
    return Allowance(
        limit=_smallest(headers.get("X-RateLimit-Limit")),
        # It may hold two numbers (tap-outreach 1.1.2: "9999, 19988"), and nobody has said which limit each belongs
        # to. Whichever is spent first stops us, so the smaller one counts; of several resets the last one.
        remaining=_smallest(headers.get("X-RateLimit-Remaining")),
        reset=parse_moment(headers.get("X-RateLimit-Reset", ""), now),
    )


def _smallest(value: str | None) -> int | None:
    parts = (part.strip() for part in (value or "").split(","))
    # Python reads no number of more than 4,300 digits; nobody has so many calls left.
    numbers = [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19]
    return min(numbers, default=None)
