"""Replicas share jobs through Redis: one carries a job out as long as it has the lease, and then another does."""

from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest
import redis
from mcp import Client
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.caller import SCOPES, Caller, acting_for, current_caller
from outreach_mcp.callers.state.opening import State
from outreach_mcp.clock import Clock
from outreach_mcp.guard.policy import Policy
from outreach_mcp.jobs.service import Jobs, Setting
from outreach_mcp.jobs.store import LEASE, JobStore
from outreach_mcp.protocol.server import Guard, build_server
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.store import Store
from outreach_tools.resources.bulk import APPLIES
from outreach_tools.toolsets import all_tools
from tests.callers.state.stores import state_of
from tests.long.prospects import many
from tests.support.answers import answered
from tests.support.redis_server import PASSWORD, RedisServer, running_redis
from tests.support.stores import sandbox_store
from tests.support.workbench import API, NOW

ANN, BOB = (Caller(name, name, frozenset(SCOPES)) for name in ("ann", "bob"))
PLAN = {"resource": "prospect", "all": True, "attributes": {"title": "Planned"}, "clear": ["nickname"]}
_RECORDS = 30


@pytest.fixture(scope="module")
def server() -> Generator[RedisServer]:
    with running_redis() as running:
        yield running


@dataclass(slots=True)
class Network(httpx.AsyncBaseTransport):
    """The way of one replica to Outreach, in whose name, and which keeps an answer back from the one of a number on."""

    inner: httpx.AsyncBaseTransport
    sticks_at: int = 0
    writes: Counter[str] = field(default_factory=Counter[str])
    callers: set[str] = field(default_factory=set[str])
    stuck: anyio.Event = field(default_factory=anyio.Event)
    freed: anyio.Event = field(default_factory=anyio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        caller = current_caller()
        self.callers.add("" if caller is None else caller.subject)
        answer = await self.inner.handle_async_request(request)
        if request.method != "GET":
            self.writes[f"{request.method} {request.url.path}"] += 1
            if self.sticks_at and self.writes.total() >= self.sticks_at:
                self.stuck.set()
                await self.freed.wait()
        return answer


@dataclass(slots=True)
class Replica:
    """One process of the server, as far as jobs go; `now` and `seconds` are what its clocks say."""

    state: State
    network: Network
    now: datetime = NOW
    seconds: float = 0.0
    look: anyio.Event = field(default_factory=anyio.Event)
    looked: anyio.Event = field(default_factory=anyio.Event)
    client: OutreachClient = field(init=False)
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        clock = Clock(now=lambda: self.now, monotonic=lambda: self.seconds, sleep=self._sleep)
        self.client = OutreachClient(API, BearerToken(SecretStr("sandbox")), transport=self.network)
        self.jobs = Jobs(JobStore(self.state.section, clock=clock), clock=clock)

    async def _sleep(self, seconds: float) -> None:
        """Wait for the next look for jobs that nobody carries out; let all else pass."""
        if seconds > 5:
            self.looked.set()
            await self.look.wait()
            self.look = anyio.Event()
        self.now += timedelta(seconds=seconds)
        await anyio.lowlevel.checkpoint()

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool at this replica."""
        guard = Guard(Policy.of(), "never")
        server = build_server(all_tools(), self.client, guard, of_callers=True, now=lambda: self.now, jobs=self.jobs)
        async with Client(server) as client:
            result = await client.call_tool(tool, arguments)
        return answered(result)

    async def watch(self) -> None:
        """Look for jobs that nobody carries out, and do it again with each `look_again`."""
        tool = next(each for each in all_tools() if each.name == APPLIES)
        self.jobs.watch(Setting(self.client, Policy.of(), tool))
        await self.looked.wait()

    async def look_again(self) -> None:
        """Look once more; when this returns it has."""
        self.looked = anyio.Event()
        self.look.set()
        await self.looked.wait()


@asynccontextmanager
async def replica(server: RedisServer, store: Store, sticks_at: int = 0) -> AsyncGenerator[Replica]:
    state = state_of(server.url)
    network = Network(httpx.ASGITransport(build_sandbox(store, clock=lambda: NOW)), sticks_at)
    made = Replica(state, network)
    try:
        yield made
    finally:
        network.freed.set()
        made.client.give_up()
        await made.jobs.aclose()
        await made.client.aclose()
        state.close()


def leases_end(server: RedisServer) -> int:
    """Let the time of all leases be over, which Redis reckons itself; return how many there were."""
    client: Any = redis.Redis(port=server.port, password=PASSWORD)  # redis types only half of what it offers
    short = [key for key in client.scan_iter() if 0 < client.pttl(key) <= LEASE * 1000]
    for key in short:
        client.delete(key)
    client.close()
    return len(short)


async def test_another_replica_goes_on_when_the_lease_is_over_and_the_first_one_sends_nothing_more(
    server: RedisServer,
) -> None:
    server.clear()
    store = sandbox_store(many(_RECORDS))
    async with replica(server, store, sticks_at=8) as one, replica(server, store) as other:
        with acting_for(ANN):
            planned = await one.call("plan_change", **PLAN)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: one.call("apply_plan", plan_id=planned["plan_id"], stop_at=100))
                await one.network.stuck.wait()
                tasks.cancel_scope.cancel()  # the client leaves, the job goes on
            (row,) = (await other.call("list_jobs"))["rows"]
        with acting_for(BOB):
            assert (await other.call("list_jobs"))["rows"] == []
        job = row[0]

        await other.watch()
        await other.look_again()
        assert other.jobs.running(job) is None  # the lease is the first one's
        running = one.jobs.running(job)
        assert running is not None
        assert running.task is not None

        assert leases_end(server) == 1
        one.seconds += 60
        other.now += timedelta(seconds=60)
        await other.look_again()
        taken = other.jobs.running(job)
        assert taken is not None
        assert taken.task is not None
        await taken.task
        with acting_for(ANN):
            told = await other.call("get_job", job_id=job)
            done = await other.call("get_job", job_id=job, outcome="done")

        before = one.network.writes.copy()
        one.network.freed.set()
        await running.task
        assert one.network.writes == before
        titles = [title for (title,) in store.rows('SELECT title FROM "prospect.rows"')]
    assert (told["state"], told["done"], done["returned"]) == ("done", _RECORDS, _RECORDS)
    assert titles == ["Planned"] * _RECORDS
    assert set((one.network.writes + other.network.writes).values()) == {1}
    assert len(one.network.writes) + len(other.network.writes) == _RECORDS
    assert other.network.callers == {"ann"}
