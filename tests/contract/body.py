"""Holds a request's body against the official schema: its shape, attributes, relationships and their linkage."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from tests.contract.schema import Attribute, Json, Relationship, ResourceType, Route
from tests.contract.values import value_faults

# The two words that the documentation allows, which the OpenAPI leaves out:
# https://developers.outreach.io/api/common-patterns, "Create compliance requests"
_COMPLIANCE_WORDS = {"request_type": ("Delete",), "object_type": ("Prospect", "Recipient")}


def body_faults(route: Route, resource_id: str, content: bytes, types: Mapping[str, ResourceType]) -> Iterator[str]:
    """Yield what is wrong with the body of a request to this route; `resource_id` is the id in the URL."""
    if route.data is None:
        if content:
            yield f"{route.method} {route.template} takes no body"
        return
    document = _decode(content)
    if not _is_object(document) or set(document) != {"data"} or not _is_object(document["data"]):
        yield 'the body is not {"data": {…}}'
        return
    data: Json = document["data"]
    yield from (f"data.{name}: no such member" for name in data if name not in route.data["properties"])
    if route.kind == "action":
        yield from _bulk_faults(route, data)
        return
    yield from _identity_faults(route, resource_id, data)
    attributes, relationships = data.get("attributes", {}), data.get("relationships", {})
    if not _is_object(attributes) or not _is_object(relationships):
        yield "attributes and relationships are objects"
        return
    declared: Json = route.data["properties"]["attributes"]
    if "$ref" not in declared:
        yield from _inline_faults(declared["properties"], attributes)
        return
    resource = types[route.type]
    for name, value in attributes.items():
        faults = _attribute_faults(resource.attributes.get(name), value)
        yield from (f"attributes.{name}: {fault}" for fault in faults)
    for name, value in relationships.items():
        yield from (
            f"relationships.{name}: {fault}" for fault in _relationship_faults(resource.relationships.get(name), value)
        )


def _decode(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _is_object(value: Any) -> TypeGuard[Json]:
    return isinstance(value, dict)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _identity_faults(route: Route, resource_id: str, data: Json) -> Iterator[str]:
    if data.get("type") != route.type:
        yield f"data.type: {data.get('type')!r} on a route of {route.type!r}"
    if route.kind == "update" and not (_is_id(data.get("id")) and str(data["id"]) == resource_id):
        yield f"data.id: {data.get('id')!r} is not the id in the URL, {resource_id}"


def _attribute_faults(attribute: Attribute | None, value: Any) -> Iterator[str]:
    if attribute is None:
        yield "no such attribute"
    elif attribute.read_only:
        yield "read-only"
    else:
        yield from value_faults(attribute, value)


def _relationship_faults(relationship: Relationship | None, value: Any) -> Iterator[str]:
    if relationship is None:
        yield "no such relationship"
    elif relationship.read_only:
        yield "read-only"
    elif not _is_object(value) or set(value) != {"data"}:
        yield 'is not {"data": …}'
    elif relationship.many != isinstance(value["data"], list):
        yield "to-many takes an array, to-one an object or null"
    else:
        linkage: list[Any] = value["data"] if relationship.many else [value["data"]]
        for each in linkage:
            if relationship.many or each is not None:
                yield from _identifier_faults(relationship, each)


def _identifier_faults(relationship: Relationship, identifier: Any) -> Iterator[str]:
    if not _is_object(identifier) or set(identifier) != {"type", "id"} or not _is_id(identifier["id"]):
        yield f'{identifier!r} is not {{"type": …, "id": integer}}'
    elif identifier["type"] not in relationship.types:
        yield f"{identifier['type']!r} is none of {', '.join(relationship.types)}"


def _inline_faults(declared: Json, attributes: Json) -> Iterator[str]:
    """Yield the faults of a body whose members the route itself declares: the compliance request's, all needed."""
    yield from (f"attributes.{name}: no such attribute" for name in attributes if name not in declared)
    for name in declared:
        value = attributes.get(name)
        if not isinstance(value, str) or not value:
            yield f"attributes.{name}: required, a string"
        elif name in _COMPLIANCE_WORDS and value not in _COMPLIANCE_WORDS[name]:
            yield f"attributes.{name}: {value!r} is none of {', '.join(_COMPLIANCE_WORDS[name])}"


def _bulk_faults(route: Route, data: Json) -> Iterator[str]:
    """Yield the faults of a bulk action's body: without explicit ids it would touch every record."""
    assert route.data is not None
    declared: Json = route.data["properties"]["attributes"].get("properties", {})
    attributes = data.get("attributes", {})
    if not _is_object(attributes):
        yield "attributes is an object"
        return
    placeholders = "attributeN" in declared  # bulk modify: any attribute of the resource
    if not placeholders:
        yield from (f"attributes.{name}: no such attribute" for name in attributes if name not in declared)
    if "ids" in declared and not attributes.get("ids"):
        yield "attributes.ids: without ids the action applies to every record"
