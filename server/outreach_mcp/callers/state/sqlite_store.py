"""Shared state in an SQLite file: for one process, or for several of one machine."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock

import filelock

from outreach_mcp.api.errors.tree import TokenStoreError
from outreach_mcp.api.tokens.own_file import judge_private_file
from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.io.private_files import UNLINKED, fault_of_file, fault_of_folder

_APPLICATION = 0x4F4D4350
"""SQLite's `application_id` of our files, so that one of another program is never written to: the letters OMCP."""

_VERSION = 1

_SCHEMA = f"""
CREATE TABLE state (name TEXT PRIMARY KEY, value BLOB NOT NULL, expires_at REAL) WITHOUT ROWID;
CREATE INDEX state_by_end ON state (expires_at) WHERE expires_at IS NOT NULL;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
"""

_BESIDE = (".lock", "-journal", "-wal", "-shm")
"""The endings of the files that we and SQLite keep beside the store."""

_BUSY_SECONDS = 10.0
"""How long a step waits for those of other processes, each of which takes some milliseconds."""


class SqliteStore:
    """A `StateStore` in a file that only this user can read; what is written is on the disk when a method returns."""

    def __init__(self, path: Path, *, clock: Clock = MACHINE) -> None:
        """Name the file; nothing is touched yet."""
        self._path = Path(os.path.realpath(path))
        self._folders = dict.fromkeys((path.parent, self._path.parent))
        self._clock = clock
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None

    def _seconds(self) -> float:
        """Return the seconds by which all processes of the machine reckon, those since 1970."""
        return self._clock.now().timestamp()

    def get(self, name: str) -> bytes | None:
        """Return a value, None when there is none."""
        with self._step() as connection:
            return _value(connection.execute(f"SELECT value {_LIVING}", (name, self._seconds())))

    def set(self, name: str, value: bytes, ttl: float | None = None) -> None:
        """Store a value, whatever was there."""
        with self._change() as connection:
            self._put(connection, name, value, ttl)

    def add(self, name: str, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is none; return whether it was stored."""
        return self._put_instead_of(None, name, value, ttl)

    def replace(self, name: str, expected: bytes, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is exactly the expected one; return whether it was stored."""
        return self._put_instead_of(expected, name, value, ttl)

    def take(self, name: str) -> bytes | None:
        """Remove a value and return it, None when there is none."""
        with self._change() as connection:
            return _value(connection.execute(f"DELETE {_LIVING} RETURNING value", (name, self._seconds())))

    def delete(self, name: str, expected: bytes | None = None) -> bool:
        """Remove a value, only the expected one if that is given; return whether it was there."""
        with self._change() as connection:
            condition = "AND (? IS NULL OR value = ?)"
            found = connection.execute(f"DELETE {_LIVING} {condition}", (name, self._seconds(), expected, expected))
            return found.rowcount == 1

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin with `prefix`, sorted."""
        with self._step() as connection:
            rows = connection.execute(
                "SELECT name FROM state WHERE substr(name, 1, ?) = ? AND (expires_at IS NULL OR expires_at > ?) "
                "ORDER BY name",
                (len(prefix), prefix, self._seconds()),
            )
            return [str(row[0]) for row in rows]

    def ping(self) -> None:
        """Raise `StateStoreError` when the file cannot be read and written."""
        with self._change():
            pass

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _put_instead_of(self, expected: bytes | None, name: str, value: bytes, ttl: float | None) -> bool:
        with self._change() as connection:
            if _value(connection.execute(f"SELECT value {_LIVING}", (name, self._seconds()))) != expected:
                return False
            self._put(connection, name, value, ttl)
            return True

    def _put(self, connection: sqlite3.Connection, name: str, value: bytes, ttl: float | None) -> None:
        now = self._seconds()
        connection.execute("DELETE FROM state WHERE expires_at <= ?", (now,))
        connection.execute(
            "INSERT OR REPLACE INTO state (name, value, expires_at) VALUES (?, ?, ?)",
            (name, value, None if ttl is None else now + ttl),
        )

    @contextmanager
    def _change(self) -> Generator[sqlite3.Connection]:
        with self._step() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _step(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._opened()
                yield self._connection
            except (sqlite3.Error, OSError, filelock.Timeout, NotImplementedError) as error:
                raise self._fault(error) from error

    def _opened(self) -> sqlite3.Connection:
        # Only a directory of our own is closed to others; the user's may be open for a reason.
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._judge_places()
        # One process at a time: SQLite does not wait when two switch a file to its write-ahead log.
        with filelock.FileLock(f"{self._path}.lock", timeout=_BUSY_SECONDS, mode=0o600):
            # Made here and not by SQLite, which gives its other files the mode of this one.
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | UNLINKED, 0o600)
            try:
                judge_private_file(self._path, descriptor, "OUTREACH_MCP_STORE")
            except TokenStoreError as error:
                raise StateStoreError(str(error)) from None
            finally:
                os.close(descriptor)
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    def _judge_places(self) -> None:
        """Raise `StateStoreError` where others can put files into the place of ours, or have done."""
        folders = (fault_of_folder(folder) for folder in self._folders)
        beside = (fault_of_file(self._path.with_name(f"{self._path.name}{end}")) for end in _BESIDE)
        if fault := next((each for each in (*folders, *beside) if each), None):
            raise StateStoreError(
                f"{str(self._path)!r} is not used as a store: {fault}. Make it a folder of this user that only they "
                "can write to, or name another file in OUTREACH_MCP_STORE."
            )

    def _prepare(self, connection: sqlite3.Connection) -> None:
        application, version, tables = (
            int(connection.execute(query).fetchone()[0])
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT COUNT(*) FROM sqlite_master")
        )
        is_new = (application, version, tables) == (0, 0, 0)
        if not is_new and (application, version) != (_APPLICATION, _VERSION):
            raise StateStoreError(
                f"{str(self._path)!r} is a database of another program or version, so it was not touched: name "
                "another file in OUTREACH_MCP_STORE."
            )
        with closing(connection.execute("PRAGMA journal_mode = WAL")) as cursor:
            cursor.fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        if is_new:
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")

    def _fault(self, error: Exception) -> StateStoreError:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return StateStoreError(
            f"The store {str(self._path)!r} cannot be used: {reason}. Make its folder writable for this user, or name "
            "another file in OUTREACH_MCP_STORE."
        )


_LIVING = "FROM state WHERE name = ? AND (expires_at IS NULL OR expires_at > ?)"


def _value(cursor: sqlite3.Cursor) -> bytes | None:
    row = cursor.fetchone()
    return None if row is None else bytes(row[0])
