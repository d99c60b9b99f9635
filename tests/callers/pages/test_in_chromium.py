"""The pages in a real browser, with the identity provider and Outreach on other sites."""

import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request
from starlette.responses import HTMLResponse

from outreach_mcp.http.shutdown import Ending
from tests.callers.identity.provider import ALICE, Person
from tests.callers.pages.team import Team, a_team
from tests.support.processes import SECONDS
from tests.support.serving import running

_LOOK = """() => {
    const light = color => {
        const [r, g, b] = color.match(/[\\d.]+/g).map(value => value / 255)
            .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const behind = element => {
        for (; element; element = element.parentElement) {
            const color = getComputedStyle(element).backgroundColor
            if (!color.startsWith('rgba')) return color
        }
    }
    const contrasts = [...document.querySelectorAll('h1, p, button, footer, a')].map(element => {
        const [a, b] = [light(getComputedStyle(element).color), light(behind(element))]
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    })
    return {
        lang: document.documentElement.lang,
        title: document.title,
        headings: [...document.querySelectorAll('h1, h2, h3')].map(heading => heading.tagName),
        mains: document.querySelectorAll('main').length,
        contrast: Math.min(...contrasts),
        outline: parseFloat(getComputedStyle(document.activeElement).outlineWidth),
        focused: document.activeElement.tagName,
        height: document.querySelector('button').getBoundingClientRect().height,
        wide: document.documentElement.scrollWidth > innerWidth,
        background: getComputedStyle(document.body).backgroundColor,
    }
}"""


@pytest.fixture
async def team(tmp_path: Path) -> AsyncGenerator[Team]:
    async with a_team(tmp_path, others="localhost") as it:
        yield it


@asynccontextmanager
async def a_page(browser: Browser, **options: Any) -> AsyncGenerator[Page]:
    """A page of a browser with nothing kept; at the end it must not have met anything that a policy forbids."""
    async with contextlib.aclosing(_contexts(browser, options)) as contexts:
        page = await (await anext(contexts)).new_page()
        complaints: list[str] = []

        def listen(message: ConsoleMessage) -> None:
            if "violates" in message.text:
                complaints.append(message.text)

        page.on("console", listen)
        yield page
        assert complaints == []


async def _contexts(browser: Browser, options: dict[str, Any]) -> AsyncGenerator[Any]:
    context = await browser.new_context(**options)
    context.set_default_timeout(SECONDS * 1000)
    yield context
    await context.close()


async def sign_in(page: Page, person: Person) -> None:
    await page.wait_for_url("**/authorize?*")
    await page.get_by_label("E-mail").fill(person.email)
    await page.get_by_label("Password").fill(person.password)
    await page.get_by_role("button", name="Sign in").click()


async def consent(page: Page, user: str) -> None:
    await page.wait_for_url("**/oauth/authorize?*")
    await page.get_by_label("Act as").select_option(label=user)
    await page.get_by_role("button", name="Allow").click()


async def heading(page: Page) -> str:
    return await page.get_by_role("heading", level=1).inner_text()


async def test_a_person_connects_and_disconnects_without_a_script_or_a_mouse(browser: Browser, team: Team) -> None:
    link = await team.link(team.token())
    async with a_page(browser, java_script_enabled=False) as page:
        addresses: list[str] = []
        page.on("framenavigated", lambda frame: addresses.append(frame.url))
        await page.goto(link)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await sign_in(page, ALICE)
        await consent(page, "Vic Moss")
        await page.wait_for_url(f"{team.url}/connect/done")
        ends = [await heading(page)]
        works_as = await team.who(team.token())
        await page.goto(f"{team.url}/disconnect")
        await page.get_by_role("button", name="Sign in").click()
        await sign_in(page, ALICE)
        await page.get_by_role("button", name="Disconnect").click()
        await page.get_by_text("has forgotten").wait_for()
        ends.append(await heading(page))
    assert ends == ["Your Outreach account is connected", "Your Outreach account is disconnected"]
    assert (works_as, team.connections()) == ("vic@us.example", [])
    tokens = ("eyJ", "omcp_")
    assert [address for address in addresses if any(token in address for token in tokens)] == []


async def test_a_link_opened_by_somebody_else_ends_with_an_explanation(browser: Browser, team: Team) -> None:
    bob = team.provider.people[1]
    async with a_page(browser) as page:
        await page.goto(await team.link(team.token()))
        await page.get_by_role("button", name="Continue").click()
        await sign_in(page, bob)
        await page.wait_for_url(f"{team.url}/connect/done")
        said = await page.get_by_role("main").inner_text()
    assert "This link was made for somebody else" in said
    assert "You signed in as Bob Birch" in said


def _note(loaded: list[str], request: Request) -> None:
    loaded.append(request.url)


async def test_a_page_is_readable_for_everybody(browser: Browser, team: Team) -> None:
    link = await team.link(team.token())
    looks: list[dict[str, Any]] = []
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        async with a_page(browser, color_scheme=scheme, viewport={"width": 320, "height": 640}) as page:
            loaded: list[str] = []
            page.on("request", partial(_note, loaded))
            await page.goto(link)
            await page.keyboard.press("Tab")
            looks.append(await page.evaluate(_LOOK))
            assert [url for url in loaded if not url.startswith(team.url)] == []
    for look in looks:
        assert look["contrast"] >= 4.5
        assert look["height"] >= 44
        assert (look["lang"], look["headings"], look["mains"], look["wide"]) == ("en", ["H1"], 1, False)
        assert (look["focused"], look["outline"]) == ("BUTTON", 3)
        assert look["title"].startswith("Connect your Outreach account – 127.0.0.1:")
    assert looks[0]["background"] != looks[1]["background"]


async def test_another_site_can_neither_frame_the_page_nor_press_its_button(browser: Browser, team: Team) -> None:
    link = await team.link(team.kims_key)
    ticket = link.rpartition("=")[2]
    evil = HTMLResponse(
        f'<iframe src="{link}"></iframe><form method="post" action="{team.url}/connect">'
        f'<input name="ticket" value="{ticket}"><button>Win a prize</button></form>'
    )
    context = await browser.new_context()
    page = await context.new_page()
    async with running(evil, Ending()) as elsewhere:
        await page.goto(elsewhere.url.replace("127.0.0.1", "localhost"), wait_until="networkidle")
        framed = page.frames[1].url
        await page.get_by_role("button", name="Win a prize").click()
        await page.wait_for_url("**/connect")
        said = await page.locator("body").inner_text()
    await context.close()
    assert (framed, "may not use this server" in said) == ("chrome-error://chromewebdata/", True)
    assert team.state.tickets.look("connect", ticket) is not None
