"""Plans: what they cost, what they say, and what is refused before anything is planned or changed."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from outreach_mcp.clock import Clock
from outreach_mcp.guard.policy import Policy
from outreach_mcp.jobs.memory import MemoryStore
from outreach_mcp.jobs.sections import sections_of
from outreach_mcp.jobs.store import JobStore, PlanHead
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Record
from tests.guard.test_confirmation import Person
from tests.support.workbench import NOW, Workbench, organisation, workbench
from tests.tools.test_definitions import O200K

MAYA, TOM = 17, 18


def cost(answer: dict[str, Any]) -> int:
    return len(O200K.encode(json.dumps(answer, ensure_ascii=False, separators=(",", ":"))))


def one(field: str, criteria: str) -> list[dict[str, str]]:
    return [{"field": field, "criteria": criteria}]


def owners(bench: Workbench) -> dict[int, int]:
    return dict(bench.store.rows('SELECT id, "owner.id" FROM "prospect.rows"'))


async def test_reassigning_300_prospects_takes_two_calls_ten_requests_and_800_tokens() -> None:
    async with workbench() as bench:
        plan = await bench.call("plan_change", resource="prospect", all=True, relationships={"owner": "Tom Brennan"})
        moved = plan["records"]
        reads = len(bench.requests)
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        assert set(owners(bench).values()) == {TOM}
        assert (moved > 240, job["state"], job["done"]) == (True, "done", moved)
        beyond = [each for each in bench.sent()[reads:] if each != "GET /prospects"]
        assert len(beyond) <= 10
        assert cost(plan) + cost(job) <= 800


async def test_a_plan_changes_nothing_and_says_before_and_after_within_500_tokens() -> None:
    async with workbench() as bench:
        before = bench.contents()
        plan = await bench.call(
            "plan_change",
            resource="prospect",
            filters=one("owner.id", str(TOM)),
            attributes={"title": "Head of " + "everything " * 20},
            relationships={"owner": MAYA},
            clear=["nickname"],
        )
        assert bench.contents() == before
        assert bench.changes() == []
        assert cost(plan) <= 500
        assert len(plan["examples"]) >= 1
        assert plan["examples"][0]["owner"] == "Tom Brennan → Maya Okafor (17)"


async def test_who_is_so_already_opted_out_or_enrolled_is_left_out_and_counted() -> None:
    async with workbench() as bench:
        plan = await bench.call(
            "plan_change", resource="prospect", all=True, action="enrol", parameters={"sequenceId": 123}
        )
        inside = {
            number
            for number, state in bench.store.rows(
                'SELECT "prospect.id", state FROM "sequenceState.rows" WHERE "sequence.id" = 123'
            )
            if state not in ("finished", "opted_out", "bounced", "failed")
        }
        out = {number for (number,) in bench.store.rows('SELECT id FROM "prospect.rows" WHERE optedOut')}
        assert plan["left_out"]["is in the sequence already"] == len(inside - out)
        assert plan["left_out"]["opted out"] >= len(out)
        assert plan["sends_email"].startswith("the sequence may e-mail")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"resource": "prospect", "attributes": {"title": "x"}}, "give 'filters' or 'ids', or all: true"),
    ({"resource": "prospect", "filters": one("title", "nobody has this"), "attributes": {"title": "x"}}, "no prospect"),
    (
        {"resource": "prospect", "filters": one("createdAt", "not null"), "attributes": {"title": "x"}},
        "match every one of the 300 prospects: if that is meant, say all: true",
    ),
    ({"resource": "user", "ids": [17], "attributes": {"title": "x"}}, "'resource' is 'user'"),
    ({"resource": "prospekt", "ids": [402], "attributes": {"title": "x"}}, "did you mean 'prospect'?"),
    ({"ids": [402], "attributes": {"title": "x"}}, "'resource' is required"),
    ({"resource": "prospect", "ids": [402]}, "nothing to change"),
    ({"resource": "prospect", "ids": [999999], "attributes": {"title": "x"}}, "none of the ids"),
    ({"resource": "prospect", "ids": ["Ann"], "attributes": {"title": "x"}}, "'ids'"),
    ({"resource": "prospect", "ids": [402], "attributes": {"createdAt": "today"}}, "read-only"),
    ({"resource": "prospect", "ids": [402], "attributes": {"titel": "x"}}, "did you mean 'title'?"),
    ({"resource": "prospect", "ids": [402], "all": True, "attributes": {"title": "x"}}, "give one of them"),
    ({"resource": "prospect", "ids": [402], "action": "delete", "attributes": {"title": "x"}}, "both given"),
    ({"resource": "prospect", "ids": [402], "action": "explode"}, "'explode'"),
    ({"resource": "task", "ids": [20117], "action": "enrol"}, "is for prospects"),
    ({"resource": "task", "ids": [20117], "add_tags": ["a"]}, "have no tags"),
    ({"resource": "prospect", "ids": [402], "add_tags": ["a"], "remove_tags": ["a"]}, "both added and removed"),
    ({"resource": "prospect", "ids": [402], "parameters": {"ownerId": 17}}, "'action', which is not given"),
    ({"resource": "prospect", "ids": [402], "action": "reassign"}, "'ownerId'"),
    ({"resource": "prospect", "ids": [402], "relationships": {"owner": 999}}, ""),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=str)
async def test_what_cannot_be_planned_is_one_clear_line_and_nothing_is_changed(
    arguments: dict[str, Any], said: str
) -> None:
    async with workbench() as bench:
        before = bench.contents()
        failed, text = await bench.outcome("plan_change", arguments)
        assert bench.changes() == []
        assert bench.contents() == before
        assert said in text
        assert "\n" not in text
        assert failed or said == ""  # an owner who does not exist is for Outreach to refuse


async def test_a_plan_is_applied_once_in_time_and_by_its_owner() -> None:
    moments = [NOW]
    clock = Clock(now=lambda: moments[-1])
    store = JobStore(sections_of(MemoryStore(clock=clock)), clock=clock)
    async with workbench(now=clock.now, jobs=store) as bench:
        change = {"resource": "prospect", "ids": [402], "attributes": {"title": "x"}}
        late = await bench.call("plan_change", **change)
        moments.append(NOW + timedelta(minutes=15, seconds=1))
        assert "holds for 15 minutes" in await bench.refused("apply_plan", plan_id=late["plan_id"])
        assert bench.changes() == []
        plan = await bench.call("plan_change", **change)
        # What another user of the same store keeps is not to be had.
        foreign, _ = await store.keep_plan("somebody else", await store.plan(plan["plan_id"], _head(plan, store)))
        assert "there is no plan" in await bench.refused("apply_plan", plan_id=foreign)
        assert bench.changes() == []
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        sent = bench.changes()
        assert job["job_id"] in await bench.refused("apply_plan", plan_id=plan["plan_id"])
        assert bench.changes() == sent


def _head(plan: dict[str, Any], store: JobStore) -> Any:
    head: dict[str, Any] = {
        "resource": "prospect",
        "doing": "x",
        "left_out": {},
        "selection": [],
        "mails": "",
        "undoes": "",
    }
    return PlanHead(head, 1, plan["records"], datetime.max)


@pytest.mark.parametrize(
    ("level", "count", "attributes", "asked"),
    [
        ("destructive", 10, {"title": "x"}, False),
        ("destructive", 11, {"title": "x"}, True),
        ("destructive", 1, {"optedOut": False}, True),
        ("writes", 1, {"title": "x"}, True),
        ("never", 11, {"title": "x"}, False),
    ],
)
async def test_a_person_is_asked_once_with_the_plans_own_figures(
    level: Any, count: int, attributes: dict[str, Any], asked: bool
) -> None:
    ids = [record.id for record in people()][:count]
    person = Person("accept", {"confirm": True})
    async with workbench(guard=Guard(Policy.of(), level), person=person) as bench:
        bench.store.run('UPDATE "prospect.rows" SET title = NULL, optedOut = 1')
        plan = await bench.call("plan_change", resource="prospect", ids=ids, attributes=attributes)
        await bench.call("apply_plan", plan_id=plan["plan_id"])
        assert len(person.questions) == asked
        if asked:
            assert f"Change {count} prospect" in person.questions[0]
            assert plan["doing"] in person.questions[0]


async def test_a_plan_that_is_declined_is_not_applied() -> None:
    person = Person("decline")
    async with workbench(guard=Guard(Policy.of(), "destructive"), person=person) as bench:
        plan = await bench.call("plan_change", resource="prospect", ids=[402], action="delete")
        assert "declined" in await bench.refused("apply_plan", plan_id=plan["plan_id"])
        assert (len(person.questions), bench.changes()) == (1, [])
        assert "Delete 1 prospect for good" in person.questions[0]


async def test_what_a_single_tool_may_not_do_a_plan_may_not_either() -> None:
    policy = Policy.of(excluded=["delete_prospect"])
    async with workbench(guard=Guard(policy, "never")) as bench:
        assert "exclude" in await bench.refused("plan_change", resource="prospect", ids=[402], action="delete")
        await bench.call("plan_change", resource="prospect", ids=[402], attributes={"title": "x"})


def people() -> list[Record]:
    return [record for record in organisation() if record.type == "prospect"]


async def test_the_sales_preset_plans_what_its_own_tools_may_do() -> None:
    async with workbench(guard=Guard(Policy.of(["sales"]), "never")) as bench:
        plan = await bench.call(
            "plan_change", resource="prospect", filters=one("owner.id", "Tom Brennan"), relationships={"owner": "me"}
        )
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        assert (job["state"], job["done"]) == ("done", plan["records"])
        assert "do not choose" in await bench.refused("plan_change", resource="prospect", ids=[402], action="delete")
        assert "do not choose" in await bench.refused(
            "plan_change", resource="opportunity", ids=[903], attributes={"name": "x"}
        )
