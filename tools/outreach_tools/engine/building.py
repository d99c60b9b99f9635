"""Turns a resource's declaration into its tools, after checking it against the catalogue."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import MappingProxyType

from outreach_tools.catalog import ResourceType, resource_type, resource_types
from outreach_tools.engine.acting import action_tool
from outreach_tools.engine.changing import create_tool, delete_tool, update_tool
from outreach_tools.engine.declaration import (
    ActionTool,
    CreateTool,
    Declaration,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.engine.getting import get_tool
from outreach_tools.engine.listing import list_tool, options_tool
from outreach_tools.engine.rates import RATES
from outreach_tools.engine.related import Listers
from outreach_tools.engine.tool import Tool

_NO_LISTERS: Listers = MappingProxyType({})

_OPERATIONS = {
    "ListTool": "list",
    "OptionsTool": "list",
    "GetTool": "get",
    "CreateTool": "create",
    "UpdateTool": "update",
    "DeleteTool": "delete",
}


class DeclarationError(Exception):
    """A resource module names something that Outreach does not have; the message names the resource and the field."""


def build_tools(declared: Resource, listers: Listers = _NO_LISTERS) -> tuple[Tool, ...]:
    """Return a resource's tools in the order it declares them; `listers` name the tools that list other types.

    Raises `DeclarationError`.
    """
    if declared.type not in resource_types():
        raise DeclarationError(f"{declared.type}: Outreach has no such resource type")
    problems = list(_problems(declared, resource_type(declared.type)))
    if problems:
        raise DeclarationError(f"{declared.type}: {'; '.join(problems)}")
    declared = replace(declared, listers=listers)
    return tuple(_build(declared, tool, listers) for tool in declared.tools)


def _build(declared: Resource, tool: Declaration, listers: Listers) -> Tool:
    match tool:
        case ListTool():
            return list_tool(declared, tool)
        case OptionsTool():
            return options_tool(declared, tool)
        case GetTool():
            return get_tool(declared, tool, listers)
        case CreateTool():
            return create_tool(declared, tool)
        case UpdateTool():
            return update_tool(declared, tool)
        case DeleteTool():
            return delete_tool(declared, tool)
        case ActionTool():
            return action_tool(declared, tool)


def _problems(declared: Resource, resource: ResourceType) -> Iterator[str]:
    for name in (*declared.columns, *declared.hidden, *declared.near, *declared.offered):
        known = {*resource.attributes, *resource.relationships, *RATES.get(declared.type, ())}
        if name.partition(".")[0] not in known:
            yield f"unknown field {name!r}"
    filters = filter_names(resource)
    yield from (f"{name!r} is unlisted, but not a filter" for name in declared.unlisted if name not in filters)
    yield from (f"{name!r} is offered, but Outreach filters by it" for name in declared.offered if name in filters)
    for name in declared.columns:
        relationship = resource.relationships.get(name)
        if relationship and not relationship.embedded:
            yield f"the column {name!r} is only a link"
    parameters = {each.name for tool in declared.tools if isinstance(tool, ActionTool) for each in tool.parameters}
    for name in (*declared.values, *declared.spellings):
        if name not in resource.attributes and name not in parameters:
            yield f"known values for an unknown attribute {name!r}"
    for name, spellings in declared.spellings.items():
        strange = set(spellings.values()) - set(declared.values.get(name, ()))
        if strange:
            yield f"spellings of {name!r} lead to {sorted(strange)}, which are not known values"
    for tool in declared.tools:
        for problem in _tool_problems(resource, tool):
            yield f"{tool.name}: {problem}"


def _tool_problems(resource: ResourceType, tool: Declaration) -> Iterator[str]:
    operation = _OPERATIONS.get(type(tool).__name__)
    if operation and operation not in resource.operations:
        yield f"Outreach cannot {operation} {resource.path}"
    match tool:
        case ListTool(sort=str(sort)):
            sortable = [each.name for each in resource.attributes.values() if each.sortable]
            yield from _unknown(sortable, [sort.removeprefix("-")])
        case OptionsTool():
            yield from _unknown({*resource.attributes, *resource.relationships}, tool.label)
        case CreateTool():
            yield from _unwritable(resource, tool)
            offered = {f"attributes.{n}" for n in tool.attributes} | {f"relationships.{n}" for n in tool.relationships}
            yield from _unknown(offered, tool.required)
        case UpdateTool():
            yield from _unwritable(resource, tool)
        case ActionTool():
            yield from _action_problems(resource, tool)
        case _:
            pass


def _action_problems(resource: ResourceType, tool: ActionTool) -> Iterator[str]:
    yield from _unknown(resource.actions, tool.actions)
    taken = {
        name
        for action in tool.actions
        if action in resource.actions
        for name in (*resource.actions[action].required, *resource.actions[action].optional)
    }
    declared = {parameter.name for parameter in tool.parameters}
    if taken != declared:
        yield f"its actions take {sorted(taken)}, it declares {sorted(declared)}"


def _unwritable(resource: ResourceType, tool: CreateTool | UpdateTool) -> Iterator[str]:
    yield from _unknown(resource.attributes, tool.attributes)
    yield from _unknown(resource.relationships, tool.relationships)
    for name in tool.attributes:
        if name in resource.attributes and resource.attributes[name].read_only:
            yield f"{name!r} is read-only"
    for name in tool.relationships:
        if name in resource.relationships and resource.relationships[name].read_only:
            yield f"the relationship {name!r} is read-only"


def _unknown(known: Iterable[str], names: Iterable[str]) -> Iterator[str]:
    have = set(known)
    yield from (f"unknown name {name!r}" for name in names if name not in have)
