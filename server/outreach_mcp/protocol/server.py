"""Turns tools into an MCP server: lists them, calls them, and sends their outcomes."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeAlias

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
    ResourceLink,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ListedTool
from mcp_types.methods import CacheableMethod

from outreach_mcp.caller import current_caller
from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.files.offered import Offer, OfferedFiles, Offers
from outreach_mcp.guard.confirmation import ConfirmationLevel
from outreach_mcp.guard.gate import Consenting, Gate, PreparingClient
from outreach_mcp.guard.journal import Journal
from outreach_mcp.guard.ledger import Ledger
from outreach_mcp.guard.policy import Policy
from outreach_mcp.jobs.images import Images
from outreach_mcp.jobs.memory import MemoryStore
from outreach_mcp.jobs.of_call import CallsBulk
from outreach_mcp.jobs.sections import sections_of
from outreach_mcp.jobs.service import Jobs, Setting
from outreach_mcp.jobs.store import JobStore
from outreach_mcp.observability.spans import where_traced
from outreach_mcp.protocol.apps import (
    APPROVES,
    EXTENSION,
    OF_ONE_CLIENT,
    PICTURED,
    Apps,
    approving_tool,
    meta_of,
    shows_pictures,
)
from outreach_mcp.protocol.cancellation import is_taken_back
from outreach_mcp.protocol.elicitation import Person, connection_result, question_result
from outreach_mcp.protocol.instructions import instructions_without
from outreach_mcp.protocol.invocation import AnswerNeededError, Outcome, run_tool
from outreach_mcp.protocol.menu import Menu, on_one_page
from outreach_mcp.protocol.pointers import without_left_out
from outreach_mcp.protocol.turn import Turn
from outreach_mcp.protocol.views import Keeping, View, Views
from outreach_tools.client import JsonObject
from outreach_tools.clock import utc_now
from outreach_tools.engine.bulk.service import Bulk
from outreach_tools.engine.dry_run import is_dry_run
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.files.service import Files
from outreach_tools.engine.naming.kept import Kept
from outreach_tools.engine.outputs import output_schema
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.tool import DEFAULT_RESULT_TOKENS, Context, Progress, Tool, told_nobody
from outreach_tools.resources.bulk import APPLIES

if TYPE_CHECKING:
    from outreach_mcp.protocol.pictures.approval import Approval

_RequestContext: TypeAlias = ServerRequestContext[Any]

# The list changes only with a new start of the server; where there are callers, it depends on what theirs may do.
_UNCHANGING = CacheHint(ttl_ms=300_000, scope="public")
_OF_CALLER = CacheHint(ttl_ms=300_000, scope="private")
_LISTS: tuple[CacheableMethod, ...] = ("tools/list", "prompts/list", "resources/list", "resources/templates/list")
_NAME = 200  # characters of an unknown tool's name that are read to say it


@dataclass(frozen=True, slots=True)
class Guard:
    """The parts between the tools and Outreach: the policy, when a person is asked, and the journal of changes.

    What was answered is kept in the `ledger`, which replicas share; without one the server has one of its own.
    """

    policy: Policy
    confirm: ConfirmationLevel = "destructive"
    strict: bool = False
    journal: Journal | None = None
    ledger: Ledger | None = None


async def _no_id() -> str:
    """Return the id of the one connection of a server that has no other."""
    return ""


def build_server(
    tools: Sequence[Tool],
    client: PreparingClient,
    guard: Guard,
    *,
    max_result_tokens: int = DEFAULT_RESULT_TOKENS,
    about: Callable[[Policy], Awaitable[JsonObject]] | None = None,
    of_callers: bool = False,
    state_key: bytes | None = None,
    time_zone: str = "UTC",
    web: str = "",
    now: Callable[[], datetime] = utc_now,
    structured: bool = False,
    files: LocalFiles | Offers | None = None,
    jobs: Jobs | None = None,
    connection_id: Callable[[], Awaitable[str]] = _no_id,
) -> Server:
    """Build the MCP server that offers those of `tools` that the guard's policy does, in the order of `told_last`.

    Every call reaches `client` through a gate of its own; `about` describes the connection under a policy.
    `connection_id` says which connection is the caller's: what was read by another one is not kept for it.
    With `of_callers` each call is somebody's (see `callers`). Replicas share a `state_key` of 32 bytes, so that what
    one asked another may go on with. `structured` adds output schemas and structured content, for clients that write
    code; most others would put both into the model's context beside the text. Days are reckoned and times shown in
    `time_zone`; answers link to the pages of records in the `web` application. Plans and jobs are kept by `jobs`,
    without one in this process's memory, and files that calls make by `files`: in a folder, or offered as resources.
    Raises `ValueError` when two tools have the same name.
    """
    views, by_name = Views(tools, guard.policy), {tool.name: tool for tool in tools}
    jobs = jobs or Jobs(JobStore(sections_of(MemoryStore())))
    ledger, keeping = guard.ledger or Ledger(), Keeping(now)
    apps = Apps(jobs, client, state_key)

    def context_for(
        view: View,
        gate: Gate,
        kept: Kept,
        progress: Progress = told_nobody,
        bulk: Bulk | None = None,
        own: Files | None = None,
    ) -> Context:
        return Context(
            gate,
            max_result_tokens,
            about=None if about is None else partial(about, view.policy),
            time_zone=time_zone,
            now=now,
            attempt=gate.attempt,
            withheld=view.policy.readable.copies,
            kept=kept,
            progress=progress,
            bulk=bulk,
            files=own,
            refusal=partial(view.policy.refusal, gate.tool),
            agree=gate.agree,
            web=web,
        )

    async def call_tool(ctx: _RequestContext, params: CallToolRequestParams) -> CallToolResult | InputRequiredResult:
        view = views.current()
        approval = apps.approval_of(params) if params.name == APPROVES and APPLIES in view.tools else None
        if isinstance(approval, ToolError):
            return _refused(str(approval))
        tool = view.tools.get(APPLIES if approval else params.name)
        if tool is None:
            return _not_offered(view, params.name)
        turn = Turn(ledger, tool, params)
        person = _agreeing(approval, Person(ctx, params, turn, strict=guard.strict))
        kept = keeping.own(await connection_id())
        arguments = approval.arguments if approval else params.arguments or {}
        is_dry, images = False, None
        if not tool.read_only:
            is_dry, images = is_dry_run(tool, arguments), Images(jobs, partial(jobs.owner, client))
        gate = Gate(client, view.policy, tool, guard.confirm, person, guard.journal, kept, images, is_dry)
        try:
            progress = ctx.session.report_progress
            own = files.of_call() if isinstance(files, Offers) else files
            bulk: Bulk | None = None
            if tool.borrows:
                setting = Setting(client, view.policy, by_name.get(APPLIES, tool), guard.journal, kept)
                bulk = CallsBulk(
                    jobs,
                    setting,
                    person,
                    guard.confirm,
                    progress,
                    partial(is_taken_back, ctx),
                    approval.without if approval else frozenset(),
                )
            context = context_for(view, gate, kept, progress, bulk, own)
            outcome = await run_tool(tool, context, arguments, turn)
        except AnswerNeededError as pending:
            return question_result(pending.question, pending.state)
        except ConnectionNeededError as needed:
            keeping.forget()  # who connects anew may be another
            return connection_result(ctx, params, needed)
        beside = await apps.beside(ctx, tool.name, outcome, view.tools, gate) if tool.name in PICTURED else None
        return _answered(outcome, view, own, beside, structured=structured)

    async def context_of(ctx: _RequestContext, tool: Tool) -> Context:
        """Return the context in which a tool reads for a menu, through a gate of its own like any call's."""
        view, kept = views.current(), keeping.own(await connection_id())
        params = CallToolRequestParams(name=tool.name, arguments={})
        person = Person(ctx, params, Turn(ledger, tool, params), strict=guard.strict)
        gate = Gate(client, view.policy, tool, guard.confirm, person, guard.journal, kept)
        return context_for(view, gate, kept)

    menu = Menu(lambda: views.current().tools, context_of, files if isinstance(files, Offers) else None)
    server = _Server(
        "outreach",
        version=_version(),
        title="Outreach",
        instructions=instructions_without(guard.policy.lacking(), offered=views.whole.tools),
        on_list_tools=partial(_list_tools, views, structured),
        on_call_tool=call_tool,
        on_list_prompts=menu.list_prompts,
        on_get_prompt=menu.get_prompt,
        on_list_resources=menu.list_resources,
        on_list_resource_templates=menu.list_templates,
        on_read_resource=menu.read_resource,
        on_completion=menu.complete,
        # Without it every HTTP call at 2026-07-28 that has arguments runs tools/list again (mcp 2.3.0).
        get_tool_input_schema=_schemas_with_headers(tools),
        cache_hints={
            **dict.fromkeys(_LISTS, _OF_CALLER if of_callers else _UNCHANGING),
            "server/discover": _UNCHANGING,
        },
    )
    server.extensions[EXTENSION] = {}
    # What a question was about travels through the client, sealed: an answer counts for that very call alone.
    security = RequestStateSecurity(keys=[state_key]) if state_key else RequestStateSecurity.ephemeral()
    server.middleware[:] = map(where_traced, server.middleware)  # the SDK's own is there
    server.middleware.append(RequestStateBoundary(security, default_audience=server.name))
    server.middleware.append(_keep_finished_list())
    return server


def _answered(
    outcome: Outcome,
    view: View,
    files: LocalFiles | OfferedFiles | None,
    beside: JsonObject | None,
    *,
    structured: bool,
) -> CallToolResult:
    """Return what a client is told of a call: the text, the files that it made, and what a picture needs `beside`."""
    data = json.loads(outcome.text) if structured and not outcome.failed else None
    text = without_left_out(outcome.text, view.tools) if outcome.failed else outcome.text
    links = _links_to(files.made) if isinstance(files, OfferedFiles) and files.made else ()
    return CallToolResult(
        content=[TextContent(text=text), *links], structured_content=data, is_error=outcome.failed, _meta=beside
    )


class _Server(Server[Any]):
    """The SDK's server, which copies at less cost what it adds to each result."""

    @property
    def server_info_stamp(self) -> dict[str, Any]:
        """Return the server's name and version: a copy of texts, as there are no icons, which would be nested."""
        return dict(self._server_info)

    @cached_property
    def _server_info(self) -> dict[str, Any]:
        return super().server_info_stamp


@cache
def _version() -> str:
    # A server for each narrower address: the metadata of the package need not be read for every one.
    return version("outreach-mcp")


def _schemas_with_headers(tools: Sequence[Tool]) -> Callable[[str], JsonObject | None]:
    """Return what finds the input schema of a tool whose arguments come in headers, too: the SDK looks into no other.

    It would look through all of a schema at each call to find that. Here a tool's is looked at when it is first called.
    """
    schemas = {tool.name: tool.input_schema for tool in tools}
    with_headers: dict[str, bool] = {}

    def schema_of(name: str) -> JsonObject | None:
        if name not in schemas:
            return None
        if name not in with_headers:
            with_headers[name] = '"x-mcp-header"' in json.dumps(schemas[name])
        return schemas[name] if with_headers[name] else None

    return schema_of


def _agreeing(approval: "Approval | None", person: Consenting) -> Consenting:
    return approval.of(person) if approval else person


def _links_to(made: Sequence[Offer]) -> list[ResourceLink]:
    from outreach_mcp.protocol.resources import link_to  # noqa: PLC0415 - only who makes a file waits for it

    return [link_to(offer) for offer in made]


def _not_offered(view: View, name: str) -> CallToolResult:
    """Return why a tool is not offered. Raises `MCPError` for one that there is not."""
    if why := view.policy.why_not(name):
        return _refused(why)
    raise MCPError(code=INVALID_PARAMS, message=f"Unknown tool: {one_line(clean(name[:_NAME]))}")


def _refused(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)], is_error=True)


async def _list_tools(
    views: Views, structured: bool, ctx: _RequestContext, params: PaginatedRequestParams | None
) -> ListToolsResult:
    on_one_page("tools", params)
    offered = views.current().tools
    listed = [_listed(tool, structured=structured) for tool in offered.values()]
    if not shows_pictures(ctx):
        return ListToolsResult(tools=listed)
    listed += [approving_tool()] if APPLIES in offered else []
    return ListToolsResult(tools=listed, **OF_ONE_CLIENT)


def _listed(tool: Tool, *, structured: bool) -> ListedTool:
    return ListedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=output_schema(tool) if structured else None,
        annotations=ToolAnnotations(
            read_only_hint=tool.read_only,
            destructive_hint=tool.destructive,
            idempotent_hint=tool.idempotent,
            open_world_hint=tool.open_world,
        ),
        _meta=meta_of(tool.name),
    )


def _keep_finished_list() -> ServerMiddleware[Any]:
    """Keep the finished tools/list per protocol version and view: making it takes far longer than sending it."""
    finished: dict[tuple[str, bool, bool], HandlerResult] = {}

    async def answer(ctx: _RequestContext, call_next: CallNext) -> HandlerResult:
        if ctx.method != "tools/list" or (ctx.params or {}).get("cursor") is not None:
            return await call_next(ctx)
        caller = current_caller()
        key = (ctx.protocol_version, caller is None or caller.may_write, shows_pictures(ctx))
        if key not in finished:
            finished[key] = await call_next(ctx)
        return finished[key]

    return answer
