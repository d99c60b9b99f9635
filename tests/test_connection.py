"""The connection opens what the settings ask for, once, and only when it is used."""

import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio
import anyio.lowlevel
import pytest
from pydantic import SecretStr

from outreach_mcp.api.errors.tree import NetworkError
from outreach_mcp.clock import Clock
from outreach_mcp.connection import Connection
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import JsonObject, Request

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SANDBOX = Settings(sandbox=True)

# Port 9 discards; nothing listens there on a machine of today.
NOWHERE = Settings(access_token=SecretStr("not-a-real-token"), api_url="http://127.0.0.1:9/api/v2")

HEAVY = ("httpx", "starlette", "sqlite3", "outreach_mcp.api.client", "outreach_sandbox.store")


async def at_once(_: float) -> None:
    """Pause for no time."""
    await anyio.lowlevel.checkpoint()


@asynccontextmanager
async def connection(settings: Settings) -> AsyncGenerator[Connection]:
    opened = Connection(settings, clock=Clock(now=lambda: NOW, sleep=at_once))
    try:
        yield opened
    finally:
        await opened.aclose()


def prospect(number: int) -> JsonObject:
    return {"data": {"type": "prospect", "attributes": {"emails": [f"new{number}@example.com"]}}}


def test_nothing_that_talks_http_is_imported_before_the_first_use() -> None:
    program = (
        "import sys; before = {*sys.modules}; "  # what measures the tests has modules of its own
        "from outreach_mcp.connection import Connection; "
        "from outreach_mcp.settings.settings import Settings; "
        "Connection(Settings(sandbox=True)); "
        f"print([name for name in {HEAVY!r} if name in {{*sys.modules}} - before])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_menus_show_is_not_imported_before_somebody_looks_into_one() -> None:
    program = (
        "import sys, anyio; from mcp import Client; from outreach_mcp.connection import Connection; "
        "from outreach_mcp.guard.policy import Policy; from outreach_mcp.protocol.server import Guard, build_server; "
        "from outreach_mcp.settings.settings import Settings; from outreach_tools.toolsets import all_tools\n"
        "names = ('outreach_mcp.protocol.prompts', 'outreach_mcp.protocol.reference', 'outreach_tools.playbooks')\n"
        "async def run():\n"
        "    server = build_server(all_tools(), Connection(Settings(sandbox=True)), Guard(Policy.of()))\n"
        "    async with Client(server) as client:\n"
        "        await client.list_tools()\n"
        "        print([name for name in names if name in sys.modules])\n"
        "        await client.list_prompts()\n"
        "        print([name for name in names if name in sys.modules])\n"
        "anyio.run(run)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n['outreach_mcp.protocol.prompts', 'outreach_tools.playbooks']\n"


def test_a_server_starts_without_our_client_and_what_it_talks_http_with() -> None:
    program = (
        "import sys; import outreach_mcp.commands.serve, outreach_mcp.protocol.server; "
        "print([name for name in ('httpx', 'httpcore', 'outreach_mcp.api.client') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


async def test_the_sandbox_answers_through_the_real_client() -> None:
    async with connection(SANDBOX) as client:
        body = (await client.send(Request("GET", "/users", (("page[size]", "1"),)))).body
    assert (body["data"][0]["type"], type(body["data"][0]["id"])) == ("user", int)


async def test_the_sandbox_tells_whom_its_token_acts_for() -> None:
    async with connection(SANDBOX) as client:
        user_id = await client.current_user_id()
        assert (await client.send(Request("GET", f"/users/{user_id}"))).body["data"]["id"] == user_id


async def test_concurrent_first_uses_open_one_sandbox() -> None:
    ids: list[int] = []
    async with connection(SANDBOX) as client:

        async def create(number: int) -> None:
            ids.append((await client.send(Request("POST", "/prospects", body=prospect(number)))).body["data"]["id"])

        async with anyio.create_task_group() as group:
            for number in range(4):
                group.start_soon(create, number)
        listed = await client.send(Request("GET", "/prospects", (("filter[id]", ",".join(map(str, ids))),)))
    assert sorted(row["id"] for row in listed.body["data"]) == sorted(ids)


async def test_the_sandbox_goes_before_the_token() -> None:
    settings = NOWHERE.model_copy(update={"sandbox": True})
    async with connection(settings) as client:
        assert (await client.send(Request("GET", "/users"))).status == 200


async def test_the_sandbox_holds_the_same_for_the_same_number_and_day() -> None:
    request = Request("GET", "/prospects", (("page[size]", "20"), ("sort", "id")))
    bodies: list[JsonObject] = []
    for _ in range(2):
        async with connection(SANDBOX) as client:
            bodies.append((await client.send(request)).body)
    assert bodies[0] == bodies[1]


async def test_another_number_holds_something_else() -> None:
    request = Request("GET", "/prospects", (("page[size]", "20"), ("sort", "id")))
    bodies: list[JsonObject] = []
    for number in (1, 2):
        async with connection(Settings(sandbox=True, sandbox_number=number)) as client:
            bodies.append((await client.send(request)).body)
    assert bodies[0] != bodies[1]


async def test_with_a_token_the_api_at_its_address_is_asked() -> None:
    async with connection(NOWHERE) as client:
        with pytest.raises(NetworkError, match="Outreach cannot be reached for GET /users"):
            await client.send(Request("GET", "/users"))


async def test_settings_that_ask_for_neither_open_nothing() -> None:
    async with connection(Settings()) as client:
        with pytest.raises(ValueError, match="No credentials: run `outreach-mcp login`"):
            await client.send(Request("GET", "/users"))


@pytest.mark.parametrize("used", [False, True])
async def test_a_closed_connection_cannot_be_used(used: bool) -> None:
    client = Connection(NOWHERE, clock=Clock(now=lambda: NOW, sleep=at_once))
    if used:
        with pytest.raises(NetworkError):
            await client.send(Request("GET", "/users"))
    await client.aclose()
    with pytest.raises(RuntimeError, match="the connection to Outreach is closed"):
        await client.send(Request("GET", "/users"))


async def test_a_connection_may_be_closed_twice() -> None:
    client = Connection(NOWHERE, clock=Clock(now=lambda: NOW, sleep=at_once))
    await client.aclose()
    await client.aclose()
