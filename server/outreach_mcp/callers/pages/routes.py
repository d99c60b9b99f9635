"""The routes of connecting and disconnecting, and what they are made of."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from outreach_mcp.caller import current_caller
from outreach_mcp.callers.identity.errors import IdentityUnavailableError
from outreach_mcp.callers.pages import wording
from outreach_mcp.callers.pages.consent import Outreach
from outreach_mcp.callers.pages.flow import CONFIRM, CONNECT, LEAVE, SIGNED_IN, Flow
from outreach_mcp.callers.pages.html import StoppedError, shown
from outreach_mcp.callers.pages.sign_in import SignIn
from outreach_mcp.callers.pages.site import Site
from outreach_mcp.callers.pages.steps import RESULT, Steps
from outreach_mcp.callers.routing import outreach_app
from outreach_mcp.callers.state.accounts import Connections
from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.callers.state.opening import State
from outreach_mcp.guard.policy import Policy
from outreach_mcp.io.threads import STORE
from outreach_mcp.settings.settings import Settings

_log = logging.getLogger(__name__)

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
Guarded: TypeAlias = Callable[[ASGIApp], ASGIApp]
"""Puts the identification of callers before an application."""


def connect_routes(settings: Settings, state: State, policy: Policy, guarded: Guarded) -> Sequence[BaseRoute]:
    """Return the routes of a server whose callers have connections of their own.

    `policy` is what the server offers to callers who may write. Raises `ValueError` for settings that `settings.rules`
    refuses.
    """
    flow = _flow_of(settings, state, policy)
    back_from_outreach = flow.site.route(flow.outreach.app.redirect_uri)
    pages: dict[tuple[str, str], Endpoint] = {
        ("GET", CONNECT): flow.invite,
        ("POST", CONNECT): flow.begin,
        ("GET", SIGNED_IN): flow.signed_in,
        ("GET", back_from_outreach): flow.consented,
        ("GET", RESULT): flow.done,
        ("GET", LEAVE): flow.offer_to_leave,
        ("POST", CONFIRM): flow.leave,
    }
    routes = [Route(path, _page(endpoint, flow.site), methods=[method]) for (method, path), endpoint in pages.items()]
    leaving = _Leaving(_page(flow.begin_to_leave, flow.site), guarded(_Forgetting(state.connections)))
    return [*routes, Route(LEAVE, leaving, methods=["POST"])]


def _flow_of(settings: Settings, state: State, policy: Policy) -> Flow:
    site = Site(settings.public_url or "")
    sign_in = None
    if settings.auth_issuer is not None and settings.auth_client_id is not None:
        back = site.public_url + SIGNED_IN
        sign_in = SignIn(settings.auth_issuer, settings.auth_client_id, settings.auth_client_secret, back)
    outreach = Outreach(outreach_app(settings), settings.api_url, policy, state.connections)
    return Flow(site, Steps(site, state.tickets), state.tickets, state.connections, outreach, sign_in)


def _page(endpoint: Endpoint, site: Site) -> Endpoint:
    """Return an endpoint that answers with a page whatever comes."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except StoppedError as stopped:
            return shown(stopped.page, site)
        except StateStoreError as error:
            _log.error("%s", error)
            return shown(wording.unavailable("The server cannot read or write what it keeps."), site)
        except IdentityUnavailableError as error:
            _log.error("%s", error)
            return shown(wording.unavailable("The identity provider cannot be asked."), site)

    return answer


class _Leaving:
    """Answers a POST to /disconnect: a program's, which brings its credentials, or that of a browser's form."""

    def __init__(self, page: Endpoint, program: ASGIApp) -> None:
        self._page = page
        self._program = program

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if any(name == b"authorization" for name, _ in scope["headers"]):
            await self._program(scope, receive, send)
        else:
            await (await self._page(Request(scope, receive)))(scope, receive, send)


class _Forgetting:
    """Removes the connection of the caller who asks, and says whether there was one."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = current_caller()
        if caller is None:
            raise RuntimeError("a request of nobody was let in")
        try:
            removed = await STORE.run(self._connections.forget, caller.subject)
            answer = JSONResponse({"disconnected": removed})
        except StateStoreError as error:
            _log.error("%s", error)
            answer = JSONResponse({"error": "The server cannot read or write what it keeps."}, 503)
        await answer(scope, receive, send)
