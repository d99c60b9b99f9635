"""The record of a create, in one process and among many, so that none does what another one does already."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
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


def _new_id() -> str:
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Create:
    """One create; `key` is equal for equal ones. Moments are aware.

    `sent_at` is when it may have been done. Until `ended_at` it is under way; then it was done if there is an `answer`,
    its record was deleted if there is only a `record_id`, and its outcome is unknown if there is neither.
    """

    path: str
    key: str
    body: JsonObject | None
    begun_at: datetime
    id: str = field(default_factory=_new_id)
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    answer: Response | None = None
    record_id: str | None = None

    def counts(self, now: datetime) -> bool:
        """Return whether an equal create is taken for this one."""
        recent = self.ended_at is None or now - self.ended_at <= timedelta(seconds=REPEAT)
        return recent and (self.answer is not None or self.record_id is None)


Noted: TypeAlias = tuple[Create, ...]
"""The creates that one caller has noted, oldest first."""


class SharedCreates(Protocol):
    """The creates of one caller, in a store that all processes share."""

    async def update(self, change: Callable[[Noted], Noted]) -> Noted:
        """Put what `change` makes of the creates in their place, in one step, and return it.

        `change` runs in a thread, and again whenever another process was faster. Raises an `OutreachError` when the
        store cannot be used; whether they were changed is not known then.
        """
        ...


def settled(noted: Noted, now: datetime) -> Noted:
    """Return creates in which those that no process is at work on any more are of unknown outcome."""
    longest = timedelta(seconds=_LONGEST)
    return tuple(
        replace(each, sent_at=each.sent_at or each.begun_at, ended_at=each.begun_at + longest)
        if each.ended_at is None and now - each.begun_at > longest
        else each
        for each in noted
    )


def begun(noted: Noted, create: Create, *, alone: bool, now: datetime) -> Noted:
    """Return creates with one more, without what nobody asks for any more; `alone`: unless an equal one counts."""
    noted = settled(noted, now)
    if alone and any(each.key == create.key and each.counts(now) for each in noted):
        return noted
    return (*_without_the_old(noted, now), create)


def put(noted: Noted, create: Create) -> Noted:
    """Return creates with this one in the place of the one with its id, or added to them."""
    if all(each.id != create.id for each in noted):
        return (*noted, create)
    return tuple(create if each.id == create.id else each for each in noted)


def forgotten(noted: Noted, path: str | None = None, record_id: str | None = None) -> Noted:
    """Return creates without the answers that hold a record, or without all answers."""
    return tuple(
        replace(each, answer=None) if path is None or (each.path, each.record_id) == (path, record_id) else each
        for each in noted
    )


def _without_the_old(noted: Noted, now: datetime) -> Noted:
    return tuple(
        each if age <= REPEAT else replace(each, body=None, answer=None)
        for each in noted
        if (age := 0.0 if each.ended_at is None else (now - each.ended_at).total_seconds()) <= KEPT
    )
