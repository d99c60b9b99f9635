"""Finds the field of a resource that a name means: in any spelling, and by the id of a related record as well."""

from collections.abc import Iterable

from outreach_tools.catalog import Relationship, ResourceType, resource_types
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.matching import camel_case, find, nearest, shorten


def kind_named(name: str, kinds: Iterable[str]) -> str | None:
    """Return the one of some types that a name spells, also as its plural; None for none of them."""
    known = [resource_types()[kind] for kind in kinds]
    by_name = {**{each.path: each.type for each in known}, **{each.type: each.type for each in known}}
    found = find(camel_case(name.strip()), by_name)
    return None if found is None else by_name[found]


def type_named(name: str) -> ResourceType:
    """Return the type that a name spells, also as its plural. Raises `ArgumentError`."""
    known = resource_types()
    found = kind_named(name, known)
    if found is None:
        like_it = nearest(name, known) or ": it takes one like prospect, account, opportunity, sequenceState"
        raise ArgumentError(f"'resource' is {shorten(name)}, which is not a type of record{like_it}")
    return known[found]


def resolve_name(resource: ResourceType, name: str) -> str | None:
    """Return the attribute or relationship that `name` spells, or None."""
    for spelling in (name, camel_case(name)):
        if spelling in resource.attributes or spelling in resource.relationships:
            return spelling
    return find(name, [*resource.attributes, *resource.relationships])


def field_of(resource: ResourceType, name: str) -> str:
    """Return the attribute or relationship that `name` stands for, also as its id; the name where there is none."""
    by_id = relationship_of_id(resource, name)
    return resolve_name(resource, name) or (by_id.name if by_id else name)


def relationship_of_id(resource: ResourceType, name: str) -> Relationship | None:
    """Return the relationship whose id `name` spells (`account_id`, `accountId`, `tag_ids`), or None.

    A field that has the very name goes before: `userId` of a mailbox is an attribute.
    """
    if resolve_name(resource, name) is not None:
        return None
    for ending in ("_id", "Id", "_ids", "Ids"):
        if name.endswith(ending):
            stem = name.removesuffix(ending)
            spellings = (stem, f"{stem}s") if ending.endswith("s") else (stem,)
            known = (resolve_name(resource, spelling) for spelling in spellings)
            return next((resource.relationships[each] for each in known if each in resource.relationships), None)
    return None
