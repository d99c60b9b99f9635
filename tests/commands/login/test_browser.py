"""A login in a real browser: Chromium goes through the consent page of a sandbox that poses as Outreach."""

import json
import re
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from pydantic import SecretStr
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from outreach_mcp.api.tokens.authorization import ConsentRequest, exchange
from outreach_mcp.api.tokens.rotating import OAuthApp
from outreach_mcp.commands.login.browser import code_by_browser, open_listener
from outreach_mcp.commands.login.callback import Callback
from outreach_mcp.commands.login.errors import LoginFailedError
from outreach_mcp.http.listening import listen, url_of
from outreach_mcp.http.shutdown import Ending
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.transport import on_a_port
from tests.sandbox.service import ORGANISATION
from tests.support.chromium import FLAGS
from tests.support.processes import COMMAND, SECONDS, environment
from tests.support.serving import running
from tests.support.stores import sandbox_store
from tests.support.workbench import NOW

SCOPES = ("prospects.read", "users.read")


@pytest.fixture
async def context(browser: Browser) -> AsyncGenerator[BrowserContext]:
    opened = await browser.new_context()
    opened.set_default_timeout(SECONDS * 1000)
    yield opened
    await opened.close()


@pytest.fixture
async def outreach() -> AsyncGenerator[str]:
    """The origin of a sandbox that poses as Outreach."""
    store = sandbox_store(ORGANISATION)
    async with running(on_a_port(build_sandbox(store, clock=lambda: NOW)), Ending()) as served:
        yield served.url
    store.close()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A login whose web server stays when it is over, so that what comes later is seen."""

    callback: Callback
    request: ConsentRequest


@asynccontextmanager
async def waiting(outreach: str) -> AsyncGenerator[Waiting]:
    callback: Callback | None = None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert callback is not None
        await callback(scope, receive, send)

    async with running(app, Ending()) as served:
        request = consent_request(outreach, f"{served.url}/back")
        callback = Callback(request)
        yield Waiting(callback, request)


def consent_request(outreach: str, redirect_uri: str) -> ConsentRequest:
    return ConsentRequest(OAuthApp("sandbox", SecretStr("sandbox"), redirect_uri, f"{outreach}/oauth/token"), SCOPES)


def page_of(html: str) -> ASGIApp:
    """A web site somewhere else, which is this one page."""
    return HTMLResponse(html)


async def allow(page: Page) -> None:
    await page.get_by_role("button", name="Allow").click()
    await page.wait_for_url("**/done")


def command_lines() -> str:
    """Return what everybody on the machine can read of all processes."""
    lines: list[str] = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # it has ended meanwhile
            continue
    return "\n".join(lines)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_login_leaves_nothing_secret_in_addresses_processes_and_logs(
    chromium: str, outreach: str, tmp_path: Path, unused_port: int
) -> None:
    profile, file = tmp_path / "profile", tmp_path / "tokens.json"
    opener = tmp_path / "browser"
    flags = " ".join([*FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}"])
    opener.write_text(f'#!/bin/sh\nexec {chromium} {flags} "$@"\n', encoding="utf-8")
    opener.chmod(0o700)
    environ = environment(
        BROWSER=str(opener),
        OUTREACH_API_URL=f"{outreach}/api/v2",
        OUTREACH_CLIENT_ID="sandbox",
        OUTREACH_CLIENT_SECRET="sandbox",
        OUTREACH_REDIRECT_URI=f"http://localhost:{unused_port}/back",
        OUTREACH_MCP_TOKEN_FILE=str(file),
    )
    async with await anyio.open_process([*COMMAND, "login", "--toolsets", "people"], env=environ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        logs = ""
        while not (listening := re.search(r"DevTools listening on ws://(\S+:\d+)/", logs)):  # Chromium says so
            logs += (await process.stderr.receive()).decode()
        async with async_playwright() as playwright:
            opened = await playwright.chromium.connect_over_cdp(f"http://{listening[1]}")
            page = opened.contexts[0].pages[0]
            await page.wait_for_url("**/oauth/authorize?*")
            asked = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
            came_back: list[str] = []
            page.on("request", lambda request: came_back.append(request.url))
            processes = command_lines()
            await allow(page)
            processes += command_lines()
            address = page.url
            await page.go_back(wait_until="commit")
            behind = page.url
            end = await opened.new_browser_cdp_session()
            await end.send("Browser.close")  # pyright: ignore[reportUnknownMemberType] - its answer is untyped, and unused
        logs += b"".join([part async for part in process.stdout] + [part async for part in process.stderr]).decode()
    (back,) = [url for url in came_back if "/back?" in url]
    code = parse_qs(urlsplit(back).query)["code"][0]
    (entry,) = json.loads(file.read_text(encoding="utf-8"))["tokens"].values()
    secrets = {name: asked[name] for name in ("state", "code_challenge")}
    secrets |= {"code": code, "access": entry["access_token"], "refresh": entry["refresh_token"]}
    assert "Logged in to Outreach as Uma Stone <uma@us.example>" in logs
    assert "/start/" in processes
    assert address == f"http://localhost:{unused_port}/done"
    assert [name for name, secret in secrets.items() if secret in processes + logs] == []
    assert (behind.partition("?")[0], code in behind) == (f"{outreach}/oauth/authorize", False)


async def test_an_answer_that_another_page_makes_up_ends_nothing(context: BrowserContext, outreach: str) -> None:
    async with waiting(outreach) as login:
        page = await context.new_page()
        await page.goto(login.callback.start_url)
        forged = f"{login.request.app.redirect_uri}?code=of-the-attacker&state=guessed"
        embedding = f'<img src="{forged}"><iframe src="{forged}"></iframe>'
        posting = f'<form method="post" action="{forged}"><button>Win a prize</button></form>'
        async with running(page_of(f'{embedding}{posting}<a href="{forged}">Read more</a>'), Ending()) as elsewhere:
            evil = await context.new_page()
            shown: list[str] = []
            for leave in (evil.get_by_role("button"), evil.get_by_role("link")):
                await evil.goto(elsewhere.url, wait_until="networkidle")
                await leave.click()
                await evil.wait_for_url("**/back?*")
                shown.append(await evil.get_by_role("heading").inner_text())
        assert (shown, login.callback.answered.is_set()) == (["This is not the answer to your login"] * 2, False)
        await allow(page)
        tokens = await anyio.to_thread.run_sync(exchange, login.request, login.callback.code())
        assert tokens.scopes == frozenset(SCOPES)


async def test_an_answer_is_not_taken_twice(context: BrowserContext, outreach: str) -> None:
    async with waiting(outreach) as login:
        page = await context.new_page()
        answers: list[str] = []
        page.on("request", lambda request: answers.append(request.url) if "/back?" in request.url else None)
        await page.goto(login.callback.start_url)
        await allow(page)
        first = login.callback.code()
        await page.goto(answers[0].replace(first, "another-code"))
        assert "The answer has come already, and is accepted once." in await page.get_by_role("main").inner_text()
        assert login.callback.code() == first


async def test_the_address_that_was_opened_is_good_for_no_other_browser(
    browser: Browser, context: BrowserContext, outreach: str
) -> None:
    async with waiting(outreach) as login:
        await (await context.new_page()).goto(login.callback.start_url)
        stranger = await browser.new_page()
        await stranger.goto(login.callback.start_url)
        assert "was opened in another before" in await stranger.get_by_role("main").inner_text()
        await stranger.close()


async def test_without_an_answer_in_time_the_login_ends() -> None:
    told: list[str] = []
    with listen("127.0.0.1", 0, public=False) as listener:
        request = consent_request("http://127.0.0.1:9", f"{url_of('127.0.0.1', listener)}/back")
        with pytest.raises(LoginFailedError, match=r"no answer came from Outreach within 0 minutes.*--paste"):
            await code_by_browser(request, listener, tell=told.append, open_browser=None, seconds=0)
    assert told[0].startswith("Open this address in a browser on this machine:\n\n  http://127.0.0.1:")


def test_a_port_that_is_taken_is_told_with_the_way_around_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        uri = f"http://127.0.0.1:{taken.getsockname()[1]}/back"
        with pytest.raises(
            LoginFailedError, match=r"leads to this machine, but cannot listen on 127\.0\.0\.1 .*--paste"
        ):
            open_listener(uri)
