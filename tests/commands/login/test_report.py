"""The report at the end of a login."""

from pathlib import Path

from outreach_mcp.api.current_user import CurrentUser
from outreach_mcp.commands.login.installation import Installation
from outreach_mcp.commands.login.report import LoggedIn, report_of, shown_by_type
from outreach_mcp.settings.settings import Settings
from outreach_tools.toolsets import all_tools

FILE = Path("/state/tokens.json")
ELSEWHERE = Installation(Path("/opt/outreach"), Path("/opt/outreach/bin/python"))
TOOLS = tuple(tool for tool in all_tools() if tool.name in ("list_stages", "create_stage", "get_stage"))


def report(user: CurrentUser | str = CurrentUser(7, "Uma Stone", "uma@us.example", "Us"), *granted: str) -> list[str]:  # noqa: B008 - it is frozen
    asked = ("stages.read", "stages.write")
    return report_of(LoggedIn(Settings(), user, FILE, TOOLS, asked, granted or asked, ELSEWHERE)).splitlines()


def test_the_user_is_named_as_far_as_outreach_tells() -> None:
    users = (CurrentUser(7, "Uma Stone", "uma@us.example", "Us"), CurrentUser(7, "", "uma@us.example"), CurrentUser(7))
    assert [report(user)[0] for user in users] == [
        "Logged in to Outreach as Uma Stone <uma@us.example> of Us.",
        "Logged in to Outreach as user 7 <uma@us.example>.",
        "Logged in to Outreach as user 7.",
    ]


def test_a_user_who_could_not_be_found_out_is_logged_in_nevertheless() -> None:
    assert report("no network.")[0] == "Logged in to Outreach. The user could not be found out: no network."


def test_scopes_that_were_not_granted_are_named_with_the_tools_that_they_cost() -> None:
    user = CurrentUser(7)
    assert report(user, "stages.write")[2:5] == [
        "Granted: stages (write).",
        "Asked for but not granted: stages (read). The app lacks them in Outreach (API access).",
        "These tools are left out for it: get_stage, list_stages.",
    ]


def test_all_of_a_type_counts_as_its_three_rights() -> None:
    assert report(CurrentUser(7), "stages.all")[2] == "All 2 scopes that were asked for are granted."


def test_scopes_are_shown_by_type() -> None:
    scopes = ("users.read", "prospects.write", "prospects.read", "read_sequences")
    assert shown_by_type(scopes) == "prospects (read, write), read_sequences, users (read)"


def test_the_lines_for_clients_start_what_will_still_be_there_tomorrow(tmp_path: Path) -> None:
    prefix = tmp_path / "uv" / "archive-v0" / "SHRO2G9D"
    prefix.mkdir(parents=True)
    (tmp_path / "uv" / "CACHEDIR.TAG").touch()
    (prefix / "pyvenv.cfg").write_text("uv = 0.13.9\n", encoding="utf-8")
    by_uvx = Installation(prefix, prefix / "bin" / "python")
    settings = Settings(read_only=True, toolsets=("sales",))
    said = report_of(LoggedIn(settings, CurrentUser(7), FILE, TOOLS, ["stages.read"], ["stages.read"], by_uvx))
    assert said.splitlines()[-6:] == [
        "  claude mcp add --scope user outreach -- uvx outreach-mcp serve --read-only --toolsets sales",
        "  gemini mcp add --scope user outreach uvx outreach-mcp serve --read-only --toolsets sales",
        "",
        "Claude Desktop, Cursor and others take this as one of their mcpServers:",
        "",
        '  "outreach": {"command": "uvx", "args": ["outreach-mcp", "serve", "--read-only", "--toolsets", "sales"]}',
    ]
