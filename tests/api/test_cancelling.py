"""A cancelled call stops and gives everything back; a change that had gone out is finished, and leaves word of it."""

import logging

import anyio
import httpx
import pytest

from outreach_mcp.api.errors.tree import NetworkError, OutcomeUnknownError, OutreachError, RefusedRequestError
from outreach_tools.client import Request
from tests.api.recording import Time, client_on, failing

CREATE = Request("POST", "/personas", body={"data": {"type": "persona", "attributes": {"name": "Secret"}}})


class Silent(httpx.AsyncBaseTransport):
    """Takes requests and answers none of them before it is told to."""

    def __init__(self) -> None:
        self.came = anyio.Event()
        self.answers = anyio.Event()
        self.taken: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path.endswith("/personas")
        self.taken.append(request.method)
        self.came.set()
        await self.answers.wait()
        return httpx.Response(201, json={"data": {"type": "persona", "id": 1}})


async def test_a_change_that_is_cancelled_once_it_is_sent_is_finished_and_remembered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    transport = Silent()
    client = client_on(transport)
    with caplog.at_level(logging.WARNING, logger="outreach_mcp"):
        async with anyio.create_task_group() as group:
            group.start_soon(client.send, CREATE)
            await transport.came.wait()
            group.cancel_scope.cancel()
            transport.answers.set()
    assert caplog.messages == ["POST /personas was cancelled after it was sent, and finished all the same: done (201)"]
    again = await client.send(CREATE)
    assert (again.body["data"]["id"], again.note.partition(":")[0], transport.taken) == (
        1,
        "Nothing new was created",
        ["POST"],
    )


async def test_a_cancelled_read_ends_at_once_and_leaves_no_word(caplog: pytest.LogCaptureFixture) -> None:
    transport = Silent()
    client = client_on(transport)
    with caplog.at_level(logging.WARNING, logger="outreach_mcp"):
        async with anyio.create_task_group() as group:
            group.start_soon(client.send, Request("GET", "/personas"))
            await transport.came.wait()
            group.cancel_scope.cancel()  # and no answer comes
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("request_", "error", "said"),
    [
        (Request("GET", "/personas"), NetworkError, "GET /personas was not finished: this server was told to end."),
        (CREATE, OutcomeUnknownError, "POST /personas may or may not have happened: this server was told to end"),
        (
            Request("PATCH", "/personas/1", body={"data": {}}),
            OutcomeUnknownError,
            "PATCH /personas/1 may or may not have happened: this server was told to end",
        ),
    ],
)
async def test_what_is_given_up_on_its_way_says_how_far_it_came(
    request_: Request, error: type[OutreachError], said: str
) -> None:
    came = anyio.Event()

    async def take(_: httpx.Request) -> httpx.Response:
        came.set()
        await anyio.sleep_forever()
        raise AssertionError

    client = client_on(httpx.MockTransport(take))
    raised: list[OutreachError] = []

    async def ask() -> None:
        try:
            await client.send(request_)
        except OutreachError as ended:
            raised.append(ended)

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        await came.wait()
        client.give_up()
    (ended,) = raised
    assert type(ended) is error
    assert str(ended).startswith(said)


async def test_what_has_to_wait_for_its_turn_is_not_sent_any_more_when_everything_is_given_up() -> None:
    transport = Silent()
    client = client_on(transport, concurrency=1)
    raised: list[str] = []

    async def ask(request: Request) -> None:
        try:
            await client.send(request)
        except OutreachError as error:
            raised.append(str(error))

    async with anyio.create_task_group() as group:
        group.start_soon(ask, Request("GET", "/personas"))
        await transport.came.wait()
        group.start_soon(ask, CREATE)
        await anyio.wait_all_tasks_blocked()
        client.give_up()
    assert sorted(raised) == [
        "GET /personas was not finished: this server was told to end. Nothing was changed by it.",
        "POST /personas was not sent: this server was told to end. Nothing was changed by it.",
    ]
    with pytest.raises(RefusedRequestError, match="POST /personas was not sent: this server was told to end"):
        await client.send(CREATE)
    assert transport.taken == ["GET"]


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
    transport.answers.set()
    assert (await client.send(CREATE)).status == 201
