"""Attacks on what a client is given to bring back: another's, on another call, altered, old, or of another key."""

import base64
import json
import os
from typing import Any

import httpx
import pytest
from mcp.server.request_state import AESGCMRequestStateCodec

from outreach_mcp.callers.state.keys import request_state_key
from tests.attacks.world import (
    ANN,
    MALLORY,
    NEW,
    NOVICE,
    PUBLIC,
    World,
    answer_in,
    asking,
    mcp_headers,
)
from tests.callers.identity.provider import Person

INVALID = {"code": -32602, "message": "Invalid or expired requestState", "data": {"reason": "invalid_request_state"}}
"""The answer to every state that is not good: it does not tell whose it is."""

ACCEPT: dict[str, Any] = {"confirmation": {"action": "accept", "content": {"confirm": True}}}


async def call(
    http: httpx.AsyncClient, world: World, credential: str, tool: str, path: str = "/mcp", **params: Any
) -> Any:
    """Call a tool as a client of 2026-07-28 that can ask and open links; returns the JSON-RPC answer."""
    able: dict[str, Any] = {"elicitation": {"form": {}, "url": {}}}
    meta = {
        "io.modelcontextprotocol/protocolVersion": NEW,
        "io.modelcontextprotocol/clientCapabilities": able,
        "io.modelcontextprotocol/clientInfo": {"name": "attacker", "version": "1"},
    }
    message = asking("tools/call", {"name": tool, "_meta": meta, **params})
    headers = {**mcp_headers(credential, NEW), "Mcp-Method": "tools/call", "Mcp-Name": tool}
    return answer_in(await http.post(world.url + path, json=message, headers=headers))


async def question(
    http: httpx.AsyncClient, world: World, person: Person = ANN, tool: str = "delete_prospect", **arguments: Any
) -> str:
    """The state of a question that a person is asked."""
    asked = await call(http, world, world.token(person), tool, arguments=arguments or {"prospect_id": 7})
    assert asked["result"]["resultType"] == "input_required", asked
    return str(asked["result"]["requestState"])


def deletes(world: World) -> list[str]:
    """Return the deletions made in anybody's name."""
    return [f"{each.who} {each.path}" for each in world.outreach.asked if each.method == "DELETE"]


async def test_a_yes_of_ann_is_none_of_mallorys(world: World) -> None:
    async with httpx.AsyncClient() as http:
        state, before = await question(http, world), deletes(world)
        for thief in (world.token(MALLORY), world.kims_key):
            stolen = await call(
                http,
                world,
                thief,
                "delete_prospect",
                arguments={"prospect_id": 7},
                requestState=state,
                inputResponses=ACCEPT,
            )
            assert stolen["error"] == INVALID
        assert deletes(world) == before


async def test_a_yes_to_one_call_is_none_to_another(world: World) -> None:
    async with httpx.AsyncClient() as http:
        state, before = await question(http, world, MALLORY), deletes(world)
        for tool, arguments in (
            ("delete_prospect", {"prospect_id": 9}),
            ("delete_account", {"account_id": 7}),
            ("delete_prospect", {"prospect_id": "7"}),
            ("raw_http_request", {"method": "DELETE", "path": "/prospects/7"}),
        ):
            other = await call(
                http,
                world,
                world.token(MALLORY),
                tool,
                arguments=arguments,
                requestState=state,
                inputResponses=ACCEPT,
            )
            assert other["error"] == INVALID
        assert deletes(world) == before


@pytest.mark.parametrize(
    "state",
    [
        "",
        "v1.",
        "v1.AAAA",
        "confirmation",
        "x" * 9000,
        f"v1.{base64.urlsafe_b64encode(bytes(64)).decode().rstrip('=')}",
    ],
)
async def test_a_state_that_was_made_up_is_refused(world: World, state: str) -> None:
    async with httpx.AsyncClient() as http:
        before = deletes(world)
        answer = await call(
            http,
            world,
            world.token(MALLORY),
            "delete_prospect",
            arguments={"prospect_id": 9},
            requestState=state,
            inputResponses=ACCEPT,
        )
        assert (answer.get("error"), deletes(world)) == (INVALID, before)


async def test_a_yes_without_a_question_is_none(world: World) -> None:
    async with httpx.AsyncClient() as http:
        before = deletes(world)
        answer = await call(
            http, world, world.token(MALLORY), "delete_prospect", arguments={"prospect_id": 9}, inputResponses=ACCEPT
        )
        assert (answer["result"]["resultType"], deletes(world)) == ("input_required", before)


async def test_a_state_is_refused_that_is_over_altered_or_of_another_key(world: World) -> None:
    """With the server's own key a state is opened here, and sealed again with one thing changed."""
    codec = AESGCMRequestStateCodec([request_state_key(world.settings)])
    other = AESGCMRequestStateCodec([os.urandom(32)])
    async with httpx.AsyncClient() as http:
        state, before = await question(http, world, MALLORY, prospect_id=9), deletes(world)
        claims = json.loads(codec.unseal(state))
        assert 0 < claims["exp"] - claims["iat"] <= 600
        middle = len(state) // 2
        changed = [
            codec.seal(json.dumps({**claims, "exp": claims["iat"] - 1}).encode()),
            codec.seal(json.dumps({**claims, "aud": "another server"}).encode()),
            codec.seal(json.dumps({**claims, "p": None}).encode()),
            codec.seal(json.dumps({**claims, "m": "prompts/get"}).encode()),
            other.seal(json.dumps(claims).encode()),
            state[:middle] + ("A" if state[middle] != "A" else "B") + state[middle + 1 :],
        ]
        arguments = {"prospect_id": 9}
        token = world.token(MALLORY)
        for bad in changed:
            answer = await call(
                http,
                world,
                token,
                "delete_prospect",
                arguments=arguments,
                requestState=bad,
                inputResponses=ACCEPT,
            )
            assert (answer.get("error"), deletes(world)) == (INVALID, before)
        # Sealed anew with nothing changed it is good: the key is right, and what was changed has made the difference.
        good = await call(
            http,
            world,
            token,
            "delete_prospect",
            arguments=arguments,
            requestState=codec.seal(json.dumps(claims).encode()),
            inputResponses=ACCEPT,
        )
        assert (good["result"]["isError"], deletes(world)) == (
            False,
            [*before, "mallory@second.example /api/v2/prospects/9"],
        )


async def test_a_state_tells_its_holder_nothing(world: World) -> None:
    async with httpx.AsyncClient() as http:
        state = await question(http, world)
    raw = base64.urlsafe_b64decode(state.removeprefix("v1.") + "==")
    assert [word for word in (b"ann-1", b"delete", b"prospect", b"127.0.0.1") if word in raw] == []


async def test_the_state_of_a_question_is_none_of_a_connection(world: World) -> None:
    """A novice's state of being led to /connect, given back by Ann and by a yes of theirs to something else."""
    async with httpx.AsyncClient() as http:
        led = await call(http, world, world.token(NOVICE), "delete_prospect", arguments={"prospect_id": 7})
        asked = led["result"]["inputRequests"]["connection"]["params"]
        state, before = str(led["result"]["requestState"]), deletes(world)
        assert asked["url"].startswith(f"{PUBLIC}/connect?ticket=")
        for thief in (world.token(ANN), world.token(MALLORY)):
            stolen = await call(
                http,
                world,
                thief,
                "delete_prospect",
                arguments={"prospect_id": 7},
                requestState=state,
                inputResponses={"connection": {"action": "accept"}, **ACCEPT},
            )
            assert stolen["error"] == INVALID
        own = await call(
            http,
            world,
            world.token(NOVICE),
            "delete_prospect",
            arguments={"prospect_id": 7},
            requestState=state,
            inputResponses={"connection": {"action": "accept"}, **ACCEPT},
        )
        assert (own["result"]["isError"], deletes(world)) == (True, before)
        # Mallory's own call does what hers may.
        fine = await call(http, world, world.token(MALLORY), "get_prospect", arguments={"prospect_id": 7})
        assert "Common" in str(fine["result"]["content"])


async def test_a_state_gives_no_right_that_the_token_lacks(world: World) -> None:
    """A yes of Mallory's, given back with a token of hers that only reads, and at an address that only reads."""
    async with httpx.AsyncClient() as http:
        state, before = await question(http, world, MALLORY), deletes(world)
        yes: dict[str, Any] = {
            "arguments": {"prospect_id": 7},
            "requestState": state,
            "inputResponses": ACCEPT,
        }
        weaker = world.token(MALLORY, scope="outreach:read")
        by_token = await call(http, world, weaker, "delete_prospect", **yes)
        by_path = await call(http, world, world.token(MALLORY), "delete_prospect", "/mcp/readonly", **yes)
        assert (by_token["error"]["message"], by_path["error"]["message"], deletes(world)) == (
            "Unknown tool: delete_prospect",
            "Unknown tool: delete_prospect",
            before,
        )
