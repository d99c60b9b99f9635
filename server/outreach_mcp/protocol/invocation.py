"""Runs one tool to its outcome: the one place where exceptions become failed results."""

import logging
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.caller import current_caller
from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_mcp.guard.gate import DryRun
from outreach_mcp.observability.events import is_wanted, tell
from outreach_tools.client import JsonObject, MissingScope
from outreach_tools.engine.answers import render
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.fitting import fit, fit_text
from outreach_tools.engine.text import clean
from outreach_tools.engine.tokens import estimate_tokens
from outreach_tools.engine.tool import Context, Tool

_log = logging.getLogger(__name__)


class AnswerNeededError(Exception):
    """A call cannot go on before a person has answered a question; `state` is to come back with the answer."""

    def __init__(self, question: str, state: str) -> None:
        super().__init__(question)
        self.question = question
        self.state = state


class RepeatedError(Exception):
    """Another call has the answer or the key of this one, and was faster: nothing was sent."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a call: the text for the model, whether the call failed, and the kind of error if so."""

    text: str
    failed: bool = False
    error: str = ""


class Once(Protocol):
    """The record that keeps a call from being done twice."""

    async def repeated(self) -> Outcome | None:
        """Return the outcome of the first call where this one repeats it; raises like a tool."""
        ...

    async def end(self, outcome: Outcome | None) -> None:
        """Keep what came of the call for those that repeat it, even if it is cancelled; None: it has no answer."""
        ...


async def run_tool(tool: Tool, context: Context, arguments: JsonObject, once: Once | None = None) -> Outcome:
    """Run one tool and return its answer as text; an error becomes a failed outcome that says what happened.

    What is expected (`ToolError`, `OutreachError`, `MissingScope`) carries a message for the model; anything else is a
    fault of ours, which is logged and not shown. Cancellation passes, and so do `AnswerNeededError` and
    `ConnectionNeededError`. A call that repeats another one, as `once` knows, gets the outcome of that one.
    """
    began = perf_counter()
    _log.debug("calling %s with %s", tool.name, arguments)
    try:
        outcome, is_repeat = await _outcome(tool, context, arguments, once)
    except (AnswerNeededError, ConnectionNeededError):
        _note(tool, "asked", perf_counter() - began)
        raise
    kind = "repeated" if is_repeat else "failed" if outcome.failed else "ok"
    _note(tool, kind, perf_counter() - began, outcome.text, outcome.error)
    return outcome


async def _outcome(tool: Tool, context: Context, arguments: JsonObject, once: Once | None) -> tuple[Outcome, bool]:
    """Return the outcome of a call, and whether it is that of one before."""
    try:
        if once is None:
            return await _run(tool, context, arguments), False
        while True:
            if (first := await once.repeated()) is not None:
                return first, True
            try:
                return await _ended(tool, context, arguments, once), False
            except RepeatedError:
                continue  # it was faster, and now there is something to be told of it
    except (ToolError, OutreachError, MissingScope) as error:
        return _failed(error, context), False
    except (AnswerNeededError, ConnectionNeededError):
        raise
    except Exception as error:
        _log.exception("the tool %s failed unexpectedly", tool.name)
        said = " ".join([_fault(tool), *getattr(error, "__notes__", [])])
        return Outcome(said, failed=True, error=type(error).__name__), False


async def _run(tool: Tool, context: Context, arguments: JsonObject) -> Outcome:
    try:
        answer = await tool.run(context, arguments)
    except DryRun as run:
        answer = fit(run.shown, context.max_result_tokens)
    return Outcome(_sendable(render(answer)))


async def _ended(tool: Tool, context: Context, arguments: JsonObject, once: Once) -> Outcome:
    came: Outcome | None = None
    try:
        try:
            outcome = await _run(tool, context, arguments)
        except (ToolError, OutreachError, MissingScope) as error:
            outcome = _failed(error, context)
        came = outcome
        return outcome
    finally:
        await once.end(came)


def _failed(error: Exception, context: Context) -> Outcome:
    # What it quotes of Outreach or of the arguments may be long, and hide something, like the text of a record.
    notes: list[str] = getattr(error, "__notes__", [])  # what came of the rest of what the tool did
    said = fit_text(clean(" ".join([str(error), *notes])), context.max_result_tokens)
    return Outcome(said, failed=True, error=type(error).__name__)


def _note(tool: Tool, outcome: str, seconds: float, text: str = "", error: str = "") -> None:
    """Report the outcome of a call."""
    if not is_wanted(_log):
        return  # estimating the tokens of an answer is not for nothing
    caller = current_caller()
    known = ({"error": error} if error else {}) | ({"caller": caller.name} if caller else {})
    tell(
        _log,
        "called " + tool.name,
        event="call",
        tool=tool.name,
        outcome=outcome,
        tokens=estimate_tokens(text),
        seconds=round(seconds, 4),
        **known,
    )


def _sendable(text: str) -> str:
    # JSON may spell half a surrogate pair, which UTF-8 cannot carry: one in an answer would end the connection.
    return text.encode("utf-8", "replace").decode("utf-8")


def _fault(tool: Tool) -> str:
    failed = f"{tool.name} failed because of a fault in this server; the details are in its log."
    if tool.read_only:
        return f"{failed} Nothing was changed."
    return f"{failed} Its effect is not known: read the record before trying again."
