"""A cancelled call stops, gives everything back, and leaves word of a change that had gone out."""

import logging

import anyio
import httpx
import pytest

from outreach_tools.client import Request
from tests.api.recording import Time, client_on, failing

CREATE = Request("POST", "/personas", body={"data": {"type": "persona", "attributes": {"name": "Secret"}}})


class Silent(httpx.AsyncBaseTransport):
    """Takes requests and never answers them, until it is told to."""

    def __init__(self) -> None:
        self.came = anyio.Event()
        self.answers = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path.endswith("/personas")
        self.came.set()
        if not self.answers:
            await anyio.sleep_forever()
        return httpx.Response(201, json={"data": {"type": "persona", "id": 1}})


async def cancel_when_sent(request: Request, transport: Silent) -> None:
    client = client_on(transport)
    async with anyio.create_task_group() as group:
        group.start_soon(client.send, request)
        await transport.came.wait()
        group.cancel_scope.cancel()


async def test_a_cancelled_change_is_logged_as_unknown_without_its_contents(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="outreach_mcp"):
        await cancel_when_sent(CREATE, Silent())
    assert caplog.messages == ["POST /personas was cancelled after it was sent: it may or may not have happened"]


async def test_a_cancelled_read_leaves_no_word(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="outreach_mcp"):
        await cancel_when_sent(Request("GET", "/personas"), Silent())
    assert caplog.messages == []


async def test_a_change_that_is_cancelled_before_it_is_sent_leaves_no_word(caplog: pytest.LogCaptureFixture) -> None:
    transport = Silent()
    client = client_on(transport, concurrency=1)
    with caplog.at_level(logging.WARNING, logger="outreach_mcp"):
        async with anyio.create_task_group() as group:
            group.start_soon(client.send, Request("GET", "/personas"))
            await transport.came.wait()
            group.start_soon(client.send, CREATE)
            await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
    assert caplog.messages == []


async def test_a_change_that_never_left_leaves_no_word_when_it_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    pausing = anyio.Event()

    class Pause(Time):
        async def sleep(self, seconds: float) -> None:
            self.sleeps.append(seconds)
            pausing.set()
            await anyio.sleep_forever()

    client = client_on(failing(lambda _: httpx.ConnectError("refused")), time=Pause())
    with caplog.at_level(logging.WARNING, logger="outreach_mcp"):
        async with anyio.create_task_group() as group:
            group.start_soon(client.send, CREATE)
            await pausing.wait()
            group.cancel_scope.cancel()
    assert caplog.messages == []


async def test_the_client_goes_on_after_a_cancelled_call() -> None:
    transport = Silent()
    client = client_on(transport, concurrency=1)
    async with anyio.create_task_group() as group:
        group.start_soon(client.send, Request("GET", "/personas"))
        await transport.came.wait()
        group.cancel_scope.cancel()
    transport.answers = True
    assert (await client.send(CREATE)).status == 201
