"""What a login ends with."""

from pathlib import Path

from outreach_mcp.api.current_user import CurrentUser
from outreach_mcp.commands.login.report import LoggedIn, report_of, shown_by_type
from outreach_mcp.settings.settings import Settings
from outreach_tools.toolsets import all_tools

FILE = Path("/state/tokens.json")
TOOLS = tuple(tool for tool in all_tools() if tool.name in ("list_stages", "create_stage", "get_stage"))


def report(user: CurrentUser | str = CurrentUser(7, "Uma Stone", "uma@us.example", "Us"), *granted: str) -> list[str]:  # noqa: B008 - it is frozen
    asked = ("stages.read", "stages.write")
    return report_of(LoggedIn(Settings(), user, FILE, TOOLS, asked, granted or asked)).splitlines()


def test_the_user_is_named_as_far_as_outreach_tells() -> None:
    users = (CurrentUser(7, "Uma Stone", "uma@us.example", "Us"), CurrentUser(7, "", "uma@us.example"), CurrentUser(7))
    assert [report(user)[0] for user in users] == [
        "Logged in to Outreach as Uma Stone <uma@us.example> of Us.",
        "Logged in to Outreach as user 7 <uma@us.example>.",
        "Logged in to Outreach as user 7.",
    ]


def test_a_user_who_could_not_be_found_out_is_logged_in_nevertheless() -> None:
    assert report("no network.")[0] == "Logged in to Outreach. Who it is could not be found out: no network."


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
