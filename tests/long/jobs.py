"""Walks jobs through deaths of their process at every step and through faults of the network.

A process that dies leaves what it had sent and what it had written down, and nothing else: its last step is done or
not, and whoever waits for it waits for ever. The next one finds the job by its lease. In the end no change was made
twice, and every record has one outcome, which is what the sandbox itself was asked for.

After it `killing` does the same with real processes, which are killed by SIGKILL, and fewer records.

python -m tests.long.jobs [--records N] [--share S] [--seed N] [--deaths N] [--kills N] [--of-killed N]
"""

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
import httpx
from mcp import Client
from mcp_types import TextContent
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.clock import Clock
from outreach_mcp.guard.policy import Policy
from outreach_mcp.jobs.memory import MemoryStore
from outreach_mcp.jobs.of_call import outcomes_of
from outreach_mcp.jobs.sections import sections_of
from outreach_mcp.jobs.service import Jobs, Setting
from outreach_mcp.jobs.store import JobStore
from outreach_mcp.protocol.server import Guard, build_server
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.records import Record
from outreach_sandbox.store import Store
from outreach_tools.resources.bulk import APPLIES
from outreach_tools.toolsets import all_tools
from tests.long.killing import CREATE, PLANS, drawn
from tests.long.killing import walk as killed
from tests.long.prospects import many
from tests.support.stores import sandbox_store
from tests.support.workbench import API, NOW

_Found = TypeVar("_Found")

_FAULTS = ("before", "after", "502", "429")


@dataclass(slots=True)
class World:
    """Outreach, the store of jobs, and the time: all that outlives a process."""

    sandbox: Store
    chance: random.Random
    share: float
    now: datetime = NOW
    kept: MemoryStore = field(init=False)
    writes: Counter[str] = field(default_factory=Counter[str])
    died_at: Counter[str] = field(default_factory=Counter[str])
    repeatable: set[str] = field(default_factory=set[str])
    faults: int = 0
    steps: int = 0
    dies_at: int = 0
    is_dead: bool = True

    def __post_init__(self) -> None:
        self.kept = MemoryStore(clock=Clock(now=lambda: self.now))

    def step(self, what: str) -> None:
        """Count a step of the process, and let it die where its time has come."""
        self.steps += 1
        if self.dies_at and self.steps >= self.dies_at and not self.is_dead:
            self.is_dead = True
            self.died_at[what] += 1

    async def sleep(self, seconds: float) -> None:
        """Let time pass that nobody waits for."""
        self.now += timedelta(seconds=seconds)
        await anyio.lowlevel.checkpoint()

    @property
    def clock(self) -> Clock:
        """The clock of a process in this world."""
        return Clock(now=lambda: self.now, sleep=self.sleep)


class MortalStore:
    """The store of jobs as one process reaches it: dead, it reaches nothing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._inner = world.kept

    def _done(self, what: str, work: Callable[[], _Found]) -> _Found:
        if self._world.is_dead:
            raise StateStoreError("dead")
        if what != "get":
            self._world.step(f"before {what}")
            if self._world.is_dead:
                raise StateStoreError("dead")
        found = work()
        if what != "get":
            self._world.step(f"after {what}")
        return found

    def get(self, name: str) -> bytes | None:
        return self._done("get", lambda: self._inner.get(name))

    def set(self, name: str, value: bytes, ttl: float | None = None) -> None:
        self._done("set", lambda: self._inner.set(name, value, ttl))

    def add(self, name: str, value: bytes, ttl: float | None = None) -> bool:
        return self._done("add", lambda: self._inner.add(name, value, ttl))

    def replace(self, name: str, expected: bytes, value: bytes, ttl: float | None = None) -> bool:
        return self._done("get", lambda: self._inner.replace(name, expected, value, ttl))

    def take(self, name: str) -> bytes | None:
        return self._done("take", lambda: self._inner.take(name))

    def delete(self, name: str, expected: bytes | None = None) -> bool:
        return self._done("delete", lambda: self._inner.delete(name, expected))

    def names(self, prefix: str) -> list[str]:
        return self._done("get", lambda: self._inner.names(prefix))

    def ping(self) -> None:
        """Be there."""

    def close(self) -> None:
        """Keep all."""


class MortalTransport(httpx.AsyncBaseTransport):
    """The network as one process reaches it, with faults; dead, it waits for ever."""

    def __init__(self, world: World, inner: httpx.AsyncBaseTransport) -> None:
        self._world = world
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        world = self._world
        is_write = request.method != "GET"
        if is_write:
            world.step("before a request")
        if world.is_dead:
            await anyio.sleep_forever()
        fault = world.chance.choice(_FAULTS) if world.chance.random() < world.share else ""
        world.faults += bool(fault)
        if fault == "502":
            return httpx.Response(502, request=request)
        if fault == "429":
            later = str(int((world.now + timedelta(seconds=5)).timestamp()))
            return httpx.Response(429, headers={"Retry-After": later}, request=request)
        if fault == "before":
            raise httpx.ConnectError("no connection", request=request)
        answer = await self._inner.handle_async_request(request)
        if is_write and answer.is_success:
            world.writes[f"{request.method} {request.url.path.removeprefix('/api/v2')}"] += 1
        if is_write:
            world.step("after a request")
            if world.is_dead:
                await anyio.sleep_forever()
        if fault == "after":
            # The client itself repeats an update or a delete whose answer is lost: to do either twice changes nothing.
            world.repeatable.add(f"{request.method} {request.url.path.removeprefix('/api/v2')}")
            raise httpx.ReadError("the answer is lost", request=request)
        return answer


@dataclass(frozen=True, slots=True)
class Life:
    """One process: its server, its client of Outreach, and its jobs."""

    client: OutreachClient
    jobs: Jobs
    setting: Setting

    async def end(self) -> None:
        """Take away what is left of a process that is dead, or whose work is done."""
        self.client.give_up()
        for each in [*self.jobs._running.values()]:  # pyright: ignore[reportPrivateUsage] - it is dead
            each.work.leased_until = 0.0
            if each.task is not None:
                each.task.cancel()
        await self.jobs.aclose()
        await self.client.aclose()


def born(world: World, *, dies_at: int = 0) -> Life:
    """Return a new process of the world, which dies at a step, if at one."""
    world.is_dead, world.steps, world.dies_at = False, 0, dies_at
    inner = httpx.ASGITransport(build_sandbox(world.sandbox, clock=lambda: world.now))
    transport = MortalTransport(world, inner)
    client = OutreachClient(
        API, BearerToken(SecretStr("sandbox")), transport=transport, clock=world.clock, random=lambda: 0.5
    )
    store = JobStore(sections_of(MortalStore(world)), clock=world.clock)
    jobs = Jobs(store, clock=world.clock, settle=0)
    tool = next(each for each in all_tools() if each.name == APPLIES)
    return Life(client, jobs, Setting(client, Policy.of(), tool))


async def called(life: Life, tool: str, arguments: dict[str, Any], world: World) -> dict[str, Any] | None:
    """Call a tool of a process; None where the process died of it."""
    server = build_server(all_tools(), life.client, Guard(Policy.of(), "never"), now=lambda: world.now, jobs=life.jobs)
    answer: list[dict[str, Any]] = []

    async def call() -> None:
        async with Client(server) as client:
            result = await client.call_tool(tool, arguments)
            (content,) = result.content
            assert isinstance(content, TextContent)
            if result.is_error and world.is_dead:
                return
            assert not result.is_error, content.text
            answer.append(json.loads(content.text))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        while not answer and not world.is_dead:  # noqa: ASYNC110 - its death is no event: it happens in threads as well
            await anyio.sleep(0.002)
        tasks.cancel_scope.cancel()
    return answer[0] if answer else None


async def walk(
    records: tuple[Record, ...],
    plan: dict[str, Any],
    *,
    seed: int,
    share: float,
    deaths: int,
    stop_at: int,
    tool: str = "plan_change",
) -> dict[str, Any]:
    """Plan, apply through deaths and faults, and return figures; raises `AssertionError` for what must not be."""
    chance = random.Random(seed)
    world = World(sandbox_store(records), chance, 0.0)
    held = _ids(world, plan["resource"])
    life = born(world)
    planned = await called(life, tool, plan, world)
    assert planned is not None
    await life.end()
    world.share = share
    job_id, lives = "", 0
    span = 3 * planned["records"]
    while True:
        lives += 1
        dies_at = chance.randint(1, max(2 * span // max(deaths, 1), 12)) if lives <= deaths else 0
        life = born(world, dies_at=dies_at)
        if not job_id:
            await called(life, "apply_plan", {"plan_id": planned["plan_id"], "stop_at": stop_at}, world)
        else:
            life.jobs.watch(life.setting)
        found = JobStore(sections_of(world.kept), clock=world.clock)
        running = [name for _, name in await found.running()]
        job_id = job_id or (running[0] if running else "")
        owner = await _owner(found)
        while not world.is_dead:
            await anyio.sleep(0.002)
            if job_id and owner and (job := await found.find_job(owner, job_id)) is not None and job.is_over:
                break
            if not job_id:
                running = [name for _, name in await found.running()]
                job_id = running[0] if running else ""
            owner = owner or await _owner(found)
        was_dead = world.is_dead
        world.is_dead = True
        await life.end()
        world.now += timedelta(seconds=60)  # the lease of the dead is over by now
        if not job_id:
            plans = world.kept.names("plans:")
            if was_dead and not plans:
                raise AssertionError("the plan was lost")
            head = await found.find_plan(str(plans[0]).removeprefix("plans:").partition("\n")[0], planned["plan_id"])
            if head is not None and head.job:  # used up by a process that died before there was a job: nothing was sent
                assert not world.writes
                return {"lives": lives, "records": planned["records"], "outcomes": {}, "died_at": dict(world.died_at)}
            continue
        if not was_dead:
            break
    made = _ids(world, plan["resource"]) - held
    return await _judged(world, found, owner, job_id, lives, made)


def _ids(world: World, kind: str) -> set[int]:
    return {number for (number,) in world.sandbox.rows(f'SELECT id FROM "{kind}"')}


async def _owner(store: JobStore) -> str:
    running = await store.running()
    return running[0][0] if running else ""


async def _judged(world: World, store: JobStore, owner: str, job_id: str, lives: int, made: set[int]) -> dict[str, Any]:
    """Hold the outcomes of a job that is over to what the sandbox was asked for, and to the records that were made."""
    job = await store.find_job(owner, job_id)
    assert job is not None
    plan = await store.plan_of(job)
    came = await outcomes_of(Jobs(store), job, plan)
    assert sorted(came) == list(range(len(plan.steps)))
    batches = [what for what in world.writes if what.startswith("POST /batches/actions/")]
    for what in batches:  # one that is not confirmed changes nothing, and may be begun again
        del world.writes[what]
    told = [outcome.id for place, outcome in came.items() if plan.steps[place].kind == "create" and outcome.id]
    open_ = sum(outcome.code == "unknown" for outcome in came.values())
    assert {*told} <= made, "what was not made is told as done"
    assert len({*told}) == len(told), "one record is told as that of two rows"
    assert len(made) <= len(told) + open_, f"{len(made)} were made, {len(told)} are told as done, {open_} as unknown"
    changes = {what: count for what, count in world.writes.items() if "/" in what.partition(" /")[2]}
    twice = {what: count for what, count in changes.items() if count > 1 and what not in world.repeatable}
    assert twice == {}, f"done twice: {twice}"
    confirmed = [what for what in world.writes if what.endswith("/actions/confirm")]
    for place, outcome in came.items():
        step = plan.steps[place]
        path = {"update": "PATCH /prospects/", "delete": "DELETE /prospects/"}.get(step.kind, "")
        was_sent = world.writes[f"{path}{step.id}"] if path else 0
        if not confirmed and path:
            assert outcome.code == "unknown" or bool(was_sent) == (outcome.code == "done"), (outcome, was_sent, step.id)
    return {
        "lives": lives,
        "records": job.total,
        "state": job.state,
        "outcomes": dict(Counter(outcome.code for outcome in came.values())),
        "made": len(made),
        "faults": world.faults,
        "writes": sum(world.writes.values()),
        "died_at": dict(world.died_at),
    }


def main() -> None:
    """Walk as the arguments say, print the figures, and end with an error where something must not be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=5000)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--deaths", type=int, default=40)
    parser.add_argument("--kills", type=int, default=8, help="of real processes, for each kind of plan")
    parser.add_argument("--of-killed", type=int, default=200, help="records of the plans they apply")
    given = parser.parse_args()
    plan = {"resource": "prospect", "all": True, "attributes": {"title": "Planned"}, "clear": ["nickname"]}
    begun = time.monotonic()
    figures = anyio.run(
        lambda: walk(
            many(given.records), plan, seed=given.seed, share=given.share, deaths=given.deaths, stop_at=given.records
        )
    )
    print(json.dumps({**figures, "seconds": round(time.monotonic() - begun, 1)}, indent=1))
    breaches: list[str] = []
    for kind in (*PLANS, CREATE) if given.kills else ():
        begun = time.monotonic()
        deaths = drawn(kind, given.of_killed, given.kills, given.seed)
        with tempfile.TemporaryDirectory() as folder:
            came = anyio.run(killed, Path(folder), kind, given.of_killed, deaths, given.seed)
        breaches += came.breaches
        print(json.dumps({"plan": kind, **asdict(came), "seconds": round(time.monotonic() - begun, 1)}, indent=1))
    if breaches:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
