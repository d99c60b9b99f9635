"""However a job ends, its counts, its pages and its list tell the same: each record has exactly one outcome."""

import json
from collections import Counter
from typing import Any

import anyio
import httpx
import pytest
from mcp_types import TextContent

from outreach_tools.engine.bulk.service import OUTCOMES
from tests.support.workbench import Workbench, workbench

_SINGLE = {"attributes": {"title": "Planned"}, "clear": ["nickname"]}
_BATCH = {"attributes": {"title": "Planned"}}
_RECORDS = [{"field": "id", "criteria": "401..460"}]


class Refusing(httpx.AsyncBaseTransport):
    """Refuses changes with a status, from the one of a number on."""

    def __init__(self, inner: httpx.AsyncBaseTransport, status: int, first: int) -> None:
        self._inner = inner
        self._status = status
        self._first = first
        self.changes = 0
        self.done: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return await self._inner.handle_async_request(request)
        self.changes += 1
        if self.changes >= self._first:
            errors = [{"id": "refused", "title": "Refused", "detail": "Not now."}]
            return httpx.Response(self._status, json={"errors": errors}, request=request)
        answer = await self._inner.handle_async_request(request)
        if request.method == "PATCH":
            self.done.append(int(request.url.path.rpartition("/")[2]))
        return answer


class Pausing(httpx.AsyncBaseTransport):
    """Lets some changes through, and the others wait until they are released."""

    def __init__(self, inner: httpx.AsyncBaseTransport, passing: int, released: anyio.Event) -> None:
        self._inner = inner
        self._left = passing
        self._released = released

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            self._left -= 1
            if self._left < 0:
                await self._released.wait()
        return await self._inner.handle_async_request(request)


async def counted(bench: Workbench, job_id: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many records came to each outcome, as the counts of a job say and as its pages do."""
    job = await bench.call("get_job", job_id=job_id)
    assert "to_come" not in job
    pages: Counter[str] = Counter()
    for outcome in OUTCOMES:
        page = await bench.call("get_job", job_id=job_id, outcome=outcome)
        assert {row[2] for row in page["rows"]} <= {outcome}
        assert page["has_more"] is False
        pages[outcome] = page["returned"]
    return {code: job[code] for code in OUTCOMES if code in job}, {
        code: count for code, count in pages.items() if count
    }


class Garbling(httpx.AsyncBaseTransport):
    """Answers one look at records or at a bulk action, the one of a number, with a page that is no JSON."""

    def __init__(self, inner: httpx.AsyncBaseTransport, number: int) -> None:
        self._inner = inner
        self.number = number
        self.looks = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "GET" and (path.endswith("/prospects") or "/batches/" in path):
            self.looks += 1
            if self.looks == self.number:
                return httpx.Response(200, text="<html>One moment please</html>", request=request)
        return await self._inner.handle_async_request(request)


@pytest.mark.parametrize("change", [_SINGLE, _BATCH], ids=["single", "batch"])
@pytest.mark.parametrize("number", [1, 2])
async def test_a_read_that_cannot_be_understood_is_done_again_and_does_not_end_the_job(
    change: dict[str, Any], number: int
) -> None:
    async def sleep(_: float) -> None:
        await anyio.lowlevel.checkpoint()

    ways: list[Garbling] = []

    def through(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        ways.append(Garbling(inner, -1))
        return ways[0]

    async with workbench(through=through, sleep=sleep) as bench:
        plan = await bench.call("plan_change", resource="prospect", filters=_RECORDS, **change)
        ways[0].looks, ways[0].number = 0, number
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        assert ways[0].looks > number
        assert (job["state"], job["done"]) == ("done", plan["records"])
        assert "unknown" not in job


@pytest.mark.parametrize("change", [_SINGLE, _BATCH], ids=["single", "batch"])
@pytest.mark.parametrize("first", [1, 2, 8, 1000])
@pytest.mark.parametrize("status", [401, 403, 422])
async def test_counts_and_pages_are_alike_and_what_was_not_sent_is_left_out(
    status: int, first: int, change: dict[str, Any]
) -> None:
    made: list[Refusing] = []

    def through(inner: httpx.AsyncBaseTransport) -> Refusing:
        made.append(Refusing(inner, status, first))
        return made[-1]

    async with workbench(through=through) as bench:
        plan = await bench.call("plan_change", resource="prospect", filters=_RECORDS, **change)
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        counts, pages = await counted(bench, job["job_id"])
        titles = dict(bench.store.rows('SELECT id, title FROM "prospect.rows"'))
        done = {row[0] for row in (await bench.call("get_job", job_id=job["job_id"], outcome="done"))["rows"]}
        states = [row[1] for row in (await bench.call("list_jobs"))["rows"]]
    assert counts == pages
    assert sum(counts.values()) == plan["records"] == 60
    assert counts.get("unknown", 0) == 0
    assert done == {number for number, title in titles.items() if title == "Planned"}
    # A bulk action is begun and confirmed; all of it is done then.
    is_done = first > (2 if change is _BATCH else 60)
    assert states == ["done" if is_done else "failed" if status == 401 else "stopped"]


async def test_a_job_that_is_cancelled_leaves_out_what_it_did_not_come_to() -> None:
    cancelled = anyio.Event()
    async with workbench(through=lambda inner: Pausing(inner, 30, cancelled)) as bench:
        begun = anyio.Event()
        jobs: list[str] = []

        async def watch(progress: float, total: float | None, message: str | None) -> None:  # the library names them
            if progress >= 20 and not begun.is_set():
                begun.set()
                (row,) = (await bench.call("list_jobs"))["rows"]
                jobs.append(row[0])
                await bench.call("cancel_job", job_id=row[0])
                cancelled.set()

        plan = await bench.call("plan_change", resource="prospect", filters=_RECORDS, **_SINGLE)
        result = await bench.client.call_tool("apply_plan", {"plan_id": plan["plan_id"]}, progress_callback=watch)
        (content,) = result.content
        assert isinstance(content, TextContent)
        job = json.loads(content.text)
        with anyio.fail_after(10):
            while (job := await bench.call("get_job", job_id=job["job_id"]))["state"] == "running":
                await anyio.lowlevel.checkpoint()
        counts, pages = await counted(bench, job["job_id"])
        changed = [title for _, title in bench.store.rows('SELECT id, title FROM "prospect.rows"')].count("Planned")
    assert jobs == [job["job_id"]]
    assert job["state"] == "cancelled"
    assert counts == pages == {"done": changed, "left_out": 60 - changed}
    assert 20 <= changed < 60
