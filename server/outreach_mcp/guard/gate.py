"""The one way from a tool to Outreach: every request is held against the policy and, where it must be, confirmed."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

import anyio

from outreach_mcp.api.calls import Prepared
from outreach_mcp.api.errors.tree import (
    NotFoundError,
    OutcomeUnknownError,
    OutreachError,
    PermissionDeniedError,
    ServerError,
    UnreadableAnswerError,
)
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.caller import current_caller
from outreach_mcp.guard.confirmation import ConfirmationLevel, must_confirm
from outreach_mcp.guard.journal import Entry, Journal
from outreach_mcp.guard.policy import Policy, is_of_labels
from outreach_mcp.guard.question import Question, question_for
from outreach_mcp.guard.shown_values import LONG, quoted
from outreach_mcp.guard.whole import Whole, has_to_be_asked, question_about
from outreach_mcp.observability.events import is_wanted, tell
from outreach_tools.client import JsonObject, MissingScope, Request, Response, Unread
from outreach_tools.engine.bulk.plan import Step
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.labels.fields import NONE, CustomFields
from outreach_tools.engine.labels.source import read_fields
from outreach_tools.engine.marks import UNTRUSTED, long_texts
from outreach_tools.engine.naming.kept import Kept
from outreach_tools.engine.tool import Tool

_PATIENCE = 5.0  # seconds: with a call's 30, and 10 for an unknown outcome, it stays below the 60 of MCP's clients

_log = logging.getLogger(__name__)


class DryRun(Exception):  # noqa: N818 - it is not an error: it ends a call that is not to change anything
    """A change was asked for that is only to be shown: `shown` says what it would be."""

    def __init__(self, shown: JsonObject) -> None:
        super().__init__("nothing was sent")
        self.shown = shown


class Consenting(Protocol):
    """Whoever has to agree to a change before it is sent."""

    def unasked(self, level: ConfirmationLevel, /) -> str:
        """Return the reason why a change is sent without asking anybody, for the journal."""
        ...

    async def ask(self, make: Callable[[], Awaitable[Question]], /) -> str:
        """Return who agreed to a change, for the journal; raises when nobody did.

        `make` makes the question of what Outreach holds at that moment.
        """
        ...

    async def begin(self) -> None:
        """Agree that a change is sent now; raises when it was sent before."""
        ...

    def came(self, what: str | None, *, sent: bool, done: bool = False) -> None:
        """Note the outcome of a change, None when nobody knows: whether it may have been sent, and was done."""
        ...


class BeforeImages(Protocol):
    """Whoever keeps what records held before single changes, so that these can be taken back."""

    async def before(self, outgoing: Outgoing, read: Callable[[Request], Awaitable[Response]], /) -> Step | None:
        """Return a change as a step that could be taken back, None for one that cannot."""
        ...

    async def keep(self, name: str, step: Step, /) -> None:
        """Keep a change that is about to be sent; raises where it cannot be kept, and then it is not sent."""
        ...

    async def came(self, name: str, step: Step, answer: Response | None, /, *, is_known: bool) -> None:
        """Keep what came of a change: its answer, or None for a failure; whether that is known."""
        ...


class PreparingClient(Protocol):
    """A client that shows what it will send before it sends it."""

    async def prepare(self, request: Request) -> Prepared:
        """Return a request as it will be sent."""
        ...

    async def send(self, prepared: Prepared, /) -> Response:
        """Send what was prepared, once."""
        ...

    async def current_user_id(self) -> int:
        """Return the id of the user the token acts for."""
        ...


@dataclass(frozen=True, slots=True)
class Gate:
    """The client that one call of a tool works with (an `outreach_tools.client.Client`).

    `consenting` agrees to every change before it is sent, and is asked about those that the confirmation level wants a
    person to see; what is agreed to as a `whole` is asked about once. What is `kept` of records that it may have
    changed is forgotten. Where there is a journal, what was before a change is kept as one of `images`. A dry one
    raises `DryRun` in the place of the first change.
    """

    client: PreparingClient
    policy: Policy
    tool: Tool
    confirm: ConfirmationLevel
    consenting: Consenting
    journal: Journal | None = None
    kept: Kept | None = None
    images: BeforeImages | None = None
    is_dry: bool = False
    whole: Whole = field(default_factory=Whole)

    async def send(self, request: Request) -> Response:
        """Send one request that the policy allows and, where needed, a person agreed to; a change is written down."""
        send = self._sent if request.method == "GET" else self._changed
        if is_of_labels(self.tool, request.method, request.target):
            return self.policy.readable.with_labels(await send(request), self.tool.resource)
        return self.policy.readable.without_hidden(await send(request), request.body)

    async def agree(self, what: str, called: str, requests: Sequence[Request]) -> None:
        """See that requests are allowed and agreed to as a whole, before the first of them is sent.

        `what` says in words what they come to, with `{}` for the name that it is `called`. The ids and links of what is
        yet to be made are missing in them.
        """
        what = what.format(quoted(called, LONG))
        outgoings = [(await self.client.prepare(each)).outgoing for each in requests]
        for each in outgoings:
            self.policy.judge(self.tool, each)
        if self.is_dry:
            asked = [f"{each.method} {each.path}" for each in outgoings]
            raise DryRun({"dry_run": "nothing was sent", "doing": what, "requests": asked})
        if has_to_be_asked(outgoings, self.confirm):
            make = partial(question_about, what, outgoings, _Aside(self.client, self.policy))
            consent = await self.consenting.ask(make)
        else:
            consent = self.consenting.unasked(self.confirm)
        self.whole.begin(consent, outgoings)

    async def attempt(self, request: Request) -> Response | Unread:
        """Read what only adds to an answer, as far as the policy, the scopes, Outreach and the time let it.

        The answer may be about a change that is done already: no outcome of this read takes that back. It looks up
        nobody's name.
        """
        beside = replace(self, tool=replace(self.tool, names=frozenset()))
        with anyio.move_on_after(_PATIENCE):
            try:
                return await beside.send(request)
            except (ToolError, MissingScope, PermissionDeniedError, NotFoundError) as error:
                return Unread(_reason(error))
            except OutreachError as error:
                return Unread(_reason(error), passing=True)
        return Unread("no answer in time", passing=True)

    async def current_user_id(self) -> int:
        """Return the id of the user the token acts for; every policy allows that to be shown."""
        return await self.client.current_user_id()

    async def _sent(self, request: Request) -> Response:
        prepared = await self.client.prepare(request)
        self.policy.judge(self.tool, prepared.outgoing, looks_up=request.looks_up)
        return await self.client.send(prepared)

    async def _changed(self, request: Request) -> Response:
        entry: Entry | None = None
        prepared: Prepared | None = None
        step: Step | None = None
        try:
            prepared = await self.client.prepare(request)
            outgoing = prepared.outgoing
            self.policy.judge(self.tool, outgoing)
            await self._show(outgoing)
            consent = await self._consent(outgoing)
            await self.consenting.begin()
            if self.journal is not None and self.images is not None:
                step = await self.images.before(outgoing, _Aside(self.client, self.policy).send)
            if self.journal is not None:
                user = self.client.current_user_id
                entry = await self.journal.begin(self.tool.name, outgoing, user, prepared.passage, consent=consent)
            if entry is not None and self.images is not None and step is not None:
                await self.images.keep(entry.name, step)
            self._tell(outgoing, consent)
            answer = await self.client.send(prepared)
        except BaseException as error:
            known = str(error) if isinstance(error, OutreachError) else None
            self.consenting.came(known, sent=prepared is not None and prepared.passage.is_out)
            if prepared is not None and prepared.passage.is_out:
                self._forget(prepared)
            if entry is not None:
                await entry.failed(error)
                is_known = not (prepared is not None and prepared.passage.is_out) or known is not None
                await self._came(entry, step, None, is_known=is_known and not _may_be_done(error))
            raise
        self._forget(prepared)
        self.whole.note(outgoing, answer)
        self.consenting.came(f"It was done (HTTP {answer.status})", sent=True, done=True)
        if entry is not None:
            await entry.done(answer)
            await self._came(entry, step, answer, is_known=True)
            if step is not None:
                return replace(answer, note=". ".join(filter(None, (answer.note, f"change_id {entry.name}"))))
        return answer

    async def _came(self, entry: Entry, step: Step | None, answer: Response | None, *, is_known: bool) -> None:
        """Keep what came of a change, also of a call that is cancelled: it was made, and can be taken back."""
        if self.images is not None and step is not None:
            with anyio.CancelScope(shield=True):
                await self.images.came(entry.name, step, answer, is_known=is_known)

    def _forget(self, prepared: Prepared) -> None:
        """Forget what is kept of the types of which a change may have changed records."""
        for kind in {kind for kind, _ in prepared.outgoing.operation.demands}:
            if self.kept is not None:
                self.kept.forget_type(kind)

    async def _show(self, outgoing: Outgoing) -> None:
        """End a dry run by `DryRun`: its request, its record before and after, and what a person would be asked."""
        if not self.is_dry:
            return
        aside = _Aside(self.client, self.policy)
        question = await question_for(outgoing, aside)
        step = None if self.images is None else await self.images.before(outgoing, aside.send)
        shown: JsonObject = {
            "dry_run": "nothing was sent",
            "request": f"{outgoing.method} {outgoing.path}",
            "query": [f"{name}={value}" for name, value in outgoing.query],
            "body": outgoing.body,
            "before": None if step is None else step.before,
            "after": None if step is None else step.after,
            "asked": must_confirm(outgoing, self.confirm),
            "question": question.text,
        }
        # What the record holds, strangers may have written; all else is the caller's own.
        written = {UNTRUSTED: long_texts([("before", shown["before"])]), **shown}
        raise DryRun({name: value for name, value in written.items() if value not in (None, [], {})})

    async def _consent(self, outgoing: Outgoing) -> str:
        if self.whole.takes(outgoing):
            return self.whole.consent
        if not must_confirm(outgoing, self.confirm):
            return self.consenting.unasked(self.confirm)
        aside = _Aside(self.client, self.policy)
        return await self.consenting.ask(partial(question_for, outgoing, aside, self._labels))

    async def _labels(self, kind: str) -> CustomFields:
        """Return what a type's custom fields are called at this moment, as far as the tool may be told of that."""
        beside = replace(self, tool=replace(self.tool, labels=True))
        held = await read_fields(self.kept or Kept(), beside.attempt, kind, anew=True)
        return held.value.types.get(kind, NONE)

    def _tell(self, outgoing: Outgoing, consent: str) -> None:
        if not is_wanted(_log):
            return
        operation, caller = outgoing.operation, current_caller()
        tell(
            _log,
            f"sending a change for {self.tool.name}",
            event="change",
            tool=self.tool.name,
            type=operation.type,
            operation=operation.kind if operation.known else "",
            id=operation.record_id,
            consent=consent,
            **({} if caller is None else {"caller": caller.name}),
        )


def _may_be_done(error: BaseException) -> bool:
    return isinstance(error, OutcomeUnknownError | UnreadableAnswerError | ServerError)


def _reason(error: Exception) -> str:
    """Return in few words why something could not be read; the whole message may hold much."""
    if isinstance(error, MissingScope):
        return error.reason
    status = error.status if isinstance(error, OutreachError) else None
    return f"HTTP {status}" if status else "no answer" if isinstance(error, OutreachError) else "the settings"


@dataclass(frozen=True, slots=True)
class _Aside:
    """The client that a question is made with: the question reaches the model, so it shows no more than a tool may."""

    client: PreparingClient
    policy: Policy

    async def send(self, request: Request) -> Response:
        prepared = await self.client.prepare(request)
        self.policy.judge_aside(prepared.outgoing)
        answer = await self.client.send(prepared)
        return self.policy.readable.without_hidden(answer, request.body)

    async def current_user_id(self) -> int:
        return await self.client.current_user_id()
