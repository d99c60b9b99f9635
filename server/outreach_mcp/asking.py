"""Asks the person behind a client, by form elicitation, in the way of the client's protocol era."""

import hashlib
from typing import Any, TypeAlias

from mcp import MCPError
from mcp.server import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)

from outreach_mcp.calls import AnswerNeededError
from outreach_mcp.gate import Ask
from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ToolError

_RequestContext: TypeAlias = ServerRequestContext[Any]

_MODERN = "2026-07-28"
_QUESTION = "confirmation"
_FORM: JsonObject = {
    "type": "object",
    "properties": {"confirm": {"type": "boolean", "title": "Yes, do it", "default": True}},
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
        if answer.action != "accept" or not (answer.content or {}).get("confirm"):
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
