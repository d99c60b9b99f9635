"""One field or argument under two names is refused: which two are the same, and what is given for each."""

import json
from pathlib import Path
from typing import Any

import pytest

from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from tests.support.workbench import workbench
from tests.tools.labels.world import ONE, WORLD
from tests.tools.naming.test_refusing import LONG
from tests.tools.naming.world import one
from tests.tools.test_definitions import O200K

BOTH = {"custom2": "Champion", "Buying role": "Blocker"}
TOLD = "'custom2' and 'Buying role' are the same, and are given 'Champion' and 'Blocker'. "
ONE_OF_THEM = "Give one of them. Nothing was sent."
ONE_FILTER = "Give one filter per field, like 'a,b' or 'low..high'. Nothing was sent."


def operation(name: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    return "change_operation", {"operation": name, "arguments": arguments}


WRITES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("update_prospect", {"prospect_id": ONE, "attributes": BOTH}),
    ("update_prospect", {"prospect_id": ONE, "attributes": json.dumps(BOTH)}),
    ("update_prospect", {"prospect_id": ONE, **BOTH}),
    ("update_prospect", {"prospect_id": ONE, "attributes": {"custom2": "Champion"}, "Buying role": "Blocker"}),
    ("create_prospect", {"attributes": {"firstName": "Ann", **BOTH}}),
    operation("update_prospect", id=ONE, attributes=BOTH),
    operation("prospects_bulk_modify", ids=[ONE], attributes=BOTH),
    operation("prospects_bulk_modify", ids=[ONE], **BOTH),
    ("plan_change", {"resource": "prospect", "ids": [ONE], "attributes": BOTH}),
    ("plan_change", {"resource": "prospect", "ids": [ONE], **BOTH}),
)
FILTERED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_prospects", {}),
    ("export_records", {"resource": "prospect"}),
    ("summarize_records", {"resource": "prospect"}),
    ("find_duplicates", {"resource": "prospect"}),
    ("plan_change", {"resource": "prospect", "attributes": {"title": "CEO"}}),
    ("read_operation", {"operation": "list_prospects"}),
)


@pytest.mark.parametrize(("tool", "arguments"), WRITES, ids=str)
async def test_a_label_and_its_key_are_refused_with_both_values(tool: str, arguments: dict[str, Any]) -> None:
    async with workbench(WORLD) as bench:
        assert await bench.refused(tool, **arguments) == TOLD + ONE_OF_THEM
        assert bench.sent() == ["GET /types"]


@pytest.mark.parametrize(("tool", "arguments"), FILTERED, ids=str)
async def test_a_label_and_its_key_among_filters_are_refused_with_both_values(
    tool: str, arguments: dict[str, Any], tmp_path: Path
) -> None:
    async with workbench(WORLD, files=LocalFiles(Folder(tmp_path))) as bench:
        filters = [{"field": name, "criteria": value} for name, value in BOTH.items()]
        given: dict[str, Any] = {"filters": filters}
        given = {"arguments": given} if tool == "read_operation" else given
        assert await bench.refused(tool, **arguments, **given) == TOLD + ONE_FILTER
        assert bench.sent() == ["GET /types"]


@pytest.mark.parametrize(
    ("set_by", "cleared"), [("custom2", "Buying role"), ("Buying role", "custom2"), ("buying role", "Buying Role")]
)
async def test_a_field_that_is_set_and_cleared_is_refused_by_both_names(set_by: str, cleared: str) -> None:
    told = f"{set_by!r} is set to 'Champion', and {cleared!r}, which is the same, is in 'clear'. {ONE_OF_THEM}"
    given = {"attributes": {set_by: "Champion"}, "clear": [cleared]}
    async with workbench(WORLD) as bench:
        assert await bench.refused("update_prospect", prospect_id=ONE, **given) == told
        assert await bench.refused("plan_change", resource="prospect", ids=[ONE], **given) == told
        assert await bench.refused("update_prospect", prospect_id=ONE, clear=cleared, **{set_by: "Champion"}) == told
        assert bench.changes() == []


async def test_a_label_and_its_key_in_what_takes_no_values_are_one() -> None:
    async with workbench((*WORLD[:3], one("prospect", ONE, None, custom2="Champion"))) as bench:
        listed = await bench.call("list_prospects", fields=["custom2", "buying role"])
        shown = await bench.call("get_prospect", prospect_id=ONE, fields=["custom2", "buying role"])
        cleared = await bench.call("update_prospect", prospect_id=ONE, clear=["custom2", "buying role"])
    assert (listed["columns"], listed["rows"]) == (["id", "Buying role"], [[ONE, "Champion"]])
    assert shown == {"id": ONE, "Buying role": "Champion"}
    assert "Buying role" not in cleared


SAME: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        "update_prospect",
        {"prospect_id": ONE, "attributes": {"firstName": "Ann", "first_name": "Bob"}},
        "'firstName' and 'first_name' are the same, and are given 'Ann' and 'Bob'. ",
    ),
    (
        "update_prospect",
        {"prospect_id": ONE, "attributes": {"title": "A"}, "title": "B"},
        "'title' is given twice: 'A' and 'B'. ",
    ),
    (
        "update_prospect",
        {"prospect_id": ONE, "relationships": {"owner": "Zoë user"}, "owner_id": 1},
        "'owner' and 'owner_id' are the same, and are given 'Zoë user' and 1. ",
    ),
    (
        "set_task_action",
        {"task_id": ONE, "action": "reassignOwner", "ownerId": "Zoë user", "owner_id": 1},
        "'ownerId' and 'owner_id' are the same, and are given 'Zoë user' and 1. ",
    ),
    (
        "plan_change",
        {
            "resource": "prospect",
            "ids": [ONE],
            "action": "enrol",
            "parameters": {"sequence": "Zoë sequence", "sequenceId": 7},
        },
        "'sequence' and 'sequenceId' are the same, and are given 'Zoë sequence' and 7. ",
    ),
    (
        "plan_change",
        {
            "resource": "prospect",
            "ids": [ONE],
            "action": "enrol",
            "parameters": {"mailbox_id": 8, "mailbox": 7, "sequence": 1},
        },
        "'mailbox_id' and 'mailbox' are the same, and are given 8 and 7. ",
    ),
    (
        "plan_change",
        {"resource": "prospect", "ids": [ONE], "action": "reassign", "parameters": {"owner": "Zoë user", "ownerId": 7}},
        "'owner' and 'ownerId' are the same, and are given 'Zoë user' and 7. ",
    ),
    (
        *operation("prospects_assign_owner", ids=[ONE], ownerId=7, owner_id=8),
        "'ownerId' and 'owner_id' are the same, and are given 7 and 8. ",
    ),
    (
        "build_sequence",
        {"name": "New", "steps": [{"kind": "call", "wait_days": 1, "waitDays": 2}]},
        "'steps[1].wait_days' and 'steps[1].waitDays' are the same, and are given 1 and 2. ",
    ),
)


@pytest.mark.parametrize(("tool", "arguments", "told"), SAME, ids=[f"{each[0]} {each[2][:24]}" for each in SAME])
async def test_two_names_of_one_argument_are_refused_with_both_values(
    tool: str, arguments: dict[str, Any], told: str
) -> None:
    async with workbench((*WORLD, one("user"))) as bench:
        assert await bench.refused(tool, **arguments) == told + ONE_OF_THEM
        assert bench.changes() == []


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
async def test_the_refusal_has_at_most_120_tokens_however_long_values_are(text: str) -> None:
    async with workbench(WORLD) as bench:
        told = [
            await bench.refused("update_prospect", prospect_id=ONE, attributes={"title": text, "Title": f"{text} x"}),
            await bench.refused("update_prospect", prospect_id=ONE, title=text, clear=["Title"]),
            await bench.refused("list_prospects", filters={"title": text, "Title": f"{text} x"}),
        ]
    assert [each for each in told if len(O200K.encode(each)) > 120] == []
