"""The operation that a request asks of Outreach: the type of record and what is done to it, whatever tool made it."""

from dataclasses import dataclass
from functools import lru_cache

from outreach_mcp.api.places import Place, place_of

_KINDS = {
    ("collection", "GET"): "list",
    ("collection", "POST"): "create",
    ("record", "GET"): "get",
    ("record", "PATCH"): "update",
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

    `record_id` is the record's id where the path names one, as text where it is a UUID. `demands` are the operations on
    single records, as tools declare them, that this one amounts to; a bulk action may amount to several. It is `known`
    where the contract has it.
    """

    type: str
    kind: str
    demands: tuple[tuple[str, str], ...]
    record_id: int | str | None = None
    known: bool = True


@lru_cache(maxsize=1024)
def operation_at(method: str, path: str) -> Operation:
    """Read the operation off a request's method and path; a path that is not in the contract counts by its method."""
    plain = "read" if method == "GET" else "write"
    place = place_of(path)
    if place is None or place.resource is None:
        known = place is not None and place.kind == "special" and method == "GET"
        return Operation("", plain, (("", plain),), known=known)
    resource = place.resource
    own = int(place.record_id) if place.record_id.isdigit() else place.record_id or None
    if place.kind == "collection action":
        return _bulk_operation(place, method)
    if place.kind == "action":
        kind, action = f"action:{place.action}", resource.actions.get(place.action)
        known = method == "POST" and action is not None and not action.collection
    else:
        kind = _KINDS.get((place.kind, method), plain)
        known = kind in resource.operations
    return Operation(resource.type, kind, ((resource.type, kind),), own, known)


def _bulk_operation(place: Place, method: str) -> Operation:
    assert place.resource is not None  # noqa: S101 - the grammar has collection actions of known types alone
    name, kind = place.resource.type, f"action:{place.action}"
    action = place.resource.actions.get(place.action)
    demands = _BULK.get(place.action)
    if demands is None and name == "batch" and place.action.startswith(("prospects", "account")):
        demands = (("prospect" if place.action.startswith("prospects") else "account", "update"),)
    known = method == "POST" and action is not None and action.collection
    return Operation(name, kind, demands or ((name, kind),), known=known)
