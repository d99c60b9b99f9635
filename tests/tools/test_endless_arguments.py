"""Arguments without end, and with what nobody sees in them: refused at once, and told without it."""

import json
import logging
from typing import Any

import pytest
from mcp import MCPError

from outreach_mcp.observability.logs import JsonLines
from outreach_tools.engine.text import clean
from tests.support.workbench import workbench

UNSEEN = "\u3164\u2800\u115f\ufe0f\U000e0100\u034f\u200b\u202e"


@pytest.mark.parametrize("criteria", ["a," * 120_000, ["a"] * 120_000, "x" * 240_000], ids=["list", "array", "text"])
@pytest.mark.parametrize("field", ["firstName", "custom1", "id", "account.name"])
async def test_a_filter_longer_than_any_address_is_refused_by_its_length(field: str, criteria: Any) -> None:
    async with workbench() as bench:
        said = await bench.refused("list_prospects", filters=[{"field": field, "criteria": criteria}])
        assert "characters, and an address no more than 65,536: nothing was sent" in said
        assert "240,000" in said or "239,999" in said
        assert bench.sent() == []


async def test_the_name_of_an_unknown_tool_is_told_without_what_nobody_sees() -> None:
    async with workbench() as bench:
        with pytest.raises(MCPError) as refused:
            await bench.client.call_tool(f"get{UNSEEN}_nothing", {})
        assert refused.value.error.message == "Unknown tool: get_nothing"
        with pytest.raises(MCPError) as refused:
            await bench.client.call_tool("x" * 100_000, {})
        assert len(refused.value.error.message) < 200


async def test_the_log_tells_arguments_without_what_nobody_sees(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "outreach_mcp")
    async with workbench() as bench:
        await bench.outcome("get_prospect", {"prospect_id": f"a{UNSEEN}b"})
    lines = [JsonLines(with_contents=True).format(record) for record in caplog.records]
    assert any("calling get_prospect" in json.loads(line)["message"] for line in lines)
    assert [line for line in lines if clean(line) != line] == []
