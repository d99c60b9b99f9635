"""The journal: every change on the disk before it is sent, what came of it before its answer, no change without it."""

import json
import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.tree import NetworkError, OutcomeUnknownError, RefusedRequestError, UnreadableAnswerError
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.caller import Caller, acting_for
from outreach_mcp.clock import Clock
from outreach_mcp.commands.doctor.journal import check_journal
from outreach_mcp.guard.durable_lines import encoded, without_end
from outreach_mcp.guard.journal import Journal, JournalError, JournalPlaceError
from outreach_mcp.guard.policy import Policy
from outreach_mcp.http.shutdown import Ending
from outreach_mcp.protocol.about import about
from outreach_mcp.protocol.server import Guard
from outreach_mcp.settings.settings import Settings
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.faults import Fault, Faults
from outreach_sandbox.transport import on_a_port
from outreach_tools.client import Response
from tests.sandbox.service import ORGANISATION
from tests.stdio.pipes import Held
from tests.support.journals import begun, ended, lines, outcomes
from tests.support.processes import COMMAND, SECONDS, environment, run
from tests.support.serving import running
from tests.support.stores import sandbox_store
from tests.support.workbench import API, NOW, workbench


def guard(path: Path, **more: Any) -> Guard:
    return Guard(Policy.of(**more), "never", journal=Journal(path, lambda: NOW, entry_name=lambda: "0f"))


async def maya() -> int:
    return 17


@contextmanager
def files_of_at_most(size: int) -> Generator[None]:
    """Let no file of this process grow beyond a size, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


UPDATE = Outgoing("PATCH", "/prospects/456", (), {"data": {"type": "prospect", "id": 456}})


async def test_a_change_is_two_lines_with_who_when_what_and_its_outcome(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    async with workbench(guard=guard(path)) as bench:
        await bench.call("update_prospect", prospect_id=456, attributes={"title": "VP Sales"})
    both = {
        "entry": "0f",
        "at": "2026-11-18T15:30:00.000+00:00",
        "caller": None,
        "user": 17,
        "tool": "update_prospect",
        "method": "PATCH",
        "target": "/prospects/456",
        "consent": "not asked: OUTREACH_MCP_CONFIRM is never",
    }
    body = {"data": {"type": "prospect", "id": 456, "attributes": {"title": "VP Sales"}}}
    assert lines(path) == [
        {**both, "event": "begun", "body": body},
        {**both, "event": "ended", "outcome": "done", "status": 200, "id": 456},
    ]


async def test_a_refused_change_is_a_line_with_what_outreach_said(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    async with workbench(guard=guard(path)) as bench:
        said = await bench.refused("update_prospect", prospect_id=999_999, attributes={"title": "VP"})
    (line,) = ended(path)
    assert (line["outcome"], line["error"]) == ("failed", said)


async def test_an_action_is_recorded_with_its_parameters(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    async with workbench(guard=guard(path)) as bench:
        tasks = await bench.call("list_tasks", filters=[{"field": "state", "criteria": "incomplete"}], page_size=1)
        await bench.call("set_task_action", task_id=tasks["rows"][0][0], action="markComplete", completionNote="Done.")
    (line,) = begun(path)
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
    await Journal(path).begin("update_prospect", UPDATE, maya)
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
    entry = await Journal(path).begin("update_prospect", UPDATE, maya)
    with files_of_at_most(path.stat().st_size), pytest.raises(JournalError) as caught:
        await entry.done(Response(200, {"data": {"id": 456}}))
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
    entry = await Journal(path).begin("update_prospect", UPDATE, maya)
    await entry.failed(error)
    assert outcomes(path) == [outcome]


async def test_a_caller_who_leaves_does_not_take_the_line_along(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    entry = await Journal(path).begin("update_prospect", UPDATE, maya)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await entry.failed(RuntimeError("cancelled"))
    assert outcomes(path) == ["unknown"]


async def test_lines_of_several_writers_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    body = {"data": {"type": "prospect", "attributes": {"title": "x" * 10_000}}}
    async with anyio.create_task_group() as tasks:
        for number in range(20):
            with acting_for(Caller(f"https://login.example {number}", f"caller {number}", frozenset())):
                entry = await Journal(path).begin("t", Outgoing("POST", "/a", (), body), maya)
            tasks.start_soon(entry.done, Response(201, None))
    assert sorted(line["caller"] for line in ended(path)) == sorted(f"caller {number}" for number in range(20))


async def test_a_line_after_one_that_was_cut_off_stands_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    path.write_text('{"at":"2026-11-1')
    entry = await Journal(path).begin("update_prospect", UPDATE, maya)
    await entry.done(Response(204, None))
    torn, *whole = path.read_text().splitlines()
    assert (torn, [json.loads(line)["event"] for line in whole]) == ('{"at":"2026-11-1', ["begun", "ended"])


async def test_a_change_is_on_the_disk_before_it_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    found: list[list[str]] = []

    async def looking(_: float) -> None:
        found.append([line["event"] for line in lines(path)])

    store = sandbox_store(ORGANISATION)
    faults = Faults()
    faults.add(Fault(effect="hang", method="PATCH"))
    app = build_sandbox(store, faults=faults, sleep=looking)
    async with running(on_a_port(app), Ending()) as outreach:
        arguments = ["update_prospect", '{"prospect_id": 1, "attributes": {"title": "VP"}}']
        given = {"OUTREACH_ACCESS_TOKEN": "sandbox", "OUTREACH_MCP_JOURNAL": str(path)}
        call = partial(run, "call", "--api-url", f"{outreach.url}/api/v2", *arguments, environ=given)
        done = await anyio.to_thread.run_sync(call)
    store.close()
    assert done.stderr == ""
    assert (done.returncode, found, outcomes(path)) == (0, [["begun"]], ["done"])


async def test_a_change_whose_process_was_killed_is_told_once_as_unknown(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    held, faults, store = Held(), Faults(), sandbox_store(ORGANISATION)
    faults.add(Fault(effect="hang", method="PATCH"))
    app = build_sandbox(store, faults=faults, sleep=held.hold)
    async with running(on_a_port(app), Ending()) as outreach:
        environ = {
            "OUTREACH_ACCESS_TOKEN": "sandbox",
            "OUTREACH_API_URL": f"{outreach.url}/api/v2",
            "OUTREACH_MCP_JOURNAL": str(path),
        }
        arguments = ["update_prospect", '{"prospect_id": 1, "attributes": {"title": "VP"}}']
        with anyio.fail_after(SECONDS):
            async with await anyio.open_process([*COMMAND, "call", *arguments], env=environment(**environ)) as process:
                await held.came.wait()
                # Another process that starts meanwhile does not take it for one that has ended.
                living = await anyio.to_thread.run_sync(partial(run, "call", "get_connection", "{}", environ=environ))
                process.kill()
                await process.wait()
        held.released.set()
        starts = [
            await anyio.to_thread.run_sync(partial(run, "call", "get_connection", "{}", environ=environ))
            for _ in range(2)
        ]
    store.close()
    assert (living.stderr, starts[1].stderr) == ("", "")
    assert "PATCH /prospects/1 by update_prospect" in starts[0].stderr
    assert "may or may not have happened" in starts[0].stderr
    assert [(line["event"], line.get("outcome")) for line in lines(path)] == [("begun", None), ("ended", "unknown")]
    assert len({line["entry"] for line in lines(path)}) == 1


def left_by_a_killed_process(path: Path, **facts: Any) -> None:
    """Leave a line without an end."""
    line = {"entry": "0f", "event": "begun", "at": NOW.isoformat(), "caller": None, "tool": "update_prospect"}
    path.write_bytes(encoded({**line, "method": "PATCH", "target": "/prospects/456", **facts}))


async def test_a_server_tells_of_what_may_have_happened_to_whom_it_was(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    left_by_a_killed_process(path, caller="Ann", subject="https://login.example ann")
    settings = Settings(sandbox=True)
    unknown = Journal(path, lambda: NOW).start()
    told: dict[str, Any] = {}
    store = sandbox_store(ORGANISATION)
    transport = httpx.ASGITransport(build_sandbox(store))
    client = OutreachClient(API, BearerToken(SecretStr("sandbox")), transport=transport, clock=Clock(now=lambda: NOW))
    for name in ("ann", "ben"):
        with acting_for(Caller(f"https://login.example {name}", "Ann", frozenset())):
            told[name] = await about(client, settings, Policy.of(), unknown=unknown)
    await client.aclose()
    store.close()
    assert {name: answer.get("may_or_may_not_have_happened") for name, answer in told.items()} == {
        "ann": ["PATCH /prospects/456 at 2026-11-18T15:30:00+00:00"],
        "ben": None,
    }


def test_the_doctor_tells_of_a_change_without_an_end_and_leaves_it_for_the_start(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    left_by_a_killed_process(path)
    before = path.read_bytes()
    finding = check_journal(path, NOW)
    assert (finding.status, finding.facts["unknown"], path.read_bytes()) == (
        "warning",
        ["PATCH /prospects/456 by update_prospect, begun at 2026-11-18T15:30:00+00:00"],
        before,
    )
    Journal(path, lambda: NOW).start()
    assert check_journal(path, NOW).status == "ok"


async def test_beside_a_living_process_what_was_begun_long_before_has_ended_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    left_by_a_killed_process(path)
    living = await Journal(path, lambda: NOW, entry_name=lambda: "a1").begin("t", UPDATE, maya)
    soon, later = NOW + timedelta(minutes=59), NOW + timedelta(minutes=61)
    assert [len(Journal(path, partial(datetime.astimezone, moment)).start()) for moment in (soon, later)] == [0, 2]
    await living.failed(RefusedRequestError("no"))


def test_lines_of_older_versions_tell_of_no_unfinished_change(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    path.write_text('{"at":"2026-11-18T15:30:00.000+00:00","caller":null,"user":17,"tool":"t","outcome":"done"}\n')
    assert Journal(path).start() == ()


def test_a_start_that_finds_nothing_touches_nothing(tmp_path: Path) -> None:
    assert (Journal(tmp_path / "changes.jsonl").start(), os.listdir(tmp_path)) == ((), [])


@given(
    st.lists(st.tuples(st.sampled_from(["begun", "ended"]), st.integers(0, 5), st.booleans(), st.text()), max_size=30)
)
def test_what_has_no_whole_end_is_found_whatever_is_in_between(
    written: list[tuple[str, int, bool, str]],
) -> None:
    text, expected = list[bytes](), dict[str, bool]()
    for event, number, is_whole, content in written:
        whole = encoded({"entry": f"{number:x}", "event": event, "body": {"text": content, "entry": "0"}})
        text.append(whole if is_whole else whole[: len(whole) // 2] + b"\n")
        if event == "begun" and is_whole:
            expected[f"{number:x}"] = True
        elif event == "begun":
            pass
        elif is_whole:
            expected.pop(f"{number:x}", None)
    assert {line["entry"] for line in without_end(iter(text))} == expected.keys()


async def test_once_a_line_could_not_be_written_nothing_is_changed_until_one_can_and_none_is_lost(
    tmp_path: Path,
) -> None:
    path = tmp_path / "changes.jsonl"
    journal = Journal(path)
    first = await journal.begin("update_prospect", UPDATE, maya)
    with files_of_at_most(path.stat().st_size):
        with pytest.raises(JournalError, match="was sent, but the journal"):
            await first.done(Response(200, None))
        for _ in range(3):
            with pytest.raises(JournalError, match="was not sent"):
                await journal.begin("update_prospect", UPDATE, maya)
        assert len(lines(path)) == 1
    second = await journal.begin("update_prospect", UPDATE, maya)
    await second.done(Response(204, None))
    assert [(line["event"], line.get("status")) for line in lines(path)] == [
        ("begun", None),
        ("ended", 200),
        ("begun", None),
        ("ended", 204),
    ]


@contextmanager
def small_disk(folder: Path, size: int) -> Generator[None]:
    """Mount a file system of a size in bytes, where this user may."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="a small disk is made as Linux does it")
async def test_on_a_full_disk_nothing_is_sent_that_is_not_in_the_journal(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_disk(folder, 16 * 1024):
        path = folder / "changes.jsonl"
        async with workbench(guard=guard(path)) as bench:
            told = [
                await bench.outcome("update_prospect", {"prospect_id": 456, "attributes": {"title": "x" * 250}})
                for _ in range(30)
            ]
            sent = len(bench.changes())
            shutil.move(path, tmp_path / "moved away")
            await bench.call("update_prospect", prospect_id=456, attributes={"title": "VP"})
        assert outcomes(path)[-1] == "done"
    on_record = begun(tmp_path / "moved away")
    assert 0 < sent < 30
    assert len(on_record) == sent
    # Of the last one that was sent, what came of it may have found no room.
    assert ["was not sent" in text for _, text in told] == [False] * sent + [True] * (30 - sent)


def spoil(path: Path, how: str) -> None:
    """Make a path one that no journal is kept at."""
    lock, elsewhere = path.with_name(f"{path.name}.lock"), path.with_name("elsewhere")
    another = 4711
    match how:
        case "a link to nothing":
            path.symlink_to(elsewhere)
        case "a link to a file":
            elsewhere.touch()
            path.symlink_to(elsewhere)
        case "a FIFO":
            os.mkfifo(path)
        case "a folder":
            path.mkdir()
        case "a folder that others can write to":
            path.parent.chmod(0o777)
        case "a folder that all can put files into":
            path.parent.chmod(0o1777)
        case "no folder":
            path.parent.rmdir()
        case "a lock that is a link":
            lock.symlink_to(elsewhere)
        case "a lock that is a FIFO":
            os.mkfifo(lock)
        case "another's file":
            path.touch()
            os.chown(path, another, -1)
        case "another's folder":
            os.chown(path.parent, another, -1)
        case "another's lock":
            lock.touch()
            os.chown(lock, another, -1)
        case _:
            raise ValueError(how)


PLACES = (
    "a link to nothing",
    "a link to a file",
    "a FIFO",
    "a folder",
    "a folder that others can write to",
    "a folder that all can put files into",
    "no folder",
    "a lock that is a link",
    "a lock that is a FIFO",
    "another's file",
    "another's folder",
    "another's lock",
)


@pytest.fixture(params=PLACES)
def bad_place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir(mode=0o700)
    if "another's" in request.param and os.geteuid():
        pytest.skip("only root can give a file away")
    spoil(folder / "changes.jsonl", request.param)
    return folder / "changes.jsonl"


def test_a_journal_in_no_place_for_it_is_refused_when_it_starts(bad_place: Path) -> None:
    with pytest.raises(JournalPlaceError, match=r"cannot be used: .* name a file in a folder of this user") as caught:
        Journal(bad_place).start()
    assert "\n" not in str(caught.value)
    assert check_journal(bad_place, NOW).cause == "journal"


@pytest.mark.parametrize("command", [["serve"], ["call", "get_connection", "{}"]])
def test_a_journal_in_no_place_for_it_stops_the_start_with_one_line(tmp_path: Path, command: list[str]) -> None:
    os.mkfifo(tmp_path / "changes.jsonl")
    stopped = run(*command[:1], "--sandbox", "--journal", str(tmp_path / "changes.jsonl"), *command[1:])
    assert (stopped.returncode, stopped.stdout, stopped.stderr.count("\n")) == (2, "", 1)
    assert stopped.stderr.startswith("outreach-mcp: OUTREACH_MCP_JOURNAL=")


async def test_a_journal_in_no_place_for_it_is_never_written_and_nothing_is_changed(bad_place: Path) -> None:
    before = sorted(bad_place.parent.parent.rglob("*"))
    async with workbench(guard=guard(bad_place)) as bench:
        said = await bench.refused("update_prospect", prospect_id=456, attributes={"title": "VP"})
        assert bench.changes() == []
    assert "was not sent: the journal" in said
    assert [each for each in sorted(bad_place.parent.parent.rglob("*")) if each not in before] in (
        [],
        [bad_place.with_name("changes.jsonl.lock")],
    )


def test_a_journal_behind_a_linked_folder_is_refused_and_the_real_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "real" / "sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for path in (tmp_path / "link" / "changes.jsonl", tmp_path / "link" / "sub" / "changes.jsonl"):
        with pytest.raises(JournalPlaceError) as caught:
            Journal(path).start()
        assert f"is a link: name {os.path.realpath(path)!r}" in str(caught.value)


async def test_a_line_that_would_be_too_long_is_cut_to_what_tells_it_apart(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    body = {"data": {"type": "prospect", "attributes": {"title": "x" * 2_000_000}}}
    entry = await Journal(path).begin("t", Outgoing("POST", "/" + "a" * 50_000, (), body), maya)
    await entry.done(Response(201, None))
    (line,) = begun(path)
    assert ("body" in line, len(line["target"]), line["left_out"].keys()) == (False, 10_000, {"bytes", "sha256"})


WRITER = """
import sys, anyio
from pathlib import Path
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.guard.journal import Journal
from outreach_tools.client import Response

async def maya():
    return 17

async def main(path, name):
    journal = Journal(path)
    async def change(number):
        body = {"data": {"attributes": {"title": "x" * 5000}}}
        entry = await journal.begin(f"{name} {number}", Outgoing("POST", "/a", (), body), maya)
        await entry.done(Response(201, None))
    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(change, number)

anyio.run(main, Path(sys.argv[1]), sys.argv[2])
"""


def test_processes_that_write_at_once_lose_and_mix_nothing(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(number)]) for number in range(4)]
    assert [writer.wait(SECONDS) for writer in writers] == [0] * 4
    expected = sorted(f"{name} {number}" for name in range(4) for number in range(10))
    assert sorted(line["tool"] for line in begun(path)) == expected
    assert sorted(line["tool"] for line in ended(path)) == expected
    assert Journal(path, lambda: datetime(2030, 1, 1, tzinfo=UTC)).start() == ()


async def test_what_else_is_to_be_kept_of_a_change_stands_in_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "changes.jsonl"
    entry = await Journal(path).begin("t", UPDATE, maya, consent="person")
    await entry.done(Response(204, None))
    assert [line["consent"] for line in lines(path)] == ["person", "person"]
