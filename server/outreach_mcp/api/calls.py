"""A request on its way to Outreach: prepared, sent, and how far it has come; and what each layer of the client is.

From the tool to the network: `under_way` (who may end it), of a change `recent` (equal creates) and `outcomes` (changes
whose answer is lost), `page_splitting` (heavy pages), `retries`, `signing` (renewing a refused token), `answers`
(errors by type), `limits`, `signing` (the token of the moment), `exchange` (HTTP).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

import anyio

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.api.outgoing import Outgoing
from outreach_tools.client import Response

if TYPE_CHECKING:
    # What judges a request is there from the start of a server, and what talks HTTP is not.
    import httpx

    from outreach_mcp.io.http_client import Answer


class Passage:
    """A context in which one request is made, and what has become of it: the one thing about it that changes.

    Until a change goes out, whoever asked for it may cancel it, and then it was not sent. From then on it is finished
    whatever becomes of them, so that it is recorded as what it was: only the end of the server gives it up.
    """

    __slots__ = ("_given_up", "_held", "_is_taken", "is_out", "sent_at", "unknown")

    def __init__(self) -> None:
        self.is_out = False
        """Whether the request, a change, may have reached Outreach."""
        self.sent_at: datetime | None = None
        """When a change, or an equal one before it, first went out that may have been done; None while none can."""
        self.unknown: OutreachError | None = None
        """The error of the first attempt that was sent without its outcome being known."""
        self._is_taken = False
        # Of the two the outer one keeps cancelling out, the inner one ends the request all the same.
        self._held = anyio.CancelScope()
        self._given_up = anyio.CancelScope()

    def take(self) -> None:
        """Begin the one way of a request to Outreach; raises `RuntimeError` for a second one."""
        if self._is_taken:
            raise RuntimeError("a request that was prepared is sent once")
        self._is_taken = True

    def note_sent(self, at: datetime | None) -> None:
        """Note that a change goes out, or with None that nothing was done of it after all."""
        self.sent_at = at
        self.is_out = self._held.shield = at is not None

    def give_up(self) -> None:
        """End the request, wherever it is."""
        self._given_up.cancel()

    def __enter__(self) -> Self:
        """Begin."""
        self._held.__enter__()
        self._given_up.__enter__()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool:
        """End; the exception of a request that was given up goes no further."""
        if self._given_up.__exit__(exc_type, exc_val, exc_tb):
            self._held.__exit__(None, None, None)
            return True
        return self._held.__exit__(exc_type, exc_val, exc_tb)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Prepared:
    """A request that a client has checked, and sends as it is; that client sends nothing but what it prepared itself.

    `outgoing` is read off `request`. `passage` says how far it has come. `background` lets others go ahead. A
    `distinct` create is done though an equal one was just now.
    """

    outgoing: Outgoing
    request: "httpx.Request" = field(repr=False)
    passage: Passage = field(default_factory=Passage, repr=False)
    background: bool = False
    distinct: bool = False


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


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as often as it is sent.

    `background` lets others go ahead. `repeatable` says that sending it twice does no harm, though its method does
    not, and `distinct` that an equal create just before it is another one.
    """

    sent: Outgoing
    request: "httpx.Request"
    deadline: Deadline
    background: bool = False
    repeatable: bool = False
    distinct: bool = False
    passage: Passage = field(default_factory=Passage)

    @property
    def told(self) -> Outgoing:
        """The request and when it was sent, for a message."""
        return replace(self.sent, at=self.passage.sent_at)

    @property
    def may_be_repeated(self) -> bool:
        """Whether it may be sent again though it may have been done: a create and an action may not."""
        return self.repeatable or self.sent.method != "POST"


Send: TypeAlias = Callable[[Call], Awaitable[Response]]
"""The interface of a layer to the one above it: the answer to a call, or an `OutreachError`."""

SendRaw: TypeAlias = "Callable[[Call], Awaitable[Answer]]"
"""As `Send`, below the layer that reads answers: whatever Outreach answered, or an `httpx.HTTPError`."""
