"""The interface that the tools need of an Outreach client, and nothing more.

The real one is `outreach_mcp.api.client.OutreachClient`; the tools never import it.
"""

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from outreach_tools.json_values import JsonObject

__all__ = [
    "Client",
    "Hindered",
    "JsonObject",
    "MissingScope",
    "NotTaken",
    "Query",
    "Request",
    "Response",
    "Unread",
    "Unsettled",
]

Query: TypeAlias = tuple[tuple[str, str], ...]
"""Query parameters in order, names and values as they are before percent-encoding."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the Outreach API, before it is sent.

    `target` is a path below the API's base (`"/prospects/7"`) or an absolute link that Outreach made; the client
    refuses whatever leads elsewhere. `query` is added to what the target already carries. A request in the
    `background` is part of a longer scan: others go ahead of it. One that `looks_up` a name asks what records are
    called, and is shown no more. A create that is `distinct` is meant for itself: an equal one just before it, which
    else is taken for the same one, is another.
    """

    method: str
    target: str
    query: Query = ()
    body: JsonObject | None = None
    background: bool = False
    looks_up: bool = False
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """Outreach's answer to a request that succeeded: its status and its decoded JSON body, `None` when empty.

    A `note` says for the model what is unusual about how the answer came about.
    """

    status: int
    body: Any
    note: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """An attempt to read something that brought nothing: the `reason` in a few words.

    One that is `passing` may be gone at the next attempt: Outreach was busy, slow or broken. Others stay: it may not be
    read, or there is nothing.
    """

    reason: str
    passing: bool = False


class MissingScope(Exception):  # noqa: N818 - it names what is missing; the client's own error is MissingScopeError
    """The token lacks an OAuth scope that the request needs; `scope` names it (`"calls.read"`), or is empty.

    `reason` says in a few words why what was asked for cannot be had; `types` are the types of record that cannot, none
    where that is not known.
    """

    def __init__(self, message: str, scope: str = "", *, reason: str = "", types: frozenset[str] = frozenset()) -> None:
        super().__init__(message)
        self.scope = scope
        self.types = types
        self.reason = reason or f"the token lacks the scope {scope}"


class NotTaken(Exception):  # noqa: N818 - it says what became of a request; the client's own errors are of this kind
    """Outreach has no record that a request names, or does not take what it holds: nothing was done.

    `status` is that of HTTP.
    """

    status: int | None


class Hindered(Exception):  # noqa: N818 - it says what became of a request; the client's own errors are of this kind
    """Outreach could not answer a read for the moment: a limit is reached, it failed, or there was no way to it.

    What was read before stays true, and the read may succeed later.
    """


class Unsettled(Exception):  # noqa: N818 - it says what became of a request; the client's own error is of this kind
    """A change was sent and its answer was lost: it may or may not have happened."""


class Client(Protocol):
    """The shared Outreach client, as a tool sees it."""

    async def send(self, request: Request) -> Response:
        """Send one request and return the answer to it.

        Raises `MissingScope` when the token lacks the scope, and other errors that the caller need not tell apart:
        a tool lets them pass, and one place turns them into failed results.
        """
        ...

    async def current_user_id(self) -> int:
        """Return the id of the Outreach user the token acts for: what `me` stands for."""
        ...
