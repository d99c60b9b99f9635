"""`outreach-mcp tools`: a list for people and for scripts, and all about one tool."""

import json
import os
import pty
import re
import shlex
import shutil
import subprocess
from datetime import date
from functools import cache
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.cli import main
from outreach_mcp.clock import Clock
from outreach_mcp.commands.example_calls import example_line, example_of
from outreach_mcp.commands.filter_guide import fields_by_kind, looked_at
from outreach_mcp.commands.terminal import Terminal
from outreach_mcp.commands.tool_page import page
from outreach_mcp.commands.tool_table import by_toolset
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.clock import midnight
from outreach_sandbox.organisation import demo_organisation
from outreach_sandbox.records import Record
from outreach_sandbox.store import Store
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.toolsets import all_tools, toolsets
from tests.support.processes import COMMAND, SECONDS, environment
from tests.support.stores import sandbox_store
from tests.support.workbench import workbench

DAYS = [date(2026, 11, 18), date(2024, 2, 29), date(2027, 1, 1)]
PLAIN = Terminal(width=80)
BY_NAME = {tool.name: tool for tool in all_tools()}


def told(capsys: pytest.CaptureFixture[str], *arguments: str, **environ: str) -> tuple[int, str, str]:
    code = main(["tools", *arguments], environ)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def on_a_terminal(*arguments: str, **variables: str) -> str:
    """Return what a command shows on a terminal of 80 columns."""
    mine, theirs = pty.openpty()
    environ = environment(**{"COLUMNS": "80", "TERM": "xterm", **variables})
    if "NO_COLOR" not in variables:
        environ.pop("NO_COLOR", None)
    with subprocess.Popen([*COMMAND, *arguments], env=environ, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while more := os.read(mine, 65_536):
                shown += more
        except OSError:  # Linux's way to say that the command has ended
            pass
        process.wait(SECONDS)
    os.close(mine)
    return shown.decode().replace("\r\n", "\n")


async def outcomes_on(day: date, folder: Path) -> dict[str, str]:
    """Return what came of the example of each tool, each in the demo organisation of a day, for those that failed."""
    failed: dict[str, str] = {}
    filled = Store(str(folder / "filled.db"))
    filled.load(demo_organisation(today=day))
    filled.close()
    now = midnight(day)
    for tool in all_tools():
        if tool.borrows or (tool.read_only and day != DAYS[0]):
            continue  # what reads by id finds the same ids on every day
        store = Store(str(shutil.copy(folder / "filled.db", folder / "own.db")))
        transport = httpx.ASGITransport(build_sandbox(store, clock=lambda: now))
        token = BearerToken(SecretStr("sandbox"))
        client = OutreachClient(
            "https://api.outreach.io/api/v2", token, transport=transport, clock=Clock(now=lambda: now)
        )
        try:
            answer = await tool.run(Context(client, now=lambda: now, about=_about), example_of(tool))
            if answer.get("returned") == 0:
                failed[tool.name] = "it finds nothing"
        except Exception as error:  # whatever it is, it is told with the tool's name
            failed[tool.name] = str(error)
        finally:
            await client.aclose()
            store.close()
    return failed


async def _about() -> dict[str, object]:
    return {"outreach": "sandbox (demo data)"}


@pytest.mark.parametrize("day", DAYS, ids=str)
async def test_the_example_of_every_tool_works_in_the_sandbox_on_any_day(day: date, tmp_path: Path) -> None:
    assert await outcomes_on(day, tmp_path) == {}


async def test_the_examples_for_many_records_work_one_after_the_other() -> None:
    async with workbench() as bench:
        plan = await bench.call("plan_change", **example_of(BY_NAME["plan_change"]))
        named = {"plan_id": plan["plan_id"]}
        for name in ("apply_plan", "get_job", "list_jobs", "plan_undo"):
            example = example_of(BY_NAME[name])
            answer = await bench.call(name, **{each: named[each] for each in example})
            named = {**named, **{each: answer[each] for each in ("job_id",) if each in answer}}
        assert [*example_of(BY_NAME["cancel_job"])] == ["job_id"]


@pytest.mark.parametrize("name", ["list_prospects", "get_connection", "create_task"])
def test_an_example_works_as_it_is_shown(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, shown, _ = told(capsys, name)
    (line,) = re.findall(r"^  (outreach-mcp call .*)$", shown, re.MULTILINE)
    ended = subprocess.run(
        ["bash", "-c", f"{shlex.join(COMMAND)} {line.removeprefix('outreach-mcp ')}"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert (ended.returncode, ended.stderr, isinstance(json.loads(ended.stdout), dict)) == (0, "", True)


def test_a_tools_page_says_what_it_does_what_it_takes_and_what_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "create_task") == (
        0,
        """\
create_task
  Create task; toolset tasks, adds

  Remind me: add a to-do to call, email or follow up with someone (person, company, deal) on a day.

Arguments
  attributes.action           required; one of action_item, call, email, in_person
  attributes.dueAt            a date or a time, such as 2026-03-02T09:00Z, tomorrow or +3d
  attributes.note             text
  relationships.subject       required; an object: type (one of account, opportunity, prospect), id (id or name)
  relationships.owner         required; id, name or me
  relationships.taskPriority  id or name
  dry_run                     true or false

  attributes takes these by name as well: autoskipAt, opportunityAssociation.

Example
  """
        + example_line(BY_NAME["create_task"])
        + "\n",
        "",
    )


@pytest.mark.parametrize("tool", all_tools(), ids=lambda tool: tool.name)
def test_every_argument_of_every_tool_is_on_its_page(tool: Tool) -> None:
    shown = page(tool, PLAIN)
    named = set(re.findall(r"^  ([\w.]+)  ", shown, re.MULTILINE))
    properties = tool.input_schema["properties"]
    inner = {
        f"{name}.{each}"
        for name in ("attributes", "relationships")
        for each in properties.get(name, {}).get("properties", {})
    }
    assert {name for name in properties if name not in ("attributes", "relationships")} | inner <= named
    required = {name for name in tool.input_schema.get("required", []) if "properties" not in properties[name]}
    assert required <= set(re.findall(r"^  (\w+) +required;", shown, re.MULTILINE))
    wrapped = shown.partition("\nExample\n")[0]
    assert max(map(len, wrapped.splitlines())) <= 80


def test_the_fields_of_every_list_stand_with_their_kind() -> None:
    for tool in all_tools():
        if tool.resource and "filters" in tool.input_schema["properties"]:
            schema = tool.input_schema["properties"]["filters"]["items"]["properties"]["field"]
            sorted_out = [field.partition(" (")[0] for _, fields in fields_by_kind(tool) for field in fields]
            assert sorted([*sorted_out, *looked_at(tool)]) == sorted(schema["enum"]), tool.name
    kinds = {field: kind.title for kind, fields in fields_by_kind(BY_NAME["list_prospects"]) for field in fields}
    chosen = ("q", "id", "owner.id", "title", "account.name", "engagedScore", "touchedAt", "account.named")
    assert [kinds[field] for field in chosen] == [
        "beginnings", "ids", "ids", "text", "text", "numbers", "dates", "true or false"
    ]  # fmt: skip


@cache
def staff() -> tuple[Record, ...]:
    return tuple(
        record for record in demo_organisation(today=DAYS[0]) if record.type in ("user", "team", "role", "profile")
    )


@pytest.mark.parametrize(
    "tool",
    [tool for tool in all_tools() if tool.resource and "filters" in tool.input_schema["properties"]],
    ids=lambda tool: tool.name,
)
async def test_the_criteria_of_a_page_are_understood_by_every_field_of_their_kind(tool: Tool) -> None:
    # An organisation without records: only whether a filter is read matters here.
    store = sandbox_store(staff())
    now = midnight(DAYS[0])
    transport = httpx.ASGITransport(build_sandbox(store, clock=lambda: now))
    token = BearerToken(SecretStr("sandbox"))
    client = OutreachClient("https://api.outreach.io/api/v2", token, transport=transport, clock=Clock(now=lambda: now))
    try:
        for kind, fields in fields_by_kind(tool):
            for criteria in kind.criteria:
                for shown in fields:
                    field = shown.partition(" (")[0]
                    known = " (" in shown
                    if known or (criteria == "me" and field not in _OF_USERS):
                        continue
                    filters = [{"field": field, "criteria": criteria}]
                    await tool.run(Context(client, now=lambda: now), {"filters": filters, "page_size": 1})
    finally:
        await client.aclose()
        store.close()


_OF_USERS = ("owner.id", "user.id", "creator.id", "updater.id")


def test_as_json_a_tool_is_what_it_is_in_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    _, every, _ = told(capsys, "--json")
    _, one, _ = told(capsys, "get_task", "--json")
    assert json.loads(one) == next(each for each in json.loads(every) if each["name"] == "get_task")


@pytest.mark.parametrize("name", sorted(toolsets()))
def test_a_toolset_lists_its_tools(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown, _ = told(capsys, name)
    assert (code, {line.split()[0] for line in shown.splitlines()}) == (0, set(toolsets()[name]))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lst_tasks"], "there is no tool 'lst_tasks': did you mean list_tasks, tasks or get_task?"),
        (["swim"], "there is no tool 'swim': `outreach-mcp tools` lists them"),
        (["--read-only", "create_task"], "these settings leave out create_task: OUTREACH_MCP_READ_ONLY, "),
        (
            ["--toolsets", "tasks", "mailings"],
            "these settings leave out all tools of mailings: OUTREACH_MCP_READ_ONLY, ",
        ),
    ],
)
def test_a_name_that_is_not_there_is_refused_with_the_nearest(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = told(capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"outreach-mcp: {said}")


@pytest.mark.parametrize("width", [40, 72, 80, 100, 200])
def test_a_terminal_gets_the_tools_by_toolset_and_nothing_is_lost(width: int) -> None:
    shown = by_toolset(all_tools(), Terminal(width))
    lines = shown.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")] == [
        *dict.fromkeys(t.toolset for t in all_tools())
    ]
    assert max(map(len, lines)) <= width
    words = " ".join(shown.split())
    for tool in all_tools():
        assert re.search(rf"(?<!\S){tool.name} (reads|adds|destructive) {re.escape(tool.description)}", words), (
            tool.name
        )


def test_headings_are_bold_on_a_terminal_alone() -> None:
    bold = on_a_terminal("tools", "tasks")
    assert bold.startswith("\x1b[1mtasks\x1b[0m\n  create_task  ")
    plain = bold.replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert on_a_terminal("tools", "tasks", NO_COLOR="1") == plain
    assert on_a_terminal("tools", "tasks", TERM="dumb") == plain
    assert on_a_terminal("tools", "tasks", NO_COLOR="") == bold


def test_a_terminal_gets_what_fits_its_width() -> None:
    assert max(map(len, on_a_terminal("tools", NO_COLOR="1").splitlines())) <= 80
    assert max(map(len, on_a_terminal("tools", NO_COLOR="1", COLUMNS="200").splitlines())) > 150
