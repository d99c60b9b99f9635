"""A section of a store whose values are encrypted, each bound to its name, and whose names reveal nothing.

Who reads the store learns how many values there are and how long, no caller's name and no token; who writes to it can
neither make a value nor put one caller's in the place of another's.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from outreach_mcp.callers.state.errors import WrongKeyError
from outreach_mcp.callers.state.store import StateStore

_FORMAT = b"\x01"
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """The values of one section, with the methods of a `StateStore`; `key` has 32 bytes and serves this section alone.

    Raises `WrongKeyError` for a value that this key does not open, besides what the store raises.
    """

    store: StateStore
    section: str
    key: bytes = field(repr=False)

    def get(self, name: str) -> bytes | None:
        """Return a value, None when there is none."""
        return self._got(self.name_of(name))

    def set(self, name: str, value: bytes, ttl: float | None = None) -> None:
        """Store a value, whatever was there."""
        hidden = self.name_of(name)
        self.store.set(hidden, self.seal(hidden, value), ttl)

    def add(self, name: str, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is none; return whether it was stored."""
        hidden = self.name_of(name)
        return self.store.add(hidden, self.seal(hidden, value), ttl)

    def replace(self, name: str, expected: bytes, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is exactly the expected one; return whether it was stored."""
        hidden = self.name_of(name)
        while (sealed := self.store.get(hidden)) is not None and self.open(hidden, sealed) == expected:
            if self.store.replace(hidden, sealed, self.seal(hidden, value), ttl):
                return True
            # The same value may have been sealed anew meanwhile.
        return False

    def take(self, name: str) -> bytes | None:
        """Remove a value and return it, None when there is none."""
        hidden = self.name_of(name)
        sealed = self.store.take(hidden)
        return None if sealed is None else self.open(hidden, sealed)

    def delete(self, name: str) -> bool:
        """Remove a value; return whether it was there."""
        return self.store.delete(self.name_of(name))

    def values(self) -> list[bytes]:
        """Return all values of the section."""
        found = (self._got(hidden) for hidden in self.store.names(f"{self.section}:"))
        return [value for value in found if value is not None]

    def name_of(self, name: str) -> str:
        """Return the name that the store knows a value by."""
        # A subject comes out of JSON, which can hold halves of surrogate pairs.
        hidden = hmac.new(_key_of_names(self.key), name.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return f"{self.section}:{hidden}"

    def seal(self, hidden: str, value: bytes) -> bytes:
        """Return a value encrypted for the name that the store knows it by."""
        nonce = os.urandom(_NONCE)
        return _FORMAT + nonce + AESGCM(self.key).encrypt(nonce, value, hidden.encode())

    def open(self, hidden: str, sealed: bytes) -> bytes:
        """Return the value that was encrypted for a name of the store. Raises `WrongKeyError`."""
        nonce, text = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        if sealed[:1] == _FORMAT and len(nonce) == _NONCE:
            try:
                return AESGCM(self.key).decrypt(nonce, text, hidden.encode())
            except InvalidTag:
                pass
        raise WrongKeyError(
            f"A value of the section {self.section!r} in the store cannot be decrypted: it was written with another "
            "OUTREACH_MCP_ENCRYPTION_KEY, or is damaged. Nothing was changed. Set the key that the store was made "
            "with, or name an empty store in OUTREACH_MCP_STORE and have the callers connect again."
        )

    def _got(self, hidden: str) -> bytes | None:
        sealed = self.store.get(hidden)
        return None if sealed is None else self.open(hidden, sealed)


@lru_cache(maxsize=16)
def _key_of_names(key: bytes) -> bytes:
    """Return the key that names are hidden with, which every step needs; a server has a few sections."""
    return HKDFExpand(SHA256(), length=32, info=b"names").derive(key)


def check_key(section: Sealed) -> None:
    """Raise `WrongKeyError` when the store was made with another key; a new store is marked with this one."""
    mark = f"{section.section}:mark"  # one that every key finds
    if section.store.get(mark) is None:
        section.store.add(mark, section.seal(mark, b"outreach-mcp"))
    if (sealed := section.store.get(mark)) is not None:
        section.open(mark, sealed)
