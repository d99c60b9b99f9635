"""Turns tools into an MCP server: lists them, calls them, and sends their outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeAlias

from mcp import MCPError
from mcp.server import CacheHint, Server, ServerRequestContext
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ListedTool

from outreach_mcp.asking import asker, question_result
from outreach_mcp.calls import AnswerNeededError, run_tool
from outreach_mcp.confirmation import ConfirmationLevel
from outreach_mcp.gate import Gate, JudgedClient
from outreach_mcp.instructions import INSTRUCTIONS
from outreach_mcp.journal import Journal
from outreach_mcp.policy import Policy
from outreach_tools.engine.tool import DEFAULT_RESULT_TOKENS, Context, Tool

_RequestContext: TypeAlias = ServerRequestContext[Any]

# The list changes only with a new start of the server, and is the same for every caller.
_UNCHANGING = CacheHint(ttl_ms=300_000, scope="public")


@dataclass(frozen=True, slots=True)
class Guard:
    """What stands between the tools and Outreach: the policy, when a person is asked, and the journal of changes."""

    policy: Policy
    confirm: ConfirmationLevel = "destructive"
    strict: bool = False
    journal: Journal | None = None


def build_server(
    tools: Sequence[Tool], client: JudgedClient, guard: Guard, *, max_result_tokens: int = DEFAULT_RESULT_TOKENS
) -> Server:
    """Build the MCP server that offers those of `tools` that the guard's policy does, in this order.

    Every call reaches `client` through a gate of its own. Raises `ValueError` when two tools have the same name.
    """
    by_name = {tool.name: tool for tool in tools if guard.policy.offers(tool)}
    names = [tool.name for tool in tools]
    if len(set(names)) < len(names):
        raise ValueError(f"two tools are named {next(name for name in names if names.count(name) > 1)!r}")

    async def list_tools(_: _RequestContext, params: PaginatedRequestParams | None) -> ListToolsResult:
        if params and params.cursor is not None:
            raise MCPError(code=INVALID_PARAMS, message="Invalid cursor: all tools are on one page")
        return ListToolsResult(tools=[_listed(tool) for tool in tools if tool.name in by_name])

    async def call_tool(ctx: _RequestContext, params: CallToolRequestParams) -> CallToolResult | InputRequiredResult:
        tool = by_name.get(params.name)
        if tool is None:
            raise MCPError(code=INVALID_PARAMS, message=f"Unknown tool: {params.name}")
        ask = asker(ctx, params, strict=guard.strict)
        gate = Gate(client, guard.policy, tool, guard.confirm, ask, guard.journal)
        try:
            outcome = await run_tool(tool, Context(gate, max_result_tokens), params.arguments or {})
        except AnswerNeededError as pending:
            return question_result(pending.question)
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
    # What a question was about travels through the client, sealed: an answer counts for that very call alone.
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=server.name))
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
