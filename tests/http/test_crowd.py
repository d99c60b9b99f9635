"""Connections that do nothing, however many, keep nobody out."""

import contextlib
import socket
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Literal

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from outreach_mcp.http.crowd import Crowd, Room, Standing, address_of
from outreach_mcp.http.listening import files_for
from outreach_mcp.http.shutdown import Ending
from tests.support.serving import Slow, call, client, only, running, served, small_server

HALF_A_HEAD = b"GET /health HTTP/1.1\r\nHost: local"
HALF_A_BODY = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"


@dataclass(eq=False, slots=True)
class Guest:
    """A connection of nobody's, which does what it is told to."""

    address: str
    since: float
    now: Standing = "owing"
    ended: list["Guest"] = field(default_factory=list["Guest"], repr=False)

    def standing(self) -> Standing:
        return self.now

    def give_way(self) -> None:
        self.ended.append(self)


@contextlib.contextmanager
def held(url: str, number: int, sent: bytes, address: str = "127.0.0.1") -> Generator[list[socket.socket]]:
    """So many connections, each of which has sent this and then nothing."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(one_held(url, sent, address)) for _ in range(number)]


def one_held(url: str, sent: bytes, address: str) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), source_address=(address, 0))
    one.sendall(sent)
    return one


@pytest.mark.parametrize("sent", [b"", HALF_A_HEAD, HALF_A_BODY], ids=["nothing", "half a head", "half a body"])
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"], ids=["behind one address", "from another"])
async def test_connections_that_owe_their_request_keep_nobody_out(sent: bytes, address: str) -> None:
    async with served(only(small_server("read")), room=Room(40, 20)) as it:
        with await anyio.to_thread.run_sync(held_forever, it.url, 200, sent, address):
            async with client(it.url, ("/mcp", "auto")) as caller, httpx.AsyncClient() as http:
                assert await call(caller, "read") == "read"
                assert (await http.get(f"{it.url}/health")).json() == {"status": "ok"}


def held_forever(url: str, number: int, sent: bytes, address: str) -> contextlib.ExitStack:
    stack = contextlib.ExitStack()
    stack.enter_context(held(url, number, sent, address))
    return stack


async def test_what_gives_way_is_told_why() -> None:
    async with (
        served(only(small_server("read")), room=Room(40, 2)) as it,
        await anyio.connect_tcp("127.0.0.1", int(it.url.rpartition(":")[2])) as one,
    ):
        await one.send(HALF_A_HEAD)
        with await anyio.to_thread.run_sync(held_forever, it.url, 5, HALF_A_HEAD, "127.0.0.1"):
            answer = b"".join([part async for part in one])
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert answer.endswith(b'{"error": "Too many requests have an unfinished head, and this one has waited longest."}')


async def test_a_call_under_way_never_gives_way() -> None:
    slow, answers, answered = Slow(), list[str](), anyio.Event()
    async with (
        served(only(small_server("wait", slow=slow)), room=Room(20, 10)) as it,
        client(it.url, ("/mcp", "auto")) as caller,
        anyio.create_task_group() as tasks,
    ):

        async def wait() -> None:
            answers.append(await call(caller, "wait"))
            answered.set()

        tasks.start_soon(wait)
        await slow.begun.wait()
        with await anyio.to_thread.run_sync(held_forever, it.url, 100, HALF_A_HEAD, "127.0.0.1"):
            slow.released.set()
            await answered.wait()
    assert answers == ["wait"]


async def test_with_all_places_taken_by_calls_health_is_answered_and_others_are_told_to_wait() -> None:
    come, released, found = anyio.Semaphore(0), anyio.Event(), list[httpx.Response]()

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/wait":
            come.release()
            await released.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with (
        running(waiting, Ending(), room=Room(3, 3)) as it,
        httpx.AsyncClient(limits=limits) as http,
        anyio.create_task_group() as tasks,
    ):
        for _ in range(3):
            tasks.start_soon(http.get, f"{it.url}/wait")
        for _ in range(3):
            await come.acquire()
        found += [await http.get(it.url + path) for path in ("/health", "/ready", "/mcp")]
        released.set()
    assert [answer.status_code for answer in found] == [200, 200, 503]
    assert (found[2].headers["Retry-After"], found[2].json()) == (
        "1",
        {"error": "This server has too many requests under way. Try again in 1 s."},
    )


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["owing", "idle", "served"])), max_size=60))
def test_who_has_the_most_gives_way_first_and_nobody_who_is_served(
    arrivals: list[tuple[str, Literal["owing", "idle", "served"]]],
) -> None:
    room, ended = Room(12, 6), list[Guest]()
    crowd, there = Crowd(room), list[Guest]()
    for number, (address, standing) in enumerate(arrivals):
        guest = Guest(address, float(number), ended=ended)
        before = {name: sum(each.address == name and each.now != "served" for each in there) for name in "abc"}
        came = len(ended)
        assert crowd.come(guest)
        there.append(guest)
        for each in ended[came:]:
            there.remove(each)
            assert each.now != "served"
            assert each is not guest
            mine = max(count for name, count in before.items() if name != each.address or count)
            assert before[each.address] == mine or before[each.address] >= room.owing_each
            before[each.address] -= 1
        guest.now = standing
        of_one = sum(each.address == address and each.now == "owing" for each in there)
        assert of_one <= room.owing_each
        if crowd.is_full:
            assert all(each.now == "served" or each is guest for each in there)
    for each in there:
        crowd.leave(each)
    assert not crowd.is_full


def test_there_is_an_end_to_those_who_are_told_that_there_are_too_many() -> None:
    crowd = Crowd(Room(5, 5))
    assert [crowd.come(Guest("a", 0.0, "served")) for _ in range(106)] == [True] * 105 + [False]


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (("192.0.2.1", 5), "192.0.2.1"),
        (("::ffff:192.0.2.1", 5), "192.0.2.1"),
        (("2001:db8:1:2:3:4:5:6", 5), "2001:db8:1:2::"),
        (("2001:db8:1:2:ffff::1", 5), "2001:db8:1:2::"),
        (("fe80::1%eth0", 5), "fe80::"),
        (("testclient", 5), "testclient"),
        (None, "this machine"),
    ],
)
def test_an_ipv6_client_is_its_network(client: tuple[str, int] | None, expected: str) -> None:
    assert address_of(client) == expected


def test_there_are_files_for_all_connections_or_fewer_connections() -> None:
    assert 0 < files_for(1000) <= 1000
    assert files_for(10) == 10
