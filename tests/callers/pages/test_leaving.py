"""Disconnecting: by a sign-in in a browser, by a program with its credentials, by nobody else."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.callers.identity.provider import ALICE, BOB
from tests.callers.pages.team import VIC, Team, a_team, heading, visitor


@pytest.fixture
async def team(tmp_path: Path) -> AsyncGenerator[Team]:
    """A server that Alice is connected to as Uma, and Bob as Vic."""
    async with a_team(tmp_path) as it:
        async with visitor() as alices, visitor(BOB, VIC) as bobs:
            await alices.connect(await it.link(it.token()))
            await bobs.connect(await it.link(it.token(BOB)))
        yield it


ALL = [("Alice Arden", "uma@us.example"), ("Bob Birch", "vic@us.example")]


async def test_who_signs_in_sees_what_is_connected_and_disconnects_that(team: Team) -> None:
    async with visitor(ALICE) as browser:
        address = await browser.begin(f"{team.url}/disconnect")
        asked = await browser.last(await browser.http.get(await browser.sign_in(address)))
        before = team.connections()
        page = await browser.last(await browser.press(asked))
    assert (heading(asked), before) == ((200, "Disconnect this account?"), ALL)
    assert "works in Outreach as Uma Stone &lt;uma@us.example&gt;" in asked.text
    assert (heading(page), str(page.url)) == (
        (200, "Your Outreach account is disconnected"),
        f"{team.url}/connect/done",
    )
    assert team.connections() == ALL[1:]


async def test_who_is_not_connected_is_told(team: Team) -> None:
    team.state.connections.forget(f"{team.provider.issuer} {ALICE.subject}")
    async with visitor(ALICE) as browser:
        address = await browser.begin(f"{team.url}/disconnect")
        page = await browser.last(await browser.http.get(await browser.sign_in(address)))
    assert heading(page) == (200, "No account is connected")


async def test_the_question_is_answered_in_the_browser_that_was_asked(team: Team) -> None:
    async with visitor(ALICE) as browser, visitor(BOB) as stranger:
        address = await browser.begin(f"{team.url}/disconnect")
        asked = await browser.last(await browser.http.get(await browser.sign_in(address)))
        page = await stranger.press(asked)
    assert (heading(page), team.connections()) == ((403, "This was begun in another browser"), ALL)


async def test_the_question_is_answered_once(team: Team) -> None:
    async with visitor(ALICE) as browser:
        address = await browser.begin(f"{team.url}/disconnect")
        asked = await browser.last(await browser.http.get(await browser.sign_in(address)))
        pages = [await browser.last(await browser.press(asked)) for _ in range(2)]
    assert [heading(page)[0] for page in pages] == [200, 410]


async def test_a_form_of_another_site_disconnects_nobody(team: Team) -> None:
    async with visitor(ALICE) as browser:
        address = await browser.begin(f"{team.url}/disconnect")
        await browser.http.get(await browser.sign_in(address))
        for route in ("/disconnect", "/disconnect/confirm", "/connect"):
            answer = await browser.http.post(team.url + route, headers={"Origin": "https://evil.example"})
            assert answer.status_code == 403
    assert team.connections() == ALL


async def test_a_program_disconnects_its_own_caller(team: Team) -> None:
    headers = {"Authorization": f"Bearer {team.token(BOB)}"}
    async with visitor() as browser:
        answers = [await browser.http.post(f"{team.url}/disconnect", headers=headers) for _ in range(2)]
    assert [(each.status_code, each.json()) for each in answers] == [
        (200, {"disconnected": True}),
        (200, {"disconnected": False}),
    ]
    assert team.connections() == ALL[:1]


async def test_a_program_that_nobody_knows_disconnects_nobody(team: Team) -> None:
    async with visitor() as browser:
        answer = await browser.http.post(f"{team.url}/disconnect", headers={"Authorization": "Bearer guessed"})
    assert (answer.status_code, team.connections()) == (401, ALL)


async def test_a_connection_that_was_removed_is_used_no_more_after_two_seconds(team: Team) -> None:
    assert await team.who(team.token()) == "uma@us.example"
    headers = {"Authorization": f"Bearer {team.token()}"}
    async with visitor() as browser:
        await browser.http.post(f"{team.url}/disconnect", headers=headers)
    team.clock.moment += 2
    assert (await team.call(team.token())).startswith("Connect your Outreach account to go on.")
    assert await team.who(team.token(BOB)) == "vic@us.example"
