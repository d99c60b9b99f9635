"""The client over real sockets: what a lost connection means, and that no proxy hears of a token on this machine."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.tree import NetworkError, OutcomeUnknownError
from outreach_tools.client import Request, Response
from tests.api.recording import client_on

READ = Request("GET", "/prospects")
CREATE = Request("POST", "/prospects", body={"data": {"type": "prospect"}})

WHOLE = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data":[]}'
NOTHING = b""
CUT_OFF = WHOLE[:-4]


@asynccontextmanager
async def server(answer: bytes) -> AsyncGenerator[tuple[str, list[bytes]]]:
    """Serve `answer` to everyone on a port of this machine, and keep what came."""
    received: list[bytes] = []

    async def handle(stream: SocketStream) -> None:
        async with stream:
            received.append(await stream.receive())
            await stream.send(answer)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}/api/v2", received
        group.cancel_scope.cancel()


@asynccontextmanager
async def client_of(base_url: str) -> AsyncGenerator[OutreachClient]:
    client = client_on(None, base_url)
    try:
        yield client
    finally:
        await client.aclose()


async def test_an_answer_over_a_socket_is_read() -> None:
    async with server(WHOLE) as (base_url, _), client_of(base_url) as client:
        assert await client.send(READ) == Response(200, {"data": []})


@pytest.mark.parametrize("answer", [NOTHING, CUT_OFF], ids=["no answer", "half an answer"])
async def test_a_read_whose_connection_breaks_is_a_network_error(answer: bytes) -> None:
    async with server(answer) as (base_url, _), client_of(base_url) as client:
        with pytest.raises(NetworkError):
            await client.send(READ)


@pytest.mark.parametrize("answer", [NOTHING, CUT_OFF], ids=["no answer", "half an answer"])
async def test_a_change_whose_connection_breaks_has_an_unknown_outcome(answer: bytes) -> None:
    async with server(answer) as (base_url, received), client_of(base_url) as client:
        with pytest.raises(OutcomeUnknownError):
            await client.send(CREATE)
        assert sum(request.startswith(b"POST ") for request in received) == 1


async def test_a_change_that_meets_a_closed_port_was_never_sent() -> None:
    async with server(WHOLE) as (base_url, _):
        pass
    async with client_of(base_url) as client:
        with pytest.raises(NetworkError, match="Nothing was sent"):
            await client.send(CREATE)


async def test_a_proxy_of_the_environment_is_not_used_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    async with server(WHOLE) as (proxy, overheard), server(WHOLE) as (base_url, _):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        async with client_of(base_url) as client:
            await client.send(READ)
        assert overheard == []
