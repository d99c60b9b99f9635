"""Reads the token endpoint's answer, a pair of tokens, for every kind of login."""

import math
import re
from datetime import datetime, timedelta
from typing import Any

from outreach_mcp.api.errors.tree import UnreadableAnswerError
from outreach_mcp.api.tokens.claims import claims_of
from outreach_mcp.api.tokens.store import StoredTokens, scopes_in
from outreach_tools.client import JsonObject

_LIFE = timedelta(hours=2)
"""Documented; for an answer that does not say how long its token lives."""

_LONGEST_LIFE = timedelta(days=1)
"""A longer one is not believed; a token that is renewed too early does no harm."""

_SHORTEST_LIFE = timedelta(minutes=1)
"""A token is given out once a minute (documented), so that a shorter life would be one renewal after the other."""

_ACCESS_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,16384}=*", re.ASCII)
"""The tokens that a header can carry (RFC 6750, section 2.1), no longer than servers take."""

_REFRESH_TOKEN = re.compile(r"[ -~]{0,16384}", re.ASCII)
"""RFC 6749, appendix A.17."""


def pair_in(answer: JsonObject, *, url: str, asked_at: datetime, now: datetime) -> StoredTokens:
    """Return the tokens of an answer that `url` gave; its refresh token is empty where it gave none.

    `asked_at` is when it was asked: a token's life is reckoned from then. Raises `UnreadableAnswerError` for an answer
    without an access token.
    """
    access_token = access_token_in(answer.get("access_token"), answer.get("token_type"), url=url)
    refresh_token = answer.get("refresh_token")
    if isinstance(refresh_token, str) and not _REFRESH_TOKEN.fullmatch(refresh_token):
        raise _unreadable(url, "with a refresh token of characters that no token has")
    claims = claims_of(access_token)
    return StoredTokens(
        refresh_token if isinstance(refresh_token, str) else "",
        access_token,
        asked_at + _life(answer.get("expires_in")),
        now,
        scopes=(claims.scopes if claims else None) or scopes_in(answer.get("scope")),
    )


def access_token_in(value: Any, token_type: Any, *, url: str, setting: str = "OUTREACH_TOKEN_URL") -> str:
    """Return an access token that `url`, which is set in `setting`, gave, if it can be used as a bearer's.

    Raises `UnreadableAnswerError` where there is none, and for one of another type: whoever is given a token that is
    bound to a key (RFC 9449, RFC 8705) has to prove the key with every request.
    """
    if not isinstance(value, str) or not value:
        raise _unreadable(url, "without an access token", setting)
    if token_type is not None and (not isinstance(token_type, str) or token_type.lower() != "bearer"):
        raise _unreadable(url, "with an access token of another type than Bearer", setting)
    if not _ACCESS_TOKEN.fullmatch(value):
        raise _unreadable(url, "with an access token of characters that no bearer token has", setting)
    return value


def _unreadable(url: str, how: str, setting: str = "OUTREACH_TOKEN_URL") -> UnreadableAnswerError:
    return UnreadableAnswerError(f"{url} answered {how}. Check {setting}, then try again.")


def _life(expires_in: Any) -> timedelta:
    if isinstance(expires_in, bool):
        return _LIFE
    try:
        seconds = float(expires_in)
    except (TypeError, ValueError, OverflowError):
        return _LIFE
    if not math.isfinite(seconds) or seconds <= 0:
        return _LIFE  # nobody gives out a token that is over
    return max(timedelta(seconds=min(seconds, _LONGEST_LIFE.total_seconds())), _SHORTEST_LIFE)
