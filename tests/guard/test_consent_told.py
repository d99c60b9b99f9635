"""The journal and the log say who agreed to a change; and of many callers none agrees alone."""

import logging
from pathlib import Path
from typing import Any

import pytest

from outreach_mcp.guard.confirmation import ConfirmationLevel
from outreach_mcp.guard.journal import Journal
from outreach_mcp.guard.policy import Policy
from outreach_mcp.observability.events import listen
from outreach_mcp.protocol.server import Guard
from outreach_mcp.settings.rules import is_strict
from outreach_mcp.settings.settings import Settings
from tests.guard.test_confirmation import RECORDS, agreeing
from tests.settings.test_rules import ACCOUNT, FOR_MANY, HTTP, KEY, KEYS, PUBLIC, SERVICE, THEMSELVES
from tests.support.journals import begun, ended
from tests.support.processes import run
from tests.support.workbench import NOW, Era, workbench

PERSON = "confirmed by a person"
CLIENT = "approved by the client alone"
HARMLESS = "not asked: it can be taken back"
OFF = "not asked: OUTREACH_MCP_CONFIRM is never"
DELETE: tuple[str, dict[str, Any]] = ("delete_prospect", {"prospect_id": 7})
UPDATE: tuple[str, dict[str, Any]] = ("update_prospect", {"prospect_id": 7, "attributes": {"title": "CEO"}})


@pytest.mark.parametrize("era", ["legacy", "auto"])
@pytest.mark.parametrize(
    ("level", "can_ask", "call", "consent"),
    [
        ("destructive", True, DELETE, PERSON),
        ("writes", True, UPDATE, PERSON),
        ("destructive", False, DELETE, CLIENT),
        ("writes", False, UPDATE, CLIENT),
        ("destructive", True, UPDATE, HARMLESS),
        ("destructive", False, UPDATE, HARMLESS),
        ("never", True, DELETE, OFF),
        ("never", False, UPDATE, OFF),
    ],
)
async def test_journal_and_log_tell_who_agreed_to_a_change(
    level: ConfirmationLevel, can_ask: bool, call: tuple[str, dict[str, Any]], consent: str, era: Era, tmp_path: Path
) -> None:
    path, told = tmp_path / "changes.jsonl", list[dict[str, Any]]()
    stop = listen(lambda facts: told.append(dict(facts)))
    try:
        guard = Guard(Policy.of(), level, journal=Journal(path, lambda: NOW))
        async with workbench(RECORDS, guard=guard, person=agreeing() if can_ask else None, era=era) as bench:
            await bench.call(call[0], **call[1])
    finally:
        stop()
    assert [line["consent"] for line in (*begun(path), *ended(path))] == [consent, consent]
    (event,) = [each for each in told if each["event"] == "change"]
    operation = call[0].partition("_")[0]
    assert event == {
        "event": "change",
        "tool": call[0],
        "type": "prospect",
        "operation": operation,
        "id": 7,
        "consent": consent,
    }


async def test_the_log_tells_nothing_that_a_request_holds(caplog: pytest.LogCaptureFixture) -> None:
    """Of a path that is not known only the method's kind is told: it may hold anything."""
    with caplog.at_level(logging.INFO, "outreach_mcp.guard.gate"):
        async with workbench(RECORDS, guard=Guard(Policy.of(), "never")) as bench:
            body = {"data": {"secret": "hunter2"}}
            await bench.outcome("raw_http_request", {"method": "POST", "path": "/hunter2/hunter2", "body": body})
    (record,) = [each for each in caplog.records if each.name == "outreach_mcp.guard.gate"]
    assert "hunter2" not in str(record.__dict__)


def test_a_command_in_a_shell_is_told_as_one(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    arguments = '{"attributes": {"name": "Initech"}}'
    ended_run = run("call", "--sandbox", "create_account", arguments, environ={"OUTREACH_MCP_JOURNAL": str(path)})
    assert ended_run.returncode == 0, ended_run.stderr
    assert [line["consent"] for line in begun(path)] == ["not asked: called from a shell"]


@pytest.mark.parametrize(
    ("environ", "strict"),
    [
        *((each, True) for each in FOR_MANY),
        (THEMSELVES, True),
        (HTTP | PUBLIC | KEYS | SERVICE | ACCOUNT, True),
        ({}, False),
        (HTTP, False),
        (HTTP | KEY, False),
        (ACCOUNT, False),
    ],
)
def test_where_many_call_strict_is_the_default(environ: dict[str, str], strict: bool) -> None:
    given = environ if environ.keys() & {"OUTREACH_CLIENT_ID", *ACCOUNT} else {"OUTREACH_MCP_SANDBOX": "1", **environ}
    assert is_strict(Settings.from_environment(given)) == strict
    for value, chosen in (("1", True), ("0", False)):
        settings = Settings.from_environment({**given, "OUTREACH_MCP_CONFIRM_STRICT": value})
        assert is_strict(settings) == chosen
