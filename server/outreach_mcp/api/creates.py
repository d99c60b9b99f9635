"""What this process has created lately or tried to: which records are whose, and what may be on its way still."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import anyio

from outreach_mcp.api.sameness import holds
from outreach_tools.client import JsonObject, Response
from outreach_tools.json_values import member

REPEAT = 60.0
"""Seconds in which an equal create is taken for the same one: models repeat a call that failed within seconds."""

_KEPT = 600.0
"""Seconds for which the ids of new records are remembered; longer than any call takes."""


@dataclass(eq=False, slots=True)
class Create:
    """One create: what is sent to which collection, and what came of it.

    `key` is equal for equal creates. `sent_at` is when it may have been done. Until `finished` is set it is under way;
    then it was done if there is an `answer`, and its outcome is unknown if there is none. `record_id` is the id of
    the new record, kept even when the answer is forgotten.
    """

    path: str
    key: str
    body: JsonObject | None
    finished: anyio.Event = field(default_factory=anyio.Event)
    sent_at: datetime | None = None
    ended: float | None = None
    answer: Response | None = None
    record_id: str | None = None


class Creates:
    """The creates of the last minutes; `clock` counts seconds and only goes forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._all: deque[Create] = deque()

    def begin(self, path: str, key: str, body: JsonObject | None) -> Create:
        """Remember a create that is about to be sent."""
        while self._all and (ended := self._all[0].ended) is not None and self._clock() - ended > _KEPT:
            self._all.popleft()
        create = Create(path, key, body)
        self._all.append(create)
        return create

    def done(self, create: Create, answer: Response) -> None:
        """Note that a create was done, and with what answer."""
        create.answer = answer
        self.claim(create, member(answer.body, "data", "id"))
        self._end(create)

    def left_open(self, create: Create, sent_at: datetime) -> None:
        """Note that a create was sent and nobody knows what came of it."""
        create.sent_at = sent_at
        self._end(create)

    def drop(self, create: Create) -> None:
        """Forget a create that was not done."""
        if create in self._all:
            self._all.remove(create)
        self._end(create)

    def claim(self, create: Create, record_id: object) -> None:
        """Note which record is a create's own."""
        if record_id is not None:
            create.record_id = str(record_id)

    def equal(self, key: str) -> Create | None:
        """Return the last create with this key that is under way, or ended within a minute; not one forgotten."""
        for create in reversed(self._all):
            if create.key == key and self._is_recent(create):
                return create if create.answer is not None or create.record_id is None else None
        return None

    def seconds_since(self, create: Create) -> float:
        """Return how long ago a create ended."""
        return 0.0 if create.ended is None else self._clock() - create.ended

    def is_known(self, path: str, record_id: object, *, but: Create) -> bool:
        """Tell whether a record is that of another create."""
        return any(each.path == path and each.record_id == str(record_id) for each in self._all if each is not but)

    def may_be_anothers(self, create: Create, record: JsonObject) -> bool:
        """Tell whether a record may have come from another create whose outcome is not known yet."""
        return any(
            each.path == create.path and each.record_id is None and self._is_recent(each) and holds(record, each.body)
            for each in self._all
            if each is not create
        )

    def forget(self, path: str, record_id: str) -> None:
        """Forget the answer with a record that was deleted: an equal create makes a new one."""
        for create in self._all:
            if create.path == path and create.record_id == record_id:
                create.answer = None

    def forget_all(self) -> None:
        """Forget all answers: many records were deleted at once."""
        for create in self._all:
            create.answer = None

    def _end(self, create: Create) -> None:
        create.ended = self._clock()
        create.finished.set()

    def _is_recent(self, create: Create) -> bool:
        return create.ended is None or self._clock() - create.ended <= REPEAT
