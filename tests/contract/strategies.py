"""Hypothesis strategies for a tool's arguments: what its schema asks for, now and then with one thing that is not."""

import string
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from outreach_tools.client import JsonObject
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import RESOURCES
from tests.contract.driving import API
from tests.contract.official import OfficialContract
from tests.contract.schema import Attribute, Relationship, ResourceType

Strategy = st.SearchStrategy[Any]
Arguments = st.SearchStrategy[JsonObject]

# What means something to a filter, a list of names or an address, to be put together in every way.
_PIECES = (
    "7",
    "-",
    "..",
    ",",
    '"',
    " ",
    "a",
    "é",
    "2026-01-05",
    "null",
    "not null",
    "__null__",
    "inf",
    "me",
    "&",
    "%00",
    "@",
)
_TEXT: st.SearchStrategy[str] = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=4).map("".join),
    st.text(max_size=8),
    st.text(string.ascii_letters, max_size=300),
)
_IDS = st.one_of(st.integers(1, 1000), st.integers(1, 10**19), st.integers(1, 9).map(str))
_USERS = st.one_of(st.just("me"), _IDS)
_EMAILS = st.one_of(st.emails(), _TEXT.map(lambda text: f"{text}@example.com"))
_NUMBERS = st.one_of(st.integers(), st.floats(), st.integers(-9, 9).map(str))
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXT, inner, max_size=3)),
    max_leaves=4,
)
_ZONES = st.sampled_from((None, UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12, minutes=-30))))
_TIMES = st.one_of(
    st.datetimes(timezones=_ZONES).map(datetime.isoformat), st.dates().map(date.isoformat), st.just("2026-01-05T10:00Z")
)


def arguments_of(tool: Tool, contract: OfficialContract) -> Arguments:
    """Return arguments for a tool; in one of four sets a member is anything at all, or one that no tool has."""
    fitting = _fitting_arguments(tool, contract)
    names = st.sampled_from([*tool.input_schema["properties"], "attribute", "id"])
    spoilt: Arguments = st.tuples(fitting, names, _JSON).map(lambda parts: {**parts[0], parts[1]: parts[2]})
    return st.one_of(spoilt, fitting, fitting, fitting)


def _fitting_arguments(tool: Tool, contract: OfficialContract) -> Arguments:
    schema: JsonObject = tool.input_schema
    resource = contract.types.get(tool.resource)
    if "action" in schema["properties"] and not tool.borrows:  # a plan's actions are words of ours
        return _action_arguments(tool, contract)
    members: dict[str, Strategy] = {
        name: _argument(name, each, resource, contract)
        for name, each in schema["properties"].items()
        if name != "page_after"  # belongs to one list alone; the spoilt sets try strange ones
    }
    return _object(members, schema)


def _object(members: Mapping[str, Strategy], schema: JsonObject) -> Arguments:
    required = {name: each for name, each in members.items() if name in schema.get("required", ())}
    optional = {name: each for name, each in members.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _action_arguments(tool: Tool, contract: OfficialContract) -> Arguments:
    schema: JsonObject = tool.input_schema["properties"]
    target = next(name for name in tool.input_schema["required"] if name.endswith("_id"))
    ways: list[Arguments] = []
    for action in schema["action"]["enum"]:
        templates = [each for each in contract.routes if each.template.endswith(f"/{{id}}/actions/{action}")]
        route = next(each for each in templates if each.type == tool.resource)
        values: dict[str, Strategy] = {name: _plain(name, schema[name]) for name in sorted(route.parameters)}
        fixed: dict[str, Strategy] = {target: _IDS, "action": st.just(action)}
        required = {name: values[name] for name in values if name in route.required}
        optional = {name: values[name] for name in values if name not in route.required}
        ways.append(st.fixed_dictionaries({**fixed, **required}, optional=optional))
    return st.one_of(ways)


def _argument(name: str, schema: JsonObject, resource: ResourceType | None, contract: OfficialContract) -> Strategy:
    if resource is not None:
        match name:
            case "filters":
                fields: list[str] = schema["items"]["properties"]["field"]["enum"]
                return st.lists(st.sampled_from(fields).flatmap(lambda field: _condition(field, resource)), max_size=3)
            case "fields":
                return st.lists(st.sampled_from(list(_readable(resource))), max_size=4)
            case "clear":
                return st.lists(st.sampled_from(list(_writable(resource))), max_size=2)
            case "attributes":
                return _members(schema, {name: _value(resource, name) for name in resource.attributes}, resource)
            case "relationships":
                return _members(schema, {key: _linkage(each) for key, each in resource.relationships.items()}, resource)
            case _:
                pass
    if name in {"link", "path"}:
        return _addresses(contract, API if name == "link" else "")
    return _plain(name, schema)


def _plain(name: str, schema: JsonObject) -> Strategy:
    """Return values for an argument that says by its schema and name what it takes."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "integer":
            return st.integers(1, 1000) if name == "page_size" else _IDS
        case "boolean":
            return st.booleans()
        case "object":
            return st.dictionaries(_TEXT, _JSON, max_size=3)
        case _ if "pattern" in schema:
            pattern: str = schema["pattern"]
            return st.from_regex(pattern, fullmatch=True)
        case _ if schema.get("format") == "date-time":
            return _TIMES
        case _ if name.endswith(("_id", "Id")):
            return _USERS
        case _:
            return _EMAILS if "email" in name else _TEXT


def _condition(field: str, resource: ResourceType) -> Strategy:
    attribute = resource.attributes.get(field)
    if field.rpartition(".")[2] == "id":
        value: Strategy = _IDS.map(str)
    elif attribute is None:
        value = st.one_of(_TEXT, _TIMES)
    else:
        value = _typed(attribute)
    text = value.map(str)
    ranges = st.tuples(st.one_of(text, st.just("")), st.one_of(text, st.just(""))).map("..".join)
    listed = st.lists(text, min_size=1, max_size=3)
    criteria = st.one_of(text, ranges, listed, listed.map(",".join), st.sampled_from(("null", "not null")), _TEXT)
    return st.fixed_dictionaries({"field": st.just(field), "criteria": criteria})


def _members(schema: JsonObject, values: Mapping[str, Strategy], resource: ResourceType) -> Arguments:
    """Return some of the type's writable members, those the schema demands among them."""
    writable = {name: each for name, each in values.items() if name in _writable(resource)}
    required: list[str] = schema.get("required", [])
    names = st.lists(st.sampled_from(list(writable)), max_size=3, unique=True) if writable else st.just([])
    return names.flatmap(lambda some: st.fixed_dictionaries({name: writable[name] for name in {*required, *some}}))


def _value(resource: ResourceType, name: str) -> Strategy:
    declared = next(each for each in RESOURCES if each.type == resource.name)
    known = list(declared.known(name))
    return st.sampled_from(known) if known else _typed(resource.attributes[name])


def _typed(attribute: Attribute) -> Strategy:
    text_format = attribute.items.get("format") or attribute.format
    text = _TIMES if text_format in {"date", "date-time"} else _EMAILS if text_format == "email" else _TEXT
    values: dict[str, Strategy] = {
        "string": text,
        "integer": st.integers(),
        "number": _NUMBERS,
        "boolean": st.booleans(),
        "array": st.lists(text, max_size=3),
        "object": st.dictionaries(_TEXT, _JSON, max_size=2),
    }
    return values[attribute.type]


def _linkage(relationship: Relationship) -> Strategy:
    users = relationship.types == ("user",)
    if len(relationship.types) > 1:
        one: Strategy = st.fixed_dictionaries({"type": st.sampled_from(relationship.types), "id": _IDS})
    else:
        one = _USERS if users else _IDS
    return st.lists(one, max_size=3) if relationship.many else one


def _addresses(contract: OfficialContract, prefix: str) -> Strategy:
    paths = st.sampled_from([route.template.replace("{id}", "7") for route in contract.routes])
    ends = st.one_of(st.just(""), st.sampled_from(("?page%5Bsize%5D=2", "/", "/../users", "//", "?a=b#c", "@x")), _TEXT)
    return st.tuples(paths, ends).map(lambda parts: f"{prefix}{parts[0]}{parts[1]}")


def _readable(resource: ResourceType) -> Iterable[str]:
    yield from ("*", "links", "id", *resource.attributes)
    for name in resource.relationships:
        yield from (name, f"{name}.id", f"{name}.name", f"{name}_id")


def _writable(resource: ResourceType) -> list[str]:
    attributes = [name for name, each in resource.attributes.items() if not each.read_only]
    return [*attributes, *(name for name, each in resource.relationships.items() if not each.read_only)]
