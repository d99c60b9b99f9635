"""Access to the sandbox: bearer tokens, their users and their scopes, and each user's hourly limit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from outreach_sandbox import errors
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches
from outreach_tools.catalog import ResourceType

Right: TypeAlias = Literal["read", "write", "delete"]
"""The part of a scope after the dot."""

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Access:
    """The grant behind a bearer token: a user, by default the first who is not locked, and scopes, by default all."""

    user: int | None = None
    scopes: frozenset[str] | None = None

    def demand(self, resource: ResourceType, right: Right) -> None:
        """Raise a 403 unless the token has the scope; writing does not include reading (documented)."""
        if not self.has(resource, right):
            raise errors.missing_scope(f"{resource.scope}.{right}")

    def has(self, resource: ResourceType, right: Right) -> bool:
        """Return whether the token has a scope, by itself or within `all`."""
        wanted = {f"{resource.scope}.{right}", f"{resource.scope}.all"}
        return self.scopes is None or not self.scopes.isdisjoint(wanted)


SANDBOX_TOKENS: Mapping[str, Access] = {"sandbox": Access()}
"""The tokens a sandbox accepts unless it is told others."""


def bearer_token(authorization: str) -> str:
    """Return the token of an Authorization header, empty when there is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def acting_user(access: Access, store: Store) -> int:
    """Return the id of the user a token acts for; raises a 403 when that user is locked or gone (assumed)."""
    found = (
        store.rows('SELECT id, locked FROM "user" WHERE locked IS NOT 1 ORDER BY id LIMIT 1')
        if access.user is None
        else store.rows('SELECT id, locked FROM "user" WHERE id = ?', (access.user,))
    )
    if not found:
        if access.user is None:
            return 1
        raise errors.unauthorized_request()
    user, locked = found[0]
    if locked:
        raise errors.unauthorized_request()
    return int(user)


class RateLimits:
    """Counts each user's requests in windows of an hour (documented: 10,000 an hour and user)."""

    def __init__(self, clock: Callable[[], datetime], switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._windows: dict[int | None, tuple[int, int]] = {}

    def spend(self, user: int | None) -> tuple[dict[str, str], bool]:
        """Count one request; return the headers for its answer, and whether it was still within the limit.

        X-RateLimit-Reset is in Unix seconds, and Remaining may hold two numbers (singer-io/tap-outreach 1.1.2).
        """
        now = int(self._clock().timestamp())
        start, used = self._windows.get(user, (now, 0))
        if now >= start + _HOUR:
            start, used = now, 0
        used += 1
        self._windows[user] = (start, used)
        limit = self._switches.hourly_limit
        remaining = max(limit - used, 0)
        # The second number is that of the whole organisation: twice the limit in the one recording there is.
        shown = f"{remaining}, {2 * limit - used}" if self._switches.two_remaining_numbers else str(remaining)
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": shown,
            "X-RateLimit-Reset": str(start + _HOUR),
        }
        return headers, used <= limit
