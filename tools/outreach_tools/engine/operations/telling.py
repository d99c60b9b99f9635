"""Tells in a line what an operation takes: `email, emailType; prospect`, the first names of many."""

from collections.abc import Iterable, Mapping

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.catalog.operation_names import operations_by_name, snake_case
from outreach_tools.engine.declaration import CreateTool, DeleteTool, GetTool, Resource, UpdateTool
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.engine.labels.fields import is_key
from outreach_tools.engine.operations.many import optional, takes

READ, CHANGE, DELETE = "read_operation", "change_operation", "delete_operation"
_TOOLS: Mapping[str, str] = {"list": READ, "get": READ, "delete": DELETE}


def tool_of(name: str) -> str:
    """Return the general tool that runs the operation of a name."""
    return _TOOLS.get(operations_by_name()[name][1], CHANGE)


def arguments_of(name: str, declared: Resource, most: int) -> str:
    """Return what an operation takes, at most so many names of each sort; what must be given has a star."""
    kind, what = operations_by_name()[name]
    resource = resource_type(kind)
    own = next((each for each in declared.tools if each.name == name), None)
    target = f"{own.target if isinstance(own, GetTool | UpdateTool | DeleteTool) else f'{snake_case(kind)}_id'}*"
    match what:
        case "list":
            names = [each for each in filter_names(resource) if each not in declared.unlisted]
            return f"filters: {_few(names, most)}; sort, fields, page_size, count"
        case "get":
            return f"{target}, fields"
        case "create":
            return _members(resource, declared, most)
        case "update":
            return f"{target}; {_members(resource, declared, most)}; clear"
        case "delete":
            return target
        case _:
            action = resource.actions[what.removeprefix("action:")]
            if action.collection:
                return _few([each if optional(each) else f"{each}*" for each in takes(action)], 99)
            return ", ".join([target, *(f"{each}*" for each in action.required), *action.optional])


def _members(resource: ResourceType, declared: Resource, most: int) -> str:
    """Return the attributes and relationships of a write: first those that tools spell out, those required marked."""
    tools = [each for each in declared.tools if isinstance(each, CreateTool | UpdateTool)]
    first = dict.fromkeys(name for each in tools for name in (*each.attributes, *each.relationships))
    stars = {path for each in tools if isinstance(each, CreateTool) for path in each.required}
    attributes = [each.name for each in resource.attributes.values() if not each.read_only and not is_key(each.name)]
    links = [each.name for each in resource.relationships.values() if not each.read_only]
    parts = [
        f"{sort}: {_few([f'{each}*' if f'{sort}.{each}' in stars else each for each in _ordered(names, first)], most)}"
        for sort, names in (("attributes", attributes), ("relationships", links))
        if names
    ]
    return "; ".join(parts)


def _ordered(names: Iterable[str], first: Mapping[str, None]) -> list[str]:
    ranks = {name: rank for rank, name in enumerate(first)}
    return sorted(names, key=lambda name: ranks.get(name, len(ranks)))


def _few(names: list[str], most: int) -> str:
    return ", ".join(names[:most]) + (" …" if len(names) > most else "") if names else "none"
