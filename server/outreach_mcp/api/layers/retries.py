"""Sends again what failed for the moment, when that can do no harm and there is time.

Reads, deletes and updates are sent again after a lost connection, 429, 502, 503 and 504; creates and actions only
where nothing can have been done.
"""

import logging
from collections.abc import Callable

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from outreach_mcp.api.calls import Call, Send
from outreach_mcp.api.errors.from_answers import is_maintenance
from outreach_mcp.api.errors.tree import NetworkError, OutcomeUnknownError, OutreachError, RateLimitError, ServerError
from outreach_mcp.api.layers.page_splitting import page_size
from outreach_mcp.api.writes.outcomes import leaves_open
from outreach_mcp.clock import Clock
from outreach_mcp.observability.events import tell
from outreach_tools.client import Response

_log = logging.getLogger(__name__)

_MOST_ATTEMPTS = 6
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 8.0
"""Half a second, doubled each time: six attempts take 15.5 seconds at most, unless Outreach asks for more."""

_PASSING = frozenset({502, 503, 504})
_LASTING = (httpx.ProxyError, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
"""The errors that keep a request from being sent and will do so the next time."""


class Retries:
    """The layer that sends again: exponential pauses with jitter, as long as Outreach asks for, within the deadline.

    `random` returns numbers from 0 to 1.
    """

    def __init__(
        self,
        inner: Send,
        *,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._random = random

    async def send(self, call: Call) -> Response:
        """Return the answer to a call; raises the error of the last attempt."""

        async def attempt() -> Response:
            try:
                return await self._inner(call)
            except OutreachError as error:
                # Not only a lost answer: behind a plain 503 or 500 the change may have been made as well.
                if not call.sent.is_read and leaves_open(error):
                    call.passage.unknown = call.passage.unknown or error
                raise

        def is_worth_repeating(error: BaseException) -> bool:
            return isinstance(error, OutreachError) and _may_be_sent_again(call, error)

        def is_over(state: RetryCallState) -> bool:
            return state.attempt_number >= _MOST_ATTEMPTS or state.upcoming_sleep >= call.deadline.left()

        try:
            return await attempt()
        except OutreachError as error:
            if not is_worth_repeating(error):
                raise
            failed = [error]

        async def attempt_anew() -> Response:
            if failed:  # the first attempt was made already: nearly all succeed, and need no machinery
                raise failed.pop()
            return await attempt()

        retrying = AsyncRetrying(
            sleep=self._waiting,
            retry=retry_if_exception(is_worth_repeating),
            wait=self._pause,
            stop=is_over,
            reraise=True,
        )
        return await retrying(attempt_anew)

    async def _waiting(self, seconds: float) -> None:
        tell(_log, "waiting before the next attempt", event="wait", cause="retry", seconds=round(seconds, 3))
        await self._clock.sleep(seconds)

    def _pause(self, state: RetryCallState) -> float:
        pause = min(_FIRST_PAUSE * 2.0 ** (state.attempt_number - 1), _LONGEST_PAUSE) * (0.5 + self._random() / 2)
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, OutreachError) and error.retry_at is not None:
            # The jitter on top keeps those who wait for the same moment from coming back all at once.
            return max((error.retry_at - self._clock.now()).total_seconds(), 0.0) + pause
        return pause


def _may_be_sent_again(call: Call, error: OutreachError) -> bool:
    if isinstance(error, RateLimitError):
        return True
    if isinstance(error, NetworkError):
        # For a change it means that nothing was sent; a lost answer is an unknown outcome.
        return not isinstance(error.__cause__, _LASTING)
    if isinstance(error, ServerError):
        if error.status == 502 and call.sent.is_read and page_size(call) > 1:
            return False  # a smaller page helps more than another attempt
        return error.status in _PASSING and (call.may_be_repeated or is_maintenance(error))
    return isinstance(error, OutcomeUnknownError) and call.may_be_repeated and error.status in {None, *_PASSING}
