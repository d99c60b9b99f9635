"""Callers by keys that the operator gave out: the file that holds them, as the server reads it.

A key is 256 random bits, so its plain SHA-256 is all that is kept: nobody can guess what it was made from.
"""

import hashlib
import hmac
import json
import logging
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from outreach_mcp.caller import Caller, known_scopes
from outreach_mcp.callers.identity.errors import (
    CredentialError,
    IdentityUnavailableError,
    KeysFileError,
    LapsedCredentialError,
)
from outreach_mcp.io.private_files import UNBLOCKED, fault_of_folder
from outreach_tools.client import JsonObject
from outreach_tools.clock import utc_now
from outreach_tools.json_values import is_array, member

_log = logging.getLogger(__name__)

KEY_PREFIX = "omcp_"
"""The prefix of every key: it tells a key from a token, and lets scanners for leaked secrets find one."""

VERSION = 1

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key as the file holds it; `until` is the last day (UTC) that it lets anybody in."""

    name: str
    digest: str
    scopes: frozenset[str]
    email: str
    until: date | None = None

    @property
    def caller(self) -> Caller:
        """The caller that the key stands for.

        The e-mail belongs to the subject: a name that is given to somebody else finds nothing of who had it before.
        """
        return Caller(f"key:{self.name} {self.email.casefold()}", self.name, self.scopes, self.email)

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.until is not None and today > self.until


def digest_of(key: str) -> str:
    """Return what the file keeps of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def read_keys(path: Path) -> tuple[StoredKey, ...]:
    """Return the keys in a file. Raises `KeysFileError` for one that is not there, is damaged, or others can write."""
    try:
        descriptor = os.open(path, os.O_RDONLY | UNBLOCKED)
        try:
            _judge(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        with open(descriptor, "rb") as file:
            contents = file.read(_MOST_BYTES)
    except FileNotFoundError:
        raise KeysFileError(
            f"there is no file of keys {str(path)!r}: `outreach-mcp keys add` makes it, OUTREACH_MCP_KEYS_FILE names it"
        ) from None
    except OSError as error:
        raise KeysFileError(f"the file of keys {str(path)!r} cannot be read: {error.strerror}") from error
    try:
        return _parsed(contents)
    except ValueError as error:
        raise KeysFileError(
            f"the file of keys {str(path)!r} is damaged ({error}): restore it, or move it away and give out new keys "
            "with `outreach-mcp keys add`"
        ) from None


def written(keys: Iterable[StoredKey]) -> bytes:
    """Return the contents of a file with these keys."""
    entries = [
        {
            "name": key.name,
            "sha256": key.digest,
            "scopes": sorted(key.scopes),
            "email": key.email,
            "until": None if key.until is None else key.until.isoformat(),
        }
        for key in keys
    ]
    return json.dumps({"version": VERSION, "keys": entries}, indent=1, ensure_ascii=False).encode() + b"\n"


class KeyRing:
    """Identifies callers by the keys of one file, which is read again whenever it has changed."""

    def __init__(self, path: Path, *, now: Callable[[], datetime] = utc_now) -> None:
        """Name the file. Raises `KeysFileError` as `read_keys` does: a server must not start on a file that is bad."""
        self._path = path
        self._now = now
        self._seen = _version_of(path)
        self._keys = read_keys(path)

    async def caller_of(self, key: str) -> Caller:
        """Return the caller that a key stands for.

        Raises `CredentialError` for one that is not in the file or has expired, `IdentityUnavailableError` while the
        file is bad.
        """
        digest = digest_of(key)
        # In constant time, and to the end: how long it takes tells nothing about which key was near.
        found = [stored for stored in self._current() if hmac.compare_digest(stored.digest, digest)]
        if not found:
            raise CredentialError("the key is not one of this server's")
        if found[0].is_over(self._now().astimezone(UTC).date()):
            raise LapsedCredentialError(f"the key was good until {found[0].until}")
        return found[0].caller

    def _current(self) -> tuple[StoredKey, ...]:
        # A look at the file's date costs 2 µs, and a key that was taken back is taken back now.
        version = _version_of(self._path)
        if version is None or version != self._seen:
            try:
                self._keys = read_keys(self._path)
            except KeysFileError as error:
                self._seen = None
                _log.error("%s", error)
                raise IdentityUnavailableError("this server's keys cannot be read now; its log says why") from error
            self._seen = version
        return self._keys


def _version_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _judge(path: Path, descriptor: int) -> None:
    if sys.platform == "win32":  # a user's folders are closed to others there
        return
    found = os.fstat(descriptor)
    # Whoever can write the file lets in whom they like. Root may own it: that is how containers are given files.
    if not stat.S_ISREG(found.st_mode) or found.st_uid not in (os.geteuid(), 0) or found.st_mode & 0o022:
        raise KeysFileError(
            f"the file of keys {str(path)!r} can be written by others than the user this server runs as: make it a "
            "file of this user with the mode 0600"
        )
    for folder in dict.fromkeys((path.parent, Path(os.path.realpath(path)).parent)):
        if fault := fault_of_folder(folder, to_read=True):
            raise KeysFileError(
                f"the file of keys {str(path)!r} is not used: {fault}; keep it in a folder that only this user can "
                "write to"
            )


_MOST_BYTES = 16 * 1024 * 1024
"""Some 80,000 keys; a longer file is not one of ours, and cut it does not hold JSON."""


def _parsed(contents: bytes) -> tuple[StoredKey, ...]:
    """Return the keys; raises `ValueError`, which repeats nothing of the contents."""
    try:
        document: Any = json.loads(contents)
    except (ValueError, RecursionError):
        raise ValueError("it does not hold JSON") from None
    entries = member(document, "keys")
    if not is_array(entries):
        raise ValueError("it does not hold keys")
    if member(document, "version") != VERSION:
        raise ValueError("another version of this server wrote it")
    return tuple(_key_of(entry) for entry in entries)


def _key_of(entry: JsonObject) -> StoredKey:
    name, digest, email, until = (member(entry, field) for field in ("name", "sha256", "email", "until"))
    if not (isinstance(name, str) and isinstance(email, str) and name and email and _is_digest(digest)):
        raise ValueError("an entry lacks its name, e-mail or digest")
    try:
        return StoredKey(name, digest, known_scopes(member(entry, "scopes")), email, _day(until))
    except (TypeError, ValueError):
        raise ValueError("an entry's last day is not a date") from None


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _day(until: object) -> date | None:
    return None if until is None else date.fromisoformat(str(until))
