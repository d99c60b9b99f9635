"""From a caller's first call to their own Outreach account, and everything on the way that must not get there."""

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path as FilePath

import anyio
import httpx
import pytest
from mcp.client import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitRequestURLParams, ElicitResult

from outreach_mcp.api.errors.tree import RefusedRequestError
from outreach_mcp.api.tokens.store import StoredTokens
from outreach_mcp.caller import READ, WRITE, Caller, acting_for
from outreach_mcp.callers.routing import CONNECT_TICKET
from outreach_sandbox.faults import Fault
from outreach_sandbox.oauth import App
from outreach_sandbox.switches import Switches
from outreach_tools.client import Request
from tests.callers.identity.provider import ALICE, BOB, READER
from tests.callers.pages.team import LINK, UMA, VIC, Team, a_team, heading, onward, visitor
from tests.support.serving import WAYS, Era, Path

USED = (410, "This step was taken before, or took too long")
OVER = (410, "This link is no longer valid")


@pytest.fixture
async def team(tmp_path: FilePath) -> AsyncGenerator[Team]:
    async with a_team(tmp_path) as it:
        yield it


@pytest.mark.parametrize("way", [("/mcp", "auto"), ("/sse", "auto")])
async def test_a_client_that_opens_links_connects_in_the_middle_of_a_call(team: Team, way: tuple[Path, Era]) -> None:
    asked: list[str] = []

    async def person(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestURLParams)
        asked.append(params.message)
        async with visitor() as browser:
            await browser.connect(params.url)
        return ElicitResult(action="accept")

    said = json.loads(await team.call(team.token(), way=way, person=person))
    assert (asked, said["user"]["email"]) == (["Connect your Outreach account to go on."], "uma@us.example")


@pytest.mark.parametrize("way", WAYS)
async def test_a_client_that_opens_no_links_is_given_one(team: Team, way: tuple[Path, Era]) -> None:
    said = await team.call(team.token(), way=way)
    assert LINK.sub("LINK", said) == (
        "Connect your Outreach account to go on. Ask the person to open LINK in a browser. Then try again: until that "
        "is done every call ends like this. Nothing was sent."
    )


async def test_who_closes_the_question_is_not_connected(team: Team) -> None:
    async def person(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        return ElicitResult(action="decline")

    said = await team.call(team.token(), person=person)
    assert said == "Not done: the person did not connect their Outreach account. Nothing was sent."


async def test_each_caller_works_as_their_own_user(team: Team) -> None:
    async with visitor() as alices, visitor(BOB, VIC) as bobs:
        await alices.connect(await team.link(team.token()))
        await bobs.connect(await team.link(team.token(BOB)))
    answers: list[tuple[str, str]] = []

    async def ask(name: str, credential: str) -> None:
        for _ in range(3):
            answers.append((name, await team.who(credential)))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, "alice", team.token())
        tasks.start_soon(ask, "bob", team.token(BOB))
    assert sorted(answers) == [("alice", "uma@us.example")] * 3 + [("bob", "vic@us.example")] * 3


async def test_what_was_agreed_to_as_one_user_is_not_sent_as_another(tmp_path: FilePath) -> None:
    async with a_team(tmp_path, confirm="writes") as team, visitor() as as_uma, visitor(user=VIC) as as_vic:
        await as_uma.connect(await team.link(team.token()))
        asked: list[str] = []

        async def person(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
            asked.append(params.message)
            team.state.connections.forget(team.connection().subject)
            team.clock.moment += 3
            await as_vic.connect(await team.link(team.token()))
            return ElicitResult(action="accept", content={"confirm": True})

        said = await team.call(
            team.token(), way=("/sse", "legacy"), person=person, tool="create_account", name="Unheard of"
        )
        found = await team.call(team.token(), tool="list_accounts")
    assert len(asked) == 1
    assert said == (
        "Refused to send POST /accounts: the connection to Outreach was replaced after it was prepared. Nothing was "
        "sent. Call the tool again."
    )
    assert json.loads(found)
    assert "Unheard of" not in found


async def test_the_last_page_says_who_one_is_and_its_address_holds_nothing(team: Team) -> None:
    async with visitor() as browser:
        page = await browser.connect(await team.link(team.token()))
    assert (heading(page), str(page.url)) == (
        (200, "Your Outreach account is connected"),
        f"{team.url}/connect/done",
    )
    assert "You are connected as Uma Stone &lt;uma@us.example&gt;." in page.text


async def test_a_key_connects_the_account_with_its_e_mail_without_a_sign_in(team: Team) -> None:
    async with visitor(user=VIC) as browser:
        page = await browser.connect_by_key(await team.link(team.kims_key))
    assert (heading(page)[0], team.connections(), await team.who(team.kims_key)) == (
        200,
        [("kim", "vic@us.example")],
        "vic@us.example",
    )


async def test_a_key_connects_no_other_account(team: Team) -> None:
    async with visitor(user=UMA) as browser:
        page = await browser.connect_by_key(await team.link(team.kims_key))
    assert (heading(page), team.connections()) == ((403, "This is not the account that your key is for"), [])
    assert "you are uma@us.example, and the key is for Vic@US.example. Nothing was connected." in page.text


async def test_a_link_that_was_sent_to_somebody_else_connects_nothing(team: Team) -> None:
    async with visitor(BOB, VIC) as browser:
        page = await browser.signed_in(await team.link(team.token(ALICE)))
    assert (heading(page), team.connections()) == ((403, "This link was made for somebody else"), [])
    assert "You signed in as Bob Birch" in page.text


async def test_a_look_at_a_link_uses_nothing_up(team: Team) -> None:
    link = await team.link(team.token())
    async with visitor() as previewer, visitor() as browser:
        looks = [await previewer.http.request(method, link) for method in ("GET", "GET", "HEAD")]
        page = await browser.connect(link)
    assert ([look.status_code for look in looks], heading(page)[0]) == ([200, 200, 200], 200)


async def test_a_link_is_good_once(team: Team) -> None:
    link = await team.link(team.token())
    async with visitor() as first, visitor() as second:
        offered = await second.http.get(link)
        await first.begin(link)
        again = [await second.http.get(link), await second.press(offered)]
    assert [heading(page) for page in again] == [OVER, OVER]


async def test_a_link_is_good_for_ten_minutes(team: Team) -> None:
    link = await team.link(team.token())
    team.clock.moment += 600
    async with visitor() as browser:
        assert heading(await browser.http.get(link)) == OVER


async def test_an_assistant_that_asks_again_gets_the_same_link_until_it_is_used(team: Team) -> None:
    links = [await team.link(team.token()) for _ in range(2)]
    async with visitor() as browser:
        await browser.begin(links[0])
    assert (links[0] == links[1], await team.link(team.token()) == links[0]) == (True, False)


async def test_what_came_back_of_the_sign_in_is_taken_once(team: Team) -> None:
    async with visitor() as browser:
        back = await browser.sign_in(await browser.begin(await team.link(team.token())))
        pages = [await browser.last(await browser.http.get(back)) for _ in range(2)]
    assert [heading(page) for page in pages] == [(200, "Taking you to Outreach"), USED]


async def test_what_came_back_of_outreach_is_taken_once(team: Team) -> None:
    async with visitor() as browser:
        back = await browser.decide(onward(await browser.signed_in(await team.link(team.token()))))
        pages = [await browser.last(await browser.http.get(back)) for _ in range(2)]
        connected = team.connection()
    assert [heading(page) for page in pages] == [(200, "Your Outreach account is connected"), USED]
    assert connected == team.connection()


async def test_what_came_back_is_good_in_the_browser_that_began_only(team: Team) -> None:
    other = (403, "This was begun in another browser")
    async with visitor() as browser, visitor() as stranger:
        strangers_own = await stranger.begin(await team.link(team.token(BOB)))
        signed_in = await browser.sign_in(await browser.begin(await team.link(team.token())))
        pages = [await stranger.http.get(signed_in)]
        consented = await browser.decide(onward(await browser.http.get(signed_in)))
        pages += [await stranger.http.get(consented)]
        assert ([heading(page) for page in pages], team.connections()) == ([other, other], [])
        # Who it belongs to can go on.
        assert heading(await browser.last(await browser.http.get(consented)))[0] == 200
    assert strangers_own.startswith(team.provider.issuer)


async def test_what_comes_back_after_ten_minutes_is_too_late(team: Team) -> None:
    async with visitor() as browser:
        back = await browser.decide(onward(await browser.signed_in(await team.link(team.token()))))
        team.clock.moment += 600
        page = await browser.http.get(back)
    assert (heading(page), team.connections()) == (USED, [])


@pytest.mark.parametrize("route", ["/connect/signed-in", "/connect/outreach"])
@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=guessed", "?state=a&state=b", "?error=access_denied"])
async def test_an_answer_to_nothing_that_was_asked_is_refused(team: Team, route: str, query: str) -> None:
    async with visitor() as browser:
        await browser.begin(await team.link(team.token()))
        page = await browser.http.get(team.url + route + query)
    assert (page.status_code in (400, 410), team.connections()) == (True, [])


async def test_the_state_of_one_step_is_none_of_the_other(team: Team) -> None:
    async with visitor() as browser:
        back = await browser.sign_in(await browser.begin(await team.link(team.token())))
        page = await browser.http.get(back.replace("/connect/signed-in", "/connect/outreach"))
    assert heading(page) == USED


async def test_who_does_not_consent_is_not_connected(team: Team) -> None:
    async with visitor(decision="deny") as browser:
        page = await browser.connect(await team.link(team.token()))
    assert (heading(page), str(page.url), team.connections()) == (
        (403, "Access to Outreach was not allowed"),
        f"{team.url}/connect/done",
        [],
    )


async def test_a_sign_in_that_was_refused_leads_no_further(team: Team) -> None:
    async with visitor() as browser:
        asked = httpx.URL(await browser.begin(await team.link(team.token())))
        back = f"{team.url}/connect/signed-in?error=access_denied&state={asked.params['state']}"
        page = await browser.last(await browser.http.get(back))
    assert (heading(page), team.connections()) == ((403, "You did not sign in"), [])


async def test_an_answer_of_another_provider_is_refused(team: Team) -> None:
    async with visitor() as browser:
        back = httpx.URL(await browser.sign_in(await browser.begin(await team.link(team.token()))))
        page = await browser.last(await browser.http.get(back.copy_set_param("iss", "https://evil.example")))
    assert heading(page) == (400, "This answer does not match the request")


async def test_a_code_that_the_provider_did_not_give_is_refused(team: Team) -> None:
    async with visitor() as browser:
        back = httpx.URL(await browser.sign_in(await browser.begin(await team.link(team.token()))))
        page = await browser.last(await browser.http.get(back.copy_set_param("code", "guessed")))
    assert (heading(page), team.connections()) == ((502, "The sign-in failed"), [])


async def test_less_than_was_asked_for_is_not_kept(team: Team) -> None:
    async with visitor() as browser:
        asked = onward(await browser.signed_in(await team.link(team.token())))
        fewer = httpx.URL(asked).copy_set_param("scope", "users.read prospects.read")
        page = await browser.last(await browser.http.get(await browser.decide(str(fewer))))
    # This sandbox says what it granted; a page that others have changed on the way asks for less.
    assert (heading(page), team.connections()) == ((403, "Outreach allowed less than was asked for"), [])
    assert "accounts.read" in page.text


async def test_an_app_that_lacks_scopes_is_no_secret(team: Team) -> None:
    team.apps[:] = [App("sandbox", "sandbox", scopes=("users.read",))]
    async with visitor() as browser:
        page = await browser.connect(await team.link(team.token()))
    assert (heading(page), team.connections()) == ((403, "Access to Outreach was not allowed"), [])


async def test_who_may_only_read_is_asked_for_scopes_that_read(team: Team) -> None:
    async with visitor(READER) as reader, visitor() as writer:
        pages = [
            await reader.signed_in(await team.link(team.token(READER))),
            await writer.signed_in(await team.link(team.token())),
        ]
    rights = [{scope.rpartition(".")[2] for scope in httpx.URL(onward(page)).params["scope"].split()} for page in pages]
    assert rights == [{"read"}, {"read", "write", "delete"}]


async def test_who_connects_another_user_works_as_that_one(team: Team) -> None:
    async with visitor() as browser:
        await browser.connect(await team.link(team.token()))
        before = await team.who(team.token())
        # Without a connection there is no link: they disconnect first, here by what programs send.
        await browser.http.post(f"{team.url}/disconnect", headers={"Authorization": f"Bearer {team.token()}"})
        team.clock.moment += 2
        await replace(browser, user=VIC).connect(await team.link(team.token()))
    assert (before, await team.who(team.token()), team.connections()) == (
        "uma@us.example",
        "vic@us.example",
        [("Alice Arden", "vic@us.example")],
    )


async def test_a_connection_that_was_replaced_is_noticed_within_two_seconds(team: Team) -> None:
    subject, scopes = f"{team.provider.issuer} {ALICE.subject}", ["outreach:read", "outreach:write"]
    payload = {"subject": subject, "name": "Alice Arden", "email": None, "scopes": scopes}
    async with visitor() as browser:
        await browser.connect(await team.link(team.token()))
        await team.who(team.token())
        ticket = team.state.tickets.issue(CONNECT_TICKET, payload, 600)
        await replace(browser, user=VIC).connect(f"{team.url}/connect?ticket={ticket}")
        team.clock.moment += 2
    assert await team.who(team.token()) == "vic@us.example"


async def test_what_was_read_as_one_user_is_not_used_as_the_user_connected_since(team: Team) -> None:
    caller = f"{team.provider.issuer} {ALICE.subject}"
    payload = {"subject": caller, "name": "Alice Arden", "email": None, "scopes": ["outreach:read"]}

    async def requests() -> int:
        before = len(team.sent)
        said = await team.call(team.token(), tool="list_prospects", filters={"owner": "Uma Stone"}, fields=["custom1"])
        assert "owner: 'Uma Stone' (1)" in said, said
        return len(team.sent) - before

    async with visitor() as browser:
        await browser.connect(await team.link(team.token()))
        as_uma = [await requests() for _ in range(2)]
        ticket = team.state.tickets.issue(CONNECT_TICKET, payload, 600)
        await replace(browser, user=VIC).connect(f"{team.url}/connect?ticket={ticket}")
        team.clock.moment += 2
    # The names of users and the labels are read anew, once.
    assert (as_uma, [await requests() for _ in range(2)]) == ([3, 1], [3, 1])


async def test_what_one_user_was_to_do_is_not_done_as_the_user_connected_since(team: Team) -> None:
    caller = Caller(f"{team.provider.issuer} {ALICE.subject}", "Alice Arden", frozenset({READ, WRITE}))
    async with visitor() as browser:
        await browser.connect(await team.link(team.token()))
        with acting_for(caller):
            prepared = await team.clients.prepare(Request("DELETE", "/prospects/456"))
        await browser.http.post(f"{team.url}/disconnect", headers={"Authorization": f"Bearer {team.token()}"})
        team.clock.moment += 2
        await replace(browser, user=VIC).connect(await team.link(team.token()))
    before = [*team.sent]
    with acting_for(caller), pytest.raises(RefusedRequestError, match="was replaced"):
        await team.clients.send(prepared)
    assert team.sent == before


async def test_a_connection_that_outreach_refuses_is_to_be_made_anew(team: Team) -> None:
    async with visitor() as browser:
        await browser.connect(await team.link(team.token()))
    lost = replace(team.connection(), id="lost", tokens=StoredTokens("a refresh token that is used up"))
    team.state.connections.connect(lost)
    team.clock.moment += 2
    said = await team.call(team.token())
    assert said.startswith(
        "Outreach does not accept your connection any more: it was withdrawn, or not used for 14 days. Connect your "
        "Outreach account to go on. Ask the person to open http"
    )
    found = LINK.search(said)
    assert found
    async with visitor(user=VIC) as browser:
        await browser.connect(found[1])
    assert await team.who(team.token()) == "vic@us.example"


async def test_a_connection_is_kept_under_the_caller_with_what_was_granted(team: Team) -> None:
    async with visitor() as browser:
        asked = onward(await browser.signed_in(await team.link(team.token())))
        await browser.http.get(await browser.decide(asked))
    kept = team.connection()
    assert (kept.subject, kept.caller, kept.user.name, kept.scopes) == (
        f"{team.provider.issuer} {ALICE.subject}",
        "Alice Arden",
        "Uma Stone",
        frozenset(httpx.URL(asked).params["scope"].split()),
    )


async def test_what_a_caller_sent_is_not_passed_on(team: Team) -> None:
    async with visitor() as browser:
        await browser.connect(await team.link(token := team.token()))
    await team.who(token)
    assert set(team.sent) == {f"Bearer {team.connection().tokens.access_token}"}


async def test_without_the_provider_nobody_is_sent_anywhere(team: Team) -> None:
    team.provider.changed_metadata = {"issuer": "https://evil.example"}
    async with visitor() as browser:
        page = await browser.press(await browser.http.get(await team.link(team.kims_key)))
        assert onward(page).startswith(team.outreach)  # a key needs none
        ticket = team.state.tickets.issue(
            CONNECT_TICKET, {"subject": "x y", "name": "Alice", "email": None, "scopes": []}, 600
        )
        page = await browser.press(await browser.http.get(f"{team.url}/connect?ticket={ticket}"))
    assert heading(page) == (503, "This does not work at the moment")


@pytest.mark.parametrize("path", ["/oauth/token", "/users"])
async def test_a_fault_of_outreach_is_told_and_connects_nothing(team: Team, path: str) -> None:
    async with visitor() as browser:
        asked = onward(await browser.signed_in(await team.link(team.token())))
        team.sandbox.faults.add(Fault(status=403 if path == "/users" else 401, path=path))
        page = await browser.last(await browser.http.get(await browser.decide(asked)))
    assert (heading(page), team.connections()) == ((502, "Outreach did not answer as it should"), [])


async def test_who_comes_back_within_the_minute_is_told_to_wait(team: Team) -> None:
    team.sandbox.oauth.switches = Switches(mint_interval=3600)
    async with visitor(user=VIC) as browser:
        await browser.connect(await team.link(team.token()))
        page = await browser.connect_by_key(await team.link(team.kims_key))
    assert (heading(page), team.connections()) == (
        (503, "Try again in a minute"),
        [("Alice Arden", "vic@us.example")],
    )
