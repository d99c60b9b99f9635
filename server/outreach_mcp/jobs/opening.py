"""Opens what keeps the jobs of a server, where the settings want it, when something is to be kept."""
# ruff: noqa: PLC0415 - what keeps files is imported when the first plan is kept

from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.jobs.memory import MemoryStore
from outreach_mcp.jobs.sections import PlainSection, Section, sections_of
from outreach_mcp.jobs.service import Jobs
from outreach_mcp.jobs.store import JobStore
from outreach_mcp.settings.rules import serves_many
from outreach_mcp.settings.settings import Settings

if TYPE_CHECKING:
    from outreach_mcp.callers.state.opening import State
    from outreach_mcp.callers.state.store import StateStore


def open_jobs(settings: Settings, state: "State | None", *, clock: Clock = MACHINE) -> Jobs:
    """Return the jobs of a server.

    They are kept in the `state` that replicas share, encrypted; without one in a file of this user, and in memory where
    that would mean nothing (the sandbox) or be everybody's (many callers without a key to encrypt it with).
    """
    section: Callable[[str], Section]
    if state is not None:
        section = state.section
    elif settings.sandbox or serves_many(settings):
        section = sections_of(MemoryStore(clock=clock))
    else:
        section = _of_file(jobs_file(settings), clock)
    store = JobStore(section, clock=clock, days=settings.undo_days)
    return Jobs(store, account=settings.api_origin, clock=clock)


def is_kept(settings: Settings, state: "State | None") -> bool:
    """Return whether there may be jobs of processes that have ended."""
    if state is not None:
        return True
    return not settings.sandbox and not serves_many(settings) and jobs_file(settings).exists()


def jobs_file(settings: Settings) -> Path:
    """Return the file in which the one user's plans and jobs are kept."""
    if settings.store is not None and settings.redis_url is None:
        return Path(settings.store)
    import platformdirs

    return platformdirs.user_state_path("outreach-mcp", appauthor=False) / "jobs.sqlite3"


def _of_file(path: Path, clock: Clock) -> Callable[[str], Section]:
    lock = Lock()

    @cache
    def opened() -> "StateStore":
        from outreach_mcp.callers.state.sqlite_store import SqliteStore

        return SqliteStore(path, clock=clock)

    def section(name: str) -> Section:
        with lock:
            return PlainSection(opened(), name)

    return section
