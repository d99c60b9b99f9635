"""Signs a browser in where the callers sign in: OpenID Connect's code flow, with PKCE and a nonce. All blocks."""

import base64
import hashlib
import hmac
import math
import secrets
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx
import jwt
from pydantic import SecretStr

from outreach_mcp.callers.identity.errors import CredentialError, IdentityUnavailableError
from outreach_mcp.callers.identity.metadata import IssuerMetadata, discover
from outreach_mcp.callers.identity.signing_keys import SigningKeys
from outreach_mcp.callers.identity.tokens import ALGORITHMS, LEEWAY, UNREADABLE, name_of, subject_of
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.io.http_client import ask_from_thread, json_in
from outreach_tools.json_values import member

_SCOPES = "openid profile email"
_SECONDS = 10.0
_METADATA_SECONDS = 3600

_PAUSE = 10.0
"""Seconds after a failure until the provider is asked again: those who wait meanwhile get the same failure."""


class SignInError(Exception):
    """A sign-in that cannot be trusted; the message is a sentence for the person, and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person who signed in: the subject that their calls have as well, and the name people know them by."""

    subject: str
    name: str


def _random_text() -> str:
    return secrets.token_urlsafe(48)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in: `nonce` comes back in the ID token, `verifier` proves that the code comes from who asked for it."""

    nonce: str = field(default_factory=_random_text, repr=False)
    verifier: str = field(default_factory=_random_text, repr=False)


class SignIn:
    """This server as a client of the identity provider."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: SecretStr | None,
        redirect_uri: str,
        *,
        signing_keys: SigningKeys | None = None,
        clock: Clock = MACHINE,
    ) -> None:
        """Prepare; nothing is asked yet. Without a secret this server is a public client, and PKCE alone guards it."""
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._signing_keys = signing_keys or SigningKeys(issuer, clock=clock)
        self._clock = clock
        self._lock = Lock()
        self._metadata: IssuerMetadata | None = None
        self._metadata_ends = 0.0
        self._failed_until = -math.inf

    def address(self, attempt: Attempt, state: str) -> str:
        """Return the address that the browser has to go to. Raises `IdentityUnavailableError`."""
        endpoint = self._found().authorization_endpoint
        if endpoint is None:
            raise IdentityUnavailableError(f"the identity provider {self.issuer!r} offers no sign-in")
        digest = hashlib.sha256(attempt.verifier.encode()).digest()
        parameters = {
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "response_type": "code",
            "scope": _SCOPES,
            "state": state,
            "nonce": attempt.nonce,
            # Somebody else may have signed this very browser in: whoever sits before it says who they are.
            "prompt": "login",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}"

    def signed_in(self, attempt: Attempt, code: str) -> SignedIn:
        """Return who signed in, for a code that came back. Raises `SignInError` and `IdentityUnavailableError`."""
        id_token = member(self._exchange(attempt, code), "id_token")
        if not isinstance(id_token, str):
            raise SignInError("The identity provider did not say who signed in.")
        try:
            claims = self._verified(id_token, attempt.nonce)
            subject = subject_of(claims)
        except (CredentialError, *UNREADABLE):
            raise SignInError("What the identity provider said of who signed in cannot be trusted.") from None
        return SignedIn(subject, name_of(claims) or str(claims["sub"]))

    def _exchange(self, attempt: Attempt, code: str) -> Any:
        found = self._found()
        if found.token_endpoint is None:
            raise IdentityUnavailableError(f"the identity provider {self.issuer!r} names no token endpoint")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        basic = None
        if self._client_secret is None:
            form["client_id"] = self._client_id
        elif found.posts_secrets:
            form |= {"client_id": self._client_id, "client_secret": self._client_secret.get_secret_value()}
        else:  # each encoded as in a form (RFC 6749, section 2.3.1)
            secret = self._client_secret.get_secret_value()
            basic = (quote_plus(self._client_id), quote_plus(secret))
        try:
            answer = ask_from_thread(
                "POST",
                found.token_endpoint,
                within=_SECONDS,
                headers={"Accept": "application/json"},
                form=form,
                auth=basic,
            )
            if answer.is_server_error:
                raise IdentityUnavailableError("the identity provider does not answer as it should")
            if not answer.is_success:
                error = str(member(json_in(answer), "error"))
                # Whose fault it is decides who can mend it.
                if error in ("invalid_client", "unauthorized_client"):
                    raise SignInError("The identity provider does not know this server (OUTREACH_MCP_AUTH_CLIENT_ID).")
                raise SignInError("The identity provider does not accept the answer to the sign-in.")
            return json_in(answer)
        except httpx.HTTPError as error:
            raise IdentityUnavailableError("the identity provider cannot be reached") from error
        except ValueError:
            raise SignInError("The identity provider answered with something that is not JSON.") from None

    def _verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token (OpenID Connect Core 1.0, section 3.1.3.7)."""
        header = jwt.get_unverified_header(id_token)
        if header.get("alg") not in ALGORITHMS or not isinstance(header.get("kid"), str):
            raise jwt.InvalidTokenError("it is not signed as it has to be")
        claims: dict[str, Any] = jwt.decode(
            id_token,
            self._signing_keys.key_of(str(header["kid"])),
            algorithms=ALGORITHMS,
            audience=self._client_id,
            issuer=self.issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
        )
        alone = claims["aud"] in (self._client_id, [self._client_id])
        if claims.get("azp", self._client_id if alone else None) != self._client_id:
            raise jwt.InvalidAudienceError("it was given to another client")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise jwt.InvalidTokenError("it does not belong to this sign-in")
        return claims

    def _found(self) -> IssuerMetadata:
        with self._lock:  # one question at a time
            now = self._clock.monotonic()
            if self._metadata is None or now >= self._metadata_ends:
                if now < self._failed_until:
                    raise IdentityUnavailableError(f"the identity provider {self.issuer!r} gave no metadata just now")
                try:
                    self._metadata = discover(self.issuer, clock=self._clock)
                except IdentityUnavailableError:
                    self._failed_until = self._clock.monotonic() + _PAUSE
                    raise
                self._metadata_ends = now + _METADATA_SECONDS
            return self._metadata
