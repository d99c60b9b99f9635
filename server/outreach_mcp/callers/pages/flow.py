"""The way of a browser from a link to a connected account: the link, the sign-in, Outreach's consent, the end."""

import hmac
import logging
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from outreach_mcp.caller import Caller
from outreach_mcp.callers.identity.errors import IdentityUnavailableError
from outreach_mcp.callers.pages import wording
from outreach_mcp.callers.pages.consent import Outreach
from outreach_mcp.callers.pages.forms import ticket_in
from outreach_mcp.callers.pages.html import Form, Page, StoppedError, shown
from outreach_mcp.callers.pages.sign_in import Attempt, SignedIn, SignIn, SignInError
from outreach_mcp.callers.pages.site import Site
from outreach_mcp.callers.pages.steps import Steps
from outreach_mcp.callers.rate import Rate
from outreach_mcp.callers.routing import CONNECT_TICKET
from outreach_mcp.callers.state.accounts import Connections
from outreach_mcp.callers.state.tickets import Tickets
from outreach_mcp.io.threads import SIGNING_IN, STORE
from outreach_tools.client import JsonObject

_log = logging.getLogger(__name__)

CONNECT = "/connect"
SIGNED_IN = "/connect/signed-in"
"""The path to which the identity provider sends browsers back; the operator registers this address there."""

LEAVE = "/disconnect"
CONFIRM = "/disconnect/confirm"


_LEAVING = 300
"""Sign-ins that begin at /disconnect in a minute, of all together: nobody is known there yet, and each is kept."""


def _leaving() -> Rate:
    return Rate(_LEAVING)


@dataclass(frozen=True, slots=True)
class Flow:
    """The pages of connecting and disconnecting; `sign_in` is absent where all callers have keys.

    Every method answers one request, or raises `StoppedError` with the page that ends it.
    """

    site: Site
    steps: Steps
    tickets: Tickets
    connections: Connections
    outreach: Outreach
    sign_in: SignIn | None
    leaving: Rate = field(default_factory=_leaving)

    async def invite(self, request: Request) -> Response:
        """Show what a link is for. Nothing is used up, so that a preview of the link does not spoil it.

        Raises `StoppedError` for one that is not valid.
        """
        ticket = request.query_params.get("ticket", "")
        payload = await STORE.run(self.tickets.look, CONNECT_TICKET, ticket)
        if payload is None:
            raise StoppedError(wording.link_over())
        caller = _caller(payload)
        form = Form("Continue", CONNECT, ticket)
        return shown(wording.invitation(caller.name, self.site.host, caller.email, form), self.site)

    async def begin(self, request: Request) -> Response:
        """Use a link up and send the browser on: to the sign-in, or with a key's link straight to Outreach.

        Raises `StoppedError` for one that is not valid.
        """
        ticket = await ticket_in(request)
        payload = await STORE.run(self.tickets.redeem, CONNECT_TICKET, ticket)
        if payload is None:
            raise StoppedError(wording.link_over())
        browser = self.steps.browser_of(request)
        # The e-mail of a key is what tells then whether the link has come to the right person.
        page = await (self._ask_outreach(payload, browser) if payload["email"] else self._ask_who(payload, browser))
        return self._sent_on(page, browser)

    async def signed_in(self, request: Request) -> Response:
        """Take a browser back from the sign-in, and go on with what it was for."""
        known = await self.steps.resume("sign-in", request, _state_in(request))
        browser = self.steps.browser_of(request)
        try:
            page = await self._after_sign_in(request, known, browser)
        except StoppedError as stopped:
            page = stopped.page
        return self._sent_on(page, browser) if page.onward else await self.steps.end(page)

    async def consented(self, request: Request) -> Response:
        """Take a browser back from Outreach, and connect."""
        state = _state_in(request)
        known = await self.steps.resume("consent", request, state)
        caller = _caller(known["caller"])
        consent = self.outreach.request(caller, state, known["verifier"])
        try:
            page = await self.outreach.connect(caller, consent, request.url.query)
        except StoppedError as stopped:
            page = stopped.page
        return await self.steps.end(page)

    async def done(self, request: Request) -> Response:
        """Show the last page."""
        return shown(await self.steps.result(request), self.site)

    async def offer_to_leave(self, request: Request) -> Response:  # noqa: ARG002 - it is the same for everybody
        """Show how to disconnect."""
        command = f"curl -X POST -H 'Authorization: Bearer …' {self.site.public_url}{LEAVE}"
        form = None if self.sign_in is None else Form("Sign in", LEAVE)
        return shown(wording.leaving(command, form), self.site)

    async def begin_to_leave(self, request: Request) -> Response:
        """Send a browser to the sign-in, to find out whose connection may be removed.

        Raises `StoppedError` where there is no sign-in, and when too many ask at once.
        """
        if self.sign_in is None:
            raise StoppedError(wording.not_signed_in("Without a sign-in only a key tells who you are."))
        if await self.leaving.spend("everybody") is not None:
            raise StoppedError(wording.unavailable("Too many people want to disconnect at once."))
        browser = self.steps.browser_of(request)
        return self._sent_on(await self._ask_who(None, browser), browser)

    async def leave(self, request: Request) -> Response:
        """Remove the connection of the person who signed in and asked for it."""
        known = await self.steps.resume("disconnect", request, await ticket_in(request))
        removed = await STORE.run(self.connections.forget, known["subject"])
        _log.info("disconnected %s", known["name"])
        return await self.steps.end(wording.disconnected() if removed else wording.not_connected(known["name"]))

    async def _after_sign_in(self, request: Request, known: JsonObject, browser: str) -> Page:
        who = await self._who(request, Attempt(known["nonce"], known["verifier"]))
        caller = known["caller"]
        if caller is None:
            return await self._ask_whether(who, browser)
        if not hmac.compare_digest(who.subject.encode(), str(caller["subject"]).encode()):
            _log.warning("%s opened a link that was made for %s", who.name, caller["name"])
            raise StoppedError(wording.somebody_else(who.name))
        return await self._ask_outreach(caller, browser)

    async def _ask_who(self, caller: JsonObject | None, browser: str) -> Page:
        if self.sign_in is None:
            raise StoppedError(wording.unavailable("This server has no sign-in any more."))
        attempt = Attempt()
        known: JsonObject = {"caller": caller, "nonce": attempt.nonce, "verifier": attempt.verifier}
        state = await self.steps.begin("sign-in", browser, known)
        address = await SIGNING_IN.run(self.sign_in.address, attempt, state)
        return wording.to_sign_in(address)

    async def _who(self, request: Request, attempt: Attempt) -> SignedIn:
        query = parse_qs(request.url.query, keep_blank_values=True, max_num_fields=50)
        codes = query.get("code", [])
        # RFC 9207: an answer of another provider is not an answer to us.
        if self.sign_in is None or query.get("iss", [self.sign_in.issuer]) != [self.sign_in.issuer]:
            raise StoppedError(wording.not_understood())
        if len(codes) != 1 or "error" in query:
            raise StoppedError(wording.not_signed_in("Nothing was changed."))
        try:
            return await SIGNING_IN.run(self.sign_in.signed_in, attempt, codes[0])
        except SignInError as error:
            _log.error("a sign-in failed: %s", error)
            raise StoppedError(wording.sign_in_failed(str(error))) from None
        except IdentityUnavailableError as error:
            _log.error("a sign-in failed: %s", error)
            raise StoppedError(wording.unavailable("The identity provider cannot be asked.")) from None

    async def _ask_outreach(self, caller: JsonObject, browser: str) -> Page:
        verifier = secrets.token_urlsafe(48)
        state = await self.steps.begin("consent", browser, {"caller": caller, "verifier": verifier})
        return wording.to_outreach(self.outreach.request(_caller(caller), state, verifier).url)

    async def _ask_whether(self, who: SignedIn, browser: str) -> Page:
        connection = await STORE.run(self.connections.find, who.subject)
        if connection is None:
            return wording.not_connected(who.name)
        ticket = await self.steps.begin("disconnect", browser, {"subject": who.subject, "name": who.name})
        return wording.confirm_leaving(who.name, connection.user, Form("Disconnect", CONFIRM, ticket))

    def _sent_on(self, page: Page, browser: str) -> Response:
        response = shown(page, self.site)
        self.steps.mark(response, browser)
        return response


def _state_in(request: Request) -> str:
    states = request.query_params.getlist("state")
    if len(states) != 1:
        raise StoppedError(wording.not_understood())
    return states[0]


def _caller(payload: Any) -> Caller:
    return Caller(payload["subject"], payload["name"], frozenset(payload["scopes"]), payload["email"])
