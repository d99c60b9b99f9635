"""Asking for consent and exchanging the answer: what is sent, what counts as an answer, and what failures say."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import jwt
import pytest
from pydantic import SecretStr

from outreach_mcp.api.errors.tree import (
    AuthenticationError,
    ConsentRefusedError,
    NetworkError,
    OutreachError,
    RateLimitError,
    UnreadableAnswerError,
)
from outreach_mcp.api.tokens.authorization import ConsentRequest, UnrelatedAnswerError, exchange
from outreach_mcp.api.tokens.rotating import OAuthApp
from outreach_mcp.api.tokens.store import StoredTokens
from tests.api.tokens.issuer import Time

SECRET = "secret-of-the-registered-app"
APP = OAuthApp("the-app", SecretStr(SECRET), "https://app.example/back?x=1", "https://api.outreach.io/oauth/token")
REQUEST = ConsentRequest(APP, ("prospects.read", "users.read"), state="the-state", verifier="the-verifier-of-ours")
PAIR = {"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 7200, "scope": "prospects.read"}

Answer = Callable[[httpx.Request], httpx.Response]


def exchanged(answer: Answer, clock: Time | None = None, longest_wait: timedelta = timedelta()) -> StoredTokens:
    clock = clock or Time()
    transport = httpx.MockTransport(answer)
    return exchange(
        REQUEST,
        "the-code-of-the-user",
        transport=transport,
        clock=clock.clock,
        longest_wait=longest_wait,
    )


def failure(kind: type[OutreachError], answer: Answer) -> str:
    with pytest.raises(kind) as caught:
        exchanged(answer)
    return str(caught.value)


def test_the_browser_is_sent_to_outreach_with_state_and_challenge() -> None:
    parts = urlsplit(REQUEST.url)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"the-verifier-of-ours").digest()).rstrip(b"=").decode()
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://api.outreach.io/oauth/authorize"
    assert dict(parse_qsl(parts.query)) == {
        "client_id": "the-app",
        "redirect_uri": "https://app.example/back?x=1",
        "response_type": "code",
        "scope": "prospects.read users.read",
        "state": "the-state",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }


def test_every_request_has_a_state_and_a_verifier_of_its_own() -> None:
    requests = [ConsentRequest(APP, ()) for _ in range(2)]
    texts = {text for request in requests for text in (request.state, request.verifier)}
    assert (len(texts), {len(text) for text in texts}) == (4, {64})


def test_neither_state_nor_verifier_nor_secret_is_in_the_representation() -> None:
    shown = repr(REQUEST)
    assert [secret in shown for secret in ("the-state", "the-verifier", SECRET)] == [False, False, False]


def test_the_code_of_an_answer_with_the_right_state_is_found() -> None:
    assert REQUEST.code_in("x=1&code=c%2F1&state=the-state") == "c/1"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=c",
        "code=c&state=",
        "code=c&state=other-state",
        "code=c&state=the-stat%C3%A9",
        "code=c&state=the-state&state=the-state",
        "code=c&code=d&state=the-state",
        "code=&state=the-state",
        "state=the-state",
        "error=access_denied",
        "error=access_denied&state=other-state",
    ],
)
def test_what_is_no_answer_to_the_request_is_told_apart(query: str) -> None:
    with pytest.raises(UnrelatedAnswerError):
        REQUEST.code_in(query)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"error": "access_denied"},
            "Outreach gave no consent: 'access_denied'. Whoever logs in has to allow what is asked for; start again "
            "when they do.",
        ),
        (
            {"error": "invalid_scope", "error_description": "Not yours"},
            "Outreach gave no consent: 'invalid_scope' ('Not yours'). Add the scopes that the app lacks to it in "
            "Outreach (API access), or offer fewer tools with OUTREACH_MCP_READ_ONLY or OUTREACH_MCP_TOOLSETS. Asked "
            "for: prospects.read users.read.",
        ),
        (
            {"error": "server_error"},
            "Outreach gave no consent: 'server_error'. Check the app's settings in Outreach (API access), then start "
            "again.",
        ),
    ],
)
def test_an_answer_that_says_no_says_what_to_do(answer: dict[str, str], message: str) -> None:
    with pytest.raises(ConsentRefusedError) as caught:
        REQUEST.code_in(urlencode({**answer, "state": "the-state"}))
    assert str(caught.value) == message


@pytest.mark.parametrize("member", ["error", "error_description"])
@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"the secret {SECRET}", "the secret [client secret]"),
        (f"the secret {SECRET.replace('-', '%2D')}", "the secret [client secret]"),
        ("verifier the-verifier-of-ours", "verifier [verifier]"),
        ("state the-state", "state [state]"),
        ("code the-code-of-the-user", "code [code]"),
        ("access_token=anything-at-all", "access_token=[hidden]"),
        ("Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer [token]"),
    ],
)
def test_what_is_told_of_an_answer_that_says_no_repeats_no_secret(member: str, said: str, told: str) -> None:
    answer = {"error": "server_error", "state": "the-state", "code": "the-code-of-the-user", member: said}
    with pytest.raises(ConsentRefusedError) as caught:
        REQUEST.code_in(urlencode(answer))
    assert told in str(caught.value)
    assert said not in str(caught.value)


def test_a_code_is_exchanged_with_the_secret_and_the_verifier() -> None:
    received: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        received.append(request)
        return httpx.Response(200, json=PAIR)

    clock = Time()
    tokens = exchanged(answer, clock)
    assert [dict(parse_qsl(request.content.decode())) for request in received] == [
        {
            "grant_type": "authorization_code",
            "code": "the-code-of-the-user",
            "client_id": "the-app",
            "client_secret": SECRET,
            "redirect_uri": "https://app.example/back?x=1",
            "code_verifier": "the-verifier-of-ours",
        }
    ]
    end = clock.moment + timedelta(hours=2)
    assert tokens == StoredTokens("refresh-1", "access-1", end, clock.moment, scopes=frozenset({"prospects.read"}))


def test_a_token_that_carries_its_scopes_says_what_was_granted() -> None:
    token = jwt.encode({"scopes": ["users.read"]}, "k" * 32, "HS256")
    answer = {"access_token": token, "refresh_token": "refresh-1"}
    assert exchanged(lambda _: httpx.Response(200, json=answer)).scopes == frozenset({"users.read"})


def test_an_answer_without_a_scope_grants_what_was_asked_for() -> None:
    answer = {name: value for name, value in PAIR.items() if name != "scope"}
    assert exchanged(lambda _: httpx.Response(200, json=answer)).scopes == frozenset(REQUEST.scopes)


def test_an_answer_without_a_refresh_token_is_none() -> None:
    answer = {name: value for name, value in PAIR.items() if name != "refresh_token"}
    told = failure(UnreadableAnswerError, lambda _: httpx.Response(200, json=answer))
    assert told == "https://api.outreach.io/oauth/token answered without a refresh token. Check OUTREACH_TOKEN_URL."


@pytest.mark.parametrize(
    ("status", "error", "advice"),
    [
        (401, "invalid_client", "Outreach does not know the app: check its client id and its client secret."),
        (
            400,
            "invalid_grant",
            "A code works once, for a few minutes, and only with the redirect URI and the app that it was made for. "
            "Check that these are the app's own, and log in again.",
        ),
    ],
)
def test_a_refusal_says_what_to_check(status: int, error: str, advice: str) -> None:
    told = failure(AuthenticationError, lambda _: httpx.Response(status, json={"error": error}))
    assert told == (f"Outreach gave out no access token: {APP.token_url} refused with {status}: '{error}'. {advice}")


def test_a_refusal_that_repeats_secrets_is_told_without_them() -> None:
    told = failure(
        AuthenticationError,
        lambda request: httpx.Response(400, text=" ".join(dict(parse_qsl(request.content.decode())).values())),
    )
    secrets = (SECRET, "the-code-of-the-user", "the-verifier-of-ours")
    assert [secret in told for secret in secrets] == [False, False, False]


def test_no_network_is_no_refusal() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nothing there", request=request)

    assert failure(NetworkError, answer).startswith("No access token: https://api.outreach.io/oauth/token cannot be")


def _limited(clock: Time, until: datetime) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        if clock.now() < until:
            return httpx.Response(429, headers={"Retry-After": str(int(until.timestamp()))})
        return httpx.Response(200, json=PAIR)

    return answer


def test_the_minute_between_two_tokens_is_waited_for() -> None:
    clock = Time()
    until = datetime(2026, 11, 21, 9, 30, 40, tzinfo=UTC)
    tokens = exchanged(_limited(clock, until), clock, timedelta(seconds=60))
    assert (tokens.access_token, clock.now()) == ("access-1", until)


def test_a_longer_wait_than_agreed_is_refused() -> None:
    clock = Time()
    with pytest.raises(RateLimitError):
        exchanged(_limited(clock, clock.now() + timedelta(seconds=61)), clock, timedelta(seconds=60))
