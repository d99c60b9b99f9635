"""The steps of a browser's way: each is begun and taken up again once, soon, and in the same browser.

What a step knows lies in the store, so that any replica can go on with it; the browser carries its name away as the
`state` of a redirect or in a form, and a cookie that shows that it is the same browser.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Literal, TypeAlias

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from outreach_mcp.callers.pages import wording
from outreach_mcp.callers.pages.html import Page, StoppedError, headers_of, read, written
from outreach_mcp.callers.pages.site import Site
from outreach_mcp.callers.state.tickets import Tickets
from outreach_mcp.io.threads import STORE
from outreach_tools.client import JsonObject

Kind: TypeAlias = Literal["sign-in", "consent", "disconnect"]
"""The purpose of a browser's step: to sign in, to bring Outreach's consent, or to confirm."""

RESULT = "/connect/done"
"""The route of the last page: its address holds nothing, and it can be loaded again."""

_SECONDS = 600
_RESULT_KIND = "result"
_BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps that browsers are in; raises `StateStoreError` while the store cannot be used."""

    site: Site
    tickets: Tickets

    def browser_of(self, request: Request) -> str:
        """Return the name a browser is known by, a new one if it was not here in the last minutes."""
        known = self._cookie(request, "browser")
        return known if _BROWSER.fullmatch(known) else secrets.token_urlsafe(32)

    async def begin(self, kind: Kind, browser: str, known: JsonObject) -> str:
        """Begin a step that only `browser` can take up, knowing `known` then; return its name."""
        payload = {"known": known, "browser": _digest(browser)}
        return await STORE.run(self.tickets.issue, kind, payload, _SECONDS)

    async def resume(self, kind: Kind, request: Request, name: str) -> JsonObject:
        """Take a step up and return what is known in it.

        Raises `StoppedError` for one that expired, was taken up before, or was begun in another browser; that one can
        still go on with it.
        """
        if request.method == "HEAD":  # a look at a link is not a visit
            raise StoppedError(Page("Not done", ("Open this address in a browser.",), 405))
        payload = await STORE.run(self.tickets.look, kind, name)
        if payload is None:
            raise StoppedError(wording.step_over())
        # In constant time: how long a comparison takes must not say how much of a guess was right.
        if not hmac.compare_digest(str(payload["browser"]), _digest(self._cookie(request, "browser"))):
            raise StoppedError(wording.other_browser())
        if await STORE.run(self.tickets.redeem, kind, name) is None:
            raise StoppedError(wording.step_over())
        known: JsonObject = payload["known"]
        return known

    def mark(self, response: Response, browser: str) -> None:
        """Have a browser keep for some minutes what it is known by."""
        self._keep(response, "browser", browser)

    async def end(self, page: Page) -> Response:
        """Return the answer that leads to the last page, by an address without what Outreach or others put into it."""
        ticket = await STORE.run(self.tickets.issue, _RESULT_KIND, written(page), _SECONDS)
        response = RedirectResponse(self.site.address(RESULT), 303, headers_of(self.site))
        self._keep(response, "result", ticket)
        return response

    async def result(self, request: Request) -> Page:
        """Return the last page that a browser was led to."""
        entry = await STORE.run(self.tickets.look, _RESULT_KIND, self._cookie(request, "result"))
        return wording.nothing_here() if entry is None else read(entry)

    def _cookie(self, request: Request, name: str) -> str:
        return request.cookies.get(self._name(name), "")

    def _keep(self, response: Response, name: str, value: str) -> None:
        # Lax: it comes along when another site sends the browser back here, and with nothing that a page embeds.
        response.set_cookie(
            self._name(name), value, max_age=_SECONDS, path="/", secure=self.site.secure, httponly=True, samesite="lax"
        )

    def _name(self, name: str) -> str:
        # The prefix lets no other host of the domain set it; browsers allow it over https only.
        return f"__Host-outreach-mcp-{name}" if self.site.secure else f"outreach-mcp-{name}"


def _digest(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()
