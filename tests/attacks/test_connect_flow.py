"""Attacks on the way from a link to a connected account: others' links, states, codes, browsers and accounts.

The steps by themselves are tested in `tests/callers/pages`; here Ann and Mallory are in it together.
"""

from collections.abc import AsyncGenerator, Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import anyio
import httpx
import pytest

from outreach_sandbox.records import Record
from outreach_sandbox.store import Store
from tests.callers.identity.provider import Person
from tests.callers.pages.team import LINK, UMA, VIC, Team, a_team, heading, onward, origin_of, visitor
from tests.sandbox.service import record

ANN = Person("ann-1", "ann@login.example", "Ann Arden")
MALLORY = Person("mallory-2", "mallory@login.example", "Mallory Mole")
HTML = Person("html-3", "html@login.example", "<img src=x onerror=alert(1)>\"'>")

UMAS, VICS = "uma@us.example", "vic@us.example"
"""The e-mails of the Outreach accounts that are Ann's and Mallory's."""

LOOKS_LIKE_VIC: tuple[Record, ...] = (
    record("user", 11, {"firstName": "Zero", "lastName": "Width", "email": "vi\u200bc@us.example", "locked": False}),
    record("user", 12, {"firstName": "Long", "lastName": "S", "email": "vic@u\u017f.example", "locked": False}),
    record("user", 13, {"firstName": "Two", "lastName": "Words", "email": "vic@us.example\n", "locked": False}),
)
"""Accounts whose e-mails a careless comparison takes for that of the key."""


@pytest.fixture
async def team(tmp_path: Path) -> AsyncGenerator[Team]:
    async with a_team(tmp_path) as it:
        it.provider.people += [ANN, MALLORY, HTML]
        yield it


async def connected(team: Team, person: Person, user: int) -> None:
    """Connect somebody, as it should be done."""
    async with visitor(person, user) as browser:
        assert heading(await browser.connect(await team.link(team.token(person))))[0] == 200


def same_but(url: str, **changed: str) -> str:
    """An address with some of its parameters changed."""
    return str(httpx.URL(url).copy_merge_params(changed))


def state_in(url: str) -> str:
    return dict(parse_qsl(urlsplit(url).query))["state"]


async def test_mallorys_link_in_anns_hands_connects_nobody(team: Team) -> None:
    """Ann follows it to the end of what she is let, with her own sign-in and her own Outreach session."""
    link = await team.link(team.token(MALLORY))
    async with visitor(ANN, UMA) as anns:
        page = await anns.signed_in(link)
        assert (heading(page), team.connections()) == ((403, "This link was made for somebody else"), [])
        # Nor does it come back to life: not for Ann, and not for Mallory.
        assert heading(await anns.http.get(link))[0] == 410
    async with visitor(MALLORY, VIC) as mallorys:
        assert heading(await mallorys.http.get(link))[0] == 410
    await connected(team, ANN, UMA)
    assert (await team.who(team.token(ANN)), team.sent.count("Bearer sandbox")) == (UMAS, 0)


async def test_anns_link_in_mallorys_hands_connects_nobody(team: Team) -> None:
    link = await team.link(team.token(ANN))
    async with visitor(MALLORY, VIC) as mallorys:
        assert heading(await mallorys.signed_in(link)) == (403, "This link was made for somebody else")
    assert team.connections() == []
    assert await team.link(team.token(ANN)) != await team.link(team.token(MALLORY))
    await connected(team, ANN, UMA)


async def test_a_link_that_mallory_opened_first_is_no_trap(team: Team) -> None:
    """She begins with Ann's link in her browser and lets Ann go on where she has stopped."""
    async with visitor(MALLORY, VIC) as mallorys, visitor(ANN, UMA) as anns:
        begun = await mallorys.begin(await team.link(team.token(ANN)))
        back = await anns.sign_in(begun)
        assert heading(await anns.http.get(back)) == (403, "This was begun in another browser")
        # With her own cookie and Ann's answer she gets as far as Outreach, for Ann, but not with her account.
        assert team.connections() == []
        assert heading(await anns.last(await anns.http.get(back)))[0] == 403


async def test_mallorys_cookie_planted_in_anns_browser_makes_anns_account_nobody_elses(team: Team) -> None:
    """Ann goes on in a browser that has Mallory's cookie, with the step that Mallory began: the sign-in tells."""
    async with visitor(MALLORY, VIC) as mallorys, visitor(ANN, UMA) as anns:
        begun = await mallorys.begin(await team.link(team.token(MALLORY)))
        anns.http.cookies = mallorys.http.cookies
        page = await anns.last(await anns.http.get(await anns.sign_in(begun)))
        assert (heading(page), team.connections()) == ((403, "This link was made for somebody else"), [])
    await connected(team, MALLORY, VIC)
    assert await team.who(team.token(MALLORY)) == VICS


async def test_mallorys_consent_in_anns_browser_connects_nothing(team: Team) -> None:
    """Login CSRF at Outreach's callback: Ann would work in Mallory's account, and what she writes be Mallory's."""
    async with visitor(MALLORY, VIC) as mallorys, visitor(ANN, UMA) as anns:
        mallorys_back = await mallorys.decide(onward(await mallorys.signed_in(await team.link(team.token(MALLORY)))))
        anns_asked = onward(await anns.signed_in(await team.link(team.token(ANN))))
        for forged in (mallorys_back, same_but(mallorys_back, state=state_in(anns_asked))):
            page = await anns.last(await anns.http.get(forged))
            assert heading(page)[0] in (400, 403, 502)
            assert team.connections() == []
        page = await mallorys.last(await mallorys.http.get(mallorys_back))
    # Whose code it was, it cannot be exchanged with another's verifier; hers is good still, once.
    assert (heading(page)[0] in (200, 502), [each for each in team.connections() if each[0] == ANN.name]) == (True, [])


async def test_anns_code_brought_by_mallory_connects_nothing(team: Team) -> None:
    """Code injection: PKCE binds it to the step that asked for it."""
    async with visitor(MALLORY, VIC) as mallorys, visitor(ANN, UMA) as anns:
        anns_back = await anns.decide(onward(await anns.signed_in(await team.link(team.token(ANN)))))
        mallorys_asked = onward(await mallorys.signed_in(await team.link(team.token(MALLORY))))
        forged = same_but(anns_back, state=state_in(mallorys_asked))
        assert heading(await mallorys.last(await mallorys.http.get(forged)))[0] in (400, 502)
        assert heading(await mallorys.http.get(anns_back)) == (403, "This was begun in another browser")
        assert team.connections() == []
        page = await anns.last(await anns.http.get(anns_back))
    assert (heading(page)[0], team.connections()) == (200, [(ANN.name, UMAS)])


async def test_anns_sign_in_brought_by_mallory_tells_nobody(team: Team) -> None:
    """The same at the identity provider: her code in Mallory's step, and the reverse."""
    async with visitor(MALLORY, VIC) as mallorys, visitor(ANN, UMA) as anns:
        anns_back = await anns.sign_in(await anns.begin(await team.link(team.token(ANN))))
        mallorys_begun = await mallorys.begin(await team.link(team.token(MALLORY)))
        forged = same_but(anns_back, state=state_in(mallorys_begun))
        assert heading(await mallorys.last(await mallorys.http.get(forged)))[0] in (400, 403, 502)
        assert heading(await mallorys.http.get(anns_back)) == (403, "This was begun in another browser")
    assert team.connections() == []
    await connected(team, ANN, UMA)


@pytest.mark.parametrize(
    "changed",
    [{"iss": "https://evil.example"}, {"iss": ""}, {"iss": "{issuer}/"}, {"code": ""}, {"error": "access_denied"}],
)
async def test_an_answer_that_another_provider_could_have_given_is_not_taken(
    team: Team, changed: Mapping[str, str]
) -> None:
    async with visitor(ANN, UMA) as anns:
        back = await anns.sign_in(await anns.begin(await team.link(team.token(ANN))))
        forged = same_but(back, **{name: value.format(issuer=team.provider.issuer) for name, value in changed.items()})
        assert heading(await anns.last(await anns.http.get(forged)))[0] in (400, 403, 502)
    assert team.connections() == []
    await connected(team, ANN, UMA)


@pytest.mark.parametrize("name", ["state", "iss", "code"])
async def test_what_is_said_twice_is_not_chosen_from(team: Team, name: str) -> None:
    async with visitor(ANN, UMA) as anns:
        back = await anns.sign_in(await anns.begin(await team.link(team.token(ANN))))
        value = dict(parse_qsl(urlsplit(back).query))[name]
        page = await anns.last(await anns.http.get(f"{back}&{name}={value}"))
    assert (heading(page)[0] in (400, 403, 410), team.connections()) == (True, [])


async def test_a_state_is_good_for_nothing_else(team: Team) -> None:
    """Every name that the flow has given out, brought to every place that takes one."""
    async with visitor(MALLORY, VIC) as browser:
        link = await team.link(team.token(MALLORY))
        first = state_in(begun := await browser.begin(link))
        second = state_in(onward(await browser.http.get(await browser.sign_in(begun))))
        ticket = httpx.URL(link).params["ticket"]
        result = browser.http.cookies.get("outreach-mcp-result") or "none"
        for name in (first, ticket, result, browser.http.cookies["outreach-mcp-browser"]):
            for place in (f"/connect?ticket={name}", f"/connect/signed-in?code=a&state={name}"):
                assert (await browser.http.get(team.url + place)).status_code == 410
            consent = await browser.http.get(f"{team.url}/connect/outreach?code=a&state={name}")
            confirm = await browser.http.post(f"{team.url}/disconnect/confirm", data={"ticket": name})
            assert (consent.status_code, confirm.status_code) == (410, 410)
        for route in ("/connect?ticket=", "/connect/signed-in?code=a&state="):
            assert (await browser.http.get(team.url + route + second)).status_code == 410
    assert team.connections() == []


async def test_of_many_who_come_at_once_with_the_same_one_goes_on(team: Team) -> None:
    """Used up is used up at once: a race wins nothing."""
    async with visitor(ANN, UMA) as anns:
        link = await team.link(team.token(ANN))
        offered = await anns.http.get(link)
        pages: list[httpx.Response] = []

        async def press() -> None:
            pages.append(await anns.press(offered))

        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(press)
        (begun,) = [page for page in pages if page.status_code == 200]
        signed_in = await anns.http.get(await anns.sign_in(onward(begun)))
        back = await anns.decide(onward(signed_in))
        ends: list[httpx.Response] = []

        async def bring() -> None:
            ends.append(await anns.http.get(back))

        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(bring)
    assert sorted(page.status_code for page in pages) == [200] + [410] * 7
    assert sorted(page.status_code for page in ends) == [303] + [410] * 7
    assert team.connections() == [(ANN.name, UMAS)]


async def test_kims_link_in_mallorys_hands_connects_nothing(team: Team) -> None:
    """Without a sign-in the account tells: Mallory is in Outreach as herself."""
    link = await team.link(team.kims_key)
    async with visitor(MALLORY, UMA) as mallorys:
        page = await mallorys.connect_by_key(link)
    assert (heading(page), team.connections()) == ((403, "This is not the account that your key is for"), [])


@pytest.mark.parametrize("user", [11, 12, 13])
async def test_an_account_that_looks_like_the_keys_is_not_the_keys(team: Team, user: int) -> None:
    """Compared to the letter: what is removed to show a text safely must not be removed to compare it."""
    store: Store = team.sandbox.gateway.store
    store.load(LOOKS_LIKE_VIC)
    users = [int(row[0]) for row in store.rows('SELECT id FROM "user" WHERE locked IS NOT 1 ORDER BY id')]
    async with visitor(user=users.index(user)) as mallorys:
        page = await mallorys.connect_by_key(await team.link(team.kims_key))
    assert (heading(page), team.connections()) == ((403, "This is not the account that your key is for"), [])
    async with visitor(user=VIC) as kims:
        assert heading(await kims.connect_by_key(await team.link(team.kims_key)))[0] == 200


TARGETS = ("https://evil.example", "//evil.example", "javascript:alert(1)", "/\\evil.example", "data:text/html,x")


@pytest.mark.parametrize(
    "name", ["redirect_uri", "return_to", "next", "url", "redirect", "continue", "ticket", "state"]
)
async def test_no_parameter_says_where_a_browser_goes(team: Team, name: str) -> None:
    async with visitor(MALLORY, VIC) as browser:
        link = await team.link(team.token(MALLORY))
        for target in TARGETS:
            for route in ("/connect", "/connect/signed-in", "/connect/outreach", "/connect/done", "/disconnect"):
                page = await browser.http.get(team.url + route, params={name: target})
                assert "evil.example" not in page.headers.get("location", "") + page.text
                assert "javascript:" not in page.text
            more = f"{link}&{name}={target}" if name != "ticket" else link
            page = await browser.http.get(more)
            assert "evil.example" not in page.text
        leads_to = await browser.begin(link)
    assert origin_of(leads_to) == origin_of(team.provider.issuer)
    assert dict(parse_qsl(urlsplit(leads_to).query))["redirect_uri"] == f"{team.url}/connect/signed-in"


async def test_a_name_is_no_part_of_a_page(team: Team) -> None:
    async with visitor(HTML, UMA) as browser:
        link = await team.link(team.token(HTML))
        pages = [await browser.http.get(link), await browser.connect(link)]
        address = await browser.begin(f"{team.url}/disconnect")
        pages.append(await browser.last(await browser.http.get(await browser.sign_in(address))))
        another = await team.link(team.token(MALLORY))
        pages.append(await browser.signed_in(another))
    assert [heading(page)[0] for page in pages] == [200, 200, 200, 403]
    assert [HTML.name in page.text for page in pages] == [False] * 4
    assert [escape(HTML.name) in page.text for page in pages] == [True, False, True, True]
    assert all("script" not in page.headers["Content-Security-Policy"] for page in pages)


async def test_what_is_sent_back_is_shown_nowhere(team: Team) -> None:
    hostile = "<script>alert(1)</script>"
    async with visitor(MALLORY, VIC) as browser:
        asked = await browser.begin(await team.link(team.token(MALLORY)))
        pages = [
            await browser.http.get(
                f"{team.url}{route}", params={"error": hostile, "error_description": hostile, **more}
            )
            for route in ("/connect/signed-in", "/connect/outreach", "/connect", "/connect/done", f"/connect/{hostile}")
            for more in ({}, {"state": hostile}, {"state": state_in(asked)}, {"ticket": hostile})
        ]
    for page in pages:
        is_document = page.headers.get("content-type", "").startswith("application/json")
        assert (is_document or hostile not in page.text, hostile in str(page.headers)) == (True, False)
        assert is_document or "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_a_form_of_another_site_begins_nothing(team: Team) -> None:
    link = await team.link(team.token(ANN))
    ticket = httpx.URL(link).params["ticket"]
    async with visitor(ANN, UMA) as anns:
        for origin in ("https://evil.example", "null", "http://localhost:1", f"{team.url}.evil.example"):
            for route in ("/connect", "/disconnect", "/disconnect/confirm"):
                forged = await anns.http.post(team.url + route, data={"ticket": ticket}, headers={"Origin": origin})
                assert (forged.status_code, forged.headers.get("set-cookie")) == (403, None)
        # The link was not used up by that.
        assert heading(await anns.connect(link))[0] == 200


async def test_mallory_disconnects_nobody_but_herself(team: Team) -> None:
    await connected(team, ANN, UMA)
    await connected(team, MALLORY, VIC)
    bearer = {"Authorization": f"Bearer {team.token(MALLORY)}"}
    async with visitor(MALLORY, VIC) as mallorys:
        for extra in ({"subject": ANN.subject}, {"ticket": ANN.subject}, {"caller": ANN.name}):
            params: Any = extra
            await mallorys.http.post(f"{team.url}/disconnect", params=params, data=extra, headers=bearer)
        assert team.connections() == [(ANN.name, UMAS)]
        address = await mallorys.begin(f"{team.url}/disconnect")
        page = await mallorys.last(await mallorys.http.get(await mallorys.sign_in(address)))
    assert (heading(page), UMAS in page.text) == ((200, "No account is connected"), False)
    assert await team.who(team.token(ANN)) == UMAS


async def test_another_whose_connection_is_there_is_not_offered_a_link_to_it(team: Team) -> None:
    """Somebody new with Ann's name and e-mail at the provider, and another subject, is somebody new."""
    await connected(team, ANN, UMA)
    twin = Person("another-9", ANN.email, ANN.name)
    team.provider.people.append(twin)
    said = await team.call(team.token(twin))
    assert LINK.search(said)
    assert UMAS not in said
    async with visitor(ANN, UMA) as browser:
        page = await browser.signed_in(LINK.findall(said)[0])
    # They sign in at the provider by the e-mail, which is Ann's account there: that is not theirs.
    assert (heading(page), team.connections()) == (
        (403, "This link was made for somebody else"),
        [(ANN.name, UMAS)],
    )


async def test_pages_are_framed_and_kept_by_nobody(team: Team) -> None:
    async with visitor(MALLORY, VIC) as browser:
        link = await team.link(team.token(MALLORY))
        invited = await browser.http.get(link)
        answers = [invited, await browser.press(invited)]
        answers += [await browser.http.get(team.url + route) for route in ("/connect/done", "/disconnect", "/connect")]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert ("frame-ancestors 'none'" in policy, "form-action 'self'" in policy) == (True, True)
        assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
        assert answer.headers["Referrer-Policy"] == "same-origin"
    cookie = answers[1].headers["Set-Cookie"]
    assert ("HttpOnly" in cookie, "SameSite=lax" in cookie, "Domain" in cookie) == (True, True, False)
