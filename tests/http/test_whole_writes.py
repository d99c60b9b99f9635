"""The head of an answer goes out with what follows it, and never waits for what does not."""

from collections.abc import Callable

import anyio
import h11
from starlette.types import Receive, Scope, Send

from outreach_mcp.http.shutdown import Ending
from outreach_mcp.http.whole_writes import WholeWrites
from tests.support.serving import running

REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
HEAD = h11.Response(status_code=200, headers=[("Content-Length", "2")], reason=b"OK")
HEAD_BYTES = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


class Later:
    """The calls to run before anything waits, as the event loop keeps them."""

    def __init__(self) -> None:
        self.takes: list[Callable[[], bytes]] = []

    def __call__(self, take: Callable[[], bytes]) -> None:
        self.takes.append(take)


def asked(later: Later) -> WholeWrites:
    """Return a connection on which a request has come."""
    connection = WholeWrites(1024, later)
    connection.receive_data(REQUEST)
    while connection.next_event() is not h11.NEED_DATA and connection.their_state is not h11.DONE:
        pass
    connection.next_event()
    return connection


def test_a_head_is_written_with_the_body_that_follows_it() -> None:
    later = Later()
    connection = asked(later)
    written = [connection.send(event) for event in (HEAD, h11.Data(data=b"{}"), h11.EndOfMessage())]
    assert written == [b"", HEAD_BYTES + b"{}", b""]
    assert [take() for take in later.takes] == [b""]


def test_a_head_that_nothing_follows_at_once_is_written_alone() -> None:
    later = Later()
    connection = asked(later)
    assert connection.send(HEAD) == b""
    assert [take() for take in later.takes] == [HEAD_BYTES]
    assert connection.send(h11.Data(data=b"{}")) == b"{}"


def test_word_to_go_on_waits_for_nothing() -> None:
    connection = WholeWrites(1024, Later())
    connection.receive_data(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    connection.next_event()
    word = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
    assert connection.send(word) == b"HTTP/1.1 100 Continue\r\n\r\n"


async def test_a_client_gets_the_head_of_an_answer_whose_body_is_long_in_coming() -> None:
    came = anyio.Event()

    async def slow(_: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await came.wait()
        await send({"type": "http.response.body", "body": b"{}"})

    async with (
        running(slow, Ending()) as it,
        await anyio.connect_tcp("127.0.0.1", int(it.url.rpartition(":")[2])) as stream,
    ):
        await stream.send(REQUEST)
        with anyio.fail_after(10):
            assert (await stream.receive()).endswith(b"\r\ncontent-length: 2\r\n\r\n")
            came.set()
            assert await stream.receive() == b"{}"
