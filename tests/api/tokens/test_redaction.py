"""No secret of ours stands in what is told of an answer, however the other party spells it."""

import html
import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.api.tokens.authorization import ConsentRequest, exchange
from outreach_mcp.api.tokens.redaction import Secrets
from outreach_mcp.api.tokens.rotating import OAuthApp
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.api.tokens.token_endpoint import TokenEndpoint, TokenRequestError
from outreach_mcp.clock import Clock
from outreach_tools.client import Request
from tests.api.recording import Recorder, client_on

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
URL = "https://api.outreach.io/oauth/token"
TOKEN = "acc/SECRET+1="
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "encoded": lambda text: quote(text, safe=""),
    "encoded in small letters": lambda text: quote(text, safe="").lower().replace("secret", "SECRET"),
    "encoded in part": lambda text: text.replace("+", "%2B"),
    "encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "form": quote_plus,
    "JSON": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON, all escaped": lambda text: "".join(f"\\u{ord(each):04x}" for each in text),
    "HTML": html.escape,
    "Python": lambda text: repr(text)[1:-1],
}
PAIR = json.dumps({"access_token": "acc-SECRET-1", "refresh_token": "ref-SECRET-2", "expires_in": 7200})
UNREADABLE = {
    "more after it": PAIR + "}",
    "cut off": PAIR[:-1],
    "in a list": f"[{PAIR}]",
    "a text": json.dumps(PAIR),
    "a long number": PAIR.replace("7200", "9" * 100_000),
    "a constant": PAIR[:-1] + ',"x":}',
    "a form": "access_token=acc-SECRET-1&refresh_token=ref-SECRET-2",
}


def post(content: str, status: int = 200, headers: dict[str, str] | None = None) -> str:
    endpoint = TokenEndpoint(
        URL,
        "OUTREACH_TOKEN_URL",
        Secrets(("client secret", "app-SECRET-3")).redact,
        transport=Recorder(lambda _: httpx.Response(status, content=content, headers=headers)),
        clock=Clock(now=lambda: NOW, block=lambda _: None),
    )
    with pytest.raises(TokenRequestError) as caught:
        endpoint.post(headers={}, form={"client_secret": "app-SECRET-3"})
    return str(caught.value)


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_of_the_token_endpoint_that_cannot_be_read_is_not_repeated(body: str) -> None:
    assert post(body) == (
        f"No access token: {URL} answered 200 with {len(body):,} bytes that are not a JSON object. "
        "Check OUTREACH_TOKEN_URL."
    )


def test_a_limit_of_the_token_endpoint_is_told_as_it_is_believed() -> None:
    assert post("", 429, {"Retry-After": "86400"}).endswith("Try again after 2026-11-21T09:31:00Z.")


FORM = urlencode({"refresh_token": "ref-SECRET-2", "client_secret": "app-SECRET-3", "code_verifier": "ver-SECRET-4"})


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize(
    "body",
    [
        FORM,
        json.dumps({"error": "invalid_request", "error_description": FORM}),
        json.dumps({"error": FORM}),
        json.dumps({"errors": [{"id": FORM, "detail": FORM, "source": {"pointer": FORM}}]}),
        json.dumps({"got": {"client_secret": "app-SECRET-3", "refresh_token": "ref-SECRET-2"}}),
        f"<html><title>{FORM}</title></html>",
        PAIR,
    ],
    ids=range(7),
)
def test_a_refusal_of_the_token_endpoint_that_repeats_the_form_is_quoted_without_its_secrets(
    status: int, body: str
) -> None:
    said = post(body, status, {"Location": f"https://elsewhere.example/?{FORM}"} if status == 302 else None)
    assert "SECRET" not in said, said
    assert str(status) in said


@pytest.mark.parametrize("status", [200, 400])
def test_an_exchange_of_a_code_tells_neither_the_code_nor_what_came_for_it(status: int) -> None:
    app = OAuthApp("the-app", SecretStr("app-SECRET-3"), "https://app.example/back", URL)
    request = ConsentRequest(app, (), state="sta-SECRET-5", verifier="ver-SECRET-4")

    def echo(sent: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=sent.content + PAIR.encode())

    with pytest.raises(OutreachError) as caught:
        exchange(request, "cod-SECRET-6", transport=Recorder(echo), clock=Clock(now=lambda: NOW, block=lambda _: None))
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 429, 500, 502])
@pytest.mark.parametrize(
    "frame", ["Authorization: Bearer {}", '{{"errors":[{{"id":"x","detail":"got {}"}}]}}', '{{"error":"{}"', "{}"]
)
async def test_no_message_about_an_answer_of_the_api_holds_the_token(
    spell: Callable[[str], str], status: int, frame: str
) -> None:
    token = spell(TOKEN)

    def echo(_: httpx.Request) -> httpx.Response:
        headers = {"Location": f"https://a.example/?t={quote(TOKEN, safe='')}"} if status == 302 else None
        return httpx.Response(status, content=frame.format(token), headers=headers)

    client = client_on(Recorder(echo), auth=BearerToken(SecretStr(TOKEN)))
    with pytest.raises(OutreachError) as caught:
        await client.send(Request("GET", "/prospects"))
    assert "SECRET" not in str(caught.value)
    assert not any("SECRET" in f"{each.code}{each.text}{each.pointer}" for each in caught.value.details)


async def test_a_record_that_repeats_the_token_comes_without_it() -> None:
    body = json.dumps({"data": {"type": "note", "id": 1, "attributes": {"content": "It is acc-SECRET-1, says who?"}}})
    client = client_on(
        Recorder(lambda _: httpx.Response(200, content=body)), auth=BearerToken(SecretStr("acc-SECRET-1"))
    )
    answer = await client.send(Request("GET", "/notes/1"))
    assert answer.body["data"]["attributes"]["content"] == "It is [access token], says who?"


@pytest.mark.parametrize(
    "text",
    [
        "The Bearer token is not valid.",
        "invalid refresh_token: it has expired",
        "client_secret is wrong",
        "the bearer of this",
        "unsupported code_verifier",
    ],
)
def test_a_sentence_about_tokens_stays_as_it_is(text: str) -> None:
    assert Secrets(("access token", "acc-SECRET-1")).redact(text) == text


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=60), st.text(max_size=20))
def test_a_secret_of_whatever_characters_is_found_in_every_spelling(secret: str, around: str) -> None:
    redact = Secrets(("secret", secret)).redact
    for name, spell in SPELLINGS.items():
        if not name.startswith(("encoded in small", "JSON, all")):
            assert spell(secret) not in redact(f"{around}\n{spell(secret)}\n{around}")
