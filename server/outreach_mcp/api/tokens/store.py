"""The file that keeps rotating tokens between two starts and between the processes of one user.

A refresh token is spent by its use, so whoever loses the one that came back has to log in again. Hence a lock beside
the file, new contents in full beside the old ones and renamed over them, and everything on the disk before it counts.

One file holds the tokens of any number of seeds (the refresh tokens that a user was given), each under its own key:
a new seed starts anew, an old one finds what became of it, and two users of one machine never act for one another.
"""

import hashlib
import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from outreach_mcp.api.errors.tree import TokenStoreError
from outreach_mcp.api.tokens import login_record as logins
from outreach_mcp.api.tokens.login_record import Login
from outreach_mcp.api.tokens.own_file import judge_private_file
from outreach_mcp.io.private_files import UNLINKED, created, fault_of_file, fault_of_folder
from outreach_tools.client import JsonObject
from outreach_tools.json_values import is_object, member

LOCK_TIMEOUT = 90.0
"""Seconds: longer than another process takes for its renewal in the worst case."""

LIFE_OF_REFRESH_TOKEN = timedelta(days=14)
"""Documented; what another seed left behind is thrown away after that."""

_VERSION = 1

_MOST_BYTES = 16 * 1024 * 1024
"""More than the tokens of any user; a longer file is not one of ours, and cut it does not hold JSON."""


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The tokens that came of a seed: the refresh token to use next, and the access token that came with it, if any.

    `renewing_since` is when a renewal was begun whose outcome nobody stored. All times are aware. `scopes` are those
    that the token or its endpoint named, None where neither did. `login` is there for tokens that came of one.
    """

    refresh_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    minted_at: datetime | None = None
    renewing_since: datetime | None = None
    scopes: frozenset[str] | None = None
    login: Login | None = None


def default_token_file() -> Path:
    """Return the folder in which the platform wants a program to keep its state."""
    import platformdirs  # noqa: PLC0415 - most starts name the file or need none

    return platformdirs.user_state_path("outreach-mcp", appauthor=False) / "tokens.json"


def token_key(seed: str, client_id: str, api_origin: str) -> str:
    """Return the key that the tokens from one seed are kept under, which reveals nothing about the seed."""
    return hashlib.sha256(json.dumps([seed, client_id, api_origin]).encode()).hexdigest()


def scopes_in(scope: Any) -> frozenset[str] | None:
    """Return the scopes that a `scope` names, separated by spaces as RFC 6749 has it; None where it names none."""
    words = scope.split() if isinstance(scope, str) else []
    return frozenset(word for word in words if word.isascii() and word.isprintable()) or None


class TokenStore:
    """The tokens of one key in a store file; all methods block, so they belong in a thread."""

    def __init__(self, path: Path, key: str) -> None:
        """Name the file; nothing is touched yet. A link is followed now, so that a rename does not replace it."""
        self.path = Path(os.path.realpath(path))
        self._folders = dict.fromkeys((path.parent, self.path.parent))
        self._key = key
        self._new_path = self.path.with_name(f"{self.path.name}.new")
        self._lock_path = self.path.with_name(f"{self.path.name}.lock")

    @contextmanager
    def locked(self, timeout: float) -> Generator[None]:
        """Keep every other process and thread out; `timeout` is in seconds.

        Raises `TokenStoreError` when the lock cannot be had.
        """
        import filelock  # noqa: PLC0415 - 10 ms, which a start that only reads need not wait for

        lock = filelock.FileLock(self._lock_path, mode=0o600)
        try:
            # Only a directory of our own is closed to others; the user's may be open for a reason.
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._judge_places()
            lock.acquire(timeout=timeout)
        except filelock.Timeout:
            raise TokenStoreError(
                f"Another process has held the lock {str(self._lock_path)!r} for {timeout:g} seconds, so the access "
                "token cannot be renewed: end the one that hangs, or try again."
            ) from None
        except (OSError, NotImplementedError) as error:
            raise self._fault("lock", error) from error
        try:
            self._finish_interrupted_write()
            yield
        finally:
            lock.release()

    def read(self) -> StoredTokens | None:
        """Return the tokens, None when nothing has been stored under the key."""
        entry = self._entries().get(self._key)
        return None if entry is None else tokens_of(entry)

    def read_all(self) -> dict[str, StoredTokens]:
        """Return the tokens of every key."""
        return {key: tokens_of(entry) for key, entry in self._entries().items()}

    def write(self, tokens: StoredTokens, now: datetime) -> None:
        """Replace the tokens, on the disk when this returns; only inside `locked`."""
        self._write({**self._others(now), self._key: entry_of(tokens)})

    def remove(self, now: datetime) -> None:
        """Forget the tokens, on the disk when this returns; only inside `locked`."""
        self._write(self._others(now))

    def _others(self, now: datetime) -> dict[str, JsonObject]:
        """Return the entries of other keys that may be of use; a login's is for the app that it names."""
        return {
            key: entry
            for key, entry in self._entries().items()
            if key != self._key and (tokens_of(entry).login or now - _last_used(entry, now) < LIFE_OF_REFRESH_TOKEN)
        }

    def _write(self, entries: dict[str, JsonObject]) -> None:
        contents = {"version": _VERSION, "tokens": entries}
        try:
            with open(created(self._new_path), "wb") as file:
                file.write(json.dumps(contents, indent=1).encode())
                file.flush()
                os.fsync(file.fileno())
            self._rename()
        except OSError as error:
            raise self._fault("write", error) from error

    def _finish_interrupted_write(self) -> None:
        # Complete contents under the new name are later than those under the old one: a process was killed between
        # its fsync and its rename, and the refresh token in them is the one that is good.
        try:
            _parsed(self._contents_of(self._new_path))
            if self._is_older(self._new_path):  # left behind, or put there: what it holds has been spent
                self._new_path.unlink()
            else:
                self._rename()
        except FileNotFoundError:
            return
        except ValueError:
            self._new_path.unlink(missing_ok=True)
        except OSError as error:
            raise self._fault("read", error) from error

    def _rename(self) -> None:
        self._new_path.replace(self.path)
        if sys.platform != "win32":  # where a directory cannot be opened
            directory = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def _entries(self) -> dict[str, JsonObject]:
        try:
            contents = self._contents_of(self.path)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._fault("read", error) from error
        if not contents.strip():
            return {}  # made beforehand by somebody, for its permissions
        try:
            return _parsed(contents)
        except ValueError as error:
            # Not overwritten: it is damaged, and may hold a good token, or it is a file of something else.
            raise TokenStoreError(
                f"{str(self.path)!r} is not a token store ({error}). Move it away, or name another file in "
                "OUTREACH_MCP_TOKEN_FILE; then run `outreach-mcp login`, or set a new OUTREACH_REFRESH_TOKEN."
            ) from None  # the cause would hold the contents

    def _contents_of(self, path: Path) -> bytes:
        descriptor = os.open(path, os.O_RDONLY | UNLINKED)
        try:
            self._judge_places()
            judge_private_file(path, descriptor, "OUTREACH_MCP_TOKEN_FILE")
        except BaseException:
            os.close(descriptor)
            raise
        with open(descriptor, "rb") as file:
            return file.read(_MOST_BYTES)

    def _judge_places(self) -> None:
        """Raise `TokenStoreError` where others can put files into the place of the store's or of its lock's."""
        faults = (fault_of_folder(folder) for folder in self._folders)
        fault = next((each for each in faults if each), None) or fault_of_file(self._lock_path)
        if fault:
            raise TokenStoreError(
                f"{str(self.path)!r} is not used as a token store: {fault}. Make it a folder of this user that only "
                "they can write to, or name another file in OUTREACH_MCP_TOKEN_FILE."
            )

    def _is_older(self, path: Path) -> bool:
        try:
            return path.stat().st_mtime_ns < self.path.stat().st_mtime_ns
        except FileNotFoundError:
            return False

    def _fault(self, verb: str, error: Exception) -> TokenStoreError:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return TokenStoreError(
            f"Cannot {verb} the token store {str(self.path)!r}: {reason}. Make its folder writable for this user, or "
            "name another file in OUTREACH_MCP_TOKEN_FILE."
        )


def _parsed(contents: bytes) -> dict[str, JsonObject]:
    """Return the entries by key; raises `ValueError`, which repeats nothing of the contents."""
    try:
        document: Any = json.loads(contents)
    except (ValueError, RecursionError):
        raise ValueError("it does not hold JSON") from None
    entries = member(document, "tokens")
    if not is_object(entries):
        raise ValueError("it does not hold tokens")
    if member(document, "version") != _VERSION:
        raise ValueError("another version of this server wrote it")
    for entry in entries.values():
        tokens_of(entry)
    return entries


def tokens_of(entry: Any) -> StoredTokens:
    """Return the tokens that `entry_of` made an object of; raises `ValueError`, which repeats nothing of it."""
    refresh_token, access_token = member(entry, "refresh_token"), member(entry, "access_token")
    if not isinstance(refresh_token, str) or not refresh_token or not isinstance(access_token, str):
        raise ValueError("an entry lacks its tokens")
    return StoredTokens(
        refresh_token,
        access_token,
        _moment(member(entry, "expires_at")),
        _moment(member(entry, "minted_at")),
        _moment(member(entry, "renewing_since")),
        scopes_in(member(entry, "scope")),
        logins.login_of(member(entry, "login")),
    )


def entry_of(tokens: StoredTokens) -> JsonObject:
    """Return tokens as an object for a file."""
    entry: JsonObject = {
        "refresh_token": tokens.refresh_token,
        "access_token": tokens.access_token,
        "expires_at": _text(tokens.expires_at),
        "minted_at": _text(tokens.minted_at),
        "renewing_since": _text(tokens.renewing_since),
        "scope": None if tokens.scopes is None else " ".join(sorted(tokens.scopes)),
    }
    return entry if tokens.login is None else {**entry, "login": logins.entry_of(tokens.login)}


def _last_used(entry: JsonObject, now: datetime) -> datetime:
    tokens = tokens_of(entry)
    return tokens.minted_at or tokens.renewing_since or now


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("an entry holds a time that is not valid") from None
    if moment.tzinfo is None:
        raise ValueError("an entry holds a time without a zone")
    return moment


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
