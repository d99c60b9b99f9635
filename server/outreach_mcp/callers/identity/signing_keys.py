"""The public keys of an identity provider: asked for when they are needed, often enough, and not more often than that.

A key that the provider does not show any more is good for five minutes at most. While the provider cannot be asked, the
keys that are known stay good for hours: its trouble shuts nobody out whose key is known.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt

from outreach_mcp.callers.identity.errors import CredentialError, IdentityUnavailableError
from outreach_mcp.callers.identity.metadata import discover
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.io.http_client import ask_from_thread, json_in
from outreach_tools.client import JsonObject
from outreach_tools.json_values import is_array, member

_log = logging.getLogger(__name__)

_SECONDS = 10.0
"""How long the provider may take to answer."""

_PAUSE = 30.0
"""Seconds between two questions that tokens can make this server ask: for a key that is not there, and after a question
that failed. Whoever sends tokens with invented key ids sends no more than that on to the provider."""

_DUE = 210.0
_FRESH = 270.0
"""Seconds after which keys are asked for again, beside the calls and then before them: with the time that the provider
has to answer, a key that it does not show any more is good for five minutes."""

_STALE = 12 * 3600.0
"""Seconds that keys are used for while they cannot be asked for."""

_METADATA_LIFE = 3600.0
"""Seconds after which the provider is asked again where its keys are."""

_UNAVAILABLE = "the identity provider's keys cannot be read now; try again in half a minute"

_ODD = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""The errors of the libraries for keys that are not as RFC 7517 describes them."""


@dataclass(frozen=True, slots=True)
class _Key:
    entry: JsonObject
    public: jwt.PyJWK


@dataclass(frozen=True, slots=True)
class _Shown:
    """The keys that the provider showed at one moment; a key that it showed before is the same object."""

    keys: Mapping[str, _Key] = field(default_factory=dict[str, _Key])
    read_at: float = -_STALE


class SigningKeys:
    """The keys that one issuer signs with; only `read` and `key_of` block."""

    def __init__(self, issuer: str, *, pause_seconds: float = _PAUSE, clock: Clock = MACHINE) -> None:
        """Prepare; nothing is asked yet."""
        self._issuer = issuer
        self._pause = pause_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._shown = _Shown()
        self._failed_at: float | None = None
        self._jwks_uri = ""
        self._jwks_uri_ends = 0.0

    def find(self, kid: str) -> jwt.PyJWK | None:
        """Return a public key that is good without asking for it, None when `read` has to be called first.

        Raises as `found` does where asking is of no use yet.
        """
        shown, now = self._shown, self._clock.monotonic()
        key = self._good(kid, now)
        if key is not None:
            return _public(key)
        if self._pauses(now):
            raise IdentityUnavailableError(_UNAVAILABLE)
        if kid not in shown.keys and now - shown.read_at < self._pause:
            raise _unknown()
        return None

    def found(self, kid: str) -> jwt.PyJWK:
        """Return a public key after `read`.

        Raises `CredentialError` for one that the issuer does not show, `IdentityUnavailableError` when it could not be
        asked.
        """
        key = self._good(kid, self._clock.monotonic())
        if key is not None:
            return _public(key)
        if self._failed_at is not None:
            raise IdentityUnavailableError(_UNAVAILABLE)
        raise _unknown()

    def known(self, kid: str) -> jwt.PyJWK | None:
        """Return a public key that was shown in the last hours, for when the provider does not answer in time."""
        known = self._shown.keys.get(kid)
        is_good = self._clock.monotonic() - self._shown.read_at < _STALE
        return _public(known.public) if known is not None and is_good else None

    @property
    def is_due(self) -> bool:
        """Whether the keys should be read again, though those that are known are good still."""
        now = self._clock.monotonic()
        return now - self._shown.read_at >= _DUE and not self._pauses(now)

    def key_of(self, kid: str) -> jwt.PyJWK:
        """Return a public key, read again if need be; blocks, and raises as `found` does."""
        with self._lock:  # one question at a time; who waited for its outcome need not ask another
            key = self.find(kid)
            if key is None:
                self._read()
                key = self.found(kid)
            return key

    def read(self) -> None:
        """Ask the provider for its keys; blocks, and raises nothing: `found` says what came of it."""
        with self._lock:
            self._read()

    def _read(self) -> None:
        try:
            entries = self._asked()
        except (httpx.HTTPError, IdentityUnavailableError, *_ODD) as error:
            self._fail(error)
            return
        self._shown = _Shown(_keys_in(entries, self._shown.keys), self._clock.monotonic())
        self._failed_at = None
        if not self._shown.keys:
            self._fail(ValueError("it shows none that can be used"))

    def _asked(self) -> list[Any]:
        now = self._clock.monotonic()
        if not self._jwks_uri or now >= self._jwks_uri_ends:
            try:
                self._jwks_uri = discover(self._issuer, clock=self._clock).jwks_uri
            except IdentityUnavailableError:
                if not self._jwks_uri:
                    raise
            self._jwks_uri_ends = now + _METADATA_LIFE
        answer = ask_from_thread("GET", self._jwks_uri, within=_SECONDS, headers={"Accept": "application/json"})
        if not answer.is_success:
            raise ValueError(f"{self._jwks_uri} answers {answer.status}")
        entries = member(json_in(answer), "keys")
        if not is_array(entries):
            raise ValueError(f"{self._jwks_uri} shows no keys")
        return entries

    def _good(self, kid: str, now: float) -> jwt.PyJWK | None:
        shown = self._shown
        known = shown.keys.get(kid)
        is_good = now - shown.read_at < (_FRESH if self._failed_at is None else _STALE)
        return known.public if known is not None and is_good else None

    def _pauses(self, now: float) -> bool:
        return self._failed_at is not None and now < self._failed_at + self._pause

    def _fail(self, error: Exception) -> None:
        _log.error("the keys of the identity provider cannot be read: %s", error)
        self._failed_at = self._clock.monotonic()


def _keys_in(entries: list[Any], before: Mapping[str, _Key]) -> dict[str, _Key]:
    """Return the keys that sign, by their ids; anything else is left out, and one shown before is the same object."""
    found = dict[str, _Key]()
    for entry in entries:
        kid = member(entry, "kid")
        if not isinstance(kid, str) or member(entry, "use") not in (None, "sig"):
            continue
        known = before.get(kid)
        try:
            found[kid] = known if known is not None and known.entry == entry else _Key(entry, jwt.PyJWK(entry))
        except (jwt.PyJWTError, *_ODD) as error:
            _log.debug("a key of the identity provider cannot be used: %s", error)
    return found


def _public(key: jwt.PyJWK) -> jwt.PyJWK:
    if key.key_type == "oct":
        raise CredentialError("the token is signed with a key that is not public")
    return key


def _unknown() -> CredentialError:
    return CredentialError("the token is signed with a key that the identity provider does not show")
