"""Holds a request's query parameters against the official schema and the documented parameter families."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.contract.schema import ANY_FILTERABLE, INTEGER_ID, Attribute, Relationship, ResourceType, Route
from tests.contract.values import filter_faults

_NAME = re.compile(r"(\w+)((?:\[\w*\])*)")
_MAX_SIZE, _MAX_OFFSET = 1000, 10_000  # https://developers.outreach.io/api/making-requests, paging
_BOOLEAN = {"true", "false"}


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    family: str
    keys: tuple[str, ...]
    value: str


def query_faults(route: Route, query: list[tuple[str, str]], types: Mapping[str, ResourceType]) -> Iterator[str]:
    """Yield what is wrong with the query of a request to this route."""
    parameters = list(_parse(query))
    yield from _repeated(parameters)
    if route.kind == "action":
        yield from _action_faults(route, parameters)
        return
    resource = types[route.type]
    new_syntax = any(each.name == "newFilterSyntax" and each.value == "true" for each in parameters)
    for each in parameters:
        faults = _parameter_faults(route, resource, each, types, new_syntax=new_syntax)
        yield from (f"{each.name}={each.value}: {fault}" for fault in faults)
    families = {each.name for each in parameters}
    if families & {"page[size]", "page[after]", "page[before]"} and families & {"page[limit]", "page[offset]"}:
        yield "cursor and offset paging are mixed"
    if {"page[after]", "page[before]"} <= families:
        yield "page[after] and page[before] exclude each other"


def _parse(query: list[tuple[str, str]]) -> Iterator[_Parameter]:
    for name, value in query:
        match = _NAME.fullmatch(name)
        if match is None:
            yield _Parameter(name, "", (), value)
        else:
            yield _Parameter(name, match.group(1), tuple(re.findall(r"\[(\w*)\]", match.group(2))), value)


def _repeated(parameters: list[_Parameter]) -> Iterator[str]:
    counts = Counter(each.name for each in parameters if not each.name.endswith("[]"))
    yield from (f"{name} is given {count} times" for name, count in counts.items() if count > 1)


def _action_faults(route: Route, parameters: list[_Parameter]) -> Iterator[str]:
    given: set[str] = set()
    for each in parameters:
        if each.family != "actionParams" or not each.keys or each.keys[0] not in route.parameters:
            yield f"{each.name}: no parameter of {route.template}, which takes {sorted(route.parameters)}"
        elif each.value or each.keys[0] not in route.required:  # blank is documented: completionAction
            given.add(each.keys[0])
    yield from (f"actionParams[{name}] is required" for name in sorted(route.required - given))


def _parameter_faults(
    route: Route, resource: ResourceType, parameter: _Parameter, types: Mapping[str, ResourceType], *, new_syntax: bool
) -> Iterator[str]:
    listing, reading = route.kind == "list", route.kind in {"list", "get"}
    match parameter.family, parameter.keys:
        case "fields", (name,) if route.kind != "delete":
            yield from _fields_faults(name, parameter.value, types)
        case "include", () if reading:
            for path in parameter.value.split(","):
                yield from _include_faults(resource, path, types)
        case "filter", keys if listing and keys:
            yield from _filter_faults(resource, keys, parameter.value, types, new_syntax=new_syntax)
        case "sort", () if listing:
            yield from _sort_faults(resource, parameter.value)
        case "page", (key,) if listing:
            yield from _page_faults(key, parameter.value)
        case (("count" | "newFilterSyntax"), ()) if listing:
            yield from _boolean_faults(parameter.value)
        case name, () if reading and name in resource.switches:
            yield from _boolean_faults(parameter.value)
        case "actionParams", (name,) if listing and name in resource.list_parameters:
            yield from _boolean_faults(parameter.value)
        case _:
            yield f"{route.method} {route.template} takes no such parameter"


def _boolean_faults(value: str) -> Iterator[str]:
    if value not in _BOOLEAN:
        yield "takes true or false"


def _page_faults(key: str, value: str) -> Iterator[str]:
    match key:
        case "size" | "limit":
            if not (value.isdecimal() and 1 <= int(value) <= _MAX_SIZE):
                yield f"takes 1 to {_MAX_SIZE}"
        case "offset":
            if not (value.isdecimal() and int(value) <= _MAX_OFFSET):
                yield f"takes 0 to {_MAX_OFFSET}"
        case "after" | "before":
            if not value:
                yield "takes a cursor"
        case _:
            yield "there is no such page parameter"


def _sort_faults(resource: ResourceType, value: str) -> Iterator[str]:
    for key in value.split(","):
        name = key.removeprefix("-")
        attribute = resource.id if name == "id" else resource.attributes.get(name)
        if attribute is None:
            yield f"{resource.name} has no attribute {name!r}"
        elif not attribute.sortable:
            yield f"{resource.name} cannot be sorted by {name!r}"


def _fields_faults(type_name: str, value: str, types: Mapping[str, ResourceType]) -> Iterator[str]:
    resource = types.get(type_name)
    if resource is None:
        yield f"there is no type {type_name!r}"
        return
    for name in value.split(",") if value else ():  # empty: only type and id come back
        if name not in resource.attributes and name not in resource.relationships:
            yield f"{type_name} has neither attribute nor relationship {name!r}"
        elif name in resource.attributes and resource.attributes[name].write_only:
            yield f"{type_name}.{name} is write-only and never returned"


def _include_faults(resource: ResourceType, path: str, types: Mapping[str, ResourceType]) -> Iterator[str]:
    current = [resource]
    for step in path.split("."):
        found = [each.relationships[step] for each in current if step in each.relationships]
        if not found:
            yield f"{[each.name for each in current]} have no relationship {step!r}"
            return
        current = [types[name] for relationship in found for name in relationship.types if name in types]


def _filter_faults(
    resource: ResourceType, keys: tuple[str, ...], value: str, types: Mapping[str, ResourceType], *, new_syntax: bool
) -> Iterator[str]:
    name, rest = keys[0], keys[1:]
    own = resource.id if name == "id" else resource.attributes.get(name)
    if own is not None:
        if not own.filterable:
            yield f"{resource.name} cannot be filtered by {name!r}"
            return
        yield from _criteria_faults(own, rest, value, new_syntax=new_syntax)
    elif name in resource.own_filters:
        if rest or not value:
            yield "takes one value"
    elif name in resource.filters and rest:
        yield from _relationship_filter_faults(resource, name, rest, value, types, new_syntax=new_syntax)
    else:
        yield f"{resource.name} cannot be filtered by {name!r}"


def _relationship_filter_faults(
    resource: ResourceType,
    name: str,
    rest: tuple[str, ...],
    value: str,
    types: Mapping[str, ResourceType],
    *,
    new_syntax: bool,
) -> Iterator[str]:
    allowed = resource.filters[name]
    relationship = resource.relationships.get(name, Relationship((), many=False, read_only=True, linkage=False))
    targets = [types[each] for each in relationship.types if each in types]
    found = ({**each.attributes, "id": each.id}.get(rest[0]) for each in targets)
    attribute = next((each for each in found if each is not None), INTEGER_ID if rest[0] == "id" else None)
    by_flag = ANY_FILTERABLE in allowed and attribute is not None and attribute.filterable
    if rest[0] not in allowed and not by_flag:
        yield f"{resource.name} cannot be filtered by {name}.{rest[0]}, only by {', '.join(allowed)}"
    elif attribute is not None:  # some of the allowed names are not attributes: tasks by prospect.byStageId
        yield from _criteria_faults(attribute, rest[1:], value, new_syntax=new_syntax)
    elif not value or rest[1:] not in {(), ("",)}:
        yield "takes a value"


def _criteria_faults(attribute: Attribute, rest: tuple[str, ...], value: str, *, new_syntax: bool) -> Iterator[str]:
    match rest:
        case ():
            yield from filter_faults(attribute, value, new_syntax=new_syntax)
        case ("" | "gte" | "lte",) if new_syntax:
            yield from filter_faults(attribute, value, new_syntax=True)
        case ("" | "gte" | "lte",):
            yield "needs newFilterSyntax=true"
        case _:
            yield "has a form that is not documented"
