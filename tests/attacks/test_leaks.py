"""Attackers learn nothing of other callers, of where the server keeps things, or of what others connected."""

import json
import re
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from outreach_mcp.api.tokens.store import StoredTokens
from outreach_mcp.callers.state.accounts import OutreachUser
from tests.attacks.world import (
    ANN,
    ANNS_SECRETS,
    MALLORY,
    NOVICE,
    RITA,
    World,
    a_world,
    bearer,
    calling,
    mcp_headers,
    post,
    told,
)
from tests.callers.identity.provider import Person
from tests.support.redis_server import PASSWORD, running_redis

LINK = re.compile(r"https://\S+/connect\?ticket=([\w-]+)")
TOOLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_connection", {}),
    ("get_prospect", {"prospect_id": 7}),
    ("get_prospect", {"prospect_id": 999_999}),
    ("list_users", {}),
    ("list_prospects", {}),
    ("list_accounts", {}),
    ("get_account", {"account_id": 5}),
    ("get_user", {"user_id": 1}),
    ("get_user", {"user_id": "me"}),
    ("raw_http_request", {"method": "GET", "path": "/"}),
    ("raw_http_request", {"method": "GET", "path": "/../../oauth/token"}),
    ("raw_http_request", {"method": "GET", "path": "/users?filter[email]=ann@first.example"}),
    ("execute_link", {"link": "http://127.0.0.1:1/api/v2/prospects/7"}),
    ("create_prospect", {"attributes": {"emails": ["only-anns@first.example"]}}),
    ("no_such_tool", {}),
    ("get_prospect", {"prospect_id": {"a": "<script>"}}),
)


async def test_nothing_that_is_said_to_mallory_tells_of_ann(world: World) -> None:
    async with httpx.AsyncClient() as http:
        anns = [await told(http, world.url, world.token(ANN), tool, **arguments) for tool, arguments in TOOLS]
        said: list[tuple[str, str]] = []
        for tool, arguments in TOOLS:
            for credential in (world.token(MALLORY), world.kims_key, world.token(RITA), world.token(NOVICE)):
                answer = await post(http, world.url, credential, calling(tool, **arguments))
                shown = json.dumps(arguments)  # what they have said themselves
                said += [
                    (tool, secret)
                    for secret in ANNS_SECRETS
                    if secret in answer.text + str(answer.headers) and secret not in shown
                ]
    assert "only-anns@first.example" in " ".join(anns)
    assert said == []


async def test_what_is_not_there_looks_like_what_is_anothers(world: World) -> None:
    """The answer for Ann's account, which Mallory's organisation does not have, is that for one of nobody."""
    async with httpx.AsyncClient() as http:
        anns = await told(http, world.url, world.token(MALLORY), "get_account", account_id=5)
        nobodys = await told(http, world.url, world.token(MALLORY), "get_account", account_id=6)
        assert re.sub(r"\b5\b", "6", anns) == nobodys
        assert "Of Ann alone" in await told(http, world.url, world.token(ANN), "get_account", account_id=5)


async def test_no_answer_tells_who_else_is_connected(world: World) -> None:
    """One who is not connected is told the same whoever else is, and whoever had the name before."""
    async with httpx.AsyncClient() as http:
        said = [
            LINK.sub("LINK", await told(http, world.url, world.token(person), "get_connection"))
            for person in (NOVICE, Person("ghost-9", ANN.email, ANN.name))
        ]
    assert said[0] == said[1]
    assert said[0] == (
        "Connect your Outreach account to go on. Ask the person to open LINK in a browser. Then try again: until that "
        "is done every call ends like this. Nothing was sent."
    )


async def test_no_link_of_one_is_given_to_another(world: World) -> None:
    people = [Person(f"new-{number}", "same@login.example", "Same Name") for number in range(3)]
    async with httpx.AsyncClient() as http:
        found = [LINK.search(await told(http, world.url, world.token(each), "get_connection")) for each in people]
    tickets = [link[1] for link in found if link]
    assert (len(set(tickets)), [ticket for ticket in tickets if ticket in world.log]) == (3, [])


@pytest.mark.parametrize(
    "path", ["/health", "/ready", "/.well-known/oauth-protected-resource", "/connect", "/disconnect"]
)
async def test_what_everybody_may_see_tells_of_nobody(world: World, path: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.get(world.url + path, headers=bearer(world.token(MALLORY)))
    shown = answer.text + str(answer.headers)
    hidden = (*ANNS_SECRETS, "Mallory", "mallory", "kim", str(world.folder), "Traceback", "python")
    assert [secret for secret in hidden if secret in shown] == []
    assert "server" not in answer.headers


async def test_the_figures_name_no_caller(world: World) -> None:
    async with httpx.AsyncClient() as http:
        await told(http, world.url, world.token(ANN), "get_connection")
        figures = (await http.get(f"{world.url}/metrics")).text
    assert 'outreach_mcp_calls_total{outcome="ok",tool="get_connection"}' in figures
    assert [secret for secret in (*ANNS_SECRETS, "Mallory", "kim") if secret in figures] == []


async def test_a_connection_that_was_withdrawn_tells_its_owner_alone(world: World) -> None:
    """Somebody whose tokens Outreach does not take any more: Mallory learns nothing, and loses nothing."""
    lost = Person("lost-8", "lost@login.example", "Lost Soul")
    connection = world.outreach.connection(world.subject(lost), lost.name, OutreachUser(3, "Kim", "kim@second.example"))
    world.state.connections.connect(replace(connection, id="lost", tokens=StoredTokens("used up", "withdrawn")))
    async with httpx.AsyncClient() as http:
        said = await told(http, world.url, world.token(lost), "get_connection")
        assert said.startswith("Outreach does not accept your connection any more")
        assert "withdrawn" not in said.partition("any more")[0]
        assert "mallory@second" in await told(http, world.url, world.token(MALLORY), "get_connection")
        assert "ann@first" in await told(http, world.url, world.token(ANN), "get_connection")


async def test_the_journal_cannot_be_signed_with_anothers_name(world: World) -> None:
    """Callers who may choose their name at the provider, or on a key, are distinguished all the same."""
    forger = replace(MALLORY, name=ANN.name)
    async with httpx.AsyncClient() as http:
        for person in (ANN, forger):
            await told(http, world.url, world.token(person), "create_account", attributes={"name": "Whose?"})
        await told(http, world.url, world.kims_key, "create_account", attributes={"name": "Whose?"})
    lines = [
        line
        for line in world.journal
        if line.get("body", {}).get("data", {}).get("attributes", {}).get("name") == "Whose?"
    ]
    assert [(line["caller"], line["subject"], line["user"]) for line in lines] == [
        (ANN.name, world.subject(ANN), 1),
        (ANN.name, world.subject(MALLORY), 2),
        ("kim", world.kims_subject, 3),
    ]


@pytest.mark.parametrize("name", ["Ann\nArden", "Ann\x1b[2J", "Ann\u202egnp", "", " ", "x" * 300, {"a": 1}, ["Ann"]])
async def test_a_name_writes_no_lines_of_its_own(world: World, name: object) -> None:
    async with httpx.AsyncClient() as http:
        token = world.token(MALLORY, name=name, email=None)
        await told(http, world.url, token, "create_account", attributes={"name": f"Named {name!r}"[:60]})
    assert world.journal[-1]["caller"] == "mallory-2"
    assert all(json.loads(line) for line in world.log.splitlines() if line.startswith("{"))


def test_no_secret_is_logged(world: World) -> None:
    """At the level that logs the most, after all that this module has done."""
    secrets = [world.kims_key, "the-server's:secret", *world.outreach.tokens]
    encryption_key = world.settings.encryption_key
    assert encryption_key is not None
    assert [secret for secret in (*secrets, encryption_key.get_secret_value()) if secret in world.log] == []
    assert not re.search(r"eyJ[\w-]{20}", world.log)
    assert "called get_connection" in world.log


@pytest.fixture(scope="module")
async def failing(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[World]:
    """A server whose store and journal can be damaged."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(a_world(tmp_path_factory.mktemp("failing"), OUTREACH_MCP_CONFIRM="never"))


def hidden_from_callers(world: World) -> list[str]:
    """The facts about the machine that no caller needs to know."""
    return [str(world.folder), "sqlite", "journal.jsonl", "OUTREACH_MCP_STORE", "Errno", "Traceback"]


async def test_a_store_that_fails_tells_no_caller_where_it_is(failing: World) -> None:
    path = Path(failing.folder / "state.sqlite3")
    with sqlite3.connect(path) as database:
        kept = database.execute("SELECT name, value, expires_at FROM state").fetchall()
        database.execute("UPDATE state SET value = zeroblob(64) WHERE name LIKE 'connections:%'")
    async with httpx.AsyncClient() as http:
        said = await told(http, failing.url, failing.token(RITA), "get_connection")
        page = await http.get(f"{failing.url}/connect?ticket=guessed")
    with sqlite3.connect(path) as database:
        database.executemany("INSERT OR REPLACE INTO state (name, value, expires_at) VALUES (?, ?, ?)", kept)
    shown = said + page.text
    assert [secret for secret in hidden_from_callers(failing) if secret in shown] == []
    async with httpx.AsyncClient() as http:
        assert "rita@second" in await told(http, failing.url, failing.token(RITA), "get_connection")


async def test_a_journal_that_fails_tells_no_caller_where_it_is(failing: World) -> None:
    path = failing.folder / "journal.jsonl"
    path.unlink(missing_ok=True)
    path.mkdir()
    before = len([each for each in failing.outreach.asked if each.method == "POST"])
    arguments = {"attributes": {"name": "Unwritten"}}
    async with httpx.AsyncClient() as http:
        said = await told(http, failing.url, failing.token(MALLORY), "create_account", **arguments)
        assert len([each for each in failing.outreach.asked if each.method == "POST"]) == before
        path.rmdir()
        done = await told(http, failing.url, failing.token(MALLORY), "create_account", **arguments)
    assert ("was not sent" in said, "Unwritten" in done) == (True, True)
    assert [secret for secret in hidden_from_callers(failing) if secret in said] == []
    assert str(path) in failing.log  # it is the operator's to know


async def test_a_redis_that_fails_tells_no_caller_where_it_is(
    anyio_backend: str,
    tmp_path: Path,
) -> None:
    with running_redis() as redis:
        async with a_world(tmp_path, OUTREACH_MCP_STORE=redis.url) as world, httpx.AsyncClient(timeout=30) as http:
            assert "ann@first" in await told(http, world.url, world.token(ANN), "get_connection")
            redis.stop()
            said = await told(http, world.url, world.token(NOVICE), "get_connection")
            created = await told(http, world.url, world.token(MALLORY), "create_account", attributes={"name": "Lost"})
            page = await http.get(f"{world.url}/connect?ticket=guessed")
            ready = await http.get(f"{world.url}/ready", headers=mcp_headers())
            shown = said + created + page.text + ready.text
            hidden = [*hidden_from_callers(world), PASSWORD, str(redis.port), "redis", "Redis", "ConnectionError"]
            assert (page.status_code, ready.status_code) == (503, 503)
            assert [secret for secret in hidden if secret in shown] == []
            assert f"127.0.0.1:{redis.port}" in world.log  # it is the operator's to know
            assert [each for each in world.outreach.asked if each.method == "POST"] == []
