"""The requests that are sent to Outreach, and how its answers are read."""

import gc
import json
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.api.calls import Prepared
from outreach_mcp.api.errors.tree import InvalidRequestError, RedirectError, RefusedRequestError, UnreadableAnswerError
from outreach_tools.client import JsonObject, MissingScope, Request, Response
from tests.api.recording import BASE_URL, TOKEN, Recorder, answering, client_on

CREATE = Request("POST", "/prospects", body={"data": {"type": "prospect", "attributes": {"firstName": "Zoë"}}})


@pytest.mark.parametrize("request_", [Request("GET", "/prospects"), CREATE, Request("DELETE", "/prospects/7")])
async def test_every_request_carries_the_headers_of_json_api(request_: Request) -> None:
    transport = answering(200, {"data": None})
    await client_on(transport).send(request_)
    headers = transport.requests[0].headers
    assert {name: headers[name] for name in ("Accept", "Content-Type", "Authorization", "User-Agent")} == {
        "Accept": "application/vnd.api+json",
        "Content-Type": "application/vnd.api+json",
        "Authorization": f"Bearer {TOKEN}",
        "User-Agent": f"outreach-mcp/{version('outreach-mcp')}",
    }


async def test_a_body_is_sent_as_json() -> None:
    transport = answering(201, {"data": None})
    await client_on(transport).send(CREATE)
    assert json.loads(transport.requests[0].content) == CREATE.body


async def test_a_request_without_a_body_sends_none() -> None:
    transport = answering(204)
    await client_on(transport).send(Request("POST", "/tasks/3/actions/complete"))
    assert transport.requests[0].content == b""


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
async def test_a_method_of_the_api_is_sent_as_it_is(method: str) -> None:
    transport = answering(200, {"data": None})
    await client_on(transport).send(Request(method, "/prospects/7"))
    assert [request.method for request in transport.requests] == [method]


@pytest.mark.parametrize("method", ["", "get", "TRACE", "CONNECT", "GET /x HTTP/1.1\r\nX-Evil: 1\r\n\r\nGET"])
async def test_another_method_is_refused(method: str) -> None:
    transport = answering(204)
    with pytest.raises(RefusedRequestError) as caught:
        await client_on(transport).send(Request(method, "/prospects"))
    assert str(caught.value) == (
        f"Refused to send {method!r} '/prospects': the method is not one of GET, POST, PATCH, PUT, DELETE. "
        "Nothing was sent."
    )
    assert transport.requests == []


async def test_a_number_that_json_does_not_have_is_refused() -> None:
    transport = answering(201)
    with pytest.raises(RefusedRequestError) as caught:
        await client_on(transport).send(Request("POST", "/opportunities", body={"amount": float("nan")}))
    assert str(caught.value) == (
        "Refused to send POST /opportunities: its body is not JSON (Out of range float values are not JSON compliant). "
        "Nothing was sent. Correct the value."
    )
    assert transport.requests == []


async def test_an_answer_keeps_attributes_that_no_schema_names() -> None:
    document = {"data": {"type": "user", "id": 1, "attributes": {"globalId": "x", "tasksDueCount": 3}}, "extra": [None]}
    assert await client_on(answering(200, document)).send(Request("GET", "/users/1")) == Response(200, document)


@pytest.mark.parametrize("body", [b"", b" \r\n"])
@pytest.mark.parametrize("status", [200, 202, 204])
async def test_an_empty_answer_has_no_body(status: int, body: bytes) -> None:
    assert await client_on(answering(status, body)).send(Request("DELETE", "/tasks/3")) == Response(status, None)


@pytest.mark.parametrize("body", [b"", b" \r\n"])
@pytest.mark.parametrize(
    ("method", "status"), [("GET", 200), ("GET", 204), ("POST", 200), ("POST", 201), ("PATCH", 200), ("PUT", 200)]
)
async def test_an_empty_answer_where_a_body_is_due_is_an_error(method: str, status: int, body: bytes) -> None:
    with pytest.raises(UnreadableAnswerError, match="its body is empty"):
        await client_on(answering(status, body)).send(Request(method, "/tasks/3/actions/complete"))


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
@pytest.mark.parametrize("status", [202, 204])
async def test_a_change_may_be_answered_without_a_body_by_a_status_that_says_so(method: str, status: int) -> None:
    sent = Request(method, "/tasks/3/actions/complete")
    assert await client_on(answering(status)).send(sent) == Response(status, None)


@pytest.mark.parametrize(
    "body", [b'{"data": [', b"<html></html>", b"ok", b'{"a": NaN}', b"\xff\xfe\xfd", b"[" * 100_000]
)
async def test_an_answer_that_is_not_json_is_an_error(body: bytes) -> None:
    with pytest.raises(UnreadableAnswerError):
        await client_on(answering(200, body)).send(Request("GET", "/prospects"))


async def test_the_error_of_an_unreadable_answer_quotes_it() -> None:
    with pytest.raises(UnreadableAnswerError) as caught:
        await client_on(answering(200, "<html>")).send(Request("GET", "/prospects"))
    assert str(caught.value) == (
        "Outreach answered GET /prospects with 200, but its body is not JSON: '<html>'. "
        "Try again; if it stays so, something between here and Outreach changes its answers."
    )


async def test_the_error_of_an_unreadable_answer_to_a_change_says_that_it_was_made() -> None:
    with pytest.raises(UnreadableAnswerError) as caught:
        await client_on(answering(201, '{"data":')).send(CREATE)
    assert str(caught.value) == (
        "Outreach answered POST /prospects with 201, but its body is not JSON: '{\"data\":'. By its status the change "
        "was made: check before you send it again. Look through the newest of /prospects for what was sent. "
        "Looking for it failed: Outreach answered GET / with 201, but its body is not JSON: '{\"data\":'. Try again; "
        "if it stays so, something between here and Outreach changes its answers."
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304])
async def test_a_redirect_is_not_followed(status: int) -> None:
    transport = answering(status, "", {"Location": "https://evil.example/"})
    with pytest.raises(RedirectError) as caught:
        await client_on(transport).send(Request("GET", "/prospects"))
    assert str(caught.value) == (
        f"Outreach answered GET /prospects with a redirect ({status}) to 'https://evil.example/', which is not "
        "followed: the token stays on the API's own address. Check OUTREACH_API_URL."
    )
    assert transport.urls == [f"{BASE_URL}/prospects"]


async def test_a_redirect_of_a_change_says_how_to_check_it() -> None:
    with pytest.raises(RedirectError) as caught:
        await client_on(answering(303)).send(CREATE)
    assert str(caught.value) == (
        "Outreach answered POST /prospects with a redirect (303), which is not followed: the token stays on the API's "
        "own address. Check OUTREACH_API_URL. Nothing says that it was done: check before sending again. "
        "Look through the newest of /prospects for what was sent."
    )


@pytest.mark.parametrize(
    ("status", "headers"), [(400, {}), (401, {}), (403, {}), (500, {}), (302, {"Location": f"https://x/{TOKEN}"})]
)
async def test_an_answer_that_repeats_the_token_does_not_put_it_into_the_message(
    status: int, headers: dict[str, str]
) -> None:
    client = client_on(answering(status, f"no good: {TOKEN}", headers))
    with pytest.raises(Exception, match=r"\[access token\]") as caught:
        await client.send(Request("GET", "/prospects"))
    assert TOKEN not in str(caught.value)


async def test_an_unreadable_answer_that_repeats_the_token_does_not_put_it_into_the_message() -> None:
    with pytest.raises(UnreadableAnswerError, match=r"\[access token\]") as caught:
        await client_on(answering(200, f"welcome {TOKEN}")).send(Request("GET", "/prospects"))
    assert TOKEN not in str(caught.value)


async def test_a_missing_scope_is_what_the_tools_know_it_as() -> None:
    body = {"errors": [{"id": "unauthorizedOauthScope", "detail": "It lacks the required scope 'accounts.read'."}]}
    with pytest.raises(MissingScope) as caught:
        await client_on(answering(403, body)).send(Request("GET", "/prospects"))
    assert caught.value.scope == "accounts.read"


@pytest.mark.parametrize("status", [400, 405, 406, 411, 413, 418, 422, 451])
async def test_any_other_refusal_is_an_invalid_request(status: int) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await client_on(answering(status)).send(CREATE)
    assert str(caught.value) == (
        f"Outreach refused POST /prospects with {status}: it gave no reason. "
        "Nothing was changed. Correct what is named and send it again."
    )


async def test_a_path_of_any_length_is_shown_shortened() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await client_on(answering(400)).send(Request("GET", "/" + "x" * 10_000))
    assert len(str(caught.value)) < 500


async def test_a_closed_client_sends_nothing() -> None:
    transport = answering(204)
    client = client_on(transport)
    await client.aclose()
    with pytest.raises(RuntimeError):
        await client.send(Request("GET", "/prospects"))
    assert transport.requests == []


def json_objects() -> st.SearchStrategy[JsonObject]:
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
    values: st.SearchStrategy[Any] = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    )
    return st.dictionaries(st.text(), values, max_size=3)


@given(json_objects())
async def test_a_document_travels_there_and_back_unchanged(document: JsonObject) -> None:
    client = client_on(Recorder(lambda request: httpx.Response(200, content=request.content)))
    assert (await client.send(Request("POST", "/prospects", body=document))).body == document


async def test_what_is_prepared_is_sent_once() -> None:
    transport = answering(200, {"data": []})
    client = client_on(transport)
    prepared = await client.prepare(Request("GET", "/prospects"))
    await client.send(prepared)
    with pytest.raises(RuntimeError, match="sent once"):
        await client.send(prepared)
    assert len(transport.requests) == 1


async def test_only_what_a_client_prepared_is_sent() -> None:
    transport = answering(200, {"data": []})
    client = client_on(transport)
    prepared = await client.prepare(Request("GET", "/prospects"))
    users = replace(prepared.outgoing, path="/users")
    for other in (Prepared(users, prepared.request), replace(prepared, outgoing=users)):
        with pytest.raises(RefusedRequestError, match="replaced after it was prepared"):
            await client.send(other)
    assert transport.requests == []


async def test_what_another_client_prepared_is_not_sent() -> None:
    """Another client may be another login, in whose name nobody agreed to anything."""
    one, other = answering(204), answering(204)
    prepared = await client_on(one).prepare(Request("DELETE", "/prospects/7"))
    with pytest.raises(RefusedRequestError, match=r"connection .* was replaced .*Nothing was sent"):
        await client_on(other).send(prepared)
    assert (one.requests, other.requests) == ([], [])


@pytest.mark.parametrize("copied", [copy, deepcopy])
async def test_a_copy_of_what_is_prepared_does_not_send_it_twice(copied: Callable[[Prepared], Prepared]) -> None:
    transport = answering(204)
    client = client_on(transport)
    prepared = await client.prepare(Request("DELETE", "/prospects/7"))
    other = copied(prepared)
    await client.send(prepared)
    with pytest.raises((RefusedRequestError, RuntimeError)):
        await client.send(other)
    assert len(transport.requests) == 1


async def test_a_client_is_awaited_until_what_it_prepared_was_sent_or_given_up() -> None:
    client = client_on(answering(200, {"data": []}))
    first, second = [await client.prepare(Request("GET", "/prospects")) for _ in range(2)]
    states = [client.is_awaited]
    await client.send(first)
    states.append(client.is_awaited)
    del second
    gc.collect()
    assert [*states, client.is_awaited] == [True, True, False]


async def test_what_becomes_of_a_body_after_it_was_prepared_changes_nothing() -> None:
    transport = answering(200, {"data": {"type": "account", "id": 1}})
    client = client_on(transport)
    body: JsonObject = {"data": {"type": "account", "id": 1, "attributes": {"name": "Acme"}}}
    prepared = await client.prepare(Request("PATCH", "/accounts/1", body=body))
    body["data"]["attributes"]["name"] = "Initech"
    await client.send(prepared)
    (request,) = transport.requests
    assert json.loads(request.content) == prepared.outgoing.body
    assert request.content == b'{"data":{"type":"account","id":1,"attributes":{"name":"Acme"}}}'
