"""Prompts, completions, resources and pictures of the server as a process over stdio, and what it leaves unimported."""

import re
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.support.menus import check_approval, check_pictures, check_prompts, check_resources, shows_pictures
from tests.support.processes import SECONDS, pinned

Era = Literal["legacy", "auto"]
ERAS: tuple[Era, ...] = ("legacy", "auto")
MENUS = re.compile(
    r"\| +((?:outreach_tools\.playbooks|outreach_mcp\.protocol\.(?:pictures|prompts|reference|resources))\b.*)"
)


@asynccontextmanager
async def process(era: Era, errors: Path, *, pictures: bool = False) -> AsyncGenerator[Client]:
    """A client of a server that writes the modules that it imports into a file, beside what it logs."""
    arguments = ["-X", "importtime", "-m", "outreach_mcp", *pinned(["serve", "--sandbox"])]
    server = StdioServerParameters(command=sys.executable, args=arguments)
    with errors.open("w", encoding="utf-8") as file:
        streams = stdio_client(server, errlog=file)
        extensions = shows_pictures() if pictures else None
        async with Client(streams, mode=era, read_timeout_seconds=SECONDS, extensions=extensions) as client:
            yield client


async def test_who_opens_no_menu_does_not_wait_for_what_menus_show(tmp_path: Path) -> None:
    async with process("auto", tmp_path / "errors") as client:
        assert len((await client.list_tools()).tools) > 100
        assert not (await client.call_tool("list_prospects", {"page_size": 1})).is_error
        assert not (await client.call_tool("report_pipeline", {})).is_error
        planned = await client.call_tool("plan_change", {"resource": "prospect", "ids": [401], "add_tags": ["x"]})
        assert not planned.is_error
    imported = (tmp_path / "errors").read_text(encoding="utf-8")
    assert "| outreach_mcp.protocol.server\n" in re.sub(r"\| +", "| ", imported)
    assert MENUS.findall(imported) == []


@pytest.mark.parametrize("era", ERAS)
async def test_all_that_menus_show_is_there_over_stdio(era: Era, tmp_path: Path) -> None:
    async with process(era, tmp_path / "errors", pictures=True) as client:
        await check_prompts(client)
        await check_resources(client)
        await check_pictures(client, shown=True)
        await check_approval(client, "Approved over stdio")
    found = {name.rpartition(".")[2] for name in MENUS.findall((tmp_path / "errors").read_text(encoding="utf-8"))}
    assert {"prompts", "reference", "playbooks", "approval", "documents", "rows", "showing"} <= found
