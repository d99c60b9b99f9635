"""Finds out what became of a change whose answer was lost, and never does a create or an action twice.

A create is sent again only where Outreach refuses a second one: a prospect with the same e-mail address, a prospect
who is in the sequence already. Otherwise the record is looked for. Updates and deletes are repeated by `retries`.
"""

import logging
from dataclasses import replace

import anyio

from outreach_mcp.api.calls import Call, Deadline, Send
from outreach_mcp.api.errors.from_answers import is_duplicate, is_maintenance
from outreach_mcp.api.errors.tree import (
    NotFoundError,
    OutcomeUnknownError,
    OutreachError,
    ServerError,
    UnreadableAnswerError,
)
from outreach_mcp.api.writes.action_states import shows, state_after
from outreach_mcp.api.writes.create_record import Create
from outreach_mcp.api.writes.reconciliation import Ask, Finding, Looking, shared_emails
from outreach_mcp.api.writes.server_clock import ServerClock
from outreach_tools.client import JsonObject, Query, Response
from outreach_tools.json_values import array_at, is_object, member

_log = logging.getLogger(__name__)

FOUND = (
    "The answer to this request was lost. The one record that holds what was sent and was created after it, by you, is "
    "taken to be its result"
)
_SEEN = "The answer to this action was lost; the record is now in the state the action leads to"


class Outcomes:
    """The layer that every change passes; `inner` repeats what can do no harm, `ask` makes calls that read."""

    def __init__(self, inner: Send, looking: Looking, ask: Ask, server_clock: ServerClock) -> None:
        self._inner = inner
        self._looking = looking
        self._ask = ask
        self._server_clock = server_clock

    async def send(self, call: Call, create: Create | None = None) -> Response:
        """Return the answer to a change, or what stands in for one that was lost.

        `create` is what is remembered of it when it creates a record. Raises `OutcomeUnknownError` where nothing shows
        whether the change was made.
        """
        try:
            try:
                return await self._inner(_repeatable(call))
            except OutreachError as error:
                return await self._settled(call, create, error)
        except anyio.get_cancelled_exc_class():
            if call.passage.sent_at is not None:
                _log.warning("%s was cancelled after it was sent: it may or may not have happened", call.sent.asked)
            raise

    async def _settled(self, call: Call, create: Create | None, error: OutreachError) -> Response:
        """Return what stands in for the answer of a change that failed, or raise the error it ends in."""
        unknown = call.passage.unknown
        if call.sent.method != "POST":
            if unknown is None:
                raise error
            if call.sent.method == "DELETE" and isinstance(error, NotFoundError):
                # The attempt whose answer was lost may have deleted it; either way it is not there any more, as asked.
                return Response(204, None)
            raise _unknown(unknown, error)
        unknown = unknown or (error if leaves_open(error) else None)
        if unknown is None:
            raise error
        if create is None:
            return await self._action(call, unknown)
        return await self._create(call, create, unknown, error)

    async def _create(self, call: Call, create: Create, unknown: OutreachError, error: OutreachError) -> Response:
        deadline = self._looking.deadline()
        finding = await self._find(call, create, deadline)
        if finding.record is None and await self._is_refused_twice(call, deadline):
            try:
                return await self._inner(replace(call, repeatable=True))
            except OutreachError as second:
                error = second
                finding = await self._find(call, create, deadline)
        if finding.record is not None:
            return Response(201, {"data": finding.record}, FOUND)
        if is_duplicate(error) and finding.taken:
            raise error  # it was there before, so the first attempt was refused as well
        raise _unknown(unknown, error, finding.reason)

    async def _find(self, call: Call, create: Create, deadline: Deadline) -> Finding:
        sent_at = call.passage.sent_at
        return await self._looking.find(create, sent_at, deadline) if sent_at else Finding()

    async def _is_refused_twice(self, call: Call, deadline: Deadline) -> bool:
        """Return whether a create is an enrolment that Outreach refuses a second time, by the sequence's ruleset."""
        if call.sent.path != "/sequenceStates":
            return False
        sequence = member(call.sent.body, "data", "relationships", "sequence", "data", "id")
        query = (
            ("include", "ruleset"),
            ("fields[sequence]", "ruleset"),
            ("fields[ruleset]", "permitDuplicateProspects"),
        )
        try:
            body = await self._read(f"/sequences/{sequence}", query, deadline)
        except OutreachError:
            return False
        permits = [member(each, "attributes", "permitDuplicateProspects") for each in array_at(body, "included")]
        return "allow" not in permits and bool(permits) == is_object(
            member(body, "data", "relationships", "ruleset", "data")
        )

    async def _action(self, call: Call, unknown: OutreachError) -> Response:
        state, sent_at = state_after(call.sent.path), call.passage.sent_at
        if state is None or sent_at is None:
            raise _unknown(unknown, unknown)
        try:
            body = await self._read(call.sent.path.partition("/actions/")[0], (), self._looking.deadline())
        except OutreachError as error:
            raise _unknown(unknown, unknown, f"Looking at the record failed: {error}") from error
        if shows(member(body, "data"), state, self._server_clock.earliest(sent_at)):
            return Response(200, body, _SEEN)
        raise _unknown(unknown, unknown, "The record does not show that it was done, which proves nothing.")

    async def _read(self, path: str, query: Query, deadline: Deadline) -> JsonObject:
        body = (await self._inner(self._ask(path, query, deadline))).body
        return body if is_object(body) else {}


def _repeatable(call: Call) -> Call:
    if call.sent.path == "/prospects" and call.sent.method == "POST" and shared_emails(call.sent.body):
        return replace(call, repeatable=True)
    return call


def leaves_open(error: OutreachError) -> bool:
    """Return whether a change may have been made though it ended in an error."""
    if isinstance(error, ServerError):
        return not is_maintenance(error)
    return isinstance(error, OutcomeUnknownError | UnreadableAnswerError)


def _unknown(unknown: OutreachError, last: OutreachError, reason: str = "") -> OutreachError:
    """Return the error of a change that may have been made; `last` is what its last attempt ended in."""
    again = "" if last is unknown or isinstance(last, OutcomeUnknownError) else f"Sent again, it ended in: {last}"
    if not reason and not again:
        return unknown
    message = " ".join(part for part in (str(unknown), reason, again) if part)
    return type(unknown)(message, status=unknown.status, details=unknown.details, retry_at=last.retry_at)
