"""What the processes of a server tell each other of their creates, so that none does what another one does already."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from outreach_tools.client import JsonObject, Response

REPEAT = 60.0
"""Seconds in which an equal create is taken for the same one: models repeat a call that failed within seconds."""

KEPT = 600.0
"""Seconds for which the ids of new records are remembered; longer than any call takes."""

_LONGEST = 60.0
"""Seconds: longer than a create is under way with all that follows. One of which nothing was noted for so long was
being sent by a process that has died, and nobody knows what came of it."""


@dataclass(frozen=True, slots=True)
class Note:
    """One create; `key` is equal for equal ones. Moments are aware.

    `sent_at` is when it may have been done. Until `ended_at` it is under way; then it was done if there is an `answer`,
    its record was deleted if there is only a `record_id`, and its outcome is unknown if there is neither.
    """

    id: str
    path: str
    key: str
    body: JsonObject | None
    begun_at: datetime
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    answer: Response | None = None
    record_id: str | None = None

    def counts(self, now: datetime) -> bool:
        """Tell whether an equal create is taken for this one."""
        recent = self.ended_at is None or now - self.ended_at <= timedelta(seconds=REPEAT)
        return recent and (self.answer is not None or self.record_id is None)


Notes: TypeAlias = tuple[Note, ...]
"""The notes of one caller, oldest first."""


class SharedCreates(Protocol):
    """The notes of one caller, in a store that all processes share."""

    async def update(self, change: Callable[[Notes], Notes]) -> Notes:
        """Put what `change` makes of the notes in their place, in one step, and return it.

        `change` runs in a thread, and again whenever another process was faster. Raises an `OutreachError` when the
        store cannot be used; whether the notes were changed is not known then.
        """
        ...


def settled(notes: Notes, now: datetime) -> Notes:
    """Return notes in which those that no process is at work on any more are of unknown outcome."""
    longest = timedelta(seconds=_LONGEST)
    return tuple(
        replace(note, sent_at=note.sent_at or note.begun_at, ended_at=note.begun_at + longest)
        if note.ended_at is None and now - note.begun_at > longest
        else note
        for note in notes
    )


def begun(notes: Notes, note: Note, *, alone: bool, now: datetime) -> Notes:
    """Return notes with one more, without what nobody asks for any more; `alone`: unless an equal one counts."""
    notes = settled(notes, now)
    if alone and any(each.key == note.key and each.counts(now) for each in notes):
        return notes
    return (*_without_the_old(notes, now), note)


def put(notes: Notes, note: Note) -> Notes:
    """Return notes with this one in the place of the one with its id, or added to them."""
    if all(each.id != note.id for each in notes):
        return (*notes, note)
    return tuple(note if each.id == note.id else each for each in notes)


def forgotten(notes: Notes, path: str | None = None, record_id: str | None = None) -> Notes:
    """Return notes without the answers that hold a record, or without all answers."""
    return tuple(
        replace(note, answer=None) if path is None or (note.path, note.record_id) == (path, record_id) else note
        for note in notes
    )


def _without_the_old(notes: Notes, now: datetime) -> Notes:
    return tuple(
        note if age <= REPEAT else replace(note, body=None, answer=None)
        for note in notes
        if (age := 0.0 if note.ended_at is None else (now - note.ended_at).total_seconds()) <= KEPT
    )
