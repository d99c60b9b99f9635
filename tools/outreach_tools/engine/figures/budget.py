"""The requests that one call of a tool may make, and how far it came with them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOST_REQUESTS = 60
"""The requests of one call unless it is given another number: 60,000 records in pages of 1,000."""

PATIENCE = timedelta(seconds=30)
"""The time after which no request is begun: MCP's clients give a call up after 60 seconds, and one takes up to 30."""


@dataclass(slots=True)
class Budget:
    """The requests of one call: at most `most`, all begun within `PATIENCE` by the clock `now`.

    One budget may go through several selections.
    """

    most: int = MOST_REQUESTS
    now: Callable[[], datetime] | None = None
    spent: int = 0
    _until: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Let the time begin."""
        self._until = self.now() + PATIENCE if self.now else None

    @property
    def left(self) -> int:
        """The number of requests that may still be begun, whatever the time."""
        return max(self.most - self.spent, 0)

    @property
    def is_late(self) -> bool:
        """Whether the time is up."""
        return self._until is not None and self.now is not None and self.now() >= self._until

    def take(self) -> bool:
        """Return whether one more request may be begun, and count it."""
        if not self.left or self.is_late:
            return False
        self.spent += 1
        return True


@dataclass(frozen=True, slots=True)
class Coverage:
    """The part of a selection that was read: so many records, the `whole` of it or not, in so many requests.

    `matching` are those of them that belong into the selection, which is fewer where Outreach cannot filter. `total` is
    how many records Outreach counts in it, None where it does not tell. `why` says why it is not whole.
    """

    read: int
    whole: bool
    requests: int
    total: int | None = None
    why: str = ""
    matching: int = 0
