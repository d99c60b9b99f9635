"""Attacks on a person's consent where many call: a client that does not ask, and a yes that is used again."""

from typing import Any

import httpx
import pytest

from tests.attacks.test_request_state import ACCEPT, call, deletes, question
from tests.attacks.world import MALLORY, NEW, World, answer_in, asking, calling, mcp_headers, post, text_in

REFUSED = "this client cannot ask for it (OUTREACH_MCP_CONFIRM_STRICT). Nothing was sent."


@pytest.mark.parametrize("path", ["/mcp", "/mcp/x/prospects", "/mcp/x/all"])
@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
async def test_an_older_protocol_switches_no_question_off(world: World, path: str, version: str) -> None:
    """Over streamable HTTP it cannot carry one."""
    message = calling("delete_prospect", prospect_id=9)
    headers = {"MCP-Protocol-Version": version}
    async with httpx.AsyncClient() as http:
        told = text_in(await post(http, world.url, world.token(MALLORY), message, path=path, **headers))
    assert REFUSED in told
    assert deletes(world) == []


@pytest.mark.parametrize(
    "capabilities",
    [{}, {"elicitation": {"url": {}}}, {"elicitation": None}, {"sampling": {}}, {"experimental": {"elicitation": {}}}],
)
async def test_a_client_that_says_it_cannot_ask_is_refused(world: World, capabilities: dict[str, Any]) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": NEW,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "io.modelcontextprotocol/clientInfo": {"name": "attacker", "version": "1"},
    }
    message = asking("tools/call", {"name": "delete_prospect", "arguments": {"prospect_id": 9}, "_meta": meta})
    headers = mcp_headers(world.token(MALLORY), NEW) | {"Mcp-Method": "tools/call", "Mcp-Name": "delete_prospect"}
    async with httpx.AsyncClient() as http:
        answer = answer_in(await http.post(f"{world.url}/mcp", json=message, headers=headers))
    assert REFUSED in str(answer) or "error" in answer
    assert deletes(world) == []


async def test_a_yes_is_spent_with_the_first_call_that_brings_it(world: World) -> None:
    arguments: dict[str, Any] = {"prospect_id": 9}
    async with httpx.AsyncClient() as http:
        state = await question(http, world, MALLORY, **arguments)
        answers: list[Any] = []
        for _ in range(6):
            answer = await call(
                http,
                world,
                world.token(MALLORY),
                "delete_prospect",
                arguments=arguments,
                requestState=state,
                inputResponses=ACCEPT,
            )
            answers.append(answer["result"]["content"][0]["text"])
    assert deletes(world) == ["mallory@second.example /api/v2/prospects/9"]
    assert [each for each in answers if "Already done by this answer" not in each] == ['{"deleted":true,"id":9}']
