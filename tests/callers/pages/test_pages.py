"""The pages as a browser gets them: what their headers forbid, and what others put into them."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from outreach_mcp.callers.pages.html import Form, Page, headers_of, read, shown, written
from outreach_mcp.callers.pages.site import Site
from tests.callers.pages.team import Team, a_team, heading, visitor

SITE = Site("https://mcp.example.com")
HOSTILE = "<script>alert(1)</script>\"'&\u202e"


@pytest.fixture
async def team(tmp_path: Path) -> AsyncGenerator[Team]:
    async with a_team(tmp_path) as it:
        yield it


def test_text_of_others_is_shown_as_text() -> None:
    form = Form("Go on", "/connect", "ticket")
    pages = [Page(HOSTILE, (HOSTILE,), form=form), Page(HOSTILE, (HOSTILE,), onward=f"https://x.example/?{HOSTILE}")]
    texts = [bytes(shown(page, SITE).body).decode() for page in pages]
    assert not any("<script" in text or "\"'" in text for text in texts)
    assert "\u202e" not in texts[0]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in texts[0]


def test_a_page_survives_the_store() -> None:
    for page in (Page("A", ("b", "c"), 403), Page("A", (), form=Form("Go", "/x", "t"), onward="https://x.example")):
        assert read(written(page)) == page


def test_over_https_browsers_are_held_to_it() -> None:
    assert "Strict-Transport-Security" in headers_of(SITE)
    assert "Strict-Transport-Security" not in headers_of(Site("http://localhost:8000"))


def test_a_path_before_the_server_stands_in_the_addresses_of_forms() -> None:
    site = Site("https://example.com/outreach")
    text = bytes(shown(Page("A", (), form=Form("Go", "/connect")), site).body).decode()
    assert ('action="/outreach/connect"' in text, site.route("https://example.com/outreach/connect/outreach")) == (
        True,
        "/connect/outreach",
    )


@pytest.mark.parametrize("route", ["/connect", "/connect/done", "/connect/signed-in", "/disconnect"])
async def test_every_page_is_kept_by_nobody_and_framed_by_nobody(team: Team, route: str) -> None:
    async with visitor() as browser:
        page = await browser.http.get(team.url + route)
    policy = page.headers["Content-Security-Policy"]
    assert [part in policy for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")] == [
        True
    ] * 3
    assert "unsafe" not in policy
    kept = ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options", "Cross-Origin-Opener-Policy")
    assert [page.headers[name] for name in kept] == ["no-store", "same-origin", "nosniff", "same-origin"]


async def test_the_cookie_is_for_this_server_and_no_script(team: Team) -> None:
    async with visitor() as browser:
        page = await browser.http.get(await team.link(team.token()))
        cookie = (await browser.press(page)).headers["Set-Cookie"]
    assert [part.partition("=")[0] for part in cookie.split("; ")] == [
        "outreach-mcp-browser",
        "HttpOnly",
        "Max-Age",
        "Path",
        "SameSite",
    ]


async def test_over_https_no_other_host_can_set_the_cookie(tmp_path: Path) -> None:
    async with a_team(tmp_path, OUTREACH_MCP_PUBLIC_URL="https://mcp.example.com") as team, visitor() as browser:
        said = await team.call(team.kims_key)
        ticket = said.partition("?ticket=")[2].partition(" ")[0]
        answer = await browser.http.post(f"{team.url}/connect", data={"ticket": ticket})
    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert (name.startswith("__Host-outreach-mcp-browser="), "Secure" in attributes) == (True, True)


async def test_more_than_a_form_holds_is_refused(team: Team) -> None:
    async with visitor() as browser:
        page = await browser.http.post(f"{team.url}/connect", data={"ticket": "x" * 5000})
    assert heading(page) == (413, "Too much was sent")


@pytest.mark.parametrize("data", [{}, {"ticket": "guessed"}, {"ticket": ["a", "b"]}])
async def test_a_form_without_a_good_ticket_leads_nowhere(team: Team, data: dict[str, str | list[str]]) -> None:
    async with visitor() as browser:
        page = await browser.http.post(f"{team.url}/connect", data=data)
    assert (heading(page)[0], "set-cookie" in page.headers) == (410, False)


async def test_the_last_page_of_nobody_is_empty(team: Team) -> None:
    async with visitor() as browser:
        assert heading(await browser.http.get(f"{team.url}/connect/done")) == (404, "There is nothing to show")
