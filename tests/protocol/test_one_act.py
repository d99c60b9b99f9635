"""One yes, one act; one key, one act: a repeat sends nothing, and is answered with what came of the first."""

import json
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ElicitResult,
    InputRequiredResult,
    InputResponses,
    TextContent,
)
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.caller import READ, WRITE, Caller, acting_for
from outreach_mcp.clock import Clock
from outreach_mcp.guard.ledger import Ledger, MemoryShelf, Shelf
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard, build_server
from outreach_mcp.protocol.turn import KEY, QUESTION, Turn
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.records import Record
from outreach_sandbox.store import Store
from outreach_tools.catalog import resource_types
from outreach_tools.toolsets import all_tools
from tests.callers.state.stores import state_of
from tests.guard.test_confirmation import RECORDS, Person, agreeing
from tests.support.redis_server import RedisServer, running_redis
from tests.support.stores import sandbox_store
from tests.support.workbench import API, NOW, Watching

STATE_KEY = bytes(range(32))
MAIL: dict[str, Any] = {
    "attributes": {"subject": "Hello", "bodyHtml": "<p>Hi</p>", "state": "scheduled"},
    "relationships": {"mailbox": 4, "prospect": 7},
}
DRAFT: dict[str, Any] = {**MAIL, "attributes": {**MAIL["attributes"], "state": "drafted"}}
YES = ElicitResult(action="accept", content={"confirm": True})
NO = ElicitResult(action="decline")
AGAIN = "Already done by this answer: nothing was sent again"

DONE_ONCE = [
    ("create_mailing", MAIL, "POST /mailings"),
    ("set_task_action", {"task_id": 11, "action": "deliver"}, "POST /tasks/11/actions/deliver"),
    ("delete_prospect", {"prospect_id": 7}, "DELETE /prospects/7"),
    ("raw_http_request", {"method": "DELETE", "path": "/prospects/7"}, "DELETE /prospects/7"),
    (
        "create_compliance_request",
        {
            "requester_email": "dpo@x.example",
            "request_type": "Delete",
            "object_type": "Prospect",
            "request_object_email": "ann@x.example",
        },
        "POST /complianceRequests",
    ),
    (
        "raw_http_request",
        {
            "method": "POST",
            "path": "/batches/actions/prospectsDestroyAll",
            "body": {"data": {"attributes": {"ids": [7]}}},
        },
        "POST /batches/actions/prospectsDestroyAll",
    ),
]


class Team:
    """Replicas of one server on one sandbox, each with a client, and what they sent."""

    def __init__(self, store: Store, through: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]) -> None:
        self.store = store
        self.watching = Watching(through(httpx.ASGITransport(build_sandbox(store, clock=lambda: NOW))))
        self.clients: list[Client] = []

    def rename(self, name: str) -> None:
        """Have somebody else rename the account that the tests are about."""
        self.store.update("account", 5, {"name": name})

    def changes(self) -> list[str]:
        found = [f"{each.method} {each.url.path.removeprefix('/api/v2')}" for each in self.watching.requests]
        return [each for each in found if not each.startswith("GET ")]

    async def call(
        self,
        tool: str,
        arguments: dict[str, Any],
        *,
        state: str | None = None,
        answer: ElicitResult = YES,
        at: int = 0,
        meta: Any = None,
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool as a client does that keeps answers and brings them back itself."""
        responses: InputResponses | None = None if state is None else {"confirmation": answer}
        return await self.clients[at].session.call_tool(
            tool, arguments, input_responses=responses, request_state=state, meta=meta, allow_input_required=True
        )

    async def question(self, tool: str, arguments: dict[str, Any], *, at: int = 0, meta: Any = None) -> str:
        """Call a tool that asks, and return what is to be brought back with the answer."""
        asked = await self.call(tool, arguments, at=at, meta=meta)
        assert isinstance(asked, InputRequiredResult), asked
        assert asked.request_state is not None
        return asked.request_state


def told(result: CallToolResult | InputRequiredResult) -> str:
    assert isinstance(result, CallToolResult), result
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


def without_note(text: str) -> dict[str, Any]:
    answer = json.loads(text)
    return {name: value for name, value in answer.items() if name != "repeated"}


@asynccontextmanager
async def team(
    *ledgers: Ledger,
    confirm: Any = "destructive",
    person: Any = None,
    era: Any = "auto",
    through: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] = lambda sandbox: sandbox,
    records: list[Record] | None = None,
) -> AsyncGenerator[Team]:
    """Open a server for each ledger, all with one key for what clients bring back."""
    store = sandbox_store(RECORDS if records is None else records)
    it = Team(store, through)
    outreach = [
        OutreachClient(API, BearerToken(SecretStr("sandbox")), transport=it.watching, clock=Clock(now=lambda: NOW))
        for _ in ledgers
    ]
    async with anyio.create_task_group() as tasks:
        for each, ledger in zip(outreach, ledgers, strict=True):
            guard = Guard(Policy.of(), confirm, ledger=ledger)
            server = build_server(all_tools(), each, guard, state_key=STATE_KEY, now=lambda: NOW)
            ready = anyio.Event()

            async def run(server: Any = server, ready: anyio.Event = ready) -> None:
                async with Client(server, mode=era, elicitation_callback=person or agreeing()) as client:
                    it.clients.append(client)
                    ready.set()
                    await anyio.sleep_forever()

            tasks.start_soon(run)
            await ready.wait()
        yield it
        tasks.cancel_scope.cancel()
    for each in outreach:
        await each.aclose()
    store.close()


@pytest.mark.parametrize(("tool", "arguments", "sent"), DONE_ONCE)
async def test_an_answer_that_is_brought_again_and_again_sends_once(
    tool: str, arguments: dict[str, Any], sent: str
) -> None:
    async with team(Ledger()) as it:
        state = await it.question(tool, arguments)
        first, *repeats = [told(await it.call(tool, arguments, state=state)) for _ in range(6)]
        assert it.changes() == [sent]
    assert [without_note(each) for each in repeats] == [without_note(first)] * 5
    assert [json.loads(each)["repeated"] for each in repeats] == [AGAIN] * 5


@pytest.mark.parametrize(("tool", "arguments", "sent"), DONE_ONCE)
async def test_an_answer_that_is_brought_ten_times_at_once_sends_once(
    tool: str, arguments: dict[str, Any], sent: str
) -> None:
    answers: list[str] = []
    async with team(Ledger()) as it:
        state = await it.question(tool, arguments)

        async def bring() -> None:
            answers.append(told(await it.call(tool, arguments, state=state)))

        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(bring)
        assert it.changes() == [sent]
    assert len({json.dumps(without_note(each)) for each in answers}) == 1
    assert sorted(AGAIN in each for each in answers) == [False] + [True] * 9


@pytest.fixture(scope="module")
def redis_server() -> Generator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def shelves(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[tuple[Shelf, Shelf]]:
    """The ledgers that two replicas keep in one store."""
    address = str(tmp_path / "state" / "state.sqlite3")
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        server.clear()
        address = server.url
    first, second = state_of(address), state_of(address)
    yield first.shelf, second.shelf
    first.close()
    second.close()


async def test_an_answer_sends_once_whichever_replica_gets_it(shelves: tuple[Shelf, Shelf]) -> None:
    answers: list[str] = []
    async with team(*map(Ledger, shelves)) as it:
        state = await it.question("create_mailing", MAIL)

        async def bring(at: int) -> None:
            answers.append(told(await it.call("create_mailing", MAIL, state=state, at=at)))

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(bring, number % 2)
        answers.append(told(await it.call("create_mailing", MAIL, state=state, at=1)))
        assert it.changes() == ["POST /mailings"]
    assert len({json.dumps(without_note(each)) for each in answers}) == 1
    assert sum(AGAIN in each for each in answers) == 10


async def test_where_answers_cannot_be_kept_nobody_is_asked_and_nothing_is_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The place of the store is in the log alone."""
    path = tmp_path / "state.sqlite3"
    path.write_text("no database")
    path.chmod(0o600)
    state = state_of(str(path))
    async with team(Ledger(state.shelf), confirm="destructive") as it:
        told_of = [
            told(await it.call("delete_prospect", {"prospect_id": 7})),
            told(await it.call("create_mailing", DRAFT, meta={KEY: "a"})),
        ]
        assert it.changes() == []
    assert {*told_of} == {
        "Nothing was sent: this server cannot read or write what it keeps of questions and answers; its log says "
        "why. Try again in a minute."
    }
    assert str(tmp_path) in caplog.text


async def test_a_no_stays_a_no() -> None:
    """Whoever brings the question back again cannot turn it into a yes."""
    async with team(Ledger()) as it:
        state = await it.question("delete_prospect", {"prospect_id": 7})
        told_no = [
            told(await it.call("delete_prospect", {"prospect_id": 7}, state=state, answer=answer))
            for answer in (NO, YES, YES)
        ]
        assert it.changes() == []
    assert "declined" in told_no[0]
    assert [each.startswith("Nothing was sent now: this answer was used already.") for each in told_no] == [
        False,
        True,
        True,
    ]


async def test_after_a_restart_an_old_answer_is_none() -> None:
    """The key is the same, the memory is not: the person is asked again."""
    async with team(Ledger(), Ledger()) as it:
        state = await it.question("create_mailing", MAIL)
        assert not told(await it.call("create_mailing", MAIL, state=state)).startswith("Nothing")
        again = await it.call("create_mailing", MAIL, state=state, at=1)
        assert isinstance(again, InputRequiredResult)
        assert it.changes() == ["POST /mailings"]


async def test_an_answer_is_to_the_question_as_it_was_asked() -> None:
    """A change in between is asked about again, and the old answer does nothing."""
    async with team(Ledger(), confirm="writes") as it:
        state = await it.question("delete_account", {"account_id": 5})
        rename = {"account_id": 5, "attributes": {"name": "Bmec"}}
        told(await it.call("update_account", rename, state=await it.question("update_account", rename)))
        assert isinstance(await it.call("delete_account", {"account_id": 5}, state=state), InputRequiredResult)
        assert it.changes() == ["PATCH /accounts/5"]


async def test_an_answer_is_over_after_some_minutes() -> None:
    seconds = 0.0
    async with team(Ledger(MemoryShelf(Clock(monotonic=lambda: seconds)))) as it:
        state = await it.question("delete_prospect", {"prospect_id": 7})
        seconds = 700.0
        assert isinstance(await it.call("delete_prospect", {"prospect_id": 7}, state=state), InputRequiredResult)
        assert it.changes() == []


async def test_in_the_old_era_each_call_asks_a_question_of_its_own() -> None:
    person = agreeing()
    async with team(Ledger(), era="legacy", person=person) as it:

        async def send() -> None:
            await it.clients[0].call_tool("create_mailing", MAIL)

        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(send)
        assert (len(person.questions), len(it.changes())) == (5, 5)


async def test_one_no_among_many_in_the_old_era_stops_its_own_call_alone() -> None:
    class Choosing(Person):
        async def __call__(self, context: object, params: object) -> ElicitResult:
            self.say(NO if len(self.questions) == 1 else YES)
            return await super().__call__(context, params)

    async with team(Ledger(), era="legacy", person=Choosing()) as it:
        for _ in range(3):
            await it.clients[0].call_tool("create_mailing", MAIL)
        assert it.changes() == ["POST /mailings"] * 2


class Hesitating(Person):
    """Agrees to everything, and does something before each answer."""

    def __init__(self, before: Callable[[int], None]) -> None:
        super().__init__(content={"confirm": True})
        self._before = before

    async def __call__(self, context: object, params: object) -> ElicitResult:
        answer = await super().__call__(context, params)
        self._before(len(self.questions))
        return answer


ERAS = ("legacy", "auto")


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("changes", [1, 2])
async def test_what_changed_before_the_answer_is_asked_about_anew_in_both_eras(era: str, changes: int) -> None:
    def rename(asked: int) -> None:
        if asked <= changes:
            it.rename(f"Name {asked}")

    person = Hesitating(rename)
    async with team(Ledger(), era=era, person=person) as it:
        assert "deleted" in told(await it.clients[0].call_tool("delete_account", {"account_id": 5}))
        assert it.changes() == ["DELETE /accounts/5"]
    names = ["Acme", *(f"Name {number}" for number in range(1, changes + 1))]
    assert [each.split('"')[1] for each in person.questions] == names


async def test_in_the_old_era_what_never_stands_still_is_not_done() -> None:
    person = Hesitating(lambda asked: it.rename(f"Name {asked}"))
    async with team(Ledger(), era="legacy", person=person) as it:
        refused = told(await it.clients[0].call_tool("delete_account", {"account_id": 5}))
        assert (it.changes(), len(person.questions)) == ([], 3)
    assert refused.startswith("Not done: the person was asked 3 times, and what it is about changed each time")


async def test_what_is_gone_by_the_time_of_the_answer_is_not_deleted_in_the_old_era() -> None:
    person = Hesitating(lambda _: it.store.delete("account", 5))
    async with team(Ledger(), era="legacy", person=person) as it:
        refused = told(await it.clients[0].call_tool("delete_account", {"account_id": 5}))
        assert (it.changes(), len(person.questions)) == ([], 1)
    assert "Could not find 'account' with ID '5'" in refused


@pytest.mark.parametrize(("minutes", "counts"), [(9, True), (11, False), (120, False)])
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "forgotten"])
async def test_an_answer_counts_for_ten_minutes_in_the_old_era_too(minutes: int, counts: bool, kept: bool) -> None:
    passed = 0

    def wait(_: int) -> None:
        nonlocal passed
        passed = minutes

    ledger = Ledger(
        MemoryShelf(Clock(monotonic=lambda: 0.0 if kept else passed * 60.0)),
        clock=Clock(now=lambda: NOW + timedelta(minutes=passed)),
    )
    async with team(ledger, era="legacy", person=Hesitating(wait)) as it:
        answer = told(await it.clients[0].call_tool("delete_prospect", {"prospect_id": 7}))
        assert it.changes() == (["DELETE /prospects/7"] if counts else [])
    assert ("came after more than ten minutes. Nothing was sent." in answer) != counts


class Losing(httpx.AsyncBaseTransport):
    """Passes changes on and loses the answers to them."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if request.method != "GET":
            raise httpx.ReadError("lost", request=request)
        return answer


async def test_of_an_act_whose_outcome_is_unknown_a_repeat_is_told_that_it_is() -> None:
    arguments = {"task_id": 11, "action": "deliver"}
    async with team(Ledger(), through=Losing) as it:
        state = await it.question("set_task_action", arguments)
        first = told(await it.call("set_task_action", arguments, state=state))
        again = told(await it.call("set_task_action", arguments, state=state))
        assert len(it.changes()) == 1
    assert again == f"Nothing was sent now: this answer was used already. What came of it: {first}"


class Holding(httpx.AsyncBaseTransport):
    """Passes changes on when they are let."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.come, self.released = anyio.Event(), anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            self.come.set()
            await self.released.wait()
        return await self._inner.handle_async_request(request)


async def test_what_came_of_a_call_that_was_cancelled_is_told_to_its_repeat() -> None:
    held: list[Holding] = []

    def hold(inner: httpx.AsyncBaseTransport) -> Holding:
        held.append(Holding(inner))
        return held[0]

    async with team(Ledger(), through=hold) as it:
        state = await it.question("delete_prospect", {"prospect_id": 7})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(it.call, "delete_prospect", {"prospect_id": 7}, state=state))
            await held[0].come.wait()
            tasks.cancel_scope.cancel()
            held[0].released.set()
        again = told(await it.call("delete_prospect", {"prospect_id": 7}, state=state))
        assert it.changes() == ["DELETE /prospects/7"]
    assert json.loads(again) == {"deleted": True, "id": 7, "repeated": AGAIN}


@pytest.mark.parametrize(
    ("came", "sent", "done", "told_then"),
    [
        ("It was done (HTTP 201)", True, True, f'{{"repeated":"{AGAIN}","note":"It was done (HTTP 201)"}}'),
        (
            None,
            True,
            False,
            "Nothing was sent now: this answer was used already, and whether what it stands for was done is not known. "
            "Read the record before you ask for it again.",
        ),
        (
            None,
            False,
            False,
            "Nothing was sent now: this answer was used already. What came of it: the call ended before anything was "
            "sent.",
        ),
    ],
)
async def test_of_a_call_that_never_came_to_its_answer_what_is_known_is_told(
    came: str | None, sent: bool, done: bool, told_then: str
) -> None:
    ledger = Ledger()
    tool = next(tool for tool in all_tools() if tool.name == "create_mailing")
    yes = ElicitResult(action="accept", content={"confirm": True})
    params = CallToolRequestParams(
        name="create_mailing", input_responses={QUESTION: yes}, request_state=await ledger.ask("mark")
    )
    first, again = (Turn(ledger, tool, params) for _ in range(2))
    await first.spend("mark")
    first.came(came, sent=sent, done=done)
    await first.end(None)
    outcome = await again.repeated()
    assert outcome is not None
    assert outcome.text == told_then


async def test_of_an_act_that_a_dead_process_has_begun_nothing_is_known_after_a_minute() -> None:
    now, shelf = NOW, MemoryShelf()
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    ledger = Ledger(shelf, clock=Clock(now=lambda: now, sleep=sleep), new_id=lambda: "one")
    async with team(ledger) as it:
        state = await it.question("delete_prospect", {"prospect_id": 7})
        found = await ledger.find("question one")
        assert found is not None
        assert await ledger.spend("question one", found.mark)  # as another process would, which then ends
        under_way = told(await it.call("delete_prospect", {"prospect_id": 7}, state=state))
        now = NOW + timedelta(seconds=61)
        unknown = told(await it.call("delete_prospect", {"prospect_id": 7}, state=state))
        assert it.changes() == []
    assert "is under way" in under_way
    assert sum(pauses) == pytest.approx(10)
    assert "whether what it stands for was done is not known" in unknown


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("create_mailing", DRAFT),
        ("create_call", {"attributes": {"direction": "Outbound"}, "relationships": {"prospect": 7, "user": 1}}),
        (
            "create_task",
            {"attributes": {"action": "call"}, "relationships": {"owner": 1, "subject": {"type": "prospect", "id": 7}}},
        ),
        ("set_task_action", {"task_id": 11, "action": "markComplete"}),
        ("update_account", {"account_id": 5, "attributes": {"name": "Bmec"}}),
    ],
)
async def test_a_key_is_good_for_one_act(tool: str, arguments: dict[str, Any]) -> None:
    async with team(Ledger(), confirm="never") as it:
        first, *repeats = [told(await it.call(tool, arguments, meta={KEY: "a"})) for _ in range(3)]
        assert len(it.changes()) == 1, first
        await it.call(tool, arguments, meta={KEY: "b"})
        assert len(it.changes()) == 2
    assert [without_note(each) for each in repeats] == [without_note(first)] * 2
    assert all("Already done by this key: nothing was sent again" in each for each in repeats)


@pytest.mark.parametrize("note", [None, "", "Ask for Bob", "Already done by this key: nothing was sent again"])
async def test_that_a_call_was_a_repeat_stands_in_no_member_of_the_record(note: str | None) -> None:
    task = {
        "attributes": {"action": "call", **({} if note is None else {"note": note})},
        "relationships": {"owner": 1, "subject": {"type": "prospect", "id": 7}},
    }
    async with team(Ledger(), confirm="never") as it:
        first, again = [json.loads(told(await it.call("create_task", task, meta={KEY: "a"}))) for _ in range(2)]
    assert again == {"repeated": "Already done by this key: nothing was sent again", **first}
    assert first.get("note") == (note or None)


def test_no_record_has_a_member_by_which_a_repeat_is_told() -> None:
    assert not [
        each.type for each in resource_types().values() if "repeated" in {*each.attributes, *each.relationships}
    ]


async def test_a_key_is_good_for_one_act_however_many_calls_bring_it_at_once(shelves: tuple[Shelf, Shelf]) -> None:
    answers: list[str] = []
    async with team(*map(Ledger, shelves), confirm="never") as it:

        async def bring(at: int) -> None:
            answers.append(told(await it.call("create_mailing", DRAFT, at=at, meta={KEY: "a"})))

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(bring, number % 2)
        assert it.changes() == ["POST /mailings"]
    assert len({json.dumps(without_note(each)) for each in answers}) == 1


async def test_a_key_goes_with_a_question() -> None:
    """The call that asks does not use it up, and another question is not asked for what is done."""
    async with team(Ledger()) as it:
        state = await it.question("create_mailing", MAIL, meta={KEY: "a"})
        told(await it.call("create_mailing", MAIL, state=state, meta={KEY: "a"}))
        again = told(await it.call("create_mailing", MAIL, meta={KEY: "a"}))
        assert it.changes() == ["POST /mailings"]
    assert "Already done by this key" in again


async def test_a_key_is_not_for_another_call() -> None:
    async with team(Ledger(), confirm="never") as it:
        await it.call("create_mailing", DRAFT, meta={KEY: "a"})
        other = {**DRAFT, "relationships": {"mailbox": 4}}
        refused = told(await it.call("create_mailing", other, meta={KEY: "a"}))
        assert it.changes() == ["POST /mailings"]
    assert refused == (
        f"Nothing was sent: the key 'a' in _meta['{KEY}'] was used for another call. Give each call that is meant a "
        "key of its own."
    )


async def test_a_key_whose_call_sent_nothing_can_be_used_again() -> None:
    """A refusal here is not an act: the same call may be right later."""
    async with team(Ledger(), confirm="never") as it:
        missing = {"task_id": 999_999, "action": "markComplete"}
        for _ in range(2):
            assert "999999" in told(await it.call("set_task_action", missing, meta={KEY: "a"}))
        wrong = {"attributes": {"nothing": 1}, "relationships": {"mailbox": 4}}
        for _ in range(2):
            assert "Already" not in told(await it.call("create_mailing", wrong, meta={KEY: "b"}))


@pytest.mark.parametrize("key", ["", " " * 129, 1, True, [], {}, ["a"]])
async def test_a_key_that_is_none_is_refused(key: Any) -> None:
    async with team(Ledger(), confirm="never") as it:
        refused = told(await it.call("create_mailing", DRAFT, meta={KEY: key}))
        assert it.changes() == []
    assert refused == f"Nothing was sent: _meta['{KEY}'] must be a text of 1 to 128 characters, such as a UUID."


async def test_a_key_means_nothing_to_a_call_that_reads() -> None:
    async with team(Ledger(), confirm="never") as it:
        answers = [told(await it.call("get_prospect", {"prospect_id": 7}, meta={KEY: "a"})) for _ in range(2)]
    assert answers[0] == answers[1]


async def test_callers_have_keys_of_their_own() -> None:
    meta: Any = {KEY: "a"}
    async with team(Ledger(), confirm="never") as it:
        for name in ("ann", "ann", "bob"):
            with acting_for(Caller(name, name, frozenset({READ, WRITE}))):
                async with Client(it.clients[0].server, mode="auto") as client:
                    await client.session.call_tool("create_mailing", DRAFT, meta=meta)
        assert it.changes() == ["POST /mailings"] * 2


async def test_a_full_memory_forgets_questions_and_no_keys() -> None:
    shelf = MemoryShelf(Clock(monotonic=lambda: 0.0), most=2)
    assert await shelf.add("key a", b"1", 60)
    assert await shelf.add("question a", b"2", 60)
    assert await shelf.add("key b", b"3", 60)
    assert [await shelf.get(name) for name in ("key a", "question a", "key b")] == [b"1", None, b"3"]


async def test_where_no_more_keys_can_be_remembered_nothing_is_sent() -> None:
    async with team(Ledger(MemoryShelf(most=1)), confirm="never") as it:
        await it.call("create_mailing", DRAFT, meta={KEY: "a"})
        refused = told(await it.call("create_mailing", DRAFT, meta={KEY: "b"}))
        assert it.changes() == ["POST /mailings"]
    assert refused.startswith("Nothing was sent: 1 keys were used in the last minutes")


async def test_a_memory_keeps_nothing_for_longer_than_it_is_needed() -> None:
    seconds = 0.0
    shelf = MemoryShelf(Clock(monotonic=lambda: seconds), most=10)
    for number in range(100):
        seconds = number * 60.0
        assert await shelf.add(f"key {number}", b"", 600)
    assert [await shelf.get(f"key {number}") for number in (80, 99)] == [None, b""]
