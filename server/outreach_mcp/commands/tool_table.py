"""Shows the tools to people and scripts: as a table, as JSON, and their effect in one word."""

import json
from collections.abc import Sequence
from typing import Literal, TypeAlias

from outreach_tools.engine.tool import Tool

Effect: TypeAlias = Literal["reads", "adds", "destructive"]


def effect(tool: Tool) -> Effect:
    """Say what a call may do: read, only add, or change, delete or send (`destructive`, as in MCP's hint)."""
    if tool.read_only:
        return "reads"
    return "destructive" if tool.destructive else "adds"


def as_table(tools: Sequence[Tool], *, width: int) -> str:
    """Lay the tools out in lines of at most `width` columns: name, effect, what it does."""
    name_width = max((len(tool.name) for tool in tools), default=0)
    effect_width = len("destructive")
    rest = max(width - name_width - effect_width - 4, 20)
    lines = [
        f"{tool.name:{name_width}}  {effect(tool):{effect_width}}  {_shortened(tool.description, rest)}"
        for tool in tools
    ]
    return "\n".join(lines)


def as_json(tools: Sequence[Tool]) -> str:
    """Write the tools as a JSON array, with the names that MCP uses."""
    entries = [
        {
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
        for tool in tools
    ]
    return json.dumps(entries, indent=2, ensure_ascii=False)


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"
