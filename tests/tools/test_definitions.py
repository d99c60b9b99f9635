"""The cost of the tools' definitions for a model, in o200k tokens of name, description and input schema."""

import json

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker

from outreach_mcp.protocol.instructions import INSTRUCTIONS, instructions_without
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import SALES, all_tools
from tests.connector.test_operations import BEYOND

O200K = bpe_openai.get_encoding("o200k_base")


def tokens(tool: Tool) -> int:
    definition = {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}
    return len(O200K.encode(json.dumps(definition, ensure_ascii=False, separators=(",", ":"))))


def test_the_95_tools_of_the_connector_cost_at_most_10500_tokens() -> None:
    assert sum(tokens(tool) for tool in all_tools() if tool.name not in BEYOND) <= 10_500


def test_all_tools_cost_at_most_12500_tokens() -> None:
    # Of these, plans and jobs are 640: they stand for thirty calls and more. Files and duplicates are 370.
    assert sum(map(tokens, all_tools())) <= 12_500


def test_no_tool_costs_more_than_450_tokens() -> None:
    assert max(map(tokens, all_tools())) <= 450


def test_the_sales_preset_costs_at_most_3600_tokens() -> None:
    assert sum(tokens(tool) for tool in all_tools() if tool.name in SALES) <= 3_600


def test_the_instructions_are_under_2000_characters() -> None:
    most = instructions_without([f"tool_{number}" for number in range(100)], explained=True)
    assert max(len(INSTRUCTIONS.encode()), len(most.encode())) < 2000
