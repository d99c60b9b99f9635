"""Keeps to Outreach's limits: 10,000 requests an hour for each user (documented), and few at once.

Every answer says what is left in `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx

from outreach_mcp.api.calls import Call, SendRaw
from outreach_mcp.api.errors.from_answers import when
from outreach_mcp.api.errors.retry_time import parse_moment, rate_limit_end
from outreach_mcp.api.errors.tree import RateLimitError
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.api.slots import Slots
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
        now = self._now()
        if closure is None or now >= min(closure.until, closure.probe_at):
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
