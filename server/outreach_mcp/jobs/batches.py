"""Applies a unit by a bulk action of Outreach, which waits until the number of its records is confirmed.

Until then nothing is changed, so whoever finds it waiting begins anew; from then on its items tell what came of it.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from outreach_mcp.api.errors.tree import OutcomeUnknownError, OutreachError, UnreadableAnswerError
from outreach_mcp.jobs.records import REST, Wave
from outreach_mcp.jobs.sending import JobFailedError, is_for_the_job, pause, shown
from outreach_mcp.jobs.singles import finish, send_all
from outreach_mcp.jobs.units import Unit
from outreach_mcp.jobs.work import LeavingError, Work
from outreach_tools.client import Hindered, JsonObject, MissingScope, Query, Request
from outreach_tools.engine.bulk.checking import look
from outreach_tools.engine.bulk.plan import Fit
from outreach_tools.engine.bulk.service import Outcome
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.text import one_line
from outreach_tools.json_values import array_at, is_object, member

_WAITS = "confirming"
_OVER = frozenset({"finished", "failed", "canceled"})
_PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0, 3.0)
_LONGEST_PAUSE = 5.0
_PATIENCE = 1800.0  # seconds for which a bulk action is waited for (assumed: what is bulk runs for minutes)
_TRIES = 4
_REASON = 200


class _NotTakenError(Exception):
    """Outreach does not take the bulk action, or counts other records in it: nothing was done."""


async def apply(work: Work, number: int, unit: Unit, fit: Fit, *, is_begun: bool = False) -> Wave:
    """Apply the steps of a unit of which none was done before, and return the wave as it ended."""
    steps = {place: work.steps[place] for place in unit.places}
    left = await look(work.gate, work.plan, steps)
    to_send = [place for place in unit.places if place not in left]
    wave = Wave(work.clock.now(), to_send, left, is_batch=True, came=None if to_send else {})
    if is_begun:
        await work.note(number, wave)
    else:
        await work.begin(number, wave)
    for outcome in left.values():
        work.count(outcome)
    if not to_send:
        return wave
    if work.is_ending:
        raise LeavingError  # nothing was begun, so it will be begun anew
    if work.must_end:
        return await _end(work, number, wave, dict.fromkeys(to_send, REST))
    try:
        batch = await _start(work, fit, [_id_of(work, place) for place in to_send])
        wave = replace(wave, batch=batch)
        await work.note(number, wave)
        await _confirm(work, batch, len(to_send))
    except _NotTakenError:
        wave = replace(wave, is_batch=False, batch=None)
        await work.note(number, wave)
        return await finish(work, number, wave, await send_all(work, to_send))
    except JobFailedError as error:
        work.failure = error
        return await _end(work, number, wave, dict.fromkeys(to_send, error.outcome))
    return await _end(work, number, wave, await _outcomes(work, wave, batch))


async def take_up(work: Work, number: int, unit: Unit, fit: Fit, wave: Wave) -> Wave:
    """Go on with a wave that another process had begun."""
    if wave.batch is None or await _is_waiting(work, wave.batch):
        # What was not confirmed has changed nothing, and never will.
        if wave.batch is not None:
            await _cancel(work, wave.batch)
        return await apply(work, number, unit, fit, is_begun=True)
    for outcome in wave.left.values():
        work.count(outcome)
    return await _end(work, number, wave, await _outcomes(work, wave, wave.batch))


async def _end(work: Work, number: int, wave: Wave, came: Mapping[int, Outcome]) -> Wave:
    ended = replace(wave, came=came)
    await work.note(number, ended)
    for outcome in came.values():
        work.count(outcome)
    return ended


def _id_of(work: Work, place: int) -> int:
    record = work.steps[place].record
    if record is None:
        raise JobFailedError("a step without a record cannot be a part of a bulk action")
    return record[1]


async def _start(work: Work, fit: Fit, ids: list[int]) -> int:
    """Begin a bulk action, which waits to be confirmed, and return its id. Raises `_NotTakenError`."""
    body: JsonObject = {"data": {"attributes": {"ids": ids, **fit.attributes}}}
    for attempt in range(_TRIES):
        work.require_lease()
        try:
            answer = await work.gate.send(Request("POST", f"/batches/actions/{fit.action}", body=body))
        except (OutreachError, ToolError, MissingScope) as error:
            if is_for_the_job(error):
                raise JobFailedError(str(error)) from error
            if not isinstance(error, Hindered) or attempt == _TRIES - 1:
                raise _NotTakenError from error
            # One that waits for ever has changed nothing: it may be begun again.
            await work.rest(pause(work, getattr(error, "retry_at", None), attempt))
            continue
        batch, count = member(answer.body, "data", "id"), member(answer.body, "data", "attributes", "confirmCount")
        if not isinstance(batch, int) or member(answer.body, "data", "attributes", "state") != _WAITS:
            why = f"Outreach began the bulk action {fit.action} without waiting for its number of records"
            raise JobFailedError(why, Outcome("unknown", f"{why}: look at batch {batch} there"))
        if count != len(ids):
            await _cancel(work, batch)
            raise _NotTakenError
        return batch
    raise _NotTakenError


async def _confirm(work: Work, batch: int, count: int) -> None:
    """Confirm a bulk action by its number of records; raises `_NotTakenError` where it is refused."""
    query: Query = (("actionParams[confirmedCount]", str(count)),)
    for attempt in range(_TRIES):
        work.require_lease()
        try:
            await work.gate.send(Request("POST", f"/batches/{batch}/actions/confirm", query))
        except (OutreachError, ToolError, MissingScope) as error:
            if is_for_the_job(error):
                doubt = Outcome("unknown", f"whether the bulk action {batch} was confirmed is not known: look at it")
                raise JobFailedError(str(error), doubt if attempt else REST) from error
            if not await _is_waiting(work, batch):
                return  # the answer was lost, not the confirmation
            if not isinstance(error, Hindered) and not _is_lost(error):
                await _cancel(work, batch)
                raise _NotTakenError from error
            await work.rest(pause(work, getattr(error, "retry_at", None), attempt))
        else:
            return
    await _cancel(work, batch)
    raise _NotTakenError


def _is_lost(error: Exception) -> bool:
    return isinstance(error, OutcomeUnknownError | UnreadableAnswerError)


async def _cancel(work: Work, batch: int) -> None:
    """Have Outreach forget a bulk action that waits; where it does not, it waits for ever and changes nothing."""
    try:
        await work.gate.send(Request("POST", f"/batches/{batch}/actions/cancel"))
    except (OutreachError, ToolError, MissingScope) as error:
        if is_for_the_job(error):
            raise JobFailedError(str(error)) from error


async def _is_waiting(work: Work, batch: int) -> bool:
    return bool(member(await _read(work, batch), "state") == _WAITS)


async def _read(work: Work, batch: int) -> JsonObject:
    """Return the attributes of a bulk action. Raises `JobFailedError` where it cannot be read for long."""
    for attempt in range(_TRIES):
        try:
            answer = await work.gate.send(Request("GET", f"/batches/{batch}", background=True))
        except (Hindered, UnreadableAnswerError) as error:
            if attempt == _TRIES - 1:
                raise
            await work.rest(pause(work, getattr(error, "retry_at", None), attempt))
        else:
            found = member(answer.body, "data", "attributes")
            return found if is_object(found) else {}
    raise AssertionError  # the last attempt raises


async def _outcomes(work: Work, wave: Wave, batch: int) -> dict[int, Outcome]:
    """Wait for a bulk action that was confirmed, and return what came of each of its records."""
    attributes = await _read(work, batch)
    waited, looks = 0.0, 0
    while member(attributes, "state") not in _OVER and waited < _PATIENCE and not work.is_ending:
        seconds = _PAUSES[looks] if looks < len(_PAUSES) else _LONGEST_PAUSE
        await work.clock.sleep(seconds)
        waited, looks = waited + seconds, looks + 1
        attributes = await _read(work, batch)
    state = member(attributes, "state")
    if state not in _OVER and work.is_ending:
        raise LeavingError  # whoever goes on asks Outreach what came of it
    if state == "finished" and not member(attributes, "failures"):
        return {place: Outcome("done") for place in wave.sent}
    failed = await _failed(work, batch)
    came: dict[int, Outcome] = {}
    doubtful: list[int] = []
    for place in wave.sent:
        number = _id_of(work, place)
        if number in failed:
            came[place] = Outcome("refused", failed[number])
        elif state == "finished" and len(failed) == member(attributes, "failures"):
            came[place] = Outcome("done")
        else:
            doubtful.append(place)
    if doubtful:
        why = f"the bulk action {batch} of Outreach is {state}"
        seen = await shown(work, [work.steps[place] for place in doubtful], wave.begun_at)
        over = state in _OVER
        for place, outcome in zip(doubtful, seen, strict=True):
            came[place] = outcome or Outcome("refused" if over else "unknown", f"{why}: look at the record")
    return came


async def _failed(work: Work, batch: int) -> dict[int, str]:
    """Return the ids of the records that a bulk action failed for, and why."""
    failed: dict[int, str] = {}
    query: Query = (("filter[batch][id]", str(batch)), ("filter[state]", "error"), ("page[size]", "1000"))
    answer = await work.gate.send(Request("GET", "/batchItems", query, background=True))
    for item in array_at(answer.body, "data"):
        number = _record_of(member(item, "attributes", "data"))
        if number is not None:
            failed[number] = one_line(str(member(item, "attributes", "info") or "Outreach does not say why"), _REASON)
    return failed


def _record_of(data: Any) -> int | None:
    """Return the id of the record that an item is about: its data is JSON text or an object (assumed: with `id`)."""
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return None
    number = member(data, "id")
    return int(number) if isinstance(number, int | str) and str(number).isdecimal() else None
