"""The creates of the last minutes: which records are whose, and which creates may still be under way.

A server of several processes shares this among them: a create is noted before it is sent, and afterwards what came of
it. What can no longer be noted then stays under way for the others, and counts as unknown after a minute.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import anyio

from outreach_mcp.api.errors.tree import OutreachError, RefusedRequestError
from outreach_mcp.api.writes.create_record import (
    KEPT,
    REPEAT,
    Create,
    Noted,
    SharedCreates,
    begun,
    forgotten,
    put,
    settled,
)
from outreach_mcp.api.writes.equality import holds
from outreach_mcp.clock import Clock
from outreach_tools.client import JsonObject, Response
from outreach_tools.json_values import member

_log = logging.getLogger(__name__)

_PAUSE = 0.5
"""Seconds between two looks at a create that another process has under way."""


class Creates:
    """The creates of the last minutes, of this process and of those it shares them with."""

    def __init__(
        self,
        clock: Clock,
        *,
        shared: SharedCreates | None,
    ) -> None:
        self._clock = clock
        self._shared = shared
        self._own: dict[str, Create] = {}
        self._under_way: dict[str, anyio.Event] = {}
        # Seconds on the clock that only goes forward: the wall's may be put back, and a repeat must not pass by that.
        self._ended: dict[str, float] = {}
        self._elsewhere: Noted = ()

    async def begin(self, create: Create, *, alone: bool) -> Create | None:
        """Remember a create that is about to be sent; `alone`: if there is an equal one, return that instead.

        An equal one is under way, or ended within a minute, and its record was not deleted since. Raises
        `RefusedRequestError` when the other processes cannot be informed.
        """
        if alone and (first := self._equal(create.key)) is not None:
            return first
        self._forget_the_old()
        self._own[create.id], self._under_way[create.id] = create, anyio.Event()
        if self._shared is None:
            return None
        try:
            first = await self._noted(self._shared, create, alone=alone)
        except BaseException:
            await self.drop(create)
            raise
        if first is not None:
            self._remove(create)
        return first

    async def refresh(self) -> None:
        """Read what other processes have noted. Raises an `OutreachError` when that cannot be known."""
        if self._shared is not None:
            self._learn(await self._shared.update(lambda noted: noted))

    def is_under_way(self, create: Create) -> bool:
        """Return whether nothing is known yet of what comes of a create."""
        return create.id in self._under_way if create.id in self._own else create.ended_at is None

    async def ended_within(self, create: Create, seconds: float) -> bool:
        """Wait for a create that is under way; return whether it is worth asking for an equal one again."""
        if (event := self._under_way.get(create.id)) is not None:
            with anyio.move_on_after(seconds):
                await event.wait()
            return event.is_set()
        if seconds > 0:
            await self._clock.sleep(_PAUSE)
        return seconds > 0

    async def done(self, create: Create, answer: Response) -> Create:
        """Note that a create was done, and with what answer; return it as it is noted."""
        self.claim(create, member(answer.body, "data", "id"))
        return await self._end(create, answer=answer)

    async def left_open(self, create: Create, sent_at: datetime) -> None:
        """Note that a create was sent and nobody knows what came of it."""
        await self._end(create, sent_at=sent_at)

    async def drop(self, create: Create) -> None:
        """Forget a create that was not done."""
        self._remove(create)
        await self._tell(lambda noted: tuple(each for each in noted if each.id != create.id))

    def claim(self, create: Create, record_id: object) -> None:
        """Note the record that is a create's own; the others learn it when the create has ended."""
        if record_id is not None:
            self._put(replace(self._known(create), record_id=str(record_id)))

    def seconds_since(self, create: Create) -> float:
        """Return how long ago a create ended."""
        if create.id in self._ended:
            return self._clock.monotonic() - self._ended[create.id]
        return 0.0 if create.ended_at is None else (self._clock.now() - create.ended_at).total_seconds()

    def is_known(self, path: str, record_id: object, *, but: Create) -> bool:
        """Return whether a record is that of another create."""
        return any(each.path == path and each.record_id == str(record_id) for each in self._others(but))

    def may_be_anothers(self, create: Create, record: JsonObject) -> bool:
        """Return whether a record may have come from another create whose outcome is not known yet."""
        return any(
            each.path == create.path and each.record_id is None and self._is_recent(each) and holds(record, each.body)
            for each in self._others(create)
        )

    async def forget(self, path: str, record_id: str) -> None:
        """Forget the answer with a record that was deleted: an equal create makes a new one."""
        await self._forget(path, record_id)

    async def forget_all(self) -> None:
        """Forget all answers: many records were deleted at once."""
        await self._forget()

    async def _forget(self, path: str | None = None, record_id: str | None = None) -> None:
        self._own = {each.id: each for each in forgotten(tuple(self._own.values()), path, record_id)}
        await self._tell(lambda noted: forgotten(noted, path, record_id))

    def _equal(self, key: str) -> Create | None:
        for create in reversed(self._own.values()):
            if create.key == key and self._is_recent(create):
                return create if create.answer is not None or create.record_id is None else None
        return None

    def _others(self, create: Create) -> list[Create]:
        return [each for each in (*self._own.values(), *self._elsewhere) if each.id != create.id]

    def _known(self, create: Create) -> Create:
        """Return a create as it is noted by now."""
        elsewhere = (each for each in self._elsewhere if each.id == create.id)
        return self._own.get(create.id) or next(elsewhere, create)

    def _put(self, create: Create) -> None:
        if create.id in self._own:
            self._own[create.id] = create
        else:
            self._elsewhere = tuple(create if each.id == create.id else each for each in self._elsewhere)

    def _remove(self, create: Create) -> None:
        self._own.pop(create.id, None)
        self._ended.pop(create.id, None)
        self._wake(create)

    def _wake(self, create: Create) -> None:
        if (event := self._under_way.pop(create.id, None)) is not None:
            event.set()

    def _forget_the_old(self) -> None:
        for create_id in tuple(self._own):
            if create_id not in self._ended or self._clock.monotonic() - self._ended[create_id] <= KEPT:
                return  # those after it are younger, or wait for it
            del self._own[create_id], self._ended[create_id]

    def _is_recent(self, create: Create) -> bool:
        return self.is_under_way(create) or self.seconds_since(create) <= REPEAT

    async def _end(self, create: Create, *, sent_at: datetime | None = None, answer: Response | None = None) -> Create:
        known = self._known(create)
        ended = replace(
            known, sent_at=sent_at or known.sent_at, ended_at=self._clock.now(), answer=answer or known.answer
        )
        if create.id in self._own:
            self._ended[create.id] = self._clock.monotonic()
        self._put(ended)
        self._wake(create)
        await self._tell(lambda noted: put(noted, ended))
        return ended

    async def _noted(self, shared: SharedCreates, create: Create, *, alone: bool) -> Create | None:
        """Note a create for the others, or return the equal one that is noted already."""
        now = self._clock.now()
        try:
            noted = await shared.update(lambda noted: begun(noted, create, alone=alone, now=now))
        except OutreachError as error:
            _log.error("POST %s was not sent: %s", create.path, error)
            raise RefusedRequestError(
                f"POST {create.path} was not sent: another process of this server may have sent an equal one, and the "
                "memory that they share cannot be used now; this server's log says why. Try again in a minute."
            ) from error
        self._learn(noted)
        if any(each.id == create.id for each in noted):
            return None
        equal = {each.id for each in noted if each.key == create.key and each.counts(now)}
        return next(each for each in (*reversed(self._elsewhere), *reversed(self._own.values())) if each.id in equal)

    async def _tell(self, change: Callable[[Noted], Noted]) -> None:
        """Change what is noted, even if the call is cancelled; what was done stays done when that fails."""
        if self._shared is None:
            return
        with anyio.CancelScope(shield=True):
            try:
                self._learn(await self._shared.update(change))
            except OutreachError as error:
                _log.warning("Other processes of this server cannot be told the outcome of a create: %s", error)

    def _learn(self, noted: Noted) -> None:
        self._elsewhere = tuple(each for each in settled(noted, self._clock.now()) if each.id not in self._own)
