"""Keeps an organisation's own words for some minutes: names of users and stages, labels of fields.

Each connection has its own, and each caller of a server for many: what is in it was read as that caller, and may be
seen by nobody else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar, cast

from anyio import Lock

from outreach_tools.clock import utc_now

KEPT_FOR = timedelta(minutes=5)
"""How long what was read counts: an assistant names the same people and stages again and again within minutes."""

OWN_MAILBOX = "own mailbox"
"""The subject of the caller's own default mailbox."""

CUSTOM_FIELDS = "custom fields"
"""The subject of the custom fields of all types that can be read: one request tells of them."""

_OF_TYPE = {"mailbox": (OWN_MAILBOX,), "user": (OWN_MAILBOX,)}

_T = TypeVar("_T")


def names_of(kind: str) -> str:
    """Return the subject of the names of a type's records."""
    return f"names of {kind}"


def custom_fields_of(kind: str) -> str:
    """Return the subject of the custom fields of a type that one tool is told of where others are not."""
    return f"custom fields of {kind}"


@dataclass(frozen=True, slots=True)
class Held(Generic[_T]):
    """The words read, and whether they were read `before`: then they may be out of date."""

    value: _T
    before: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    value: object
    read_at: datetime
    begun: int


class Kept:
    """The words that one connection has read and keeps, by subject (`"names of user"`)."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        """Keep nothing yet; `now` is the clock."""
        self._now = now
        self._entries: dict[str, _Entry] = {}
        self._passed: dict[str, _Entry] = {}
        self._locks: dict[str, Lock] = {}
        self._changes = 0
        self._begun = 0

    async def get(
        self,
        subject: str,
        read: Callable[[], Awaitable[_T]],
        *,
        anew: bool = False,
        lasting: Callable[[_T], bool] = lambda _: True,
    ) -> Held[_T]:
        """Return what is kept of a subject, else what `read` brings, which is kept then, if it is `lasting`.

        What is wanted `anew` is of a read that began after this call did. Calls that want the same at the same time
        read once, also where that brings nothing lasting. Raises what `read` raises, and keeps what was there.
        """
        begun = self._begun
        if not anew and (entry := self._fresh(subject)) is not None:
            return Held(cast(_T, entry.value), before=True)
        async with self._locks.setdefault(subject, Lock()):
            if (entry := self._fresh(subject)) is not None and (not anew or entry.begun > begun):
                return Held(cast(_T, entry.value), before=not anew)
            if (passed := self._passed.get(subject)) is not None and passed.begun > begun:
                return Held(cast(_T, passed.value), before=False)
            self._begun += 1
            number, changes = self._begun, self._changes
            value = await read()
            if not lasting(value):
                self._passed[subject] = _Entry(value, self._now(), number)
            elif changes == self._changes:  # else it may be what was there before a change
                self._entries[subject] = _Entry(value, self._now(), number)
            return Held(value, before=False)

    def put(self, subject: str, value: object) -> None:
        """Keep of a subject what no request brings, such as work that is not finished, instead of what was kept."""
        self._begun += 1
        self._entries[subject] = _Entry(value, self._now(), self._begun)

    def held(self, subject: str, kind: type[_T]) -> _T | None:
        """Return what was put there of a subject, None where that is not kept any more."""
        entry = self._fresh(subject)
        return entry.value if entry is not None and isinstance(entry.value, kind) else None

    def take(self, subject: str, kind: type[_T]) -> _T | None:
        """Return what `held` does, and keep it no longer: it is whose call took it."""
        found = self.held(subject, kind)
        self._entries.pop(subject, None)
        return found

    def forget(self, subject: str | None = None) -> None:
        """Forget a subject, or everything: it was changed, or turned out to be out of date."""
        self._changes += 1
        if subject is None:
            self._entries.clear()
            self._passed.clear()
        else:
            self._entries.pop(subject, None)
            self._passed.pop(subject, None)

    def forget_type(self, kind: str) -> None:
        """Forget what was read of the records of a type, one of which was changed; everything where none is named."""
        for subject in (names_of(kind), *_OF_TYPE.get(kind, ())) if kind else (None,):
            self.forget(subject)

    def _fresh(self, subject: str) -> _Entry | None:
        entry = self._entries.get(subject)
        age = self._now() - entry.read_at if entry else KEPT_FOR
        return entry if timedelta() <= age < KEPT_FOR else None
