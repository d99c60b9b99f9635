"""An OAuth 2.1 and OpenID Connect provider on a port of this process: what a team signs in at.

People sign in by a form; a code (with PKCE) is traded for an access token for one resource, and an ID token. Its tokens
are made with joserfc, so that nothing the server verifies them with has also made them.
"""

import base64
import hashlib
import html
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from outreach_mcp.http.shutdown import Ending
from tests.support.serving import running

SigningKey = RSAKey | ECKey | OKPKey

_FORM = """<!doctype html><html lang="en"><title>Sign in</title><main><h1>Sign in</h1><p>{message}</p>
<form method="post"><label>E-mail <input name="username" autocomplete="username"></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button>Sign in</button></form></main></html>"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in, and what they may be given."""

    subject: str
    email: str
    name: str
    password: str = "correct horse"
    scopes: str = "openid email profile outreach:read outreach:write"


ALICE = Person("alice-1", "alice@example.com", "Alice Arden")
BOB = Person("bob-2", "bob@example.com", "Bob Birch")
READER = Person("rita-3", "rita@example.com", "Rita Reed", scopes="openid email profile outreach:read")


@dataclass(frozen=True, slots=True)
class Registered:
    """A client; one without a secret is public, and PKCE alone protects its codes."""

    client_id: str
    redirect_uris: tuple[str, ...]
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class _Grant:
    person: Person
    asked: dict[str, str]


def new_key(kid: str, algorithm: str = "ES256") -> SigningKey:
    """A key pair for one algorithm."""
    parameters: Any = {"kid": kid, "use": "sig", "alg": algorithm}
    if algorithm.startswith("ES"):
        return ECKey.generate_key({"ES256": "P-256", "ES384": "P-384"}[algorithm], parameters)
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519", parameters)
    return RSAKey.generate_key(2048, parameters)


@dataclass(slots=True)
class Provider:
    """The provider's state, which a test may change while it runs."""

    people: list[Person] = field(default_factory=lambda: [ALICE, BOB, READER])
    clients: list[Registered] = field(default_factory=list[Registered])
    keys: list[SigningKey] = field(default_factory=lambda: [new_key("first")])
    metadata_at: tuple[str, ...] = ("oauth-authorization-server", "openid-configuration")
    issuer: str = ""
    jwks: Any = None
    """Shown instead of the public halves of `keys`."""
    changed_metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    asked: Counter[str] = field(default_factory=Counter[str])
    """How often each of its paths was asked for."""
    _grants: dict[str, _Grant] = field(default_factory=dict[str, _Grant])

    def rotate(self) -> None:
        """Sign with a new key from now on; the old ones are not shown any more."""
        self.keys = [new_key(uuid.uuid4().hex)]

    def token(self, person: Person, audience: str, *, life: int = 600, **changed: Any) -> str:
        """An access token as this provider gives them (RFC 9068); a claim that is changed to None is left out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": person.subject,
            "aud": audience,
            "exp": now + life,
            "iat": now,
            "jti": uuid.uuid4().hex,
            "client_id": "some-client",
            "scope": person.scopes,
            "name": person.name,
            "email": person.email,
        } | changed
        return self.signed(claims)

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        """A JWT with these claims, signed with the newest key."""
        key = self.keys[-1]
        algorithm = str(key.get("alg"))
        kept = {name: value for name, value in claims.items() if value is not None}
        given = {"alg": algorithm, "typ": "at+jwt", "kid": key.kid} | header
        kept_header = {name: value for name, value in given.items() if value is not None}
        return jwt.encode(kept_header, kept, key, algorithms=[algorithm])

    def app(self) -> Starlette:
        """Return the application that plays the provider."""
        return Starlette(
            routes=[
                Route("/.well-known/{rest:path}", self._metadata),
                Route("/{path:path}/.well-known/{rest:path}", self._metadata),
                Route("/jwks", self._jwks),
                Route("/authorize", self._ask_person, methods=["GET"]),
                Route("/authorize", self._sign_in, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _metadata(self, request: Request) -> Response:
        self.asked[request.url.path] += 1
        path = urlsplit(self.issuer).path
        places = [f"/.well-known/{name}{path}" for name in self.metadata_at]
        places += [f"{path}/.well-known/{name}" for name in self.metadata_at if name == "openid-configuration"]
        if request.url.path not in places:
            return Response(status_code=404)
        origin = str(request.base_url).rstrip("/")
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{origin}/authorize",
                "token_endpoint": f"{origin}/token",
                "jwks_uri": f"{origin}/jwks",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [str(key.get("alg")) for key in self.keys],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                "authorization_response_iss_parameter_supported": True,
                "scopes_supported": ["openid", "email", "profile", "outreach:read", "outreach:write"],
            }
            | self.changed_metadata
        )

    async def _jwks(self, request: Request) -> Response:
        self.asked[request.url.path] += 1
        return JSONResponse(self.jwks or KeySet(list(self.keys)).as_dict(private=False))

    async def _ask_person(self, request: Request) -> Response:
        return self._fault(dict(request.query_params)) or HTMLResponse(_FORM.format(message="Who are you?"))

    async def _sign_in(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if fault := self._fault(asked):
            return fault
        form = dict(parse_qsl((await request.body()).decode()))
        person = next((each for each in self.people if each.email == form.get("username")), None)
        if person is None or form.get("password") != person.password:
            return HTMLResponse(_FORM.format(message="That is not right."), 401)
        code = uuid.uuid4().hex
        self._grants[code] = _Grant(person, asked)
        back = {"code": code, "iss": self.issuer} | ({"state": asked["state"]} if "state" in asked else {})
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 303)

    def _fault(self, asked: dict[str, str]) -> Response | None:
        client = next((each for each in self.clients if each.client_id == asked.get("client_id")), None)
        if client is None or asked.get("redirect_uri") not in client.redirect_uris:
            return HTMLResponse(f"Unknown client or address: {html.escape(str(asked))}", 400)
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return HTMLResponse("Only codes with PKCE (S256) are given.", 400)
        return None

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        client_id, secret = form.get("client_id"), form.get("client_secret")
        if (basic := request.headers.get("authorization", "")).startswith("Basic "):
            # RFC 6749, section 2.3.1: both are encoded as in a form.
            client_id, secret = map(unquote_plus, base64.b64decode(basic[6:]).decode().split(":"))
        client = next((each for each in self.clients if each.client_id == client_id), None)
        if client is None or client.secret != (secret or None):
            return JSONResponse({"error": "invalid_client"}, 401)
        grant = self._grants.pop(form.get("code", ""), None)  # a code is good once
        if (
            grant is None
            or grant.asked["client_id"] != client_id
            or grant.asked["redirect_uri"] != form.get("redirect_uri")
            or grant.asked["code_challenge"] != _challenge_of(form.get("code_verifier", ""))
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        person, wanted = grant.person, grant.asked.get("scope", "").split()
        scope = " ".join(each for each in person.scopes.split() if each in wanted)
        audience = form.get("resource") or grant.asked.get("resource") or client.client_id
        answer = {
            "access_token": self.token(person, audience, scope=scope, client_id=client_id),
            "token_type": "Bearer",
            "expires_in": 600,
            "scope": scope,
        }
        if "openid" in wanted:
            answer["id_token"] = self.id_token(person, client.client_id, grant.asked.get("nonce"))
        return JSONResponse(answer)

    def id_token(self, person: Person, client_id: str, nonce: str | None = None, **changed: Any) -> str:
        """The token that tells a client who signed in."""
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": person.subject, "aud": client_id, "exp": now + 600, "iat": now}
        claims |= {"nonce": nonce, "email": person.email, "email_verified": True, "name": person.name} | changed
        return self.signed(claims, typ="JWT")


@asynccontextmanager
async def provided(provider: Provider | None = None, *, path: str = "") -> AsyncGenerator[Provider]:
    """Run a provider on a free port; its issuer has this path."""
    it = provider or Provider()
    async with running(it.app(), Ending()) as served:
        it.issuer = served.url + path
        yield it


async def sign_in(http: httpx.AsyncClient, address: str, person: Person) -> str:
    """Do what a person does at an authorization address; returns where their browser is sent then."""
    assert (await http.get(address)).status_code == 200
    answer = await http.post(address, data={"username": person.email, "password": person.password})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def _challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
