"""Taking back: every attribute that can be put back is, and nothing that somebody changed since is overwritten."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from outreach_mcp.guard.journal import Journal
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from tests.support.workbench import NOW, Workbench, workbench

MAYA, TOM = 17, 18
_WRITTEN_BY_ITSELF = ("updatedAt", "stateChangedAt", "updater.id", "sequenceStep.id", "activeAt", "pauseReason")


def held(bench: Workbench) -> dict[str, dict[int, dict[str, Any]]]:
    """Return what prospects, accounts, tasks and enrolments hold, without what Outreach writes by itself."""
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for kind in ("prospect", "account", "task", "sequenceState", "opportunity"):
        names = [row[1] for row in bench.store.rows(f'PRAGMA table_info("{kind}.rows")')]
        names = names or [row[1] for row in bench.store.rows(f'PRAGMA table_info("{kind}")')]
        table = f"{kind}.rows" if bench.store.rows(f'PRAGMA table_info("{kind}.rows")') else kind
        rows = bench.store.rows(f'SELECT * FROM "{table}"')
        records = [dict(zip(names, row, strict=True)) for row in rows]
        found[kind] = {
            record["id"]: {name: value for name, value in record.items() if name not in _WRITTEN_BY_ITSELF}
            for record in records
        }
    return found


def empty_alike(value: Any) -> Any:
    return None if value in ("", "[]") else value


def differences(one: dict[str, dict[int, dict[str, Any]]], other: dict[str, dict[int, dict[str, Any]]]) -> list[str]:
    found: list[str] = []
    for kind, records in one.items():
        for number in {*records, *other[kind]}:
            before, after = records.get(number), other[kind].get(number)
            if before is None or after is None:
                found.append(f"{kind} {number} came or went")
            else:
                found += [
                    f"{kind} {number}.{name}: {value!r} → {after[name]!r}"
                    for name, value in before.items()
                    if empty_alike(value) != empty_alike(after[name])
                ]
    return found


CHANGES: list[dict[str, Any]] = [
    {"resource": "prospect", "attributes": {"title": "Planned"}},
    {"resource": "prospect", "attributes": {"title": "Planned", "addressCity": "Firm"}, "clear": ["nickname"]},
    {"resource": "prospect", "relationships": {"owner": MAYA}},
    {"resource": "prospect", "relationships": {"owner": TOM, "stage": 1}},
    {"resource": "prospect", "add_tags": ["vip"], "remove_tags": ["Expo"]},
    {"resource": "prospect", "add_tags": ["one", "two"]},
    {"resource": "account", "attributes": {"industry": "Planned"}},
    {"resource": "task", "action": "reschedule", "parameters": {"dueAt": "2026-12-24T09:00Z"}},
    {"resource": "task", "action": "reassign", "parameters": {"ownerId": TOM}},
    {"resource": "opportunity", "action": "reassign", "parameters": {"ownerId": MAYA}},
    {"resource": "sequenceState", "action": "pause"},
    {"resource": "prospect", "action": "enrol", "parameters": {"sequenceId": 123, "mailboxId": 123}},
]


def some(bench: Workbench, chance: random.Random, kind: str) -> list[int]:
    condition = {
        "sequenceState": "WHERE state = 'active'",
        "task": "WHERE state = 'incomplete' AND \"owner.id\" IS NOT NULL AND dueAt IS NOT NULL",
    }.get(kind, "")
    table = f"{kind}.rows" if bench.store.rows(f'PRAGMA table_info("{kind}.rows")') else kind
    ids = [number for (number,) in bench.store.rows(f'SELECT id FROM "{table}" {condition}')]
    return chance.sample(ids, min(8, len(ids)))


async def applied(bench: Workbench, **plan: Any) -> str | None:
    failed, text = await bench.outcome("plan_change", plan)
    if failed:
        assert "nothing to do" in text, text
        return None
    job = await bench.call("apply_plan", plan_id=json.loads(text)["plan_id"])
    return str(job["job_id"])


@pytest.mark.parametrize("seed", range(3))
async def test_undoing_random_changes_brings_every_reversible_attribute_back(seed: int) -> None:
    chance = random.Random(seed)
    async with workbench() as bench:
        start = held(bench)
        jobs: list[str] = []
        for change in chance.sample(CHANGES, len(CHANGES)):
            job = await applied(bench, ids=some(bench, chance, change["resource"]), **change)
            jobs += [job] if job else []
        assert len(differences(start, held(bench))) > 30
        if seed == 0:
            undo = await bench.call("plan_undo", since="today")
            await bench.call("apply_plan", plan_id=undo["plan_id"])
        else:
            for job in reversed(jobs):
                undo = await bench.call("plan_undo", job_id=job)
                await bench.call("apply_plan", plan_id=undo["plan_id"])
        assert differences(start, held(bench)) == []


@pytest.mark.parametrize("seed", range(2))
async def test_what_somebody_changed_since_is_never_overwritten(seed: int) -> None:
    chance = random.Random(seed)
    async with workbench() as bench:
        ids = some(bench, chance, "prospect")
        start = held(bench)
        job = await applied(bench, resource="prospect", ids=ids, attributes={"title": "Planned", "addressCity": "Firm"})
        foreign = chance.sample(ids, 3)
        for number in foreign:
            bench.store.run("UPDATE \"prospect.rows\" SET title = 'Theirs' WHERE id = ?", (number,))
        undo = await bench.call("plan_undo", job_id=job)
        assert undo["left_out"]["some of its fields were changed by somebody since, and stay as they are"] == 3
        last = foreign[-1]
        late = next(number for number in ids if number not in foreign)
        bench.store.run(
            "UPDATE \"prospect.rows\" SET title = 'Late', updatedAt = '2026-11-18T16:00:00.000Z' WHERE id = ?", (late,)
        )
        done = await bench.call("apply_plan", plan_id=undo["plan_id"])
        now = held(bench)["prospect"]
        assert done["left_out"] == 1
        assert {now[number]["title"] for number in foreign} == {"Theirs"}
        assert now[last]["addressCity"] == start["prospect"][last]["addressCity"]
        assert (now[late]["title"], now[late]["addressCity"]) == ("Late", "Firm")
        assert all(now[number] == start["prospect"][number] for number in ids if number not in (*foreign, late))


async def test_what_cannot_come_back_is_said_and_what_is_deleted_is_made_anew() -> None:
    async with workbench() as bench:
        start = held(bench)
        finished = await applied(
            bench, resource="sequenceState", ids=some(bench, random.Random(1), "sequenceState"), action="finish"
        )
        assert "cannot be taken up again" in await bench.refused("plan_undo", job_id=finished)
        deleted = await applied(bench, resource="prospect", ids=[402, 420], action="delete")
        undo = await bench.call("plan_undo", job_id=deleted)
        assert "with a new id" in undo["note"]
        job = await bench.call("apply_plan", plan_id=undo["plan_id"])
        assert job["done"] == 2
        now = held(bench)["prospect"]
        made = [now[number] for number in sorted(now)[-2:]]
        assert {each["firstName"] for each in made} == {start["prospect"][each]["firstName"] for each in (402, 420)}


async def test_single_changes_are_taken_back_by_their_ids_where_the_journal_is_on(tmp_path: Path) -> None:
    names = iter("abcdefgh")
    journal = Journal(tmp_path / "journal", lambda: NOW, entry_name=lambda: next(names))
    guard = Guard(Policy.of(), "never", journal=journal)
    async with workbench(guard=guard) as bench:
        start = held(bench)
        updated = await bench.call("update_prospect", prospect_id=402, attributes={"title": "x"})
        assert "change_id a" in updated["note"]
        created = await bench.call("create_prospect", attributes={"firstName": "Zoe"})
        await bench.call("set_sequence_state_action", sequence_state_id=5465, action="pause")
        failed = await bench.refused("update_prospect", prospect_id=402, attributes={"emails": ["no-address"]})
        assert failed
        undo = await bench.call("plan_undo", change_id="a")
        assert undo["records"] == 1
        everything = await bench.call("plan_undo", since="today")
        assert everything["records"] == 3
        assert any(each.get("id") == created["id"] for each in everything["examples"])
        await bench.call("apply_plan", plan_id=everything["plan_id"])
        assert differences(start, held(bench)) == []


async def test_without_a_journal_single_changes_cost_no_request_more() -> None:
    async with workbench() as bench:
        await bench.call("update_prospect", prospect_id=402, attributes={"title": "x"})
        assert bench.sent() == ["PATCH /prospects/402"]
        assert "nothing was changed since today" in await bench.refused("plan_undo", since="today")


@pytest.mark.parametrize("since", ["monday", "tomorrow", "+1d", "+2h", "next week", "2026-12-24"])
async def test_a_moment_that_is_yet_to_come_is_refused_and_not_said_to_have_nothing_after_it(since: str) -> None:
    async with workbench() as bench:
        message = await bench.refused("plan_undo", since=since)
    assert message.startswith(f"'since' is {since!r}, which is 2026-1")
    assert message.endswith(" and yet to come: give the moment itself. Nothing was planned")


async def test_accounts_that_no_list_shows_are_put_back_and_are_not_taken_for_deleted() -> None:
    async with workbench() as bench:
        before = held(bench)
        plan = await bench.call("plan_change", resource="account", ids=[53, 54], attributes={"named": False})
        job = await bench.call("apply_plan", plan_id=plan["plan_id"])
        assert job["done"] == 2
        hidden = await bench.call("plan_change", resource="account", ids=[53], attributes={"industry": "Planned"})
        assert (await bench.call("apply_plan", plan_id=hidden["plan_id"]))["done"] == 1
        bench.store.run("DELETE FROM account WHERE id = 54")
        undo = await bench.call("plan_undo", job_id=job["job_id"])
        assert (undo["records"], undo["left_out"]) == (1, {"it was deleted since": 1})
        assert (await bench.call("apply_plan", plan_id=undo["plan_id"]))["done"] == 1
        assert (before["account"][53]["named"], held(bench)["account"][53]["named"]) == (1, 1)
