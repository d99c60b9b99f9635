"""Clients that are slow, or silent, hold nothing for long."""

import socket

import anyio
import anyio.lowlevel
from starlette.types import Message, Receive, Scope, Send

from outreach_mcp.http.shutdown import Ending
from outreach_mcp.http.slow_clients import Patience
from tests.support.serving import only, running, served, small_server

SHORT = Patience(head=0.2, body=0.2, answer=0.2)
POST = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


async def answer_to(part: bytes) -> bytes:
    """Return what a client gets that sends this and then nothing, up to the end of the connection."""
    async with (
        served(only(small_server("read")), patience=SHORT) as it,
        await anyio.connect_tcp("127.0.0.1", int(it.url.rpartition(":")[2])) as stream,
    ):
        if part:
            await stream.send(part)
        return b"".join([received async for received in stream])


async def test_a_connection_without_a_request_is_closed() -> None:
    assert (await answer_to(b"")).startswith(b"HTTP/1.1 408 ")


async def test_a_head_that_is_never_finished_is_not_waited_for() -> None:
    answer = await answer_to(b"GET /health HTTP/1.1\r\nHost: local")
    assert (
        answer[:13],
        answer.endswith(b'{"error": "The head of the request was not there within 0.2 seconds."}'),
    ) == (
        b"HTTP/1.1 408 ",
        True,
    )


async def test_a_body_that_is_never_finished_is_not_waited_for() -> None:
    answer = await answer_to(POST + b"Content-Length: 100\r\n\r\n{")
    assert (
        answer[:13],
        answer.endswith(b'{"error": "The body of the request was not there within 0.2 seconds."}'),
    ) == (
        b"HTTP/1.1 408 ",
        True,
    )


async def test_a_body_in_chunks_that_is_never_finished_is_not_waited_for() -> None:
    answer = await answer_to(POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_the_next_head_is_not_waited_for_either_once_it_has_begun() -> None:
    answer = await answer_to(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea")
    assert (answer[:13], b"HTTP/1.1 408 " in answer) == (b"HTTP/1.1 200 ", True)


async def test_the_rest_of_a_body_that_was_refused_is_not_read_for_ever() -> None:
    answer = await answer_to(POST + b"Content-Length: 99999999\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_client_that_does_not_read_is_dropped_and_holds_little() -> None:
    sent, gone = 0, anyio.Event()

    async def endless(_: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent

        async def until_gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()
            tasks.cancel_scope.cancel()

        part: Message = {"type": "http.response.body", "body": b"x" * 65_536, "more_body": True}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(until_gone)
            while True:
                await send(part)
                await anyio.lowlevel.checkpoint()
                sent += 65_536

    async with running(endless, Ending(), patience=SHORT) as it:
        with socket.create_connection(("127.0.0.1", int(it.url.rpartition(":")[2]))) as silent:
            silent.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await gone.wait()
    assert sent < 32 * 1024 * 1024  # what the kernel's buffers hold


async def test_a_client_that_waits_for_a_slow_answer_is_not_slow() -> None:
    async def slow(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with anyio.move_on_after(1):
            await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async with (
        running(slow, Ending(), patience=SHORT) as it,
        await anyio.connect_tcp("127.0.0.1", int(it.url.rpartition(":")[2])) as stream,
    ):
        await stream.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b"".join([part async for part in stream])
    assert answer.startswith(b"HTTP/1.1 200 ")
