"""The public keys of an identity provider, asked for when they are needed, and not more often than that."""

import logging
import threading
import time
from collections.abc import Callable

import jwt

from outreach_mcp.identity.errors import CredentialError, IdentityUnavailableError
from outreach_mcp.identity.metadata import discover

_log = logging.getLogger(__name__)

_SECONDS = 10
"""How long the provider may take to answer."""

_PAUSE = 30
"""Seconds between two questions that tokens can make this server ask: for a key that is not there, and after a question
that failed. Whoever sends tokens with invented key ids sends no more than that on to the provider."""

_LIFE = 3600
"""Seconds after which the provider is asked again where its keys are."""

_UNAVAILABLE = "the identity provider's keys cannot be read now; try again in half a minute"


_ODD = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What the libraries make of keys that are something else than RFC 7517 has them."""


class SigningKeys:
    """The keys that one issuer signs with. All methods block, so they belong in a thread."""

    def __init__(
        self, issuer: str, *, pause_seconds: float = _PAUSE, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Prepare; nothing is asked yet."""
        self._issuer = issuer
        self._pause = pause_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._client: jwt.PyJWKClient | None = None
        self._client_ends = 0.0
        self._failed_until: float | None = None

    def key_of(self, kid: str) -> jwt.PyJWK:
        """Return the public key with an id.

        Raises `CredentialError` for one that the issuer does not show, `IdentityUnavailableError` when it cannot be
        asked.
        """
        with self._lock:  # one question at a time; who waited for its outcome need not ask another
            client = self._asked()
            try:
                key = client.get_signing_key(kid)
            except jwt.PyJWKClientConnectionError as error:
                raise self._failed(error) from error
            except jwt.PyJWKClientError:
                raise CredentialError(
                    "the token is signed with a key that the identity provider does not show"
                ) from None
        if key.key_type == "oct":
            raise CredentialError("the token is signed with a key that is not public")
        return key

    def _asked(self) -> jwt.PyJWKClient:
        """Return what holds the issuer's keys, newly read where they are not fresh any more."""
        now = self._monotonic()
        if self._failed_until is not None and now < self._failed_until:
            raise IdentityUnavailableError(_UNAVAILABLE)
        try:
            if self._client is None or now >= self._client_ends:
                found = discover(self._issuer)
                self._client = jwt.PyJWKClient(found.jwks_uri, timeout=_SECONDS, cooldown_duration=self._pause)
                self._client_ends = now + _LIFE
            self._client.get_signing_keys()
        except (jwt.PyJWTError, OSError, *_ODD, IdentityUnavailableError) as error:
            raise self._failed(error) from error
        self._failed_until = None
        return self._client

    def _failed(self, error: Exception) -> IdentityUnavailableError:
        _log.error("the keys of the identity provider cannot be read: %s", error)
        self._failed_until = self._monotonic() + self._pause
        return IdentityUnavailableError(_UNAVAILABLE)
