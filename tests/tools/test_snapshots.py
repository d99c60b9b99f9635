"""One snapshot per tool: what a client is told of it. `pytest --update-snapshots` writes them."""

import json
from pathlib import Path

import pytest
from mcp import Client

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard, build_server
from outreach_tools.toolsets import all_tools
from tests.support.workbench import Unused

SNAPSHOTS = Path(__file__).parent / "snapshots"


async def test_every_tool_is_told_as_its_snapshot_says(request: pytest.FixtureRequest) -> None:
    async with Client(build_server(all_tools(), Unused(), Guard(Policy.of()))) as client:
        listed = (await client.list_tools()).tools
    told = {
        tool.name: json.dumps(
            tool.model_dump(mode="json", by_alias=True, exclude_none=True), indent=1, ensure_ascii=False
        )
        + "\n"
        for tool in listed
    }
    if request.config.getoption("--update-snapshots"):
        SNAPSHOTS.mkdir(exist_ok=True)
        for path in SNAPSHOTS.glob("*.json"):
            path.unlink()
        for name, text in told.items():
            (SNAPSHOTS / f"{name}.json").write_text(text, encoding="utf-8")
    kept = {path.stem: path.read_text(encoding="utf-8") for path in SNAPSHOTS.glob("*.json")}
    assert told == kept
