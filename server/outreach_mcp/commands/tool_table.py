"""Shows the tools to people and scripts: as a table, by toolset, as JSON, and their effect in one word."""

import json
import textwrap
from collections.abc import Sequence
from typing import Literal, TypeAlias

from outreach_mcp.commands.terminal import Terminal
from outreach_tools.client import JsonObject
from outreach_tools.engine.tool import Tool

Effect: TypeAlias = Literal["reads", "adds", "destructive"]

_GAP = "  "
_LEAST_BESIDE = 30
"""Columns that a description needs to stand beside the tool's name; with less it stands below."""


def effect(tool: Tool) -> Effect:
    """Return what a call may do: read, only add, or change, delete or send (`destructive`, as in MCP's hint)."""
    if tool.read_only:
        return "reads"
    return "destructive" if tool.destructive else "adds"


def as_lines(tools: Sequence[Tool]) -> str:
    """Return one line for each tool, in their order: name, effect, description. Scripts read it, so nothing is cut."""
    name_width, effect_width = _widths(tools)
    return "\n".join(
        f"{tool.name:{name_width}}{_GAP}{effect(tool):{effect_width}}{_GAP}{tool.description}" for tool in tools
    )


def by_toolset(tools: Sequence[Tool], terminal: Terminal) -> str:
    """Return the tools under the names of their toolsets, each description wrapped at the terminal's width."""
    toolsets = dict.fromkeys(tool.toolset for tool in tools)
    widths = _widths(tools)
    return "\n\n".join(
        "\n".join(
            [
                terminal.heading(toolset),
                *(_wrapped(tool, widths, terminal) for tool in tools if tool.toolset == toolset),
            ]
        )
        for toolset in toolsets
    )


def as_json(tools: Sequence[Tool]) -> str:
    """Return the tools as a JSON array, with the names that MCP uses."""
    return json.dumps([facts(tool) for tool in tools], indent=2, ensure_ascii=False)


def facts(tool: Tool) -> JsonObject:
    """Return a tool as clients see it, and its toolset."""
    return {
        "name": tool.name,
        "title": tool.title,
        "toolset": tool.toolset,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "annotations": {
            "readOnlyHint": tool.read_only,
            "destructiveHint": tool.destructive,
            "idempotentHint": tool.idempotent,
            "openWorldHint": tool.open_world,
        },
    }


def _widths(tools: Sequence[Tool]) -> tuple[int, int]:
    return max((len(tool.name) for tool in tools), default=0), len("destructive")


def _wrapped(tool: Tool, widths: tuple[int, int], terminal: Terminal) -> str:
    name_width, effect_width = widths
    first = f"{_GAP}{tool.name:{name_width}}{_GAP}{effect(tool):{effect_width}}{_GAP}"
    if terminal.width is None:
        return f"{first}{tool.description}"
    if terminal.width - len(first) < _LEAST_BESIDE:
        below = textwrap.fill(
            f"{effect(tool)}{_GAP}{tool.description}",
            terminal.width,
            initial_indent=_GAP * 2,
            subsequent_indent=_GAP * 2,
            break_on_hyphens=False,
        )
        return f"{_GAP}{tool.name}\n{below}"
    return textwrap.fill(
        tool.description,
        terminal.width,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_on_hyphens=False,
    )
