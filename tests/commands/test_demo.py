"""The demo shows what it promises, and fails when a call does."""

import dataclasses
import re
import subprocess
from datetime import date, datetime, timedelta, timezone

import pytest
from mcp import Client

from outreach_mcp.commands.demo import DemoError, Session, Twin, dated, work
from outreach_mcp.commands.demo_report import Measure, Report
from outreach_mcp.connection import Connection
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard, build_server
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.tool import Context
from outreach_tools.toolsets import all_tools
from tests.support.processes import TODAY, run

CHARACTERS = Measure("characters", len)


@pytest.fixture(scope="module")
def shown() -> subprocess.CompletedProcess[str]:
    return run("demo")


def test_the_demo_shows_the_same_every_time_on_the_same_day(shown: subprocess.CompletedProcess[str]) -> None:
    elsewhere = {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}
    assert run("demo", environ=elsewhere).stdout == shown.stdout


def test_the_demo_names_the_day_so_that_both_sandboxes_stand_on_it_whatever_the_clock_says_meanwhile(
    shown: subprocess.CompletedProcess[str],
) -> None:
    assert shown.stdout.splitlines()[0] == (
        f"Starting: outreach-mcp serve --sandbox --number 1 --scale 1 --today {TODAY} --max-result-tokens 6000"
    )


def test_the_demo_makes_every_call_it_promises(shown: subprocess.CompletedProcess[str]) -> None:
    called = re.findall(r"^> (\w+) \{", shown.stdout, re.MULTILINE)
    assert (shown.returncode, shown.stderr, called) == (
        0,
        "",
        [
            "list_sequences",
            "get_sequence",
            "list_prospects",
            "list_sequence_states",
            "list_mailboxes",
            "add_prospect_to_sequence",
            "add_prospect_to_sequence",
            "list_tasks",
            "set_task_action",
            "list_audits",
        ],
    )


def test_the_demo_sets_each_answer_beside_the_apis_own(shown: subprocess.CompletedProcess[str]) -> None:
    sizes = re.findall(r"([\d,]+) o200k tokens; the raw API answers? to the same requests?: ([\d,]+)", shown.stdout)
    ours, raw = ([int(size.replace(",", "")) for size in column] for column in zip(*sizes, strict=True))
    assert (len(sizes), sum(ours[:-1]), sum(raw[:-1])) == (11, ours[-1], raw[-1])
    assert ours[-1] < raw[-1]


def test_without_a_day_the_demo_stands_on_the_one_on_which_it_begins() -> None:
    evening = datetime(2026, 11, 18, 19, 0, tzinfo=timezone(timedelta(hours=-5)))
    unset, of_a_day = Settings(sandbox=True), Settings(sandbox=True, sandbox_today=date(2024, 2, 29))
    assert dated(unset, lambda: evening).sandbox_today == date(2026, 11, 19)
    assert dated(of_a_day, lambda: evening).sandbox_today == date(2024, 2, 29)


async def test_a_call_that_fails_ends_the_demo(capsys: pytest.CaptureFixture[str]) -> None:
    async def refuse(_: Context, __: JsonObject) -> JsonObject:
        raise ToolError("no sequence can be read today")

    settings = Settings(sandbox=True, sandbox_today=date.fromisoformat(TODAY))
    connection, twin = Connection(settings), Twin(settings)
    tools = [tool if tool.name != "get_sequence" else dataclasses.replace(tool, run=refuse) for tool in all_tools()]
    try:
        async with Client(build_server(tools, connection, Guard(Policy.of(), "never"))) as client:
            with pytest.raises(DemoError, match="get_sequence failed: no sequence can be read today"):
                await work(Session(client, twin, Report(80, CHARACTERS)))
    finally:
        await connection.aclose()
        await twin.connection.aclose()
    assert re.findall(r"^> (\w+)", capsys.readouterr().out, re.MULTILINE) == ["list_sequences"]


def test_a_long_answer_is_wrapped_and_cut_for_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(20, CHARACTERS)
    report.call("Why?", "list_tasks", {}, ",".join(str(number) for number in range(100, 200)), "raw" * 400)
    assert capsys.readouterr().out.splitlines() == [
        "",
        "Why?",
        "> list_tasks {}",
        *(f"  {','.join(str(number) for number in range(start, start + 4))}," for start in range(100, 132, 4)),
        "  ... 17 more lines",
        "  = 399 characters; the raw API answer to the same request: 1,200 (33%)",
    ]


def test_a_short_answer_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    Report(80, CHARACTERS).call("Why?", "delete_task", {"task_id": 7}, '{"deleted":true,"id":7}', "")
    assert capsys.readouterr().out.splitlines() == [
        "",
        "Why?",
        '> delete_task {"task_id": 7}',
        '  {"deleted":true,"id":7}',
        "  = 23 characters; the raw API answer to the same request: 0",
    ]
