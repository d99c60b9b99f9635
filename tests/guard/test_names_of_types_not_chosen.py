"""Names of types that were not chosen: looked up for whatever takes names, and nothing more is read for it."""

from typing import Any

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from tests.support.workbench import workbench
from tests.tools.naming.world import ME, WORLD, one


def choosing(*names: str) -> Guard:
    return Guard(Policy.of(names), "never")


BY_NAME: dict[str, dict[str, Any]] = {
    "change_operation": {
        "operation": "update_prospect",
        "arguments": {"prospect_id": 401, "owner": "Tom Brennan", "account": "Monarch Wind Services Group"},
    },
    "read_operation": {"operation": "list_prospects", "arguments": {"filters": {"owner": "Tom Brennan"}}},
    "summarize_records": {"resource": "prospect", "filters": {"owner": "Tom Brennan"}},
    "plan_change": {"resource": "prospect", "filters": {"owner": "Tom Brennan"}, "attributes": {"title": "CEO"}},
    "list_prospects": {"filters": {"owner": "Tom Brennan"}},
}


@pytest.mark.parametrize("tool", BY_NAME)
async def test_a_name_of_a_type_that_was_not_chosen_is_understood_by_every_way(tool: str) -> None:
    async with workbench(guard=choosing("prospects", "operations", "bulk", "summarize_records")) as bench:
        await bench.call(tool, **BY_NAME[tool])
        asked = [each.url.params for each in bench.requests if each.url.path.endswith(("/users", "/accounts"))]
    assert [each.get("fields[user]", each.get("fields[account]")) for each in asked] in (["name"], ["name", "name"])
    assert [each for each in asked if each.get("include")] == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("read_operation", {"operation": "list_users", "arguments": {"filters": {"id": "18"}, "fields": ["name"]}}),
        ("read_operation", {"operation": "get_user", "arguments": {"user_id": "Tom Brennan", "fields": ["name"]}}),
        ("change_operation", {"operation": "update_account", "arguments": {"account_id": 54, "name": "x"}}),
        ("summarize_records", {"resource": "user", "group_by": ["name"]}),
        ("summarize_records", {"resource": "account", "filters": {"name": "Monarch Wind Services Group"}}),
        ("plan_change", {"resource": "account", "filters": {"id": "54"}, "attributes": {"name": "x"}}),
        ("raw_http_request", {"method": "GET", "path": "/users", "query": {"fields[user]": "name"}}),
    ],
)
async def test_that_names_are_looked_up_opens_no_way_to_the_records(tool: str, arguments: dict[str, Any]) -> None:
    guard = choosing("prospects", "operations", "bulk", "summarize_records", "raw_http_request")
    async with workbench(guard=guard) as bench:
        refused = await bench.refused(tool, **arguments)
        assert bench.asked() == []
    assert "settings" in refused


@pytest.mark.parametrize("tool", [each for each in BY_NAME if each != "list_prospects"])
async def test_a_name_of_a_type_that_is_excluded_is_looked_up_by_no_way(tool: str) -> None:
    async with workbench(guard=Guard(Policy.of(excluded=["people"]), "never")) as bench:
        refused = await bench.refused(tool, **BY_NAME[tool])
        assert bench.asked() == []
    assert "users cannot be looked up by name: " in refused
    assert "exclude it" in refused


async def test_an_odd_name_of_a_type_that_was_not_chosen_is_found_as_any_other() -> None:
    records = [*WORLD, one("account", 7, "A..B"), one("account", 8, "!x"), one("prospect", 9, "A..B")]
    async with workbench(records, guard=choosing("calls", "prospects")) as bench:
        first = await bench.call("update_prospect", prospect_id=456, account="A..B")
        second = await bench.call("update_prospect", prospect_id=456, account="!x")
    async with workbench(records, guard=choosing("calls")) as bench:
        call = await bench.call("create_call", prospect="A..B", direction="outbound")
    assert (first["account_id"], second["account_id"], call["prospect_id"]) == (7, 8, 9)
    assert ME in records
