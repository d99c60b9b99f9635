"""Records that are alike are records all the same: each is made, and none is taken for a repeat of another one."""

from typing import Any

import anyio.lowlevel
import httpx
import pytest

from outreach_sandbox.records import Identifier, Record
from tests.support.workbench import Workbench, workbench

PEOPLE = [
    Record("user", 1, {"firstName": "Sally", "lastName": "Smith", "email": "sally@acme.example"}),
    Record("account", 5, {"name": "Acme", "domain": "acme.example"}),
    Record("stage", 1, {"name": "New"}),
    *(Record("prospect", 20 + each, {"firstName": "Jo", "lastName": "Doe"}) for each in range(3)),
    *(
        Record("task", 30 + each, {"action": "call", "state": "incomplete"}, {"owner": Identifier("user", 1)})
        for each in range(3)
    ),
]  # fmt: skip
FILES = {
    "prospect": "firstName,lastName,title\n" + "Ann,Lee,CEO\n" * 3,
    "opportunity": "name,closeDate\n" + "Deal,2026-12-01\n" * 3,
}


class Losing(httpx.AsyncBaseTransport):
    """Loses the answer of the second create after it was done."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._creates = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if request.method == "POST":
            self._creates += 1
            if self._creates == 2:
                raise httpx.ReadError("lost", request=request)
        return answer


async def done(bench: Workbench, plan: dict[str, Any]) -> list[int | None]:
    """Apply a plan and return the ids of the records that were done."""
    job = await bench.call("apply_plan", plan_id=plan["plan_id"])
    assert (job["state"], job.get("done")) == ("done", plan["records"]), job
    page = await bench.call("get_job", job_id=job["job_id"], outcome="all")
    return [row[0] for row in page["rows"]]


@pytest.mark.parametrize("loses", [False, True], ids=["plainly", "with a lost answer"])
@pytest.mark.parametrize("resource", FILES)
async def test_each_row_of_a_file_makes_a_record_of_its_own(resource: str, loses: bool) -> None:
    async def sleep(_: float) -> None:
        await anyio.lowlevel.checkpoint()

    async with workbench(PEOPLE, sleep=sleep, through=Losing if loses else lambda inner: inner) as bench:
        before = {number for (number,) in bench.store.rows(f'SELECT id FROM "{resource}"')}
        plan = await bench.call("plan_import", resource=resource, csv=FILES[resource])
        told = await done(bench, plan)
        after = {number for (number,) in bench.store.rows(f'SELECT id FROM "{resource}"')}
        assert len({*told}) == len(told) == 3
        assert {*told} == after - before


async def test_each_record_that_was_deleted_is_made_anew() -> None:
    async with workbench(PEOPLE) as bench:
        plan = await bench.call("plan_change", resource="prospect", ids=[20, 21, 22], action="delete")
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        assert bench.store.rows('SELECT COUNT(*) FROM "prospect"') == [(0,)]
        told = await done(bench, await bench.call("plan_undo", job_id=job["job_id"]))
        assert {*told} == {number for (number,) in bench.store.rows('SELECT id FROM "prospect"')}
        assert len({*told}) == len(told) == 3


async def test_a_repeat_of_a_single_create_is_taken_for_the_same_one_still() -> None:
    async with workbench(PEOPLE) as bench:
        body = {"firstName": "Ann", "lastName": "Lee"}
        first, second = [await bench.call("create_prospect", attributes=body) for _ in range(2)]
        assert first["id"] == second["id"]
        plan = await bench.call("plan_import", resource="prospect", csv="firstName,lastName\nAnn,Lee\n")
        (made,) = await done(bench, plan)
        assert made != first["id"]


@pytest.mark.parametrize("sequence", [98, 562], ids=["by a bulk action", "one by one"])
async def test_the_id_of_an_enrolment_is_that_of_the_prospect(sequence: int) -> None:
    async with workbench() as bench:
        bench.store.run("UPDATE ruleset SET permitDuplicateProspects = 'allow', sequenceExclusivity = 'none'")
        free = bench.store.rows(
            'SELECT id FROM "prospect" WHERE NOT optedOut AND NOT emailOptedOut AND id NOT IN'
            ' (SELECT "prospect.id" FROM "sequenceState") LIMIT 3'
        )
        ids = sorted(number for (number,) in free)
        plan = await bench.call(
            "plan_change", resource="prospect", ids=ids, action="enrol", parameters={"sequenceId": sequence}
        )
        assert sorted(await done(bench, plan), key=str) == sorted(ids, key=str)


async def test_what_e_mail_taking_back_causes_is_said() -> None:
    async with workbench() as bench:
        bench.store.run("UPDATE ruleset SET permitDuplicateProspects = 'allow', sequenceExclusivity = 'none'")
        ways = bench.store.rows("SELECT id FROM \"sequenceState\" WHERE state = 'active' ORDER BY id LIMIT 3")
        plan = await bench.call(
            "plan_change", resource="sequenceState", ids=[number for (number,) in ways], action="delete"
        )
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        undo = await bench.call("plan_undo", job_id=job["job_id"])
        assert undo["sends_email"] == "the sequence may e-mail 3 people again"

        ids = bench.store.rows("SELECT id FROM prospect WHERE NOT optedOut ORDER BY id LIMIT 3")
        some = [number for (number,) in ids]
        plan = await bench.call("plan_change", resource="prospect", ids=some, attributes={"optedOut": True})
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        undo = await bench.call("plan_undo", job_id=job["job_id"])
        assert undo["sends_email"] == "3 people who had opted out may be e-mailed again"
        table = "id,optedOut\n" + "".join(f"{number},false\n" for number in some)
        plan = await bench.call("plan_import", resource="prospect", csv=table)
        assert plan["sends_email"] == "3 people who had opted out may be e-mailed again"
