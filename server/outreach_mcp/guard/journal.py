"""The journal of changes: each is on the disk before it is sent, and what came of it before its answer goes out."""

import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio

from outreach_mcp.api.calls import Passage
from outreach_mcp.api.errors.tree import OutcomeUnknownError, OutreachError, RefusedRequestError, UnreadableAnswerError
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.caller import current_caller
from outreach_mcp.guard.durable_lines import Hold, JournalFile, told
from outreach_mcp.io.threads import JOURNAL
from outreach_tools.client import JsonObject, Response
from outreach_tools.clock import utc_now
from outreach_tools.engine.errors import ToolError
from outreach_tools.json_values import member

_log = logging.getLogger(__name__)


class JournalError(ToolError):
    """The journal cannot be written; the message, and `was_sent`, say whether the change was sent."""

    was_sent = False


class UnwrittenEndError(JournalError):
    """The journal cannot be written after the change was sent."""

    was_sent = True


class JournalPlaceError(Exception):
    """The journal cannot be kept in its place; the message is one line that says why and what to do."""


class Journal:
    """Writes two lines for each change into one file, which any number of processes of one user may share."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime] = utc_now,
        *,
        entry_name: Callable[[], str] = lambda: os.urandom(8).hex(),
    ) -> None:
        """Name the file; it is made, for this user only, before the first change is sent."""
        self._path = path
        self._file = JournalFile(path)
        self._now = now
        self._entry_name = entry_name

    def start(self) -> tuple[JsonObject, ...]:
        """Return the lines of changes that were begun by a process that ended before them; blocks.

        Their outcome is not known, which is logged and written down, so that the next start finds none of them.
        Raises `JournalPlaceError`.
        """
        try:
            self._file.check()
            found = self._file.settle(self._now(), self._unknown_end)
        except OSError as error:
            raise JournalPlaceError(
                f"OUTREACH_MCP_JOURNAL={str(self._path)!r} cannot be used: {_reason(error)}. Without it nothing would "
                "be changed: name a file in a folder of this user that only they can write to, or unset it."
            ) from error
        for line in found:
            _log.warning(
                "the process that sent %s ended before the answer came: it may or may not have happened", told(line)
            )
        return tuple(found)

    async def begin(
        self,
        tool: str,
        outgoing: Outgoing,
        user_id: Callable[[], Awaitable[int]],
        passage: Passage | None = None,
        **facts: Any,
    ) -> "Entry":
        """Write down a change that a tool is about to send and return its entry; it is on the disk then.

        `user_id` says as whom in Outreach it is made, `passage` how far it has come; `facts` are what else is to be
        kept of it. Raises `JournalError` when the file cannot be written: then the change must not be sent.
        """
        caller = current_caller()
        about: JsonObject = {
            "caller": None if caller is None else caller.name,
            # Names can be chosen, and two may have the same.
            **({} if caller is None else {"subject": caller.subject}),
            "user": await _or_none(user_id),
            "tool": tool,
            "method": outgoing.method,
            "target": outgoing.path,
            **facts,
        }
        name = self._entry_name()
        begun: JsonObject = {
            "entry": name,
            "event": "begun",
            "at": self._moment(),
            **about,
            **({"query": [list(pair) for pair in outgoing.query]} if outgoing.query else {}),
            **({"body": outgoing.body} if outgoing.body is not None else {}),
        }
        try:
            # A caller who leaves is let go before the thread has begun or when it has ended, never in between.
            hold = await JOURNAL.run(self._file.begin, begun)
        except OSError as error:
            fault = self._fault("cannot be written", error, of_many=caller is not None)
            raise JournalError(
                f"{outgoing.method} {outgoing.path} was not sent: {fault}, and this server changes nothing without it. "
                "Nothing was changed."
            ) from error
        return Entry(self, name, about, hold, passage)

    async def end(self, entry: "Entry", came: JsonObject, happened: str) -> None:
        """Write down the outcome of a change; it is on the disk when this returns.

        Raises `JournalError`, which says what `happened`.
        """
        line = {"entry": entry.name, "event": "ended", "at": self._moment(), **entry.about, **came}
        # Shielded: a caller who leaves meanwhile does not take the line along.
        with anyio.CancelScope(shield=True):
            try:
                await JOURNAL.run(self._file.end, line)
            except OSError as error:
                of_many = entry.about["caller"] is not None
                fault = self._fault("could not be written afterwards", error, of_many=of_many)
                raise UnwrittenEndError(
                    f"{line['method']} {line['target']} was sent, but {fault}. {happened} Do not send it again."
                ) from error
            finally:
                entry.hold.close()

    def _unknown_end(self, begun: JsonObject) -> JsonObject:
        about = {name: value for name, value in begun.items() if name not in ("body", "query", "event")}
        return {
            "entry": about.pop("entry", None),
            "event": "ended",
            **about,
            "at": self._moment(),
            "outcome": "unknown",
            "error": "the process that sent it ended before the answer came",
        }

    def _moment(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds")

    def _fault(self, what: str, error: OSError, *, of_many: bool) -> str:
        fault = f"the journal {str(self._path)!r} {what} ({_reason(error)})"
        if not of_many:
            return fault
        # Where it lies is nothing that one of many callers need know.
        _log.error("%s", fault)
        return f"the journal {what} (this server's log says why)"


@dataclass(frozen=True, slots=True)
class Entry:
    """A change that is under way: written down as begun, and once what came of it is known, as ended."""

    journal: Journal
    name: str
    about: JsonObject
    hold: Hold
    passage: Passage | None = None

    async def done(self, answer: Response) -> None:
        """Write down that the change was done. Raises `JournalError`."""
        record = member(answer.body, "data", "id")
        came = {"outcome": "done", "status": answer.status, **({"id": record} if record is not None else {})}
        noted = {"note": answer.note} if answer.note else {}
        await self.journal.end(self, {**came, **noted}, f"It was done (HTTP {answer.status}).")

    async def failed(self, error: BaseException) -> None:
        """Write down what an error says about the change. Raises `JournalError`."""
        outcome = _outcome(error, is_out=self.passage is None or self.passage.is_out)
        came = {"outcome": outcome, **({"error": str(error)} if isinstance(error, OutreachError) else {})}
        await self.journal.end(self, came, str(error))


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


async def _or_none(user_id: Callable[[], Awaitable[int]]) -> int | None:
    try:
        return await user_id()
    except OutreachError:
        return None  # who it is stays unknown; the change itself will say what is wrong


def _outcome(error: BaseException, *, is_out: bool) -> str:
    if isinstance(error, RefusedRequestError) or not (is_out or isinstance(error, Exception)):
        return "not sent"
    if isinstance(error, UnreadableAnswerError):
        return "done"
    # Anything but an answer of Outreach (cancelled, a fault of ours) tells nothing about what was sent.
    return "failed" if isinstance(error, OutreachError) and not isinstance(error, OutcomeUnknownError) else "unknown"
