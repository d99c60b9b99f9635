"""The one shape every tool has, whatever made it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import TypeAlias

from outreach_tools.client import Client, JsonObject, Request, Response, Unread
from outreach_tools.clock import utc_now
from outreach_tools.engine.bulk.service import Bulk
from outreach_tools.engine.files.service import Files
from outreach_tools.engine.naming.kept import Kept
from outreach_tools.engine.zones import time_zone as zone_of

DEFAULT_RESULT_TOKENS = 6000
"""The most tokens an answer has unless the settings say otherwise."""


About: TypeAlias = Callable[[], Awaitable[JsonObject]]
"""Describes the connection to Outreach: whom the token acts for, where, and what is left out. It never raises."""


Attempt: TypeAlias = Callable[[Request], Awaitable[Response | Unread]]
"""Reads what only adds to an answer, such as a change that is done already; it never raises."""


_NOTHING_WITHHELD: Mapping[str, frozenset[str]] = MappingProxyType({})


async def _nothing(_: Request) -> Response | Unread:
    return Unread("nothing is read on the side here")


Progress: TypeAlias = Callable[[float, float | None, str], Awaitable[None]]
"""Tells who waits how far a call has come: how much is done, of how much where that is known, and in words."""


async def _agreed(_: str, __: str, ___: Sequence[Request]) -> None:
    return


def _nothing_refused(_: str, __: str) -> str:
    return ""


async def told_nobody(_: float, __: float | None, ___: str) -> None:
    """Tell nobody how far a call has come: the progress of what is not asked for it."""


@dataclass(frozen=True, slots=True)
class Context:
    """The context of a tool: the client, the answer's budget in tokens, and what describes the connection, if any.

    `time_zone` is the IANA name of the zone in which days are reckoned and times are shown; `now` is the clock.
    `attempt` reads what a tool can do without: it never raises, whatever becomes of the read. `withheld` are, by type,
    attributes that answers leave out. `kept` is what the connection has read of the organisation's own words.
    `progress` is told how far a long call has come. `bulk` keeps plans and runs jobs, and `files` keeps what a call
    writes, None where nothing does.
    `refusal` says of an operation, a type and what is done to it, why the general tools may not run it; empty where
    they may. `web` is the address of the web application, for links to records' pages; empty where it is not known.
    `agree` sees that changes that are made as a whole are allowed and agreed to, before the first is sent: it takes
    what they come to, with `{}` for what is made, the name of that, and the changes.
    """

    client: Client
    max_result_tokens: int = DEFAULT_RESULT_TOKENS
    about: About | None = None
    time_zone: str = "UTC"
    now: Callable[[], datetime] = utc_now
    attempt: Attempt = _nothing
    withheld: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NOTHING_WITHHELD)
    kept: Kept = field(default_factory=Kept)
    progress: Progress = told_nobody
    bulk: Bulk | None = None
    files: Files | None = None
    refusal: Callable[[str, str], str] = _nothing_refused
    agree: Callable[[str, str, Sequence[Request]], Awaitable[None]] = _agreed
    web: str = ""

    @property
    def zone(self) -> tzinfo:
        """The time zone in which days are reckoned and times are shown."""
        return zone_of(self.time_zone)


Run: TypeAlias = Callable[[Context, JsonObject], Awaitable[JsonObject]]
"""Runs a tool on its raw arguments and returns its answer; raises `ToolError` for arguments it refuses."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One MCP tool: its face (name, words, schema, the four annotations) and what it does.

    `resource` is the type it works on, empty for tools that work on any. `operations` are all that it can ask of
    Outreach, each a type and what is done to it (`("task", "list")`, `("task", "action:snooze")`); none are named for
    the tools that send what they are given. What one `alone` may ask for is open to no other tool. `reads` are types of
    which it attempts to read a record, to say more. `looks` are types whose lists it looks at where those are open to
    it, to say why its own is empty: no scope is asked for that. One that tells `figures` of all records of its
    operations' types needs each of them, and records that come along with them; it opens none of them to other tools. A
    `partial` one goes without those of its types that are closed to it, and says so.
    `names` are types of which it takes names for ids: it reads who is called so, and of types that are not open to it
    no more than that. With `labels` it may read those of custom fields. One that `borrows` may ask for what other tools
    are offered for, and nothing else. `toolset` is the group it belongs to.
    """

    name: str
    title: str
    description: str
    input_schema: JsonObject
    run: Run
    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool = True
    resource: str = ""
    toolset: str = "advanced"
    operations: frozenset[tuple[str, str]] = frozenset()
    reads: frozenset[str] = frozenset()
    looks: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    labels: bool = False
    borrows: bool = False
    figures: bool = False
    alone: bool = False
    partial: bool = False

    @property
    def opens(self) -> frozenset[tuple[str, str]]:
        """The operations that may be asked for in other ways where this tool is offered.

        A drop-down's list shows labels only, and a report figures, so that neither opens a list to others; nor does
        one that is `alone`.
        """
        closed = self.toolset == "options" or self.figures or self.alone
        return frozenset() if closed else self.operations
