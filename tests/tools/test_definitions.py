"""The cost of the tools' definitions for a model, in o200k tokens of name, description and input schema."""

import json

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker

from outreach_mcp.protocol.instructions import INSTRUCTIONS, instructions_without
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import SALES, all_tools, toolsets
from tests.connector.test_operations import BEYOND

O200K = bpe_openai.get_encoding("o200k_base")


def tokens(tool: Tool) -> int:
    definition = {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}
    return len(O200K.encode(json.dumps(definition, ensure_ascii=False, separators=(",", ":"))))


# The forms of criteria stand in every list, 24 times 30 tokens, since many clients pass no instructions on: without
# them an assistant needed half as many calls again. dry_run is 6 tokens in each tool that changes something.
def test_the_95_tools_of_the_connector_cost_at_most_11500_tokens() -> None:
    assert sum(tokens(tool) for tool in all_tools() if tool.name not in BEYOND) <= 11_500


# The four reports are 610 of these, plans and jobs 640, files and duplicates 370: what took
# several calls, or thirty and more.
def test_what_is_offered_without_a_choice_costs_at_most_16700_tokens() -> None:
    assert sum(tokens(tool) for tool in all_tools() if tool.name in toolsets()["default"]) <= 16_700


def test_the_tools_for_many_records_cost_at_most_1100_tokens() -> None:
    assert sum(tokens(tool) for tool in all_tools() if tool.toolset == "bulk") <= 1_100


# get_timeline is 134 of these: five lists of one person's mails, calls, tasks, notes and enrolments take five calls.
def test_the_tools_that_tell_figures_or_what_happened_cost_at_most_1030_tokens() -> None:
    assert sum(tokens(tool) for tool in all_tools() if tool.toolset == "reports") <= 1_030


def test_the_four_general_tools_cost_at_most_700_tokens() -> None:
    assert sum(tokens(tool) for tool in all_tools() if tool.toolset == "operations") <= 700


def test_no_tool_costs_more_than_450_tokens() -> None:
    assert max(map(tokens, all_tools())) <= 450


# report_replies among them: whom one owes an answer is what a seller's day begins with.
# A plan and its application are 415 of these: they stand for thirty calls and more; the timeline stands for five.
def test_the_sales_preset_costs_at_most_5200_tokens() -> None:
    assert sum(tokens(tool) for tool in all_tools() if tool.name in SALES) <= 5_200


def test_the_instructions_are_under_2000_characters() -> None:
    most = instructions_without(
        [f"tool_{number}" for number in range(100)], offered=["get_connection", "list_user_options"]
    )
    assert max(len(INSTRUCTIONS.encode()), len(most.encode())) < 2000
