"""A refusal points to no tool that is not offered, and names the true reason why something is closed."""

import re
from typing import Any

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.pointers import without_left_out
from outreach_mcp.protocol.server import Guard
from outreach_tools.toolsets import all_tools
from tests.guard.test_confirmation import RECORDS
from tests.support.workbench import workbench

TOOLS = {tool.name: tool for tool in all_tools()}
LEFT_OUT = re.compile(r" \([a-z_, ]+(?: and \d+ more)? (?:is|are) left out by this server's settings\.\)$")
WRONG: tuple[Any, ...] = ("x", -1, ["x"], {"x": "x"}, 99)


def wrong_calls(name: str) -> list[dict[str, Any]]:
    """Return calls of a tool that are refused: without what it needs, and with each argument wrong in many ways."""
    schema = TOOLS[name].input_schema
    arguments = [*schema.get("properties", {})]
    needed: dict[str, Any] = dict.fromkeys(schema.get("required", []), 1)
    linked: list[dict[str, Any]] = [
        {**needed, "relationships": {link: "x"}} for link in ("owner", "mailbox", "prospect", "user", "template")
    ]
    return [{}, *linked, *({**needed, argument: value} for argument in arguments for value in WRONG)]


@pytest.mark.parametrize("name", [name for name in TOOLS if name not in ("raw_http_request", "execute_link")])
async def test_a_tool_that_is_alone_points_to_no_other(name: str) -> None:
    async with workbench(RECORDS, guard=Guard(Policy.of([name]), "never")) as bench:
        refusals = [text for each in wrong_calls(name) for failed, text in [await bench.outcome(name, each)] if failed]
    for text in refusals:
        pointed = {word for word in re.findall(r"[a-z]+(?:_[a-z]+)+", LEFT_OUT.sub("", text)) if word in TOOLS}
        assert pointed <= {name} or LEFT_OUT.search(text), text
        assert not [each for each in TOOLS if each != name and f"{each} finds it" in text]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "'x' is required: list_users finds it",
            "'x' is required: what finds it is left out by this server's settings, so ask the person",
        ),
        (
            "'x' is required: list_users or list_tasks finds it; 'y' too",
            "'x' is required: list_tasks finds it; 'y' too",
        ),
        ("See get_user first.", "See get_user first. (get_user is left out by this server's settings.)"),
        ("no_tool here, list_tasks neither", "no_tool here, list_tasks neither"),
    ],
)
def test_what_is_left_out_is_not_pointed_to(text: str, shown: str) -> None:
    assert without_left_out(text, {"list_tasks"}) == shown


async def test_where_all_is_offered_a_refusal_points_to_what_helps() -> None:
    async with workbench(RECORDS) as bench:
        assert "list_mailboxes finds it" in await bench.refused("create_mailing", attributes={"subject": "x"})


@pytest.mark.parametrize(
    ("policy", "path", "reason"),
    [
        (["prospects", "advanced"], "/users", "do not choose it (OUTREACH_MCP_TOOLSETS without people)"),
        (["prospects", "advanced"], "/users/1", "do not choose it (OUTREACH_MCP_TOOLSETS without people)"),
        (["prospects", "advanced"], "/mailboxes", "do not choose it (OUTREACH_MCP_TOOLSETS without"),
        (["prospects", "advanced"], "/tasks", "do not choose it (OUTREACH_MCP_TOOLSETS without tasks)"),
        (["prospects", "advanced"], "/webhooks", "are administration"),
        (["people", "advanced"], "/users", ""),
        (["people", "advanced"], "/mailboxes", ""),
    ],
)
async def test_what_was_not_chosen_is_refused_for_that_reason(policy: list[str], path: str, reason: str) -> None:
    async with workbench(RECORDS, guard=Guard(Policy.of(policy), "never")) as bench:
        failed, text = await bench.outcome("raw_http_request", {"method": "GET", "path": path})
    assert failed == bool(reason), text
    assert reason in text


@pytest.mark.parametrize("path", ["/users", "/users/1"])
async def test_what_was_excluded_is_refused_for_that_reason(path: str) -> None:
    policy = Policy.of(excluded=["list_users", "get_user"])
    async with workbench(RECORDS, guard=Guard(policy, "never")) as bench:
        text = await bench.refused("raw_http_request", method="GET", path=path)
    assert "this server's settings exclude it" in text
