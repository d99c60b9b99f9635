"""The cost of a name: no request for an id, one for the first name of a small type, none for the next."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.workbench import NOW, Workbench, workbench
from tests.tools.naming.world import ME, WORLD, one


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


async def reads(bench: Workbench, tool: str, **arguments: Any) -> list[str]:
    """Return the lists that a call read before it sent what it was to send."""
    before = len(bench.requests)
    await bench.call(tool, **arguments)
    return [each.removeprefix("GET /") for each in bench.sent()[before:-1]]


async def test_ids_cost_no_request() -> None:
    async with workbench() as bench:
        asked = [
            await reads(bench, "update_prospect", prospect_id=401, owner="18", stage=2, account="54"),
            await reads(bench, "get_sequence", sequence_id="123"),
            await reads(bench, "list_prospects", filters={"owner": "17,18", "stage.id": [1, 2]}),
        ]
    assert asked == [[], [], []]


async def test_the_first_name_of_a_small_type_is_one_request_and_the_next_none() -> None:
    async with workbench() as bench:
        asked = [
            await reads(bench, "list_prospects", filters={"owner": "Tom Brennan"}),
            await reads(bench, "list_prospects", filters={"owner": "Maya Okafor, Tom Brennan"}),
            await reads(bench, "list_prospects", filters={"owner": "Priya Raman", "stage": ["Cold", "New"]}),
            await reads(bench, "get_sequence", sequence_id="Welcome Sequence"),
            await reads(bench, "get_sequence", sequence_id="Renewal Check-in"),
        ]
    assert asked == [["users"], [], ["stages"], ["sequences"], []]


async def test_a_change_reads_each_small_type_once_whatever_was_kept_of_it() -> None:
    async with workbench() as bench:
        asked = [
            await reads(bench, "update_prospect", prospect_id=401, owner="Priya Raman", stage="Cold"),
            await reads(bench, "list_prospects", filters={"owner": "Priya Raman, Tom Brennan", "stage": "New"}),
            await reads(bench, "update_prospect", prospect_id=402, owner="Tom Brennan", stage="New"),
            await reads(bench, "create_account", name="New", owner="Tom Brennan", assignedUsers=["Priya Raman", 18]),
            await reads(bench, "update_prospect", prospect_id=402, owner=18, title="CEO"),
        ]
    assert [sorted({*each} - {"types"}) for each in asked] == [
        ["stages", "users"],
        [],
        ["stages", "users"],
        ["users"],
        [],
    ]


async def test_a_name_of_a_large_type_is_one_request_each_time() -> None:
    async with workbench() as bench:
        asked = [
            await reads(bench, "get_prospect", prospect_id=name, fields=["title"])
            for name in (
                "Keiko Rossi",
                "keiko.rossi@southfieldfacilities.example",
                "Keiko Rossi @ Southfield Facilities Ltd",
            )
        ]
        asked += [await reads(bench, "get_account", account_id="Monarch Wind Services Group", fields=["name"])]
        deal = "Cedar Hill Diagnostics: New Business, 10 technicians"
        asked += [await reads(bench, "get_opportunity", opportunity_id=deal, fields=["name"]) for _ in range(2)]
    assert asked == [["prospects"]] * 3 + [["accounts"]] + [["opportunities"]] * 2


async def test_an_enrolment_by_names_is_one_call_that_says_who_is_meant() -> None:
    async with workbench() as bench:
        answer = await bench.call(
            "add_prospect_to_sequence",
            prospect_id="Keiko Rossi @ Southfield Facilities Ltd",
            sequence_id="welcome sequence",
        )
        assert bench.changes() == ["POST /sequenceStates"]
    assert (answer["prospect_id"], answer["sequence_id"], answer["mailbox_id"]) == (401, 123, 123)
    assert answer["note"] == (
        "prospect_id: 'Keiko Rossi' (401). sequence_id: 'Welcome Sequence' (123). "
        "mailbox_id: 'maya.okafor@fieldlight.example' (123)"
    )


async def test_a_type_with_more_records_than_a_page_holds_is_asked_for_the_name_alone() -> None:
    many = [one("sequence", number, f"Sequence {number}") for number in range(1, 1002)]
    async with workbench([ME, *many, one("sequence", 2000, "SEQUENCE 2!")]) as bench:
        asked = [
            await reads(bench, "get_sequence", sequence_id="sequence 700"),
            await reads(bench, "get_sequence", sequence_id="Sequence 701."),
        ]
        refused = await bench.refused("get_sequence", sequence_id="Sequence 2")
        none = await bench.refused("get_sequence", sequence_id="Sequence 99999")
    assert asked == [["sequences", "sequences"], ["sequences"]]
    assert refused.startswith("'sequence_id' 'Sequence 2' is 2 sequences: 2")
    assert "2000" in refused
    assert none.startswith("'sequence_id': no sequence is called 'Sequence 99999'. Like it: ")


async def test_what_is_kept_is_read_anew_after_some_minutes() -> None:
    clock = Clock()
    async with workbench(WORLD, now=clock) as bench:
        first = await reads(bench, "get_stage", stage_id="Zoë stage")
        clock.time += timedelta(minutes=4)
        second = await reads(bench, "get_stage", stage_id="Zoë stage")
        clock.time += timedelta(minutes=2)
        third = await reads(bench, "get_stage", stage_id="Zoë stage")
    assert (first, second, third) == (["stages"], [], ["stages"])


async def test_a_name_that_is_new_is_found_though_others_were_kept() -> None:
    async with workbench(WORLD) as bench:
        await bench.call("get_stage", stage_id="Zoë stage")
        bench.store.load([one("stage", 9, "Brand new")])
        assert await reads(bench, "get_stage", stage_id="brand new") == ["stages"]


async def test_a_rename_by_this_server_is_known_at_once() -> None:
    async with workbench([ME, one("stage", 8, "Old"), one("stage", 9, "Other")]) as bench:
        await bench.call("update_stage", stage_id="Old", name="New")
        await bench.call("update_stage", stage_id="Other", name="Old")
        assert (await bench.call("get_stage", stage_id="Old"))["id"] == 9
        assert (await bench.call("get_stage", stage_id="New"))["id"] == 8


async def replaced(bench: Workbench) -> None:
    """Delete stage 8 behind the server's back, and give its name to another."""
    with bench.store.transaction():
        bench.store.rows("DELETE FROM stage WHERE id = 8")
    bench.store.load([one("stage", 9, "Cold")])


@pytest.mark.parametrize(
    ("tool", "arguments", "sent"),
    [
        ("get_stage", {"stage_id": "Cold"}, ["GET /stages/8", "GET /stages", "GET /stages/9"]),
        ("update_stage", {"stage_id": "Cold", "color": "#ff0000"}, ["GET /stages", "PATCH /stages/9"]),
        ("update_prospect", {"prospect_id": 456, "stage": "Cold"}, ["GET /stages", "PATCH /prospects/456"]),
    ],
)
async def test_a_name_that_led_to_a_deleted_record_is_read_anew_once(
    tool: str, arguments: dict[str, Any], sent: list[str]
) -> None:
    async with workbench([ME, one("stage", 8, "Cold"), one("prospect")]) as bench:
        await bench.call("get_stage", stage_id="Cold")
        await replaced(bench)
        before = len(bench.sent())
        answer = await bench.call(tool, **arguments)
        asked = bench.sent()[before:]
    assert answer.get("stage_id", answer["id"]) == 9
    assert "'Cold' (9)" in answer["note"]
    assert asked == sent


async def test_a_name_that_nobody_has_any_more_is_refused_after_it_was_read_anew() -> None:
    async with workbench([ME, one("stage", 8, "Cold"), one("prospect")]) as bench:
        await bench.call("get_stage", stage_id="Cold")
        with bench.store.transaction():
            bench.store.rows("DELETE FROM stage WHERE id = 8")
        before = len(bench.changes())
        refused = await bench.refused("update_prospect", prospect_id=456, stage="Cold")
        assert len(bench.changes()) == before
    assert refused.startswith("'stage': no stage is called 'Cold'.")


async def test_a_refusal_that_no_name_explains_is_told_as_it_is() -> None:
    ann, bob = one("prospect", 456, "Ann Lee"), one("prospect", 457, "Bob Roe", emails=["bob@acme.example"])
    async with workbench([ME, one("stage", 8, "Cold"), ann, bob]) as bench:
        await bench.call("get_stage", stage_id="Cold")
        before = len(bench.sent())
        refused = await bench.refused("update_prospect", prospect_id=456, stage="Cold", emails=["bob@acme.example"])
        asked = bench.sent()[before:]
    assert "has already been taken" in refused
    assert asked == ["GET /stages", "PATCH /prospects/456"]
