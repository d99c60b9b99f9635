"""Answers an equal create within a minute with the record of the first: models repeat calls whose answer was late.

Never for calls, tasks and mailings, where two may be meant, nor for what says itself that it is another one.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from outreach_mcp.api.calls import Call
from outreach_mcp.api.errors.from_answers import how_to_check, in_utc
from outreach_mcp.api.errors.tree import NotFoundError, OutcomeUnknownError, OutreachError
from outreach_mcp.api.writes.create_record import REPEAT, Create
from outreach_mcp.api.writes.creates import Creates
from outreach_mcp.api.writes.outcomes import FOUND, Outcomes, leaves_open
from outreach_mcp.api.writes.reconciliation import Looking, shared_emails
from outreach_tools.client import Response

_COLLECTION = re.compile(r"/[^/]+")
_RECORD = re.compile(r"(/[^/]+)/([^/]+)")

_TWO_MAY_BE_MEANT = frozenset({"/calls", "/mailings", "/tasks"})


class Recent:
    """The layer of changes that remembers creates, and forgets those whose records are deleted."""

    def __init__(self, outcomes: Outcomes, creates: Creates, looking: Looking, now: Callable[[], datetime]) -> None:
        self._outcomes = outcomes
        self._creates = creates
        self._looking = looking
        self._now = now

    async def send(self, call: Call) -> Response:
        """Return the answer to a change, or for a create that repeats another one the first one's record."""
        sent = call.sent
        if sent.method == "POST" and _COLLECTION.fullmatch(sent.path):
            return await self._create(call)
        if sent.method == "DELETE" and (record := _RECORD.fullmatch(sent.path)):
            return await self._delete(call, record[1], record[2])
        if sent.method == "POST" and sent.path.startswith("/batches/actions/"):
            await self._creates.forget_all()
        return await self._outcomes.send(call)

    async def _delete(self, call: Call, path: str, record_id: str) -> Response:
        try:
            answer = await self._outcomes.send(call)
        except BaseException as error:
            if isinstance(error, NotFoundError) or _may_have_been_done(error):
                await self._creates.forget(path, record_id)
            raise
        await self._creates.forget(path, record_id)
        return answer

    async def _create(self, call: Call) -> Response:
        path, key = call.sent.path, _key(call)
        alone = not call.distinct and path not in _TWO_MAY_BE_MEANT
        while True:
            create = Create(path, key, call.sent.body, self._now())
            first = await self._creates.begin(create, alone=alone)
            if first is None:
                break
            if self._creates.is_under_way(first):
                if not await self._creates.ended_within(first, call.deadline.left()):
                    raise self._refusal(call, first)
                continue  # it may have been refused, and then it is forgotten
            answer = await self._answer_of(call, first)
            if answer is not None:
                return answer
            # Outreach itself refuses a second one, so sending it is the way to find out; `outcomes` reads the
            # refusal in the light of the first attempt.
            await self._creates.drop(first)
            call.passage.sent_at, call.passage.unknown = first.sent_at, self._refusal(call, first)
        try:
            answer = await self._outcomes.send(call, create)
        except BaseException as error:
            sent_at = call.passage.sent_at
            if sent_at is not None and _may_have_been_done(error):
                await self._creates.left_open(create, sent_at)
            else:
                await self._creates.drop(create)
            raise
        await self._creates.done(create, answer)
        return answer

    async def _answer_of(self, call: Call, first: Create) -> Response | None:
        """Return the answer with the record of an equal create, None when this one may be sent all the same."""
        if first.answer is None and first.sent_at is not None:
            finding = await self._looking.find(first, first.sent_at, self._looking.deadline())
            if finding.record is None:
                if shared_emails(call.sent.body) and call.sent.path == "/prospects":
                    return None
                raise self._refusal(call, first)
            first = await self._creates.done(first, Response(201, {"data": finding.record}, FOUND))
        if first.answer is None:
            return None
        seconds = self._creates.seconds_since(first)
        again = in_utc(self._now() + timedelta(seconds=REPEAT - seconds))
        note = (
            f"Nothing new was created: an equal request created this record {seconds:.0f} seconds ago. If a second one "
            f"is meant, ask again after {again}"
        )
        return Response(first.answer.status, first.answer.body, note)

    def _refusal(self, call: Call, first: Create) -> OutcomeUnknownError:
        at = f" at {in_utc(first.sent_at)}" if first.sent_at else ""
        return OutcomeUnknownError(
            f"{call.sent.asked} was not sent: an equal request was sent{at}, and whether it was done is not known yet. "
            f"{how_to_check(call.sent)} A minute after the first one has ended it can be sent again."
        )


def _key(call: Call) -> str:
    body = json.dumps(call.sent.body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(call.request.url.raw_path + b" " + body.encode()).hexdigest()


def _may_have_been_done(error: BaseException) -> bool:
    # Anything but an answer of Outreach (cancelled, a fault of ours) says nothing about what was sent before it.
    return leaves_open(error) if isinstance(error, OutreachError) else True
