"""The commands of the documents work, and what the check of real clients reports is there."""

import ast
import json
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

import client_menus
from outreach_mcp.commands.grammar import build_parser
from outreach_mcp.settings.settings import Settings
from outreach_tools.toolsets import OPT_IN, all_tools, told_last
from tests.support.processes import COMMAND, ROOT, SECONDS, environment, pinned
from uvx import folder_with_uvx

README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
MENUS = (ROOT / "docs" / "playbooks.md").read_text(encoding="utf-8")
STARTED_BY = "uvx outreach-mcp"
IN_A_CLONE = ".venv/bin/outreach-mcp"
WITHOUT_A_LOGIN = {"OUTREACH_ACCESS_TOKEN": "token"}
"""Any token that could be one serves to start; test_readme logs in."""
ADDRESS = re.compile(r"http://127\.0\.0\.1:8000/mcp|https://outreach\.example\.com/mcp")
RESULT = r"(works|connects) \(\d{4}-\d\d-\d\d\)"
ROW = re.compile(
    rf"^\| [^|]+ \(`[^`]+`\) \| [\d.]+ \| \d{{4}}-\d\d-\d\d \| {RESULT} \| {RESULT} \| {RESULT} \|$", re.MULTILINE
)
RECORDER = ROOT / "scripts" / "clients" / "recorder"


def blocks(language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README + GUIDE, re.DOTALL | re.MULTILINE)
    return [block for kind, block in fenced if kind == language]


LINES = [line for block in blocks("") for line in block.splitlines()]
CONFIGURATIONS = blocks("json")
PROGRAMS = blocks("python")


def arguments(line: str) -> list[str]:
    """Return what a line that starts our server, or has a client start it, gives to it."""
    words = shlex.split(line)
    # With other packages in uvx's environment, ours is named once more.
    first = len(words) - 1 - words[::-1].index("outreach-mcp")
    given = words[first + 1 :]
    # The Inspector takes its own flags after the server's command line.
    return given[: given.index("--method")] if "--method" in given else given


def started_by(configuration: str) -> list[dict[str, Any]]:
    """The servers in a configuration that are programs."""
    document = json.loads(configuration)
    servers = document.get("servers") or document["mcpServers"]
    return [server for server in servers.values() if "command" in server]


def settings(given: list[str]) -> Settings:
    flags = vars(build_parser().parse_args(given))
    values = {name: value for name, value in flags.items() if name in Settings.model_fields}
    return Settings.from_environment(WITHOUT_A_LOGIN, **values)


@pytest.mark.parametrize("line", [line for line in LINES if "uvx " in line and " serve" in line])
def test_a_documented_line_starts_the_server_with_flags_that_it_takes(line: str) -> None:
    assert settings(arguments(line)).sandbox == ("--sandbox" in line)


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith(("claude mcp add ", "gemini mcp add "))])
def test_a_documented_line_names_a_command_or_an_address_of_ours(line: str) -> None:
    words = shlex.split(line)
    addresses = [word for word in words if ADDRESS.fullmatch(word)]
    commands = [pair for pair in pairwise(words) if list(pair) == STARTED_BY.split()]
    assert len(addresses) + len(commands) == 1


def test_the_printed_configuration_holds_the_full_path() -> None:
    (line,) = [line for line in LINES if line.startswith("sed ")]
    printed = subprocess.run(
        ["bash", "-c", line],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    ).stdout
    command = f"{ROOT}/{IN_A_CLONE}"
    assert json.loads(printed) == {
        "mcpServers": {
            "outreach-sandbox": {"command": command, "args": ["serve", "--sandbox"]},
            "outreach": {"command": command, "args": ["serve"]},
        }
    }


@pytest.mark.parametrize("server", [server for each in CONFIGURATIONS for server in started_by(each)])
async def test_a_server_in_a_documented_configuration_starts(server: dict[str, Any], tmp_path: Path) -> None:
    environ = {**WITHOUT_A_LOGIN, "PATH": f"{folder_with_uvx(tmp_path)}:/usr/bin:/bin"}
    parameters = StdioServerParameters(command=server["command"], args=server["args"], env=environ)
    async with Client(parameters, read_timeout_seconds=SECONDS) as client:
        listed = await client.list_tools()
    assert [tool.name for tool in listed.tools] == [
        tool.name for tool in sorted(all_tools(), key=told_last) if tool.name not in OPT_IN
    ]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_documented_program_starts_the_server_with_flags_that_it_takes(program: str) -> None:
    literals = [node.value for node in ast.walk(ast.parse(program)) if isinstance(node, ast.Constant)]
    assert literals.count("uvx") == 1
    given = re.search(r'\["outreach-mcp", "serve".*?\]', program)
    assert given is not None
    assert settings(ast.literal_eval(given[0])[1:]).sandbox


def test_the_table_has_a_row_without_failure_for_every_client_that_is_tried() -> None:
    results = ROW.findall(README.partition("<!-- clients: written by scripts/check_clients -->")[2])
    programs = {path.name for path in RECORDER.parent.iterdir() if path.name != "recorder" and path.is_file()}
    # One more row than programs: the TypeScript SDK 2 runs as it comes, and once told to negotiate.
    assert len(results) == len(programs) + 1


def test_every_client_that_works_has_a_row_of_its_menus() -> None:
    table = README.partition("<!-- clients: written by scripts/check_clients -->")[2]
    working = re.findall(r"^\| ([^|]+ \(`[^`]+`\)) \| [\d.]+ \| [\d-]+ \| works", table, re.MULTILINE)
    menus = MENUS.partition(client_menus.BEGIN)[2].partition(client_menus.END)[0]
    assert working
    assert re.findall(r"^\| ([^|]+ \(`[^`]+`\)) \|", menus, re.MULTILINE) == working


async def test_the_recorder_passes_a_conversation_on_and_writes_it_down(tmp_path: Path) -> None:
    recorded = StdioServerParameters(
        command=sys.executable, args=[str(RECORDER), str(tmp_path), "stdio", *COMMAND, *pinned(["serve", "--sandbox"])]
    )
    async with Client(recorded, mode="legacy", read_timeout_seconds=SECONDS) as client:
        listed = await client.list_tools()
    requests = [json.loads(line)["method"] for line in (tmp_path / "client").read_text().splitlines()]
    answers = [json.loads(line) for line in (tmp_path / "server").read_text().splitlines()]
    assert requests == ["initialize", "notifications/initialized", "tools/list"]
    assert answers[0]["result"]["protocolVersion"] == "2025-11-25"
    assert len(answers[1]["result"]["tools"]) == len(listed.tools) == len(all_tools()) - len(OPT_IN)


@pytest.mark.parametrize("document", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_every_link_in_the_guides_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []
