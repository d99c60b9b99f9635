"""OAuth: tokens for a code or a refresh token, their lives and limits, and the page where a user consents."""

import json
from collections.abc import AsyncGenerator, Mapping
from html.parser import HTMLParser
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from outreach_sandbox.oauth import SANDBOX_APP, App, Grant, OAuth
from outreach_sandbox.switches import Switches
from tests.sandbox.service import ORGANISATION, Api, Clock, sandbox

HOST = "https://api.outreach.io"
CLIENT = {"client_id": "sandbox", "client_secret": "sandbox"}
REFRESH = {**CLIENT, "grant_type": "refresh_token", "refresh_token": "sandbox"}
CALLBACK = "https://app.example/callback?tenant=7"
ASKED = {
    "client_id": "sandbox",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "stages.read prospects.all",
    "state": 'a"<b',
}


@pytest.fixture
async def api() -> AsyncGenerator[Api]:
    async with sandbox(ORGANISATION, token="") as opened:
        yield opened


async def mint(api: Api, **parameters: str) -> httpx.Response:
    return await api.http.post(f"{HOST}/oauth/token", data=parameters)


async def pair(api: Api, **parameters: str) -> dict[str, Any]:
    response = await mint(api, **parameters)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def status_with(api: Api, token: str, path: str = "/stages") -> int:
    return (await api.http.get(path, headers={"Authorization": f"Bearer {token}"})).status_code


async def consent(api: Api, decision: str = "allow", **change: str) -> dict[str, str]:
    """Decide on the consent page and return what the browser brings back to the app."""
    form = {**ASKED, "user": "2", "decision": decision, **change}
    response = await api.http.post(f"{HOST}/oauth/authorize", data=form)
    assert response.status_code == 303, response.text
    assert response.headers["location"].startswith(f"{CALLBACK}&")
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


async def test_the_answer_has_the_recorded_members(api: Api) -> None:
    answer = await pair(api, **REFRESH)
    assert list(answer) == ["access_token", "token_type", "expires_in", "refresh_token", "scope", "created_at"]
    assert (answer["token_type"], answer["expires_in"], answer["created_at"]) == (
        "Bearer",
        7200,
        int(api.clock.moment.timestamp()),
    )


@pytest.mark.parametrize("how", ["form", "json", "query"])
async def test_the_token_endpoint_takes_parameters_in_three_ways(api: Api, how: str) -> None:
    content: Mapping[str, Any] = {"form": {"data": REFRESH}, "json": {"json": REFRESH}, "query": {"params": REFRESH}}
    response = await api.http.post(f"{HOST}/oauth/token", **content[how])
    assert response.status_code == 200


async def test_an_access_token_lives_two_hours(api: Api) -> None:
    token = (await pair(api, **REFRESH))["access_token"]
    statuses = [await status_with(api, token)]
    api.clock.forward(seconds=7199)
    statuses.append(await status_with(api, token))
    api.clock.forward(seconds=1)
    statuses.append(await status_with(api, token))
    assert statuses == [200, 200, 401]


async def test_a_refresh_token_is_spent_by_its_use(api: Api) -> None:
    new = (await pair(api, **REFRESH))["refresh_token"]
    api.clock.forward(seconds=60)
    again = await mint(api, **REFRESH)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert (await mint(api, **{**REFRESH, "refresh_token": new})).status_code == 200


async def test_a_refresh_token_lives_14_days(api: Api) -> None:
    api.clock.forward(days=14)
    assert (await mint(api, **REFRESH)).status_code == 400


async def test_there_is_one_token_a_minute_and_one_too_soon_costs_nothing(api: Api) -> None:
    new = (await pair(api, **REFRESH))["refresh_token"]
    api.clock.forward(seconds=59)
    soon = await mint(api, **{**REFRESH, "refresh_token": new})
    api.clock.forward(seconds=1)
    later = await mint(api, **{**REFRESH, "refresh_token": new})
    assert (soon.status_code, later.status_code) == (429, 200)


async def test_the_minute_can_be_lifted() -> None:
    async with sandbox(ORGANISATION, token="", switches=Switches(mint_interval=0)) as api:
        new = (await pair(api, **REFRESH))["refresh_token"]
        assert (await mint(api, **{**REFRESH, "refresh_token": new})).status_code == 200


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("oauth", {"error": "invalid_grant", "error_description": "The refresh token is unknown, used or over."}),
        (
            "json_api",
            {
                "errors": [
                    {
                        "id": "invalid_grant",
                        "title": "Invalid Grant",
                        "detail": "The refresh token is unknown, used or over.",
                    }
                ]
            },
        ),
        ("text", "The refresh token is unknown, used or over."),
    ],
)
async def test_a_refusal_has_the_form_that_the_switch_says(form: Any, body: Any) -> None:
    async with sandbox(ORGANISATION, token="", switches=Switches(refusal_of_tokens=form)) as api:
        response = await mint(api, **{**REFRESH, "refresh_token": "x"})
        content = response.text if form == "text" else json.loads(response.content)
        assert (response.status_code, content) == (400, body)


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "unknown"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "invalid_grant"),
    ],
)
async def test_a_wrong_request_for_a_token_is_refused(
    api: Api, change: dict[str, str], status: int, error: str
) -> None:
    response = await mint(api, **{**REFRESH, **change})
    assert (response.status_code, response.json()["error"]) == (status, error)


def test_the_oldest_of_more_than_a_hundred_pairs_is_gone() -> None:
    oauth = OAuth([SANDBOX_APP], Clock(), Switches())
    issued = [oauth.issue(Grant("sandbox", user)) for user in (2, *[1] * 101)]
    alive = [oauth.access(tokens.access) is not None for tokens in issued]
    assert alive == [True, False, *[True] * 100]


class _Form(HTMLParser):
    """The fields that a form on a page would send, and the address it goes to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.target = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.target = f"{found['method']} {found['action']}"
        elif tag == "input":
            self.fields[found["name"]] = found["value"]


async def test_the_consent_page_keeps_what_was_asked_in_its_form(api: Api) -> None:
    response = await api.http.get(f"{HOST}/oauth/authorize", params=ASKED)
    form = _Form(response.text)
    assert (response.status_code, form.target, form.fields) == (200, "post /oauth/authorize", ASKED)


async def test_the_consent_page_names_the_scopes_and_the_users_who_are_not_locked(api: Api) -> None:
    text = (await api.http.get(f"{HOST}/oauth/authorize", params=ASKED)).text
    shown = ("<code>stages.read</code>", "<code>prospects.all</code>", "Uma Stone", "Vic Moss", "Leo Gone")
    assert [each in text for each in shown] == [True, True, True, True, False]


async def test_a_code_gives_the_scopes_and_the_user_of_the_consent(api: Api) -> None:
    back = await consent(api)
    assert (back["tenant"], back["state"]) == ("7", ASKED["state"])
    answer = await pair(api, **CLIENT, grant_type="authorization_code", code=back["code"], redirect_uri=CALLBACK)
    token = answer["access_token"]
    who = await api.http.get("", headers={"Authorization": f"Bearer {token}"})
    assert (answer["scope"], who.json()["meta"]["user"]["id"]) == (ASKED["scope"], 2)
    assert [await status_with(api, token, path) for path in ("/stages", "/accounts")] == [200, 403]


CHALLENGE = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B


@pytest.mark.parametrize(
    ("verifier", "pkce", "status"),
    [(VERIFIER, "verify", 200), ("another", "verify", 400), ("", "verify", 400), ("", "ignore", 200)],
)
async def test_a_code_for_a_challenge_needs_its_verifier_where_pkce_is_known(
    verifier: str, pkce: Literal["verify", "ignore"], status: int
) -> None:
    async with sandbox(ORGANISATION, token="", switches=Switches(pkce=pkce)) as api:
        exchange = {"code": (await consent(api, **CHALLENGE))["code"], "redirect_uri": CALLBACK}
        answer = await mint(api, **CLIENT, **exchange, grant_type="authorization_code", code_verifier=verifier)
        assert answer.status_code == status


async def test_the_consent_page_keeps_the_challenge(api: Api) -> None:
    response = await api.http.get(f"{HOST}/oauth/authorize", params={**ASKED, **CHALLENGE})
    assert _Form(response.text).fields == {**ASKED, **CHALLENGE}


async def test_a_challenge_of_another_method_is_refused(api: Api) -> None:
    back = await consent(api, **{**CHALLENGE, "code_challenge_method": "plain"})
    assert back["error"] == "invalid_request"


@pytest.mark.parametrize(("scope", "may"), [("stages.read", True), ("prospects.write", True), ("stages.write", False)])
def test_an_app_may_ask_for_the_scopes_that_it_is_registered_with(scope: str, may: bool) -> None:
    assert App("app", "secret", scopes=("stages.read", "prospects.all")).may_ask_for(scope) is may


@pytest.mark.parametrize("spoiled", ["used", "late", "elsewhere"])
async def test_a_code_is_good_once_for_ten_minutes_and_for_one_place(api: Api, spoiled: str) -> None:
    code = (await consent(api))["code"]
    exchange = {**CLIENT, "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    if spoiled == "used":
        await pair(api, **exchange)
        api.clock.forward(seconds=60)
    elif spoiled == "late":
        api.clock.forward(minutes=10)
    else:
        exchange["redirect_uri"] = "https://app.example/other"
    assert (await mint(api, **exchange)).status_code == 400


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"decision": "deny"}, "access_denied"),
        ({"user": "3"}, "access_denied"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": " "}, "invalid_scope"),
    ],
)
async def test_without_consent_the_browser_brings_an_error_back(api: Api, change: dict[str, str], error: str) -> None:
    assert await consent(api, **change) == {"tenant": "7", "error": error, "state": ASKED["state"]}


@pytest.mark.parametrize(
    "change",
    [{"client_id": "x"}, {"redirect_uri": "http://evil.example/"}, {"redirect_uri": "javascript:alert(1)"}],
)
async def test_a_browser_is_sent_nowhere_that_is_not_the_apps(api: Api, change: dict[str, str]) -> None:
    response = await api.http.get(f"{HOST}/oauth/authorize", params={**ASKED, **change})
    assert (response.status_code, "location" in response.headers) == (400, False)
