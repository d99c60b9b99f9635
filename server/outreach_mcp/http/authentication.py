"""Lets in only callers that are known, and tells everything behind it who they are."""

import hmac
import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl

from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from outreach_mcp.caller import READ, Caller, acting_for
from outreach_mcp.callers.identity.errors import CredentialError, IdentityUnavailableError, LapsedCredentialError
from outreach_mcp.callers.identity.identification import Identification
from outreach_mcp.callers.identity.keys import KEY_PREFIX
from outreach_mcp.http.guard import refusal
from outreach_mcp.http.protected_resource import ProtectedResource
from outreach_mcp.http.wrong_keys import WrongKeys

_BEARER = re.compile(rb"(?i:bearer) +([A-Za-z0-9._~+/-]+=*)")  # RFC 6750, section 2.1

_SECRET = re.compile(r"(access|bearer|id)?[_-]?token|(api)?[_-]?key|auth(orization)?|bearer|jwt|secret", re.IGNORECASE)
"""Names under which credentials are put into addresses."""

_RETRY_SECONDS = "30"


@dataclass(frozen=True, slots=True)
class Access:
    """Identifies callers, and answers those who are not let in."""

    identification: Identification
    resource: ProtectedResource
    wrong_keys: WrongKeys = field(default_factory=WrongKeys)


class KeyGuard:
    """An ASGI application that refuses requests (401) without the key as a bearer token, or none if there is no key."""

    def __init__(self, app: ASGIApp, *, key: SecretStr | None, wrong_keys: WrongKeys) -> None:
        self._app = app
        self._expected = None if key is None else key.get_secret_value().encode()
        self._wrong_keys = wrong_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        await (await self._refusal(scope) or self._app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        if self._expected is None:
            return None
        given = Headers(scope=scope).getlist("authorization")
        if not given:
            message = "This server needs its key: send the header 'Authorization: Bearer <OUTREACH_MCP_KEY>'."
            return refusal(401, message, {"WWW-Authenticate": 'Bearer realm="outreach-mcp"'})
        scheme, _, key = given[0].partition(" ")
        # In constant time: how long a comparison takes must not say how much of a guess was right.
        right = hmac.compare_digest(key.strip().encode(), self._expected)
        if len(given) == 1 and scheme.lower() == "bearer" and right:
            return None
        challenge = 'Bearer realm="outreach-mcp", error="invalid_token"'
        response = refusal(401, "The key is not this server's OUTREACH_MCP_KEY.", {"WWW-Authenticate": challenge})
        return await self._wrong_keys.answer(scope, "the key is not OUTREACH_MCP_KEY", response)


class CallerGuard:
    """An ASGI application that serves callers who say who they are, each request by itself, and no one else.

    What is behind it finds the caller by `current_caller()`. The SDK finds them too, as its own user: so the state of a
    question is bound to who was asked, and an SSE stream to who opened it. Whatever else a request says of its sender
    (a forwarded user, a cookie) counts for nothing.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._identification = access.identification
        self._resource = access.resource
        self._wrong_keys = access.wrong_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or serve it as its caller's."""
        caller = await self._caller(scope)
        if isinstance(caller, Response):
            await caller(scope, receive, send)
            return
        user = _user(caller)
        scope["user"] = user
        token = auth_context_var.set(user)
        try:
            with acting_for(caller):
                await self._app(scope, receive, send)
        finally:
            auth_context_var.reset(token)

    async def _caller(self, scope: Scope) -> Caller | Response:
        if scope["query_string"] and _holds_secret(scope["query_string"]):
            advice = "credentials in an address end up in logs: send them as the header 'Authorization: Bearer ...'"
            return self._refusal(scope, 400, "invalid_request", advice)
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(given) > 1:
            return self._refusal(scope, 400, "invalid_request", "there is more than one Authorization header")
        if not given or not given[0].lower().startswith(b"bearer"):
            challenge = self._resource.challenge(scope["path"])
            message = "This server needs to know who calls: send the header 'Authorization: Bearer ...'."
            return refusal(401, message, {"WWW-Authenticate": challenge})
        bearer = _BEARER.fullmatch(given[0].strip())
        if bearer is None:
            return await self._wrong(scope, "the Authorization header holds no bearer token")
        try:
            caller = await self._identification.caller_of(bearer[1].decode())
        except LapsedCredentialError as error:
            return self._refusal(scope, 401, "invalid_token", str(error))
        except CredentialError as error:
            return await self._wrong(scope, str(error))
        except IdentityUnavailableError as error:
            return refusal(503, _sentence(str(error)), {"Retry-After": _RETRY_SECONDS})
        if READ not in caller.scopes:
            return self._refusal(scope, 403, "insufficient_scope", f"the token lacks the scope {READ}", READ)
        return caller

    async def _wrong(self, scope: Scope, reason: str) -> Response:
        response = self._refusal(scope, 401, "invalid_token", reason)
        return await self._wrong_keys.answer(scope, reason, response)

    def _refusal(self, scope: Scope, status: int, error: str, description: str, wanted: str | None = None) -> Response:
        challenge = self._resource.challenge(scope["path"], error, description, wanted)
        return refusal(status, _sentence(description), {"WWW-Authenticate": challenge})


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _holds_secret(query: bytes) -> bool:
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        # What looks like a key or a JWT is one, under whatever name.
        if _SECRET.fullmatch(name) or value.startswith((KEY_PREFIX, "eyJ")):
            return True
    return False


@lru_cache(maxsize=1024)
def _user(caller: Caller) -> AuthenticatedUser:
    # Without what they sent: nothing behind this needs it, and it must not be passed on.
    token = AccessToken(token="", client_id=caller.subject, subject=caller.subject, scopes=sorted(caller.scopes))
    return AuthenticatedUser(token)
