"""What the token endpoint answers: a pair of tokens, read once for every way that leads there."""

from datetime import datetime, timedelta
from typing import Any

from outreach_mcp.api.errors import UnreadableAnswerError
from outreach_mcp.api.tokens.claims import claims_of
from outreach_mcp.api.tokens.store import StoredTokens, scopes_in
from outreach_tools.client import JsonObject

_LIFE = timedelta(hours=2)
"""Documented; for an answer that does not say how long its token lives."""

_LONGEST_LIFE = timedelta(days=1)
"""A longer one is not believed; a token that is renewed too early does no harm."""


def pair_in(answer: JsonObject, *, url: str, asked_at: datetime, now: datetime) -> StoredTokens:
    """Return the tokens of an answer that `url` gave; its refresh token is empty where it gave none.

    `asked_at` is when it was asked: a token's life is reckoned from then. Raises `UnreadableAnswerError` for an answer
    without an access token.
    """
    access_token, refresh_token = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(access_token, str) or not access_token:
        raise UnreadableAnswerError(
            f"{url} answered without an access token. Check OUTREACH_TOKEN_URL, then try again."
        )
    claims = claims_of(access_token)
    return StoredTokens(
        refresh_token if isinstance(refresh_token, str) else "",
        access_token,
        asked_at + _life(answer.get("expires_in")),
        now,
        scopes=(claims.scopes if claims else None) or scopes_in(answer.get("scope")),
    )


def _life(expires_in: Any) -> timedelta:
    try:
        return min(timedelta(seconds=float(expires_in)), _LONGEST_LIFE)
    except (TypeError, ValueError, OverflowError):
        return _LIFE
