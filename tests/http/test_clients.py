"""Clients of the server over HTTP and SSE: what they are served, under which path."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import anyio
import httpx
import pytest
from mcp import Client, MCPError
from mcp.server import Server
from mcp_types import INVALID_PARAMS, ElicitRequestFormParams, ElicitResult, TextContent
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from outreach_mcp.clock import Clock
from outreach_mcp.connection import Connection
from outreach_mcp.guard.policy import Policy
from outreach_mcp.http.endpoints import ServerFor
from outreach_mcp.http.shutdown import Ending
from outreach_mcp.protocol.server import Guard, build_server
from outreach_mcp.settings.settings import Settings
from outreach_sandbox.access import Access
from outreach_sandbox.app import build_sandbox
from outreach_tools.toolsets import OPT_IN, all_tools, told_last
from tests.support.menus import check_approval, check_pictures, check_prompts, check_resources
from tests.support.processes import COMMAND, SECONDS, environment, pinned
from tests.support.serving import ERAS, WAYS, Era, Path, Slow, call, client, only, running, served, small_server
from tests.support.stores import sandbox_store
from tests.support.workbench import NOW, organisation

VERSIONS = {"legacy": "2025-11-25", "auto": "2026-07-28"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The whole server as a process, on the sandbox, with both transports on one port."""
    arguments = pinned(["serve", "--sandbox", "--transport", "http+sse", "--port", "0"])
    with subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            assert process.stderr is not None
            announced = re.fullmatch(r"Serving (http://127\.0\.0\.1:\d+)/mcp and \1/sse\n", process.stderr.readline())
            assert announced
            yield announced[1]
        finally:
            process.terminate()
            assert process.wait(SECONDS) == 0
            assert process.stderr is not None
            sys.stderr.write(process.stderr.read())


@pytest.mark.parametrize("way", WAYS)
async def test_a_client_lists_all_tools_and_calls_them(url: str, way: tuple[Path, Era]) -> None:
    async with client(url, way) as it:
        listed = await it.list_tools()
        result = await it.call_tool("list_prospects", {"page_size": 3})
        assert it.protocol_version == VERSIONS[way[1]]
    assert [tool.name for tool in listed.tools] == [
        tool.name for tool in sorted(all_tools(), key=told_last) if tool.name not in OPT_IN
    ]
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert (result.is_error, json.loads(content.text)["returned"]) == (False, 3)


@pytest.mark.parametrize("way", WAYS)
async def test_all_that_menus_show_is_there_in_both_eras(url: str, way: tuple[Path, Era]) -> None:
    # Over HTTP an older client has no session in which it could say that it shows pictures: none are told to it.
    shown = way != ("/mcp", "legacy")
    async with client(url, way, pictures=True) as it:
        await check_prompts(it)
        await check_resources(it)
        await check_pictures(it, shown=shown)
        if shown:
            await check_approval(it, f"Approved over {way}")
    async with client(url, way) as it:
        await check_pictures(it, shown=False)


@pytest.mark.parametrize("way", WAYS)
async def test_an_unknown_tool_is_a_protocol_error_on_the_wire(url: str, way: tuple[Path, Era]) -> None:
    async with client(url, way) as it:
        with pytest.raises(MCPError) as refused:
            await it.call_tool("swim", {})
    assert refused.value.error.code == INVALID_PARAMS


async def test_health_says_that_it_is_there_and_nothing_else(url: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{url}/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def by_path(path: str) -> Server | None:
    names = {"": ("read", "write"), "readonly": ("read",), "x/prospects/readonly": ("look",)}
    return small_server(*names[path]) if path in names else None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("narrower", "names"),
    [("", ["read", "write"]), ("/", ["read", "write"]), ("/readonly", ["read"]), ("/x/prospects/readonly", ["look"])],
)
async def test_a_path_serves_its_own_tools(way: tuple[Path, Era], narrower: str, names: list[str]) -> None:
    async with served(by_path) as it, client(it.url, way, narrower=narrower) as of_path:
        assert [tool.name for tool in (await of_path.list_tools()).tools] == names


@pytest.mark.parametrize("path", ["/mcp/readonly/", "/mcp/x", "/mcp//readonly", "/sse/x", "/mcp/x%2F%2E%2E%2Freadonly"])
async def test_a_path_without_tools_is_not_found(path: str) -> None:
    method = "GET" if path.startswith("/sse") else "POST"
    async with served(by_path) as it, httpx.AsyncClient() as http:
        answer = await http.request(method, it.url + path)
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": f"There are no tools at {unquote(path)!r}; the whole set is at /mcp or /sse."},
    )


async def test_a_server_is_made_once_for_its_path() -> None:
    made: list[str] = []

    def make(path: str) -> Server:
        made.append(path)
        return small_server("read")

    async with served(make) as it:
        for narrower in ("", "/a", "", "/a"):
            async with client(it.url, ("/mcp", "auto"), narrower=narrower) as of_path:
                await of_path.list_tools()
    assert made == ["", "a"]


async def test_no_more_servers_are_kept_than_there_is_room_for() -> None:
    made: list[str] = []

    def make(path: str) -> Server:
        made.append(path)
        return small_server("read")

    paths = [f"/{number}" for number in range(65)]
    async with served(make) as it, httpx.AsyncClient() as http:
        for path in (*paths, paths[-1], paths[0]):  # the last is still there, the first is not
            await http.post(f"{it.url}/mcp{path}", json={})
    assert made == [path[1:] for path in (*paths, paths[0])]


@pytest.mark.parametrize("way", WAYS)
async def test_a_client_that_sends_the_key_is_served(way: tuple[Path, Era]) -> None:
    key = "correct-horse-battery-staple"
    headers = {"Authorization": f"Bearer {key}"}
    served_with_key = served(only(small_server("read")), key=SecretStr(key))
    async with served_with_key as it, client(it.url, way, headers=headers) as of_all:
        assert await call(of_all, "read") == "read"


@pytest.mark.parametrize("way", WAYS)
async def test_progress_reaches_the_client_while_the_call_runs(way: tuple[Path, Era]) -> None:
    slow = Slow()

    async def release(progress: float, total: float | None, message: str | None) -> None:
        assert (progress, total, message) == (1, 2, "on it")
        slow.released.set()  # without progress the call would not end

    async with served(only(small_server("wait", slow=slow))) as it, client(it.url, way) as of_all:
        await of_all.call_tool("wait", {}, progress_callback=release)
    assert slow.released.is_set()


async def test_a_client_that_leaves_cancels_its_call() -> None:
    slow = Slow()
    async with served(only(small_server("wait", slow=slow))) as it:
        async with client(it.url, ("/mcp", "auto")) as of_all, anyio.create_task_group() as calls:
            calls.start_soon(call, of_all, "wait")
            await slow.begun.wait()
            calls.cancel_scope.cancel()
        await slow.cancelled.wait()


@pytest.mark.parametrize("way", WAYS)
async def test_many_calls_at_once_are_all_answered(url: str, way: tuple[Path, Era]) -> None:
    answers: list[bool | None] = []

    async def get(of_all: Client) -> None:
        answers.append((await of_all.call_tool("list_users", {"page_size": 1})).is_error)

    async with client(url, way) as of_all, anyio.create_task_group() as calls:
        for _ in range(40):
            calls.start_soon(get, of_all)
    assert answers == [False] * 40


async def test_all_clients_share_one_connection_to_outreach() -> None:
    store = sandbox_store(organisation())
    sandbox = build_sandbox(store, tokens={"secret": Access()}, clock=lambda: NOW)
    callers: set[tuple[str, int]] = set()

    async def outreach(scope: Scope, receive: Receive, send: Send) -> None:
        callers.add(scope["client"])
        await sandbox(scope, receive, send)

    async with running(outreach, Ending()) as api:
        connection = Connection(
            Settings.from_environment({"OUTREACH_ACCESS_TOKEN": "secret", "OUTREACH_API_URL": f"{api.url}/api/v2"}),
            clock=Clock(now=lambda: NOW),
        )
        server = build_server(all_tools(), connection, Guard(Policy.of(), "never"))
        async with served(only(server)) as it:
            for way in (*WAYS, *WAYS):
                async with client(it.url, way) as of_all:
                    result = await of_all.call_tool("list_users", {"page_size": 1})
                    assert not result.is_error, result
        await connection.aclose()
    store.close()
    assert len(callers) == 1


def message(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


@pytest.mark.parametrize("era", ERAS)
async def test_no_session_is_kept_over_streamable_http(era: Era) -> None:
    headers = {"Accept": "application/json, text/event-stream"}
    if era == "auto":
        headers |= {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list"}
    meta: dict[str, object] = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    async with served(only(small_server("read"))) as it, httpx.AsyncClient() as http:
        # No handshake before it: any process can answer any request.
        answer = await http.post(f"{it.url}/mcp", headers=headers, json=message("tools/list", _meta=meta))
    assert (answer.status_code, '"name":"read"' in answer.text) == (200, True)
    assert "mcp-session-id" not in answer.headers


def confirming(connection: Connection) -> ServerFor:
    """Offer our server, which asks before what cannot be taken back and refuses where it cannot ask."""
    return only(build_server(all_tools(), connection, Guard(Policy.of(), "destructive", strict=True)))


@pytest.mark.parametrize("way", WAYS)
async def test_a_person_is_asked_wherever_the_connection_can_carry_a_question(way: tuple[Path, Era]) -> None:
    questions: list[str] = []

    async def agree(context: object, params: object) -> ElicitResult:
        assert context is not None
        assert isinstance(params, ElicitRequestFormParams)
        questions.append(params.message)
        return ElicitResult(action="accept", content={"confirm": True})

    connection = Connection(Settings(sandbox=True), clock=Clock(now=lambda: NOW))
    try:
        async with served(confirming(connection)) as it, client(it.url, way, person=agree) as session:
            result = await session.call_tool("delete_prospect", {"prospect_id": 456})
    finally:
        await connection.aclose()
    # A stateless old-era request cannot carry a question back, so there strict refuses.
    can_ask = way != ("/mcp", "legacy")
    assert (result.is_error, len(questions)) == (not can_ask, int(can_ask))
