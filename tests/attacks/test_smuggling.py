"""Attacks on where a request begins, ends and leads: framing, headers, addresses, methods; with nginx and without."""

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from tests.attacks.world import (
    ANN,
    MALLORY,
    OLD,
    PUBLIC,
    World,
    a_world,
    answer_in,
    asking,
    bearer,
    calling,
    exchanged,
    mcp_headers,
    post,
    statuses,
    told,
)
from tests.support.nginx_server import NginxServer, running_nginx
from tests.support.redis_server import running_redis

CALL = json.dumps(calling("get_connection")).encode()
LIST = json.dumps(asking("tools/list")).encode()


@pytest.fixture(scope="module")
async def behind(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[tuple[World, NginxServer]]:
    """Two replicas with a Redis, behind nginx."""
    folder: Path = tmp_path_factory.mktemp("replicas")
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(running_redis())
        world = await stack.enter_async_context(a_world(folder, replicas=2, OUTREACH_MCP_STORE=redis.url))
        ports = [httpx.URL(url).port or 0 for url in world.urls]
        yield world, stack.enter_context(running_nginx(ports))


@pytest.fixture(params=["server", "nginx"])
def front(request: pytest.FixtureRequest, behind: tuple[World, NginxServer]) -> tuple[World, str]:
    """The two views of a client: a replica itself, and nginx before both."""
    world, nginx = behind
    return world, (world.url if request.param == "server" else nginx.url)


def head(token: str, *lines: str, path: str = "/mcp", method: str = "POST", version: str = "HTTP/1.1") -> bytes:
    """The head of a request, without its end."""
    fixed = [
        f"{method} {path} {version}",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Accept: application/json, text/event-stream",
        "Content-Type: application/json",
        f"MCP-Protocol-Version: {OLD}",
    ]
    return "\r\n".join([*fixed, *lines, "", ""]).encode("latin-1")


def port_of(url: str) -> int:
    return httpx.URL(url).port or 80


def whole(token: str, body: bytes = CALL) -> bytes:
    """A request that is as it should be, after which the connection is closed."""
    return head(token, f"Content-Length: {len(body)}", "Connection: close") + body


FRAMINGS: dict[str, tuple[str, ...]] = {
    "CL.TE": ("Content-Length: 6", "Transfer-Encoding: chunked"),
    "TE.CL": ("Transfer-Encoding: chunked", "Content-Length: 4"),
    "TE.TE": ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    "TE identity": ("Transfer-Encoding: identity", "Content-Length: 0"),
    "TE with a tab": ("Transfer-Encoding:\tchunked", "Content-Length: 5"),
    "TE twice in one": ("Transfer-Encoding: chunked, chunked",),
    "TE unknown": ("Transfer-Encoding: xchunked", "Content-Length: 5"),
    "TE before a colon": ("Transfer-Encoding : chunked", "Content-Length: 5"),
    "two lengths": ("Content-Length: 0", "Content-Length: 5"),
    "two lengths in one": ("Content-Length: 0, 5",),
    "a length with a sign": ("Content-Length: +5",),
    "a negative length": ("Content-Length: -1",),
    "a length in hexadecimal": ("Content-Length: 0x5",),
    "a length with a space": ("Content-Length: 1 0",),
    "a length of 5000 digits": ("Content-Length: " + "9" * 5000,),
    "a folded line": ("X-A: b", " Content-Length: 5"),
    "a bare line feed": ("X-A: b\nContent-Length: 5",),
    "a bare carriage return": ("X-A: b\rContent-Length: 5",),
    "a null byte": ("X-A: b\0c", "Content-Length: 0"),
}


@pytest.mark.parametrize("framing", FRAMINGS)
async def test_a_request_hidden_behind_another_is_nobodys(front: tuple[World, str], framing: str) -> None:
    """Mallory hides a request without credentials behind her own: were it put before Ann's next one, it would be Ann's.

    What follows on the same connection is judged by its own head, or not at all.
    """
    world, url = front
    hidden = b"0\r\n\r\nPOST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    hidden += b"Content-Length: %d\r\nX-Ignore: " % len(CALL)
    before = len(world.sent())
    received = await exchanged(port_of(url), head(world.token(MALLORY), *FRAMINGS[framing]) + hidden)
    assert 200 not in statuses(received)
    assert b"ann@first.example" not in received
    async with httpx.AsyncClient() as http:
        # Whoever comes next is served as themselves.
        for person, own in ((ANN, "ann@first.example"), (MALLORY, "mallory@second.example")) * 2:
            assert own in await told(http, url, world.token(person), "get_connection")
    assert len(world.sent()) >= before
    assert "Traceback" not in world.log


async def test_an_honest_request_by_hand_is_served(front: tuple[World, str]) -> None:
    world, url = front
    chunked = head(world.token(ANN), "Transfer-Encoding: chunked", "Connection: close")
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CALL), CALL)
    for request in (whole(world.token(ANN)), chunked + body):
        received = await exchanged(port_of(url), request)
        assert (statuses(received), b"ann@first.example" in received) == ([200], True)


async def test_requests_that_follow_without_waiting_are_each_their_callers(front: tuple[World, str]) -> None:
    world, url = front
    body = f"Content-Length: {len(CALL)}"
    requests = head(world.token(MALLORY), body) + CALL + head(world.token(ANN), body) + CALL
    requests += head("guessed", body) + CALL + whole(world.token(MALLORY))
    received = await exchanged(port_of(url), requests)
    parts = received.split(b"HTTP/1.1 ")[1:]
    owners = [(b"mallory@second" in part, b"ann@first" in part, int(part[:3])) for part in parts if part[:3] != b"100"]
    assert owners == [(True, False, 200), (False, True, 200), (False, False, 401), (True, False, 200)]


@pytest.mark.parametrize(
    "line",
    [
        "X-Forwarded-User: ann-1",
        "X-Forwarded-Email: ann@login.example",
        "X-Remote-User: ann-1",
        "Remote-User: ann-1",
        "X-Amzn-Oidc-Identity: ann-1",
        "Cf-Access-Authenticated-User-Email: ann@login.example",
        "Mcp-Session-Id: ann-1",
        "Forwarded: for=127.0.0.1;host=evil.example;proto=https",
        "X-Forwarded-For: 127.0.0.1",
        "X-Original-Url: /disconnect",
        "X-Rewrite-Url: /disconnect",
        "Connection: close, Authorization",
        "Te: trailers",
        "Upgrade: h2c",
        "Expect: 200-ok",
    ],
)
async def test_no_header_makes_mallory_somebody_else(front: tuple[World, str], line: str) -> None:
    world, url = front
    lines = [line, f"Content-Length: {len(CALL)}", *([] if line.startswith("Connection") else ["Connection: close"])]
    request = head(world.token(MALLORY), *lines) + CALL
    own = await exchanged(port_of(url), request)
    nobody = await exchanged(port_of(url), request.replace(b"Authorization: Bearer", b"X-Other: Bearer"))
    assert b"ann@first.example" not in own + nobody
    assert set(statuses(nobody)) <= {401, 400, 417, 100}


async def test_two_ways_of_saying_who_calls_are_refused(front: tuple[World, str]) -> None:
    world, url = front
    before = len(world.outreach.asked)
    for second in (f"Authorization: Bearer {world.token(ANN)}", f"authorization: Bearer {world.token(ANN)}"):
        request = head(world.token(MALLORY), second, f"Content-Length: {len(CALL)}", "Connection: close")
        assert statuses(await exchanged(port_of(url), request + CALL)) == [400]
    assert len(world.outreach.asked) == before


HOSTS = (
    "evil.example",
    "mcp.example.com.evil.example",
    "mcp.example.com@evil.example",
    "evil.example#mcp.example.com",
    "evil.example?.mcp.example.com",
    "",
    "mcp.example.com, evil.example",
)


@pytest.mark.parametrize("host", HOSTS)
async def test_a_poisoned_host_is_refused_and_is_in_no_link(front: tuple[World, str], host: str) -> None:
    world, url = front
    request = whole(world.token(world.provider.people[3])).replace(b"Host: 127.0.0.1", f"Host: {host}".encode())
    received = await exchanged(port_of(url), request)
    assert statuses(received) in ([421], [400])
    links: list[bytes] = []
    for name in ("127.0.0.1", "mcp.example.com", "localhost:9"):
        more = f"X-Forwarded-Host: {host}".encode()
        good = request.replace(f"Host: {host}".encode(), f"Host: {name}\r\n".encode() + more)
        links.append(await exchanged(port_of(url), good))
    assert [f"{PUBLIC}/connect?ticket=".encode() in link for link in links] == [True] * 3


PATHS = (
    "/mcp/../connect",
    "/mcp/%2e%2e/connect/done",
    "/mcp/..%2fmetrics",
    "//mcp",
    "/mcp//",
    "/MCP",
    "/mcp%2freadonly%2f..",
    "/mcp;x=y",
    "/mcp/x/",
    "/mcp/x/nothing",
    "/mcp/%00",
    "/mcp/x/all/../../..",
    "/.well-known/oauth-protected-resource/../../metrics",
    "/connect/../mcp",
    "/health/../mcp",
    "/messages/../mcp",
    "/messages/x?session_id=1",
    "/%6dcp/..",
    "http://evil.example/mcp",
    "/\\evil.example",
)


METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "get", "PROPFIND")


@pytest.mark.parametrize("path", PATHS)
async def test_no_spelling_of_an_address_leads_past_who_is_let_in(front: tuple[World, str], path: str) -> None:
    world, url = front
    for method in METHODS:
        request = head("guessed", f"Content-Length: {len(CALL)}", "Connection: close", path=path, method=method) + CALL
        if method != METHODS[0]:  # one guess for each address: those who try many are slowed
            request = request.replace(b"Authorization: Bearer guessed\r\n", b"")
        nobodys = await exchanged(port_of(url), request)
        assert not set(statuses(nobodys)) & {200, 201, 202, 204, 301, 302, 303, 307, 308}, method
        hidden = (b"guessed", b"ann@", world.provider.issuer.encode())
        assert [secret for secret in hidden if secret in nobodys] == [], method


@pytest.mark.parametrize("path", ["/connect/?ticket=secret", "/health/", "/messages?session_id=1", "/disconnect/"])
async def test_no_address_sends_a_client_to_another(front: tuple[World, str], path: str) -> None:
    """A redirect to the same path would be built of the Host, and lead from https to http."""
    _, url = front
    async with httpx.AsyncClient() as http:
        for method in ("GET", "POST"):
            answer = await http.request(method, url + path, headers={"Host": "mcp.example.com"})
            assert (answer.status_code, "location" in answer.headers) in ((404, False), (405, False), (401, False))


@pytest.mark.parametrize(
    "spelling",
    ["/metrics", "//metrics", "/metrics/", "/./metrics", "/x/../metrics", "/%6detrics", "/metrics?a", "/metrics%2f"],
)
async def test_no_spelling_leads_to_the_figures_through_nginx(behind: tuple[World, NginxServer], spelling: str) -> None:
    world, nginx = behind
    request = head(world.token(ANN), "Connection: close", path=spelling, method="GET")
    received = await exchanged(port_of(nginx.url), request)
    assert (set(statuses(received)) <= {404, 400}, b"outreach_mcp_calls" in received) == (True, False)


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.1\tx", "ICY"])
async def test_other_versions_of_http_make_nobody_somebody(front: tuple[World, str], version: str) -> None:
    world, url = front
    request = head("guessed", f"Content-Length: {len(CALL)}", version=version) + CALL
    received = await exchanged(port_of(url), request)
    assert 200 not in statuses(received)
    assert b"@" not in received
    assert "Traceback" not in world.log


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html", "*/*", "x"],
)
async def test_what_a_foreign_page_can_post_without_asking_is_not_taken(front: tuple[World, str], kind: str) -> None:
    """A form of another site can be sent with these types only, and with its Origin."""
    world, url = front
    before = len(world.outreach.asked)
    async with httpx.AsyncClient() as http:
        headers = {**mcp_headers(world.token(ANN)), "Content-Type": kind}
        for origin in ("https://evil.example", "null", "https://mcp.example.com.evil.example", "http://127.0.0.1:1"):
            answer = await http.post(f"{url}/mcp", content=CALL, headers={**headers, "Origin": origin})
            assert (answer.status_code, [name for name in answer.headers if "access-control" in name]) == (403, [])
        plain = await http.post(f"{url}/mcp", content=CALL, headers=headers)
        assert (plain.status_code, len(world.outreach.asked)) == (plain.status_code, before)
        assert plain.status_code in (400, 415)
        assert "ann@first.example" in await told(http, url, world.token(ANN), "get_connection")


async def test_no_page_of_another_site_may_read_an_answer(front: tuple[World, str]) -> None:
    _, url = front
    async with httpx.AsyncClient() as http:
        for path in ("/mcp", "/sse", "/messages/", "/connect", "/disconnect", "/health"):
            headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
            answer = await http.options(url + path, headers=headers)
            assert (answer.status_code, [name for name in answer.headers if "access-control" in name]) == (403, [])


async def test_many_requests_in_one_body_are_no_requests(front: tuple[World, str]) -> None:
    world, url = front
    before = len(world.outreach.asked)
    async with httpx.AsyncClient() as http:
        answer = await post(http, url, world.token(MALLORY), [calling("get_connection", each) for each in range(50)])
        assert (answer.status_code, len(world.outreach.asked)) == (400, before)
        assert "result" in answer_in(await post(http, url, world.token(MALLORY), calling("get_connection")))


async def test_a_header_that_differs_from_the_body_is_refused(front: tuple[World, str]) -> None:
    """The server does exactly what a gateway before it has let through by the headers."""
    world, url = front
    before = len(world.outreach.asked)
    names = {"Mcp-Method": "tools/list", "Mcp-Name": "list_tasks"}
    headers = {**mcp_headers(world.token(MALLORY), "2026-07-28"), **names}
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{url}/mcp", json=calling("get_connection"), headers=headers)
    assert (answer.status_code, len(world.outreach.asked)) == (400, before)


async def test_a_stream_of_another_replica_is_not_to_be_had_either(behind: tuple[World, NginxServer]) -> None:
    world, _ = behind
    async with (
        httpx.AsyncClient() as http,
        http.stream("GET", f"{world.url}/sse", headers=bearer(world.token(ANN))) as it,
    ):
        lines = it.aiter_lines()
        address = [await anext(lines) for _ in range(2)][1].removeprefix("data: ")
        for url in world.urls:
            answer = await http.post(url + address, json=asking("ping"), headers=bearer(world.token(MALLORY)))
            assert answer.status_code == 404
        own = await http.post(world.url + address, json=asking("ping"), headers=bearer(world.token(ANN)))
        assert own.status_code == 202
