"""Outreach's limits: what is left of the hour, and how many requests are under way at once."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.tree import NetworkError, RateLimitError
from outreach_mcp.api.layers.limits import Slots
from outreach_mcp.caller import Caller, acting_for
from outreach_tools.client import Request
from tests.api.recording import NOW, Recorder, Time, client_on

READ = Request("GET", "/accounts")
KAIA = Request("GET", "/kaiaRecordings")
HALF_PAST = str(int(NOW.timestamp()) + 1800)


def answers(*headers: dict[str, str], status: int = 200) -> Recorder:
    """Answer with these headers, the last of them for ever."""
    left = list(headers)
    return Recorder(
        lambda _: httpx.Response(status, headers=left.pop(0) if len(left) > 1 else left[0], json={"data": []})
    )


def left(remaining: str, reset: str = HALF_PAST) -> dict[str, str]:
    return {"X-RateLimit-Limit": "10000", "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset}


async def test_a_spent_hour_is_told_at_once_and_nothing_is_sent() -> None:
    time, transport = Time(), answers(left("0"))
    client = client_on(transport, time=time)
    await client.send(READ)
    with pytest.raises(RateLimitError) as caught:
        await client.send(READ)
    assert str(caught.value) == (
        "Outreach's limit of 10,000 requests an hour is spent: GET /accounts was not sent, and nothing was done. Send "
        "it again after 2026-11-21T10:00:00Z (in 30 minutes); one request a minute is let through, in case it is "
        "lifted earlier."
    )
    assert (len(transport.requests), time.sleeps) == (1, [])


@pytest.mark.parametrize(
    ("remaining", "sent"), [("0", 1), ("0, 19988", 1), ("9999,0", 1), ("1, 19988", 2), ("", 2), ("x", 2)]
)
async def test_of_two_numbers_the_smaller_one_counts(remaining: str, sent: int) -> None:
    transport = answers(left(remaining))
    client = client_on(transport)
    await client.send(READ)
    if sent == 1:
        with pytest.raises(RateLimitError):
            await client.send(READ)
    else:
        await client.send(READ)
    assert len(transport.requests) == sent


async def test_the_first_call_after_the_reset_is_sent() -> None:
    time, transport = Time(), answers(left("0"), left("9999"))
    client = client_on(transport, time=time)
    await client.send(READ)
    await time.sleep(1800)
    await client.send(READ)
    assert len(transport.requests) == 2


async def test_a_reset_that_is_near_is_waited_for() -> None:
    time, transport = Time(), answers(left("0", str(int(NOW.timestamp()) + 3)), left("9999"))
    client = client_on(transport, time=time)
    await client.send(READ)
    await client.send(READ)
    assert time.sleeps == [3.5]


async def test_after_a_refusal_by_the_limit_nothing_is_sent_until_it_is_lifted() -> None:
    transport = answers({"Retry-After": HALF_PAST}, status=429)
    client = client_on(transport)
    for _ in range(3):
        with pytest.raises(RateLimitError):
            await client.send(READ)
    assert len(transport.requests) == 1


@pytest.mark.parametrize("status", [200, 429])
async def test_a_limit_that_does_not_hold_is_found_out_within_a_minute(status: int) -> None:
    # One answer of whoever stands in between must not stop everything for an hour.
    first = [httpx.Response(status, headers=left("0", "4102444800") | {"Retry-After": "4102444800"}, json={"data": []})]
    transport = Recorder(lambda _: first.pop() if first else httpx.Response(200, json={"data": []}))
    time = Time()
    client = client_on(transport, time=time)
    with nullcontext() if status == 200 else pytest.raises(RateLimitError):
        await client.send(READ)
    await time.sleep(59)
    with pytest.raises(RateLimitError) as refused:
        await client.send(READ)
    assert refused.value.retry_at is not None
    assert refused.value.retry_at <= NOW + timedelta(hours=1)
    await time.sleep(1)
    for _ in range(3):
        await client.send(READ)
    assert len(transport.requests) == 4


async def test_while_a_limit_holds_one_call_a_minute_is_sent() -> None:
    time, transport = Time(), answers({"Retry-After": HALF_PAST}, status=429)
    client = client_on(transport, time=time)
    for _ in range(120):  # ten minutes
        with pytest.raises(RateLimitError):
            await client.send(READ)
        await time.sleep(5)
    assert len(transport.requests) == 10


async def test_an_answer_that_was_overtaken_does_not_lift_a_limit() -> None:
    transport = Gated()
    client = client_on(transport)
    async with anyio.create_task_group() as group:
        group.start_soon(client.send, READ)
        await settled(lambda: len(transport.paths) == 1)
        transport.answer = httpx.Response(200, headers=left("0"), json={"data": []})
        transport.open.set()
        await client.send(READ)
        transport.answer = None
    with pytest.raises(RateLimitError):
        await client.send(READ)


async def test_what_a_refusal_asks_for_is_not_believed_for_more_than_an_hour() -> None:
    client = client_on(answers({"Retry-After": "99999999999"}, status=429), deadline=0.5)
    with pytest.raises(RateLimitError, match=r"after 2026-11-21T10:30:00Z \(in 60 minutes\)"):
        await client.send(READ)


async def test_the_limits_of_kaia_stop_only_kaia() -> None:
    transport = Recorder(
        lambda request: (
            httpx.Response(429, headers={"Retry-After": HALF_PAST})
            if request.url.path.endswith("/kaiaRecordings")
            else httpx.Response(200, json={"data": []})
        )
    )
    client = client_on(transport)
    with pytest.raises(RateLimitError):
        await client.send(KAIA)
    assert (await client.send(READ)).status == 200


class Gated(httpx.AsyncBaseTransport):
    """Keeps requests waiting until the test lets them be answered."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.open = anyio.Event()
        self.answer: httpx.Response | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path.rpartition("/")[2])
        answer = self.answer
        await self.open.wait()
        return answer or httpx.Response(200, json={"data": []})


async def settled(reached: Callable[[], bool]) -> None:
    """Let the other tasks run until something is reached."""
    with anyio.fail_after(5):
        while not reached():
            await anyio.lowlevel.checkpoint()
    for _ in range(20):
        await anyio.lowlevel.checkpoint()


async def test_no_more_are_under_way_than_there_are_slots() -> None:
    transport = Gated()
    client = client_on(transport, concurrency=3)
    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(client.send, READ)
        await settled(lambda: len(transport.paths) >= 3)
        assert len(transport.paths) == 3
        transport.open.set()
    assert len(transport.paths) == 10


async def test_interactive_calls_go_ahead_of_scans() -> None:
    transport = Gated()
    client = client_on(transport, concurrency=1)
    async with anyio.create_task_group() as group:
        group.start_soon(client.send, Request("GET", "/first"))
        await settled(lambda: bool(transport.paths))
        for path, background in (("/scan1", True), ("/scan2", True), ("/person1", False), ("/person2", False)):
            group.start_soon(client.send, Request("GET", path, background=background))
        await settled(lambda: True)
        transport.open.set()
    assert transport.paths == ["first", "person1", "person2", "scan1", "scan2"]


async def test_a_place_that_does_not_become_free_in_time_is_not_taken() -> None:
    slots = Slots(1)
    assert await slots.acquire(background=False, within=1)
    assert not await slots.acquire(background=False, within=0)
    slots.release()
    assert slots.free == 1


async def test_a_call_whose_time_is_up_before_its_turn_was_not_sent() -> None:
    transport = answers({})
    with pytest.raises(NetworkError, match="Nothing was sent"):
        await client_on(transport, deadline=0).send(READ)
    assert transport.requests == []


async def test_a_slot_is_given_back_when_a_call_is_cancelled() -> None:
    transport = Gated()
    client = client_on(transport, concurrency=1)
    async with anyio.create_task_group() as group:
        group.start_soon(client.send, READ)  # holds the slot
        group.start_soon(client.send, READ)  # waits for it
        await settled(lambda: bool(transport.paths))
        group.cancel_scope.cancel()
    transport.open.set()
    assert (await client.send(READ)).status == 200


async def test_a_place_handed_to_somebody_who_is_being_cancelled_goes_to_the_next() -> None:
    slots = Slots(1)
    await slots.acquire(background=False, within=1)
    got: list[str] = []

    async def wait(name: str, scope: anyio.CancelScope) -> None:
        with scope:
            if await slots.acquire(background=False, within=1):
                got.append(name)

    async with anyio.create_task_group() as group:
        first, second = anyio.CancelScope(), anyio.CancelScope()
        group.start_soon(wait, "first", first)
        group.start_soon(wait, "second", second)
        await settled(lambda: True)
        first.cancel()
        slots.release()
    assert got == ["second"]


@pytest.mark.parametrize(("size", "share"), [(0, None), (-1, None), (2, 0), (2, 3)])
def test_there_is_at_least_one_slot(size: int, share: int | None) -> None:
    with pytest.raises(ValueError, match="at least one place"):
        Slots(size, share)


ALICE, BOB, CAROL = (Caller(name, name, frozenset()) for name in ("alice", "bob", "carol"))


async def sends(client: OutreachClient, caller: Caller, path: str = "/slow") -> None:
    with acting_for(caller):
        await client.send(Request("GET", path))


async def test_one_callers_slow_reads_keep_no_other_caller_waiting() -> None:
    transport = Gated()
    client = client_on(transport)
    async with anyio.create_task_group() as group:
        for caller in (ALICE, BOB, CAROL):
            for _ in range(20):
                group.start_soon(sends, client, caller)
        await settled(lambda: len(transport.paths) >= 24)
        assert len(transport.paths) == 24  # eight of each
        for number in range(8):  # each of these has nothing under way
            group.start_soon(sends, client, Caller(f"late-{number}", "late", frozenset()), "/fast")
        await settled(lambda: transport.paths.count("fast") == 8)
        transport.open.set()
    assert len(transport.paths) == 68


async def test_who_has_the_fewest_under_way_is_served_first() -> None:
    slots, served = Slots(2), list[str]()

    async def take(caller: str) -> None:
        await slots.acquire(background=False, within=5, caller=caller)
        served.append(caller)

    for caller in ("alice", "bob"):
        await slots.acquire(background=False, within=5, caller=caller)
    async with anyio.create_task_group() as group:
        for caller in ("alice", "alice", "carol", "bob"):
            group.start_soon(take, caller)
        await settled(lambda: True)
        for caller in ("bob", "carol", "bob", "alice"):
            slots.release(caller)
            await settled(lambda: True)
    assert served == ["carol", "bob", "alice", "alice"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60), st.integers(1, 4), st.integers(1, 4))
def test_places_are_neither_lost_nor_given_twice(steps: list[tuple[str, bool]], share: int, times: int) -> None:
    """Any order of taking and giving back leaves every place free in the end, and nobody has more than their share."""

    async def play() -> None:
        slots, held = Slots(share * times, share), list[str]()
        for caller, takes in steps:
            if takes and await slots.acquire(background=False, within=0, caller=caller):
                held.append(caller)
            elif not takes and caller in held:
                held.remove(caller)
                slots.release(caller)
            assert held.count(caller) <= share
            assert len(held) + slots.free == share * times
        for caller in held:
            slots.release(caller)
        assert slots.free == share * times

    anyio.run(play)
