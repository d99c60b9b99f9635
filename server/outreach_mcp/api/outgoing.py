"""A request as it goes out: read off the address that is sent, not off what was asked for."""

from dataclasses import dataclass
from datetime import datetime

from outreach_mcp.api.errors.quoting import shortened
from outreach_mcp.api.operation import Operation, operation_at
from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject, Query

_METHODS = {"list": "GET", "get": "GET", "create": "POST", "update": "PATCH", "delete": "DELETE"}


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


def outgoing_of(kind: str, what: str) -> Outgoing:
    """Return the plainest request for an operation of the contract, on the record with id 1 where it is about one."""
    resource = resource_type(kind)
    every, one = f"/{resource.path}", f"/{resource.path}/1"
    if action := what.partition(":")[2]:
        return Outgoing("POST", f"{every if resource.actions[action].collection else one}/actions/{action}")
    return Outgoing(_METHODS[what], every if what in ("list", "create") else one)
