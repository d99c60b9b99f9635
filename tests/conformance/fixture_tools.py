"""The tools of fixed names that the official conformance suite calls."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from mcp import MCPError
from mcp.server import ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, PromptsListChanged, ToolsListChanged
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    AudioContent,
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    EmbeddedResource,
    ImageContent,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    TextContent,
    TextResourceContents,
    Tool,
)

_Context: TypeAlias = ServerRequestContext[Any]
_Result: TypeAlias = CallToolResult | InputRequiredResult
_Run: TypeAlias = Callable[[_Context, CallToolRequestParams], Awaitable[_Result]]
_Schema: TypeAlias = dict[str, Any]

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
"""An image of one pixel."""

_SILENCE = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
_OBJECT: _Schema = {"type": "object"}
_SCHEMA_2020: _Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def tools_of(bus: InMemorySubscriptionBus) -> dict[str, tuple[Tool, _Run]]:
    """Return the tools by name, with what runs them; changes of lists are told on `bus`."""
    given: dict[str, tuple[_Schema, _Run]] = {
        "test_simple_text": (_OBJECT, _answer(TextContent(text="This is a simple text response for testing."))),
        "test_image_content": (_OBJECT, _answer(_IMAGE)),
        "test_audio_content": (_OBJECT, _answer(AudioContent(data=_SILENCE, mime_type="audio/wav"))),
        "test_embedded_resource": (
            _OBJECT,
            _answer(embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")),
        ),
        "test_multiple_content_types": (
            _OBJECT,
            _answer(
                TextContent(text="Multiple content types test:"),
                _IMAGE,
                embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
            ),
        ),
        "test_error_handling": (_OBJECT, _fail),
        "json_schema_2020_12_tool": (_SCHEMA_2020, _answer(TextContent(text="ok"))),
        "test_tool_with_logging": (_OBJECT, _log),
        "test_logging_tool": (_OBJECT, _log),
        "test_tool_with_progress": (_OBJECT, _progress),
        "test_sampling": (form("prompt"), _sample_now),
        "test_elicitation": (form("message"), _ask_plainly),
        "test_elicitation_sep1034_defaults": (_OBJECT, _asking("Please provide user information", _DEFAULTS)),
        "test_elicitation_sep1330_enums": (_OBJECT, _asking("Please select", _ENUMS)),
        "test_x_mcp_header": (
            {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}},
            _region,
        ),
        "test_missing_capability": (_OBJECT, _needing_sampling),
        "test_trigger_tool_change": (_OBJECT, _telling(bus, ToolsListChanged())),
        "test_trigger_prompt_change": (_OBJECT, _telling(bus, PromptsListChanged())),
        **{name: (_OBJECT, run) for name, run in _ROUNDS.items()},
    }
    return {
        name: (Tool(name=name, description=name, input_schema=schema), run) for name, (schema, run) in given.items()
    }


def embedded(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    """Return a resource within an answer."""
    return EmbeddedResource(resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


def form(*names: str) -> _Schema:
    """Return the schema of required texts."""
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": list(names)}


def question(message: str, schema: _Schema) -> ElicitRequest:
    """Return a question to the person."""
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


_IMAGE = ImageContent(data=PIXEL, mime_type="image/png")


def _said(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)])


def _answer(*contents: ContentBlock) -> _Run:
    async def run(_: _Context, __: CallToolRequestParams) -> CallToolResult:
        return CallToolResult(content=list(contents))

    return run


async def _fail(_: _Context, __: CallToolRequestParams) -> CallToolResult:
    text = "This tool intentionally returns an error for testing"
    return CallToolResult(content=[TextContent(text=text)], is_error=True)


async def _log(ctx: _Context, _: CallToolRequestParams) -> CallToolResult:
    for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.session.send_log_message(  # pyright: ignore[reportDeprecated] - the suite asks for it
            "info", text, related_request_id=ctx.request_id
        )
    return _said("done")


async def _progress(ctx: _Context, _: CallToolRequestParams) -> CallToolResult:
    for step in (0, 50, 100):
        await ctx.session.report_progress(step, 100, f"Completed step {step} of 100")
    return _said("done")


def _sampling(text: str) -> CreateMessageRequestParams:
    return CreateMessageRequestParams(
        messages=[SamplingMessage(role="user", content=TextContent(text=text))], max_tokens=100
    )


async def _sample_now(ctx: _Context, params: CallToolRequestParams) -> CallToolResult:
    asked = _sampling((params.arguments or {})["prompt"])
    answer = await ctx.session.create_message(  # pyright: ignore[reportDeprecated] - the suite asks for it
        asked.messages, max_tokens=100, related_request_id=ctx.request_id
    )
    return _said(f"LLM response: {_text_of(answer)}")


def _text_of(answer: Any) -> str:
    content = answer.content if isinstance(answer, CreateMessageResult) else None
    return content.text if isinstance(content, TextContent) else "none"


async def _ask(ctx: _Context, message: str, schema: _Schema) -> CallToolResult:
    answer = await ctx.session.elicit_form(message=message, requested_schema=schema, related_request_id=ctx.request_id)
    return _said(f"User response: action={answer.action}, content={json.dumps(answer.content)}")


async def _ask_plainly(ctx: _Context, params: CallToolRequestParams) -> CallToolResult:
    return await _ask(ctx, (params.arguments or {})["message"], form("response"))


def _asking(message: str, properties: _Schema) -> _Run:
    async def run(ctx: _Context, _: CallToolRequestParams) -> CallToolResult:
        return await _ask(ctx, message, {"type": "object", "properties": properties})

    return run


_DEFAULTS: _Schema = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}


def _titled(*values: str) -> list[_Schema]:
    return [{"const": value, "title": value.title()} for value in values]


_ENUMS: _Schema = {
    "untitledSingle": {"type": "string", "enum": ["a", "b"]},
    "titledSingle": {"type": "string", "oneOf": _titled("low", "high")},
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["r", "w"]}},
    "titledMulti": {"type": "array", "items": {"anyOf": _titled("bug", "docs")}},
    "legacyEnum": {"type": "string", "enum": ["s", "m"], "enumNames": ["Small", "Medium"]},
}


async def _region(_: _Context, params: CallToolRequestParams) -> CallToolResult:
    return _said(str((params.arguments or {}).get("region")))


async def _needing_sampling(ctx: _Context, _: CallToolRequestParams) -> CallToolResult:
    capabilities = ctx.session.client_capabilities
    if capabilities is None or capabilities.sampling is None:
        raise MCPError(
            code=MISSING_REQUIRED_CLIENT_CAPABILITY,
            message="It needs sampling",
            data={"requiredCapabilities": {"sampling": {}}},
        )
    return _said("ok")


def _telling(bus: InMemorySubscriptionBus, event: ToolsListChanged | PromptsListChanged) -> _Run:
    async def run(_: _Context, __: CallToolRequestParams) -> CallToolResult:
        await bus.publish(event)
        return _said("ok")

    return run


def _asked(*, state: str | None = None, **requests: Any) -> InputRequiredResult:
    return InputRequiredResult(input_requests=requests, request_state=state)


def _sample(text: str) -> CreateMessageRequest:
    return CreateMessageRequest(params=_sampling(text))


def _answers(params: CallToolRequestParams, *names: str) -> Mapping[str, Any] | None:
    """Return the answers that came with a call, None where one of those named is missing."""
    given = params.input_responses or {}
    return given if given.keys() >= set(names) else None


def _filled(answer: Any, name: str) -> Any:
    return (answer.content or {}).get(name) if isinstance(answer, ElicitResult) else None


_NAME = question("What is your name?", form("name"))
_CONFIRM = question("Please confirm", {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]})


async def _greet(_: _Context, params: CallToolRequestParams) -> _Result:
    if (given := _answers(params, "user_name")) is None:
        return _asked(user_name=_NAME)
    return _said(f"Hello, {_filled(given['user_name'], 'name')}!")


async def _sampled(_: _Context, params: CallToolRequestParams) -> _Result:
    if (given := _answers(params, "capital_question")) is None:
        return _asked(capital_question=_sample("What is the capital of France?"))
    return _said(f"The model said: {_text_of(given['capital_question'])}")


async def _roots(_: _Context, params: CallToolRequestParams) -> _Result:
    return _asked(client_roots=ListRootsRequest()) if _answers(params, "client_roots") is None else _said("roots ok")


async def _with_state(_: _Context, params: CallToolRequestParams) -> _Result:
    if _answers(params, "confirm") is None or params.request_state != "nonce":
        return _asked(confirm=_CONFIRM, state="nonce")
    return _said("state-ok: confirmation received")


async def _many(_: _Context, params: CallToolRequestParams) -> _Result:
    if _answers(params, "user_name", "greeting", "client_roots") is None:
        greeting = _sample("Generate a greeting")
        return _asked(user_name=_NAME, greeting=greeting, client_roots=ListRootsRequest(), state="many")
    return _said("All inputs received.")


async def _round_by_round(_: _Context, params: CallToolRequestParams) -> _Result:
    state = json.loads(params.request_state) if params.request_state else {"round": 0}
    if state["round"] == 1 and (given := _answers(params, "step1")) is not None:
        held = json.dumps({"round": 2, "name": _filled(given["step1"], "name")})
        return _asked(step2=question("What is your favourite colour?", form("color")), state=held)
    if state["round"] == 2 and (given := _answers(params, "step2")) is not None:
        return _said(f"{state['name']} likes {_filled(given['step2'], 'color')}.")
    return _asked(step1=_NAME, state=json.dumps({"round": 1}))


async def _sealed(_: _Context, params: CallToolRequestParams) -> _Result:
    return _said("state-ok") if params.request_state else _asked(confirm=_CONFIRM, state="round-1")


async def _as_they_can(ctx: _Context, _: CallToolRequestParams) -> _Result:
    capabilities = ctx.session.client_capabilities
    requests: dict[str, Any] = {}
    if capabilities is None or capabilities.sampling is not None:
        requests["sample"] = _sample("hello")
    if capabilities is None or capabilities.elicitation is not None:
        requests["ask"] = _NAME
    return _asked(**requests, state="as-they-can")


async def _streaming(_: _Context, __: CallToolRequestParams) -> _Result:
    return _asked(q=_NAME)


_ROUNDS: Mapping[str, _Run] = {
    "test_streaming_elicitation": _streaming,
    "test_input_required_result_elicitation": _greet,
    "test_input_required_result_sampling": _sampled,
    "test_input_required_result_list_roots": _roots,
    "test_input_required_result_request_state": _with_state,
    "test_input_required_result_multiple_inputs": _many,
    "test_input_required_result_multi_round": _round_by_round,
    "test_input_required_result_tampered_state": _sealed,
    "test_input_required_result_capabilities": _as_they_can,
}
