"""The parts of a store that jobs are kept in: encrypted where many call, plain in a file of the one user's own."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.callers.state.store import StateStore
from outreach_mcp.io.threads import STORE

_log = logging.getLogger(__name__)

_Found = TypeVar("_Found")


class Section(Protocol):
    """Values by name, each for some seconds; all methods block and raise `StateStoreError`."""

    def get(self, name: str) -> bytes | None:
        """Return a value, None when there is none."""
        ...

    def set(self, name: str, value: bytes, ttl: float | None = None) -> None:
        """Store a value, whatever was there."""
        ...

    def add(self, name: str, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is none; return whether it was stored."""
        ...

    def replace(self, name: str, expected: bytes, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is exactly the expected one; return whether it was stored."""
        ...

    def delete(self, name: str) -> bool:
        """Remove a value; return whether it was there."""
        ...

    def values(self) -> list[bytes]:
        """Return all values."""
        ...


@dataclass(frozen=True, slots=True)
class PlainSection:
    """A section of a store that nobody but its user can read."""

    store: StateStore
    section: str

    def get(self, name: str) -> bytes | None:
        """Return a value, None when there is none."""
        return self.store.get(self._of(name))

    def set(self, name: str, value: bytes, ttl: float | None = None) -> None:
        """Store a value, whatever was there."""
        self.store.set(self._of(name), value, ttl)

    def add(self, name: str, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is none; return whether it was stored."""
        return self.store.add(self._of(name), value, ttl)

    def replace(self, name: str, expected: bytes, value: bytes, ttl: float | None = None) -> bool:
        """Store a value where there is exactly the expected one; return whether it was stored."""
        return self.store.replace(self._of(name), expected, value, ttl)

    def delete(self, name: str) -> bool:
        """Remove a value; return whether it was there."""
        return self.store.delete(self._of(name))

    def values(self) -> list[bytes]:
        """Return all values."""
        found = (self.store.get(name) for name in self.store.names(f"{self.section}:"))
        return [value for value in found if value is not None]

    def _of(self, name: str) -> str:
        return f"{self.section}:{name}"


def sections_of(store: StateStore) -> Callable[[str], Section]:
    """Return what gives the sections of a store, as they are."""
    return lambda name: PlainSection(store, name)


async def asked(work: Callable[[], _Found]) -> _Found:
    """Do work on the store in a thread. Raises `StateStoreError` without the details, which are logged."""
    try:
        return await STORE.run(work)
    except StateStoreError as error:
        _log.error("%s", error)
        raise StateStoreError(
            "This server cannot read or write what it keeps of plans and jobs; its log says why. Nothing more was "
            "changed. Try again in a minute."
        ) from None
