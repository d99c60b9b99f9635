"""What a job did is known by when it did it, not by when the job began or ended: jobs go on for long."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import pytest

from tests.support.workbench import NOW, Workbench, workbench

_PEOPLE = 25  # the last five of them are sent after the first twenty
_TABLE = "E-mail,Title\n" + "".join(f"person{number}@new.example,Planned\n" for number in range(_PEOPLE))
_HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(slots=True)
class Slow(httpx.AsyncBaseTransport):
    """Lets half an hour pass after the first twenty changes."""

    inner: httpx.AsyncBaseTransport
    changes: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.changes += request.method != "GET"
        return await self.inner.handle_async_request(request)

    def now(self) -> datetime:
        return NOW + (_HALF_AN_HOUR if self.changes >= 20 else timedelta())


@asynccontextmanager
async def imported() -> AsyncGenerator[tuple[Workbench, str]]:
    """Open a bench on which a job has created people for half an hour; yield it and the job."""
    made: list[Slow] = []

    def through(inner: httpx.AsyncBaseTransport) -> Slow:
        made.append(Slow(inner))
        return made[0]

    async with workbench(through=through, now=lambda: made[0].now() if made else NOW) as bench:
        plan = await bench.call("plan_import", resource="prospect", csv=_TABLE)
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        assert (job["done"], job["begun_at"], job["ended_at"]) == (_PEOPLE, "2026-11-18T15:30Z", "2026-11-18T16:00Z")
        yield bench, job["job_id"]


def made_ids(bench: Workbench) -> list[int]:
    return [number for (number,) in bench.store.rows("SELECT id FROM \"prospect.rows\" WHERE title = 'Planned'")]


async def test_who_was_worked_on_while_the_job_went_on_is_not_deleted_by_taking_it_back() -> None:
    async with imported() as (bench, job):
        worked_on = made_ids(bench)[0]
        later = "2026-11-18T15:40:00.000Z"
        bench.store.run('UPDATE "prospect.rows" SET score = 5, updatedAt = ? WHERE id = ?', (later, worked_on))
        undo = await bench.call("plan_undo", job_id=job)
        assert undo["left_out"] == {"somebody changed it since: it stays as it is now": 1}
        await bench.call("apply_plan", plan_id=undo["plan_id"])
        assert made_ids(bench) == [worked_on]


@pytest.mark.parametrize(("since", "count"), [("2026-11-18T15:29Z", 25), ("2026-11-18T15:45Z", 5)])
async def test_all_since_a_moment_is_what_was_done_after_it_also_by_a_job_that_had_begun(
    since: str, count: int
) -> None:
    async with imported() as (bench, _):
        undo = await bench.call("plan_undo", since=since)
        assert undo["records"] == count
