"""The creates of one caller in the last minutes, where all processes of a server find them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outreach_mcp.api.writes.create_record import KEPT, REPEAT, Create, Noted
from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.callers.state.sealed import Sealed
from outreach_mcp.io.threads import STORE
from outreach_tools.client import JsonObject, Response
from outreach_tools.packing import packed, unpacked

_TTL = KEPT + 2 * REPEAT
"""Seconds: until the last create tells nothing any more, that of a process which has died included."""


@dataclass(frozen=True, slots=True)
class StoredCreates:
    """An `outreach_mcp.api.writes.create_record.SharedCreates` in a section of the store, under the caller's name."""

    section: Sealed
    name: str

    async def update(self, change: Callable[[Noted], Noted]) -> Noted:
        """Put what `change` makes of the creates in their place, in one step, and return it."""
        return await STORE.run(self._update, change)

    def _update(self, change: Callable[[Noted], Noted]) -> Noted:
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


def _written(noted: Noted) -> bytes:
    return packed([_entry_of(create) for create in noted])


def _read(value: bytes) -> Noted:
    try:
        return tuple(_create_of(entry) for entry in unpacked(value))
    except (ValueError, KeyError, TypeError):
        raise StateStoreError(
            "The store holds notes of creates that this version cannot read: another version of this server wrote "
            "them. They are gone in some minutes; try again then."
        ) from None


def _entry_of(create: Create) -> JsonObject:
    return {
        "id": create.id,
        "path": create.path,
        "key": create.key,
        "body": create.body,
        "begun_at": create.begun_at.isoformat(),
        "sent_at": None if create.sent_at is None else create.sent_at.isoformat(),
        "ended_at": None if create.ended_at is None else create.ended_at.isoformat(),
        "answer": None if create.answer is None else [create.answer.status, create.answer.body],
        "record_id": create.record_id,
    }


def _create_of(entry: Any) -> Create:
    answer = entry["answer"]
    return Create(
        entry["path"],
        entry["key"],
        entry["body"],
        datetime.fromisoformat(entry["begun_at"]),
        entry["id"],
        None if entry["sent_at"] is None else datetime.fromisoformat(entry["sent_at"]),
        None if entry["ended_at"] is None else datetime.fromisoformat(entry["ended_at"]),
        None if answer is None else Response(answer[0], answer[1]),
        entry["record_id"],
    )
