"""The scopes that tools need, and the tools that are left without them."""

import json
from pathlib import Path
from typing import Any

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.guard.scopes import expanded, needed_by, scopes_for, tools_without
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import all_tools


def named(*names: str) -> tuple[Tool, ...]:
    return tuple(tool for tool in all_tools() if tool.name in names)


@pytest.mark.parametrize(
    ("tool", "scopes"),
    [
        ("list_prospects", ("prospects.read",)),
        ("get_prospect", ("prospects.read",)),
        ("create_prospect", ("prospects.write",)),
        ("update_prospect", ("prospects.write",)),
        ("delete_prospect", ("prospects.delete",)),
        ("add_prospect_to_sequence", ("sequenceStates.write",)),
        ("set_task_action", ("tasks.write",)),
        ("list_audits", ("auditLogs.read",)),
        ("raw_http_request", ()),
    ],
)
def test_a_tool_needs_the_scopes_of_what_it_does(tool: str, scopes: tuple[str, ...]) -> None:
    (found,) = named(tool)
    assert needed_by(found) == scopes


def test_a_list_asks_for_the_names_of_related_records_and_in_its_filters_too_and_for_who_acts() -> None:
    assert scopes_for(named("list_sequence_states")) == (
        "accounts.read",
        "mailboxes.read",
        "opportunities.read",
        "prospects.read",
        "sequenceStates.read",
        "sequenceSteps.read",
        "sequences.read",
        "users.read",
    )


def test_a_write_asks_for_the_names_of_what_it_relates_too() -> None:
    assert scopes_for(named("add_prospect_to_sequence")) == (
        "mailboxes.read",
        "prospects.read",
        "sequenceStates.write",
        "sequences.read",
        "users.read",
    )
    assert scopes_for(named("delete_stage")) == ("stages.delete", "stages.read", "users.read")


def test_tools_that_only_read_ask_for_nothing_else() -> None:
    scopes = scopes_for(Policy.of(read_only=True).offered())
    assert {scope.rpartition(".")[2] for scope in scopes} == {"read"}


def test_no_tool_lacks_anything_with_the_scopes_that_are_asked_for() -> None:
    assert tools_without(all_tools(), scopes_for(all_tools())) == {}


def test_writing_does_not_include_reading() -> None:
    tools = named("list_stages", "create_stage", "delete_stage")
    assert tools_without(tools, ["stages.write"]) == {
        "list_stages": ("stages.read",),
        "delete_stage": ("stages.delete",),
    }


def test_all_of_a_type_includes_its_three_rights() -> None:
    assert tools_without(named("list_stages", "create_stage", "delete_stage"), ["stages.all"]) == {}


def test_a_list_without_the_names_of_related_records_is_not_left_out() -> None:
    assert tools_without(named("list_tasks"), ["tasks.read"]) == {}


def test_scopes_of_the_old_form_count_as_today_s() -> None:
    granted = expanded(["read_sequences", "create_prospects", "read_sequence_states"])
    assert {"sequences.read", "prospects.write", "sequenceStates.read"} <= granted


def test_what_tools_need_is_what_the_connector_document_says(shared: Path) -> None:
    operations: list[dict[str, Any]] = json.loads((shared / "outreach" / "operations.json").read_text(encoding="utf-8"))
    documented = {
        operation["name"].casefold(): operation["scope"] for operation in operations if operation.get("scope")
    }
    tools = {tool.title.casefold(): needed_by(tool) for tool in all_tools()}
    found = {name: tools[name] for name in documented if name in tools}
    assert len(found) > 80
    assert found == {name: (documented[name],) for name in found}
