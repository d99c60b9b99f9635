"""Turns tools into an MCP server: lists them, calls them, and sends their outcomes."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, TypeAlias

from mcp import MCPError
from mcp.server import CacheHint, Server, ServerRequestContext
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ListedTool

from outreach_mcp.calls import run_tool
from outreach_mcp.instructions import INSTRUCTIONS
from outreach_tools.engine.tool import Context, Tool

_RequestContext: TypeAlias = ServerRequestContext[Any]

# The list changes only with a new start of the server, and is the same for every caller.
_UNCHANGING = CacheHint(ttl_ms=300_000, scope="public")


def build_server(tools: Sequence[Tool], context: Context) -> Server:
    """Build the MCP server that offers `tools`, in this order, and runs them with `context`.

    Raises `ValueError` when two tools have the same name.
    """
    by_name = {tool.name: tool for tool in tools}
    if len(by_name) < len(tools):
        names = [tool.name for tool in tools]
        raise ValueError(f"two tools are named {next(name for name in names if names.count(name) > 1)!r}")

    async def list_tools(_: _RequestContext, params: PaginatedRequestParams | None) -> ListToolsResult:
        if params and params.cursor is not None:
            raise MCPError(code=INVALID_PARAMS, message="Invalid cursor: all tools are on one page")
        return ListToolsResult(tools=[_listed(tool) for tool in tools])

    async def call_tool(_: _RequestContext, params: CallToolRequestParams) -> CallToolResult:
        tool = by_name.get(params.name)
        if tool is None:
            raise MCPError(code=INVALID_PARAMS, message=f"Unknown tool: {params.name}")
        outcome = await run_tool(tool, context, params.arguments or {})
        return CallToolResult(content=[TextContent(text=outcome.text)], is_error=outcome.failed)

    server = Server(
        "outreach",
        version=version("outreach-mcp"),
        title="Outreach",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        # Without it every HTTP call at 2026-07-28 that has arguments runs tools/list again (mcp 2.3.0).
        get_tool_input_schema=lambda name: by_name[name].input_schema if name in by_name else None,
        cache_hints={"tools/list": _UNCHANGING, "server/discover": _UNCHANGING},
    )
    server.middleware.append(_keep_finished_list())
    return server


def _listed(tool: Tool) -> ListedTool:
    return ListedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        annotations=ToolAnnotations(
            read_only_hint=tool.read_only,
            destructive_hint=tool.destructive,
            idempotent_hint=tool.idempotent,
            open_world_hint=tool.open_world,
        ),
    )


def _keep_finished_list() -> ServerMiddleware[Any]:
    """Keep the finished tools/list per protocol version: making it takes several times as long as sending it."""
    finished: dict[str, HandlerResult] = {}

    async def answer(ctx: _RequestContext, call_next: CallNext) -> HandlerResult:
        if ctx.method != "tools/list" or (ctx.params or {}).get("cursor") is not None:
            return await call_next(ctx)
        if ctx.protocol_version not in finished:
            finished[ctx.protocol_version] = await call_next(ctx)
        return finished[ctx.protocol_version]

    return answer
