"""The input schemas of each kind of tool: one shape, as small as it can be, in words that every maker's client takes.

Clients hand the schemas to their models in dialects of their own. All of them take `type` (one word), `properties`,
`required`, `items`, `description`, `pattern`, `format: date-time` and an `enum` of strings beside `type: string`; the
tests in `tests/clients` hold the tools to that. What a client makes of anything else differs: google-genai fails on
`additionalProperties: false`, Gemini fills an object without properties with nothing. So the server alone refuses what
a schema does not name, and what may hold anything is a string.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from outreach_tools.catalog import Attribute, Relationship, ResourceType, resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.declaration import ActionTool, CreateTool, Resource, UpdateTool
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.engine.finders import kinds_of_id
from outreach_tools.engine.labels.fields import has_labels
from outreach_tools.engine.naming.kinds import NAMINGS, named_in

_INTEGER: JsonObject = {"type": "integer"}
_STRING: JsonObject = {"type": "string"}
_STRINGS: JsonObject = {"type": "array", "items": _STRING}
_ID_OR_NAME: JsonObject = {"type": "string", "description": "id or name"}
_ID_NAME_OR_ME: JsonObject = {"type": "string", "description": "id, name or me"}
_CRITERIA = "exact text, no *; a,b either; 5..9; -7d..; (not) null"
_BEGINNING: JsonObject = {"type": "string", "description": "beginning of a name"}


def object_schema(properties: Mapping[str, Any], required: Iterable[str] = ()) -> JsonObject:
    """Return the schema of an object with these properties."""
    schema: JsonObject = {"type": "object", "properties": dict(properties)}
    names = list(required)
    return {**schema, "required": names} if names else schema


def enum_schema(words: Iterable[str]) -> JsonObject:
    """Return the schema of one of these words."""
    return {"type": "string", "enum": list(words)}


def list_schema(declared: Resource) -> JsonObject:
    """Return the schema of a list: what Outreach filters and sorts by is spelled out, and what else people filter by.

    The forms of criteria are here because many clients pass no instructions on. That a filter needs both of its members
    is left to the server: said in every list, it is 168 tokens.
    """
    resource = resource_type(declared.type)
    names = [name for name in filter_names(resource) if name not in declared.unlisted]
    criteria: JsonObject = {"type": "string", "description": _criteria(declared.type)}
    condition = object_schema({"field": enum_schema([*names, *declared.offered]), "criteria": criteria})
    properties: JsonObject = {"filters": {"type": "array", "items": condition}}
    if sortable := [each.name for each in resource.attributes.values() if each.sortable]:
        properties["sort"] = {"type": "string", "pattern": f"^-?({'|'.join(sortable)})$"}
    return object_schema(
        {**properties, "fields": _STRINGS, "page_size": _INTEGER, "page_after": _STRING, "count": {"type": "boolean"}}
    )


def options_schema(declared: Resource) -> JsonObject:
    """Return the schema of a drop-down's list."""
    search = {"q": _BEGINNING} if "q" in resource_type(declared.type).filters else {}
    return object_schema({**search, "page_size": _INTEGER, "page_after": _STRING})


def get_schema(declared: Resource, target: str) -> JsonObject:
    """Return the schema of a get."""
    return object_schema({target: id_schema(declared.type), "fields": _STRINGS, "text_from": _INTEGER}, (target,))


def delete_schema(declared: Resource, target: str) -> JsonObject:
    """Return the schema of a delete."""
    return object_schema({target: id_schema(declared.type)}, (target,))


def create_schema(declared: Resource, tool: CreateTool) -> JsonObject:
    """Return the schema of a create: the common attributes typed, others accepted by name."""
    return object_schema(
        _members(declared, tool.attributes, tool.relationships, tool.required),
        dict.fromkeys(path.partition(".")[0] for path in tool.required),
    )


def update_schema(declared: Resource, tool: UpdateTool) -> JsonObject:
    """Return the schema of an update."""
    members = _members(declared, tool.attributes, tool.relationships, ())
    return object_schema({tool.target: id_schema(declared.type), **members, "clear": _STRINGS}, (tool.target,))


def action_schema(declared: Resource, tool: ActionTool) -> JsonObject:
    """Return the schema of an action tool: the action, and the parameters of all its actions side by side."""
    parameters = {each.name: _parameter_schema(declared, each) for each in tool.parameters}
    return object_schema(
        {tool.target: id_schema(declared.type), "action": enum_schema(tool.actions), **parameters},
        (tool.target, "action"),
    )


def id_schema(kind: str) -> JsonObject:
    """Return the schema of a record's id; where a name stands for it as well, that of a text, which may be either.

    Of the forms that let a model send both under strict decoding, for all tools together: a plain text costs no token
    more than an integer, with these words of description 420; a union of types 166, but Gemini's API and SDK refuse a
    list of types; `anyOf` 656, and some clients drop or refuse it; a second argument for the name twice the names. The
    words are what tells a model of it where its client does not pass the server's instructions on. Digits in a text are
    an id, and an integer from a client that does not hold to the schema is one as well.
    """
    if kind == "user":
        return _ID_NAME_OR_ME
    return _ID_OR_NAME if kind in NAMINGS else _INTEGER


def value_schema(attribute: Attribute, values: Iterable[str] = ()) -> JsonObject:
    """Return the schema of an attribute's value."""
    known = list(values)
    if known:
        return enum_schema(known)
    if attribute.type == "array":
        return {"type": "array", "items": {"type": attribute.items or "string"}}
    if attribute.format == "date-time":  # the one format of a string that Gemini takes
        return {"type": "string", "format": attribute.format}
    return {"type": attribute.type}


def _criteria(kind: str) -> str:
    """Return the forms of the criteria of a list of a type, in few words."""
    named = {*named_in(kind, filters=True), kind} & NAMINGS.keys()
    return f"{_CRITERIA}{'; ids: names too' if named else ''}{', me' if 'user' in named else ''}"


def _parameter_schema(declared: Resource, parameter: Attribute) -> JsonObject:
    if kinds := kinds_of_id(declared.type, parameter.name):
        return id_schema(kinds[0])
    return value_schema(parameter, declared.values.get(parameter.name, ()))


def _members(
    declared: Resource, attributes: Iterable[str], relationships: Iterable[str], required: Iterable[str]
) -> JsonObject:
    resource: ResourceType = resource_type(declared.type)
    members: JsonObject = {}
    properties = {name: value_schema(resource.attributes[name], declared.values.get(name, ())) for name in attributes}
    if properties:
        about = {"description": "others too, custom fields by label"} if has_labels(declared.type) else {}
        schema: JsonObject = {"type": "object", **about, "properties": properties}
        members["attributes"] = _required(schema, "attributes", required)
    targets = {name: _relationship_schema(resource.relationships[name]) for name in relationships}
    if targets:
        members["relationships"] = _required({"type": "object", "properties": targets}, "relationships", required)
    return members


def _required(schema: JsonObject, member: str, required: Iterable[str]) -> JsonObject:
    names = [path.partition(".")[2] for path in required if path.startswith(f"{member}.")]
    return {**schema, "required": names} if names else schema


def _relationship_schema(relationship: Relationship) -> JsonObject:
    if len(relationship.types) > 1:
        named = any(kind in NAMINGS for kind in relationship.types)
        target = _ID_OR_NAME if named else _INTEGER
        return object_schema({"type": enum_schema(relationship.types), "id": target}, ("type", "id"))
    one = id_schema(next(iter(relationship.types)))
    return {"type": "array", "items": one} if relationship.many else one
