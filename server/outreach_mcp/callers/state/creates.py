"""The creates of one caller in the last minutes, where all processes of a server find them."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach_mcp.api.writes.notes import KEPT, REPEAT, Note, Notes
from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.callers.state.sealed import Sealed
from outreach_mcp.io.threads import STORE
from outreach_tools.client import JsonObject, Response

_TTL = KEPT + 2 * REPEAT
"""Seconds: until the last note tells nothing any more, that of a process which has died included."""


@dataclass(frozen=True, slots=True)
class StoredCreates:
    """An `outreach_mcp.api.writes.notes.SharedCreates` in a section of the store, under the caller's name."""

    section: Sealed
    name: str

    async def update(self, change: Callable[[Notes], Notes]) -> Notes:
        """Put what `change` makes of the notes in their place, in one step, and return it."""
        return await STORE.run(self._update, change)

    def _update(self, change: Callable[[Notes], Notes]) -> Notes:
        while True:
            stored = self.section.get(self.name)
            before = () if stored is None else _read(stored)
            after = change(before)
            if after == before:
                return after
            value = _written(after)
            if stored is None:
                if self.section.add(self.name, value, _TTL):
                    return after
            elif self.section.replace(self.name, stored, value, _TTL):
                return after


def _written(notes: Notes) -> bytes:
    return zlib.compress(json.dumps([_entry_of(note) for note in notes], separators=(",", ":")).encode(), 1)


def _read(value: bytes) -> Notes:
    try:
        return tuple(_note_of(entry) for entry in json.loads(zlib.decompress(value)))
    except (ValueError, KeyError, TypeError, zlib.error):
        raise StateStoreError(
            "The store holds notes of creates that this version cannot read: another version of this server wrote "
            "them. They are gone in some minutes; try again then."
        ) from None


def _entry_of(note: Note) -> JsonObject:
    return {
        "id": note.id,
        "path": note.path,
        "key": note.key,
        "body": note.body,
        "begun_at": note.begun_at.isoformat(),
        "sent_at": None if note.sent_at is None else note.sent_at.isoformat(),
        "ended_at": None if note.ended_at is None else note.ended_at.isoformat(),
        "answer": None if note.answer is None else [note.answer.status, note.answer.body],
        "record_id": note.record_id,
    }


def _note_of(entry: Any) -> Note:
    answer = entry["answer"]
    return Note(
        entry["id"],
        entry["path"],
        entry["key"],
        entry["body"],
        datetime.fromisoformat(entry["begun_at"]),
        None if entry["sent_at"] is None else datetime.fromisoformat(entry["sent_at"]),
        None if entry["ended_at"] is None else datetime.fromisoformat(entry["ended_at"]),
        None if answer is None else Response(answer[0], answer[1]),
        entry["record_id"],
    )
