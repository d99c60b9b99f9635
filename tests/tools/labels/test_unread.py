"""Every tool works by the keys of custom fields as it does without labels while `/types` fails, and says so once."""

from pathlib import Path
from typing import Any

import pytest

from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from tests.support.workbench import workbench
from tests.tools.labels.test_changing import NOW_UNREADABLE, PASSING, Fault, Faulty, answers, at_once
from tests.tools.labels.test_shown import UNREADABLE
from tests.tools.labels.world import GOODS, ONE, WORLD

LASTING = {str(status): (answers(status), "") for status in (403, 404)}

BY_KEY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("update_prospect", {"prospect_id": ONE, "attributes": {"custom2": "Champion"}}),
    ("update_prospect", {"prospect_id": ONE, "clear": ["custom2"]}),
    ("create_account", {"attributes": {"name": "New", "custom1": "3"}}),
    ("get_prospect", {"prospect_id": ONE, "fields": ["custom2"]}),
    ("list_prospects", {"fields": ["custom2"]}),
    ("list_prospects", {"filters": {"custom2": "Champion"}}),
    ("describe_fields", {"resource": "prospect"}),
    ("plan_change", {"resource": "prospect", "ids": [ONE], "attributes": {"custom2": "Blocker"}}),
    ("plan_change", {"resource": "prospect", "filters": {"custom2": "null"}, "title": "CEO", "all": True}),
    ("plan_import", {"resource": "prospect", "csv": "id,custom2\n456,Influencer\n"}),
    ("summarize_records", {"resource": "prospect", "group_by": ["custom2"]}),
    ("summarize_records", {"resource": "prospect", "filters": {"custom2": "Champion"}}),
    ("export_records", {"resource": "prospect", "fields": ["custom2"]}),
    ("find_duplicates", {"resource": "prospect", "filters": {"custom2": "Champion"}}),
    ("change_operation", {"operation": "update_product", "arguments": {"id": ONE, "custom1": "https://x.example"}}),
    ("read_operation", {"operation": "list_purchases", "arguments": {"fields": ["custom1"]}}),
)
ALWAYS = {"describe_fields", "plan_import"}
"""The tools that are about fields: they say it each time."""


@pytest.mark.parametrize("call", BY_KEY, ids=str)
async def test_where_labels_may_not_be_read_keys_work_and_that_is_said_once(
    call: tuple[str, dict[str, Any]], tmp_path: Path
) -> None:
    tool, arguments = call
    for fault, _ in LASTING.values():
        files = LocalFiles(Folder(tmp_path))
        async with workbench((*WORLD, *GOODS), through=Faulty(fault), files=files) as bench:
            told = [(await bench.outcome(tool, arguments)) for _ in range(2)]
            await bench.refused("update_prospect", prospect_id=ONE, attributes={"Buying role": "Champion"})
        assert [failed for failed, _ in told] == [False, False], told
        assert [text.count(UNREADABLE) for _, text in told] == [1, 1 if tool in ALWAYS else 0], told


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
async def test_where_labels_are_not_read_for_the_moment_keys_work_and_each_answer_says_so(
    fault: tuple[Fault, str], tmp_path: Path
) -> None:
    wrong: list[Any] = []
    files = LocalFiles(Folder(tmp_path))
    async with workbench((*WORLD, *GOODS), through=Faulty(fault[0]), sleep=at_once, files=files) as bench:
        for tool, arguments in BY_KEY:
            failed, text = await bench.outcome(tool, arguments)
            if failed or text.count(f"{NOW_UNREADABLE} ({fault[1]})") != 1:
                wrong.append((tool, arguments, text))
    assert wrong == []


@pytest.mark.parametrize("fault", [answers(403), answers(500)], ids=["may not", "cannot now"])
async def test_an_import_says_that_a_column_may_be_a_label(fault: Fault) -> None:
    async with workbench(WORLD, through=Faulty(fault)) as bench:
        plan = await bench.call("plan_import", resource="prospect", csv="First name,Buying role\nAnn,Champion\n")
    assert plan["columns"] == {
        "First name": "firstName", "Buying role": "(no such field, or a label, which cannot be read)"
    }  # fmt: skip
