"""OAuth 2.0: codes and tokens, whom they stand for, and how long (the documented lives and limits).

Documented: an access token lives two hours, a refresh token 14 days and is spent by its use; at most 100 pairs of a
user and app; one token a minute for a user and app. Assumed: a code lives ten minutes, the oldest pair goes when there
are too many, and an access token outlives the refresh that replaced it.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from outreach_sandbox.access import Access
from outreach_sandbox.oauth_errors import TokenRefusalError
from outreach_sandbox.switches import Switches

_ACCESS_LIFE = 2 * 60 * 60
_REFRESH_LIFE = 14 * 24 * 60 * 60
_CODE_LIFE = 10 * 60
_MOST_PAIRS = 100
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class App:
    """An app that may ask for tokens; without `redirect_uris` it may be sent back to https and loopback URLs.

    `scopes` are those that it is registered with, all where it names none; `prospects.all` holds its three parts.
    `refresh_token`, when there is one, is known from the start and stands for the first user with all scopes.
    """

    client_id: str
    client_secret: str = field(repr=False)
    name: str = "Sandbox app"
    redirect_uris: tuple[str, ...] = ()
    refresh_token: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ()

    def may_ask_for(self, scope: str) -> bool:
        """Return whether the app is registered with a scope."""
        return not self.scopes or scope in self.scopes or f"{scope.rpartition('.')[0]}.all" in self.scopes

    def may_return_to(self, redirect_uri: str) -> bool:
        """Return whether a browser may be sent to a URL with a code for this app."""
        if self.redirect_uris:
            return redirect_uri in self.redirect_uris
        parts = urlsplit(redirect_uri)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        )


SANDBOX_APP = App("sandbox", "sandbox", refresh_token="sandbox")  # noqa: S106 - a password to a playground
"""The app that a sandbox knows unless it is told others."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A user's grant to an app; `user` None is the first user who is not locked, `scopes` None are all."""

    client_id: str
    user: int | None = None
    scopes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """A pair of tokens as the token endpoint answers it; `lifetime` and `created` are in (Unix) seconds."""

    access: str
    refresh: str
    scopes: tuple[str, ...] | None
    created: int
    lifetime: int = _ACCESS_LIFE


@dataclass(frozen=True, slots=True)
class _Issued:
    grant: Grant
    expires: int
    redirect_uri: str = ""
    challenge: str = ""


@dataclass(slots=True)
class OAuth:
    """The codes and tokens that are out; `random_text` makes new ones."""

    apps: Sequence[App]
    clock: Callable[[], datetime]
    switches: Switches
    random_text: Callable[[], str] = field(default=lambda: secrets.token_urlsafe(32))
    _codes: dict[str, _Issued] = field(default_factory=dict[str, _Issued])
    _access: dict[str, _Issued] = field(default_factory=dict[str, _Issued])
    _refresh: dict[str, _Issued] = field(default_factory=dict[str, _Issued])
    _minted: dict[tuple[str, int | None], int] = field(default_factory=dict[tuple[str, int | None], int])

    def __post_init__(self) -> None:  # noqa: D105 - as an __init__, it tells nothing of its own
        for app in self.apps:
            if app.refresh_token:
                self._refresh[app.refresh_token] = _Issued(Grant(app.client_id), self._now() + _REFRESH_LIFE)

    def app(self, client_id: str) -> App | None:
        """Return the app of an id."""
        return next((app for app in self.apps if app.client_id == client_id), None)

    def access(self, token: str) -> Access | None:
        """Return the grant of an access token, None when it is unknown or expired."""
        issued = self._access.get(token)
        if issued is None or issued.expires <= self._now():
            return None
        scopes = issued.grant.scopes
        return Access(issued.grant.user, None if scopes is None else frozenset(scopes))

    def code(self, grant: Grant, redirect_uri: str, challenge: str = "") -> str:
        """Return a code for a grant, good for one exchange by the app that is at `redirect_uri`.

        `challenge` is PKCE's (RFC 7636, S256), which who exchanges the code has to know the answer to.
        """
        code = self.random_text()
        self._codes[code] = _Issued(grant, self._now() + _CODE_LIFE, redirect_uri, challenge)
        return code

    def exchange(self, parameters: Mapping[str, str]) -> Tokens:
        """Exchange a code or a refresh token, as a request to the token endpoint asks; raises `TokenRefusalError`."""
        app = self.app(parameters.get("client_id", ""))
        if app is None or not secrets.compare_digest(
            app.client_secret.encode(), parameters.get("client_secret", "").encode()
        ):
            raise TokenRefusalError(401, "invalid_client", "Client authentication failed.")
        kind = parameters.get("grant_type", "")
        if kind == "authorization_code":
            return self._by_code(app, parameters)
        if kind == "refresh_token":
            return self._by_refresh_token(app, parameters)
        raise TokenRefusalError(400, "unsupported_grant_type", f"The grant type '{kind}' is not supported.")

    def issue(self, grant: Grant) -> Tokens:
        """Issue a pair without being asked by anybody: how a test begins in the middle."""
        now = self._now()
        tokens = Tokens(self.random_text(), self.random_text(), grant.scopes, now)
        self._access[tokens.access] = _Issued(grant, now + _ACCESS_LIFE)
        self._refresh[tokens.refresh] = _Issued(grant, now + _REFRESH_LIFE)
        for issued in (self._access, self._refresh):
            mine = [
                token
                for token, each in issued.items()
                if (each.grant.client_id, each.grant.user) == (grant.client_id, grant.user)
            ]
            for token in mine[:-_MOST_PAIRS]:
                del issued[token]
        return tokens

    def _by_code(self, app: App, parameters: Mapping[str, str]) -> Tokens:
        code = parameters.get("code", "")
        issued = self._codes.get(code)
        if (
            issued is None
            or issued.expires <= self._now()
            or issued.grant.client_id != app.client_id
            or issued.redirect_uri != parameters.get("redirect_uri")
            or not self._proves(parameters.get("code_verifier", ""), issued.challenge)
        ):
            raise TokenRefusalError(400, "invalid_grant", "The code is unknown, used, over or made for another app.")
        self._spend_mint(issued.grant)
        del self._codes[code]
        return self.issue(issued.grant)

    def _proves(self, verifier: str, challenge: str) -> bool:
        if not challenge or self.switches.pkce == "ignore":
            return True
        digest = hashlib.sha256(verifier.encode()).digest()
        return secrets.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), challenge.encode())

    def _by_refresh_token(self, app: App, parameters: Mapping[str, str]) -> Tokens:
        token = parameters.get("refresh_token", "")
        issued = self._refresh.get(token)
        if issued is None or issued.expires <= self._now() or issued.grant.client_id != app.client_id:
            raise TokenRefusalError(400, "invalid_grant", "The refresh token is unknown, used or over.")
        self._spend_mint(issued.grant)  # a token that comes too early is not spent (assumed)
        del self._refresh[token]
        return self.issue(issued.grant)

    def _spend_mint(self, grant: Grant) -> None:
        key, now = (grant.client_id, grant.user), self._now()
        last = self._minted.get(key)
        if last is not None and now < last + self.switches.mint_interval:
            raise TokenRefusalError(429, "too_many_requests", "One token a minute for a user and app.")
        self._minted[key] = now

    def _now(self) -> int:
        return int(self.clock().timestamp())
