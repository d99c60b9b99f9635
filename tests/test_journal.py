"""The journal: every change a line, on the disk before its answer, and no change without it."""

import json
import resource
import stat
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from outreach_mcp.api.errors import NetworkError, OutcomeUnknownError, RefusedRequestError, UnreadableAnswerError
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.app import Guard
from outreach_mcp.callers import Caller
from outreach_mcp.journal import Actor, Journal, JournalError
from outreach_mcp.policy import Policy
from outreach_tools.client import Response
from tests.workbench import NOW, workbench


def guard(path: Path, **more: Any) -> Guard:
    return Guard(Policy.of(**more), "never", journal=Journal(path, lambda: NOW))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def maya() -> int:
    return 17


UPDATE = Outgoing("PATCH", "/prospects/456", (), {"data": {"type": "prospect", "id": 456}})


async def test_a_change_is_one_line_with_who_when_what_and_its_outcome(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    async with workbench(guard=guard(path)) as bench:
        await bench.call("update_prospect", prospect_id=456, attributes={"title": "VP Sales"})
    assert lines(path) == [
        {
            "at": "2026-11-18T15:30:00.000+00:00",
            "caller": None,
            "user": 17,
            "tool": "update_prospect",
            "method": "PATCH",
            "target": "/prospects/456",
            "body": {"data": {"type": "prospect", "id": 456, "attributes": {"title": "VP Sales"}}},
            "outcome": "done",
            "status": 200,
            "id": 456,
        }
    ]


async def test_a_refused_change_is_a_line_with_what_outreach_said(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    async with workbench(guard=guard(path)) as bench:
        said = await bench.refused("update_prospect", prospect_id=999_999, attributes={"title": "VP"})
    (line,) = lines(path)
    assert (line["outcome"], line["error"]) == ("failed", said)


async def test_an_action_is_recorded_with_its_parameters(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    async with workbench(guard=guard(path)) as bench:
        tasks = await bench.call("list_tasks", filters=[{"field": "state", "criteria": "incomplete"}], page_size=1)
        await bench.call("set_task_action", task_id=tasks["rows"][0][0], action="markComplete", completionNote="Done.")
    (line,) = lines(path)
    assert (line["tool"], line["target"], line["query"]) == (
        "set_task_action",
        f"/tasks/{tasks['rows'][0][0]}/actions/markComplete",
        [["actionParams[completionNote]", "Done."]],
    )


async def test_reading_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    async with workbench(guard=guard(path)) as bench:
        await bench.call("list_prospects")
        await bench.call("get_prospect", prospect_id=456)
    assert not path.exists()


async def test_what_the_policy_refuses_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    async with workbench(guard=guard(path, read_only=True)) as bench:
        await bench.refused("raw_http_request", method="DELETE", path="/prospects/456")
    assert not path.exists()


async def test_the_file_is_for_this_user_only(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    path.touch(mode=0o644)
    path.chmod(0o644)
    await Journal(path).begin(Actor("update_prospect"), UPDATE, maya)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_without_a_writable_journal_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / "changes.jsonl").mkdir()
    async with workbench(guard=guard(tmp_path / "changes.jsonl")) as bench:
        said = await bench.refused("update_prospect", prospect_id=456, attributes={"title": "VP"})
        assert bench.changes() == []
    assert said == (
        f"PATCH /prospects/456 was not sent: the journal {str(tmp_path / 'changes.jsonl')!r} cannot be written "
        "(Is a directory), and this server changes nothing without it. Nothing was changed."
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the file's size is limited as Linux does it")
async def test_a_journal_that_fails_after_the_change_says_that_it_was_done(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    path.write_bytes(b"x" * 4096)
    entry = await Journal(path).begin(Actor("update_prospect"), UPDATE, maya)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(JournalError) as caught:
            await entry.done(Response(200, {"data": {"id": 456}}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(caught.value) == (
        f"PATCH /prospects/456 was sent, but the journal {str(path)!r} could not be written afterwards (File too "
        "large). It was done (HTTP 200). Do not send it again."
    )


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (RefusedRequestError("no"), "not sent"),
        (NetworkError("no answer"), "failed"),
        (UnreadableAnswerError("no JSON"), "done"),
        (OutcomeUnknownError("lost"), "unknown"),
        (ZeroDivisionError("a fault"), "unknown"),
    ],
)
async def test_an_error_is_written_down_as_what_it_tells_of_the_change(
    tmp_path: Path, error: Exception, outcome: str
) -> None:
    path = tmp_path / "changes.jsonl"
    entry = await Journal(path).begin(Actor("update_prospect"), UPDATE, maya)
    await entry.failed(error)
    assert lines(path)[0]["outcome"] == outcome


async def test_a_caller_who_leaves_does_not_take_the_line_along(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    entry = await Journal(path).begin(Actor("update_prospect"), UPDATE, maya)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await entry.failed(RuntimeError("cancelled"))
    assert [line["outcome"] for line in lines(path)] == ["unknown"]


async def test_lines_of_several_writers_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    body = {"data": {"type": "prospect", "attributes": {"title": "x" * 10_000}}}
    async with anyio.create_task_group() as tasks:
        for number in range(20):
            actor = Actor("t", Caller(f"https://login.example {number}", f"caller {number}", frozenset()))
            entry = await Journal(path).begin(actor, Outgoing("POST", "/a", (), body), maya)
            tasks.start_soon(entry.done, Response(201, None))
    assert sorted(line["caller"] for line in lines(path)) == sorted(f"caller {number}" for number in range(20))


async def test_a_line_after_one_that_was_cut_off_stands_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    path.write_text('{"at":"2026-11-1')
    entry = await Journal(path).begin(Actor("update_prospect"), UPDATE, maya)
    await entry.done(Response(204, None))
    assert json.loads(path.read_text().splitlines()[1])["outcome"] == "done"
