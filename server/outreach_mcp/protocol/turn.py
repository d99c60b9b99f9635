"""One call of a tool, and what it may do once: what an answer agreed to, and what a key of the caller's names."""

import hashlib
import json
import logging
from typing import Any

import anyio
from mcp_types import CallToolRequestParams, ElicitResult

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.caller import current_caller
from outreach_mcp.guard.ledger import Ledger
from outreach_mcp.protocol.invocation import Outcome, RepeatedError
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.tool import Tool
from outreach_tools.json_values import is_object

_log = logging.getLogger(__name__)

KEY = "outreach-mcp/idempotency-key"
"""The member of a call's `_meta` that names what is to be done once; no model writes it, so no schema has it."""

QUESTION = "confirmation"
"""The name under which a question is put, and an answer comes back."""

_REPEATED = "repeated"
"""The member of an answer that says so: no attribute of a record has its name."""

_LONGEST_KEY = 128
_LONGEST_TEXT = 4000
"""Characters of an answer that are kept for repeats; that to a change has a few hundred."""


class Turn:
    """The work that one call has begun under its answer and its key; `end` it, whatever comes of the call."""

    def __init__(self, ledger: Ledger, tool: Tool, params: CallToolRequestParams) -> None:
        """Take what the call brings along."""
        self._ledger = ledger
        given = (params.input_responses or {}).get(QUESTION)
        self.answer = given if isinstance(given, ElicitResult) else None
        """The answer to a question that came with the call; `answers` says which question."""
        self._question = None if self.answer is None else params.request_state
        meta: Any = params.meta
        self._key: Any = meta.get(KEY) if is_object(meta) and not tool.read_only else None
        caller = current_caller()
        self._key_name = None if self._key is None else f"key {_digest([caller and caller.subject, self._key])}"
        self._mark = "" if self._key is None else _digest([params.name, params.arguments or {}])
        self._begun: list[str] = []
        self._came: str | None = None
        self._is_sent = self._is_done = False

    async def repeated(self) -> Outcome | None:
        """Return the outcome of the first call, if this one repeats another; None if it is the first.

        Raises `ToolError` for a key that was used for another call.
        """
        _check(self._key)
        if self._key_name is not None and (entry := await self._ledger.find(self._key_name)) is not None:
            if entry.mark != self._mark:
                raise ToolError(
                    f"Nothing was sent: the key {self._key!r} in _meta[{KEY!r}] was used for another call. Give each "
                    "call that is meant a key of its own."
                )
            if entry.state != "open":
                return await self._outcome(self._key_name, "key")
        if self._question is not None and (entry := await self._ledger.find(self._question)) is not None:
            return None if entry.state == "open" else await self._outcome(self._question, "answer")
        return None

    async def ask(self, mark: str) -> str:
        """Note that a question is asked, and return what the client is to bring back with the answer."""
        return await self._ledger.ask(mark)

    async def answers(self, mark: str) -> bool:
        """Return whether the answer that the call brought is one to the question with this mark.

        Raises `ToolError` for a second change on one answer.
        """
        if self._question is None:
            return False
        if self._question in self._begun:
            raise ToolError(
                "Not done: one answer is for one change, and this call would make two. Make them one by one."
            )
        entry = await self._ledger.find(self._question)
        return entry is not None and entry.mark == mark

    async def is_in_time(self, name: str, mark: str) -> bool:
        """Spend the answer to a question that was asked within this call; return whether it came while it counts."""
        return await self._ledger.spend(name, mark)

    async def spend(self, mark: str) -> None:
        """Spend the answer that the call brought, yes or no. Raises `RepeatedError` where another call was faster."""
        if self._question is None or not await self._ledger.spend(self._question, mark):
            raise RepeatedError
        self._begun.append(self._question)

    async def begin(self) -> None:
        """Use the key, before a change is sent. Raises `RepeatedError` where another call was faster."""
        if self._key_name is None or self._key_name in self._begun:
            return
        if not await self._ledger.use(self._key_name, self._mark):
            raise RepeatedError
        self._begun.append(self._key_name)

    def came(self, what: str | None, *, sent: bool, done: bool = False) -> None:
        """Note what came of a change, for repeats of a call whose own answer nobody gets; None: nobody knows."""
        self._came, self._is_done, self._is_sent = what, done, self._is_sent or sent

    async def end(self, outcome: Outcome | None) -> None:
        """Keep what came of the call for those that repeat it, even if it is cancelled; None: it has no answer."""
        if not self._begun:
            return
        with anyio.CancelScope(shield=True):
            await self._keep(outcome)

    async def _keep(self, outcome: Outcome | None) -> None:
        text, failed = self._known() if outcome is None else (_kept(outcome), outcome.failed)
        for name in self._begun:
            try:
                if name == self._key_name and not self._is_sent:
                    await self._ledger.release(name)
                else:
                    await self._ledger.end(name, text, failed=failed)
            except (OutreachError, ToolError) as error:
                # What was done is done; to a repeat it counts as unknown after a minute.
                _log.warning("What came of a call cannot be kept for those that repeat it: %s", error)

    def _known(self) -> tuple[str | None, bool]:
        """Return what is known of a call that has no answer, and whether it failed."""
        if self._is_done:
            return json.dumps({"note": self._came}), False
        return (self._came if self._is_sent else "the call ended before anything was sent."), True

    async def _outcome(self, name: str, what: str) -> Outcome:
        entry = await self._ledger.ended(name)
        if entry is not None and entry.text is not None and not entry.failed:
            return Outcome(_with_note(entry.text, f"Already done by this {what}: nothing was sent again"))
        if entry is None:
            came = f"the change of this {what} is under way. Read the record before you try again."
        elif entry.text is None:
            came = (
                f"this {what} was used already, and whether what it stands for was done is not known. Read the record "
                "before you ask for it again."
            )
        else:
            came = f"this {what} was used already. What came of it: {entry.text}"
        return Outcome(f"Nothing was sent now: {came}", failed=True, error=RepeatedError.__name__)


def _with_note(text: str, note: str) -> str:
    answer: Any = json.loads(text)
    answer = answer if is_object(answer) else {"answer": answer}
    return json.dumps({_REPEATED: note, **answer}, ensure_ascii=False, separators=(",", ":"))


def _kept(outcome: Outcome) -> str:
    """Return the text of an outcome as it is kept for repeats."""
    if len(outcome.text) <= _LONGEST_TEXT:
        return outcome.text
    if outcome.failed:
        return f"{outcome.text[:_LONGEST_TEXT]}…"
    answer: Any = json.loads(outcome.text)
    kept = {name: answer[name] for name in ("id", "status") if is_object(answer) and name in answer}
    return json.dumps({**kept, "note": "its answer was too long to be kept: read the record"})


def _check(key: object) -> None:
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= _LONGEST_KEY):
        raise ToolError(
            f"Nothing was sent: _meta[{KEY!r}] must be a text of 1 to {_LONGEST_KEY} characters, such as a UUID."
        )


def _digest(value: Any) -> str:
    # Escaped, so that half a surrogate pair is not an error.
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
