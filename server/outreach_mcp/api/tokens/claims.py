"""The claims of an access token that is a JWT: read, not verified, since Outreach judges it, not this server.

Clients have found `sub`, `iat`, `exp`, `scopes`, `org_user_id` and `org_shortname` in Outreach's tokens.
"""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from outreach_tools.json_values import is_array, is_object


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a token that matter here; None or empty where it has none."""

    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None
    organisation: str = ""


def claims_of(token: str) -> Claims | None:
    """Return the claims of a token, None for one that is not a JWT."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims: Any = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return None
    if not is_object(claims):
        return None
    organisation = claims.get("org_shortname")
    return Claims(
        _scopes(claims.get("scopes", claims.get("scope"))),
        _moment(claims.get("exp")),
        organisation if isinstance(organisation, str) else "",
    )


def _scopes(value: Any) -> frozenset[str] | None:
    # Nobody has said whether it is an array or, as RFC 9068 has it, one string.
    words = value.split() if isinstance(value, str) else value
    if not is_array(words) or not words or not all(isinstance(word, str) for word in words):
        return None
    return frozenset(words)


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
