"""What a request asks of Outreach: which type of record, and what is done to it, whichever tool made it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from outreach_mcp.api.outgoing import Outgoing
from outreach_tools.catalog import ResourceType, resource_types
from outreach_tools.json_values import array_at

_KINDS = {
    ("collection", "GET"): "list",
    ("collection", "POST"): "create",
    ("record", "GET"): "get",
    ("record", "PATCH"): "update",
    ("record", "PUT"): "update",
    ("record", "DELETE"): "delete",
}

# A bulk action does to many records what operations on one do; `sequenceState` is how people are in sequences.
_BULK: dict[str, tuple[tuple[str, str], ...]] = {
    "prospectsAddToSequence": (("sequenceState", "create"),),
    "prospectsFinishAll": (("sequenceState", "action:finish"),),
    "prospectsPauseAll": (("sequenceState", "action:pause"),),
    "prospectsDestroyAll": (("prospect", "delete"),),
    "accountsDestroyAll": (("account", "delete"),),
    "prospectsImport": (("prospect", "create"), ("prospect", "update")),
    "accountsImport": (("account", "create"), ("account", "update")),
    "bulkUpsert": (("prospect", "create"), ("prospect", "update"), ("account", "create"), ("account", "update")),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """A type of record (empty where the path names none known) and what is done to it (`list`, `action:snooze`).

    `record_id` is the record's id where the path names one. `demands` are the operations on single records, as tools
    declare them, that this one amounts to; a bulk action may amount to several.
    """

    type: str
    kind: str
    demands: tuple[tuple[str, str], ...]
    record_id: int | None = None


def _operation(kind_of_record: str, kind: str, record_id: int | None = None) -> Operation:
    return Operation(kind_of_record, kind, ((kind_of_record, kind),), record_id)


_ID_FILTER = re.compile(r"actionParams\[filter\]\[id\](?:\[\])?")

_ID = re.compile(r"[0-9]{1,18}")
"""An id is a 64-bit number; of longer ones there is no record, and Python reads none of more than 4,300 digits."""


def operation_of(outgoing: Outgoing) -> Operation:
    """Read the operation off a request's method and path; a path that is not in the contract counts by its method."""
    plain = "read" if outgoing.method == "GET" else "write"
    first, *rest = [segment for segment in outgoing.path.split("/") if segment] or [""]
    # Rails routes `/prospects.json` as `/prospects`; what Outreach makes of another case is unknown, so it counts too.
    resource = _by_plural().get(first.partition(".")[0].casefold())
    if resource is None:
        return _operation("", plain)
    if not rest:
        return _operation(resource.type, _KINDS.get(("collection", outgoing.method), plain))
    record = rest[0].partition(".")[0]
    if rest[0].casefold() == "actions":
        return _collection_action(resource, _action(resource, rest[1]) if len(rest) > 1 else "")
    number = int(record) if _ID.fullmatch(record) else None
    if len(rest) == 1:
        return _operation(resource.type, _KINDS.get(("record", outgoing.method), plain), number)
    if rest[1].casefold() == "actions" and len(rest) > 2:
        return _operation(resource.type, f"action:{_action(resource, rest[2])}", number)
    return _operation(resource.type, "get" if outgoing.method == "GET" else "update", number)


def included_types(outgoing: Outgoing) -> frozenset[str]:
    """Return the types of the related records that a request asks to bring along."""
    start = operation_of(outgoing).type
    paths = [path for name, value in outgoing.query if name in ("include", "include[]") for path in value.split(",")]
    return frozenset(kind for path in paths if start for kind in _types_along(start, path.strip().split(".")))


def bulk_ids(outgoing: Outgoing) -> list[str]:
    """Return the ids that a bulk action names, in its body or its query, each once and in order."""
    in_query = [each for name, value in outgoing.query if _ID_FILTER.fullmatch(name) for each in value.split(",")]
    return [*dict.fromkeys(map(str, [*array_at(outgoing.body, "data", "attributes", "ids"), *in_query]))]


def _types_along(start: str, names: list[str]) -> Iterator[str]:
    here = {start}
    for name in names:
        relationships = [resource_types()[kind].relationships.get(name) for kind in here if kind in resource_types()]
        here = {kind for relationship in relationships if relationship for kind in relationship.types}
        yield from here


def _action(resource: ResourceType, segment: str) -> str:
    """Return the action that a segment of a path names, in the contract's spelling where it is one of that."""
    name = segment.partition(".")[0]
    return next((known for known in resource.actions if known.casefold() == name.casefold()), name)


def _collection_action(resource: ResourceType, action: str) -> Operation:
    demands = _BULK.get(action)
    if demands is None and resource.type == "batch" and action.startswith(("prospects", "account")):
        demands = (("prospect" if action.startswith("prospects") else "account", "update"),)
    return Operation(resource.type, f"action:{action}", demands or ((resource.type, f"action:{action}"),))


@cache
def _by_plural() -> dict[str, ResourceType]:
    return {resource.path.casefold(): resource for resource in resource_types().values()}
