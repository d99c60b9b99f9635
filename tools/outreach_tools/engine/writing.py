"""Builds the body of a create or an update: checks names and values against the catalogue, then writes JSON:API."""

from collections.abc import Callable, Container, Mapping
from typing import Any

from outreach_tools.catalog import Relationship, ResourceType, resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import lift
from outreach_tools.engine.brevity import brief
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.finders import finds, kinds_of_id
from outreach_tools.engine.given import given_items, given_members, is_given
from outreach_tools.engine.json_text import as_linked, as_meant
from outreach_tools.engine.mail_text import notes_on, require_one_line
from outreach_tools.engine.matching import listed, nearest, shorten
from outreach_tools.engine.names import field_of, relationship_of_id, resolve_name
from outreach_tools.engine.naming.kinds import kind_of_attribute
from outreach_tools.engine.naming.references import Names, is_name
from outreach_tools.engine.twice import Spelled
from outreach_tools.engine.written import sent_moment, written_value
from outreach_tools.json_values import is_array, is_object

_HOLDERS = ("attributes", "relationships")
_CONTAINERS: Mapping[str, Callable[[object], bool]] = {"array": is_array, "object": is_object}
"""The Python type of an attribute of these types, where it may come as JSON text."""


def lift_members(resource: ResourceType, arguments: JsonObject, own: tuple[str, ...]) -> JsonObject:
    """Move flat attributes and relationships of a write into `attributes` and `relationships`, JSON text read.

    This comes before anything asks what is given: an array that is empty is so in every spelling.
    """
    return lift(
        {
            name: value if name in own and name not in _HOLDERS else meant(resource, name, value)
            for name, value in arguments.items()
        },
        {
            "attributes": lambda name: resolve_name(resource, name) in resource.attributes,
            "relationships": lambda name: _relationship_name(resource, name) is not None,
        },
        own,
    )


def meant(resource: ResourceType, name: str, value: Any) -> Any:
    """Return an argument of a write with JSON text read where its kind is an array, an object or related records."""
    if name in _HOLDERS:
        found = as_meant(value, is_object)
        return {each: meant(resource, each, found[each]) for each in found} if is_object(found) else found
    attribute = resource.attributes.get(resolve_name(resource, name) or "")
    if attribute is not None:
        wanted = _CONTAINERS.get(attribute.type)
        return as_meant(value, wanted) if wanted else value
    return as_linked(value) if _relationship_name(resource, name) else value


async def attributes_document(
    declared: Resource, given: Mapping[str, Any], calendar: Calendar, names: Names
) -> tuple[JsonObject, tuple[str, ...]]:
    """Return the attributes of a write under Outreach's names, values in the form it takes, and notes on them.

    Dates are reckoned by the calendar, and a name in the place of a record's id becomes that id. What is empty is left
    out: models send that for what they do not know. Raises `ArgumentError`.
    """
    resource = resource_type(declared.type)
    document: JsonObject = {}
    notes: list[str] = []
    spelled = Spelled()
    for name, value in given.items():
        if not is_given(value):
            continue
        known = _writable_attribute(declared, resource, name)
        spelled.note(known, name, value)
        require_one_line(declared.type, known, value)
        attribute = resource.attributes[known]
        if is_name(value, kind := kind_of_attribute(declared.type, attribute)):
            document[known] = await names.id_of(value, kind, repr(known), finds((kind,), declared.listers))
            continue
        try:
            document[known] = written_value(attribute, value, declared.known(known), calendar)
        except ArgumentError as error:
            kinds = kinds_of_id(declared.type, known) if attribute.type == "integer" else ()
            raise ArgumentError(f"{error}{finds(kinds, declared.listers)}") from None
        if note := sent_moment(attribute, value, document[known], calendar):
            notes.append(note)
    return document, (*notes, *notes_on(declared.type, document))


def given_relationships(declared: Resource, given: Mapping[str, Any]) -> JsonObject:
    """Return what a write gives for each relationship, under Outreach's names for them; what is empty is left out."""
    resource = resource_type(declared.type)
    found: JsonObject = {}
    spelled = Spelled()
    for name, value in given.items():
        if not is_given(value):
            continue
        known = _writable_relationship(declared, resource, name).name
        spelled.note(known, name, value)
        found[known] = value
    return found


async def linked(declared: Resource, given: JsonObject, names: Names) -> JsonObject:
    """Return the relationships of a write as JSON:API linkage; names become ids, `me` that of the current user."""
    relationships = resource_type(declared.type).relationships
    return {
        name: {"data": await _linkage(declared, relationships[name], value, names)} for name, value in given.items()
    }


def passed_over(declared: Resource, *members: Mapping[str, Any], but: Container[str]) -> list[str]:
    """Return the names in `members` that came with nothing in them, `but` not those that are set or cleared as well."""
    resource = resource_type(declared.type)
    names = {field_of(resource, name): None for each in members for name, value in each.items() if not is_given(value)}
    return [name for name in names if name not in but]


def cleared(declared: Resource, names: list[str]) -> tuple[JsonObject, JsonObject]:
    """Return the attributes and relationships that empty what `names` lists."""
    resource = resource_type(declared.type)
    attributes: JsonObject = {}
    relationships: JsonObject = {}
    for name in names:
        if resolve_name(resource, name) in resource.attributes:
            attributes[_writable_attribute(declared, resource, name)] = None
        else:
            relationship = _writable_relationship(declared, resource, name)
            relationships[relationship.name] = {"data": [] if relationship.many else None}
    return attributes, relationships


def document(
    kind: str, attributes: JsonObject, relationships: JsonObject, *, record_id: int | str | None = None
) -> JsonObject:
    """Return the body of a POST, or of a PATCH when `record_id` is given."""
    data: JsonObject = {"type": kind}
    if record_id is not None:
        data["id"] = record_id
    if attributes:
        data["attributes"] = attributes
    if relationships:
        data["relationships"] = relationships
    return {"data": data}


def _writable_attribute(declared: Resource, resource: ResourceType, name: str) -> str:
    known = resolve_name(resource, name)
    hint = _hint(declared, known or name)
    if known in resource.relationships:
        raise ArgumentError(
            f"{known!r} is a relationship of {resource.type}, not an attribute: give it in 'relationships'"
        )
    if known is None:
        writable = [each.name for each in resource.attributes.values() if not each.read_only]
        hint = hint or nearest(name, writable) or "; describe_fields lists them"
        raise ArgumentError(brief(lambda width: f"{resource.type} has no attribute {shorten(name, width)}{hint}"))
    if resource.attributes[known].read_only:
        raise ArgumentError(f"{known!r} of {resource.type} is read-only{hint}")
    return known


def _relationship_name(resource: ResourceType, name: str) -> str | None:
    known = resolve_name(resource, name)
    if known in resource.relationships:
        return known
    by_id = relationship_of_id(resource, name)
    return by_id.name if by_id else None


def _writable_relationship(declared: Resource, resource: ResourceType, name: str) -> Relationship:
    known = _relationship_name(resource, name)
    hint = _hint(declared, known or name)
    if known is None and resolve_name(resource, name):
        raise ArgumentError(f"{name!r} is an attribute of {resource.type}, not a relationship: give it in 'attributes'")
    if known is None:
        writable = [each.name for each in resource.relationships.values() if not each.read_only]
        hint = hint or nearest(name, writable)
        raise ArgumentError(brief(lambda width: f"{resource.type} has no relationship {shorten(name, width)}{hint}"))
    if resource.relationships[known].read_only:
        raise ArgumentError(f"the relationship {known!r} of {resource.type} is read-only{hint}")
    return resource.relationships[known]


def _hint(declared: Resource, name: str) -> str:
    hint = declared.hints.get(name)
    return f": {hint}" if hint else ""


async def _linkage(declared: Resource, relationship: Relationship, value: Any, names: Names) -> Any:
    if is_object(value) and set(given_members(value)) == {"data"}:  # the JSON:API form is as clear as ours
        value = value["data"]
    if not relationship.many:
        return await _identifier(declared, relationship, value, names)
    items = given_items(value) if is_array(value) else [value]
    return [await _identifier(declared, relationship, item, names) for item in items]


async def _identifier(declared: Resource, relationship: Relationship, value: Any, names: Names) -> JsonObject:
    kind = relationship.types[0]
    found = finds(relationship.types, declared.listers)
    if is_object(value):
        value = given_members(value)
        if set(value) != {"type", "id"} or value["type"] not in relationship.types:
            raise ArgumentError(
                f"{relationship.name!r} takes an id or {{type, id}} with type {listed(relationship.types)}, "
                f"not {shorten(value)}{found}"
            )
        kind, value = value["type"], value["id"]
        found = finds((kind,), declared.listers)
    elif len(relationship.types) > 1:
        raise ArgumentError(
            f"{relationship.name!r} takes {{type, id}} with type {listed(relationship.types)}, not {shorten(value)}"
            f"{found}"
        )
    return {"type": kind, "id": await names.id_of(value, kind, repr(relationship.name), found)}
