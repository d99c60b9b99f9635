"""The ledger of what is done once: for each answer of a person and key of a caller, what was begun and its outcome.

A question is noted when it is asked and spent in one step before anything is sent, whichever process gets the answer.
What is not in the ledger was never asked, or too long ago: the person is asked again. A restart forgets the memory.
"""

import json
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from outreach_mcp.clock import MACHINE, Clock
from outreach_tools.engine.errors import ToolError

ANSWERABLE = timedelta(minutes=10)
"""How long a question can be answered: also the life of what the SDK seals (`RequestStateSecurity`)."""

KEPT = 660.0
"""Seconds that an entry is kept: a question for as long as it can be answered, and clocks differ a little."""

PATIENCE = 10.0
"""Seconds that a repeat waits for the first one; with a call's 40 it stays below the 60 of MCP's clients."""

_LONGEST = timedelta(seconds=60)
"""Longer than any act is under way: of one that was begun before, the process has died."""

_PAUSE = 0.2
_MOST = 10_000
"""Entries in a process's memory: in eleven minutes more than a few callers can make, whose calls are limited."""

_QUESTION = "question "


class LedgerFullError(ToolError):
    """No more keys can be remembered now; nothing was sent."""


class Shelf(Protocol):
    """Values by name, each for some seconds; every method is one step that nobody sees half done."""

    async def get(self, name: str) -> bytes | None:
        """Return a value, None when there is none."""
        ...

    async def add(self, name: str, value: bytes, seconds: float) -> bool:
        """Store a value where there is none; return whether it was stored."""
        ...

    async def replace(self, name: str, expected: bytes, value: bytes, seconds: float) -> bool:
        """Store a value where there is exactly the expected one; return whether it was stored."""
        ...


class MemoryShelf:
    """A `Shelf` in this process, for a server that is alone."""

    def __init__(self, clock: Clock = MACHINE, *, most: int = _MOST) -> None:
        """Begin empty; `most` is how many values there may be."""
        self._clock = clock
        self._most = most
        self._all: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    async def get(self, name: str) -> bytes | None:
        """Return a value, None when there is none."""
        value, over_at = self._all.get(name, (None, 0.0))
        return value if self._clock.monotonic() < over_at else None

    async def add(self, name: str, value: bytes, seconds: float) -> bool:
        """Store a value where there is none; return whether it was stored. Raises `LedgerFullError`."""
        if await self.get(name) is not None:
            return False
        self._make_room()
        self._put(name, value, seconds)
        return True

    async def replace(self, name: str, expected: bytes, value: bytes, seconds: float) -> bool:
        """Store a value where there is exactly the expected one; return whether it was stored."""
        if await self.get(name) != expected:
            return False
        self._put(name, value, seconds)
        return True

    def _put(self, name: str, value: bytes, seconds: float) -> None:
        self._all[name] = (value, self._clock.monotonic() + seconds)
        self._all.move_to_end(name)  # in the order in which they are over, as all are kept equally long

    def _make_room(self) -> None:
        while self._all and next(iter(self._all.values()))[1] <= self._clock.monotonic():
            self._all.popitem(last=False)
        if len(self._all) < self._most:
            return
        # A question that is forgotten is asked anew; a key that is forgotten would let its act be done twice.
        oldest = next((name for name in self._all if name.startswith(_QUESTION)), None)
        if oldest is None:
            raise LedgerFullError(
                f"Nothing was sent: {self._most} keys were used in the last minutes, and no more can be remembered. "
                "Try again in some minutes, or without a key."
            )
        del self._all[oldest]


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry of one question or key.

    `mark` says what it was for. It is `open`, or an act was `begun` on it, or has `ended`; `at` is since when. An act
    that has ended came to `text`, as a tool's answer, or failed with it; None where nobody knows what came of it.
    """

    mark: str
    state: str
    at: datetime
    text: str | None = None
    failed: bool = False


class Ledger:
    """The entries of a server, and of its replicas where they share a shelf."""

    def __init__(
        self,
        shelf: Shelf | None = None,
        *,
        clock: Clock = MACHINE,
        new_id: Callable[[], str] = lambda: secrets.token_urlsafe(16),
    ) -> None:
        """Take a shelf, or this process's memory."""
        self._shelf = MemoryShelf(clock) if shelf is None else shelf
        self._clock = clock
        self._new_id = new_id

    async def ask(self, mark: str) -> str:
        """Note a question about what `mark` stands for, and return the name of its entry, which cannot be guessed."""
        name = _QUESTION + self._new_id()
        await self._shelf.add(name, _written(Entry(mark, "open", self._clock.now())), KEPT)
        return name

    async def find(self, name: str) -> Entry | None:
        """Return an entry; None where there is none, or none any more."""
        value = await self._shelf.get(name)
        return None if value is None else self._settled(_read(value))

    async def spend(self, name: str, mark: str) -> bool:
        """Begin the act that an open question with this mark was about; return whether it may be done."""
        value = await self._shelf.get(name)
        if value is None or (entry := _read(value)).state != "open" or entry.mark != mark:
            return False
        if name.startswith(_QUESTION) and self._clock.now() - entry.at > ANSWERABLE:
            return False
        return await self._shelf.replace(name, value, _written(Entry(mark, "begun", self._clock.now())), KEPT)

    async def use(self, name: str, mark: str) -> bool:
        """Begin an act under a key of a caller's; return whether it may be done. Raises `LedgerFullError`."""
        return await self._shelf.add(name, _written(Entry(mark, "begun", self._clock.now())), KEPT) or await self.spend(
            name, mark
        )

    async def end(self, name: str, text: str | None, *, failed: bool) -> None:
        """Note what came of an act that was begun here."""
        await self._change(name, "ended", text, failed=failed)

    async def release(self, name: str) -> None:
        """Note that nothing was sent of an act that was begun here, so that it may be begun again."""
        await self._change(name, "open", None, failed=False)

    async def ended(self, name: str) -> Entry | None:
        """Return an entry whose act has ended, waiting a while for that; None where it has not."""
        for _ in range(int(PATIENCE / _PAUSE)):
            entry = await self.find(name)
            if entry is None or entry.state != "begun":
                return entry
            await self._clock.sleep(_PAUSE)
        return None

    async def _change(self, name: str, state: str, text: str | None, *, failed: bool) -> None:
        value = await self._shelf.get(name)
        if value is not None:
            entry = Entry(_read(value).mark, state, self._clock.now(), text, failed)
            await self._shelf.replace(name, value, _written(entry), KEPT)

    def _settled(self, entry: Entry) -> Entry:
        died = entry.state == "begun" and self._clock.now() - entry.at > _LONGEST
        return replace(entry, state="ended", text=None, failed=True) if died else entry


def _written(entry: Entry) -> bytes:
    return json.dumps([entry.mark, entry.state, entry.at.isoformat(), entry.text, entry.failed]).encode()


def _read(value: bytes) -> Entry:
    try:
        parsed: Any = json.loads(value)
        mark, state, at, text, failed = parsed
        return Entry(mark, state, datetime.fromisoformat(at), text, failed)
    except (ValueError, TypeError):
        raise ToolError(
            "Nothing was sent: the entry of this answer or key was written by another version of this server, and "
            "expires in some minutes. Try again then."
        ) from None
