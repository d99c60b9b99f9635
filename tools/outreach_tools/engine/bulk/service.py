"""The interface that the tools for many records need of the server: it keeps plans, runs jobs, and remembers both."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from outreach_tools.client import Request
from outreach_tools.engine.bulk.plan import Plan, Step

State: TypeAlias = Literal["queued", "running", "done", "stopped", "cancelled", "failed"]

OUTCOMES = ("done", "unchanged", "left_out", "refused", "unknown")
"""The possible outcomes of a step: every one has exactly one of these in the end."""

OVER: frozenset[State] = frozenset({"done", "stopped", "cancelled", "failed"})
"""The states of a job in which nothing more is done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a step, why, and the id of the record that it made."""

    code: str
    reason: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan that is kept: its id, and until when it can be applied."""

    id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """How a job stands: `counts` are its steps by outcome, those of `total` that are in none are still to come.

    `reasons` count what was left out, refused or unknown by the reason. `error` says why it failed or stopped.
    """

    id: str
    state: State
    doing: str
    resource: str
    total: int
    counts: Mapping[str, int]
    begun_at: datetime
    ended_at: datetime | None = None
    reasons: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    error: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was applied, or may have been, and when; `source` is the job or the change that it was."""

    step: Step
    outcome: Outcome
    at: datetime
    source: str


class Bulk(Protocol):
    """Plans and jobs of whoever calls; nobody reaches another's. Each raises `ToolError` with what to do."""

    async def refusal(self, requests: Sequence[Request]) -> str:
        """Return why the first of some requests that may not be made would be refused, empty where all may be."""
        ...

    async def keep(self, plan: Plan) -> KeptPlan:
        """Keep a plan for some minutes."""
        ...

    async def apply(self, plan_id: str, stop_at: int | None) -> Report:
        """Have a person agree to a plan, begin a job that applies it, and tell how far it came within some seconds."""
        ...

    async def report(self, job_id: str) -> Report:
        """Tell how a job stands."""
        ...

    async def reports(self) -> Sequence[Report]:
        """Tell how all jobs stand, the last one first."""
        ...

    async def cancel(self, job_id: str) -> Report:
        """Have a job stop after what is under way."""
        ...

    def outcomes(self, job_id: str) -> AsyncIterator[tuple[int, Step, Outcome | None]]:
        """Yield a job's steps with their places, in order; None for what is still to come."""
        ...

    def done(self, *, job_id: str = "", change_id: str = "", since: datetime | None = None) -> AsyncIterator[Done]:
        """Yield what was applied by a job, by a single change or since a moment, the last one first."""
        ...
