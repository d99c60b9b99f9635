"""Keeps plans and jobs, each of its owner alone: what is on the disk here survives whatever happens to the process."""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.jobs.records import (
    Job,
    Wave,
    read_job,
    read_packed,
    read_wave,
    written_job,
    written_wave,
)
from outreach_mcp.jobs.sections import Section, asked
from outreach_tools.client import JsonObject
from outreach_tools.engine.bulk.plan import Plan, read_plan, written_head
from outreach_tools.engine.bulk.steps import Steps
from outreach_tools.packing import packed

HOLDS = timedelta(minutes=15)
"""How long a plan can be applied: long enough to read it, short enough for what it says to be true still."""

LEASE = 15.0
"""Seconds for which a job is a process's own, unless prolonged."""

_MOST_JOBS = 200  # of one owner that are listed
_MOST_CHANGES = 5_000  # single changes of one owner and day that can be found by when they were made
_DAY = 86_400.0
_FREE = b"free"


@dataclass(frozen=True, slots=True)
class PlanHead:
    """All of a plan but its steps, which are in so many parts; `job` is the one that applies it, if one does."""

    head: JsonObject
    parts: int
    total: int
    until: datetime
    job: str = ""


class JobStore:
    """The plans, jobs and before-images of a server's callers."""

    def __init__(
        self,
        section: Callable[[str], Section],
        *,
        clock: Clock = MACHINE,
        days: float = 30,
        new_id: Callable[[], str] = lambda: secrets.token_hex(6),
    ) -> None:
        """Name the sections; nothing is read yet. Jobs are kept for so many `days`."""
        self._section = section
        self._clock = clock
        self._ttl = days * _DAY
        self.new_id = new_id

    # Plans

    async def keep_plan(self, owner: str, plan: Plan) -> tuple[str, datetime]:
        """Keep a plan for its owner; return its id and until when it can be applied."""
        name, until = f"p{self.new_id()}", self._clock.now() + HOLDS
        steps = plan.steps if isinstance(plan.steps, Steps) else Steps(plan.steps)
        parts = steps.parts()
        head = {"head": written_head(plan), "parts": len(parts), "total": len(plan.steps), "until": until.isoformat()}

        def keep() -> None:
            # The head comes last: there is no plan before all of it is there.
            self._put_parts(name, parts, HOLDS.total_seconds() + 60)
            self._section("plans").set(_own(owner, name), packed(head), HOLDS.total_seconds() + 60)

        await asked(keep)
        return name, until

    async def find_plan(self, owner: str, name: str) -> PlanHead | None:
        """Return the head of a plan of an owner, None where there is none that can be applied any more."""
        value = await asked(partial(self._section("plans").get, _own(owner, name)))
        if value is None:
            return None
        found = _plan_head(value)
        return None if found.until <= self._clock.now() and not found.job else found

    async def plan(self, name: str, head: PlanHead) -> Plan:
        """Return a plan with all its steps."""
        return read_plan(head.head, await self.steps(name, head.parts))

    async def claim_plan(self, owner: str, name: str, job: str) -> bool:
        """Use a plan up for a job, in one step; return whether it was still to be had."""
        section = self._section("plans")

        def claim() -> bool:
            value = section.get(_own(owner, name))
            if value is None or (entry := read_packed(value)).get("job"):
                return False
            return section.replace(_own(owner, name), value, packed({**entry, "job": job}), HOLDS.total_seconds())

        return await asked(claim)

    async def steps(self, name: str, parts: int) -> Steps:
        """Return the steps that are kept under a plan's id."""
        section = self._section("plan parts")

        def read() -> Steps:
            values = (section.get(f"{name} {number}") for number in range(parts))
            try:
                return Steps(packed=(value for value in values if value is not None))
            except (ValueError, TypeError):
                raise StateStoreError("The store holds steps of a plan that this version cannot read.") from None

        return await asked(read)

    # Jobs

    async def add_job(self, job: Job, head: PlanHead) -> None:
        """Keep a new job with its plan's steps, for as long as it can be taken back."""

        def add() -> None:
            section = self._section("plan parts")
            for number in range(job.parts):
                value = section.get(f"{job.plan} {number}")
                if value is not None:
                    section.set(f"{job.plan} {number}", value, self._ttl)
            self._section("job plans").set(job.id, packed(head.head), self._ttl)
            self._section("jobs").set(_own(job.owner, job.id), written_job(job), self._ttl)
            self._listed("jobs of", job.owner, job.id, _MOST_JOBS)
            # Last: from now on some process carries it out.
            self._section("running jobs").set(job.id, packed([job.owner, job.id]), self._ttl)

        await asked(add)

    async def plan_of(self, job: Job) -> Plan:
        """Return the plan of a job."""
        value = await asked(partial(self._section("job plans").get, job.id))
        steps = await self.steps(job.plan, job.parts)
        return read_plan({} if value is None else read_packed(value), steps)

    async def find_job(self, owner: str, name: str) -> Job | None:
        """Return a job of an owner, None where there is none."""
        value = await asked(partial(self._section("jobs").get, _own(owner, name)))
        return None if value is None else read_job(value)

    async def put_job(self, job: Job) -> None:
        """Keep how a job stands; one that is over is nobody's to carry out any more."""

        def put() -> None:
            self._section("jobs").set(_own(job.owner, job.id), written_job(job), self._ttl)
            if job.is_over:
                self._section("running jobs").delete(job.id)

        await asked(put)

    async def jobs_of(self, owner: str) -> list[Job]:
        """Return the jobs of an owner, the last one first."""
        names = await asked(lambda: self._names("jobs of", owner))
        found = [await self.find_job(owner, name) for name in reversed(names)]
        return [job for job in found if job is not None]

    async def running(self) -> list[tuple[str, str]]:
        """Return the owners and ids of all jobs that are not over."""
        values = await asked(self._section("running jobs").values)
        return [(owner, name) for owner, name in map(read_packed, values)]

    async def ask_to_cancel(self, job: Job) -> None:
        """Note that a job is to stop, for whichever process carries it out."""
        await asked(partial(self._section("cancelled jobs").set, job.id, b"1", self._ttl))

    async def is_cancelled(self, job: Job) -> bool:
        """Return whether a job is to stop."""
        return await asked(partial(self._section("cancelled jobs").get, job.id)) is not None

    # Waves

    async def begin_wave(self, job: Job, number: int, wave: Wave) -> bool:
        """Write a wave down before it is sent; return whether nobody else had begun it."""
        return await asked(partial(self._section("job waves").add, f"{job.id} {number}", written_wave(wave), self._ttl))

    async def change_wave(self, job: Job, number: int, wave: Wave) -> None:
        """Write down how a wave stands that was begun."""
        await asked(partial(self._section("job waves").set, f"{job.id} {number}", written_wave(wave), self._ttl))

    async def wave(self, job: Job, number: int) -> Wave | None:
        """Return a wave that was begun, None for one that was not."""
        value = await asked(partial(self._section("job waves").get, f"{job.id} {number}"))
        return None if value is None else read_wave(value)

    # Leases

    async def lease(self, name: str, holder: bytes) -> bool:
        """Get or prolong the lease of a job; return whether this holder has it."""
        section = self._section("job leases")
        return await asked(
            lambda: (
                section.add(name, holder, LEASE)
                or section.replace(name, holder, holder, LEASE)
                or section.replace(name, _FREE, holder, LEASE)
            )
        )

    async def release(self, name: str, holder: bytes) -> None:
        """Give a lease back that this holder has."""
        section = self._section("job leases")
        await asked(lambda: section.replace(name, holder, _FREE, LEASE))

    # Single changes

    async def keep_change(self, owner: str, name: str, entry: JsonObject) -> None:
        """Keep what a single change was, or what came of it."""

        def keep() -> None:
            self._section("changes").set(_own(owner, name), packed(entry), self._ttl)
            self._listed("changes of", f"{owner} {entry['at'][:10]}", name, _MOST_CHANGES)

        await asked(keep)

    async def find_change(self, owner: str, name: str) -> JsonObject | None:
        """Return a single change of an owner, None where there is none."""
        value = await asked(partial(self._section("changes").get, _own(owner, name)))
        return None if value is None else read_packed(value)

    async def changes_since(self, owner: str, since: datetime) -> AsyncIterator[JsonObject]:
        """Yield an owner's single changes since a moment, the last one first."""
        day = self._clock.now()
        first = max(since, day - timedelta(seconds=self._ttl))  # nothing is kept from before
        while day.date() >= first.astimezone(day.tzinfo).date():
            of_day = f"{owner} {day.date().isoformat()}"
            for name in reversed(await asked(lambda key=of_day: self._names("changes of", key))):  # type: ignore[misc]
                entry = await self.find_change(owner, name)
                if entry is not None and datetime.fromisoformat(entry["at"]) >= since:
                    yield entry
            day -= timedelta(days=1)

    def _put_parts(self, name: str, parts: Sequence[bytes], ttl: float) -> None:
        section = self._section("plan parts")
        for number, part in enumerate(parts):
            section.set(f"{name} {number}", part, ttl)

    def _names(self, kind: str, owner: str) -> list[str]:
        value = self._section("job lists").get(f"{kind} {owner}")
        return [] if value is None else list(read_packed(value))

    def _listed(self, kind: str, owner: str, name: str, most: int) -> None:
        """Add a name to an owner's list, whoever adds to it at the same time."""
        section, key = self._section("job lists"), f"{kind} {owner}"
        while True:
            value = section.get(key)
            names: list[Any] = [] if value is None else list(read_packed(value))
            if name in names:
                return
            after = packed([*names, name][-most:])
            if section.add(key, after, self._ttl) if value is None else section.replace(key, value, after, self._ttl):
                return


def _plan_head(value: bytes) -> PlanHead:
    entry = read_packed(value)
    until = datetime.fromisoformat(entry["until"])
    return PlanHead(entry["head"], entry["parts"], entry["total"], until, entry.get("job", ""))


def _own(owner: str, name: str) -> str:
    """Return the name that a value of an owner has: nobody else's leads to it."""
    return f"{owner}\n{name}"
