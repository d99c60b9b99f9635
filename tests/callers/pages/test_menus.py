"""Menus of a server of many callers over HTTP: each sees their own, and approves nobody else's plan."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path as FilePath

import pytest
from mcp import Client, MCPError
from mcp_types import PromptReference

from outreach_mcp.protocol.apps import APPROVES, PICTURED
from tests.callers.identity.provider import ALICE, READER
from tests.callers.pages.team import UMA, VIC, Team, a_team, visitor
from tests.support.answers import said
from tests.support.menus import planned, title_of
from tests.support.serving import Era, Path, client

SHOWING: tuple[tuple[Path, Era], ...] = (("/mcp", "auto"), ("/sse", "legacy"), ("/sse", "auto"))


@pytest.fixture
async def team(tmp_path: FilePath) -> AsyncGenerator[Team]:
    """A team in which Alice works as Uma, and Kim, who has a key, as Vic."""
    async with a_team(tmp_path, confirm="writes") as it:
        async with visitor(ALICE, UMA) as browser:
            await browser.connect(await it.link(it.token()))
        async with visitor(user=VIC) as browser:
            await browser.connect_by_key(await it.link(it.kims_key))
        yield it


@asynccontextmanager
async def seeing(team: Team, credential: str, way: tuple[Path, Era]) -> AsyncGenerator[Client]:
    """A caller's client, which shows pictures."""
    async with client(team.url, way, headers={"Authorization": f"Bearer {credential}"}, pictures=True) as it:
        yield it


@pytest.mark.parametrize("way", SHOWING)
async def test_a_plan_is_approved_by_the_caller_whom_it_was_shown_to_and_by_nobody_else(
    team: Team, way: tuple[Path, Era]
) -> None:
    async with seeing(team, team.token(), way) as alice, seeing(team, team.kims_key, way) as kim:
        (hers, plan), (theirs, other) = await planned(alice, [1, 2], "VP"), await planned(kim, [1, 2], "CFO")
        assert hers["approval"] != theirs["approval"]
        for who, plan_id, seal in (
            (kim, plan, hers["approval"]),  # all of hers, as it is
            (kim, plan, theirs["approval"]),
            (kim, other, hers["approval"]),
            (alice, other, theirs["approval"]),
        ):
            refused = await who.call_tool(APPROVES, {"plan_id": plan_id, "approval": seal})
            assert (refused.is_error, "does not come from there" in said(refused)) == (True, True)
        assert await title_of(alice, 1) == "CEO"
    # Which connection it comes over makes no difference: the picture may outlive the one that it was asked for over.
    async with seeing(team, team.token(), way) as alice:
        given = {"plan_id": plan, "approval": hers["approval"], "without": [1]}
        answer = json.loads(said(await alice.call_tool(APPROVES, given)))
        while answer["state"] in ("queued", "running"):
            answer = json.loads(said(await alice.call_tool("get_job", {"job_id": answer["job_id"]})))
        assert (answer["state"], answer["done"]) == ("done", 1)
        assert (await title_of(alice, 1), await title_of(alice, 2)) == ("VP", "")


async def test_a_caller_who_may_only_read_is_offered_no_approval_and_no_playbook_that_changes(team: Team) -> None:
    async with visitor(READER, UMA) as browser:
        await browser.connect(await team.link(team.token(READER)))
    async with seeing(team, team.token(READER), ("/mcp", "auto")) as it:
        assert APPROVES not in [tool.name for tool in (await it.list_tools()).tools]
        assert "hand_over" not in [prompt.name for prompt in (await it.list_prompts()).prompts]
        with pytest.raises(MCPError, match="Unknown tool"):
            await it.call_tool(APPROVES, {"plan_id": "p1", "approval": "0" * 64})


async def test_who_is_not_connected_opens_menus_and_reads_no_record(tmp_path: FilePath) -> None:
    async with a_team(tmp_path) as team, seeing(team, team.token(), ("/mcp", "auto")) as it:
        assert len((await it.list_prompts()).prompts) == 10
        found = await it.complete(PromptReference(name="morning_brief"), {"name": "owner", "value": "u"})
        assert found.completion.values == []
        for uri in {*PICTURED.values()}:
            await it.read_resource(uri)
        for uri in ("outreach://connection", "outreach://fields/prospect"):
            with pytest.raises(MCPError, match="Connect your Outreach account"):
                await it.read_resource(uri)
        assert team.sent == []
