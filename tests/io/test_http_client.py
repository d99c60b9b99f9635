"""The one way out: what comes back has bounds of size and time, is whole, and belongs to what was asked."""

import gzip
import subprocess
import sys
import zlib
from collections.abc import AsyncGenerator, Callable
from functools import partial

import anyio
import anyio.to_thread
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.io.http_client import MOST_BYTES, Answer, BodyError, HttpClient, ask, ask_from_thread, json_in
from tests.support.processes import ROOT
from tests.support.raw_server import (
    Sent,
    answer,
    dripping_body,
    dripping_head,
    endless_body,
    endless_extensions,
    endless_go_on,
    endless_head,
    endless_hints,
    endless_small_chunks,
    endless_trailers,
    raw_server,
    silence,
)


def bomb(wbits: int) -> bytes:
    """64 KB that are 64 MB."""
    packing = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join(packing.compress(b" " * MOST_BYTES) for _ in range(64)) + packing.flush()


@pytest.fixture(scope="module")
def gzip_bomb() -> bytes:
    return bomb(31)


@pytest.fixture(scope="module")
def deflate_bomb() -> bytes:
    return bomb(15)


def coded(coding: str, body: bytes, status: str = "200 OK") -> bytes:
    return answer(body, status=status, headers=[("Content-Encoding", coding)])


async def asked(*answers: Sent, within: float = 5.0) -> Answer:
    async with raw_server(*answers) as server:
        try:
            return await ask("GET", server.url, within=within, headers={})
        except httpx.HTTPError as error:
            lost = error
    raise lost  # outside the server's tasks, which would wrap it


async def test_a_body_of_the_longest_length_is_taken_and_one_byte_more_is_not() -> None:
    longest = b" " * MOST_BYTES
    assert (await asked(answer(longest))).content == longest
    assert (await asked(coded("gzip", gzip.compress(longest)))).content == longest
    for too_long in (answer(longest + b" "), coded("gzip", gzip.compress(longest + b" "))):
        with pytest.raises(BodyError, match=r"is longer than 1,048,576 bytes"):
            await asked(too_long)


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "deflate"])
async def test_a_bomb_is_stopped_at_the_bound(coding: str, gzip_bomb: bytes, deflate_bomb: bytes) -> None:
    with pytest.raises(BodyError, match="is longer than"):
        await asked(coded(coding, deflate_bomb if coding == "deflate" else gzip_bomb))


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "gzip,identity", "x" * 5000])
async def test_a_coding_that_was_not_asked_for_is_not_undone(coding: str, gzip_bomb: bytes) -> None:
    with pytest.raises(BodyError, match=r"is coded as '.{1,40}', which was not asked for"):
        await asked(coded(coding, gzip_bomb))


async def test_only_codings_with_a_bound_are_asked_for() -> None:
    async with raw_server(answer()) as server:
        await ask("GET", server.url, within=5, headers={})
    assert b"\r\naccept-encoding: gzip, deflate\r\n" in server.requests[0].lower()


@pytest.mark.parametrize(
    "whole",
    [
        answer(b'{"a": 1'[:5], length=8),
        coded("gzip", gzip.compress(b'{"a": 1}')[:-9]),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{}",
    ],
    ids=["length", "compressed", "chunked"],
)
async def test_a_body_that_was_cut_off_is_no_answer(whole: bytes) -> None:
    async def cut() -> AsyncGenerator[bytes]:
        yield whole
        raise anyio.EndOfStream  # and the connection is closed

    with pytest.raises(httpx.RemoteProtocolError):
        await asked(cut)


async def test_what_is_no_compression_is_no_answer() -> None:
    with pytest.raises(BodyError, match="is not compressed as it says"):
        await asked(coded("gzip", b"{}"))


@pytest.mark.parametrize("more", [b"x", b"{}", gzip.compress(b"{}"), b"\0" * 9], ids=range(4))
async def test_what_comes_after_the_compressed_end_is_no_answer_and_ends_the_connection(more: bytes) -> None:
    async with raw_server(coded("gzip", gzip.compress(b"{}") + more), answer(b'{"data": 2}')) as server:
        http = HttpClient(server.url, timeout=5)
        with pytest.raises(BodyError, match="goes on after its compressed end"):
            await http.send(http.request("GET", server.url), within=5)
        assert json_in(await http.send(http.request("GET", server.url), within=5)) == {"data": 2}
        await http.aclose()
    assert server.connections == 2


async def endless_nothing() -> AsyncGenerator[bytes]:
    """Send compression of nothing, without end."""
    yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    while True:
        piece = packing.flush(zlib.Z_FULL_FLUSH)
        block = piece + b"\x00\x00\x00\xff\xff" * 8000
        yield b"%x\r\n" % len(block) + block + b"\r\n"


@pytest.mark.parametrize("status", ["404 Not Found", "503 Service Unavailable", "302 Found"])
async def test_an_answer_that_refuses_is_known_by_its_status_however_long_it_is(status: str, gzip_bomb: bytes) -> None:
    for refusal in (coded("gzip", gzip_bomb, status), coded("br", b"x", status), coded("gzip", b"x", status)):
        refused = await asked(refusal)
        assert refused.status == int(status[:3])
        assert len(refused.content) <= 256 * 1024


@pytest.mark.parametrize(
    "endless",
    [
        *(endless_body, endless_head, endless_nothing),
        *(endless_go_on, endless_hints, endless_extensions, endless_small_chunks, endless_trailers),
    ],
)
async def test_what_never_ends_is_read_no_further_than_the_bound(endless: Callable[[], AsyncGenerator[bytes]]) -> None:
    async with raw_server(endless) as server:
        with pytest.raises((BodyError, httpx.RemoteProtocolError)):
            await ask("GET", server.url, within=60, headers={})  # the bound ends it, on a slow machine too
    assert server.sent < 16 * MOST_BYTES  # what fits between two sockets comes on top


@pytest.mark.parametrize("endless", [endless_go_on, endless_hints])
async def test_what_comes_before_an_answer_is_read_no_further_than_a_head_may_be(
    endless: Callable[[], AsyncGenerator[bytes]],
) -> None:
    async with raw_server(endless) as server:
        with pytest.raises(httpx.RemoteProtocolError, match="more than 262,144 bytes came in answer to one request"):
            await ask("GET", server.url, within=5, headers={})


async def test_heads_that_come_before_an_answer_are_no_fault() -> None:
    whole = b"HTTP/1.1 100 Continue\r\n\r\n" * 10 + b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(b"{}")
    assert (await asked(whole)).content == b"{}"


async def test_each_request_on_a_connection_may_have_an_answer_of_the_longest_length() -> None:
    longest = answer(b" " * MOST_BYTES)
    async with raw_server(longest) as server:
        http = HttpClient(server.url, timeout=5)
        got = [len((await http.send(http.request("GET", server.url), within=5)).content) for _ in range(5)]
        await http.aclose()
    assert (got, server.connections) == ([MOST_BYTES] * 5, 1)


async def test_the_client_counts_through_a_proxy_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw_server(endless_go_on) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with pytest.raises(httpx.HTTPError, match="more than 262,144 bytes came"):
            await ask("GET", "https://api.example.test", within=5, headers={})


@pytest.mark.parametrize("slow", [silence, dripping_head, dripping_body])
async def test_one_deadline_holds_for_all_that_drips_in(slow: Callable[[], AsyncGenerator[bytes]]) -> None:
    async with raw_server(slow) as server:
        with pytest.raises(httpx.ReadTimeout, match="no answer within the call's time"):
            await ask("GET", server.url, within=0.05, headers={})
        with pytest.raises(httpx.ReadTimeout, match="no answer within the call's time"):
            await anyio.to_thread.run_sync(partial(ask_from_thread, "GET", server.url, within=0.05, headers={}))


SMUGGLED = answer(b'{"data": "smuggled"}')


@pytest.mark.parametrize(
    "left_over", [SMUGGLED, SMUGGLED[:30], b"HTTP/1.1 200 OK\r\nX-First: ", b"\r\n", b"x"], ids=range(5)
)
@pytest.mark.parametrize(
    "first",
    [answer(b'{"data": 1}'), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
    ids=["length", "chunked"],
)
async def test_bytes_that_are_left_over_answer_nothing(first: bytes, left_over: bytes) -> None:
    async with raw_server(first + left_over, answer(b'{"data": 2}')) as server:
        http = HttpClient(server.url, timeout=5)
        await http.send(http.request("GET", server.url), within=5)
        second = await http.send(http.request("GET", server.url), within=5)
        await http.aclose()
    assert json_in(second) == {"data": 2}
    assert (server.connections, len(server.requests)) == (2, 2)


async def test_a_connection_on_which_nothing_is_left_over_is_used_again() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    async with raw_server(answer(), chunked, coded("gzip", gzip.compress(b"{}")), answer(status="404 No")) as server:
        http = HttpClient(server.url, timeout=5)
        for _ in range(6):
            await http.send(http.request("GET", server.url), within=5)
        await http.aclose()
    assert server.connections == 1


async def test_a_connection_whose_answer_was_not_read_to_its_end_is_not_used_again() -> None:
    async with raw_server(answer(b" " * MOST_BYTES + SMUGGLED), answer(b'{"data": 2}')) as server:
        http = HttpClient(server.url, timeout=5)
        with pytest.raises(BodyError):
            await http.send(http.request("GET", server.url), within=5)
        assert json_in(await http.send(http.request("GET", server.url), within=5)) == {"data": 2}
        await http.aclose()
    assert server.connections == 2


async def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    headers = [("Location", "/elsewhere"), ("Set-Cookie", "who=somebody; Path=/")]
    async with raw_server(answer(status="302 Found", headers=headers)) as server:
        http = HttpClient(server.url, timeout=5)
        for _ in range(2):
            assert (await http.send(http.request("GET", server.url), within=5)).status == 302
        await http.aclose()
    assert len(server.requests) == 2
    assert not any(b"cookie" in request.lower() or b"elsewhere" in request for request in server.requests)


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b"", b"{", b"\xff", b'{"a": 1}}'], ids=range(7)
)
def test_what_cannot_be_read_as_json_is_told_as_one_kind_of_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_in(Answer(200, httpx.Headers(), text))


@given(st.binary(max_size=5000), st.sampled_from(["", "identity", "gzip", "deflate"]), st.integers(1, 600))
def test_whatever_is_sent_in_whatever_pieces_arrives(data: bytes, coding: str, size: int) -> None:
    sent = {"gzip": gzip.compress(data), "deflate": zlib.compress(data)}.get(coding, data)

    class Pieces(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncGenerator[bytes]:
            for start in range(0, len(sent), size):
                yield sent[start : start + size]

    def give(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": coding} if coding else {}, stream=Pieces())

    found = ask_from_thread("GET", "http://x.example", within=5, headers={}, transport=httpx.MockTransport(give))
    assert found.content == data


@pytest.mark.parametrize("url", ["https://a.example/\x00", "http://[::1", "gopher://a/"])
async def test_what_is_no_address_is_not_reached(url: str) -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        await ask("GET", url, within=5, headers={})


CLIENTS = [
    "import httpx\nhttpx.AsyncClient()",
    "import httpx as h\nh.Client()",
    "from httpx import AsyncClient\nAsyncClient()",
    "import httpx\nhttpx.get('https://a.example')",
    "from httpx import post\npost('https://a.example')",
    "import httpx\nhttpx.AsyncHTTPTransport()",
    "import httpx2\nhttpx2.get('https://a.example')",
    "import httpcore\nhttpcore.request('GET', 'https://a.example')",
    "import requests\nrequests.get('https://a.example')",
    "import aiohttp\naiohttp.ClientSession()",
    "import urllib3\nurllib3.PoolManager()",
    "import http.client\nhttp.client.HTTPSConnection('a.example')",
    "from http.client import HTTPConnection\nHTTPConnection('a.example')",
    "from urllib.request import urlopen\nurlopen('https://a.example')",
    "import urllib.request\nurllib.request.urlopen('https://a.example')",
    "import jwt\njwt.PyJWKClient('https://a.example')",
]


@pytest.mark.parametrize("source", CLIENTS)
def test_the_lint_refuses_another_way_out(source: str) -> None:
    name = "server/outreach_mcp/io/somewhere.py"
    command = [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename", name, "-"]
    found = subprocess.run(command, input=f"{source}\n", capture_output=True, text=True, cwd=ROOT, check=False)
    assert (found.returncode, "TID251" in found.stdout) == (1, True), found.stdout + found.stderr
