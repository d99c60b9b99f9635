"""What has been created lately or tried to: which records are whose, and what may be on its way still.

A server of several processes shares this among them: a create is noted before it is sent, and afterwards what came of
it. What can no longer be noted then stays under way for the others, and counts as unknown after a minute.
"""

import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import anyio

from outreach_mcp.api.errors.tree import OutreachError, RefusedRequestError
from outreach_mcp.api.writes.equality import holds
from outreach_mcp.api.writes.notes import KEPT, REPEAT, Note, Notes, SharedCreates, begun, forgotten, put, settled
from outreach_tools.client import JsonObject, Response
from outreach_tools.json_values import member

_log = logging.getLogger(__name__)

_PAUSE = 0.5
"""Seconds between two looks at a create that another process has under way."""


def _new_id() -> str:
    return secrets.token_hex(8)


@dataclass(eq=False, slots=True)
class Create:
    """One create: what is sent to which collection, and what came of it.

    `key` is equal for equal creates. `sent_at` is when it may have been done. Until `finished` is set it is under way;
    then it was done if there is an `answer`, and its outcome is unknown if there is none. `record_id` is the id of
    the new record, kept even when the answer is forgotten. `begun_at` is on the wall's clock, `ended` on the other.
    """

    path: str
    key: str
    body: JsonObject | None
    begun_at: datetime
    id: str = field(default_factory=_new_id)
    finished: anyio.Event = field(default_factory=anyio.Event)
    sent_at: datetime | None = None
    ended: float | None = None
    answer: Response | None = None
    record_id: str | None = None


class Creates:
    """The creates of the last minutes, of this process and of those it shares them with.

    `clock` counts seconds and only goes forward, `now` is the clock on the wall.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        shared: SharedCreates | None,
    ) -> None:
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._shared = shared
        self._all: deque[Create] = deque()
        self._elsewhere: list[Create] = []

    async def begin(self, create: Create, *, alone: bool) -> Create | None:
        """Remember a create that is about to be sent; `alone`: if there is an equal one, return that instead.

        An equal one is under way, or ended within a minute, and its record was not deleted since. Raises
        `RefusedRequestError` when the other processes cannot be told.
        """
        if alone and (first := self._equal(create.key)) is not None:
            return first
        while self._all and (ended := self._all[0].ended) is not None and self._clock() - ended > KEPT:
            self._all.popleft()
        self._all.append(create)
        if self._shared is None:
            return None
        try:
            first = await self._noted(self._shared, create, alone=alone)
        except BaseException:
            await self.drop(create)
            raise
        if first is not None:
            self._all.remove(create)
            self._end(create)
        return first

    async def refresh(self) -> None:
        """Learn what other processes have noted; raises an `OutreachError` when that cannot be known."""
        if self._shared is not None:
            self._learn(await self._shared.update(lambda notes: notes))

    async def ended_within(self, create: Create, seconds: float) -> bool:
        """Wait for a create that is under way; tell whether it is worth asking for an equal one again."""
        if create in self._all:
            with anyio.move_on_after(seconds):
                await create.finished.wait()
            return create.finished.is_set()
        if seconds > 0:
            await self._sleep(_PAUSE)
        return seconds > 0

    async def done(self, create: Create, answer: Response) -> None:
        """Note that a create was done, and with what answer."""
        create.answer = answer
        self.claim(create, member(answer.body, "data", "id"))
        self._end(create)
        await self._tell_of(create)

    async def left_open(self, create: Create, sent_at: datetime) -> None:
        """Note that a create was sent and nobody knows what came of it."""
        create.sent_at = sent_at
        self._end(create)
        await self._tell_of(create)

    async def drop(self, create: Create) -> None:
        """Forget a create that was not done."""
        if create in self._all:
            self._all.remove(create)
        self._end(create)
        await self._tell(lambda notes: tuple(note for note in notes if note.id != create.id))

    def claim(self, create: Create, record_id: object) -> None:
        """Note which record is a create's own; the others learn it when the create has ended."""
        if record_id is not None:
            create.record_id = str(record_id)

    def seconds_since(self, create: Create) -> float:
        """Return how long ago a create ended."""
        return 0.0 if create.ended is None else self._clock() - create.ended

    def is_known(self, path: str, record_id: object, *, but: Create) -> bool:
        """Tell whether a record is that of another create."""
        return any(each.path == path and each.record_id == str(record_id) for each in self._others(but))

    def may_be_anothers(self, create: Create, record: JsonObject) -> bool:
        """Tell whether a record may have come from another create whose outcome is not known yet."""
        return any(
            each.path == create.path and each.record_id is None and self._is_recent(each) and holds(record, each.body)
            for each in self._others(create)
        )

    async def forget(self, path: str, record_id: str) -> None:
        """Forget the answer with a record that was deleted: an equal create makes a new one."""
        for create in self._all:
            if create.path == path and create.record_id == record_id:
                create.answer = None
        await self._tell(lambda notes: forgotten(notes, path, record_id))

    async def forget_all(self) -> None:
        """Forget all answers: many records were deleted at once."""
        for create in self._all:
            create.answer = None
        await self._tell(forgotten)

    def _equal(self, key: str) -> Create | None:
        for create in reversed(self._all):
            if create.key == key and self._is_recent(create):
                return create if create.answer is not None or create.record_id is None else None
        return None

    def _others(self, create: Create) -> list[Create]:
        return [each for each in (*self._all, *self._elsewhere) if each.id != create.id]

    def _end(self, create: Create) -> None:
        create.ended = self._clock()
        create.finished.set()

    def _is_recent(self, create: Create) -> bool:
        return create.ended is None or self._clock() - create.ended <= REPEAT

    async def _noted(self, shared: SharedCreates, create: Create, *, alone: bool) -> Create | None:
        """Note a create for the others, or return the equal one that is noted already."""
        note, now = self._note_of(create), self._now()
        try:
            notes = await shared.update(lambda notes: begun(notes, note, alone=alone, now=now))
        except OutreachError as error:
            _log.error("POST %s was not sent: %s", create.path, error)
            raise RefusedRequestError(
                f"POST {create.path} was not sent: another process of this server may have sent an equal one, and the "
                "memory that they share cannot be used now; this server's log says why. Try again in a minute."
            ) from error
        self._learn(notes)
        if note in notes:
            return None
        equal = {each.id for each in notes if each.key == note.key and each.counts(now)}
        return next(each for each in (*reversed(self._elsewhere), *reversed(self._all)) if each.id in equal)

    async def _tell_of(self, create: Create) -> None:
        note = self._note_of(create)
        await self._tell(lambda notes: put(notes, note))

    async def _tell(self, change: Callable[[Notes], Notes]) -> None:
        """Change the notes, even if the call is cancelled; what was done stays done when that fails."""
        if self._shared is None:
            return
        with anyio.CancelScope(shield=True):
            try:
                self._learn(await self._shared.update(change))
            except OutreachError as error:
                _log.warning("Other processes of this server cannot be told what became of a create: %s", error)

    def _learn(self, notes: Notes) -> None:
        own = {create.id for create in self._all}
        self._elsewhere = [self._create_of(note) for note in settled(notes, self._now()) if note.id not in own]

    def _note_of(self, create: Create) -> Note:
        return Note(
            create.id,
            create.path,
            create.key,
            create.body,
            create.begun_at,
            create.sent_at,
            None if create.ended is None else self._now(),
            create.answer,
            create.record_id,
        )

    def _create_of(self, note: Note) -> Create:
        create = Create(note.path, note.key, note.body, note.begun_at, note.id)
        create.sent_at, create.answer, create.record_id = note.sent_at, note.answer, note.record_id
        if note.ended_at is not None:
            create.ended = self._clock() - (self._now() - note.ended_at).total_seconds()
            create.finished.set()
        return create
