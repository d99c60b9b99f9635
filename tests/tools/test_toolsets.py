"""The named groups of tools."""

from outreach_tools.toolsets import SALES, all_tools, toolsets


def test_the_toolsets_are_those_that_the_documentation_names() -> None:
    assert set(toolsets()) == {
        "all", "sales", "prospects", "accounts", "opportunities", "sequences", "mailings", "calls", "tasks", "people",
        "settings", "compliance", "options", "advanced", "connection", "bulk", "admin",
    }  # fmt: skip


def test_every_tool_is_in_one_toolset() -> None:
    groups = [names for name, names in toolsets().items() if name not in ("all", "sales", "admin")]
    assert sorted(name for names in groups for name in names) == sorted(tool.name for tool in all_tools())


def test_the_sales_preset_has_at_most_thirty_tools_and_each_exists() -> None:
    assert len(set(SALES)) == len(SALES) <= 30
    assert set(SALES) <= toolsets()["all"]
