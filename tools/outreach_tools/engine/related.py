"""Shows a record's many related records: their ids when they are few, else their number and how to list them.

Outreach gives a to-many relationship as `data`, `meta.count` and `links.related`, or as a link alone (recorded).
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from outreach_tools.catalog import Relationship, ResourceType, resource_types
from outreach_tools.client import JsonObject
from outreach_tools.json_values import array_at, is_object, member

Listers: TypeAlias = Mapping[str, str]
"""The tool that lists each type: `{"prospect": "list_prospects"}`."""

FEW = 10
"""Ids that a record shows: of seven digits they cost 40 tokens, their number and how to list them 20 to 30."""


def related_ids(
    resource: ResourceType, record: JsonObject, relationship: Relationship, listers: Listers, *, asked: bool
) -> Any:
    """Return a to-many relationship of a record: `[4, 7]`, or `{"count": 812, "list": "list_tasks with filter …"}`.

    All ids are given when they are few or the relationship was `asked` for by name. What Outreach gives only a part of
    is never shown as the whole: then the ids that were asked for stand beside the count, as `"ids"`. Where no tool
    lists the records, `"link"` takes the place of `"list"`, for execute_link.
    """
    held = member(record, "relationships", relationship.name)
    ids, count = ids_and_count(held)
    if count == len(ids) and (asked or count <= FEW):
        return ids
    return {"count": count, **({"ids": ids} if asked else {}), **_where(resource, record, relationship, listers, held)}


def ids_or_count(record: JsonObject, name: str) -> Any:
    """Return the ids of the related records when they are few and all there, else `{"count": 812}`."""
    ids, count = ids_and_count(member(record, "relationships", name))
    return ids if count == len(ids) <= FEW else {"count": count}


def ids_and_count(held: Any) -> tuple[list[Any], int]:
    """Return the ids that a relationship gives, and how many records it says it has."""
    ids = [each["id"] for each in array_at(held, "data") if is_object(each) and "id" in each]
    counted = member(held, "meta", "count")
    return ids, max(len(ids), counted if isinstance(counted, int) else 0)


def _where(
    resource: ResourceType, record: JsonObject, relationship: Relationship, listers: Listers, held: Any
) -> JsonObject:
    target = resource_types().get(relationship.types[0])
    # `activeSequenceStates` is a part of what the plain list holds: only a relationship named after the list is all.
    if target and target.type in listers and relationship.name == target.path:
        back = [
            each.name
            for each in target.relationships.values()
            if resource.type in each.types and "id" in each.filter_by
        ]
        path = resource.type if resource.type in back else back[0] if len(back) == 1 else None
        if path:
            return {"list": f"{listers[target.type]} with filter {path}.id {record.get('id')}"}
    link = member(held, "links", "related")
    return {"link": link} if isinstance(link, str) else {}
