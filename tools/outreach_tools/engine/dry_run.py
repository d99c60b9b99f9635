"""The argument of every tool that changes something: with `dry_run` it shows what it would do, and does nothing."""

from dataclasses import replace

from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.given import is_given
from outreach_tools.engine.json_text import as_meant
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.values import boolean
from outreach_tools.json_values import is_object

ARGUMENT = "dry_run"

_ARGUMENTS = "arguments"
"""The argument of the general tools that holds those of an operation."""


def with_dry_run(tool: Tool) -> Tool:
    """Return a tool that changes something with the argument in its schema; any other as it is.

    It costs six tokens a tool. What no schema names, a client may drop, and then the change would be made.
    """
    if not _has_it(tool):
        return tool
    schema = tool.input_schema
    properties = {**schema["properties"], ARGUMENT: {"type": "boolean"}}

    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        return await tool.run(context, without_dry_run(arguments))

    return replace(tool, input_schema={**schema, "properties": properties}, run=run)


def without_dry_run(arguments: JsonObject) -> JsonObject:
    """Return arguments without it. Raises `ArgumentError` where it is neither true nor false nor empty."""
    given = arguments.get(ARGUMENT)
    if is_given(given) and boolean(given) is None:
        raise ArgumentError(f"{ARGUMENT!r} is {shorten(given)}: it takes true or false. Nothing was sent.")
    return {name: value for name, value in arguments.items() if name != ARGUMENT}


def is_dry_run(tool: Tool, arguments: JsonObject) -> bool:
    """Return whether a call is to change nothing: whoever says anything but false means it, and empty says nothing.

    Of a tool that takes the arguments of another one, it may stand among those as well.
    """
    if not _has_it(tool):
        return False
    inner = as_meant(arguments.get(_ARGUMENTS), is_object) if _ARGUMENTS in tool.input_schema["properties"] else None
    places = (arguments, inner) if is_object(inner) else (arguments,)
    return any(is_given(each.get(ARGUMENT)) and boolean(each[ARGUMENT]) is not False for each in places)


def _has_it(tool: Tool) -> bool:
    """Return whether a tool changes something by itself: what a plan does, the plan has shown."""
    return not tool.read_only and not tool.borrows
