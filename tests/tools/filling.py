"""Arguments for every tool, made from its schema: the least that makes sense, and with one or all places filled in."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

from outreach_tools.catalog import Action, Attribute, resource_type
from outreach_tools.engine.tool import Tool
from outreach_tools.json_values import is_array, is_object
from outreach_tools.toolsets import all_tools
from tests.support.workbench import Workbench, workbench

TOOLS = all_tools()
LISTS = [tool for tool in TOOLS if tool.resource and "filters" in tool.input_schema["properties"]]
WRITES = [
    tool for tool in TOOLS if tool.resource and {"attributes", "relationships"} & set(tool.input_schema["properties"])
]
UPDATES = [tool for tool in WRITES if tool.name.startswith("update_")]
TEXTS = ("fields", "clear", "group_by", "measures", "having", "ids", "add_tags", "remove_tags")
"""The arguments that hold texts, of which one may stand for itself."""

CONTAINERS = (
    "attributes", "relationships", "filters", "query", "body", "parameters", "steps", "columns", "arguments", *TEXTS,
)  # fmt: skip
"""The arguments that hold others, whatever type the schema tells clients."""

EMPTY: tuple[Any, ...] = (
    None, "", "  ", "\t\n", "\u00a0\u2003", "\u200b\ufeff", [], {}, [None, ""], {"a": None}, [{}], [[], {"a": [""]}],
)  # fmt: skip

EMPTY_TEXTS: tuple[str, ...] = (
    "[]", "{}", "null", " [ ] ", '""', '"[]"', '"{}"', '"null"', '[""]', "[null]", "[{}]", '{"a": null}',
    '{"data": null}', '{"data": []}', '["  ", [{"a": [""]}]]', '"[null]"',
)  # fmt: skip
"""JSON texts that hold nothing, for where an array or an object is meant."""

Path: TypeAlias = tuple[str | int, ...]
Sent: TypeAlias = list[tuple[str, str, bytes]]


def places(schema: dict[str, Any], path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Return every place at which a schema takes a value, at any depth, with that value's own schema."""
    if "properties" in schema:
        for name, inner in schema["properties"].items():
            yield from places(inner, (*path, name))
    elif schema.get("type") == "array" and schema["items"].get("properties"):
        yield from places(schema["items"], (*path, 0))
    else:
        yield path, schema


def put(arguments: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """Return the arguments with a value put at a place; what leads there is made where it is missing."""
    filled: dict[str, Any] = _put(arguments, path, value)
    return filled


def _put(holder: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(first, int):
        return [_put(holder[0] if is_array(holder) and holder else None, rest, value)]
    members = holder if is_object(holder) else {}
    return {**members, first: _put(members.get(first), rest, value)}


def value_for(name: str, schema: dict[str, Any]) -> Any:
    """Return a good value for a place."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("properties"):
        return {each: value_for(each, schema["properties"][each]) for each in schema.get("required", [])}
    if schema["type"] == "array":
        return [value_for(name, schema["items"])]
    if "email" in name.casefold() and schema["type"] == "string":
        return "ann@acme.example"
    if name == "path":
        return "/prospects/1"
    if name == "url":
        return "https://hooks.example/outreach"
    if name == "link":
        return "https://api.outreach.io/api/v2/prospects"
    if schema.get("format"):
        return "2026-12-01T09:00:00Z"
    if schema["type"] == "string":
        return "456"  # a text as well as the id of a user
    return {"integer": 456, "number": 2.5, "boolean": True}[schema["type"]]


def least(tool: Tool) -> dict[str, Any]:
    """Return what a tool needs to send its request."""
    properties = tool.input_schema["properties"]
    arguments = {name: value_for(name, properties[name]) for name in tool.input_schema.get("required", [])}
    if tool.name.startswith("update_"):
        name, schema = next(iter(properties["attributes"]["properties"].items()))
        arguments["attributes"] = {name: value_for(name, schema)}
    if action := arguments.get("action"):
        return of_action(tool, action)
    if "resource" in arguments:
        arguments["resource"] = "prospect"
    if tool.name == "plan_change":
        return {**arguments, "all": True, "clear": ["title"]}
    if tool.name == "plan_import":
        return {**arguments, "csv": "First name,Email\nAnn,ann@acme.example\n"}
    if tool.name == "build_sequence":
        return {**arguments, "steps": [{"kind": "call"}]}  # of a mail there has to be a text
    return arguments


def of_action(tool: Tool, name: str) -> dict[str, Any]:
    """Return what an action needs to be sent."""
    properties = tool.input_schema["properties"]
    action = action_of(tool, name)
    target = next(iter(tool.input_schema["required"]))
    return {target: 456, "action": name} | {each: value_for(each, properties[each]) for each in action.required}


def action_of(tool: Tool, name: str) -> Action:
    """Return what is known of an action."""
    return resource_type(tool.resource).actions[name]


def actions(tool: Tool) -> list[str]:
    """Return the actions of a tool, none for a tool without, nor for one over many types, each with its own."""
    if not tool.resource:
        return []
    names: list[str] = tool.input_schema["properties"].get("action", {}).get("enum", [])
    return names


def containers(tool: Tool) -> list[str]:
    """Return the arguments of a tool that hold others; the query of all but the raw request is words."""
    taken = tool.input_schema["properties"]
    return [name for name in CONTAINERS if name in taken and (name != "query" or tool.name == "raw_http_request")]


def enough_for(tool: Tool, path: Path) -> dict[str, Any]:
    """Return what a tool needs for a place to be sent: an action that takes it, or the type beside an id."""
    for name in actions(tool):
        action = action_of(tool, name)
        if path[0] in (*action.required, *action.optional):
            return of_action(tool, name)
    arguments = least(tool)
    if path[-1] == "id" and len(path) > 1:
        schema = tool.input_schema["properties"][path[0]]["properties"][path[1]]["properties"]["type"]
        return put(arguments, (*path[:-1], "type"), schema["enum"][0])
    if path == ("text_from",):
        known = resource_type(tool.resource).attributes
        texts = (name for name, each in known.items() if is_text(each) and name != "id")
        return {**arguments, "fields": [next(texts, next(iter(known)))]}
    return arguments


def is_text(attribute: Attribute) -> bool:
    """Return whether an attribute holds text that may be anything."""
    return attribute.type == "string" and not attribute.format


def writable(tool: Tool) -> list[Attribute]:
    """Return every attribute that a tool may write, whether its schema spells it out or not."""
    return [each for each in resource_type(tool.resource).attributes.values() if not each.read_only]


def refusing() -> AbstractAsyncContextManager[Workbench]:
    """Open a server whose token Outreach lets do nothing: what goes out can be seen, again and again, with no effect.

    A create that succeeds would not be sent a second time.
    """
    return workbench([], scopes=frozenset({"none.read"}))


async def requests_of(bench: Workbench, tool: Tool, arguments: dict[str, Any]) -> tuple[Sent, str]:
    """Call a tool and return the requests that it sent, byte for byte, and its answer.

    That for the labels of custom fields is left out: it is sent once, by whichever call comes first.
    """
    before = len(bench.requests)
    _, text = await bench.outcome(tool.name, arguments)
    sent = [(each.method, each.url.raw_path.decode(), each.content) for each in bench.requests[before:]]
    return [each for each in sent if not each[1].endswith("/types")], text
