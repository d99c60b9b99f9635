"""A request as it is about to be sent, for whoever has to agree to it first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from outreach_tools.client import JsonObject, Query


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes out: read off the address that is sent, not off what was asked for.

    `path` is the path below the API's root (`"/prospects/7"`), `query` its decoded parameters in order.
    """

    method: str
    path: str
    query: Query
    body: JsonObject | None


Judge: TypeAlias = Callable[[Outgoing], Awaitable[None]]
"""Agrees to a request, or raises: then nothing is sent."""
