"""The server as a process, over stdio, with a real client of each protocol era."""

import json
import os
import pty
import signal
import sys
from typing import Literal

import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp_types import INVALID_PARAMS, TextContent

from outreach_tools.toolsets import all_tools
from tests.processes import SECONDS, line_of, started

SERVER = StdioServerParameters(command=sys.executable, args=["-m", "outreach_mcp", "serve", "--sandbox"])
Era = Literal["legacy", "auto"]
VERSIONS: tuple[tuple[Era, str], ...] = (("legacy", "2025-11-25"), ("auto", "2026-07-28"))
HANDSHAKE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


@pytest.mark.parametrize(("era", "version"), VERSIONS)
async def test_a_client_lists_all_tools_and_calls_them(era: Era, version: str) -> None:
    async with Client(SERVER, mode=era, read_timeout_seconds=SECONDS) as client:
        listed = await client.list_tools()
        result = await client.call_tool("list_prospects", {"page_size": 3})
        assert client.protocol_version == version
    assert [tool.name for tool in listed.tools] == [tool.name for tool in all_tools()]
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert (result.is_error, json.loads(content.text)["returned"]) == (False, 3)


@pytest.mark.parametrize(("era", "_version"), VERSIONS)
async def test_an_unknown_tool_is_a_protocol_error_on_the_wire(era: Era, _version: str) -> None:
    async with Client(SERVER, mode=era, read_timeout_seconds=SECONDS) as client:
        with pytest.raises(MCPError) as refused:
            await client.call_tool("swim", {})
    assert refused.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_while_the_client_is_silent(number: signal.Signals) -> None:
    with started("serve", "--sandbox") as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(HANDSHAKE) + "\n")
        process.stdin.flush()
        assert '"serverInfo"' in line_of(process)
        process.send_signal(number)
        assert process.wait(SECONDS) == 128 + number


def test_the_server_ends_when_the_client_closes_its_stdin() -> None:
    with started("serve", "--sandbox") as process:
        out, err = process.communicate(json.dumps(HANDSHAKE) + "\n", timeout=SECONDS)
    assert (process.returncode, err, out.count("\n")) == (0, "", 1)


def test_started_by_hand_it_says_that_it_waits_for_a_client() -> None:
    person, terminal = pty.openpty()
    try:
        with started("serve", "--sandbox", stdin=terminal) as process:
            assert process.stderr is not None
            assert process.stderr.readline() == (
                "Waiting for an MCP client on stdin; Ctrl-C ends it. For people: outreach-mcp demo, tools, call.\n"
            )
    finally:
        os.close(person)
        os.close(terminal)
