"""Those who are left out of a plan are told by reason and count, whichever way they were named; the rest is applied."""

import json
from typing import Any

import httpx
import pytest

from tests.support.workbench import Workbench, workbench

MAYA, TOM = 17, 18
NOT_PERMITTED = "you may not change it in Outreach"


class Permitting(httpx.AsyncBaseTransport):
    """An Outreach that lets the user write and delete every other record only, and says so where it is asked."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if request.method != "GET" or request.url.params.get("provideAuthorizationMeta") != "true":
            return answer
        document = json.loads(await answer.aread())
        for record in document["data"]:
            may = record["id"] % 2 == 0
            record["meta"] = {**record.get("meta", {}), "canWrite": may, "canDelete": may}
        return httpx.Response(answer.status_code, json=document, request=request)


WAYS: list[dict[str, Any]] = [
    {"resource": "prospect", "attributes": {"title": "Planned"}},
    {"resource": "prospect", "add_tags": ["planned"]},
    {"resource": "prospect", "action": "delete"},
    {"resource": "prospect", "action": "reassign", "parameters": {"ownerId": MAYA}},
    {"resource": "prospect", "action": "enrol", "parameters": {"sequenceId": 123456}},
    {"resource": "account", "attributes": {"industry": "Planned"}},
    {"resource": "opportunity", "attributes": {"nextStep": "Planned"}},
    {"resource": "task", "action": "markComplete"},
    {"resource": "task", "action": "reschedule", "parameters": {"dueAt": "2027-01-01T09:00:00Z"}},
    {"resource": "sequenceState", "action": "pause"},
    {"resource": "sequenceState", "action": "delete"},
]


def some(bench: Workbench, resource: str, action: str | None) -> list[int]:
    """Return the ids of a dozen records that a change may be meant for."""
    inside = 'SELECT "prospect.id" FROM "sequenceState.rows" WHERE "sequence.id" = 123456'
    where = {
        "task": "WHERE state = 'incomplete'",
        "sequenceState": "WHERE state IN ('active', 'pending')",
        "prospect": f"WHERE NOT optedOut AND NOT emailOptedOut AND id NOT IN ({inside})" if action == "enrol" else "",
    }.get(resource, "")
    rows = bench.store.rows(f'SELECT id FROM "{resource}" {where} ORDER BY id LIMIT 12')
    return [number for (number,) in rows]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way['resource']}-{way.get('action', 'update')}")
@pytest.mark.parametrize("named", ["ids", "filters"])
async def test_who_may_not_be_changed_is_left_out_and_told(named: str, way: dict[str, Any]) -> None:
    async with workbench(through=Permitting) as bench:
        ids = some(bench, way["resource"], way.get("action"))
        texts = ",".join(map(str, ids))
        which = {"ids": ids} if named == "ids" else {"filters": [{"field": "id", "criteria": texts}]}
        plan = await bench.call("plan_change", **which, **way)
        odd = sum(number % 2 for number in ids)
        assert odd > 0
        assert plan["left_out"][NOT_PERMITTED] == odd
        assert plan["records"] == len(ids) - sum(plan["left_out"].values())
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        assert (job["state"], job.get("done")) == ("done", plan["records"])


@pytest.mark.parametrize(
    ("parameters", "sets"),
    [
        ({"action": "reassign", "parameters": {"ownerId": TOM}}, '"owner.id" = 18'),
        (
            {"action": "reschedule", "parameters": {"dueAt": "2027-01-01T09:00:00Z"}},
            "dueAt = '2027-01-01T09:00:00.000Z'",
        ),
    ],
    ids=["reassign", "reschedule"],
)
async def test_an_action_that_would_change_nothing_of_a_record_is_not_planned_for_it(
    parameters: dict[str, Any], sets: str
) -> None:
    async with workbench() as bench:
        ids = some(bench, "task", None)
        for number in ids[:5]:
            bench.store.run(f'UPDATE "task.rows" SET {sets} WHERE id = ?', (number,))
        so = {each for (each,) in bench.store.rows(f'SELECT id FROM "task.rows" WHERE {sets}')} & set(ids)
        plan = await bench.call("plan_change", resource="task", ids=ids, **parameters)
        assert plan["left_out"] == {"is so already": len(so)}
        assert plan["records"] == len(ids) - len(so)
        assert all(len(example) > 1 for example in plan["examples"])


@pytest.mark.parametrize("permit", ["disallow", "only_if_inactive", "allow"])
async def test_who_was_in_the_sequence_before_is_left_out_where_its_ruleset_takes_nobody_twice(permit: str) -> None:
    async with workbench() as bench:
        bench.store.run("UPDATE ruleset SET permitDuplicateProspects = ?", (permit,))
        (row,) = bench.store.rows(
            'SELECT s."sequence.id", GROUP_CONCAT(s."prospect.id"), COUNT(*) FROM "sequenceState" s'
            ' JOIN sequence q ON q.id = s."sequence.id" JOIN prospect p ON p.id = s."prospect.id"'
            ' WHERE q.enabled AND q."ruleset.id" IS NOT NULL AND NOT p.optedOut AND NOT p.emailOptedOut'
            " AND s.state = 'finished' GROUP BY 1 ORDER BY 3 DESC LIMIT 1"
        )
        sequence, before = row[0], sorted(map(int, row[1].split(",")))
        new = [number for number in some(bench, "prospect", "enrol") if number not in before][:3]
        plan = await bench.call(
            "plan_change", resource="prospect", ids=[*before, *new], action="enrol",
            parameters={"sequenceId": sequence},
        )  # fmt: skip
        told = plan.get("left_out", {}).get("was in the sequence before, and its ruleset takes nobody twice", 0)
        assert told == (len(before) if permit == "disallow" else 0)
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
    assert "already been in this sequence" not in json.dumps(job)


@pytest.mark.parametrize("given", [["vip", "vip"], ["vip", " vip "], "vip, vip,", ["", "vip"]], ids=str)
async def test_a_tag_that_is_named_twice_is_one_tag(given: Any) -> None:
    async with workbench() as bench:
        before = bench.store.rows('SELECT id, tags FROM "prospect.rows" ORDER BY id')
        plan = await bench.call("plan_change", resource="prospect", ids=[401, 402], add_tags=given)
        assert plan["doing"] == "add the tag 'vip'"
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        undo = await bench.call("plan_undo", job_id=job["job_id"])
        assert (await bench.call("apply_plan", plan_id=undo["plan_id"]))["done"] == undo["records"] == 2
        assert bench.store.rows('SELECT id, tags FROM "prospect.rows" ORDER BY id') == before


@pytest.mark.parametrize(
    ("own", "others", "foreseen"),
    [
        ("exclusive_sequences", "exclusive_sequences", True),
        ("exclusive_sequences", "none", False),
        ("all_sequences", "none", True),
        ("none", "exclusive_sequences", False),
    ],
)
async def test_who_is_in_another_sequence_is_left_out_where_the_rulesets_do_not_allow_both(
    own: str, others: str, foreseen: bool
) -> None:
    async with workbench() as bench:
        bench.store.run("UPDATE ruleset SET permitDuplicateProspects = 'allow', sequenceExclusivity = 'none'")
        bench.store.run("UPDATE ruleset SET sequenceExclusivity = ? WHERE id = 1", (own,))
        bench.store.run("UPDATE ruleset SET sequenceExclusivity = ? WHERE id = 2", (others,))
        bench.store.run('UPDATE "sequence.rows" SET "ruleset.id" = 2 WHERE id <> 98')
        away = ' AND p.id NOT IN (SELECT "prospect.id" FROM "sequenceState" WHERE "sequence.id" = 98)'
        people = bench.store.rows(
            "SELECT p.id, SUM(COALESCE(s.state IN ('active', 'paused', 'pending'), 0)), COUNT(s.id) FROM \"prospect\" p"
            " LEFT JOIN \"sequenceState\" s ON s.\"prospect.id\" = p.id AND s.state NOT IN ('finished', 'opted_out')"
            f" WHERE NOT p.optedOut AND NOT p.emailOptedOut{away} GROUP BY p.id"
        )
        busy = [number for number, inside, _ in people if inside][:8]
        free = [number for number, _, ways in people if not ways][:4]
        plan = await bench.call(
            "plan_change", resource="prospect", ids=[*busy, *free], action="enrol", parameters={"sequenceId": 98}
        )
        told = plan.get("left_out", {}).get(
            "is in another sequence now, which its ruleset does not allow beside this one", 0
        )
        assert (told, plan["records"]) == ((len(busy), len(free)) if foreseen else (0, len(busy) + len(free)))
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        assert (job["state"], job.get("done")) == ("done", plan["records"])


async def test_the_company_of_who_is_in_an_account_is_its_name_and_is_not_planned() -> None:
    async with workbench() as bench:
        rows = bench.store.rows('SELECT id FROM prospect WHERE "account.id" IS NOT NULL ORDER BY id LIMIT 4')
        inside = [number for (number,) in rows]
        bench.store.run('UPDATE "prospect.rows" SET "account.id" = NULL WHERE id IN (?, ?)', (inside[0], inside[1]))
        plan = await bench.call("plan_change", resource="prospect", ids=inside, attributes={"company": "Other"})
        assert (plan["records"], plan["left_out"]) == (
            2,
            {"its company is the name of its account: change the account": 2},
        )
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        assert job["done"] == 2
        both = {"company": "Third", "title": "Planned"}
        plan = await bench.call("plan_change", resource="prospect", ids=inside, attributes=both)
        assert (plan["records"], "2 keep their company" in plan["note"]) == (4, True)
        assert (await bench.call("apply_plan", plan_id=plan["plan_id"]))["done"] == 4
        again = await bench.refused("plan_change", resource="prospect", ids=inside, attributes=both)
        assert "is so already" in again
