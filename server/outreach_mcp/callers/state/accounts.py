"""The callers' own connections to Outreach: who is connected as whom, and the tokens of each.

A connection is replaced and removed without waiting for a renewal that is under way: a renewal writes its tokens only
in the place of those it has used up, so it neither overwrites a new connection nor brings a removed one back.
"""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any

from outreach_mcp.api.errors.tree import TokensReplacedError
from outreach_mcp.api.tokens.store import StoredTokens, entry_of, tokens_of
from outreach_mcp.callers.state.errors import LockTimeoutError, StateStoreError
from outreach_mcp.callers.state.leases import locked, new_owner
from outreach_mcp.callers.state.sealed import Sealed

_VERSION = 1

_KEPT = 15 * 24 * 3600.0
"""Seconds: Outreach forgets a refresh token after 14 days (documented), and a connection is of no use after that."""


@dataclass(frozen=True, slots=True)
class OutreachUser:
    """The identity of a caller in Outreach."""

    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class CallerConnection:
    """A caller's connection: `subject` names the caller for ever, `caller` is what people call them.

    `id` is another one after each login, so that whoever keeps something for a connection sees that it has ended.
    `scopes` are those that Outreach has granted. Times are aware.
    """

    id: str
    subject: str
    caller: str
    user: OutreachUser
    scopes: frozenset[str]
    connected_at: datetime
    tokens: StoredTokens = field(repr=False)

    @property
    def renewed_at(self) -> datetime:
        """When its tokens were given out: it was last in use within the two hours after that."""
        return self.tokens.minted_at or self.connected_at


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections of all callers; all methods block and raise `StateStoreError`."""

    section: Sealed

    def connect(self, connection: CallerConnection) -> None:
        """Store a connection in the place of the one that its caller may have."""
        self.section.set(connection.subject, _written(connection), _KEPT)

    def find(self, subject: str) -> CallerConnection | None:
        """Return a caller's connection, None when there is none."""
        value = self.section.get(subject)
        return None if value is None else _read(value)

    def forget(self, subject: str) -> bool:
        """Remove a caller's connection; return whether there was one."""
        return self.section.delete(subject)

    def all(self) -> list[CallerConnection]:
        """Return all connections, by the caller's name."""
        found = (_read(value) for value in self.section.values())
        return sorted(found, key=lambda connection: (connection.caller.casefold(), connection.subject))

    def tokens(self, connection: CallerConnection) -> "ConnectionTokens":
        """Return the store of a connection's tokens, for `RotatingTokens`."""
        return ConnectionTokens(self.section, connection.subject, connection.id)


class ConnectionTokens:
    """The rotating tokens of one connection, as `outreach_mcp.api.tokens.rotating.KeptTokens` has it.

    What belongs to another connection of the same caller is neither read nor overwritten.
    """

    def __init__(self, section: Sealed, subject: str, connection_id: str) -> None:
        """Name the connection; nothing is read yet."""
        self._section = section
        self._subject = subject
        self._id = connection_id
        self._threads = Lock()
        self._owner = new_owner()
        self._refresh_token = ""

    @contextmanager
    def locked(self, timeout: float) -> Generator[None]:
        """Keep every other process and thread out; `timeout` is in seconds.

        Raises `LockTimeoutError` when the lock cannot be had in time.
        """
        if not self._threads.acquire(timeout=timeout):
            raise LockTimeoutError(f"The access token has been under renewal for {timeout:g} seconds. Try again.")
        try:
            with locked(self._section.store, self._section.name_of(self._subject), timeout, owner=self._owner):
                yield
        finally:
            self._threads.release()

    def read(self) -> StoredTokens | None:
        """Return the tokens, None when the connection has ended."""
        found = self._find()
        if found is None:
            return None
        self._refresh_token = found[1].tokens.refresh_token
        return found[1].tokens

    def write(self, tokens: StoredTokens, now: datetime) -> None:  # noqa: ARG002 - the store has its own clock
        """Replace the tokens that this object has read or written last.

        Raises `TokensReplacedError` when there are others, or none any more.
        """
        while (found := self._find()) is not None:
            value, connection = found
            if connection.tokens.refresh_token != self._refresh_token:
                break
            if self._section.replace(self._subject, value, _written(replace(connection, tokens=tokens)), _KEPT):
                self._refresh_token = tokens.refresh_token
                return
        raise TokensReplacedError("The connection to Outreach was replaced or removed meanwhile. Try again.")

    def _find(self) -> tuple[bytes, CallerConnection] | None:
        value = self._section.get(self._subject)
        if value is None:
            return None
        connection = _read(value)
        return (value, connection) if connection.id == self._id else None


def _written(connection: CallerConnection) -> bytes:
    user = connection.user
    return json.dumps(
        {
            "version": _VERSION,
            "id": connection.id,
            "subject": connection.subject,
            "caller": connection.caller,
            "user": {"id": user.id, "name": user.name, "email": user.email},
            "scopes": sorted(connection.scopes),
            "connected_at": connection.connected_at.isoformat(),
            "tokens": entry_of(connection.tokens),
        }
    ).encode()


def _read(value: bytes) -> CallerConnection:
    try:
        return _connection_of(json.loads(value))
    except (ValueError, KeyError, TypeError):
        raise StateStoreError(
            "The store holds a connection that this version cannot read. Start the version that wrote it, or name "
            "another store in OUTREACH_MCP_STORE and have the callers connect again."
        ) from None  # the cause would hold the contents


def _connection_of(entry: Any) -> CallerConnection:
    if entry["version"] != _VERSION:
        raise ValueError("another version of this server wrote it")
    user = entry["user"]
    return CallerConnection(
        entry["id"],
        entry["subject"],
        entry["caller"],
        OutreachUser(user["id"], user["name"], user["email"]),
        frozenset(entry["scopes"]),
        datetime.fromisoformat(entry["connected_at"]),
        tokens_of(entry["tokens"]),
    )
