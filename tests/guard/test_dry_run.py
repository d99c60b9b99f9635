"""A dry run of any tool that changes something shows what it would do, and changes nothing."""

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
