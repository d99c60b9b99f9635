"""Whatever a request is made of, at whatever address: the server answers or closes, has no fault, and goes on."""

import itertools
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from outreach_mcp.http.health import metrics_routes
from tests.callers.pages.team import a_team
from tests.support.counts import few_or_many
from tests.support.serving import only, served, small_server

KEY = "correct-horse-battery-staple"
EXAMPLES = 120
"""For each of two servers; `scripts/check_long attack` has room for more."""

PATHS = (
    *("/mcp", "/mcp/readonly", "/mcp/x/prospects", "/sse", "/sse/readonly", "/messages/", "/messages"),
    *("/health", "/ready", "/metrics", "/connect", "/connect/signed-in", "/connect/outreach", "/connect/done"),
    *("/disconnect", "/disconnect/confirm", "/.well-known/oauth-protected-resource"),
    *("/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server", "/", "*", "/nowhere"),
)
METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI", "get", "X" * 300)
ODD: tuple[bytes, ...] = (
    *(b"", b"%", b"%00", b"%ff", b"%C3%28", b"%2e%2e/", b"../", b"//", b";a=b", b"\\", b"'", b'"', b"<script>", b"{}"),
    *(b"\x00", b"\xff", b"\xc3\xa9", "\u202e".encode(), b"\t", b" ", b"\r", b"\n", b"\x7f", b"9" * 5000, b"a" * 3000),
    *(b"-1", b"0", b"null", b"[]", b"1e999", b"&a=1&a=2", b"=", b"a=" * 1000, b"\xed\xa0\x80", b"eyJ", b"omcp_", b"#"),
)
NAMES = (
    *("Accept", "Authorization", "Content-Type", "Content-Length", "Content-Encoding", "Cookie", "Expect", "Host"),
    *("Last-Event-ID", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Session-Id", "Mcp-Param-X", "Origin"),
    *("Access-Control-Request-Method", "Access-Control-Request-Headers", "Range", "If-None-Match", "Sec-Fetch-Site"),
    *("Transfer-Encoding", "Upgrade", "X-Forwarded-For", "X-Http-Method-Override", "Traceparent", "Te", "X y", ""),
)
VALUES: tuple[bytes, ...] = (
    *(b"application/json, text/event-stream", b"application/json", b"text/event-stream;q=x", b"*/*;q=-1", b",;,"),
    *(b"2026-07-28", b"2025-11-25", b"2024-11-05", b"tools/call", b"tools/list", b"ping", b"initialize", b"read"),
    *(b"Bearer omcp_x", b"Bearer a.b.c", b"Bearer eyJhbGciOiJub25lIn0.e30.", b"Basic Og==", b"Bearer", b"chunked"),
    *(b"identity", b"gzip", b"100-continue", b"websocket", b"http://127.0.0.1", b"null", b"localhost", b"POST"),
    *(b"outreach-mcp=x; outreach-mcp=y", b"__Host-ticket=\xff", b"a=b; " * 500, b"=?utf-8?q?=00?=", b"00-0-0-00"),
)
LISTING = b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}'
BODIES: tuple[bytes, ...] = (
    *(b"{}", b"[]", b"null", b"1", b'"', b"\xef\xbb\xbf{}", b"ticket=x", b"ticket=%00%ff", b"ticket=" + b"9" * 5000),
    LISTING,
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":{"a":1e999}}}',
    b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
    b'"clientInfo":{"name":"f","version":"1"}}}',
    b'{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":[]}}',
    b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}',
    b'{"jsonrpc":"2.0","id":1,"result":{"_meta":5}}',
    *(b"[" * 100_000, b"9" * 5000, b'{"a":' * 300, b'{"id":"\\ud800"}', b"\x00" * 300_000, b"1\r\n{\r\n0\r\n\r\n"),
)

_NOTHING = st.just(b"")

_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and a key that opens it."""

    url: str
    key: str


@pytest.fixture
async def targets(tmp_path: Path) -> AsyncGenerator[dict[str, Target]]:
    """A server of many callers, who connect their accounts, and one with a key."""
    async with AsyncExitStack() as stack:
        many = await stack.enter_async_context(a_team(tmp_path))
        pages = metrics_routes()
        page = ["https://app.example.com"]
        one = await stack.enter_async_context(
            served(only(small_server("read")), key=SecretStr(KEY), pages=pages, origins=page, cors=page)
        )
        yield {"many": Target(many.url, many.kims_key), "one": Target(one.url, KEY)}


def parts(*of: bytes) -> st.SearchStrategy[bytes]:
    """Some of these, with anything between them."""
    one = st.sampled_from(of) | st.binary(max_size=12)
    return st.lists(one, max_size=3).map(b"".join)


headers = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES * 4) | parts(*ODD)), min_size=1, max_size=8)


@st.composite
def requests(draw: st.DrawFn) -> tuple[bytes, bool, bool]:
    """A request with a place for the key, whether that is sent, and whether its body is as long as it says."""
    path = draw(st.sampled_from(PATHS)).encode()
    path += draw(_NOTHING | _NOTHING | st.just(b"/") | parts(*ODD)) + draw(
        _NOTHING | _NOTHING | parts(*ODD).map(lambda q: b"?" + q)
    )
    lines = [
        f"{draw(st.sampled_from(('GET', 'POST')) | st.sampled_from(METHODS))} ".encode() + path + b" HTTP/1.1",
        b"Connection: close",
    ]
    lines += [b"Host: 127.0.0.1"] if draw(st.sampled_from([True] * 9 + [False])) else []
    lines += [name.encode() + b": " + value for name, value in draw(headers)]
    body = draw(st.just(b"") | st.sampled_from(BODIES) | parts(*BODIES))
    is_whole = draw(st.sampled_from([True] * 9 + [False]))
    length = len(body) if is_whole else draw(st.integers(0, 2**40))
    lines += [b"Content-Length: %d" % length] if body or not is_whole else []
    return b"\r\n".join([*lines, b""]) + b"%s\r\n" + body, draw(st.booleans()), is_whole


@pytest.mark.parametrize("kind", ["many", "one"])
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(request=requests())
async def test_no_request_is_more_than_a_server_can_answer(
    targets: dict[str, Target], caplog: pytest.LogCaptureFixture, kind: str, request: tuple[bytes, bool, bool]
) -> None:
    target, (text, is_known, is_whole) = targets[kind], request
    known = f"Authorization: Bearer {target.key}\r\n".encode() if is_known else b""
    caplog.clear()
    status = await status_of(target.url, text.replace(b"%s", known, 1), is_whole=is_whole)
    assert status is None or status < 500 or status in (501, 503), text
    faults = [each for each in caplog.records if each.levelno >= logging.ERROR or each.exc_info]
    assert [each.getMessage() for each in faults] == [], text
    assert await status_of(target.url, b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", is_whole=True) == 200


async def status_of(url: str, sent: bytes, *, is_whole: bool) -> int | None:
    """The status of the answer; None where the connection ends without one, or where it would wait for the rest."""
    number = next(_numbers)
    address = f"127.0.{1 + number // 250 % 250}.{1 + number % 250}"  # who tries many keys from one is slowed
    received = b""
    with anyio.fail_after(20):
        async with await anyio.connect_tcp("127.0.0.1", int(url.rpartition(":")[2]), local_host=address) as stream:
            try:
                await stream.send(sent)
                while is_whole and b"\r\n" not in received:
                    received += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                pass
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", received)
    return int(found[1]) if found else None


@pytest.mark.parametrize("kind", ["many", "one"])
async def test_each_address_answers_each_method(targets: dict[str, Target], kind: str) -> None:
    for path, method in itertools.product(PATHS, METHODS):
        sent = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        status = await status_of(targets[kind].url, sent, is_whole=True)
        assert status is not None, sent
        assert status < 500 or status in (501, 503), sent


@pytest.mark.parametrize("kind", ["many", "one"])
async def test_each_header_may_hold_anything(
    targets: dict[str, Target], caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    target = targets[kind]
    known = f"Authorization: Bearer {target.key}\r\nHost: 127.0.0.1\r\n".encode()
    body = LISTING
    pairs = [*itertools.product(NAMES, (*VALUES, *ODD))]
    # Each kind of server with another half, in the long run with all.
    for name, value in pairs[kind == "one" :: 2] if few_or_many(True, False) else pairs:
        line = name.encode() + b": " + value
        length = b"" if name == "Content-Length" else b"Content-Length: %d\r\n" % len(body)
        sent = b"POST /mcp HTTP/1.1\r\nConnection: close\r\n" + known + length + line + b"\r\n\r\n" + body
        # What announces another length waits for more; what does not is answered.
        status = await status_of(target.url, sent, is_whole=name not in ("Content-Length", "Transfer-Encoding"))
        assert status is None or status < 500, line
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR or each.exc_info] == []
