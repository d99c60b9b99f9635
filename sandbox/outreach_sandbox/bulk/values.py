"""Reads the values in the body of a bulk action or an import."""

from typing import Any

from outreach_sandbox.values import LARGEST_INTEGER, digits
from outreach_tools.catalog import ResourceType
from outreach_tools.client import JsonObject
from outreach_tools.json_values import as_array


def identifier(value: Any) -> int | None:
    """Return an id; the contract draws some as numbers, some as strings, so both are taken."""
    if isinstance(value, str):
        value = digits(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 < value <= LARGEST_INTEGER else None


def identifiers(value: Any) -> list[int] | None:
    """Return ids without duplicates, None when it is not an array of ids."""
    found = [identifier(each) for each in as_array(value) or []]
    present = [each for each in found if each is not None]
    return list(dict.fromkeys(present)) if as_array(value) is not None and len(present) == len(found) else None


def modification(resource: ResourceType, payload: JsonObject) -> tuple[JsonObject, JsonObject]:
    """Return the attributes and relationships that a bulk modification writes.

    Both documented forms: `{field: value, …}` and `{fieldName, fieldValue}`. That a to-one relationship is a field
    under its name and `Id` is assumed.
    """
    if "fieldName" in payload:
        fields = {str(payload["fieldName"]): payload.get("fieldValue")}
    else:
        fields = {name: value for name, value in payload.items() if name != "ids"}
    attributes: JsonObject = {}
    relationships: JsonObject = {}
    for name, value in fields.items():
        relationship = resource.relationships.get(name.removesuffix("Id"))
        if name in resource.attributes or relationship is None or not name.endswith("Id"):
            attributes[name] = value
        else:
            target = None if value is None else {"type": relationship.types[0], "id": identifier(value)}
            relationships[relationship.name] = {"data": target}
    return attributes, relationships
