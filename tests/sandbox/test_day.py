"""A sandbox with a day: everything in it goes by that day, and the same calls get the same answers every time."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from outreach_sandbox.organisation import demo_organisation
from outreach_sandbox.store import Store
from tests.support.processes import ROOT, SECONDS, environment, line_of, run, started

LEAP_DAY = "2024-02-29"
PLACES = (
    {"PYTHONHASHSEED": "0", "TZ": "America/Los_Angeles", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LANG": "de_DE.UTF-8"},
)
"""The parts that differ from one machine or run to the next."""

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_tasks", {"filters": [{"field": "dueAt", "criteria": "today"}], "sort": "dueAt", "count": True}),
    ("list_mailings", {"filters": [{"field": "repliedAt", "criteria": "-7d"}], "page_size": 3}),
    (
        "create_task",
        {
            "attributes": {"action": "action_item"},
            "relationships": {"owner": "me", "subject": {"type": "prospect", "id": 456}},
        },
    ),
)


def filled(path: Path, number: int, scale: int, day: str) -> str:
    """Fill a new file with an organisation and return a digest of its bytes."""
    store = Store(str(path))
    try:
        store.load(demo_organisation(number, scale, today=date.fromisoformat(day)))
    finally:
        store.close()
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module", params=["2026-03-02", LEAP_DAY])
def url(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    with started("sandbox", "--port", "0", "--today", request.param) as process:
        yield request.param, line_of(process)


def asked(url: str, method: str, path: str, body: object = None) -> httpx.Response:
    headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/vnd.api+json"}
    return httpx.request(method, f"{url}{path}", headers=headers, json=body).raise_for_status()


def test_the_same_number_scale_and_day_give_the_same_bytes_wherever_they_are_made(tmp_path: Path) -> None:
    program = "import sys; from tests.sandbox.test_day import *; print(filled(Path(sys.argv[1]), 2, 2, LEAP_DAY))"
    made = [
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / str(number))],
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
            env=environment(**place),
            cwd=ROOT,
        ).stdout.strip()
        for number, place in enumerate(PLACES)
    ]
    assert made == [filled(tmp_path / "here", 2, 2, LEAP_DAY)] * 2


def test_another_day_is_another_world(tmp_path: Path) -> None:
    assert filled(tmp_path / "before", 1, 1, "2024-02-28") != filled(tmp_path / "then", 1, 1, LEAP_DAY)


@pytest.mark.parametrize(("tool", "arguments"), CALLS, ids=[tool for tool, _ in CALLS])
def test_the_same_call_on_the_same_day_is_answered_alike_wherever_it_is_made(
    tool: str, arguments: dict[str, Any]
) -> None:
    command = ("call", "--sandbox", "--today", LEAP_DAY, tool, json.dumps(arguments))
    first, second = (run(*command, environ=place) for place in PLACES)
    assert (first.returncode, first.stderr, first.stdout) == (0, "", second.stdout)
    assert "2024-0" in first.stdout


def test_a_call_may_take_the_day_from_the_environment() -> None:
    flags = run("call", "--sandbox", "--today", LEAP_DAY, "get_connection")
    variables = {"OUTREACH_MCP_SANDBOX": "1", "OUTREACH_MCP_SANDBOX_TODAY": LEAP_DAY}
    assert run("call", "get_connection", environ=variables).stdout == flags.stdout


def test_the_journal_goes_by_the_day_as_well(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    change = json.dumps({"prospect_id": 456, "attributes": {"title": "VP Sales"}})
    run("call", "--sandbox", "--today", LEAP_DAY, "--journal", str(journal), "update_prospect", change)
    begun, ended = map(json.loads, journal.read_text(encoding="utf-8").splitlines())
    assert all(line["at"].startswith(f"{LEAP_DAY}T00:00:0") for line in (begun, ended))


def test_a_sandbox_on_a_port_stands_on_the_day(url: tuple[str, str]) -> None:
    day, where = url
    made = asked(where, "POST", "/accounts", {"data": {"type": "account", "attributes": {"name": "New"}}})
    assert made.json()["data"]["attributes"]["createdAt"].startswith(f"{day}T00:")
    assert [parsedate_to_datetime(each).date().isoformat() for each in made.headers.get_list("date")] == [day]
    before = asked(where, "GET", f"/mailings?filter[createdAt]={day}..inf&page[limit]=1").json()["data"]
    assert before == []


@pytest.mark.parametrize(("later", "refused"), [(LEAP_DAY, False), ("2024-03-01", False), ("2024-02-28", True)])
def test_a_file_goes_on_after_all_that_has_happened_in_it(tmp_path: Path, later: str, refused: bool) -> None:
    database = str(tmp_path / "outreach.db")
    with started("sandbox", "--port", "0", "--today", LEAP_DAY, "--db", database) as process:
        made = asked(line_of(process), "POST", "/accounts", {"data": {"type": "account", "attributes": {"name": "A"}}})
        first = made.json()["data"]["attributes"]["createdAt"]
        process.terminate()
        process.wait(SECONDS)
    if refused:
        ended = run("sandbox", "--port", "0", "--today", later, "--db", database)
        assert (ended.returncode, ended.stdout, ended.stderr) == (
            2,
            "",
            f"outreach-mcp: {database} holds changes of {LEAP_DAY}, and --today {later} is before that: choose --today "
            f"{LEAP_DAY} or a later day, or another file\n",
        )
        return
    with started("sandbox", "--port", "0", "--today", later, "--db", database) as process:
        made = asked(line_of(process), "POST", "/accounts", {"data": {"type": "account", "attributes": {"name": "B"}}})
    second = made.json()["data"]["attributes"]["createdAt"]
    assert (first < second, second[:10]) == (True, later)


def test_a_file_of_a_later_day_is_refused_to_whoever_names_no_day(tmp_path: Path) -> None:
    database = str(tmp_path / "outreach.db")
    with started("sandbox", "--port", "0", "--today", "2098-03-01", "--db", database) as process:
        asked(line_of(process), "POST", "/accounts", {"data": {"type": "account", "attributes": {"name": "A"}}})
        process.terminate()
        process.wait(SECONDS)
    with started("sandbox", "--port", "0", "--db", database, pin=False) as process:
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (2, "")
    assert f"{database} holds changes of 2098-03-01, and today, " in err
    assert "choose --today 2098-03-01 or a later day" in err
