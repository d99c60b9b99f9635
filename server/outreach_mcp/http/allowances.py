"""The limits of one caller: how many calls in a minute, how many at once, how many streams.

Callers are counted by a digest of who they are.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from outreach_mcp.caller import current_caller


@dataclass(frozen=True, slots=True)
class Allowances:
    """The numbers: calls of one caller in a minute and at once, and streams of all callers at once."""

    calls_per_minute: int = 120
    concurrent_calls: int = 10
    sse_connections: int = 100


def caller_key() -> str:
    """Return the key under which the caller of the current request is counted."""
    caller = current_caller()
    return "the one user" if caller is None else _digest(caller.subject)


@lru_cache(maxsize=1024)
def _digest(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()[:32]


class Slots:
    """How many things of each caller are under way, and of all together."""

    def __init__(self, of_each: int, of_all: int | None = None) -> None:
        self._of_each = of_each
        self._of_all = of_all
        self._taken = Counter[str]()
        self._all = 0

    def is_full(self) -> bool:
        """Return whether all callers together have as many as there may be."""
        return self._of_all is not None and self._all >= self._of_all

    def take(self, key: str) -> bool:
        """Take one for a caller; return whether there was one left."""
        if self._taken[key] >= self._of_each or self.is_full():
            return False
        self._taken[key] += 1
        self._all += 1
        return True

    def release(self, key: str) -> None:
        """Give one back."""
        self._all -= 1
        self._taken[key] -= 1
        if not self._taken[key]:
            del self._taken[key]
