"""The journal of changes: each one a line of JSON, on the disk before its answer goes out."""

import json
import logging
import os
import stat
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import anyio
import anyio.to_thread

from outreach_mcp.api.errors import OutcomeUnknownError, OutreachError, RefusedRequestError, UnreadableAnswerError
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.api.passage import Passage
from outreach_mcp.callers import Caller
from outreach_tools.client import JsonObject, Response
from outreach_tools.clock import utc_now
from outreach_tools.engine.errors import ToolError
from outreach_tools.json_values import member

_log = logging.getLogger(__name__)

_LONGEST_WAIT = 10.0
"""Seconds for other processes to write their lines, each of which takes milliseconds."""


class JournalError(ToolError):
    """The journal cannot be written; the message says whether the change was sent."""


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf a change is made: the tool, and the caller where there are several."""

    tool: str
    caller: Caller | None = None


class Journal:
    """Appends to one file, which any number of processes of one user may share."""

    def __init__(self, path: Path, now: Callable[[], datetime] = utc_now) -> None:
        """Name the file; it is made, for this user only, before the first change is sent."""
        self._path = path
        self._now = now

    async def begin(self, actor: Actor, outgoing: Outgoing, user_id: Callable[[], Awaitable[int]]) -> "Entry":
        """Return the entry of a change that is about to be sent; `user_id` tells as whom in Outreach it is made.

        Raises `JournalError` when the file cannot be written: then the change must not be sent.
        """
        try:
            await anyio.to_thread.run_sync(self._append, b"")
        except OSError as error:
            fault = self._fault("cannot be written", error, of_many=actor.caller is not None)
            raise JournalError(
                f"{outgoing.method} {outgoing.path} was not sent: {fault}, and this server changes nothing without it. "
                "Nothing was changed."
            ) from error
        return Entry(
            self,
            {
                "at": self._now().astimezone(UTC).isoformat(timespec="milliseconds"),
                "caller": None if actor.caller is None else actor.caller.name,
                # Names can be chosen, and two may have the same.
                **({} if actor.caller is None else {"subject": actor.caller.subject}),
                "user": await _or_none(user_id),
                "tool": actor.tool,
                "method": outgoing.method,
                "target": outgoing.path,
                **({"query": [list(pair) for pair in outgoing.query]} if outgoing.query else {}),
                **({"body": outgoing.body} if outgoing.body is not None else {}),
            },
            outgoing.passage,
        )

    async def write(self, line: JsonObject, happened: str) -> None:
        """Append one line; it is on the disk when this returns. Raises `JournalError`, which says what happened."""
        text = json.dumps(line, ensure_ascii=True, separators=(",", ":"))
        # Shielded: a caller who leaves meanwhile does not take the line along.
        with anyio.CancelScope(shield=True):
            try:
                await anyio.to_thread.run_sync(self._append, f"{text}\n".encode())
            except OSError as error:
                fault = self._fault("could not be written afterwards", error, of_many=line["caller"] is not None)
                raise JournalError(
                    f"{line['method']} {line['target']} was sent, but {fault}. {happened} Do not send it again."
                ) from error

    def _fault(self, what: str, error: OSError, *, of_many: bool) -> str:
        fault = f"the journal {str(self._path)!r} {what} ({_reason(error)})"
        if not of_many:
            return fault
        # Where it lies is nothing that one of many callers need know.
        _log.error("%s", fault)
        return f"the journal {what} (this server's log says why)"

    def _append(self, line: bytes) -> None:
        import filelock  # noqa: PLC0415 - a start must not wait for it

        with filelock.FileLock(f"{self._path}.lock", timeout=_LONGEST_WAIT, mode=0o600):
            self._append_alone(line)

    def _append_alone(self, line: bytes) -> None:
        # Opened anew for each line, so that the file may be moved away.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if sys.platform != "win32" and stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
                os.fchmod(descriptor, 0o600)
            if line:
                if os.lseek(descriptor, 0, os.SEEK_END) and not _ends_line(descriptor):
                    line = b"\n" + line  # the disk was full in the middle of an earlier one
                written = os.write(descriptor, line)
                if written < len(line):
                    os.write(descriptor, line[written:])
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Entry:
    """A change that is under way; it is written down once what came of it is known."""

    journal: Journal
    line: JsonObject
    passage: Passage | None = None

    async def done(self, answer: Response) -> None:
        """Write down that the change was done. Raises `JournalError`."""
        record = member(answer.body, "data", "id")
        came = {"outcome": "done", "status": answer.status, **({"id": record} if record is not None else {})}
        noted = {"note": answer.note} if answer.note else {}
        await self.journal.write({**self.line, **came, **noted}, f"It was done (HTTP {answer.status}).")

    async def failed(self, error: BaseException) -> None:
        """Write down what an error tells of the change. Raises `JournalError`."""
        outcome = _outcome(error, is_out=self.passage is None or self.passage.is_out)
        came = {"outcome": outcome, **({"error": str(error)} if isinstance(error, OutreachError) else {})}
        await self.journal.write({**self.line, **came}, str(error))


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _ends_line(descriptor: int) -> bool:
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1) == b"\n"


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
    # What is no answer of Outreach (cancelled, a fault of ours) tells nothing about what was sent.
    return "failed" if isinstance(error, OutreachError) and not isinstance(error, OutcomeUnknownError) else "unknown"
