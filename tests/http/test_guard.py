"""The checks before every route: names, origins, the key, the size of a body."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from outreach_mcp.http.endpoints import Exposure, build_http_app
from outreach_mcp.http.guard import NameGuard
from tests.support.serving import only, small_server

KEY = "correct-horse-battery-staple"
ROUTES = [
    ("GET", "/health"),
    ("POST", "/mcp"),
    ("POST", "/mcp/readonly"),
    ("GET", "/sse"),
    ("GET", "/sse/readonly"),
    ("POST", "/messages/"),
    ("GET", "/nothing"),
]
GUARDED = [route for route in ROUTES if route[1] not in ("/health", "/nothing")]
ASK: dict[str, object] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
HEADERS = {"Accept": "application/json, text/event-stream"}


@asynccontextmanager
async def asking(url: str = "http://127.0.0.1:8000", **options: Any) -> AsyncGenerator[httpx.AsyncClient]:
    """Ask a server as one that arrived at the address of `url`; `options` are fields of `Exposure`."""
    app = build_http_app(only(small_server("read")), Exposure(sse=True, **options))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=url, headers=HEADERS) as http:
        yield http


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://192.168.1.5:8000"], ids=["loopback", "elsewhere"])
async def test_a_foreign_host_is_refused_at_every_route(url: str, method: str, path: str) -> None:
    async with asking(url) as http:
        answer = await http.request(method, path, headers={"Host": "evil.example:8000"})
    assert (answer.status_code, answer.json()) == (
        421,
        {"error": "This server is not 'evil.example:8000'; OUTREACH_MCP_ALLOWED_HOSTS gives it more names."},
    )


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://192.168.1.5:8000"], ids=["loopback", "elsewhere"])
async def test_a_foreign_origin_is_refused_at_every_route(url: str, method: str, path: str) -> None:
    async with asking(url) as http:
        answer = await http.request(method, path, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, answer.json()) == (
        403,
        {
            "error": "Web pages of 'https://evil.example' may not use this server; "
            "OUTREACH_MCP_ALLOWED_ORIGINS lets more in."
        },
    )


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8000",
        "127.0.0.1",
        "localhost:9000",  # a port that something passes on
        "LOCALHOST:8000",
        "[::1]:8000",
        "mcp.example.com",
        "MCP.example.com:8443",
        "inner.example.com:80",
    ],
)
async def test_a_name_of_the_server_is_known(host: str) -> None:
    async with asking(hosts=["mcp.example.com", "Inner.example.com:80"]) as http:
        assert (await http.get("/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost.evil.example",
        "localhost:8000.evil.example",
        "evil.example:127.0.0.1",
        "127.0.0.1.evil.example",
        "127.0.0.1:80:80",
        "x@localhost",
        "[localhost]",
        "192.168.1.5:8000",  # an address, but not the one that the request arrived at
        "inner.example.com:81",
        "inner.example.com",
        "xmcp.example.com",
    ],
)
async def test_what_only_resembles_a_name_of_the_server_is_foreign(host: str) -> None:
    async with asking(hosts=["mcp.example.com", "inner.example.com:80"]) as http:
        assert (await http.get("/health", headers={"Host": host})).status_code == 421


@pytest.mark.parametrize("address", ["192.168.1.5", "[2001:db8::5]"])
async def test_the_address_that_a_request_arrived_at_is_a_name_of_the_server(address: str) -> None:
    async with asking(f"http://{address}:8000") as http:
        assert (await http.get("/health")).status_code == 200


async def test_an_address_is_known_in_the_form_that_a_socket_for_both_kinds_shows_it() -> None:
    async with asking("http://[::ffff:192.168.1.5]:8000") as http:
        assert (await http.get("/health", headers={"Host": "192.168.1.5:8000"})).status_code == 200


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "https://app.example.com", "https://APP.example.com"])
async def test_the_server_itself_and_named_origins_are_let_in(origin: str) -> None:
    async with asking(origins=["https://app.example.com"]) as http:
        assert (await http.get("/health", headers={"Origin": origin})).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://127.0.0.1:3000",
        "http://localhost:8000",  # another origin than the one it calls, to a browser
        "http://app.example.com",
        "https://app.example.com:444",
        "https://app.example.com.evil.example",
        "file://",
    ],
)
async def test_another_origin_is_foreign_however_near(origin: str) -> None:
    async with asking(origins=["https://app.example.com"]) as http:
        assert (await http.get("/health", headers={"Origin": origin})).status_code == 403


async def test_a_second_origin_does_not_hide_behind_the_first() -> None:
    async with asking() as http:
        headers = [("Origin", "http://127.0.0.1:8000"), ("Origin", "https://evil.example")]
        assert (await http.get("/health", headers=headers)).status_code == 403


@given(st.text(st.characters(max_codepoint=255)), st.text(st.characters(max_codepoint=255)))
async def test_whatever_the_headers_hold_an_answer_is_given(host: str, origin: str) -> None:
    statuses: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(answer: Any) -> None:
        if answer["type"] == "http.response.start":
            statuses.append(answer["status"])

    headers = [(b"host", host.encode("latin-1")), (b"origin", origin.encode("latin-1"))]
    scope = {"type": "http", "headers": headers, "server": ("127.0.0.1", 8000)}
    await NameGuard(app, hosts=(), origins=())(scope, receive, send)
    assert statuses[0] in (200, 403, 421)


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_without_the_key_nothing_of_mcp_is_reached(method: str, path: str) -> None:
    async with asking(key=SecretStr(KEY)) as http:
        answer = await http.request(method, path)
    assert (answer.status_code, answer.headers["WWW-Authenticate"], answer.json()) == (
        401,
        'Bearer realm="outreach-mcp"',
        {"error": "This server needs its key: send the header 'Authorization: Bearer <OUTREACH_MCP_KEY>'."},
    )


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize(
    "given_key",
    ["Bearer wrong", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", f"Basic {KEY}", KEY, "Bearer", "", "Bearer é"],
)
async def test_a_wrong_key_is_refused_and_not_repeated(method: str, path: str, given_key: str) -> None:
    async with asking(key=SecretStr(KEY)) as http:
        answer = await http.request(method, path, headers=[(b"Authorization", given_key.encode())])
    assert (answer.status_code, answer.headers["WWW-Authenticate"], answer.json()) == (
        401,
        'Bearer realm="outreach-mcp", error="invalid_token"',
        {"error": "The key is not this server's OUTREACH_MCP_KEY."},
    )


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_key_opens_the_server(scheme: str) -> None:
    async with asking(key=SecretStr(KEY)) as http:
        answer = await http.post("/mcp", json=ASK, headers={"Authorization": f"{scheme} {KEY}"})
    assert (answer.status_code, '"name":"read"' in answer.text) == (200, True)


async def test_a_second_key_does_not_hide_behind_the_first() -> None:
    async with asking(key=SecretStr(KEY)) as http:
        headers = [("Authorization", f"Bearer {KEY}"), ("Authorization", "Bearer wrong")]
        assert (await http.post("/mcp", json=ASK, headers=headers)).status_code == 401


async def test_the_key_in_the_url_opens_nothing() -> None:
    async with asking(key=SecretStr(KEY)) as http:
        assert (await http.post("/mcp", json=ASK, params={"key": KEY, "access_token": KEY})).status_code == 401


async def test_health_needs_no_key() -> None:
    async with asking(key=SecretStr(KEY)) as http:
        answer = await http.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_foreign_host_is_refused_before_its_key_is_looked_at() -> None:
    async with asking(key=SecretStr(KEY)) as http:
        headers = {"Host": "evil.example", "Authorization": f"Bearer {KEY}"}
        assert (await http.post("/mcp", json=ASK, headers=headers)).status_code == 421


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 512):
        yield b" " * 512


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/messages/?session_id=00000000000000000000000000000000"])
@pytest.mark.parametrize("era", [{}, {"MCP-Protocol-Version": "2026-07-28"}], ids=["legacy", "modern"])
@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
async def test_a_body_beyond_the_bound_is_refused(path: str, era: dict[str, str], chunked: bool) -> None:
    headers = {"Content-Type": "application/json", **era}
    async with asking(max_body_bytes=2048) as http:
        answer = await http.post(path, headers=headers, content=chunks(2560) if chunked else b" " * 2560)
    assert answer.status_code == 413


async def test_a_body_within_the_bound_is_served_in_chunks_too() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b'{"jsonrpc": "2.0", "id": 1, '
        yield b'"method": "tools/list", "params": {}}'

    async with asking(max_body_bytes=2048) as http:
        answer = await http.post("/mcp", headers={"Content-Type": "application/json"}, content=body())
    assert (answer.status_code, '"name":"read"' in answer.text) == (200, True)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/mcp", "POST"),
        ("DELETE", "/mcp", "POST"),
        ("OPTIONS", "/mcp", "POST"),
        ("POST", "/sse", "GET"),
        ("HEAD", "/sse", "GET"),
        ("GET", "/messages/", "POST"),
    ],
)
async def test_another_method_is_told_which_one_is_served(method: str, path: str, allowed: str) -> None:
    async with asking() as http:
        answer = await http.request(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


async def test_a_route_that_is_not_there_is_not_found() -> None:
    async with asking() as http:
        answer = await http.get("/.well-known/oauth-protected-resource")
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": "There is no '/.well-known/oauth-protected-resource' here."},
    )


@pytest.mark.parametrize(
    ("exposure", "path", "method"),
    [
        (Exposure(sse=False), "/sse", "GET"),
        (Exposure(sse=False), "/messages/", "POST"),
        (Exposure(http=False, sse=True), "/mcp", "POST"),
    ],
)
async def test_a_transport_that_was_not_asked_for_is_not_served(exposure: Exposure, path: str, method: str) -> None:
    app = build_http_app(only(small_server("read")), exposure)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        assert (await http.request(method, path)).status_code == 404
