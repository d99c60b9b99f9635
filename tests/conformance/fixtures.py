"""The tools, prompts and resources of fixed names that the official conformance suite calls, as it describes them.

They are put beside what a server offers of its own, so that the suite reaches our transports, what stands between them
and the tools, and every form of answer that MCP has, also those that Outreach's tools never use.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from mcp import MCPError
from mcp.server import Server, ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp_types import (
    INVALID_PARAMS,
    BlobResourceContents,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    EmptyResult,
    GetPromptRequestParams,
    GetPromptResult,
    InputRequiredResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    RequestParams,
    Resource,
    ResourceTemplate,
    SetLevelRequestParams,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    TextResourceContents,
    UnsubscribeRequestParams,
)
from mcp_types import CallToolRequestParams as Call

from tests.conformance.fixture_prompts import PROMPTS, prompt_of
from tests.conformance.fixture_tools import PIXEL, tools_of

_Context: TypeAlias = ServerRequestContext[Any]
_TEMPLATE = "test://template/"
_BESIDE = (
    "tools/list", "tools/call", "resources/list", "resources/read", "resources/templates/list", "prompts/list",
    "prompts/get", "completion/complete",
)  # fmt: skip
"""Answers that a server may give of its own as well."""


def with_fixtures(server: Server[Any]) -> Server[Any]:
    """Put the suite's fixtures beside what a server offers, and return it."""
    bus = InMemorySubscriptionBus()
    tools = tools_of(bus)
    own = {method: server.get_request_handler(method) for method in _BESIDE}

    async def otherwise(method: str, ctx: _Context, params: Any) -> Any:
        handler = own[method]
        return None if handler is None else await handler.handler(ctx, params)

    async def list_tools(ctx: _Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        held: ListToolsResult = await otherwise("tools/list", ctx, params)
        return held.model_copy(update={"tools": [*held.tools, *(tool for tool, _ in tools.values())]})

    async def call_tool(ctx: _Context, params: Call) -> Any:
        found = tools.get(params.name)
        return await otherwise("tools/call", ctx, params) if found is None else await found[1](ctx, params)

    async def list_resources(ctx: _Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
        held: ListResourcesResult | None = await otherwise("resources/list", ctx, params)
        fixed = [Resource(uri=uri, name=uri) for uri in _RESOURCES]
        return ListResourcesResult(resources=[*(held.resources if held else ()), *fixed], **_FRESH)

    async def list_templates(ctx: _Context, params: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
        held: ListResourceTemplatesResult | None = await otherwise("resources/templates/list", ctx, params)
        fixed = ResourceTemplate(uri_template=f"{_TEMPLATE}{{id}}/data", name="template")
        return ListResourceTemplatesResult(
            resource_templates=[*(held.resource_templates if held else ()), fixed], **_FRESH
        )

    async def read_resource(ctx: _Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        uri = str(params.uri)
        if uri in _RESOURCES:
            return ReadResourceResult(contents=[_RESOURCES[uri](uri)])
        if uri.startswith(_TEMPLATE):
            number = uri.removeprefix(_TEMPLATE).partition("/")[0]
            text = f'{{"id": "{number}", "templateTest": true, "data": "Data for ID: {number}"}}'
            return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type="application/json", text=text)])
        held: ReadResourceResult | None = await otherwise("resources/read", ctx, params)
        if held is None:
            raise MCPError(code=INVALID_PARAMS, message="Resource not found", data={"uri": uri})
        return held

    async def list_prompts(ctx: _Context, params: PaginatedRequestParams | None) -> ListPromptsResult:
        held: ListPromptsResult | None = await otherwise("prompts/list", ctx, params)
        return ListPromptsResult(prompts=[*(held.prompts if held else ()), *PROMPTS], **_FRESH)

    async def get_prompt(ctx: _Context, params: GetPromptRequestParams) -> GetPromptResult | InputRequiredResult:
        found = prompt_of(params)
        return await otherwise("prompts/get", ctx, params) if found is None else found

    async def complete(ctx: _Context, params: CompleteRequestParams) -> CompleteResult:
        if getattr(params.ref, "name", "").startswith("test_") or own["completion/complete"] is None:
            return CompleteResult(completion=Completion(values=["paris", "park"], total=2, has_more=False))
        held: CompleteResult = await otherwise("completion/complete", ctx, params)
        return held

    async def nothing(_: _Context, __: Any) -> EmptyResult:
        return EmptyResult()

    handlers: dict[str, tuple[type[RequestParams], Callable[..., Any]]] = {
        "tools/list": (PaginatedRequestParams, list_tools),
        "tools/call": (Call, call_tool),
        "resources/list": (PaginatedRequestParams, list_resources),
        "resources/templates/list": (PaginatedRequestParams, list_templates),
        "resources/read": (ReadResourceRequestParams, read_resource),
        "prompts/list": (PaginatedRequestParams, list_prompts),
        "prompts/get": (GetPromptRequestParams, get_prompt),
        "completion/complete": (CompleteRequestParams, complete),
        "logging/setLevel": (SetLevelRequestParams, nothing),
        "resources/subscribe": (SubscribeRequestParams, nothing),
        "resources/unsubscribe": (UnsubscribeRequestParams, nothing),
    }
    for method, (params, handler) in handlers.items():
        server.add_request_handler(method, params, handler)
    server.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, ListenHandler(bus))
    find = server.get_tool_input_schema

    def schema_of(name: str) -> Mapping[str, Any] | None:
        if name in tools:
            return tools[name][0].input_schema
        return None if find is None else find(name)

    server.get_tool_input_schema = schema_of
    return server


_FRESH: dict[str, Any] = {"ttl_ms": 60_000, "cache_scope": "public"}


def _text(text: str) -> Callable[[str], TextResourceContents]:
    return lambda uri: TextResourceContents(uri=uri, mime_type="text/plain", text=text)


_RESOURCES: dict[str, Callable[[str], TextResourceContents | BlobResourceContents]] = {
    "test://static-text": _text("This is the content of the static text resource."),
    "test://static-binary": lambda uri: BlobResourceContents(uri=uri, mime_type="image/png", blob=PIXEL),
    "test://watched-resource": _text("watched"),
}
