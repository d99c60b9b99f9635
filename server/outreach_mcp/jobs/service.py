"""The jobs of a server: begun for who calls, carried out beside the calls, and taken up again after a restart."""

import asyncio
import logging
from contextvars import Context as ContextVariables
from dataclasses import dataclass, field

import anyio

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.caller import Caller, acting_for, current_caller
from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_mcp.callers.state.leases import new_owner
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.guard.gate import Gate, PreparingClient
from outreach_mcp.guard.journal import Journal
from outreach_mcp.guard.policy import Policy
from outreach_mcp.jobs.consent import PlanConsent
from outreach_mcp.jobs.records import Job
from outreach_mcp.jobs.runner import run
from outreach_mcp.jobs.store import JobStore
from outreach_mcp.jobs.work import Work
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.naming.kept import Kept
from outreach_tools.engine.tool import Tool

_log = logging.getLogger(__name__)

SETTLE = 45.0
"""Seconds for which a request of a process that has died may be under way: a change takes 40 at most."""

_LOOK_EVERY = 10.0  # seconds between two looks for jobs that nobody carries out
_GRACE = 5.0  # seconds for what is under way when the server ends


@dataclass(frozen=True, slots=True)
class Setting:
    """The parts of the server that a job works with."""

    client: PreparingClient
    policy: Policy
    tool: Tool
    journal: Journal | None = None
    kept: Kept | None = None


@dataclass(slots=True, eq=False)
class Running:
    """A job that this process carries out."""

    work: Work
    task: "asyncio.Task[None] | None" = None
    moved: anyio.Event = field(default_factory=anyio.Event)

    def move(self) -> None:
        """Let those know who wait for what comes."""
        self.moved.set()
        self.moved = anyio.Event()


class Jobs:
    """The jobs of one server."""

    def __init__(self, store: JobStore, *, account: str = "", clock: Clock = MACHINE, settle: float = SETTLE) -> None:
        """Take a store; `account` names the place of a server of one user, whose jobs belong to that user there."""
        self.store = store
        self.clock = clock
        self._account = account
        self._settle = settle
        self._holder = new_owner()
        self._running: dict[str, Running] = {}
        self._watch: asyncio.Task[None] | None = None
        self._is_ending = False

    async def owner(self, client: PreparingClient) -> str:
        """Return whose plans and jobs those of the current call are."""
        caller = current_caller()
        if caller is not None:
            return f"caller {caller.subject}"
        return f"{self._account} user {await client.current_user_id()}"

    def start(self, job: Job, work: Work) -> Running:
        """Carry out a job beside the calls."""
        running = Running(work)
        self._running[job.id] = running
        # In a context of its own: the call whose job it is ends before it, and all that belongs to the call.
        running.task = asyncio.get_running_loop().create_task(
            self._carried_out(running, job.caller), context=ContextVariables()
        )
        running.task.add_done_callback(lambda _: running.move())
        return running

    async def begin(self, job: Job, setting: Setting) -> Running:
        """Begin to carry out a job that was kept before."""
        gate = Gate(
            setting.client, setting.policy, setting.tool, "never", PlanConsent(job.id, job.consent), setting.journal,
            setting.kept,
        )  # fmt: skip
        plan = await self.store.plan_of(job)
        work = Work(job, plan, self.store, gate, self.clock, self._holder, self._settle, lambda: None)
        running = self.start(job, work)
        work.changed = running.move
        return running

    def running(self, name: str) -> Running | None:
        """Return a job that this process carries out, None where it does not."""
        return self._running.get(name)

    def watch(self, setting: Setting) -> None:
        """From now on take up jobs that no process carries out any more."""
        self._watch = asyncio.get_running_loop().create_task(self._watched(setting), context=ContextVariables())

    async def aclose(self) -> None:
        """End: what is under way comes to its end, and what is left is for the next process."""
        self._is_ending = True
        if self._watch is not None:
            self._watch.cancel()
        tasks = [each.task for each in self._running.values() if each.task is not None]
        for each in self._running.values():
            each.work.is_ending = True
        if tasks:
            await asyncio.wait(tasks, timeout=_GRACE)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carried_out(self, running: Running, caller: Caller | None) -> None:
        work = running.work
        try:
            if caller is None:
                await run(work)
            else:
                with acting_for(caller):
                    await run(work)
        except OutreachError as error:  # of the store: whoever can use it goes on
            _log.error("the job %s was left: %s", work.job.id, error)
        except Exception:
            _log.exception("the job %s was left because of a fault in this server", work.job.id)
        finally:
            self._running.pop(work.job.id, None)
            if not self._is_ending or work.job.is_over:
                with anyio.CancelScope(shield=True):
                    await self._release(work)

    async def _release(self, work: Work) -> None:
        try:
            await self.store.release(work.job.id, self._holder)
        except OutreachError:
            return  # it ends by itself

    async def _watched(self, setting: Setting) -> None:
        while True:
            try:
                await self._take_up(setting)
            except (OutreachError, ToolError, ConnectionNeededError) as error:
                _log.warning("jobs that were left cannot be taken up now: %s", error)
            await self.clock.sleep(_LOOK_EVERY)

    async def _take_up(self, setting: Setting) -> None:
        for owner, name in await self.store.running():
            if name in self._running or self._is_ending:
                continue
            job = await self.store.find_job(owner, name)
            if job is None or job.is_over:
                continue
            if job.caller is None and owner != f"{self._account} user {await setting.client.current_user_id()}":
                continue  # another user's, who was logged in before
            if await self.store.lease(name, self._holder):
                _log.warning("the job %s was left by another process and is taken up", name)
                await self.begin(job, setting)
