"""Gives keys out and takes them back for the operator: changes to the file that `keys` reads."""

import os
import re
import secrets
from collections.abc import Callable
from datetime import date
from pathlib import Path

import filelock

from outreach_mcp.caller import READ, WRITE
from outreach_mcp.callers.identity.errors import KeysFileError
from outreach_mcp.callers.identity.keys import KEY_PREFIX, StoredKey, digest_of, read_keys, written
from outreach_mcp.io.private_files import created, fault_of_file, fault_of_place

_LOCK_SECONDS = 10

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def add_key(
    path: Path,
    name: str,
    email: str,
    *,
    read_only: bool = False,
    until: date | None = None,
    random: Callable[[int], str] = secrets.token_urlsafe,
) -> str:
    """Put a new key into the file, which is made if need be, and return it: nobody can read it from there.

    `until` is the last day that it is good. Raises `KeysFileError` for a name that is taken or not valid, for what
    is not an e-mail address, and as `read_keys` does.
    """
    if not _NAME.fullmatch(name):
        raise KeysFileError(f"{name!r} is not a valid name for a key: up to 64 letters, digits or ._- such as alice")
    if not _EMAIL.fullmatch(email) or not email.isprintable():
        raise KeysFileError(f"{email!r} is not an e-mail address of an Outreach user, such as alice@example.com")
    key = KEY_PREFIX + random(32)
    scopes = frozenset({READ} if read_only else {READ, WRITE})

    def added(keys: tuple[StoredKey, ...]) -> tuple[StoredKey, ...]:
        if any(each.name == name for each in keys):
            raise KeysFileError(f"there is a key {name!r} already: choose another name, or remove that one first")
        return (*keys, StoredKey(name, digest_of(key), scopes, email, until))

    _change(path, added, make=True)
    return key


def remove_key(path: Path, name: str) -> None:
    """Take a key out of the file: whoever holds it is no longer let in. Raises `KeysFileError`."""

    def removed(keys: tuple[StoredKey, ...]) -> tuple[StoredKey, ...]:
        if all(each.name != name for each in keys):
            names = ", ".join(each.name for each in keys) or "none"
            raise KeysFileError(f"there is no key {name!r}; there is {names}")
        return tuple(each for each in keys if each.name != name)

    _change(path, removed, make=False)


def _change(path: Path, change: Callable[[tuple[StoredKey, ...]], tuple[StoredKey, ...]], *, make: bool) -> None:
    path = Path(os.path.realpath(path))  # a rename must not replace a link
    try:
        if make:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _judge_places(path)
        with filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=_LOCK_SECONDS, mode=0o600):
            keys = () if make and not path.exists() else read_keys(path)
            _replace(path, written(change(keys)))
    except filelock.Timeout:
        raise KeysFileError(f"another process holds the lock of {str(path)!r}: end it, or try again") from None
    except OSError as error:
        raise KeysFileError(f"the file of keys {str(path)!r} cannot be written: {error.strerror}") from error


def _judge_places(path: Path) -> None:
    if fault := fault_of_place(path) or fault_of_file(path.with_name(f"{path.name}.lock")):
        raise KeysFileError(
            f"the file of keys {str(path)!r} is not written: {fault}; keep it in a folder that only this user can "
            "write to"
        )


def _replace(path: Path, contents: bytes) -> None:
    """Put new contents in the place of the old ones, so that a reader finds one or the other, whole."""
    new = path.with_name(f"{path.name}.new")
    with open(created(new), "wb") as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
