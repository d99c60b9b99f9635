"""The example configuration works as it stands."""

import json
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from outreach_tools.toolsets import OPT_IN, all_tools
from tests.support.processes import ROOT, SECONDS

SERVERS: dict[str, dict[str, Any]] = json.loads((ROOT / "claude_config.example.json").read_text(encoding="utf-8"))[
    "mcpServers"
]


def client(name: str) -> Client:
    # A client that reads the configuration of a project starts its servers in the project's folder. Any token that
    # could be one serves to start; test_readme logs in.
    server = StdioServerParameters(**SERVERS[name], cwd=ROOT, env={"OUTREACH_ACCESS_TOKEN": "token"})
    return Client(server, read_timeout_seconds=SECONDS)


@pytest.mark.parametrize("name", SERVERS)
async def test_every_server_in_it_starts_and_lists_the_tools(name: str) -> None:
    async with client(name) as connected:
        listed = await connected.list_tools()
    assert {tool.name for tool in listed.tools} == {tool.name for tool in all_tools()} - OPT_IN


async def test_its_sandbox_needs_no_account() -> None:
    async with client("outreach-sandbox") as connected:
        result = await connected.call_tool("list_users", {})
    assert not result.is_error


def test_it_holds_no_secret() -> None:
    assert [name for name, server in SERVERS.items() if "env" in server] == []
