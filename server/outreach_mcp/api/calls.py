"""A request on its way through the layers of the client, and what each layer is.

From the tool to the network: `under_way` (who may end it), `recent` (equal creates), `outcomes` (changes whose answer
is lost), `page_splitting` (heavy pages), `retries`, `signing` (renewing a refused token), `answers` (errors by type),
`limits`, `signing` (the token of the moment), `exchange` (HTTP).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

import httpx

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.api.passage import Passage
from outreach_mcp.api.writes.create_record import Create
from outreach_mcp.io.http_client import Answer
from outreach_tools.client import Response


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment after which a call is given up, on a clock that only goes forward."""

    clock: Callable[[], float]
    end: float

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float]) -> "Deadline":
        """Return the deadline that is so many seconds away."""
        return cls(clock, clock() + seconds)

    def left(self) -> float:
        """Return the seconds that are left, negative when it has passed."""
        return self.end - self.clock()


@dataclass(slots=True)
class Progress:
    """The progress of a call: the one thing about it that changes.

    `sent_at` is when a change first went out that may have been done; None while nothing can have been. `unknown` is
    the error of the first attempt that was sent without its outcome being known.
    """

    sent_at: datetime | None = None
    unknown: OutreachError | None = None
    passage: Passage = field(default_factory=Passage)

    def note_sent(self, at: datetime | None) -> None:
        """Note that a change goes out, or with None that nothing was done of it after all."""
        self.sent_at = at
        self.passage.note(is_out=at is not None)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as often as it is sent.

    `background` lets others go ahead. `repeatable` says that sending it twice does no harm, though its method does
    not. `create` is what is remembered of it when it creates a record.
    """

    sent: Outgoing
    request: httpx.Request
    deadline: Deadline
    background: bool = False
    repeatable: bool = False
    create: Create | None = None
    progress: Progress = field(default_factory=Progress)

    @property
    def told(self) -> Outgoing:
        """The request and when it was sent, for a message."""
        return replace(self.sent, at=self.progress.sent_at)

    @property
    def may_be_repeated(self) -> bool:
        """Whether it may be sent again though it may have been done: a create and an action may not."""
        return self.repeatable or self.sent.method != "POST"


Send: TypeAlias = Callable[[Call], Awaitable[Response]]
"""The interface of a layer to the one above it: the answer to a call, or an `OutreachError`."""

SendRaw: TypeAlias = Callable[[Call], Awaitable[Answer]]
"""As `Send`, below the layer that reads answers: whatever Outreach answered, or an `httpx.HTTPError`."""
