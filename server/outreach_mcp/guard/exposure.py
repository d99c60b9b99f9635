"""Finds the types that a request exposes: what its answer shows, and what its length or order gives away.

There is one way to find that out, `told_by`, for whatever a request may hold: its path, what it includes, filters and
sorts by, and the fields it names. What it cannot resolve is given as unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.guard.grammar import steps_of
from outreach_tools.catalog import Relationship, ResourceType, resource_types
from outreach_tools.catalog.belonging import COPIES, LABELLED
from outreach_tools.client import Query
from outreach_tools.engine.columns import label_of

UNKNOWN: Final = ""
"""Stands for a type that cannot be resolved."""

_OPERATORS = frozenset({"gte", "lte", "gt", "lt"})
_VALUED = ("include", "sort", "fields[")
"""The parameters whose values say what a request exposes; of all others the name says it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One type that a request exposes, by a part of it (`"include=account"`), empty for its path.

    `fields` are the attributes it exposes, None for all. `brought` says that records of the type come along.
    """

    type: str
    by: str
    fields: frozenset[str] | None = None
    brought: bool = False


def told_by(outgoing: Outgoing) -> tuple[Told, ...]:
    """Return every type that a request of the grammar exposes, its own first."""
    operation = outgoing.operation
    query = tuple((name, value if name.startswith(_VALUED) else "") for name, value in outgoing.query)
    special = outgoing.path if operation.known and not operation.type else ""
    # What is in custom objects, nobody but the organisation knows.
    known = operation.known and not operation.kind.startswith("action:customObject")
    return _told(special, operation.type, known, query)


def asks_for_names(kind: str, outgoing: Outgoing) -> bool:
    """Return whether a list is filtered by nothing but the names of records: anything else would reveal more of them.

    A search for words finds names.
    """
    open_to = {"q", "id", str(label_of(kind)), *(("firstName", "lastName") if kind == "prospect" else ())}
    return all(
        name.removeprefix("filter[").partition("]")[0] in open_to
        for name, _ in outgoing.query
        if name.startswith("filter[")
    )


@lru_cache(maxsize=1024)
def _told(special: str, kind: str, known: bool, query: Query) -> tuple[Told, ...]:
    return tuple(dict.fromkeys(_all_told(special, kind, known, query)))


def _all_told(special: str, kind: str, known: bool, query: Query) -> Iterator[Told]:
    if not known or special.startswith("/schema"):
        yield Told(UNKNOWN, "")
    elif special == "/types":
        yield from (Told(each, "") for each in sorted(LABELLED))
    elif special:
        yield Told("user", "")
    resource = resource_types().get(kind)
    if resource is None:
        if query:
            yield Told(UNKNOWN, query[0][0])
        return
    fields = {steps_of(name)[0]: frozenset(value.split(",")) for name, value in query if name.startswith("fields[")}
    yield Told(kind, "", fields.get(kind))
    for name, value in query:
        if name.startswith("fields["):
            yield from _told_by_fields(kind, steps_of(name)[0], value, f"{name}={value}")
        elif name.startswith("filter["):
            yield from _told_by_filter(resource, steps_of(name), name)
        elif name == "sort":
            for path in value.split(","):
                yield from _told_by_path(resource, path.removeprefix("-").split("."), f"sort={path}")
        elif name == "include":
            for path in value.split(","):
                yield from _told_by_include(kind, path.split("."), fields, f"include={path}")


def _told_by_fields(own: str, kind: str, names: str, by: str) -> Iterator[Told]:
    resource = resource_types().get(kind)
    if resource is None:
        yield Told(UNKNOWN, by)
        return
    asked = frozenset(name for name in names.split(",") if name)
    if kind != own:
        yield Told(kind, by, asked)
    if asked - set(resource.attributes) - set(resource.relationships) - {"id"}:
        yield Told(UNKNOWN, by)


def _told_by_filter(resource: ResourceType, steps: tuple[str, ...], by: str) -> Iterator[Told]:
    path = list(steps[:-1] if len(steps) > 1 and steps[-1] in _OPERATORS else steps)
    if path[0] in resource.filters and len(path) == 1:
        yield from _told_by_copy(resource, path[0], by)
    else:
        yield from _told_by_path(resource, path, by, filtered=True)


def _told_by_path(resource: ResourceType, path: list[str], by: str, *, filtered: bool = False) -> Iterator[Told]:
    """Yield what is exposed by an attribute, of the record or a related one, that rows are filtered or sorted by."""
    name, *inner = path
    if not inner and (name == "id" or name in resource.attributes):
        yield from _told_by_copy(resource, name, by)
        return
    found = [
        each for each in resource.relationships.values() if name in (each.name, each.parameter if filtered else "")
    ]
    if len(inner) != 1:
        yield Told(UNKNOWN, by)
    elif found:
        for relationship in found:
            yield from _told_by_related(relationship, inner[0], by)
    elif filtered and inner[0] == "id" and (owner := resource_types().get(name)):
        # The filter of a related link goes by the owner's type (recorded): what belongs to it is the owner's to tell.
        yield Told(owner.type, by)
        yield from (Told(UNKNOWN, by) for _ in range(not _links(owner, resource.type)))
    else:
        yield Told(UNKNOWN, by)


def _told_by_related(relationship: Relationship, name: str, by: str) -> Iterator[Told]:
    # A record says itself which records it is related to, where it embeds their ids.
    if name == "id" and relationship.embedded:
        return
    yield from (Told(kind, by, frozenset({name})) for kind in relationship.types)
    known = resource_types()
    if name != "id" and name not in relationship.filter_by:
        holders = [known[kind] for kind in relationship.types if kind in known]
        if not any(name in holder.attributes for holder in holders):
            yield Told(UNKNOWN, by)


def _told_by_copy(resource: ResourceType, name: str, by: str) -> Iterator[Told]:
    yield from (Told(source, by) for source in COPIES.get((resource.type, name), ()))


def _told_by_include(start: str, path: list[str], fields: dict[str, frozenset[str]], by: str) -> Iterator[Told]:
    here: set[str] = {start}
    known = resource_types()
    for name in path:
        found = [known[kind].relationships.get(name) for kind in here if kind in known]
        here = {kind for relationship in found if relationship for kind in relationship.types}
        if not here:
            yield Told(UNKNOWN, by)
            return
        yield from (Told(kind, by, fields.get(kind), brought=True) for kind in sorted(here))


def _links(owner: ResourceType, kind: str) -> bool:
    return any(kind in each.types for each in owner.relationships.values())
