"""Values kept for a short time under a name that cannot be guessed, and redeemed once: the state of a login."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from outreach_mcp.callers.state.sealed import Sealed
from outreach_tools.client import JsonObject
from outreach_tools.json_values import is_object


@dataclass(frozen=True, slots=True)
class Tickets:
    """The tickets of a server and its replicas; all methods block and raise `StateStoreError`.

    The store learns neither a ticket nor what it stands for, so that who reads it can redeem none.
    """

    section: Sealed

    def issue(self, kind: str, payload: JsonObject, ttl: float) -> str:
        """Return a new ticket of a kind, fit for a URL (43 characters), that stands for `payload` for `ttl` seconds."""
        ticket = secrets.token_urlsafe(32)
        self.section.set(_name(kind, ticket), json.dumps(payload).encode(), ttl)
        return ticket

    def look(self, kind: str, ticket: str) -> JsonObject | None:
        """Return what a ticket stands for without using it up, None for one that is not good or not of this kind."""
        return _payload(self.section.get(_name(kind, ticket)))

    def redeem(self, kind: str, ticket: str) -> JsonObject | None:
        """Use a ticket up and return what it stands for; None for all but the first who asks."""
        return _payload(self.section.take(_name(kind, ticket)))


def _name(kind: str, ticket: str) -> str:
    return json.dumps([kind, ticket])


def _payload(value: bytes | None) -> JsonObject | None:
    payload: Any = None if value is None else json.loads(value)
    return payload if is_object(payload) else None
