"""The named groups of tools."""

from pathlib import Path

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_tools.toolsets import ADMIN, LAST, OPT_IN, PRESETS, SALES, all_tools, toolsets
from tests.support.workbench import workbench


def test_the_toolsets_are_those_that_the_documentation_names() -> None:
    assert set(toolsets()) == {
        "all", "sales", "prospects", "accounts", "opportunities", "sequences", "mailings", "calls", "tasks", "people",
        "settings", "compliance", "options", "advanced", "connection", "reports", "admin", "default", "directory",
        "operations", "notes", "content", "contact_details", "meetings", "search", "webhooks", "bulk",
    }  # fmt: skip


def test_every_tool_is_in_one_toolset() -> None:
    groups = [names for name, names in toolsets().items() if name not in (*PRESETS, ADMIN)]
    of_admin = [tool.name for tool in all_tools() if tool.toolset == ADMIN]  # which opens tools of others as well
    names = sorted([*of_admin, *(name for each in groups for name in each)])
    assert names == sorted(tool.name for tool in all_tools())


def test_the_sales_preset_has_at_most_thirty_tools_and_each_exists() -> None:
    assert len(set(SALES)) == len(SALES) <= 30
    assert set(SALES) <= toolsets()["all"]


def test_what_is_offered_without_a_choice_is_everything_but_what_has_to_be_chosen() -> None:
    assert toolsets()["default"] == {tool.name for tool in all_tools()} - OPT_IN


def test_users_are_written_and_webhooks_told_of_where_that_is_chosen_alone() -> None:
    running = {"create_user", "update_user"} | toolsets()["webhooks"]
    assert {tool.name for tool in all_tools()} - toolsets()["all"] == running
    assert [name for name, names in toolsets().items() if names & running] == ["admin", "webhooks"]


def test_every_toolset_that_is_offered_only_where_it_is_chosen_is_whole() -> None:
    assert toolsets()["content"] | toolsets()["meetings"] | toolsets()["contact_details"] <= OPT_IN


def test_the_preset_for_directories_has_all_of_the_default_but_the_tool_that_takes_a_method() -> None:
    methods = {tool.name for tool in all_tools() if "method" in tool.input_schema["properties"]}
    assert toolsets()["directory"] == toolsets()["default"] - methods


async def test_what_clients_cut_off_that_take_only_so_many_is_what_is_missed_least() -> None:
    async with workbench([], guard=Guard(Policy.of(), "never")) as bench:
        told = [tool.name for tool in (await bench.client.list_tools()).tools]
    groups = {tool.name: tool.toolset for tool in all_tools()}
    assert {groups[name] for name in told[:100]} & {"options", "advanced", "compliance"} == set()
    assert {groups[name] for name in told[100:]} == set(LAST)
    assert {groups[name] for name in told[128:]} == {"options"}


def test_the_readme_says_how_many_tools_each_choice_leaves() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    default, options = toolsets()["default"], toolsets()["options"]
    for told in (
        f"without a choice this server offers {len(default)}.",
        f"which lists replace: {len(default - options)} are left.",
        f"`OUTREACH_MCP_TOOLSETS=sales` offers the {len(SALES)} of a seller's day.",
    ):
        assert told in readme
