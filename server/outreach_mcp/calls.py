"""Runs one tool to its outcome: the one place where exceptions become failed results."""

import logging
from dataclasses import dataclass
from time import perf_counter

from outreach_mcp.api.errors import OutreachError
from outreach_mcp.callers import current_caller
from outreach_mcp.connecting import ConnectionNeededError
from outreach_mcp.sight.events import is_wanted, tell
from outreach_tools.client import JsonObject, MissingScope
from outreach_tools.engine.answers import render
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.fitting import fit_text
from outreach_tools.engine.text import clean
from outreach_tools.engine.tokens import estimate_tokens
from outreach_tools.engine.tool import Context, Tool

_log = logging.getLogger(__name__)


class AnswerNeededError(Exception):
    """A call cannot go on before a person has answered a question; `question` is theirs to read."""

    def __init__(self, question: str) -> None:
        super().__init__(question)
        self.question = question


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: the text for the model, whether the call failed, and the kind of error if so."""

    text: str
    failed: bool = False
    error: str = ""


async def run_tool(tool: Tool, context: Context, arguments: JsonObject) -> Outcome:
    """Run one tool and return its answer as text; an error becomes a failed outcome that says what happened.

    What is expected (`ToolError`, `OutreachError`, `MissingScope`) carries a message for the model; anything else is a
    fault of ours, which is logged and not shown. Cancellation passes, and so do `AnswerNeededError` and
    `ConnectionNeededError`.
    """
    began = perf_counter()
    _log.debug("calling %s with %s", tool.name, arguments)
    try:
        outcome = Outcome(_sendable(render(await tool.run(context, arguments))))
    except (AnswerNeededError, ConnectionNeededError):
        _note(tool, "asked", perf_counter() - began)
        raise
    except (ToolError, OutreachError, MissingScope) as error:
        # What it quotes of Outreach or of the arguments may be long, and hide something, like the text of a record.
        said = fit_text(clean(str(error)), context.max_result_tokens)
        outcome = Outcome(said, failed=True, error=type(error).__name__)
    except Exception as error:
        _log.exception("the tool %s failed unexpectedly", tool.name)
        outcome = Outcome(_fault(tool), failed=True, error=type(error).__name__)
    _note(tool, "failed" if outcome.failed else "ok", perf_counter() - began, outcome.text, outcome.error)
    return outcome


def _note(tool: Tool, outcome: str, seconds: float, text: str = "", error: str = "") -> None:
    """Tell what came of a call."""
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
    return f"{failed} Nothing is known about its effect: read the record before trying again."
