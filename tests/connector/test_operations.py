"""The tools held against the connector document: every operation is one tool, none missing, none merged."""

import json
from pathlib import Path
from typing import Any

import pytest

from outreach_tools.toolsets import OPT_IN, all_tools

HERE = Path(__file__).parent
OPERATIONS: list[dict[str, Any]] = json.loads((HERE / "operations.json").read_text(encoding="utf-8"))


BEYOND = {
    "list_calls",
    "update_prospect",
    "update_task",
    "update_sequence",
    "set_sequence_action",
    "list_task_dispositions",
    "list_task_purposes",
    "get_connection",
    "describe_fields",
    "export_records",
    "plan_import",
    "find_duplicates",
    "plan_change",
    "apply_plan",
    "get_job",
    "list_jobs",
    "cancel_job",
    "plan_undo",
    "summarize_records",
    "report_sequences",
    "report_activity",
    "report_pipeline",
    "report_replies",
    "get_timeline",
    "find_operations",
    "read_operation",
    "change_operation",
    "delete_operation",
    *(f"{verb}_{kind}_note" for verb in ("create", "update", "delete") for kind in ("prospect", "account")),
    "list_prospect_notes",
    "build_sequence",
    "list_account_notes",
    *OPT_IN,
}
"""The tools that the connector lacks and a seller misses: among them the lists of ids that its own actions ask for."""


def test_every_operation_is_one_tool_and_every_other_tool_is_named_above() -> None:
    names = [tool.name for tool in all_tools()]
    assert sorted(names) == sorted([*(each["tool"] for each in OPERATIONS), *BEYOND])


def test_there_are_ninety_five_operations() -> None:
    assert len({each["operation"] for each in OPERATIONS}) == len({each["tool"] for each in OPERATIONS}) == 95


def test_a_tools_title_is_its_operations_name() -> None:
    titles = {tool.name: tool.title for tool in all_tools() if tool.name not in BEYOND}
    assert titles == {each["tool"]: each["operation"] for each in OPERATIONS}


def test_the_operations_are_those_of_the_connector_document(shared: Path) -> None:
    document = json.loads((shared / "connector/operations.json").read_text(encoding="utf-8"))
    assert [each["name"] for each in document] == [each["operation"] for each in OPERATIONS]


def test_the_samples_are_those_of_the_connector_document(shared: Path) -> None:
    document = json.loads((shared / "connector/operations.json").read_text(encoding="utf-8"))
    samples = {each["name"]: each["sample_input"] for each in document if each["sample_input"]}
    ours = {each["operation"]: each["input"] for each in OPERATIONS if "input" in each}
    # These two stand on the connector's own page only.
    assert ours.keys() - samples.keys() == {"Add prospect to sequence", "Create account"}
    assert {name: ours[name] for name in samples} == samples


@pytest.mark.parametrize("tool", all_tools(), ids=lambda tool: tool.name)
def test_a_tools_name_fits_every_client(tool: Any) -> None:
    # Claude Desktop and OpenAI take no dots; Claude Code's prefix leaves 64 - len("mcp__outreach__").
    assert tool.name.replace("_", "").isalnum()
    assert tool.name == tool.name.lower()
    assert len(tool.name) <= 64 - len("mcp__outreach__")
