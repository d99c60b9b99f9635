"""Access tokens of an app that acts by itself, without a user (Outreach's server-to-server access).

Documented: the app signs a token of its own with the private half of a registered key (RS256, `iss` the app's GUID,
at most an hour), and trades it at its install for an access token that lives an hour. Nothing is stored: the key
makes the next one.
"""

import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from outreach_mcp.api.errors.tree import AuthenticationError
from outreach_mcp.api.tokens.redaction import Secrets
from outreach_mcp.api.tokens.renewal import AccessToken, Renewal
from outreach_mcp.api.tokens.token_answer import access_token_in
from outreach_mcp.api.tokens.token_endpoint import TokenEndpoint, TokenRequestError
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.io.private_files import read_file
from outreach_tools.json_values import member

_LIFE = timedelta(hours=1)

_MOST_KEY_BYTES = 64 * 1024
"""A PEM file of a key of 16,384 bits has 13 KB."""

_MEDIA_TYPE = "application/vnd.api+json"


@dataclass(frozen=True, slots=True)
class AppInstall:
    """An app's install in one organisation: the app's GUID, its private key in a PEM file, and the install's address.

    `url` is `https://<API host>/api/app/installs/<install id>/actions/accessToken`.
    """

    guid: str
    key_file: Path
    url: str


class InstallTokens:
    """A `TokenSource` that trades a signed token of the app for an access token whenever one is needed."""

    def __init__(
        self,
        install: AppInstall,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = MACHINE,
    ) -> None:
        """Prepare; the key is read when a token is needed, so that it can be replaced meanwhile."""
        self._install = install
        self._clock = clock
        self._secrets = Secrets()
        self._endpoint = TokenEndpoint(
            install.url,
            "OUTREACH_API_URL and OUTREACH_INSTALL_ID",
            self._secrets.redact,
            transport=transport,
            clock=clock,
        )
        self._renewal = Renewal(self._renew, clock.now)
        # Of threads: a call that is cancelled leaves its thread at work, and the next one waits for that.
        self._minting = threading.Lock()
        self._latest: AccessToken | None = None

    async def access_token(self) -> str:
        """Return the token to send now; see `TokenSource.access_token`."""
        return await self._renewal.token()

    async def renewed(self, refused: str) -> str:
        """Return another token than the refused one; see `TokenSource.renewed`."""
        return await self._renewal.other_than(refused)

    def redact(self, text: str) -> str:
        """Return `text` without the secrets; see `TokenSource.redact`."""
        return self._secrets.redact(text)

    def _renew(self, refused: str | None) -> AccessToken:
        with self._minting:
            latest = self._latest
            if latest is None or latest.value == refused or self._clock.now() >= latest.renew_at:
                latest = self._minted()
            if latest.value == refused:
                raise AuthenticationError(
                    "Outreach refuses the app's access token and gives out the same one again: look at the app's "
                    "install in Outreach.",
                    status=401,
                )
            self._latest = latest
            return latest

    def _minted(self) -> AccessToken:
        asked_at = self._clock.now()
        headers = {"Accept": _MEDIA_TYPE, "Content-Type": _MEDIA_TYPE, "Authorization": f"Bearer {self._signed()}"}
        try:
            answer = self._endpoint.post(headers=headers)
        except TokenRequestError as failed:
            if not failed.refused:
                raise failed.error from failed.__cause__
            raise AuthenticationError(
                f"{failed.error} Check that the app with OUTREACH_S2S_GUID has the public half of the key in "
                "OUTREACH_S2S_KEY_FILE registered, that OUTREACH_INSTALL_ID is its install in this organisation, and "
                "that this machine's clock is right.",
                status=failed.error.status,
                details=failed.error.details,
            ) from None
        value = access_token_in(
            member(answer, "data", "meta", "accessToken"), None, url=self._install.url, setting="OUTREACH_API_URL"
        )
        self._secrets.add("access token", value)
        return AccessToken(value, asked_at, asked_at + _LIFE)

    def _signed(self) -> str:
        # The server's clock may be a minute behind; an hour is the most that `exp` may lie ahead.
        begin = self._clock.now() - timedelta(minutes=1)
        claims = {"iat": begin, "exp": begin + timedelta(minutes=10), "iss": self._install.guid}
        signed = jwt.encode(claims, _private_key(self._install.key_file), "RS256")
        self._secrets.add("app token", signed)
        return signed


def _private_key(path: Path) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(read_file(path, _MOST_KEY_BYTES), password=None)
    except OSError as error:
        raise _key_fault(path, error.strerror or "it cannot be read") from error
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Not chained: the library's words do not help, and what it read is a secret.
        raise _key_fault(path, "it does not hold a private key in PEM form, or the key has a password") from None
    if not isinstance(key, RSAPrivateKey):
        raise _key_fault(path, "its key is not an RSA key")
    return key


def _key_fault(path: Path, reason: str) -> AuthenticationError:
    return AuthenticationError(
        f"No access token: the key in OUTREACH_S2S_KEY_FILE, {str(path)!r}, cannot be used: {reason}. Nothing was sent."
    )
