"""Asks the person behind a client, by form elicitation, in the way of the client's protocol era."""

import hashlib
from typing import Any, TypeAlias

from mcp import MCPError
from mcp.server import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    ElicitResult,
    InputRequiredResult,
    TextContent,
)

from outreach_mcp.calls import AnswerNeededError
from outreach_mcp.connecting import ConnectionNeededError
from outreach_mcp.gate import Ask
from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ToolError

_RequestContext: TypeAlias = ServerRequestContext[Any]

_MODERN = "2026-07-28"
_QUESTION = "confirmation"
_CONNECTION = "connection"
_FORM: JsonObject = {
    "type": "object",
    # Without a default: what a person has not touched is no yes.
    "properties": {"confirm": {"type": "boolean", "title": "Yes, do it"}},
    "required": ["confirm"],
}


class NotConfirmedError(ToolError):
    """A person was asked and did not agree, or nobody could be asked; nothing was sent."""


def asker(ctx: _RequestContext, params: CallToolRequestParams, *, strict: bool) -> Ask:
    """Return what asks the person behind one call.

    At 2026-07-28 the question is the call's result and the answer comes with the client's next attempt; before, it is
    a request in the middle of the call, which needs a connection that can carry one (stdio, SSE). Where a client
    cannot ask, its own approval by annotations is relied on, unless `strict` refuses.
    """

    async def ask(question: str) -> None:
        if not _can_ask(ctx):
            if strict:
                raise NotConfirmedError(
                    f"Not done: {question!r} needs a person's agreement, and this client cannot ask for it "
                    "(OUTREACH_MCP_CONFIRM_STRICT). Nothing was sent."
                )
            return
        answer = _given_answer(params, question) if ctx.protocol_version >= _MODERN else await _ask_now(ctx, question)
        if answer is None:
            raise AnswerNeededError(question)
        # A client may send "false" or [""] for a box that is not ticked: only the boolean is a yes.
        if answer.action != "accept" or (answer.content or {}).get("confirm") is not True:
            how = {"decline": "declined", "cancel": "closed the question"}.get(answer.action, "did not agree")
            raise NotConfirmedError(
                f"Not done: the person was asked {question!r} and {how}. Nothing was sent. Do not try again unless "
                "they ask for it."
            )

    return ask


def question_result(question: str) -> InputRequiredResult:
    """Return the result that puts a question to the person and lets the client try the call again with the answer."""
    form = ElicitRequestFormParams(message=question, requested_schema=_FORM)
    return InputRequiredResult(input_requests={_QUESTION: ElicitRequest(params=form)}, request_state=_mark(question))


def connection_result(
    ctx: _RequestContext, params: CallToolRequestParams, needed: ConnectionNeededError
) -> CallToolResult | InputRequiredResult:
    """Return the result that leads the person to the page where they connect their Outreach account.

    A client that opens links itself, at 2026-07-28, is asked to, and tries the call again afterwards. Any other gets a
    failed result with the link, and so does one whose person was there and is not connected yet.
    """
    answer = (params.input_responses or {}).get(_CONNECTION)
    if isinstance(answer, ElicitResult) and answer.action != "accept":
        return _failed("Not done: the person did not connect their Outreach account. Nothing was sent.")
    if isinstance(answer, ElicitResult) or not _can_open(ctx):
        again = "Then try again: until that is done every call ends like this. Nothing was sent."
        return _failed(f"{needed.invitation} Ask the person to open {needed.url} in a browser. {again}")
    question = ElicitRequestURLParams(message=needed.invitation, url=needed.url)
    return InputRequiredResult(
        input_requests={_CONNECTION: ElicitRequest(params=question)}, request_state=_mark(_CONNECTION)
    )


def _failed(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)], is_error=True)


def _can_open(ctx: _RequestContext) -> bool:
    capabilities = ctx.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    return ctx.protocol_version >= _MODERN and elicitation is not None and elicitation.url is not None


def _can_ask(ctx: _RequestContext) -> bool:
    capabilities = ctx.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False
    return ctx.protocol_version >= _MODERN or ctx.session.can_send_request


def _given_answer(params: CallToolRequestParams, question: str) -> ElicitResult | None:
    """Return the answer that came with a call, if it is one to this very question: records change in between."""
    answer = (params.input_responses or {}).get(_QUESTION)
    return answer if isinstance(answer, ElicitResult) and params.request_state == _mark(question) else None


async def _ask_now(ctx: _RequestContext, question: str) -> ElicitResult:
    try:
        return await ctx.session.elicit_form(
            message=question, requested_schema=_FORM, related_request_id=ctx.request_id
        )
    except MCPError as error:
        raise NotConfirmedError(
            f"Not done: the person could not be asked {question!r} ({error}). Nothing was sent."
        ) from error


def _mark(question: str) -> str:
    return hashlib.blake2b(question.encode(), digest_size=16).hexdigest()
