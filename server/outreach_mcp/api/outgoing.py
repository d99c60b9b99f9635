"""A request as it is about to be sent, for whoever has to agree to it first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from outreach_mcp.api.layers.progress import Passage
from outreach_tools.client import JsonObject, Query


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes out: read off the address that is sent, not off what was asked for.

    `path` is the path below the API's root (`"/prospects/7"`), `query` its decoded parameters in order. `passage`
    tells later how far it has come.
    """

    method: str
    path: str
    query: Query
    body: JsonObject | None
    passage: Passage | None = field(default=None, compare=False, repr=False)


Judge: TypeAlias = Callable[[Outgoing], Awaitable[None]]
"""Agrees to a request, or raises: then nothing is sent."""
