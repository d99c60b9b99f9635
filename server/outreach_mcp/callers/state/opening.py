"""Opens the state that a server of many callers keeps, where the settings want it."""
# ruff: noqa: PLC0415 - the client of Redis is imported only where Redis is the store

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from outreach_mcp.callers.state.accounts import Connections
from outreach_mcp.callers.state.creates import StoredCreates
from outreach_mcp.callers.state.errors import RedisExtraError
from outreach_mcp.callers.state.keys import derived_key
from outreach_mcp.callers.state.sealed import Sealed, check_key
from outreach_mcp.callers.state.shelf import StoredShelf
from outreach_mcp.callers.state.store import StateStore
from outreach_mcp.callers.state.tickets import Tickets
from outreach_mcp.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class State:
    """All that a server of many callers keeps, in one store; all methods block and raise `StateStoreError`."""

    connections: Connections
    tickets: Tickets
    _store: StateStore
    _key_check: Sealed
    _creates: Sealed
    shelf: StoredShelf
    """For the ledger of what was answered."""
    section: Callable[[str], Sealed]
    """Returns the section of a name, each with a key of its own."""

    def ping(self) -> None:
        """Raise `StateStoreError` when the store cannot be used now, `WrongKeyError` when it has another key."""
        self._store.ping()
        check_key(self._key_check)

    def creates_of(self, name: str) -> StoredCreates:
        """Return the shared memory of creates for one who acts in Outreach: a caller's connection by its id."""
        return StoredCreates(self._creates, name)

    def close(self) -> None:
        """Close the connections to the store."""
        self._store.close()


def open_state(settings: Settings) -> State:
    """Return the state that the settings ask for; nothing is read yet, `State.ping` tells whether it can be.

    Raises `SettingsError` when there is no encryption key, `RedisExtraError` when the client of Redis is missing.
    """
    store = open_store(settings)

    def section(name: str) -> Sealed:
        return Sealed(store, name, derived_key(settings, name))

    return State(
        Connections(section("connections")),
        Tickets(section("tickets")),
        store,
        section("key check"),
        section("creates"),
        StoredShelf(section("ledger")),
        cache(section),
    )


def open_store(settings: Settings) -> StateStore:
    """Return the store that the settings name, a file of this user where they name none.

    Raises `RedisExtraError`.
    """
    if settings.redis_url is not None:
        try:
            from outreach_mcp.callers.state.redis_store import RedisStore
        except ModuleNotFoundError as error:
            if error.name != "redis":
                raise
            raise RedisExtraError from None
        return RedisStore(settings.redis_url)
    from outreach_mcp.callers.state.sqlite_store import SqliteStore

    return SqliteStore(default_state_file() if settings.store is None else Path(settings.store))


def default_state_file() -> Path:
    """Return the folder in which the platform wants a program to keep its state."""
    import platformdirs

    return platformdirs.user_state_path("outreach-mcp", appauthor=False) / "state.sqlite3"
