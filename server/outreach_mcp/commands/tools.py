"""`outreach-mcp tools`: which tools there are, and what one of them takes."""

import json

from outreach_mcp.commands import tool_table
from outreach_mcp.commands.terminal import Terminal
from outreach_mcp.commands.tool_page import page
from outreach_mcp.commands.unknown_names import unknown_tool
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.guard.policy import policy_of
from outreach_mcp.io.streams import show
from outreach_mcp.settings.settings import Settings
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import all_tools, toolsets


def show_tools(settings: Settings, name: str | None, terminal: Terminal, *, as_json: bool) -> int:
    """Print the tools that the settings offer, those of the toolset called `name`, or all about the tool called so.

    A terminal gets them by toolset and wrapped; a file or a pipe one line for each. Raises `UsageError` for a name that
    neither a tool nor a toolset has, and for what the settings leave out.
    """
    offered = _offered(settings, name)
    if name is None:
        tools = offered
    elif name in toolsets():
        tools = tuple(tool for tool in offered if tool.name in toolsets()[name])
    else:
        return _show_one(_tool(name, offered), terminal, as_json=as_json)
    if not tools:
        raise UsageError(_left_out(f"all tools of {name}"))
    if as_json:
        show(tool_table.as_json(tools))
    else:
        show(tool_table.as_lines(tools) if terminal.width is None else tool_table.by_toolset(tools, terminal))
    return 0


def _offered(settings: Settings, name: str | None) -> tuple[Tool, ...]:
    """Return the tools that the settings offer; where those choose nothing, the one or the group of a name as well."""
    if name is None or settings.toolsets or settings.tools:
        return policy_of(settings).offered()
    groups, tools = toolsets(), {tool.name for tool in all_tools()}
    chosen = settings.model_copy(
        update={
            "toolsets": ("default", *([name] if name in groups else [])),
            "tools": (name,) if name in tools - groups.keys() else (),
        }
    )
    return policy_of(chosen).offered()


def _show_one(tool: Tool, terminal: Terminal, *, as_json: bool) -> int:
    show(json.dumps(tool_table.facts(tool), indent=2, ensure_ascii=False) if as_json else page(tool, terminal))
    return 0


def _tool(name: str, offered: tuple[Tool, ...]) -> Tool:
    for tool in offered:
        if tool.name == name:
            return tool
    if name in {tool.name for tool in all_tools()}:
        raise UsageError(_left_out(name))
    raise UsageError(unknown_tool(name, [*(tool.name for tool in offered), *toolsets()]))


def _left_out(what: str) -> str:
    return (
        f"these settings leave out {what}: OUTREACH_MCP_READ_ONLY, OUTREACH_MCP_TOOLSETS, OUTREACH_MCP_TOOLS and "
        "OUTREACH_MCP_EXCLUDE_TOOLS, or their flags, say which tools there are"
    )
