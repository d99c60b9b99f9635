"""The named groups of tools."""

from outreach_tools.toolsets import ADMIN, OPT_IN, PRESETS, SALES, all_tools, toolsets


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
