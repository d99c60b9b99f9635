"""Access tokens by OAuth's refresh, with the rotation that Outreach does: every refresh token is good once.

Documented: an access token lives two hours, a refresh token 14 days; one pair a minute for a user and app. Measured:
`expires_in` may be what remains of a life that began earlier.
"""

from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import httpx
from pydantic import SecretStr

from outreach_mcp.api.errors.tree import (
    AuthenticationError,
    LoginNeededError,
    RateLimitError,
    TokensReplacedError,
    TokenStoreError,
    UnknownAppError,
)
from outreach_mcp.api.tokens.redaction import Secrets
from outreach_mcp.api.tokens.renewal import AccessToken, Renewal
from outreach_mcp.api.tokens.store import LOCK_TIMEOUT, StoredTokens
from outreach_mcp.api.tokens.token_answer import pair_in
from outreach_mcp.api.tokens.token_endpoint import TokenEndpoint, TokenRequestError
from outreach_mcp.clock import MACHINE, Clock

ONE_A_MINUTE = timedelta(seconds=60)
"""Documented: seconds after a token in which Outreach gives out no other to the same user and app."""

LOG_IN_AGAIN = (
    "Log in to Outreach again, set the new refresh token as OUTREACH_REFRESH_TOKEN and start the server again."
)
"""The way to log in again for the one user of a server."""

CHECK_APP = "check OUTREACH_CLIENT_ID and OUTREACH_CLIENT_SECRET and start the server again."
"""The advice about an app that Outreach does not know."""


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """An app as it is registered with Outreach, and where it gets its tokens."""

    client_id: str
    client_secret: SecretStr
    redirect_uri: str
    token_url: str


class KeptTokens(Protocol):
    """The tokens of one user where all processes of the server find them; all methods block.

    They raise `TokenStoreError` when the store cannot be used.
    """

    def locked(self, timeout: float) -> AbstractContextManager[None]:
        """Keep every other process and thread out for at most `timeout` seconds of waiting."""
        ...

    def read(self) -> StoredTokens | None:
        """Return the tokens, None when there are none."""
        ...

    def write(self, tokens: StoredTokens, now: datetime) -> None:
        """Replace the tokens, safely stored when this returns; only inside `locked`.

        Raises `TokensReplacedError` when they are others than this object has read or written last.
        """
        ...


class RotatingTokens:
    """A `TokenSource` that renews its token and shares the outcome with the other processes of the user.

    A renewal holds the store's lock and goes: read what is stored (whoever was faster has done it), write down that a
    renewal begins, ask Outreach, write down the new pair, and only then use it. So a store that cannot be written is
    found out before a refresh token is spent. If it fails after that, the pair stays in this process, every call
    fails saying so, and each tries to write it again: nothing is lost while the process lives, and nothing silently.
    """

    def __init__(
        self,
        app: OAuthApp,
        seed: SecretStr | None,
        store: KeptTokens,
        *,
        known: StoredTokens | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = MACHINE,
        mint_interval: timedelta = ONE_A_MINUTE,
        longest_wait: timedelta = timedelta(seconds=10),
        log_in_again: str = LOG_IN_AGAIN,
        check_app: str = CHECK_APP,
    ) -> None:
        """Prepare; nothing is read or sent yet.

        `seed` is the refresh token that the user was given, used while the store holds nothing that came of it; None
        where a login brings the first tokens into the store. `known` are tokens that were in the store just now: while
        they are good, nobody waits for it. `log_in_again` is the sentence that says how to do so,
        `check_app` ends the one about an app that Outreach does not know.
        `mint_interval` passes between two tokens; a call that would have to wait for more than `longest_wait` fails.
        """
        self._app = app
        self._seed = seed
        self._store = store
        self._clock = clock
        self._mint_interval = mint_interval
        self._longest_wait = longest_wait
        self._log_in_again = log_in_again
        self._check_app = check_app
        given = () if seed is None else (("refresh token", seed.get_secret_value()),)
        self._secrets = Secrets(("client secret", app.client_secret.get_secret_value()), *given)
        self._endpoint = TokenEndpoint(
            app.token_url, "OUTREACH_TOKEN_URL", self._secrets.redact, transport=transport, clock=clock
        )
        self._renewal = Renewal(
            self._renew, clock.now, None if known is None else _access_token_of(known, None, clock.now())
        )
        if known is not None:
            self._know(known)
        self._unsaved: StoredTokens | None = None
        self._refused_refresh_token = ""
        self._refusal = AuthenticationError("")

    async def access_token(self) -> str:
        """Return the token to send now; see `TokenSource.access_token`."""
        return await self._renewal.token()

    async def renewed(self, refused: str) -> str:
        """Return another token than the refused one; see `TokenSource.renewed`."""
        return await self._renewal.other_than(refused)

    def redact(self, text: str) -> str:
        """Return `text` without the secrets; see `TokenSource.redact`."""
        return self._secrets.redact(text)

    def _renew(self, refused: str | None) -> AccessToken:
        try:
            return self._renew_once(refused)
        except TokensReplacedError:
            # The user has logged in anew, or the lock was lost to a process that has renewed them: what is stored now
            # is good, and what this one has is not wanted any more.
            self._unsaved = None
            return self._renew_once(refused)

    def _renew_once(self, refused: str | None) -> AccessToken:
        with self._store.locked(LOCK_TIMEOUT):
            if self._unsaved is not None:
                self._save(self._unsaved)
            stored = self._store.read() or self._first()
            self._know(stored)
            now = self._clock.now()
            usable = _access_token_of(stored, refused, now)
            if usable is not None and now < usable.renew_at:
                return usable
            wait = self._wait_for_next(stored, now)
            if usable is not None and wait > timedelta():
                return usable
            self._wait(wait, now)
            minted = self._mint(stored)
        if minted.access_token == refused:
            raise LoginNeededError(
                f"Outreach refuses the access token and gives out the same one again. {self._log_in_again}", status=401
            )
        return AccessToken(minted.access_token, minted.minted_at or now, minted.expires_at or now)

    def _first(self) -> StoredTokens:
        if self._seed is None:
            raise LoginNeededError(f"There is no connection to Outreach. {self._log_in_again}", status=401)
        return StoredTokens(self._seed.get_secret_value())

    def _mint(self, stored: StoredTokens) -> StoredTokens:
        if stored.refresh_token == self._refused_refresh_token:
            # A new one: several calls must not add their traces to the same.
            raise type(self._refusal)(str(self._refusal), status=401)
        asked_at = self._clock.now()
        self._store.write(replace(stored, renewing_since=stored.renewing_since or asked_at), asked_at)
        try:
            answer = self._endpoint.post(
                headers={"Accept": "application/json"},
                form={
                    "grant_type": "refresh_token",
                    "refresh_token": stored.refresh_token,
                    "client_id": self._app.client_id,
                    "client_secret": self._app.client_secret.get_secret_value(),
                    "redirect_uri": self._app.redirect_uri,
                },
            )
        except TokenRequestError as failed:
            if not failed.maybe_done:
                with suppress(TokenStoreError):  # a mark too many only makes a later message longer
                    self._store.write(stored, self._clock.now())
            if not failed.refused:
                raise failed.error from failed.__cause__
            kept = self._store.read()
            if kept is not None and kept.refresh_token != stored.refresh_token:
                raise TokensReplacedError("The tokens were replaced while they were renewed. Try again.") from None
            lost_since = stored.renewing_since or (asked_at if failed.maybe_done else None)
            self._refused_refresh_token = stored.refresh_token
            self._refusal = _refusal(failed, lost_since, self._log_in_again, self._check_app)
            raise self._refusal from failed.__cause__
        pair = pair_in(answer, url=self._app.token_url, asked_at=asked_at, now=self._clock.now())
        # RFC 6749, section 6: an answer without a refresh token leaves the old one good; so it is with scopes.
        minted = replace(
            pair,
            refresh_token=pair.refresh_token or stored.refresh_token,
            scopes=pair.scopes or stored.scopes,
            login=stored.login,
        )
        self._know(minted)
        self._unsaved = minted
        self._save(minted)
        return minted

    def _save(self, minted: StoredTokens) -> None:
        try:
            self._store.write(minted, self._clock.now())
        except TokensReplacedError:
            raise
        except TokenStoreError as error:
            raise TokenStoreError(
                f"{error} Outreach has given out new tokens, which only this server's memory holds now. Do not end it "
                "before the store can be written, or you will have to log in again; every call tries it again."
            ) from error
        self._unsaved = None

    def _wait_for_next(self, stored: StoredTokens, now: datetime) -> timedelta:
        # A moment that is still to come was written by another clock, and tells nothing.
        if stored.minted_at is None or stored.minted_at > now:
            return timedelta()
        return max(stored.minted_at + self._mint_interval - now, timedelta())

    def _wait(self, wait: timedelta, now: datetime) -> None:
        if wait > self._longest_wait:
            raise RateLimitError(
                "Outreach gives out one access token a minute, and the one of this minute is refused or expired. "
                f"Nothing was sent. Try again after {(now + wait).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}.",
                retry_at=now + wait,
            )
        if wait > timedelta():
            self._clock.block(wait.total_seconds())

    def _know(self, tokens: StoredTokens) -> None:
        self._secrets.add("access token", tokens.access_token)
        self._secrets.add("refresh token", tokens.refresh_token)


def _refusal(
    failed: TokenRequestError, lost_since: datetime | None, log_in_again: str, check_app: str
) -> AuthenticationError:
    status, details = failed.error.status, failed.error.details
    if failed.app_is_unknown:
        told = f"{failed.error} Outreach does not know the app: {check_app}"
        return UnknownAppError(told, status=status, details=details)
    lost = (
        f"A renewal was under way at {lost_since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} and its answer was never stored, "
        "because the server was ended or the connection failed just then: most likely the new refresh token was in it. "
        if lost_since
        else ""
    )
    told = (
        f"{failed.error} A refresh token works once, within 14 days: this one is used up, too old, withdrawn, or "
        f"of another app or redirect URI. {lost}{log_in_again}"
    )
    return LoginNeededError(told, status=status, details=details)


def _access_token_of(stored: StoredTokens, refused: str | None, now: datetime) -> AccessToken | None:
    """Return the stored token unless it is refused or expired."""
    if not stored.access_token or stored.access_token == refused:
        return None
    if stored.expires_at is None or stored.minted_at is None or now >= stored.expires_at:
        return None
    return AccessToken(stored.access_token, stored.minted_at, stored.expires_at)
