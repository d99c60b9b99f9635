"""Callers of a server for many: who is let in over HTTP, as whom, and what everybody else is told."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path as FilePath
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.server import Server, ServerRequestContext
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
)
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from outreach_mcp.caller import current_caller
from outreach_mcp.callers.identity.identification import Identification
from outreach_mcp.callers.identity.key_giving import add_key, remove_key
from outreach_mcp.callers.identity.keys import KeyRing
from outreach_mcp.callers.identity.tokens import TokenVerifier
from outreach_mcp.http.authentication import Access
from outreach_mcp.http.endpoints import Exposure, build_http_app
from outreach_mcp.http.protected_resource import ProtectedResource
from outreach_mcp.http.shutdown import Ending
from tests.callers.identity.provider import ALICE, BOB, READER, Provider, Registered, provided, sign_in
from tests.support.serving import WAYS, Era, Path, Served, call, client, only, running, served

PUBLIC = "https://mcp.example.com"
HERE = f"{PUBLIC}/mcp"
ROUTES = [("POST", "/mcp"), ("POST", "/mcp/readonly"), ("GET", "/sse"), ("POST", "/messages/")]
BOTH = "outreach:read outreach:write"
FORM: dict[str, Any] = {"type": "object", "properties": {}}
DAY = datetime(2026, 11, 22, 12, tzinfo=UTC)


def telling_server() -> Server:
    """A server that tells who calls, and asks something whose answer is good for the one who was asked."""

    async def list_tools(_: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[Tool(name=name, input_schema=FORM) for name in ("whoami", "ask")])

    async def call_tool(
        _: ServerRequestContext[Any], params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        if params.name == "ask" and not params.input_responses:
            question = ElicitRequestFormParams(message="Sure?", requested_schema=FORM)
            return InputRequiredResult(
                input_requests={"sure": ElicitRequest(params=question)}, request_state="asked before"
            )
        await anyio.lowlevel.checkpoint()  # where another caller's request may come in between
        caller, token = current_caller(), get_access_token()
        assert caller is not None
        assert token is not None
        # What the SDK knows is the same, and holds nothing that could be passed on.
        assert (token.subject, token.scopes, token.token) == (caller.subject, sorted(caller.scopes), "")
        return CallToolResult(content=[TextContent(text=f"{caller.name} {params.request_state or ''}".strip())])

    server = Server("telling", on_list_tools=list_tools, on_call_tool=call_tool, get_tool_input_schema=lambda _: None)
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience="telling"))
    return server


@dataclass(frozen=True, slots=True)
class Team:
    """A server for many, its provider, and its file of keys with Kim's key."""

    server: Served
    provider: Provider
    keys: FilePath
    kims_key: str

    def token(self, person: Any = ALICE, **changed: Any) -> str:
        return self.provider.token(person, HERE, **changed)


@asynccontextmanager
async def a_team(folder: FilePath, *, now: Callable[[], datetime] = lambda: DAY) -> AsyncGenerator[Team]:
    keys = folder / "keys.json"
    kims_key = add_key(keys, "kim", "kim@example.com", until=date(2026, 12, 31))
    async with provided() as provider:
        identification = Identification(TokenVerifier(provider.issuer, [HERE]), KeyRing(keys, now=now))
        access = Access(identification, ProtectedResource(PUBLIC, provider.issuer))
        async with served(only(telling_server()), access=access) as server:
            yield Team(server, provider, keys, kims_key)


@pytest.fixture
async def team(tmp_path: FilePath) -> AsyncGenerator[Team]:
    async with a_team(tmp_path) as it:
        yield it


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


async def told(team: Team, credential: str, way: tuple[Path, Era] = ("/mcp", "auto")) -> str:
    """Return the caller as the server names them."""
    async with client(team.server.url, way, headers=bearer(credential)) as it:
        return await call(it, "whoami")


async def refused(team: Team, **request: Any) -> tuple[int, str, str]:
    """Return the answer to somebody who is not let in: the status, the challenge, and the words."""
    method, path = request.pop("route", ("POST", "/mcp"))
    async with httpx.AsyncClient() as http:
        answer = await http.request(method, team.server.url + path, **request)
    return answer.status_code, answer.headers.get("WWW-Authenticate", ""), answer.json()["error"]


@pytest.mark.parametrize("way", WAYS)
async def test_each_request_is_its_callers(team: Team, way: tuple[Path, Era]) -> None:
    assert [await told(team, each, way) for each in (team.token(), team.kims_key, team.token(BOB))] == [
        "Alice Arden",
        "kim",
        "Bob Birch",
    ]


@pytest.mark.parametrize("way", WAYS)
async def test_callers_at_once_are_not_mixed_up(team: Team, way: tuple[Path, Era]) -> None:
    answers: list[tuple[str, str]] = []

    async def ask(name: str, credential: str) -> None:
        async with client(team.server.url, way, headers=bearer(credential)) as it:
            for _ in range(5):
                answers.append((name, await call(it, "whoami")))

    async with anyio.create_task_group() as tasks:
        for person in (ALICE, BOB, READER):
            tasks.start_soon(ask, person.name, team.token(person))
        tasks.start_soon(ask, "kim", team.kims_key)
    assert len(answers) == 20
    assert [name for name, answer in answers if name != answer] == []


@pytest.mark.parametrize("route", ROUTES)
async def test_who_says_nothing_is_told_where_to_get_a_token(team: Team, route: tuple[str, str]) -> None:
    transport = "mcp" if route[1].startswith("/mcp") else "sse"
    assert await refused(team, route=route) == (
        401,
        f'Bearer resource_metadata="{PUBLIC}/.well-known/oauth-protected-resource/{transport}", scope="{BOTH}"',
        "This server needs to know who calls: send the header 'Authorization: Bearer ...'.",
    )


@pytest.mark.parametrize("header", ["Basic YWxpY2U6eA==", "Digest x", "", "Token x"])
async def test_another_way_to_say_who_calls_is_like_saying_nothing(team: Team, header: str) -> None:
    status, challenge, _ = await refused(team, headers={"Authorization": header})
    assert (status, "error=" in challenge) == (401, False)


@pytest.mark.parametrize("route", ROUTES)
async def test_a_token_that_is_not_good_is_refused_with_the_reason(team: Team, route: tuple[str, str]) -> None:
    token = team.provider.token(ALICE, "https://other.example.com/mcp")
    status, challenge, words = await refused(team, route=route, headers=bearer(token))
    assert (status, words) == (401, "The token is not for this server (aud).")
    assert challenge.startswith(
        'Bearer error="invalid_token", error_description="the token is not for this server (aud)", resource_metadata='
    )
    assert challenge.endswith(f'scope="{BOTH}"')


@pytest.mark.parametrize("route", ROUTES)
async def test_a_token_that_may_not_even_read_lacks_a_scope(team: Team, route: tuple[str, str]) -> None:
    status, challenge, words = await refused(team, route=route, headers=bearer(team.token(scope="openid")))
    assert (status, words) == (403, "The token lacks the scope outreach:read.")
    assert 'error="insufficient_scope"' in challenge
    assert challenge.endswith('scope="outreach:read"')


@pytest.mark.parametrize("key", ["omcp_wrong", "omcp_" + "A" * 43, "kim"])
async def test_a_wrong_key_is_refused_and_not_repeated(team: Team, key: str) -> None:
    status, challenge, words = await refused(team, headers=bearer(key))
    assert (status, 'error="invalid_token"' in challenge, key in words + challenge) == (401, True, False)


async def test_a_key_that_was_taken_back_lets_nobody_in(team: Team) -> None:
    assert await told(team, team.kims_key) == "kim"
    remove_key(team.keys, "kim")
    assert (await refused(team, headers=bearer(team.kims_key)))[::2] == (401, "The key is not one of this server's.")


async def test_a_key_that_was_given_out_just_now_lets_in(team: Team) -> None:
    assert await told(team, add_key(team.keys, "lou", "lou@example.com")) == "lou"


@pytest.mark.parametrize(("day", "status"), [(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 200), (None, 401)])
async def test_a_key_is_good_to_the_end_of_its_last_day(tmp_path: FilePath, day: datetime | None, status: int) -> None:
    after = datetime(2027, 1, 1, tzinfo=UTC)
    async with a_team(tmp_path, now=lambda: day or after) as team:
        if status == 200:
            assert await told(team, team.kims_key) == "kim"
        else:
            words = "The key was good until 2026-12-31."
            assert (await refused(team, headers=bearer(team.kims_key)))[::2] == (401, words)


async def test_a_damaged_file_of_keys_is_no_callers_fault_and_leaves_tokens_alone(team: Team) -> None:
    team.keys.write_text("{", encoding="utf-8")
    status, _, words = await refused(team, headers=bearer(team.kims_key))
    assert (status, words) == (503, "This server's keys cannot be read now; its log says why.")
    assert await told(team, team.token()) == "Alice Arden"


async def test_a_provider_that_does_not_answer_is_no_callers_fault(tmp_path: FilePath) -> None:
    async with provided() as gone:
        token = gone.token(ALICE, HERE)
    access = Access(Identification(TokenVerifier(gone.issuer, [HERE])), ProtectedResource(PUBLIC, gone.issuer))
    app = build_http_app(only(telling_server()), Exposure(access=access))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        answer = await http.post("/mcp", headers=bearer(token))
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (
        503,
        "30",
        {"error": "The identity provider's keys cannot be read now; try again in half a minute."},
    )


@pytest.mark.parametrize("also_header", [False, True], ids=["alone", "with a good header"])
async def test_a_credential_in_the_address_is_refused(team: Team, also_header: bool) -> None:
    for route in ROUTES:
        for name in ("access_token", "token", "key", "api_key", "Authorization", "apiKey", "x"):
            for credential in (team.token(), team.kims_key):
                headers = bearer(credential) if also_header else {}
                status, challenge, words = await refused(team, route=route, params={name: credential}, headers=headers)
                assert (status, 'error="invalid_request"' in challenge) == (400, True)
                assert credential not in words + challenge


async def test_an_ordinary_query_is_none_of_its_business(team: Team) -> None:
    status, challenge, _ = await refused(team, params={"session": "1", "tokens": "5"})
    assert (status, "error=" in challenge) == (401, False)


async def test_a_second_authorization_header_is_refused_whatever_the_first(team: Team) -> None:
    for first, second in ((ALICE, BOB), (BOB, ALICE), (ALICE, ALICE)):
        headers = [("Authorization", f"Bearer {team.token(person)}") for person in (first, second)]
        status, _, words = await refused(team, headers=headers)
        assert (status, words) == (400, "There is more than one Authorization header.")


@pytest.mark.parametrize("header", ["Bearer {a}, Bearer {b}", "Bearer {a} {b}", "Bearer\t{a}", "Bearer{a}", "Bearer"])
async def test_a_header_that_is_no_one_bearer_token_is_refused(team: Team, header: str) -> None:
    value = header.format(a=team.token(), b=team.token(BOB))
    status, challenge, _ = await refused(team, headers={"Authorization": value})
    assert (status, 'error="invalid_token"' in challenge) == (401, True)


OTHER_HEADERS = """X-Forwarded-User X-Remote-User X-Authenticated-User X-User Proxy-Authorization Cookie Authorization_
X-Authorization X-Api-Key X-Forwarded-Authorization X-Original-Authorization"""


@pytest.mark.parametrize("name", OTHER_HEADERS.split())
async def test_no_other_header_says_who_calls(team: Team, name: str) -> None:
    for value in (f"Bearer {team.token(BOB)}", team.kims_key, "alice@example.com"):
        assert (await refused(team, headers={name: value}))[0] == 401
        headers = {name: value, **bearer(team.token())}
        async with client(team.server.url, ("/mcp", "auto"), headers=headers) as it:
            assert await call(it, "whoami") == "Alice Arden"


async def test_a_request_hidden_in_another_ones_body_is_no_callers(team: Team) -> None:
    hidden = b"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {team.token()}\r\n".encode()
    port = httpx.URL(team.server.url).port
    assert port is not None
    for framing in (b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Content-Length: 0\r\n\r\n"):
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(head + framing + hidden)
            received = b""
            try:
                while True:
                    received += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                pass
        statuses = [line.split()[1] for line in received.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
        # Alice's own request is wrong, as it has no body; the hidden one says not whose it is.
        assert statuses[-1] in (b"401", b"400")
        assert b"Alice" not in received
        assert b"200" not in statuses


async def test_two_lengths_of_one_body_are_refused(team: Team) -> None:
    port = httpx.URL(team.server.url).port
    assert port is not None
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        head = f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {team.token()}\r\n".encode()
        await stream.send(head + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}")
        assert (await stream.receive()).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("thief", ["bob", "kim", "nobody"])
async def test_a_stolen_sse_session_answers_to_its_owner_alone(team: Team, thief: str) -> None:
    stolen = {"bob": bearer(team.token(BOB)), "kim": bearer(team.kims_key), "nobody": {}}[thief]
    async with (
        httpx.AsyncClient(base_url=team.server.url) as http,
        http.stream("GET", "/sse", headers=bearer(team.token())) as stream,
    ):
        lines = stream.aiter_lines()
        address = [await anext(lines) for _ in range(2)][1].removeprefix("data: ")
        ask = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HANDSHAKE}
        answer = await http.post(address, json=ask, headers=stolen)
        missing = await http.post(f"/messages/?session_id={'0' * 32}", json=ask, headers=stolen)
        # The same as for a session that is not there, so that guessing tells nothing.
        assert (answer.status_code, answer.text) == (missing.status_code, missing.text)
        assert answer.status_code == (401 if thief == "nobody" else 404)
        # A newer token of the same caller goes on with it.
        own = await http.post(address, json=ask, headers=bearer(team.token()))
        assert own.status_code == 202


HANDSHAKE: dict[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "thief", "version": "1"},
}


async def ask_first(it: Client) -> InputRequiredResult:
    """Call `ask` without an answer to its question; returns the question."""
    result = await it.session.call_tool("ask", {}, allow_input_required=True)
    assert isinstance(result, InputRequiredResult)
    return result


async def answer_to(it: Client, question: InputRequiredResult) -> str:
    result = await it.session.call_tool(
        "ask",
        {},
        request_state=question.request_state,
        input_responses={"sure": ElicitResult(action="accept", content={})},
    )
    assert isinstance(result, CallToolResult)
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.mark.parametrize("path", ["/mcp", "/sse"])
async def test_the_state_of_a_question_is_good_for_who_was_asked_alone(team: Team, path: Path) -> None:
    way: tuple[Path, Era] = (path, "auto")
    url = team.server.url
    async with (
        client(url, way, headers=bearer(team.token())) as alice,
        client(url, way, headers=bearer(team.token(BOB))) as bob,
        client(url, way, headers=bearer(team.kims_key)) as kim,
    ):
        question = await ask_first(alice)
        for thief in (bob, kim):
            with pytest.raises(MCPError) as stolen:
                await answer_to(thief, question)
            assert stolen.value.error.code == INVALID_PARAMS
        assert await answer_to(alice, question) == "Alice Arden asked before"


async def metadata(team: Team, path: str) -> Any:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{team.server.url}/.well-known/oauth-protected-resource{path}")
    return answer.json() if answer.status_code == 200 else answer.status_code


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [("", "/mcp"), ("/mcp", "/mcp"), ("/mcp/readonly", "/mcp"), ("/sse", "/sse"), ("/sse/x/tasks", "/sse")],
)
async def test_the_metadata_say_where_tokens_come_from(team: Team, path: str, endpoint: str) -> None:
    assert await metadata(team, path) == {
        "resource": f"{PUBLIC}{endpoint}",
        "authorization_servers": [team.provider.issuer],
        "scopes_supported": ["outreach:read", "outreach:write"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Outreach",
    }


@pytest.mark.parametrize("path", ["/other", "/mcpx", "/health"])
async def test_what_is_not_served_has_no_metadata(team: Team, path: str) -> None:
    assert await metadata(team, path) == 404


async def test_under_a_path_of_its_own_the_metadata_stand_where_rfc_9728_has_them() -> None:
    resource = ProtectedResource("https://example.com/outreach", "https://login.example.com")
    app = build_http_app(only(telling_server()), Exposure(access=Access(Identification(), resource)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        challenge = (await http.post("/mcp")).headers["WWW-Authenticate"]
        path = "/.well-known/oauth-protected-resource/outreach/mcp"
        assert challenge == f'Bearer resource_metadata="https://example.com{path}", scope="{BOTH}"'
        assert (await http.get(path)).json()["resource"] == "https://example.com/outreach/mcp"


async def test_with_keys_alone_there_is_nowhere_to_get_a_token(tmp_path: FilePath) -> None:
    add_key(tmp_path / "keys.json", "kim", "kim@example.com")
    access = Access(Identification(keys=KeyRing(tmp_path / "keys.json")), ProtectedResource(PUBLIC))
    app = build_http_app(only(telling_server()), Exposure(access=access))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as http:
        assert (await http.post("/mcp")).headers["WWW-Authenticate"] == f'Bearer scope="{BOTH}"'
        assert (await http.get("/.well-known/oauth-protected-resource/mcp")).status_code == 404


def test_a_server_has_one_key_or_many_callers() -> None:
    access = Access(Identification(), ProtectedResource(PUBLIC))
    with pytest.raises(ValueError, match="one or the other"):
        build_http_app(only(telling_server()), Exposure(access=access, key=SecretStr("x" * 16)))


async def test_health_needs_no_caller(team: Team) -> None:
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{team.server.url}/health")).json() == {"status": "ok"}


class Tokens:
    """The storage of a client's sign-in; it was registered beforehand."""

    def __init__(self, registered: OAuthClientInformationFull) -> None:
        self._registered = registered
        self._tokens: OAuthToken | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self._tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self._tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self._registered

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self._registered = client_info


async def test_a_client_that_knows_the_address_alone_signs_its_person_in() -> None:
    back = "http://127.0.0.1:9/callback"
    visited: list[str] = []
    apps: list[ASGIApp] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[0](scope, receive, send)  # made once the address is known

    async with (
        provided(Provider(clients=[Registered("desktop", (back,))])) as provider,
        httpx.AsyncClient() as browser,
        running(app, Ending()) as it,
    ):
        identification = Identification(TokenVerifier(provider.issuer, [f"{it.url}/mcp"]))
        access = Access(identification, ProtectedResource(it.url, provider.issuer))
        apps.append(build_http_app(only(telling_server()), Exposure(access=access)))

        async def open_browser(address: str) -> None:
            visited.append(await sign_in(browser, address, ALICE))

        async def come_back() -> AuthorizationCodeResult:
            query = httpx.URL(visited[-1]).params
            return AuthorizationCodeResult(code=query["code"], state=query["state"], iss=query["iss"])

        desktop = OAuthClientMetadata.model_validate({"redirect_uris": [back], "token_endpoint_auth_method": "none"})
        kept = Tokens(OAuthClientInformationFull(**desktop.model_dump(), client_id="desktop", issuer=provider.issuer))
        auth = OAuthClientProvider(f"{it.url}/mcp", desktop, kept, open_browser, come_back)
        async with (
            httpx2.AsyncClient(auth=auth) as http,
            Client(streamable_http_client(f"{it.url}/mcp", http_client=http)) as session,
        ):
            assert await call(session, "whoami") == "Alice Arden"
    assert len(visited) == 1
