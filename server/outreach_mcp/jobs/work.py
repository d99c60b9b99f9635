"""One job at work: what its parts share, and when it has to stop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from outreach_mcp.clock import Clock
from outreach_mcp.guard.gate import Gate
from outreach_mcp.jobs.records import NOT_REACHED, Job, Tally, Wave
from outreach_mcp.jobs.store import LEASE, JobStore
from outreach_tools.engine.bulk.plan import Plan, Step
from outreach_tools.engine.bulk.service import Outcome

_MARGIN = 3.0  # seconds of a lease that are not counted on


class LeavingError(Exception):
    """The process ends: what is left of the job is written down for another one."""


class LeaseLostError(Exception):
    """Another process carries the job out by now, or may: this one sends nothing more."""


@dataclass(slots=True)
class Work:
    """A job that this process carries out.

    `holder` has its lease, which is counted on until `leased_until` on the clock that only goes forward. `is_ending`
    says that the process ends: then what is under way ends, and another process goes on. `settle` is how many seconds
    a request of a process that has died may still be under way. `failure` is what ends the job for all its steps alike.
    """

    job: Job
    plan: Plan
    store: JobStore
    gate: Gate
    clock: Clock
    holder: bytes
    settle: float
    changed: Callable[[], None]
    tally: Tally = field(default_factory=Tally)
    leased_until: float = 0.0
    failure: Exception | None = None
    has_left_any: bool = False
    is_cancelled: bool = False
    is_ending: bool = False

    @property
    def steps(self) -> Sequence[Step]:
        """The steps of the plan."""
        return self.plan.steps

    @property
    def is_stopped(self) -> bool:
        """Whether too many steps have failed."""
        return self.tally.failures >= self.job.stop_at

    @property
    def must_end(self) -> bool:
        """Whether nothing more may be begun."""
        return self.is_cancelled or self.is_ending or self.is_stopped or self.failure is not None

    def require_lease(self) -> None:
        """Raise `LeaseLostError` unless the job is this process's own for some seconds yet."""
        if self.clock.monotonic() > self.leased_until - _MARGIN:
            raise LeaseLostError

    async def prolong(self) -> None:
        """Prolong the lease. Raises `LeaseLostError` where another process has it."""
        begun = self.clock.monotonic()
        if not await self.store.lease(self.job.id, self.holder):
            self.leased_until = 0.0
            raise LeaseLostError
        self.leased_until = begun + LEASE

    async def begin(self, number: int, wave: Wave) -> None:
        """Write a wave down before it is sent. Raises `LeaseLostError` where another process has begun it."""
        self.require_lease()
        if not await self.store.begin_wave(self.job, number, wave):
            raise LeaseLostError

    async def note(self, number: int, wave: Wave) -> None:
        """Write down how a wave stands."""
        self.require_lease()
        await self.store.change_wave(self.job, number, wave)

    def count(self, outcome: Outcome) -> None:
        """Count an outcome, and let those know who wait for it."""
        self.has_left_any = self.has_left_any or outcome.reason == NOT_REACHED
        self.tally.add(outcome)
        self.changed()

    async def rest(self, seconds: float) -> None:
        """Let some seconds pass, as long as nothing ends the job."""
        while seconds > 0 and not (self.is_cancelled or self.is_ending):
            await self.clock.sleep(min(seconds, 1.0))
            seconds -= 1.0
