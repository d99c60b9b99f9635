"""Applies a few steps one by one: looks at their records, writes down what will be sent, sends it, and what came."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from outreach_mcp.jobs.records import REST, Wave
from outreach_mcp.jobs.sending import JobFailedError, how_to_check, send, shown
from outreach_mcp.jobs.units import Unit
from outreach_mcp.jobs.work import LeavingError, Work
from outreach_tools.engine.bulk.checking import is_enrolment, look
from outreach_tools.engine.bulk.plan import Step
from outreach_tools.engine.bulk.service import Outcome
from outreach_tools.engine.bulk.told import SIDE_BY_SIDE
from outreach_tools.engine.concurrency import run_together

_CLOCKS = timedelta(seconds=60)
"""By how much Outreach's clock may be behind this one."""

_UNSURE = "the process that sent it ended before the answer came, and the record was changed since."


async def apply(work: Work, number: int, unit: Unit) -> Wave:
    """Apply the steps of a unit of which none was sent before, and return the wave as it ended."""
    steps = {place: work.steps[place] for place in unit.places}
    left = await look(work.gate, work.plan, steps)
    to_send = [place for place in unit.places if place not in left]
    wave = Wave(work.clock.now(), to_send, left)
    await work.begin(number, wave if to_send else replace(wave, came={}))
    for outcome in left.values():
        work.count(outcome)
    return await finish(work, number, wave, await send_all(work, to_send)) if to_send else wave


async def take_up(work: Work, number: int, wave: Wave) -> Wave:
    """Go on with a wave that another process had begun: what it did is found out, and nothing is sent twice."""
    since = wave.begun_at - _CLOCKS
    waited = (work.clock.now() - wave.begun_at).total_seconds()
    await work.rest(work.settle - waited)  # a request of the other one may be under way still
    steps = {place: work.steps[place] for place in wave.sent}
    places = [*steps]
    seen = await shown(work, [steps[place] for place in places], since)
    came = {place: outcome for place, outcome in zip(places, seen, strict=True) if outcome is not None}
    rest = {place: steps[place] for place in places if place not in came}
    untouched = await look(work.gate, work.plan, rest) if rest else {}
    again: list[int] = []
    hidden = [place for place, step in rest.items() if not _shows_itself(step)]
    if hidden:
        found, again = await _of_hidden(work, number, wave, hidden)
        came.update(found)
    anew = frozenset(again)
    for place, step in rest.items():
        if place in hidden:
            continue
        if place in untouched:
            came[place] = _of_untouched(step, untouched[place])
        else:
            again.append(place)
    if wave.waiting:
        waiting = {place: work.steps[place] for place in wave.waiting}
        untouched = await look(work.gate, work.plan, waiting)
        came.update(untouched)
        again += [place for place in waiting if place not in untouched]
    for outcome in (*wave.left.values(), *came.values()):
        work.count(outcome)
    if not again:
        return await finish(work, number, replace(wave, waiting=()), came)
    # What is settled stays so, wherever this process ends in its turn.
    wave = replace(wave, begun_at=work.clock.now(), sent=again, left={**wave.left, **came}, waiting=())
    await work.note(number, wave)

    async def settle(place: int, outcome: Outcome) -> Outcome:
        if place not in anew or outcome.code != "refused":
            return outcome
        # It may be refused because it is there, as the process that died has made it.
        return (await _made_before(work, number, wave, [place])).get(place, outcome)

    return await finish(work, number, wave, await send_all(work, again, settle))


_UNSURE_OF_CREATE = "the process that sent it ended before the answer came, and whether it was done is not known."


async def _of_hidden(
    work: Work, number: int, wave: Wave, places: Sequence[int]
) -> tuple[dict[int, Outcome], list[int]]:
    """Return the outcomes of steps that no record shows, and those that may be sent again, as none is made twice."""
    from outreach_mcp.jobs.lost import is_refused_twice  # noqa: PLC0415 - it brings what talks HTTP

    creates = [place for place in places if work.steps[place].kind == "create"]
    came = await _made_before(work, number, wave, creates)
    rest = [place for place in places if place not in came]
    again = [place for place in rest if is_refused_twice(work.steps[place]) and not work.must_end]
    came.update({place: _unsure(work.steps[place]) for place in rest if place not in again})
    return came, again


async def _made_before(work: Work, number: int, wave: Wave, creates: Sequence[int]) -> dict[int, Outcome]:
    """Return which of some creates are known to be done, by what they made, and of which that is doubtful."""
    from outreach_mcp.jobs.lost import look_for  # noqa: PLC0415 - it brings what talks HTTP

    lost = await look_for(work, number, wave, creates)
    return {**{place: _unsure(work.steps[place]) for place in lost.doubtful}, **lost.done}


def _unsure(step: Step) -> Outcome:
    return Outcome("unknown", f"{_UNSURE_OF_CREATE} {how_to_check(step)}")


async def _as_it_is(_: int, outcome: Outcome) -> Outcome:
    return outcome


async def send_all(
    work: Work, places: list[int], settle: Callable[[int, Outcome], Awaitable[Outcome]] = _as_it_is
) -> dict[int, Outcome]:
    """Send some steps, a few at a time, until the job has to end; return what came of each, as `settle` settles it.

    Where the process ends, those are missing that were not sent.
    """
    came: dict[int, Outcome] = {}
    waiting = iter(places)

    async def send_next() -> None:
        for place in waiting:
            if work.is_ending:
                return
            came[place] = REST if work.must_end else await settle(place, await _sent(work, work.steps[place]))
            work.count(came[place])

    await run_together([send_next] * min(SIDE_BY_SIDE, len(places)))
    return came


async def _sent(work: Work, step: Step) -> Outcome:
    """Send a step and return what came of it; what the others would meet as well is noted, and those under way end."""
    try:
        return await send(work, step)
    except JobFailedError as error:
        work.failure = work.failure or error
        return error.outcome


async def finish(work: Work, number: int, wave: Wave, came: Mapping[int, Outcome]) -> Wave:
    """Write down what came of a wave, and return it. Raises `LeavingError` where steps of it still wait."""
    known = {**wave.left, **came}
    waiting = [place for place in wave.sent if place not in known]
    if waiting:
        await work.note(number, replace(wave, sent=(), left=known, waiting=waiting))
        raise LeavingError
    ended = replace(wave, came=came)
    await work.note(number, ended)
    return ended


def _shows_itself(step: Step) -> bool:
    """Return whether a record shows that a step was not done."""
    return is_enrolment(step) or step.kind == "delete" or (step.id is not None and bool(step.after))


def _of_untouched(step: Step, outcome: Outcome) -> Outcome:
    """Return the outcome of a step that was perhaps sent, whose record is not as it was in the plan."""
    if outcome.code == "unchanged":
        return Outcome("done")
    return Outcome("unknown", f"{_UNSURE} {how_to_check(step)}")
