"""Processes of one server that share what they create: none makes a second record where one alone would not."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.tree import InvalidRequestError, OutcomeUnknownError, RefusedRequestError
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.api.writes.create_record import Create, Noted, SharedCreates
from outreach_mcp.callers.state.creates import StoredCreates
from outreach_mcp.callers.state.opening import State
from outreach_mcp.callers.state.store import StateStore
from outreach_mcp.clock import Clock
from outreach_tools.client import Request, Response
from tests.api.faulty import ENROLMENT, Bench, Fault, create, faulty_sandbox, new_account, new_prospect, new_task
from tests.api.recording import BASE_URL
from tests.callers.state.stores import state_of
from tests.support.redis_server import RedisServer

UNSEEN: tuple[Fault, ...] = ("500 before",) * 3
"""Faults that keep the client from looking."""

MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC))
JSON = st.none() | st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.booleans()))


@pytest.fixture
def state(address: str, store: StateStore) -> State:
    return state_of(address)


@dataclass(slots=True)
class Replicas:
    """Two clients of one caller on one sandbox, as two processes have them."""

    bench: Bench
    clients: list[OutreachClient] = field(default_factory=list[OutreachClient])


@asynccontextmanager
async def replicas(*shared: SharedCreates) -> AsyncGenerator[Replicas]:
    """Open a client for each memory."""
    async with faulty_sandbox() as bench:
        it = Replicas(bench)
        for each in shared:
            it.clients.append(
                OutreachClient(
                    BASE_URL,
                    BearerToken(SecretStr("sandbox")),
                    transport=bench.transport,
                    clock=Clock(now=bench.time.now, monotonic=bench.time.clock, sleep=bench.time.sleep),
                    random=lambda: 1.0,
                    shared_creates=each,
                )
            )
        yield it
        for client in it.clients:
            await client.aclose()


@asynccontextmanager
async def two_of(state: State) -> AsyncGenerator[tuple[Bench, OutreachClient, OutreachClient]]:
    async with replicas(state.creates_of("ana"), state.creates_of("ana")) as it:
        one, other = it.clients
        yield it.bench, one, other


async def test_an_equal_create_elsewhere_is_answered_with_the_first_record(state: State) -> None:
    async with two_of(state) as (bench, one, other):
        first = await one.send(new_account())
        await bench.time.sleep(20)
        assert await other.send(new_account()) == Response(
            201,
            first.body,
            "Nothing new was created: an equal request created this record 20 seconds ago. If a second one is meant, "
            "ask again after 2026-11-21T09:31:00Z",
        )
        assert bench.sent("POST") == ["POST /accounts"]


async def test_of_equal_creates_at_once_one_is_sent(state: State) -> None:
    async with two_of(state) as (bench, one, other):
        answers: list[Response] = []

        async def send(client: OutreachClient) -> None:
            answers.append(await client.send(new_account()))

        async with anyio.create_task_group() as group:
            for client in (one, other, one, other):
                group.start_soon(send, client)
        assert (bench.count("account"), len({answer.body["data"]["id"] for answer in answers})) == (3, 1)


async def test_another_caller_s_equal_create_is_another_one(state: State) -> None:
    async with replicas(state.creates_of("ana"), state.creates_of("bob")) as it:
        for client in it.clients:
            assert (await client.send(new_account())).note == ""
        assert it.bench.count("account") == 4


async def test_after_a_minute_an_equal_create_elsewhere_makes_a_second_record(state: State) -> None:
    async with two_of(state) as (bench, one, other):
        await one.send(new_account())
        await bench.time.sleep(61)
        assert (await other.send(new_account())).note == ""
        assert bench.count("account") == 4


async def test_of_tasks_two_may_be_meant(state: State) -> None:
    async with two_of(state) as (bench, one, other):
        for client in (one, other):
            await client.send(new_task())
        assert bench.count("task") == 2


async def test_a_record_that_was_deleted_elsewhere_is_created_again(state: State) -> None:
    async with two_of(state) as (bench, one, other):
        first = (await one.send(new_account())).body["data"]["id"]
        await other.send(Request("DELETE", f"/accounts/{first}"))
        assert (await other.send(new_account())).note == ""
        assert bench.count("account") == 3


async def test_a_create_that_was_refused_elsewhere_is_sent(state: State) -> None:
    async with two_of(state) as (bench, one, other):
        for client in (one, other):
            with pytest.raises(InvalidRequestError):
                await client.send(create("account", "/accounts", {"nonsense": True}))
        assert bench.sent("POST") == ["POST /accounts"] * 2


async def test_while_the_first_is_unknown_elsewhere_an_equal_create_is_not_sent(state: State) -> None:
    async with two_of(state) as (bench, one, other):
        bench.fail("lost before")
        for client in (one, other):
            with pytest.raises(OutcomeUnknownError):
                await client.send(new_account())
        assert bench.sent("POST") == ["POST /accounts"]


async def test_an_equal_create_finds_the_first_that_was_unknown_elsewhere(state: State) -> None:
    async with two_of(state) as (bench, one, other):
        bench.fail("lost after", *UNSEEN)
        with pytest.raises(OutcomeUnknownError):
            await one.send(new_account())
        bench.fail()
        answer = await other.send(new_account())
        assert (answer.body["data"]["id"], bench.sent("POST")) == (bench.newest("account"), ["POST /accounts"])


@pytest.mark.parametrize(("request_", "type_name"), [(new_prospect(), "prospect"), (ENROLMENT, "sequenceState")])
async def test_a_prospect_whose_create_stayed_unknown_elsewhere_comes_once(
    state: State, request_: Request, type_name: str
) -> None:
    async with two_of(state) as (bench, one, other):
        before = bench.count(type_name)
        bench.fail("lost after", *UNSEEN)
        with pytest.raises(OutcomeUnknownError):
            await one.send(request_)
        bench.fail()
        answer = await other.send(request_)
        assert (answer.body["data"]["id"], bench.count(type_name)) == (bench.newest(type_name), before + 1)


async def test_a_record_of_another_process_is_not_taken_for_one_s_own(state: State) -> None:
    async with two_of(state) as (bench, one, other):
        await one.send(new_task())
        bench.fail("lost before", only="POST")
        with pytest.raises(OutcomeUnknownError):  # not the task that the other one made
            await other.send(new_task())
        assert bench.count("task") == 1


@dataclass(slots=True)
class Interrupted:
    """A memory in which something else happens when a create has been noted."""

    inner: StoredCreates
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def update(self, change: Callable[[Noted], Noted]) -> Noted:
        notes = await self.inner.update(change)
        if (meanwhile := self.meanwhile) is not None:
            self.meanwhile = None
            await meanwhile()
        return notes


async def test_a_record_that_another_process_makes_meanwhile_is_not_taken_for_one_s_own(state: State) -> None:
    memory = Interrupted(state.creates_of("ana"))
    async with replicas(state.creates_of("ana"), memory) as it:

        async def make_one_elsewhere() -> None:
            await it.clients[0].send(new_task())
            it.bench.fail("lost before", only="POST")

        memory.meanwhile = make_one_elsewhere
        with pytest.raises(OutcomeUnknownError):
            await it.clients[1].send(new_task())
        assert it.bench.count("task") == 1


class DyingAfterTheClaim:
    """A memory of a process that is killed when it has noted its create and sends it."""

    def __init__(self, inner: StoredCreates) -> None:
        self._inner = inner
        self._dead = False

    async def update(self, change: Callable[[Noted], Noted]) -> Noted:
        if self._dead:
            return ()
        self._dead = True
        return await self._inner.update(change)


async def test_what_a_dead_process_was_sending_is_waited_for_and_then_refused(state: State) -> None:
    async with replicas(DyingAfterTheClaim(state.creates_of("ana")), state.creates_of("ana")) as it:
        await it.clients[0].send(new_account())
        before = it.bench.time.seconds
        with pytest.raises(OutcomeUnknownError, match="was not sent: an equal request was sent, and whether"):
            await it.clients[1].send(new_account())
        assert it.bench.time.seconds - before == 30


async def test_what_a_dead_process_has_sent_is_found_after_a_minute(state: State) -> None:
    async with replicas(DyingAfterTheClaim(state.creates_of("ana")), state.creates_of("ana")) as it:
        first = await it.clients[0].send(new_account())
        await it.bench.time.sleep(61)
        answer = await it.clients[1].send(new_account())
        assert (answer.body["data"]["id"], it.bench.sent("POST")) == (first.body["data"]["id"], ["POST /accounts"])


async def test_two_minutes_after_a_process_has_died_the_create_is_sent(state: State) -> None:
    async with replicas(DyingAfterTheClaim(state.creates_of("ana")), state.creates_of("ana")) as it:
        await it.clients[0].send(new_account())
        await it.bench.time.sleep(121)
        assert (await it.clients[1].send(new_account())).note == ""


async def test_without_the_shared_memory_no_create_is_sent(redis_server: RedisServer) -> None:
    redis_server.clear()
    state = state_of(redis_server.url)
    async with two_of(state) as (bench, one, _):
        redis_server.stop()
        try:
            with pytest.raises(RefusedRequestError, match=r"^POST /accounts was not sent: another process .* cannot"):
                await one.send(new_account())
        finally:
            redis_server.start()
        assert bench.sent() == []
        assert (await one.send(new_account())).status == 201
    state.close()


async def test_a_create_that_was_sent_is_answered_though_the_memory_has_failed(redis_server: RedisServer) -> None:
    redis_server.clear()
    state = state_of(redis_server.url)
    async with replicas(FailingAfterTheClaim(state.creates_of("ana"), redis_server)) as it:
        try:
            assert (await it.clients[0].send(new_account())).status == 201
        finally:
            redis_server.start()
    state.close()


class FailingAfterTheClaim:
    """A memory whose Redis fails when a create has been noted."""

    def __init__(self, inner: StoredCreates, server: RedisServer) -> None:
        self._inner = inner
        self._server = server

    async def update(self, change: Callable[[Noted], Noted]) -> Noted:
        try:
            return await self._inner.update(change)
        finally:
            self._server.stop()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Create,
        *[st.text()] * 2,
        JSON,
        MOMENTS,
        st.text(),
        *[st.none() | MOMENTS] * 2,
        st.none() | st.builds(Response, st.integers(200, 299), JSON),
        st.none() | st.text(),
    )
)
async def test_a_note_that_is_stored_is_read(state: State, note: Create) -> None:
    memory = state.creates_of(note.id)
    await memory.update(lambda _: (note,))
    assert await memory.update(lambda notes: notes) == (note,)


async def test_notes_that_are_made_at_once_are_all_kept(state: State) -> None:
    began = datetime(2026, 11, 21, tzinfo=UTC)

    async def note(number: int) -> None:
        note = Create("/accounts", "", None, began + timedelta(seconds=number), str(number))
        await state.creates_of("ana").update(lambda notes: (*notes, note))

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(note, number)
    notes = await state.creates_of("ana").update(lambda notes: notes)
    assert sorted(int(note.id) for note in notes) == list(range(20))
