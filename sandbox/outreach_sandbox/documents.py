"""Builds JSON:API documents from rows: attributes, relationships, links, sparse fieldsets and included records.

Shapes as recorded: ids are integers; every attribute is present, null when empty; a to-one relationship has `data` and
no links, an embedded to-many one has `data`, `links.related` and `meta.count`, any other only `links.related`.
"""
# ruff: noqa: S608 - identifiers come from the catalogue, values are parameters

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from outreach_sandbox.ids import shown_id
from outreach_sandbox.records import Identifier
from outreach_sandbox.resource_meta import asked_meta
from outreach_sandbox.schema import quoted
from outreach_sandbox.session import Session
from outreach_sandbox.values import shown
from outreach_tools.catalog import Relationship, ResourceType, resource_types
from outreach_tools.client import JsonObject

Fieldsets = Mapping[str, frozenset[str]]
"""The names a request wants of each type; a type that is absent is wanted whole."""

_NOTHING: frozenset[str] = frozenset()

# Left out of the default answer from a date on; asking for it by fields still works (documented).
_LEAVES_DEFAULT = {("prospect", "contactHistogram"): "2026-10-01"}


@dataclass(frozen=True, slots=True)
class _ToOne:
    relationship: Relationship
    id_column: int
    type_column: int | None


@dataclass(frozen=True, slots=True)
class _Selection:
    """The columns to read for a type and fieldset, and what to make of each."""

    columns: str
    attributes: tuple[tuple[str, int, Callable[[Any], Any] | None], ...]
    relationships: tuple[_ToOne | Relationship, ...]
    bare: bool


def resource_objects(
    session: Session,
    type_name: str,
    ids: Sequence[int],
    fieldsets: Fieldsets,
    linked: frozenset[str] = frozenset(),
) -> list[JsonObject]:
    """Return the resource objects of a type in the order of their ids; ids without a record are skipped.

    `linked` names to-many relationships that show their members although they are not embedded, because the request
    includes them (full linkage, as JSON:API demands; assumed).
    """
    wanted = fieldsets.get(type_name)
    left_out = _left_out(session, type_name) if wanted is None else _NOTHING
    selection = _selection(type_name, wanted, left_out)
    marks = ", ".join("?" * len(ids))
    rows = session.store.rows(f"SELECT {selection.columns} FROM {quoted(type_name)} WHERE id IN ({marks})", ids)
    by_id = {int(row[0]): row for row in rows}
    present = [record_id for record_id in ids if record_id in by_id]
    meta = asked_meta(session, resource_types()[type_name])
    members = {
        relationship.name: session.store.related(type_name, relationship.name, present)
        for relationship in selection.relationships
        if isinstance(relationship, Relationship) and (relationship.embedded or relationship.name in linked)
    }
    found = [_resource_object(session, type_name, selection, by_id[each], members, linked) for each in present]
    return [{**each, "meta": meta} for each in found] if meta else found


def related_identifiers(
    session: Session, type_name: str, relationship: Relationship, owners: Sequence[int]
) -> list[Identifier]:
    """Return what a relationship of several records points to, without duplicates, in order."""
    found: dict[Identifier, None] = {}
    if relationship.many:
        related = session.store.related(type_name, relationship.name, owners)
        for owner in owners:
            found.update(dict.fromkeys(Identifier(relationship.types[0], each) for each in related.get(owner, ())))
        return list(found)
    several = len(relationship.types) > 1
    type_column = quoted(f"{relationship.name}.type") if several else f"'{relationship.types[0]}'"
    id_column = quoted(f"{relationship.name}.id")
    marks = ", ".join("?" * len(owners))
    rows = session.store.rows(
        f"SELECT {type_column}, {id_column} FROM {quoted(type_name)} WHERE id IN ({marks}) AND {id_column} IS NOT NULL",
        owners,
    )
    return list(dict.fromkeys(Identifier(row[0], int(row[1])) for row in rows))


def related_link(session: Session, owner: str, owner_id: int, relationship: Relationship) -> str:
    """Return the link to a relationship's members: their collection, filtered by the owner's type (recorded)."""
    target = resource_types().get(relationship.types[0])
    # The plural of a type outside the catalogue is not published.
    path = target.path if target else f"{relationship.types[0]}s"
    return f"{session.base_url}/{path}?filter%5B{owner}%5D%5Bid%5D={owner_id}"


def field_names(resource: ResourceType) -> Iterable[str]:
    """Return every name that may stand in `fields[type]`.

    Attributes that were recorded and that no contract names do not: whether they may is not published.
    """
    yield from (
        name for name, attribute in resource.attributes.items() if not (attribute.write_only or attribute.recorded)
    )
    yield from resource.relationships


def _left_out(session: Session, type_name: str) -> frozenset[str]:
    today = session.now[:10]
    return frozenset(name for (owner, name), since in _LEAVES_DEFAULT.items() if owner == type_name and today >= since)


@lru_cache(maxsize=512)
def _selection(type_name: str, wanted: frozenset[str] | None, left_out: frozenset[str]) -> _Selection:
    resource = resource_types()[type_name]
    columns = ["id"]
    attributes: list[tuple[str, int, Callable[[Any], Any] | None]] = []
    relationships: list[_ToOne | Relationship] = []
    for name, attribute in sorted(resource.attributes.items()):
        if attribute.write_only or name in left_out or (wanted is not None and name not in wanted):
            continue
        attributes.append((name, len(columns), shown(attribute)))
        columns.append(quoted(name))
    for name, relationship in sorted(resource.relationships.items()):
        if wanted is not None and name not in wanted:
            continue
        if relationship.many or not relationship.embedded:
            relationships.append(relationship)
            continue
        several = len(relationship.types) > 1
        relationships.append(_ToOne(relationship, len(columns), len(columns) + 1 if several else None))
        columns.extend([quoted(f"{name}.id"), *([quoted(f"{name}.type")] if several else [])])
    # An empty fieldset is answered with type and id only (documented).
    return _Selection(", ".join(columns), tuple(attributes), tuple(relationships), bare=wanted == frozenset())


def _resource_object(
    session: Session,
    type_name: str,
    selection: _Selection,
    row: tuple[Any, ...],
    members: Mapping[str, Mapping[int, Sequence[int]]],
    linked: frozenset[str],
) -> JsonObject:
    record_id = int(row[0])
    document: JsonObject = {"type": type_name, "id": shown_id(resource_types()[type_name], record_id)}
    if selection.bare:
        return document
    if selection.attributes:
        document["attributes"] = {
            name: row[column] if show is None else show(row[column]) for name, column, show in selection.attributes
        }
    if selection.relationships:
        document["relationships"] = {
            _name(each): _linkage(session, type_name, record_id, each, row, members, linked)
            for each in selection.relationships
        }
    document["links"] = {"self": f"{session.base_url}/{resource_types()[type_name].path}/{document['id']}"}
    return document


def _name(each: _ToOne | Relationship) -> str:
    return each.name if isinstance(each, Relationship) else each.relationship.name


def _linkage(
    session: Session,
    type_name: str,
    record_id: int,
    each: _ToOne | Relationship,
    row: tuple[Any, ...],
    members: Mapping[str, Mapping[int, Sequence[int]]],
    linked: frozenset[str],
) -> JsonObject:
    if isinstance(each, _ToOne):
        target = row[each.id_column]
        if target is None:
            return {"data": None}
        target_type = each.relationship.types[0] if each.type_column is None else row[each.type_column]
        return {"data": {"type": target_type, "id": target}}
    links = {"related": related_link(session, type_name, record_id, each)}
    if not each.many or not (each.embedded or each.name in linked):
        return {"links": links}
    data = [{"type": each.types[0], "id": member} for member in members[each.name].get(record_id, ())]
    return {"data": data, "links": links, "meta": {"count": len(data)}}
