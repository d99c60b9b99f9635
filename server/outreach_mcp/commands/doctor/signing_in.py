"""Checks whether Outreach lets us in: the access token, and one round trip that shows whom it acts for."""

from datetime import datetime

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.from_answers import in_utc
from outreach_mcp.api.errors.tree import (
    AuthenticationError,
    CurrentUserUnknownError,
    MissingScopeError,
    NetworkError,
    OutreachError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    TokenStoreError,
    UnknownAppError,
)
from outreach_mcp.api.tokens.claims import claims_of
from outreach_mcp.api.tokens.source import TokenSource
from outreach_mcp.api.tokens.store import LIFE_OF_REFRESH_TOKEN, StoredTokens
from outreach_mcp.clock import Clock
from outreach_mcp.commands.doctor.report import Cause, Finding


class WatchedTokens:
    """A `TokenSource` that remembers the token it gave out last, and what kept it from giving out one."""

    def __init__(self, inner: TokenSource) -> None:
        self._inner = inner
        self.latest = ""
        self.failure: OutreachError | None = None

    async def access_token(self) -> str:
        """Return the token to send now; see `TokenSource.access_token`."""
        try:
            self.latest = await self._inner.access_token()
        except OutreachError as error:
            self.failure = error
            raise
        return self.latest

    async def renewed(self, refused: str) -> str:
        """Return another token than the refused one; see `TokenSource.renewed`."""
        try:
            self.latest = await self._inner.renewed(refused)
        except OutreachError as error:
            self.failure = error
            raise
        return self.latest

    def redact(self, text: str) -> str:
        """Return `text` without the secrets; see `TokenSource.redact`."""
        return self._inner.redact(text)


async def check_token(tokens: WatchedTokens, stored: StoredTokens | None, now: datetime) -> Finding:
    """Get an access token as a call would: one that is good is used, one that has expired is renewed."""
    try:
        token = await tokens.access_token()
    except OutreachError as error:
        return _no_token(error, stored, now)
    claims = claims_of(token)
    facts = {"expires_at": in_utc(claims.expires_at) if claims and claims.expires_at else None}
    says = "the access token was given out just now"
    if stored is not None and stored.access_token == token:
        says = "the access token is still good; the app's secret and the refresh token are tried when it expires"
    return Finding("token", "ok", says, facts=facts)


async def check_user(
    client: OutreachClient, tokens: WatchedTokens, stored: StoredTokens | None, clock: Clock
) -> Finding:
    """Ask whom the token acts for, and how long a round trip takes."""
    begun, now = clock.monotonic(), clock.now()
    try:
        user = await client.current_user()
    except CurrentUserUnknownError as error:
        return Finding("user", "warning", str(error))
    except OutreachError as error:
        if tokens.failure is not None and not isinstance(tokens.failure, AuthenticationError):
            return _no_token(tokens.failure, stored, now, check="user")
        return Finding("user", "broken", str(error), cause=_cause(error, tokens, stored, now))
    milliseconds = round((clock.monotonic() - begun) * 1000)
    facts = {
        "id": user.user_id,
        "name": user.name,
        "email": user.email,
        "organisation": user.organisation or _organisation_of(tokens.latest),
        "milliseconds": milliseconds,
    }
    who = " ".join(part for part in (user.name, f"<{user.email}>" if user.email else "") if part)
    where = f" of {facts['organisation']}" if facts["organisation"] else ""
    took = f"the round trip took {milliseconds} ms"
    says = f"{who or 'the token acts for'}{',' if who else ''} user {user.user_id}{where}; {took}"
    return Finding("user", "ok", says, facts={name: fact for name, fact in facts.items() if fact != ""})


def _no_token(error: OutreachError, stored: StoredTokens | None, now: datetime, *, check: str = "token") -> Finding:
    return Finding(check, "broken", str(error), cause=_token_cause(error, stored, now))


def _cause(error: OutreachError, tokens: WatchedTokens, stored: StoredTokens | None, now: datetime) -> Cause:
    """Return the cause of a refusal of the API."""
    match error:
        case AuthenticationError() if tokens.failure is not None and stored is not None:
            return _token_cause(tokens.failure, stored, now)
        case AuthenticationError():
            claims = claims_of(tokens.latest)
            if claims is None or claims.expires_at is None:
                return "refused token"
            return "expired token" if claims.expires_at <= now else "revoked token"
        case MissingScopeError():
            return "missing scope"
        case PermissionDeniedError():
            return "locked user"
        case RateLimitError():
            return "hourly limit"
        case ServerError():
            return "maintenance"
        case NetworkError():
            return "no network"
        case _:
            return "wrong host"


def _token_cause(error: OutreachError, stored: StoredTokens | None, now: datetime) -> Cause:
    """Return what kept a token from being given out."""
    match error:
        case TokenStoreError():
            return "store"
        case RateLimitError():
            return "mint limit"
        case ServerError():
            return "maintenance"
        case NetworkError():
            return "no network"
        case UnknownAppError():
            return "client secret"
        case AuthenticationError():
            if error.status is None:
                return "key file"  # nothing was sent: it cannot sign
            too_old = stored and stored.minted_at and now - stored.minted_at > LIFE_OF_REFRESH_TOKEN
            return "expired token" if too_old else "revoked token"
        case _:
            return "wrong host"


def _organisation_of(token: str) -> str:
    claims = claims_of(token)
    return claims.organisation if claims else ""
