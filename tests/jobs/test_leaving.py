"""A job goes on when its call ends, stops when it is told to, and is nobody's but its owner's to read."""

import os
from typing import Any

import anyio
import httpx
import pytest

from outreach_mcp.callers.state.sealed import Sealed
from outreach_mcp.jobs.memory import MemoryStore
from outreach_mcp.jobs.store import JobStore
from outreach_tools.engine.bulk.plan import Plan, Step
from tests.support.workbench import Workbench, workbench

PLAN: dict[str, Any] = {
    "resource": "prospect",
    "filters": [{"field": "owner.id", "criteria": "18"}],
    "attributes": {"title": "x"},
    "clear": ["nickname"],
}


class Halting(httpx.AsyncBaseTransport):
    """Lets some changes through, and holds the others until it is told to go on."""

    def __init__(self, inner: httpx.AsyncBaseTransport, go: anyio.Event, halted: anyio.Event) -> None:
        self._inner = inner
        self._go = go
        self._halted = halted
        self._let = 5

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            self._let -= 1
            if self._let < 0:
                self._halted.set()
                await self._go.wait()
        return await self._inner.handle_async_request(request)


async def _over(bench: Workbench) -> dict[str, Any]:
    """Return the only job once it is over."""
    with anyio.fail_after(20):
        while True:
            rows = (await bench.call("list_jobs"))["rows"]
            if rows and rows[0][1] not in ("queued", "running"):
                return await bench.call("get_job", job_id=rows[0][0])
            await anyio.sleep(0.01)


@pytest.mark.parametrize("how", ["taken back", "cancel_job"])
async def test_a_job_stops_after_what_is_under_way(how: str) -> None:
    go, halted = anyio.Event(), anyio.Event()
    async with workbench(through=lambda inner: Halting(inner, go, halted), era="legacy") as bench:
        plan = await bench.call("plan_change", **PLAN)
        async with anyio.create_task_group() as tasks:
            scope = anyio.CancelScope()

            async def apply() -> None:
                with scope:
                    await bench.outcome("apply_plan", {"plan_id": plan["plan_id"]})

            tasks.start_soon(apply)
            await halted.wait()
            if how == "taken back":
                scope.cancel()
            else:
                job = (await bench.call("list_jobs"))["rows"][0][0]
                tasks.start_soon(_cancel, bench, job)
            await anyio.sleep(0.05)
            go.set()
        job_now = await _over(bench)
        assert job_now["state"] == "cancelled"
        done = len([each for each in bench.changes() if each.startswith("PATCH")])
        assert job_now["done"] == done <= 5 + 4
        assert job_now["done"] + job_now["left_out"] + job_now.get("to_come", 0) == plan["records"]


async def _cancel(bench: Workbench, job: str) -> None:
    await bench.call("cancel_job", job_id=job)


async def test_what_is_kept_for_many_callers_is_encrypted_and_each_callers_own() -> None:
    key, kept = os.urandom(32), MemoryStore()
    store = JobStore(lambda name: Sealed(kept, name, key))
    step = Step("update", "prospect", 7, "Secret Name", {"title": "a"}, {"title": "b"})
    name, _ = await store.keep_plan("caller ann", Plan("prospect", "title = b", (step,)))
    head = await store.find_plan("caller ann", name)
    assert head is not None
    assert list((await store.plan(name, head)).steps) == [step]
    assert await store.find_plan("caller bob", name) is None
    assert not await store.claim_plan("caller bob", name, "j1")
    everything = b"".join(value for each in kept.names("") if (value := kept.get(each)))
    assert b"Secret Name" not in everything
    assert not any("ann" in each or name in each for each in kept.names(""))
