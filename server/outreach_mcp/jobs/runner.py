"""Carries out one job from where it stands to its end, or until this process has to leave it to another."""

import logging
from collections.abc import Mapping
from dataclasses import replace

import anyio

from outreach_mcp.api.errors.tree import OutreachError, UnreadableAnswerError
from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_mcp.jobs import batches, singles
from outreach_mcp.jobs.records import NOT_KNOWN, REST, Job, Tally, Wave
from outreach_mcp.jobs.sending import JobFailedError, is_for_the_job, pause
from outreach_mcp.jobs.store import LEASE
from outreach_mcp.jobs.units import Unit, units_of
from outreach_mcp.jobs.work import LeaseLostError, LeavingError, Work
from outreach_tools.client import Hindered, MissingScope
from outreach_tools.engine.bulk.service import Outcome, State
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.text import one_line

_log = logging.getLogger(__name__)

_TRIES = 6
"""Attempts to read the records of a unit: with the pauses between them some minutes."""

_LONGEST_REASON = 300


async def run(work: Work) -> Job | None:
    """Carry a job out and return it as it ended; None where it did not end here, and another process goes on.

    The lease is kept meanwhile. Whatever happens, nothing is sent once it may be another's.
    """
    job: Job | None = None
    try:
        await work.prolong()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_keep, work)
            job = await _run(work)
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        _, others = group.split(LeaseLostError)
        if others is not None:
            raise
    except LeaseLostError:
        return None
    return job


async def _run(work: Work) -> Job | None:
    work.job = replace(work.job, state="running")
    await work.store.put_job(work.job)
    try:
        await _apply_all(work)
    except LeavingError:
        await work.store.put_job(replace(_counted(work), state="queued"))
        return None
    except (JobFailedError, OutreachError, ToolError, MissingScope, ConnectionNeededError) as failed:
        return await _end_early(work, "failed", str(failed))
    if work.failure is not None:
        return await _end_early(work, "failed", str(work.failure))
    if sum(work.tally.counts.values()) == len(work.steps) and not work.has_left_any:
        return await _end(work, "done")
    if work.is_stopped:
        said = f"ended after {work.tally.failures:,} failures (stop_at {work.job.stop_at:,})"
        return await _end_early(work, "stopped", said)
    return await _end_early(work, "cancelled")


async def _apply_all(work: Work) -> None:
    """Apply all units that are not applied yet, until the job, or with `LeavingError` the process, has to end."""
    for number, unit in enumerate(units_of(work.steps)):
        wave = await work.store.wave(work.job, number)
        if wave is not None and wave.came is not None:
            for outcome in wave.outcomes.values():
                work.count(outcome)
            continue
        if work.is_ending:
            raise LeavingError
        if wave is None:
            work.is_cancelled = work.is_cancelled or await work.store.is_cancelled(work.job)
            if work.must_end:
                return
        await _apply(work, number, unit, wave)
        await work.store.put_job(_counted(work))


async def _end_early(work: Work, state: State, why: str = "") -> Job:
    """End a job of which not all was applied: every step gets its one outcome, written down and counted alike."""
    work.tally = Tally()
    for number, unit in enumerate(units_of(work.steps)):
        wave = await work.store.wave(work.job, number)
        if wave is not None and wave.came is None:
            # Of what waits for its confirmation, or was not sent, nothing was done.
            lost = {place: NOT_KNOWN for place in wave.sent if not (wave.is_batch and wave.batch is None)}
            wave = replace(wave, came=lost)
            await work.note(number, wave)
        came: Mapping[int, Outcome] = {} if wave is None else wave.outcomes
        for place in unit.places:
            work.count(came.get(place, REST))
    return await _end(work, state, one_line(why, _LONGEST_REASON))


async def _end(work: Work, state: State, error: str = "") -> Job:
    work.job = replace(_counted(work), state=state, error=error, ended_at=work.clock.now())
    await work.store.put_job(work.job)
    work.changed()
    return work.job


async def _apply(work: Work, number: int, unit: Unit, wave: Wave | None) -> None:
    """Apply a unit, or go on with it, and try again for a while where Outreach cannot be read."""
    for attempt in range(_TRIES):
        before = work.tally.copy()
        try:
            if wave is not None and wave.is_batch and unit.fit is not None:
                await batches.take_up(work, number, unit, unit.fit, wave)
            elif wave is not None:
                await singles.take_up(work, number, wave)
            elif unit.fit is not None:
                await batches.apply(work, number, unit, unit.fit)
            else:
                await singles.apply(work, number, unit)
        except (Hindered, UnreadableAnswerError) as error:  # of a read: what came of a change is known by then
            if attempt == _TRIES - 1 or is_for_the_job(error):
                raise
            _log.warning("the job %s waits: %s", work.job.id, error)
            work.tally = before
            await work.rest(pause(work, getattr(error, "retry_at", None), attempt))
            wave = await work.store.wave(work.job, number)
            if work.is_ending:
                raise LeavingError from error
            if (wave is None and work.must_end) or (wave is not None and wave.came is not None):
                return
        else:
            return


def _counted(work: Work) -> Job:
    return replace(work.job, counts=dict(work.tally.counts), reasons=work.tally.reasons_told())


async def _keep(work: Work) -> None:
    """Prolong the lease, and see whether the job is to stop, until the job ends."""
    while True:
        await anyio.sleep(LEASE / 5)
        await work.prolong()
        if await work.store.is_cancelled(work.job):
            work.is_cancelled = True
