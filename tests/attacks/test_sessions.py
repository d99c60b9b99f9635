"""Attacks on what is kept between requests: sessions, streams, connections, caches. Nothing of one reaches another."""

import json
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from tests.attacks.world import (
    ANN,
    ANNS_SECRETS,
    MALLORY,
    OLD,
    RITA,
    Held,
    World,
    answer_in,
    asking,
    bearer,
    calling,
    post,
    text_in,
    told,
)
from tests.support.serving import ERAS, Era, client

HANDSHAKE = asking(
    "initialize", {"protocolVersion": OLD, "capabilities": {}, "clientInfo": {"name": "thief", "version": "1"}}
)
ANNS, MALLORYS = "ann@first.example", "mallory@second.example"


async def who(http: httpx.AsyncClient, world: World, credential: str, **headers: str) -> str:
    """The e-mail of the Outreach user that a call is made as."""
    response = await post(http, world.url, credential, calling("get_connection"), **headers)
    return str(json.loads(text_in(response))["user"]["email"])


async def test_a_session_id_makes_nobody_somebody_else(world: World) -> None:
    async with httpx.AsyncClient() as http:
        assert await who(http, world, world.token(ANN)) == ANNS
        opened = await post(http, world.url, world.token(ANN), HANDSHAKE)
        anns = opened.headers.get("Mcp-Session-Id", "0" * 32)
        before = len(world.sent())
        for session in (anns, world.subject(ANN), ANN.subject, "1"):
            assert await who(http, world, world.token(MALLORY), **{"Mcp-Session-Id": session}) == MALLORYS
        assert len(world.sent()) == before


async def test_a_stolen_stream_is_like_one_that_is_not_there(world: World) -> None:
    async with (
        httpx.AsyncClient(base_url=world.url) as http,
        http.stream("GET", "/sse", headers=bearer(world.token(ANN))) as stream,
    ):
        lines = stream.aiter_lines()
        address = [await anext(lines) for _ in range(2)][1].removeprefix("data: ")
        before = len(world.sent())
        for thief in (world.token(MALLORY), world.kims_key):
            stolen = await http.post(address, json=HANDSHAKE, headers=bearer(thief))
            missing = await http.post(f"/messages/?session_id={'0' * 32}", json=HANDSHAKE, headers=bearer(thief))
            assert (stolen.status_code, stolen.text, dict(stolen.headers) | {"date": ""}) == (
                404,
                missing.text,
                dict(missing.headers) | {"date": ""},
            )
        assert (await http.post(address, json=HANDSHAKE)).status_code == 401
        assert len(world.sent()) == before
        assert (await http.post(address, json=HANDSHAKE, headers=bearer(world.token(ANN)))).status_code == 202


async def test_a_stream_lends_its_rights_to_no_weaker_token(world: World) -> None:
    """A stream that was opened with a token that writes, and messages with a token of the same person that reads."""
    weaker = world.token(ANN, scope="outreach:read")
    create = calling("create_account", 2, attributes={"name": "By a weaker token"})
    async with (
        httpx.AsyncClient(base_url=world.url) as http,
        http.stream("GET", "/sse", headers=bearer(world.token(ANN))) as stream,
    ):
        lines = stream.aiter_lines()
        address = [await anext(lines) for _ in range(2)][1].removeprefix("data: ")

        async def said(message: dict[str, Any], token: str) -> Any:
            assert (await http.post(address, json=message, headers=bearer(token))).status_code == 202
            async for line in lines:
                if line.startswith("data: {"):
                    return json.loads(line.removeprefix("data: "))
            raise AssertionError("the stream has ended")

        await said(HANDSHAKE, weaker)
        refused = await said(create, weaker)
        assert "POST /api/v2/accounts" not in world.sent()
        done = await said(create, world.token(ANN))
    assert refused["error"]["message"] == "Unknown tool: create_account"
    assert "By a weaker token" in done["result"]["content"][0]["text"]


async def test_one_connection_that_carries_two_callers_mixes_nothing_up(world: World) -> None:
    """As nginx does over one that is kept open."""
    one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    async with httpx.AsyncClient(limits=one) as http:
        found = [await who(http, world, world.token(person)) for person in (ANN, MALLORY, ANN, MALLORY)]
    assert found == [ANNS, MALLORYS, ANNS, MALLORYS]


@pytest.mark.parametrize("era", ERAS)
async def test_hundreds_of_calls_at_once_each_see_their_own(world: World, era: Era) -> None:
    wrong: list[str] = []
    answered = 0

    async def ask(credential: str, own: str, prospect: str) -> None:
        nonlocal answered
        async with client(world.url, ("/mcp", era), headers=bearer(credential)) as it:

            async def once(_: int) -> None:
                nonlocal answered
                me = (await it.call_tool("get_connection", {})).content[0]
                record = (await it.call_tool("get_prospect", {"prospect_id": 7})).content[0]
                text = f"{getattr(me, 'text', '')} {getattr(record, 'text', '')}"
                answered += 1
                if own not in text or prospect not in text:
                    wrong.append(f"{own}: {text}")

            for _ in range(5):
                async with anyio.create_task_group() as group:
                    for number in range(10):
                        group.start_soon(once, number)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, world.token(ANN), ANNS, "Secret")
        tasks.start_soon(ask, world.token(MALLORY), MALLORYS, "Common")
        tasks.start_soon(ask, world.kims_key, "kim@second.example", "Common")
    assert (answered, wrong) == (150, [])


async def test_the_list_of_one_who_writes_is_not_served_to_one_who_reads(world: World) -> None:
    async with httpx.AsyncClient() as http:

        async def names(credential: str) -> set[str]:
            answer = answer_in(await post(http, world.url, credential, asking("tools/list")))
            return {tool["name"] for tool in answer["result"]["tools"]}

        writer, reader, again = [await names(world.token(person)) for person in (ANN, RITA, ANN)]
    assert (writer == again, reader < writer, "create_account" in reader) == (True, True, False)


async def test_a_list_that_depends_on_the_caller_is_kept_by_no_proxy(world: World) -> None:
    async with client(world.url, ("/mcp", "auto"), headers=bearer(world.token(RITA))) as it:
        assert (await it.list_tools()).cache_scope == "private"


async def test_an_equal_create_of_another_is_not_answered_with_the_first_ones_record(world: World) -> None:
    async with httpx.AsyncClient() as http:
        said = [
            json.loads(await told(http, world.url, credential, "create_account", attributes={"name": "Twice"}))
            for credential in (world.token(ANN), world.token(MALLORY), world.kims_key, world.token(ANN))
        ]
    creates = [f"{each.who} {each.method}" for each in world.outreach.asked if each.path.endswith("/accounts")]
    assert creates.count(f"{MALLORYS} POST") == creates.count("kim@second.example POST") == 1
    # Ann's own second one is the first again; that of Kim, in the organisation that is Mallory's too, is another.
    assert (said[0]["id"] == said[3]["id"], said[1]["id"] == said[2]["id"]) == (True, False)
    assert not any(secret in str(said[1:3]) for secret in ANNS_SECRETS)


async def test_a_call_is_cancelled_by_who_has_made_it_alone(world: World) -> None:
    """Numbers of calls are each client's own: Mallory says that she gives up a call with the number of Ann's."""
    held = world.outreach.held["/api/v2/prospects/7"] = Held()
    said: list[str] = []
    async with httpx.AsyncClient() as http:

        async def ask() -> None:
            said.append(
                text_in(await post(http, world.url, world.token(ANN), calling("get_prospect", 4711, prospect_id=7)))
            )

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await held.come.wait()
            del world.outreach.held["/api/v2/prospects/7"]
            for number in (4711, "4711"):
                note = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}}
                assert (await post(http, world.url, world.token(MALLORY), note)).status_code == 202
            # Hers with that number is answered meanwhile, with her own record.
            own = await post(http, world.url, world.token(MALLORY), calling("get_prospect", 4711, prospect_id=7))
            assert "Common" in text_in(own)
            held.released.set()
    assert "Secret" in said[0]


async def test_me_is_whoever_calls(world: World) -> None:
    async with httpx.AsyncClient() as http:
        said = [
            json.loads(await told(http, world.url, world.token(person), "get_user", user_id="me"))["email"]
            for person in (ANN, MALLORY, ANN)
        ]
    assert said == [ANNS, MALLORYS, ANNS]


async def test_a_token_that_was_let_in_is_looked_up_whole(world: World) -> None:
    """A part of one that is known, or one with something behind it, is another."""
    token = world.token(ANN)
    async with httpx.AsyncClient() as http:
        assert await who(http, world, token) == ANNS
        # Not the last letter: some of its bits are not read.
        another = token[:-10] + ("B" if token[-10] == "A" else "A") + token[-9:]
        for near in (token[:-1], token + "=", another, token.swapcase()):
            response = await post(http, world.url, near, calling("get_connection"))
            assert response.status_code == 401


def test_who_takes_the_stores_file_has_no_token(world: World) -> None:
    contents = b"".join(path.read_bytes() for path in Path(world.folder).glob("state.sqlite3*"))
    secrets = [*world.outreach.tokens, *ANNS_SECRETS[:4], world.kims_key]
    assert [secret for secret in secrets if secret.encode() in contents] == []
