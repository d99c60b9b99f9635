"""Slows those who try keys, and logs them, without what they tried.

A right key is let in at once, however many wrong ones come from its address: behind a proxy that is everybody's. So
nothing here makes a key safe that can be guessed; such keys the settings refuse.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Scope

from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.http.crowd import address_of
from outreach_mcp.http.guard import refusal

_log = logging.getLogger(__name__)

_QUIET_SECONDS = 60.0
"""Seconds without a wrong key after which an address is as good as any other."""

_FREE = 20
"""Wrong keys that are answered at once: people mistype, and clients try again."""

_STEP, _LONGEST = 0.02, 2.0
"""Seconds that each further one waits longer than the one before, and the most."""

_WAITING_EACH, _WAITING_ALL = 8, 64
"""Answers that wait, of one address and of all: each holds a connection."""

_MOST_ADDRESSES = 1024

_LINES_A_MINUTE = 10


@dataclass(slots=True)
class _Tried:
    """The wrong keys that came from one address."""

    count: int = 0
    last: float = 0.0
    waiting: int = 0
    untold: int = 0
    told: float = float("-inf")


class WrongKeys:
    """Counts, by address, what was sent as a key or a token and is not one."""

    def __init__(
        self,
        *,
        clock: Clock = MACHINE,
    ) -> None:
        """Begin without any."""
        self._clock = clock
        self._tried: OrderedDict[str, _Tried] = OrderedDict()
        self._waiting = 0
        self._lines = 0
        self._lines_until = float("-inf")
        self._unwritten = 0

    async def answer(self, scope: Scope, reason: str, response: Response) -> Response:
        """Return the answer to a wrong one when it is time to: `response`, or one (429) that says to come less often.

        `reason` says in our own words what was wrong, for the log.
        """
        address = address_of(scope.get("client"))
        tried = self._note(address, reason)
        seconds = min(_LONGEST, _STEP * max(0, tried.count - _FREE))
        if not seconds:
            return response
        if tried.waiting >= _WAITING_EACH or self._waiting >= _WAITING_ALL:
            message = "Too many wrong keys came from this address. Try again in 2 s, with the right one."
            return refusal(429, message, {"Retry-After": "2", "Connection": "close"})
        tried.waiting += 1
        self._waiting += 1
        try:
            await self._clock.sleep(seconds)
        finally:
            tried.waiting -= 1
            self._waiting -= 1
        return response

    def _note(self, address: str, reason: str) -> _Tried:
        now = self._clock.monotonic()
        tried = self._tried.pop(address, None)
        if tried is None or (now - tried.last >= _QUIET_SECONDS and not tried.waiting):
            tried = _Tried()
        self._tried[address] = tried  # as the newest
        if len(self._tried) > _MOST_ADDRESSES:
            self._tried.popitem(last=False)
        tried.count += 1
        tried.untold += 1
        tried.last = now
        if now - tried.told >= _QUIET_SECONDS:
            self._tell(address, tried, reason, now)
        return tried

    def _tell(self, address: str, tried: _Tried, reason: str, now: float) -> None:
        if now >= self._lines_until:
            self._lines, self._lines_until = 0, now + _QUIET_SECONDS
        if self._lines >= _LINES_A_MINUTE:
            self._unwritten += 1
            return
        self._lines += 1
        more = f"; {self._unwritten} others were not written" if self._unwritten else ""
        _log.warning("refused %d credential(s) from %s: %s%s", tried.untold, address, reason, more)
        tried.untold, tried.told, self._unwritten = 0, now, 0
