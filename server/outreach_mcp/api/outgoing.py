"""A request as it goes out: read off the address that is sent, not off what was asked for."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from outreach_mcp.api.errors.quoting import shortened
from outreach_mcp.api.operation import Operation, operation_at
from outreach_mcp.api.passage import Passage
from outreach_tools.client import JsonObject, Query

if TYPE_CHECKING:  # the guard looks at what goes out, and a server starts without what talks HTTP
    import httpx


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it goes out, for whoever has to agree to it or report it.

    `path` is the path below the API's root (`"/prospects/7"`), `query` its decoded parameters in order, `at` when it
    was sent, as far as that is known.
    """

    method: str
    path: str
    query: Query = ()
    body: JsonObject | None = None
    at: datetime | None = None

    @property
    def operation(self) -> Operation:
        """The type of record it is about, and what it does to it; each path is taken apart once."""
        return operation_at(self.method, self.path)

    @property
    def asked(self) -> str:
        """The request in short: `POST /prospects`."""
        return f"{self.method} {shortened(self.path)}"

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing, so that losing its answer does no harm."""
        return self.method in ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that `OutreachClient.prepare` has checked; what was judged is to the byte what is sent, once.

    `outgoing` is read off `request`. `passage` says how far it has come. `background` lets others go ahead.
    """

    outgoing: Outgoing
    request: "httpx.Request" = field(repr=False)
    passage: Passage = field(default_factory=Passage, compare=False, repr=False)
    background: bool = False
    _seal: object = field(default=None, init=False, compare=False, repr=False)

    def sealed(self, seal: object) -> "Prepared":
        """Return it as one that is sent by the owner of a seal alone, the client that has checked it.

        A copy has no seal, or shares the passage, so that one of the two is sent.
        """
        object.__setattr__(self, "_seal", seal)
        return self

    @property
    def is_sealed(self) -> bool:
        """Whether a client has prepared it."""
        return self._seal is not None

    def has_seal(self, seal: object) -> bool:
        """Tell whether the owner of this very seal has prepared it."""
        return self._seal is seal
