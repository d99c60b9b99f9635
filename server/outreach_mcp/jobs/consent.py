"""Stands for the person who agreed to a plan, for each of its requests."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from outreach_mcp.guard.confirmation import ConfirmationLevel
from outreach_mcp.guard.question import Question


@dataclass(frozen=True, slots=True)
class PlanConsent:
    """Whoever agreed to a whole plan agreed to each request that it was said to make (`guard.gate.Consenting`)."""

    job: str
    who: str

    def unasked(self, _: ConfirmationLevel, /) -> str:
        """Return who agreed to the plan, for the journal."""
        return f"job {self.job}: {self.who}"

    async def ask(self, _: Callable[[], Awaitable[Question]], /) -> str:
        """Return who agreed to the plan."""
        return f"job {self.job}: {self.who}"

    async def begin(self) -> None:
        """Agree: a job sends each request once by its own records."""

    def came(self, what: str | None, *, sent: bool, done: bool = False) -> None:
        """Note nothing: the job notes what came of each step."""
