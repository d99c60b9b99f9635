"""Asks the person behind a client, by form elicitation, as the client's protocol version has it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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

from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_mcp.guard.confirmation import ConfirmationLevel
from outreach_mcp.guard.question import Question
from outreach_mcp.protocol.invocation import AnswerNeededError
from outreach_mcp.protocol.turn import QUESTION, Turn
from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ToolError

_RequestContext: TypeAlias = ServerRequestContext[Any]

_MODERN = "2026-07-28"
_MOST_ASKED = 3
_CONNECTION = "connection"
_FORM: JsonObject = {
    "type": "object",
    # Without a default: what a person has not touched is not a yes.
    "properties": {"confirm": {"type": "boolean", "title": "Yes, do it"}},
    "required": ["confirm"],
}


class NotConfirmedError(ToolError):
    """A person was asked and did not agree, or nobody could be asked; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Person:
    """The person behind one call (see `outreach_mcp.guard.gate.Consenting`).

    At 2026-07-28 the question is the call's result and the answer comes with the client's next attempt; before, it is
    a request in the middle of the call, which needs a connection that can carry one (stdio, SSE). Where a client
    cannot ask, its own approval by annotations is relied on, unless `strict` refuses.
    """

    ctx: _RequestContext
    params: CallToolRequestParams
    turn: Turn
    strict: bool

    def unasked(self, level: ConfirmationLevel, /) -> str:
        """Return the reason why nobody is asked about a change, for the journal."""
        return f"not asked: {'OUTREACH_MCP_CONFIRM is never' if level == 'never' else 'it can be taken back'}"

    async def ask(self, make: Callable[[], Awaitable[Question]], /) -> str:
        """Ask before a change; return who agreed to it, for the journal. Raises when nobody did."""
        question = await make()
        if not _can_ask(self.ctx):
            if self.strict:
                raise NotConfirmedError(
                    f"Not done: {question.text!r} needs a person's agreement, and this client cannot ask for it "
                    "(OUTREACH_MCP_CONFIRM_STRICT). Nothing was sent. It takes a client that shows forms "
                    "(elicitation), over streamable HTTP one of the protocol 2026-07-28."
                )
            return "approved by the client alone"
        if self.ctx.protocol_version < _MODERN:
            return await self._ask_within(question, make)
        answer = self.turn.answer
        if answer is None or not await self.turn.answers(question.mark):
            raise AnswerNeededError(question.text, await self.turn.ask(question.mark))
        await self.turn.spend(question.mark)
        return _agreed(answer, question)

    async def _ask_within(self, question: Question, make: Callable[[], Awaitable[Question]]) -> str:
        """Ask in the middle of the call, and again where what is asked about has changed by the time of the answer."""
        for _ in range(_MOST_ASKED):
            name = await self.turn.ask(question.mark)
            who = _agreed(await _ask_now(self.ctx, question.text), question)
            if not await self.turn.is_in_time(name, question.mark):
                raise NotConfirmedError(
                    f"Not done: the answer to {question.text!r} came after more than ten minutes. Nothing was sent. "
                    "Call the tool again, so that the person is asked again."
                )
            again = await make()
            if again.mark == question.mark:
                return who
            question = again
        raise NotConfirmedError(
            f"Not done: the person was asked {_MOST_ASKED} times, and what it is about changed each time before they "
            "answered. Nothing was sent. Read the record, and ask the person what they want."
        )

    async def begin(self) -> None:
        """See that a change is sent once."""
        await self.turn.begin()

    def came(self, what: str | None, *, sent: bool, done: bool = False) -> None:
        """Note what came of a change."""
        self.turn.came(what, sent=sent, done=done)


def _agreed(answer: ElicitResult, question: Question) -> str:
    """Return who agreed. Raises `NotConfirmedError` for any answer but a plain yes."""
    # A client may send "false" or [""] for a box that is not ticked: only the boolean is a yes.
    if answer.action != "accept" or (answer.content or {}).get("confirm") is not True:
        how = {"decline": "declined", "cancel": "closed the question"}.get(answer.action, "did not agree")
        raise NotConfirmedError(
            f"Not done: the person was asked {question.text!r} and {how}. Nothing was sent. Do not try again "
            "unless they ask for it."
        )
    return "confirmed by a person"


def question_result(question: str, state: str) -> InputRequiredResult:
    """Return the result that puts a question to the person and lets the client try the call again with the answer."""
    form = ElicitRequestFormParams(message=question, requested_schema=_FORM)
    return InputRequiredResult(input_requests={QUESTION: ElicitRequest(params=form)}, request_state=state)


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
    return InputRequiredResult(input_requests={_CONNECTION: ElicitRequest(params=question)}, request_state=_CONNECTION)


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


async def _ask_now(ctx: _RequestContext, question: str) -> ElicitResult:
    try:
        return await ctx.session.elicit_form(
            message=question, requested_schema=_FORM, related_request_id=ctx.request_id
        )
    except MCPError as error:
        raise NotConfirmedError(
            f"Not done: the person could not be asked {question!r} ({error}). Nothing was sent."
        ) from error
