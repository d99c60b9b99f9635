"""Every argument a tool offers, one call each, with values that fit its official type."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpx

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import RESOURCES
from tests.contract.driving import API, Case, Sent
from tests.contract.official import OfficialContract
from tests.contract.schema import Attribute, Relationship, ResourceType

_TIMES = ("2026-01-05T10:00:00Z", "2026-02-05T10:00:00Z")
_DAYS = ("2026-01-05", "2026-02-05")
_UUIDS = ("0a1b2c3d-0001-4000-8000-00000000000a", "0a1b2c3d-0002-4000-8000-00000000000b")
_NULLS = ("null", "not null")
_ONE_ROW: JsonObject = {"page_size": 1}  # one request per call is enough


def properties(tool: Tool) -> JsonObject:
    """Return the tool's arguments and their schemas."""
    members: JsonObject = tool.input_schema["properties"]
    return members


def target(tool: Tool) -> JsonObject:
    """Return the argument that names the record a tool works on."""
    name = next(name for name in tool.input_schema["required"] if name.endswith("_id"))
    return {name: 7}


def value_of(resource: str, name: str, attribute: Attribute) -> Any:
    """Return a value that an attribute takes; where its values are known, one of them."""
    declared = next(each for each in RESOURCES if each.type == resource)
    if known := declared.known(name):
        return next(iter(known))
    text_format = attribute.items.get("format") or attribute.format
    text = {"date-time": _TIMES[0], "date": _DAYS[0], "email": "sally@example.com"}.get(text_format, "x")
    plain: JsonObject = {"string": text, "integer": 7, "number": 1.5, "boolean": True, "array": [text]}
    return {**plain, "object": {"a": 1}}[attribute.type]


def linkage_of(relationship: Relationship) -> Any:
    """Return a value for a relationship: an id, several, or `{type, id}` where the type is open."""
    if len(relationship.types) > 1:
        identifiers: list[JsonObject] = [{"type": name, "id": 7} for name in relationship.types]
        return identifiers if relationship.many else identifiers[-1]
    return [7, 8] if relationship.many else 7


def filter_cases(tool: Tool, contract: OfficialContract) -> Iterator[Case]:
    """Every filter the tool offers, in every form its type has that is sent.

    What `null` means through a relationship is documented for a single record's id alone; elsewhere it is not sent.
    """
    resource = contract.types[tool.resource]
    for field in properties(tool)["filters"]["items"]["properties"]["field"]["enum"]:
        known = resource.attributes.get(field)
        if known is not None and not known.filterable:
            continue  # applied here: tests/tools/test_descriptions.py holds that they find records
        name, _, inner = field.partition(".")
        # A filter of the contract may have a name of its own; the catalogue's is held by tests/scripts/catalogue.
        found = resource_type(tool.resource).relationships.get(name)
        named = (found and found.filter_name) or name
        wanted = _sends(f"filter[{named}][{inner}]" if inner else f"filter[{named}]")
        kept = () if inner and (inner != "id" or resource.relationships[name].many) else _NULLS
        for criteria in _forms(field, _filtered(resource, field, contract)):
            if criteria in _NULLS and criteria not in kept:
                continue
            yield Case({**_ONE_ROW, "filters": [{"field": field, "criteria": criteria}]}, wanted)


def mixed_filter_cases(tool: Tool, contract: OfficialContract) -> Iterator[Case]:
    """A value that the classic syntax would take apart, beside every other filter: as one value and as a range."""
    resource = contract.types[tool.resource]
    texts = [name for name, each in resource.attributes.items() if each.filterable and each.type == "string"]
    text = next((name for name in texts if not resource.attributes[name].format), None)
    seen: set[tuple[str, bool]] = set()
    for case in filter_cases(tool, contract) if text else ():
        other = case.arguments["filters"][0]
        kind = (other["field"], ".." in str(other["criteria"]))
        if other["field"] != text and kind not in seen:
            seen.add(kind)
            yield Case({**_ONE_ROW, "filters": [{"field": text, "criteria": '"Smith, Jones"'}, other]}, case.sent)


def sort_cases(tool: Tool) -> Iterator[Case]:
    """Every sort the tool offers, both ways, in our form and in the connector's."""
    pattern: str = properties(tool).get("sort", {}).get("pattern", "")
    for name in re.findall(r"\w+", pattern):
        yield Case({**_ONE_ROW, "sort": name}, _sends("sort", name))
        yield Case({**_ONE_ROW, "sort": f"-{name}"}, _sends("sort", f"-{name}"))
        yield Case({**_ONE_ROW, "sort": {"sort_by": name, "sort_direction": "desc"}}, _sends("sort", f"-{name}"))


def field_cases(tool: Tool, contract: OfficialContract) -> Iterator[Case]:
    """Every attribute and relationship that a record carries, by itself; all of them; the id alone; the links."""
    resource = contract.types[tool.resource]
    own = target(tool) if "required" in tool.input_schema else _ONE_ROW
    readable = [name for name, each in resource.attributes.items() if not each.write_only]
    related = [name for name, each in resource.relationships.items() if each.linkage]
    for name in _one_by_one([*readable, *related]):
        yield Case({**own, "fields": [name]}, _asks_for(resource.name, name))
    yield Case({**own, "fields": [*readable, *related]}, _asks_for(resource.name, readable[0]))
    yield Case({**own, "fields": ["id"]}, _is_sent)
    yield Case({**own, "fields": ["*"]}, _is_sent)
    yield Case({**own, "fields": ["links"]}, _is_sent)


def write_cases(tool: Tool, contract: OfficialContract) -> Iterator[Case]:
    """Every writable attribute and relationship of the type by itself, then all of them together."""
    resource = contract.types[tool.resource]
    own = target(tool) if tool.name.startswith("update_") else {}
    needed = _needed(tool, resource)
    attributes = {
        name: value_of(resource.name, name, each) for name, each in resource.attributes.items() if not each.read_only
    }
    relationships = {name: linkage_of(each) for name, each in resource.relationships.items() if not each.read_only}
    for member, values in (("attributes", attributes), ("relationships", relationships)):
        for name in _one_by_one(values):
            merged = {**needed, member: {**needed.get(member, {}), name: values[name]}}
            yield Case({**own, **merged}, _writes(member, name))
            if own:
                yield Case({**own, "clear": [name]}, _writes(member, name))
    every = {key: value for key, value in (("attributes", attributes), ("relationships", relationships)) if value}
    for member, values in every.items():
        yield Case({**own, **every}, _writes(member, next(iter(values))))


def misfit_arguments(tool: Tool, contract: OfficialContract) -> Iterator[JsonObject]:
    """Every attribute and relationship of the type, read-only ones too, with values of which most do not fit."""
    resource = contract.types[tool.resource]
    own = target(tool) if tool.name.startswith("update_") else {}
    needed = _needed(tool, resource)
    misfits = {name: _misfits(resource.attributes[name]) for name in _one_by_one(resource.attributes)}
    strange_links: tuple[Any, ...] = (7, "x", 0, -7, 1.5, True, [], [[7]], {"type": "x", "id": 7})
    linkages = dict.fromkeys(resource.relationships, strange_links)
    for member, values in (("attributes", misfits), ("relationships", linkages)):
        for name, strange in {**values, "unknownName": ("x",)}.items():
            for value in strange:
                yield {**own, **needed, member: {**needed.get(member, {}), name: value}}


def action_cases(tool: Tool, contract: OfficialContract) -> Iterator[Case]:
    """Every action of the tool with what it requires, and with each of its optional parameters."""
    for action in properties(tool)["action"]["enum"]:
        route = next(
            each
            for each in contract.routes
            if each.type == tool.resource and each.template.endswith(f"/{{id}}/actions/{action}")
        )
        required = {name: _of_schema(properties(tool)[name]) for name in sorted(route.required)}
        called: JsonObject = {**target(tool), "action": action, **required}
        yield Case(called, _is_sent)
        for name in sorted(route.parameters):
            value = _of_schema(properties(tool)[name])
            yield Case({**called, name: value}, _sends(f"actionParams[{name}]"))


def link_cases(contract: OfficialContract) -> Iterator[Case]:
    """Links as Outreach makes them: a record of every type, a filtered list, the next page."""
    for route in contract.routes:
        if route.kind == "get":
            yield Case({"link": API + route.template.replace("{id}", "7")}, _is_sent)
        elif route.kind == "list":
            yield Case({"link": f"{API}{route.template}?page%5Bsize%5D=2&page%5Bafter%5D=abc"}, _sends("page[after]"))
    yield Case({"link": f"{API}/prospects?filter%5Bstage%5D%5Bid%5D=7&sort=-createdAt"}, _sends("filter[stage][id]"))
    yield Case({"link": f"{API}/calls?page%5Blimit%5D=50&page%5Boffset%5D=50"}, _sends("page[offset]"))


def _one_by_one(names: Iterable[str]) -> list[str]:
    """Leave out the custom fields between the first and the last: they are alike, and a call of each takes time."""
    return [name for name in names if not re.fullmatch(r"custom\d+", name) or name in {"custom1", "custom150"}]


def _misfits(attribute: Attribute) -> tuple[Any, ...]:
    too_long = "x" * ((attribute.max_length or 0) + 1)
    return (
        "x",
        too_long,
        "",
        7,
        1.5,
        True,
        "2026-02-30",
        "2026-01-05",
        ["x"],
        ["a b@example.com"],
        [7],
        [None],
        {"x": 7},
    )


def _filtered(resource: ResourceType, field: str, contract: OfficialContract) -> Attribute | None:
    """Return the official attribute that a filter's path ends in, or None where there is none of that name."""
    name, _, inner = field.partition(".")
    if not inner:
        return resource.id if name == "id" else resource.attributes.get(name)
    targets = [contract.types[each] for each in resource.relationships[name].types if each in contract.types]
    return next((each.attributes[inner] for each in targets if inner in each.attributes), None)


def _forms(field: str, attribute: Attribute | None) -> Iterable[Any]:
    if attribute and attribute.format == "uuid":
        return (_UUIDS[0], ",".join(_UUIDS), list(_UUIDS), *_NULLS)
    if attribute and attribute.type in {"integer", "number"}:
        return (7, "7", "7,8", ["7", "8"], "5..10", "5..", "..10", "neginf..10", "5..inf", *_NULLS)
    if field.endswith(".id"):
        return ("7", "7,8", "5..10", *_NULLS)
    if attribute is None:  # a filter that is not an attribute: the search, the audit log's, tasks by prospect.byStageId
        return ("7",)
    if attribute.format in {"date-time", "date"}:
        low, high = _DAYS
        days = (low, f"{low}..{high}", f"{low}..", f"..{high}", f"{low}..inf", f"neginf..{high}")
        times = (_TIMES[0], ",".join(_TIMES), "..".join(_TIMES), f"{_TIMES[0]}..", f"..{_TIMES[1]}")
        return (*days, *times, *_NULLS)
    if attribute.type == "boolean":
        return (True, "true", "false", *_NULLS)
    if "email" in {attribute.format, attribute.items.get("format")}:
        return ("a@example.com", "a@example.com,b@example.com", ["a@example.com", "b@example.com"], *_NULLS)
    return ("x", "x,y", ["x", "y"], "a..m", "a..", "..m", '"Smith, Jones"', '"x..y"', ["a,b", "c"], *_NULLS)


def _needed(tool: Tool, resource: ResourceType) -> JsonObject:
    """Return the smallest `attributes` and `relationships` that the tool's schema demands."""
    members: JsonObject = {}
    for member in ("attributes", "relationships"):
        for name in properties(tool).get(member, {}).get("required", ()):
            attribute = resource.attributes.get(name)
            value = value_of(resource.name, name, attribute) if attribute else linkage_of(resource.relationships[name])
            members[member] = {**members.get(member, {}), name: value}
    return members


def _of_schema(schema: Mapping[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") == "date-time":
        return _TIMES[0]
    return {"integer": 7, "boolean": True, "string": "7"}[schema["type"]]


def _sends(parameter: str, value: str | None = None) -> Sent:
    """Look for a query parameter by its name or the beginning of it (`filter[id]` finds `filter[id][gte]`)."""

    def sent(request: httpx.Request) -> bool:
        found = [given for name, given in request.url.params.multi_items() if name.startswith(parameter)]
        return value in found if value is not None else bool(found)

    return sent


def _asks_for(resource: str, name: str) -> Sent:
    return lambda request: name in request.url.params.get(f"fields[{resource}]", "").split(",")


def _writes(member: str, name: str) -> Sent:
    return lambda request: name in json.loads(request.content)["data"].get(member, {})


def _is_sent(request: httpx.Request) -> bool:
    return True
