"""Knows the requests that are under way, and ends them when the server does.

Whoever asked for a change may cancel it until it goes out; after that it is finished, for the records (see `Passage`).
"""

import logging
import math

import anyio

from outreach_mcp.api.calls import Call, Passage, Send
from outreach_mcp.api.errors.from_answers import error_from_ending
from outreach_mcp.api.errors.tree import OutreachError
from outreach_tools.client import Response

_log = logging.getLogger(__name__)


class UnderWay:
    """The uppermost layer; only `changes` pass what sees that none is made twice."""

    def __init__(self, *, reads: Send, changes: Send) -> None:
        self._reads = reads
        self._changes = changes
        self._passages = set[Passage]()
        self._is_over = False

    def give_up(self) -> None:
        """End what is under way, and let nothing through from now on."""
        self._is_over = True
        for passage in self._passages:
            passage.give_up()

    async def send(self, call: Call) -> Response:
        """Return the answer to a call; raises the error of one that was given up."""
        if self._is_over:
            raise error_from_ending(call.told)
        passage = call.passage
        inner = self._reads if call.sent.is_read else self._changes
        answer: Response | None = None
        self._passages.add(passage)
        try:
            with passage:
                answer = await inner(call)
        except OutreachError as error:
            _note_if_cancelled(call, f"failed: {type(error).__name__}")
            raise
        finally:
            self._passages.discard(passage)
        if answer is None:  # it was given up
            raise error_from_ending(call.told)
        _note_if_cancelled(call, f"done ({answer.status})")
        return answer


def _note_if_cancelled(call: Call, outcome: str) -> None:
    """Log a change whose outcome nobody is there to hear."""
    if call.passage.is_out and anyio.current_effective_deadline() == -math.inf:
        _log.warning("%s was cancelled after it was sent, and finished all the same: %s", call.sent.asked, outcome)
