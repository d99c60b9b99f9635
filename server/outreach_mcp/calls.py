"""Runs one tool to its outcome: the one place where exceptions become failed results."""

import logging
from dataclasses import dataclass

from outreach_mcp.api.errors import OutreachError
from outreach_tools.client import JsonObject, MissingScope
from outreach_tools.engine.answers import render
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.tool import Context, Tool

_log = logging.getLogger(__name__)


class AnswerNeededError(Exception):
    """A call cannot go on before a person has answered a question; `question` is theirs to read."""

    def __init__(self, question: str) -> None:
        super().__init__(question)
        self.question = question


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: the text for the model, and whether the call failed."""

    text: str
    failed: bool = False


async def run_tool(tool: Tool, context: Context, arguments: JsonObject) -> Outcome:
    """Run one tool and return its answer as text; an error becomes a failed outcome that says what happened.

    What is expected (`ToolError`, `OutreachError`, `MissingScope`) carries a message for the model; anything else is a
    fault of ours, which is logged and not shown. Cancellation passes, and so does `AnswerNeededError`.
    """
    try:
        return Outcome(_sendable(render(await tool.run(context, arguments))))
    except AnswerNeededError:
        raise
    except (ToolError, OutreachError, MissingScope) as error:
        return Outcome(_sendable(str(error)), failed=True)
    except Exception:
        _log.exception("the tool %s failed unexpectedly", tool.name)
        return Outcome(_fault(tool), failed=True)


def _sendable(text: str) -> str:
    # JSON may spell half a surrogate pair, which UTF-8 cannot carry: one in an answer would end the connection.
    return text.encode("utf-8", "replace").decode("utf-8")


def _fault(tool: Tool) -> str:
    failed = f"{tool.name} failed because of a fault in this server; the details are in its log."
    if tool.read_only:
        return f"{failed} Nothing was changed."
    return f"{failed} Nothing is known about its effect: read the record before trying again."
