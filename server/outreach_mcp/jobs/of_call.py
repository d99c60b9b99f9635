"""Plans and jobs as one call of a tool sees them: those of its caller, and nobody else's."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import anyio

from outreach_mcp.caller import current_caller
from outreach_mcp.guard.confirmation import ConfirmationLevel
from outreach_mcp.guard.gate import Consenting
from outreach_mcp.guard.policy import PolicyError
from outreach_mcp.guard.question import Question
from outreach_mcp.guard.readable import Readable
from outreach_mcp.jobs.images import done_of
from outreach_mcp.jobs.question import UNASKED, must_ask, question_of
from outreach_mcp.jobs.records import NOT_KNOWN, REST, Job, Wave
from outreach_mcp.jobs.service import Jobs, Running, Setting
from outreach_mcp.jobs.shown_steps import kinds_of, known_step, shown_step
from outreach_mcp.jobs.store import HOLDS, PlanHead
from outreach_mcp.jobs.units import units_of
from outreach_tools.client import Request
from outreach_tools.engine.bulk.plan import Plan, Step
from outreach_tools.engine.bulk.requests import request_of
from outreach_tools.engine.bulk.service import Done, KeptPlan, Outcome, Report
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.matching import listed, shorten
from outreach_tools.engine.tool import Progress

_log = logging.getLogger(__name__)

WAITS = 20.0
"""Seconds that a call waits for its job: clients give a call up after 60, and what is small is done by then."""

_STOP_SHARE = 0.02
_STOP_LEAST = 5
_MAY_HAVE_HAPPENED = ("done", "unknown")


@dataclass(frozen=True, slots=True)
class CallsBulk:
    """A call's own plans and jobs (`engine.bulk.service.Bulk`).

    `consenting` is asked about plans, `progress` is told of jobs, and `is_given_up` says whether the client has taken
    the call back, and not merely left. A plan is applied without the steps at some places.
    """

    jobs: Jobs
    setting: Setting
    consenting: Consenting
    level: ConfirmationLevel
    progress: Progress
    is_given_up: Callable[[], bool]
    without: frozenset[int] = frozenset()
    waits: float = WAITS

    async def refusal(self, requests: Sequence[Request]) -> str:
        """Return why the first of some requests that may not be made would be refused, empty where all may be."""
        for request in requests:
            prepared = await self.setting.client.prepare(request)
            try:
                self.setting.policy.judge(self.setting.tool, prepared.outgoing)
            except PolicyError as error:
                return str(error)
        return ""

    async def keep(self, plan: Plan) -> KeptPlan:
        """Keep a plan for some minutes."""
        name, until = await self.jobs.store.keep_plan(await self._owner(), plan)
        return KeptPlan(name, until)

    async def apply(self, plan_id: str, stop_at: int | None) -> Report:
        """Have a person agree to a plan, begin a job that applies it, and tell how far it came within some seconds."""
        owner = await self._owner()
        head = await self._head(owner, plan_id)
        whole = await self.jobs.store.plan(plan_id, head)
        plan = self._taken(whole)
        if refusal := await self.refusal(_kinds(plan)):
            raise ToolError(refusal)
        consent = await self._agreed(plan, plan_id)
        await self.consenting.begin()
        # The steps that are left out are not kept: the rest is a plan of its own, and the whole one is used up by it.
        kept, kept_head = plan_id, head
        if len(plan.steps) < len(whole.steps):
            kept, _ = await self.jobs.store.keep_plan(owner, plan)
            kept_head = await self._head(owner, kept)
        job = Job(
            f"j{self.jobs.store.new_id()}", owner, kept, kept_head.parts, len(plan.steps), plan.doing, plan.resource,
            consent, stop_at or _stop_at(len(plan.steps)), self.jobs.clock.now(), current_caller(),
        )  # fmt: skip
        running: Running | None = None
        with anyio.CancelScope(shield=True):  # a call that ends here must not leave a plan that is used and not applied
            if not await self.jobs.store.claim_plan(owner, plan_id, job.id):
                await self._head(owner, plan_id)  # raises what has become of it
                raise ToolError("The plan was applied by another call just now. Nothing was changed by this one.")
            if kept != plan_id:
                await self.jobs.store.claim_plan(owner, kept, job.id)
            await self.jobs.store.add_job(job, kept_head)
            self.consenting.came(f"The job {job.id} was begun: get_job tells of it", sent=True, done=True)
            running = await self.jobs.begin(job, self.setting)
        if running is not None:
            await self._waited(job, running)
        return await self.report(job.id)

    async def report(self, job_id: str) -> Report:
        """Tell how a job stands."""
        return await self._report(await self._job(job_id))

    async def reports(self) -> Sequence[Report]:
        """Tell how all jobs stand, the last one first."""
        return [await self._report(job) for job in await self.jobs.store.jobs_of(await self._owner())]

    async def cancel(self, job_id: str) -> Report:
        """Have a job stop after what is under way."""
        job = await self._job(job_id)
        if job.is_over:
            raise ToolError(f"The job {job.id} is over already: it is {job.state}. Nothing was changed.")
        await self.jobs.store.ask_to_cancel(job)
        running = self.jobs.running(job.id)
        if running is not None:
            running.work.is_cancelled = True
            await self._waited(job, running)
        return await self.report(job_id)

    async def outcomes(self, job_id: str) -> AsyncIterator[tuple[int, Step, Outcome | None]]:
        """Yield a job's steps with their places, in order; None for what is still to come."""
        job = await self._job(job_id)
        plan = await self.jobs.store.plan_of(job)
        came = await outcomes_of(self.jobs, job, plan)
        for place, step in enumerate(plan.steps):
            yield place, shown_step(step, self._readable), came.get(place)

    async def done(
        self, *, job_id: str = "", change_id: str = "", since: datetime | None = None
    ) -> AsyncIterator[Done]:
        """Yield what was applied by a job, by a single change or since a moment, the last one first."""
        owner = await self._owner()
        found: list[Done] = []
        if job_id:
            found = await self._done_by(await self._job(job_id))
        elif change_id:
            entry = await self.jobs.store.find_change(owner, change_id.strip())
            if entry is None:
                raise ArgumentError(f"there is no change {shorten(change_id)} of yours that could be taken back")
            found = done_of(entry)
        elif since is not None:
            for job in await self.jobs.store.jobs_of(owner):
                if not job.is_over or (job.ended_at or job.begun_at) >= since:
                    found += [done for done in await self._done_by(job) if done.at >= since]
            async for entry in self.jobs.store.changes_since(owner, since):
                found += done_of(entry)
            found.sort(key=lambda each: each.at, reverse=True)
        for each in found:
            yield replace(each, step=known_step(each.step, self._readable))

    async def _done_by(self, job: Job) -> list[Done]:
        if not job.is_over:
            raise ToolError(
                f"The job {job.id} is {job.state} still: cancel it, or wait for its end. Nothing was planned."
            )
        plan = await self.jobs.store.plan_of(job)
        found: dict[int, Done] = {}
        async for wave in waves_of(self.jobs, job, plan):
            for place, outcome in _outcomes_in(wave, is_over=True).items():
                if outcome.code in _MAY_HAVE_HAPPENED:
                    found[place] = Done(plan.steps[place], outcome, wave.begun_at, job.id)
        return [found[place] for place in sorted(found, reverse=True)]

    def _taken(self, plan: Plan) -> Plan:
        """Return a plan without the steps that are not to be taken. Raises where nothing of it is left."""
        if not self.without:
            return plan
        if max(self.without) >= len(plan.steps):
            raise ArgumentError(f"the plan has {len(plan.steps):,} rows. Nothing was changed")
        steps = tuple(step for place, step in enumerate(plan.steps) if place not in self.without)
        if not steps:
            raise ArgumentError("no row of the plan is left to be taken. Nothing was changed")
        return replace(plan, steps=steps)

    @property
    def _readable(self) -> Readable:
        return self.setting.policy.readable

    async def _owner(self) -> str:
        return await self.jobs.owner(self.setting.client)

    async def _head(self, owner: str, plan_id: str) -> PlanHead:
        head = await self.jobs.store.find_plan(owner, plan_id)
        minutes = int(HOLDS.total_seconds() // 60)
        if head is None:
            raise ArgumentError(
                f"there is no plan {shorten(plan_id)} of yours that can be applied: one holds for {minutes} minutes, "
                "and once. Nothing was changed. Plan it again"
            )
        if head.job:
            raise ArgumentError(
                f"the plan {plan_id!r} was applied already, by the job {head.job}: get_job tells the rest. Nothing "
                "was changed by this call"
            )
        return head

    async def _job(self, job_id: str) -> Job:
        job = await self.jobs.store.find_job(await self._owner(), job_id)
        if job is None:
            raise ArgumentError(f"there is no job {shorten(job_id)} of yours; list_jobs shows those of the last days")
        return job

    async def _report(self, job: Job) -> Report:
        job = await self._shown(job)
        running = self.jobs.running(job.id)
        if running is None:
            return job.report
        tally, own = running.work.tally, running.work.job.report
        return Report(
            own.id, own.state, job.doing, own.resource, own.total, dict(tally.counts), own.begun_at, own.ended_at,
            tally.reasons_told(), own.error,
        )  # fmt: skip

    async def _shown(self, job: Job) -> Job:
        """Return a job without the words for what it did, where those tell of records that are excluded by now."""
        hidden = self._readable.hidden
        if not hidden:
            return job
        plan = await self.jobs.store.plan_of(job)
        told = sorted(hidden & ({job.resource} | kinds_of(plan.steps[0]) if plan.steps else {job.resource}))
        return replace(job, doing=f"(not shown: this server's settings exclude {listed(told)})") if told else job

    async def _agreed(self, plan: Plan, plan_id: str) -> str:
        """Return who agreed to a plan, for the journal. Raises where nobody did."""
        if not must_ask(plan, self.level):
            if self.level == "never":
                return self.consenting.unasked(self.level)
            return f"{self.consenting.unasked(self.level)}, and no more than {UNASKED} records"

        shown = plan
        if self._readable.hidden:
            shown = replace(plan, steps=[shown_step(step, self._readable) for step in plan.steps])

        async def ask() -> Question:
            return question_of(shown, plan_id)

        make: Callable[[], Awaitable[Question]] = ask
        return await self.consenting.ask(make)

    async def _waited(self, job: Job, running: Running) -> None:
        """Wait some seconds for a job, and tell how far it has come; one whose call is taken back is cancelled."""
        try:
            with anyio.move_on_after(self.waits):
                while True:
                    moved = running.moved  # before anything is awaited: what comes meanwhile must not be missed
                    if running.task is None or running.task.done():
                        break
                    done = sum(running.work.tally.counts.values())
                    await self.progress(float(done), float(job.total), f"{done:,} of {job.total:,} records")
                    await moved.wait()
        except anyio.get_cancelled_exc_class():
            if self.is_given_up():
                running.work.is_cancelled = True
                with anyio.CancelScope(shield=True):
                    await self.jobs.store.ask_to_cancel(job)
            raise


async def waves_of(jobs: Jobs, job: Job, plan: Plan) -> AsyncIterator[Wave]:
    """Yield the waves of a job that were begun."""
    for number in range(len(units_of(plan.steps))):
        wave = await jobs.store.wave(job, number)
        if wave is not None:
            yield wave


def _outcomes_in(wave: Wave, *, is_over: bool) -> dict[int, Outcome]:
    lost = dict.fromkeys(wave.sent, NOT_KNOWN) if is_over and wave.came is None else {}
    return {**lost, **wave.outcomes}


async def outcomes_of(jobs: Jobs, job: Job, plan: Plan) -> dict[int, Outcome]:
    """Return what came of a job's steps, by their places; of one that is over, of every step."""
    came: dict[int, Outcome] = {}
    async for wave in waves_of(jobs, job, plan):
        came.update(_outcomes_in(wave, is_over=job.is_over))
    if job.is_over:
        came.update({place: REST for place in range(len(plan.steps)) if place not in came})
    return came


def _stop_at(count: int) -> int:
    return max(_STOP_LEAST, int(count * _STOP_SHARE))


def _kinds(plan: Plan) -> list[Request]:
    kinds: dict[tuple[str, str, str], Step] = {}
    for step in plan.steps:
        kinds.setdefault((step.kind, step.type, step.action), step)
    return [request_of(step) for step in kinds.values()]
