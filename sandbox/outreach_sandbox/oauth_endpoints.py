"""The OAuth endpoints over HTTP: `POST /oauth/token` and the consent page at `/oauth/authorize`."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from outreach_sandbox.consent import consent_page, refusal_page
from outreach_sandbox.gateway import json_bytes
from outreach_sandbox.json_text import read_json
from outreach_sandbox.oauth import Grant, OAuth, Tokens
from outreach_sandbox.oauth_errors import TokenRefusalError
from outreach_sandbox.store import Store
from outreach_sandbox.values import digits
from outreach_tools.catalog import resource_types
from outreach_tools.json_values import as_object

_NO_STORE = {"Cache-Control": "no-store"}


def mint(oauth: OAuth, request: Request, body: bytes) -> Response:
    """Answer a request for tokens: a form, JSON (frigg, hull) or just query parameters, all accepted alike."""
    try:
        tokens = oauth.exchange({**request.query_params, **_content(request, body)})
    except TokenRefusalError as refused:
        raise refused.answer(oauth.switches.refusal_of_tokens) from None
    return Response(json_bytes(_shown(tokens)), 200, _NO_STORE, "application/json")


def authorize(oauth: OAuth, store: Store, request: Request, body: bytes) -> Response:
    """Show the consent page, or send the browser back with what was decided on it.

    A request that names no known app, or a place that is not the app's, gets a page, no redirect (RFC 6749, 4.1.2.1).
    """
    try:
        content = _content(request, body) if request.method == "POST" else {}
    except TokenRefusalError as refused:
        return refusal_page(refused.description)
    asked = {**request.query_params, **content}
    app = oauth.app(asked.get("client_id", ""))
    redirect_uri = asked.get("redirect_uri", "")
    if app is None:
        return refusal_page("No app has this client_id.")
    if not app.may_return_to(redirect_uri):
        return refusal_page("This redirect_uri is not one of the app's.")
    if asked.get("response_type") != "code":
        return _back(redirect_uri, asked, error="unsupported_response_type")
    scopes = tuple(asked.get("scope", "").split())
    if oauth.switches.scopes_beyond_app == "leave_out":
        scopes = tuple(filter(app.may_ask_for, scopes))
    if not scopes or not all(map(app.may_ask_for, scopes)):
        return _back(redirect_uri, asked, error="invalid_scope")
    challenge = asked.get("code_challenge", "")
    if challenge and asked.get("code_challenge_method") != "S256" and oauth.switches.pkce == "verify":
        return _back(redirect_uri, asked, error="invalid_request")
    users: dict[int, str] = dict(
        store.rows('SELECT id, COALESCE(name, email) FROM "user" WHERE locked IS NOT 1 ORDER BY id')
    )
    if request.method == "GET":
        return consent_page(app, scopes, users, asked)
    user = digits(asked.get("user", ""))
    if asked.get("decision") != "allow" or user is None or user not in users:
        return _back(redirect_uri, asked, error="access_denied")
    code = oauth.code(Grant(app.client_id, user, scopes), redirect_uri, challenge)
    return _back(redirect_uri, asked, code=code)


def _content(request: Request, body: bytes) -> dict[str, str]:
    """Return the parameters of a body, JSON or a form; broken JSON is a malformed request (RFC 6749, 5.2)."""
    if "json" in request.headers.get("content-type", ""):
        try:
            read: Any = as_object(read_json(body)) or {}
        except ValueError:
            raise TokenRefusalError(400, "invalid_request", "The request body is not valid JSON.") from None
        return {str(name): value for name, value in read.items() if isinstance(value, str)}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except ValueError:
        return {}


def _shown(tokens: Tokens) -> dict[str, Any]:
    # The members and their order were recorded (hull, 2018).
    return {
        "access_token": tokens.access,
        "token_type": "Bearer",
        "expires_in": tokens.lifetime,
        "refresh_token": tokens.refresh,
        "scope": " ".join(_every_scope() if tokens.scopes is None else tokens.scopes),
        "created_at": tokens.created,
    }


def _every_scope() -> list[str]:
    return [f"{resource.scope}.all" for resource in resource_types().values()]


def _back(redirect_uri: str, asked: Mapping[str, str], **answer: str) -> Response:
    """Send the browser back to the app, with the state that it gave."""
    if "state" in asked:
        answer["state"] = asked["state"]
    joined = "&" if urlsplit(redirect_uri).query else "?"
    return Response(status_code=303, headers={"Location": f"{redirect_uri}{joined}{urlencode(answer)}", **_NO_STORE})
