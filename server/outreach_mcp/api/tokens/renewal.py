"""An access token that is renewed when it is due or refused: once, however many calls wait for it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import anyio
import anyio.to_thread

from outreach_mcp.api.errors import AuthenticationError, OutreachError
from outreach_mcp.sight.events import tell

_log = logging.getLogger(__name__)

_PAUSE = timedelta(seconds=5)
_PAUSE_AFTER_REFUSAL = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)
"""For so long the calls that follow a failed renewal are told of it instead of trying again, one after another."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token and the moments (aware) between which it is renewed."""

    value: str = field(repr=False)
    minted_at: datetime
    expires_at: datetime

    @property
    def renew_at(self) -> datetime:
        """When to renew it: two minutes before its end, longer than a call takes, or at nine tenths of a short life."""
        return self.expires_at - min(timedelta(minutes=2), (self.expires_at - self.minted_at) / 10)


@dataclass(slots=True)
class Renewal:
    """Hands out the token and has it renewed.

    `renew` is called in a thread, by one call at a time, with the token that was refused or None. It blocks, returns
    another token than the refused one, and goes on to its end if the call is cancelled; so it may be called while an
    earlier one is still at work, and has to find what that one got.
    """

    renew: Callable[[str | None], AccessToken]
    now: Callable[[], datetime]
    _token: AccessToken | None = None
    _failure: OutreachError | None = None
    _failure_counts_until: datetime | None = None
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    async def token(self) -> str:
        """Return the token to send now; one that is about to expire is returned when it cannot be renewed yet."""
        token = self._token
        if token is not None and self.now() < token.renew_at:
            return token.value
        return await self._renewed(None)

    async def other_than(self, refused: str) -> str:
        """Return another token than `refused`."""
        return await self._renewed(refused)

    async def _renewed(self, refused: str | None) -> str:
        async with self._lock:
            token = self._token if self._token is not None and self._token.value != refused else None
            now = self.now()
            if token is not None and now < token.renew_at:
                return token.value
            failure = self._failure_that_counts(now)
            if failure is None:
                try:
                    self._token = await anyio.to_thread.run_sync(self.renew, refused, abandon_on_cancel=True)
                except OutreachError as error:
                    tell(_log, "renewing the access token failed", event="renewal", outcome="failed")
                    self._remember(error)
                    failure = error
                else:
                    if self._token.minted_at >= now:  # not one that was stored before
                        tell(_log, "renewed the access token", event="renewal", outcome="ok")
                    return self._token.value
            if token is None or self.now() >= token.expires_at:
                raise failure
            _log.warning("The access token could not be renewed and is used until it expires: %s", failure)
            return token.value

    def _failure_that_counts(self, now: datetime) -> OutreachError | None:
        failure, until = self._failure, self._failure_counts_until
        # Not when it lies far ahead, which only a clock that was set back can cause.
        if failure is None or until is None or not now < until <= now + _LONGEST_PAUSE:
            return None
        # A new one: several calls must not add their traces to the same.
        return type(failure)(str(failure), status=failure.status, details=failure.details, retry_at=failure.retry_at)

    def _remember(self, error: OutreachError) -> None:
        now = self.now()
        until = now + (_PAUSE_AFTER_REFUSAL if isinstance(error, AuthenticationError) else _PAUSE)
        if error.retry_at is not None:
            until = max(until, min(error.retry_at, now + _LONGEST_PAUSE))
        self._failure, self._failure_counts_until = error, until
