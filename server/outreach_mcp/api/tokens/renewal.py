"""An access token that is renewed when it is due or refused: once, however many calls wait for it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from outreach_mcp.api.errors.tree import AuthenticationError, OutreachError
from outreach_mcp.io.threads import RENEWALS, Flight
from outreach_mcp.observability.events import tell

_log = logging.getLogger(__name__)

_PAUSE = timedelta(seconds=5)
_PAUSE_AFTER_REFUSAL = timedelta(minutes=1)
"""Seconds for which calls after a failed renewal get its error instead of trying again, one after another."""

_LONGEST_PAUSE = timedelta(minutes=1)
"""However long the endpoint asks for: one answer may be a mistake, and it gives out a token a minute."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token and the moments (aware) between which it is renewed."""

    value: str = field(repr=False)
    minted_at: datetime
    expires_at: datetime

    @property
    def renew_at(self) -> datetime:
        """The moment to renew it: two minutes, more than a call, before its end, or at nine tenths of a short life."""
        return self.expires_at - min(timedelta(minutes=2), (self.expires_at - self.minted_at) / 10)


@dataclass(slots=True)
class Renewal:
    """Hands out the token and has it renewed.

    `renew` is called in a thread, once at a time, with the token that was refused or None. It blocks, returns another
    token than the refused one, and goes on to its end if the calls that wait for it are cancelled.
    """

    renew: Callable[[str | None], AccessToken]
    now: Callable[[], datetime]
    _token: AccessToken | None = None
    _failure: OutreachError | None = None
    _failure_counts_until: datetime | None = None
    _flight: Flight[AccessToken | OutreachError] = field(
        default_factory=lambda: Flight[AccessToken | OutreachError](RENEWALS)
    )

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
        while True:
            token = self._token if self._token is not None and self._token.value != refused else None
            now = self.now()
            if token is not None and now < token.renew_at:
                return token.value
            failure = self._failure_that_counts(now)
            if failure is None:
                is_anothers = self._flight.is_under_way
                outcome = await self._flight.join(partial(self._renew, refused))
                if is_anothers:
                    continue  # what came of it need not be what is wanted here
                if isinstance(outcome, AccessToken):
                    return outcome.value
                failure = outcome
            if token is None or self.now() >= token.expires_at:
                raise failure
            _log.warning("The access token could not be renewed and is used until it expires: %s", failure)
            return token.value

    def _renew(self, refused: str | None) -> AccessToken | OutreachError:
        """Renew the token and keep what came of it; in a thread, as it must be kept though nobody waits any more."""
        begun = self.now()
        try:
            token = self.renew(refused)
        except OutreachError as error:
            tell(_log, "renewing the access token failed", event="renewal", outcome="failed")
            self._remember(error)
            return error
        self._token = token
        if token.minted_at >= begun:  # not one that was stored before
            tell(_log, "renewed the access token", event="renewal", outcome="ok")
        return token

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
