"""Answers that the real API gave are read without loss."""

import json
from typing import Any

import httpx
import pytest

from outreach_mcp.api.errors.tree import AuthenticationError
from outreach_tools.client import JsonObject, Request
from outreach_tools.json_values import is_array
from tests.api.recording import answering, client_on
from tests.support.contract_files import RECORDED_ANSWERS, wanted

# The answers that failed, and that of the token endpoint, are no JSON:API documents.
OTHERS = {"outgoing-user-batch-401", "unauthorized-response", "refresh-token-response"}

DOCUMENTS = (
    "create-webhook",
    "existing-prospect",
    "existing-prospect-hulk",
    "existing-prospect-updated",
    "existing-webhook",
    "list-accounts",
    "list-accounts-template",
    "list-prospects",
    "list-prospects-page1",
    "list-prospects-page2",
    "list-recent-events",
    "outgoing-account-bluth-lookup",
    "outgoing-account-bluth-patch",
    "outgoing-account-wayne-lookup",
    "outgoing-account-wayne-patch",
    "outgoing-user-alberto-lookup",
    "outgoing-user-alberto-patch",
    "outgoing-user-darkknight-lookup",
    "outgoing-user-darkknight-patch",
    "outgoing-user-darth-lookup",
    "outgoing-user-darth-patch",
    "outgoing-user-link-insert-account",
    "outgoing-user-link-patch-user",
)

# A document of the recorded form: integer ids, links with encoded brackets, null beside absent, non-ASCII text.
OWN = b"""{"data": [{"type": "task", "id": 9007199254740993, "attributes": {"note": "na\\u00efve \\ud83d\\ude00",
"dueAt": null, "color": 16711680, "unheardOf": {"deep": [1.5, true]}},
"relationships": {"owner": {"data": {"type": "user", "id": 1}},
"calls": {"links": {"related": "https://api.outreach.io/api/v2/calls?filter%5Btask%5D%5Bid%5D=31"}}}}],
"meta": {"count": null}}"""


def recorded(name: str) -> bytes:
    return wanted(f"{RECORDED_ANSWERS}/{name}.json").read_bytes()


async def read(content: bytes) -> Any:
    headers = {"Content-Type": "application/vnd.api+json; charset=utf-8"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content, headers=headers))
    return (await client_on(transport).send(Request("GET", "/prospects"))).body


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_recorded_document_is_read_without_loss(name: str) -> None:
    content = recorded(name)
    assert await read(content) == json.loads(content)


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_every_id_of_a_recorded_document_stays_an_integer(name: str) -> None:
    data = (await read(recorded(name)))["data"]
    records: list[JsonObject] = data if is_array(data) else [data]
    assert {type(record["id"]) for record in records} == {int}


def test_no_recorded_document_is_left_out() -> None:
    assert {path.stem for path in wanted(RECORDED_ANSWERS).iterdir()} == {*DOCUMENTS, *OTHERS}


async def test_a_document_of_the_recorded_form_is_read_without_loss() -> None:
    assert await read(OWN) == json.loads(OWN)


async def test_a_recorded_plain_text_refusal_is_an_authentication_error() -> None:
    answer = json.loads(recorded("unauthorized-response"))
    client = client_on(answering(answer["status"], answer["text"], {"Server": answer["header"]["server"]}))
    with pytest.raises(AuthenticationError, match="'Invalid access token'"):
        await client.send(Request("GET", "/accounts/", (("filter[domain]", "bluth.com"),)))
