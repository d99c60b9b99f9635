"""The web server of a login: who is sent to Outreach, which answer is taken, and what everything else is told."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import httpx
import pytest
from pydantic import SecretStr

from outreach_mcp.api.errors.tree import ConsentRefusedError
from outreach_mcp.api.tokens.authorization import ConsentRequest
from outreach_mcp.api.tokens.rotating import OAuthApp
from outreach_mcp.commands.login.callback import Callback

HOST = "http://localhost:8765"
APP = OAuthApp("the-app", SecretStr("s"), f"{HOST}/back", "https://api.outreach.io/oauth/token")
REQUEST = ConsentRequest(APP, ("users.read",), state="the-state", verifier="v")
GOOD = f"{HOST}/back?code=the-code&state=the-state"


@dataclass(frozen=True, slots=True)
class Login:
    """A login that waits, the browser of its user and one of somebody else."""

    callback: Callback
    browser: httpx.AsyncClient
    stranger: httpx.AsyncClient

    async def begun(self) -> "Login":
        """Open the address that the command opens."""
        assert (await self.browser.get(self.callback.start_url)).status_code == 303
        return self

    async def goes_on(self) -> bool:
        """Return whether nothing has ended the login, and the user can still complete it."""
        if self.callback.answered.is_set():
            return False
        return (await self.browser.get(GOOD)).status_code == 303 and self.callback.code() == "the-code"


@pytest.fixture
async def login() -> AsyncGenerator[Login]:
    callback = Callback(REQUEST)
    transport = httpx.ASGITransport(callback)
    async with httpx.AsyncClient(transport=transport) as browser, httpx.AsyncClient(transport=transport) as stranger:
        yield Login(callback, browser, stranger)


async def test_the_start_sends_the_browser_to_outreach(login: Login) -> None:
    response = await login.browser.get(login.callback.start_url)
    assert (response.status_code, response.headers["location"]) == (303, REQUEST.url)


async def test_the_address_to_open_tells_nothing_of_the_login(login: Login) -> None:
    assert [secret in login.callback.start_url for secret in ("the-state", "the-app")] == [False, False]


async def test_an_answer_leads_to_a_page_whose_address_holds_nothing(login: Login) -> None:
    response = await (await login.begun()).browser.get(GOOD)
    assert (response.status_code, response.headers["location"]) == (303, "/done")
    done = await login.browser.get(f"{HOST}/done")
    assert (done.status_code, "Outreach has answered" in done.text) == (200, True)
    assert (login.callback.code(), login.callback.shown.is_set()) == ("the-code", True)


async def test_a_refusal_of_outreach_ends_the_login(login: Login) -> None:
    await (await login.begun()).browser.get(f"{HOST}/back?error=access_denied&state=the-state")
    assert login.callback.answered.is_set()
    with pytest.raises(ConsentRefusedError, match="access_denied"):
        login.callback.code()


async def test_an_answer_is_taken_once(login: Login) -> None:
    await (await login.begun()).browser.get(GOOD)
    again = await login.browser.get(f"{HOST}/back?code=another&state=the-state")
    assert (again.status_code, login.callback.code()) == (410, "the-code")


@pytest.mark.parametrize("query", ["", "code=evil", "code=evil&state=guessed", "error=access_denied&state=guessed"])
async def test_an_answer_with_another_state_ends_nothing(login: Login, query: str) -> None:
    response = await (await login.begun()).browser.get(f"{HOST}/back?{query}")
    assert (response.status_code, await login.goes_on()) == (400, True)


async def test_an_answer_before_the_start_ends_nothing(login: Login) -> None:
    response = await login.browser.get(GOOD)
    assert (response.status_code, login.callback.answered.is_set()) == (403, False)


async def test_an_answer_in_another_browser_ends_nothing(login: Login) -> None:
    response = await (await login.begun()).stranger.get(GOOD)
    assert (response.status_code, await login.goes_on()) == (403, True)


async def test_the_start_is_for_one_browser(login: Login) -> None:
    await login.begun()
    again = await login.browser.get(login.callback.start_url)
    elsewhere = await login.stranger.get(login.callback.start_url)
    assert (again.status_code, elsewhere.status_code, elsewhere.headers.get("location")) == (303, 403, None)


async def test_the_start_is_over_with_the_login(login: Login) -> None:
    await (await login.begun()).browser.get(GOOD)
    assert (await login.browser.get(login.callback.start_url)).status_code == 410


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Dest": "image"}, {"Sec-Fetch-Dest": "iframe"}, {"Sec-Purpose": "prefetch"}]
)
async def test_what_another_page_embeds_is_no_answer(login: Login, headers: dict[str, str]) -> None:
    response = await (await login.begun()).browser.get(GOOD, headers=headers)
    assert (response.status_code, await login.goes_on()) == (403, True)


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "PUT"])
async def test_what_is_no_get_is_no_answer(login: Login, method: str) -> None:
    response = await (await login.begun()).browser.request(method, GOOD)
    assert (response.status_code, await login.goes_on()) == (405, True)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1:8765", "localhost", ""])
async def test_a_request_to_another_name_is_refused(login: Login, host: str) -> None:
    response = await (await login.begun()).browser.get(GOOD, headers={"Host": host})
    assert (response.status_code, login.callback.answered.is_set()) == (421, False)


@pytest.mark.parametrize("path", ["/", "/back/", "/back/x", "/start/", "/start/guessed", "/done", "/favicon.ico"])
async def test_there_is_nothing_else(login: Login, path: str) -> None:
    response = await (await login.begun()).browser.get(f"{HOST}{path}?code=the-code&state=the-state")
    assert (response.status_code, login.callback.answered.is_set()) == (404, False)


async def test_every_answer_keeps_to_itself(login: Login) -> None:
    await login.begun()
    for url in (login.callback.start_url, f"{HOST}/back?code=c&state=s", f"{HOST}/nothing", GOOD, f"{HOST}/done", GOOD):
        headers = (await login.browser.get(url)).headers
        assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
        assert headers["content-security-policy"].startswith("default-src 'none';")


async def test_the_cookie_is_kept_from_scripts_and_other_sites(login: Login) -> None:
    response = await login.browser.get(login.callback.start_url)
    attributes = {part.strip().lower() for part in response.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= attributes


async def test_no_page_repeats_what_came_with_the_address(login: Login) -> None:
    pages = [await (await login.begun()).browser.get(f"{HOST}/back?code=%3Cb%3Ecode&state=%3Cb%3Estate")]
    pages.append(await login.browser.get(f"{HOST}/%3Cb%3Epath"))
    assert ["<b>" in page.text for page in pages] == [False, False]
