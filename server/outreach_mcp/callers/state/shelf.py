"""The ledger of a server's replicas: a section of the store that they share."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.callers.state.sealed import Sealed
from outreach_mcp.io.threads import STORE

_log = logging.getLogger(__name__)

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class StoredShelf:
    """A `guard.ledger.Shelf` in a section of the store; raises `StateStoreError`, which says no more than that.

    Where the store lies, and what is wrong with it, is for the log: callers need not know.
    """

    section: Sealed

    async def get(self, name: str) -> bytes | None:
        """Return a value, None when there is none."""
        return await _asked(lambda: self.section.get(name))

    async def add(self, name: str, value: bytes, seconds: float) -> bool:
        """Store a value where there is none; return whether it was stored."""
        return await _asked(lambda: self.section.add(name, value, seconds))

    async def replace(self, name: str, expected: bytes, value: bytes, seconds: float) -> bool:
        """Store a value where there is exactly the expected one; return whether it was stored."""
        return await _asked(lambda: self.section.replace(name, expected, value, seconds))


async def _asked(ask: Callable[[], _Found]) -> _Found:
    try:
        return await STORE.run(ask)
    except StateStoreError as error:
        _log.error("%s", error)
        raise StateStoreError(
            "Nothing was sent: this server cannot read or write what it keeps of questions and answers; its log says "
            "why. Try again in a minute."
        ) from None
