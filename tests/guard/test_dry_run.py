"""A dry run of any tool that changes something shows what it would do, and changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from outreach_mcp.commands.example_calls import example_of
from outreach_mcp.guard.journal import Journal
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import all_tools
from tests.guard.test_confirmation import Person
from tests.support.workbench import NOW, workbench

WRITING = [tool for tool in all_tools() if not tool.read_only and not tool.borrows and tool.name != "raw_http_request"]


@pytest.mark.parametrize("given", [True, "true"])
async def test_it_shows_the_request_before_and_after_and_what_would_be_asked(given: Any, tmp_path: Path) -> None:
    person = Person("accept", {"confirm": True})
    guard = Guard(Policy.of(), "writes", journal=Journal(tmp_path / "journal", lambda: NOW))
    async with workbench(guard=guard, person=person) as bench:
        before = bench.contents()
        shown = await bench.call("update_prospect", prospect_id=456, attributes={"title": "COO"}, dry_run=given)
        assert bench.contents() == before
        assert (bench.changes(), person.questions, (tmp_path / "journal").exists()) == ([], [], False)
        assert shown == {
            "dry_run": "nothing was sent",
            "request": "PATCH /prospects/456",
            "body": {"data": {"type": "prospect", "id": 456, "attributes": {"title": "COO"}}},
            "before": {"title": "VP Operations"},
            "after": {"title": "COO"},
            "asked": True,
            "question": 'Change the prospect "Marcus Holloway" (id 456): title = "COO"?',
        }


async def test_every_tool_that_changes_something_has_a_dry_run_and_none_changes_anything() -> None:
    async with workbench() as bench:
        before = bench.contents()
        for tool in WRITING:
            await _dry(bench, tool)
        assert bench.contents() == before
        assert bench.changes() == []


async def _dry(bench: Any, tool: Tool) -> None:
    shown = await bench.call(tool.name, **example_of(tool), dry_run=True)
    assert shown["dry_run"] == "nothing was sent", tool.name


async def test_a_raw_request_may_be_dry_and_a_false_is_none() -> None:
    async with workbench() as bench:
        raw = {"method": "PATCH", "path": "/prospects/456", "body": {"data": {"type": "prospect", "id": 456}}}
        assert (await bench.call("raw_http_request", **raw, dry_run=True))["request"] == "PATCH /prospects/456"
        assert bench.changes() == []
        await bench.call("update_prospect", prospect_id=456, attributes={"title": "COO"}, dry_run=False)
        assert bench.changes() == ["PATCH /prospects/456"]


@pytest.mark.parametrize("given", [True, "true", "TRUE", 1, "yes", [True]])
@pytest.mark.parametrize("as_text", [False, True])
async def test_it_may_stand_among_the_arguments_of_an_operation(given: Any, *, as_text: bool) -> None:
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("change_operation", "update_prospect", {"id": 456, "title": "COO"}),
        ("change_operation", "create_product", {"name": "Desk"}),
        ("change_operation", "prospects_bulk_modify", {"ids": [456], "title": "COO"}),
        ("delete_operation", "delete_prospect", {"id": 456}),
    ]
    async with workbench() as bench:
        before = bench.contents()
        for tool, operation, arguments in calls:
            inner: Any = {**arguments, "dry_run": given}
            inner = json.dumps(inner) if as_text else inner
            failed, text = await bench.outcome(tool, {"operation": operation, "arguments": inner})
            is_taken = given is True or given in ("true", "TRUE")
            assert ('"dry_run":"nothing was sent"' if is_taken else "it takes true or false. Nothing was sent.") in text
            assert failed is not is_taken
        assert bench.contents() == before
        assert bench.changes() == []


@pytest.mark.parametrize("empty", [None, "", False, "false", []])
async def test_an_empty_or_a_false_one_among_those_is_none(empty: Any) -> None:
    async with workbench() as bench:
        inner = {"id": 456, "title": "COO", "dry_run": empty}
        await bench.call("change_operation", operation="update_prospect", arguments=inner)
        assert bench.changes() == ["PATCH /prospects/456"]
