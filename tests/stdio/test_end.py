"""However a client leaves, what it is told of a change is what became of it."""

import logging
import os
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from outreach_mcp.api.client import CONCURRENCY
from outreach_mcp.guard.journal import Journal
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.faults import Fault
from outreach_sandbox.store import Store
from outreach_tools.toolsets import OPT_IN, all_tools, toolsets
from tests.sandbox.service import ORGANISATION
from tests.stdio.messages import ERAS, Era, calling, opening, request
from tests.stdio.pipes import Piped, piped
from tests.stdio.writes import WRITES, First
from tests.support.journals import outcomes
from tests.support.stores import sandbox_store
from tests.support.workbench import organisation


@pytest.fixture(scope="module", params=ERAS)
async def world(request: pytest.FixtureRequest, anyio_backend: str) -> AsyncGenerator[tuple[Era, Store]]:
    """A protocol era, and the demo organisation, in which the tests of this module leave what they change."""
    store = sandbox_store(organisation())
    yield request.param, store
    store.close()


def contents(store: Store) -> dict[str, list[Any]]:
    """Every row that the sandbox keeps."""
    names = [name for (name,) in store.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: store.rows(f'SELECT * FROM "{name}" ORDER BY 1, 2') for name in names}


def first_in(store: Store) -> First:
    """Give the first record of a type; of people one who is in no sequence, of sequences one that is on."""

    def first(type_name: str) -> int:
        only = {
            "prospect": 'WHERE id NOT IN (SELECT "prospect.id" FROM sequenceState)',
            "sequence": "WHERE enabled",
            "sequenceState": "WHERE state = 'active'",
        }.get(type_name, "")
        ((number,),) = store.rows(f'SELECT MIN(id) FROM "{type_name}" {only}')
        return int(number)

    return first


def outcome(answer: dict[str, Any]) -> tuple[bool, str]:
    """Whether a call failed, and what it says."""
    result = answer["result"]
    return bool(result.get("isError")), result["content"][0]["text"]


async def begin(it: Piped, era: Era, tool: str, arguments: dict[str, Any]) -> None:
    """Call a tool, until its change has reached the sandbox."""
    it.hold_changes()
    it.say(*opening(era), calling(era, 1, tool, **arguments))
    await it.held.came.wait()


def test_every_tool_that_changes_something_is_in_the_table() -> None:
    # Those that only a choice offers, and the general ones, are made by the same engine as these.
    others = {*OPT_IN, "build_sequence", *toolsets()["operations"]}
    assert WRITES.keys() == {tool.name for tool in all_tools() if not tool.read_only and not tool.borrows} - others


@pytest.mark.parametrize("tool", WRITES)
async def test_a_change_under_way_when_stdin_ends_is_made_and_answered(world: tuple[Era, Store], tool: str) -> None:
    era, store = world
    before = contents(store)
    async with piped(store) as it:
        await begin(it, era, tool, WRITES[tool](first_in(store)))
        assert contents(store) == before
        it.hang_up()
        await anyio.wait_all_tasks_blocked()
        it.held.released.set()
        failed, text = outcome(await it.answer(1))
        assert await it.hear() is None
        await it.ended.wait()
    assert (failed, contents(store) == before) == (False, False), text


@pytest.fixture
def store() -> Generator[Store]:
    """A small organisation."""
    store = sandbox_store(ORGANISATION)
    yield store
    store.close()


def recorded(path: Path) -> Guard:
    """Let everything through, and keep a journal."""
    return Guard(Policy.of(), "never", journal=Journal(path))


def titles(store: Store) -> list[Any]:
    return [title for (title,) in store.rows("SELECT title FROM prospect WHERE id = 1")]


UPDATE = {"prospect_id": 1, "attributes": {"title": "VP"}}
CREATE = {"attributes": {"name": "Made in a test"}}


@pytest.mark.parametrize("era", ERAS)
async def test_everything_that_was_asked_before_stdin_ends_is_answered(store: Store, era: Era) -> None:
    async with piped(store) as it:
        asked = [calling(era, number, "update_prospect", **UPDATE) for number in range(5)]
        reads = [calling(era, f"read {number}", "list_prospects") for number in range(5)]
        it.say(*opening(era), *asked, *reads, request(era, "list", "tools/list"))
        it.hang_up()
        answers: dict[Any, dict[str, Any]] = {}
        while (message := await it.hear()) is not None:
            answers[message["id"]] = message
        await it.ended.wait()
    assert {*answers} == {"hello", *range(5), *(f"read {number}" for number in range(5)), "list"}
    assert not [each for each in answers.values() if "error" in each]
    assert titles(store) == ["VP"]


@pytest.mark.parametrize("era", ERAS)
async def test_a_change_that_is_cancelled_under_way_is_made_and_on_record(
    store: Store, era: Era, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal"
    async with piped(store, guard=recorded(path)) as it:
        with caplog.at_level(logging.WARNING, logger="outreach_mcp"):
            await begin(it, era, "create_account", CREATE)
            it.say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
            it.say(request(era, 2, "tools/list"))
            await it.answer(2)
            it.held.released.set()
            it.faults.clear()
            it.say(calling(era, 3, "create_account", **CREATE))
            failed, text = outcome(await it.answer(3))
    assert (failed, "Nothing new was created" in text, outcomes(path)) == (False, True, ["done", "done"])
    assert store.rows("SELECT COUNT(*) FROM account WHERE name = 'Made in a test'") == [(1,)]
    assert caplog.messages == ["POST /accounts was cancelled after it was sent, and finished all the same: done (201)"]


@pytest.mark.parametrize("era", ERAS)
async def test_a_change_that_is_cancelled_before_its_turn_is_not_made(
    store: Store, era: Era, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal"
    async with piped(store, guard=recorded(path)) as it:
        await it.outreach.current_user_id()  # who makes a change is asked before the first, for the journal
        it.faults.add(Fault(effect="hang", times=CONCURRENCY))
        readings = [calling(era, f"read {number}", "list_accounts") for number in range(CONCURRENCY)]
        it.say(*opening(era), *readings)
        while it.held.count < CONCURRENCY:
            await anyio.lowlevel.checkpoint()
        # A create, for of an update what stands there is read before it is on record.
        it.say(calling(era, 1, "create_account", **CREATE), request(era, 2, "tools/list"))
        await it.answer(2)
        while not path.exists():
            await anyio.lowlevel.checkpoint()
        await anyio.wait_all_tasks_blocked()
        it.say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
        it.say(request(era, 3, "tools/list"))
        await it.answer(3)
        it.held.released.set()
        await it.answer("read 0")
    assert (outcomes(path), caplog.messages) == (["not sent"], [])
    assert store.rows("SELECT COUNT(*) FROM account WHERE name = 'Made in a test'") == [(0,)]


@pytest.mark.parametrize("era", ERAS)
async def test_told_to_end_it_finishes_what_is_under_way_and_takes_nothing_new(store: Store, era: Era) -> None:
    async with piped(store) as it:
        await begin(it, era, "update_prospect", UPDATE)
        it.session.end()
        it.say(calling(era, 2, "create_account", **CREATE))
        assert (await it.answer(2))["error"] == {
            "code": -32000,
            "message": "This server was told to end and takes no more requests: nothing was done.",
        }
        it.held.released.set()
        failed, _ = outcome(await it.answer(1))
        await it.ended.wait()
    assert (failed, titles(store)) == (False, ["VP"])
    assert store.rows("SELECT COUNT(*) FROM account WHERE name = 'Made in a test'") == [(0,)]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("grace_seconds", [0, 3600])
async def test_what_outlasts_the_grace_is_answered_with_how_far_it_came(
    store: Store, era: Era, tmp_path: Path, grace_seconds: float
) -> None:
    path = tmp_path / "journal"
    async with piped(store, guard=recorded(path), grace_seconds=grace_seconds) as it:
        await begin(it, era, "update_prospect", UPDATE)
        it.session.end()
        if grace_seconds:
            it.session.end()  # told twice, it waits no longer
        failed, text = outcome(await it.answer(1))
        assert await it.hear() is None
        await it.ended.wait()
    assert (failed, outcomes(path)) == (True, ["unknown"])
    assert text.startswith(
        "PATCH /prospects/1 may or may not have happened: this server was told to end before the answer came. Sent at "
    )


async def test_nobody_waits_for_a_person_whose_client_has_gone(store: Store) -> None:
    async with piped(store, guard=Guard(Policy.of(), "destructive")) as it:
        it.say(*opening("old", {"elicitation": {}}), calling("old", 1, "delete_prospect", prospect_id=1))
        while (message := await it.hear()) is not None and message.get("method") != "elicitation/create":
            pass
        it.hang_up()
        failed, text = outcome(await it.answer(1))
        await it.ended.wait()
    assert (failed, text.endswith("Nothing was sent."), titles(store)) == (True, True, ["CEO"])


@pytest.mark.parametrize("broken", [b'{"jsonrpc":"2.0","id":1,"result":null}', b'{"jsonrpc":"2.0","id":1.0,"error":7}'])
async def test_an_answer_of_the_client_that_cannot_be_read_is_no_agreement(store: Store, broken: bytes) -> None:
    async with piped(store, guard=Guard(Policy.of(), "destructive")) as it:
        it.say(*opening("old", {"elicitation": {}}), calling("old", "delete", "delete_prospect", prospect_id=1))
        while (message := await it.hear()) is not None and message.get("method") != "elicitation/create":
            pass
        assert message is not None
        assert message["id"] == 1
        it.say(broken)
        failed, text = outcome(await it.answer("delete"))
    assert (failed, text.endswith("Nothing was sent."), titles(store)) == (True, True, ["CEO"])


async def test_a_client_that_reads_no_answers_any_more_ends_the_server_and_no_change(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with piped(store) as it:
        await begin(it, "new", "update_prospect", UPDATE)
        os.close(it.from_server)
        it.held.released.set()
        await it.ended.wait()
    assert (titles(store), caplog.messages) == (["VP"], ["nobody reads the answers any more: Broken pipe"])
