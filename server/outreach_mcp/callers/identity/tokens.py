"""Callers by the tokens of an identity provider: JWTs for this server, verified with the provider's public keys."""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread
import jwt

from outreach_mcp.caller import Caller, known_scopes
from outreach_mcp.callers.identity.errors import CredentialError, LapsedCredentialError
from outreach_mcp.callers.identity.signing_keys import SigningKeys
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.io.threads import IDENTITY, Flight

_log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""The algorithms with a key pair: with any other, whoever can check a token could make one."""

_TYPES = ("", "jwt", "at+jwt", "application/at+jwt")
"""The types that access tokens declare (RFC 9068, section 2.1, and those before it)."""

LEEWAY = 30
"""Seconds that the clocks of the provider and this machine may differ by."""

UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
"""The errors of reading a token made of anything at all: endless numbers, endless nesting, short keys."""

_GENUINE = (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError, jwt.InvalidAudienceError)
"""The errors found after the signature was verified: the token is the issuer's, not a guess."""

_KEPT_TOKENS = 4096

_LONGEST_LIFE = 31 * 24 * 3600
"""Seconds that a token may have left: one that is good for years was made by mistake, and nothing withdraws it."""

_PATIENCE = 2.0
"""Seconds that a token waits for a new look at its key: an issuer that takes longer does not answer, for the moment."""

_THREADS = 4
"""How many tokens are verified at once: it takes a processor."""


@dataclass(frozen=True, slots=True)
class _Verified:
    """The caller a token stands for, until when, and the key that signed it: it is good as long as the key is."""

    caller: Caller
    ends: float
    kid: str
    signer: jwt.PyJWK


class TokenVerifier:
    """Identifies callers by the bearer JWTs that one issuer makes for one of `audiences`."""

    def __init__(
        self,
        issuer: str,
        audiences: Collection[str],
        *,
        signing_keys: SigningKeys | None = None,
        clock: Clock = MACHINE,
        patience: float = _PATIENCE,
    ) -> None:
        """Prepare; the issuer is asked for its keys when the first token comes.

        For so many seconds of `patience` a token of a key that is known waits for
        a new look at it.
        """
        self._issuer = issuer
        self._audiences = tuple(audiences)
        self._signing_keys = signing_keys or SigningKeys(issuer, clock=clock)
        self._clock = clock
        self._patience = patience
        self._threads = anyio.CapacityLimiter(_THREADS)
        self._reading = Flight[None](IDENTITY)
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    async def caller_of(self, token: str) -> Caller:
        """Return the caller that a token stands for.

        Raises `CredentialError` for a token that is not good, `IdentityUnavailableError` when the issuer's keys cannot
        be had.
        """
        digest = hashlib.sha256(token.encode()).digest()
        verified = self._verified.get(digest)
        kid = _kid_of(token) if verified is None else verified.kid
        key = await self._key_of(kid)
        if verified is None or verified.signer is not key:
            verified = await anyio.to_thread.run_sync(self._verify, token, kid, key, limiter=self._threads)
            self._verified[digest] = verified
            if len(self._verified) > _KEPT_TOKENS:
                self._verified.popitem(last=False)
        else:
            self._verified.move_to_end(digest)
        if verified.ends <= self._clock.now().timestamp():
            raise LapsedCredentialError("the token has expired")
        return verified.caller

    async def _key_of(self, kid: str) -> jwt.PyJWK:
        """Return a key of the issuer; one that is known waits for nobody while the issuer does not answer."""
        keys = self._signing_keys
        key = keys.find(kid)
        if key is not None:
            if keys.is_due:
                self._reading.start(keys.read)
            return key
        known = keys.known(kid)
        if known is None:
            await self._reading.join(keys.read)
            return keys.found(kid)
        with anyio.move_on_after(self._patience):
            await self._reading.join(keys.read)
            return keys.found(kid)
        return known

    def _verify(self, token: str, kid: str, key: jwt.PyJWK) -> _Verified:
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audiences,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
            )
            if claims.get("cnf") is not None:
                raise CredentialError("the token is bound to a key (cnf), so it is not a bearer token")
            ends = float(claims["exp"])
            if ends > self._clock.now().timestamp() + _LONGEST_LIFE:
                raise CredentialError("the token is good for more than 31 days (exp)")
            return _Verified(_caller_of(claims), ends + LEEWAY, kid, key)
        except UNREADABLE as error:
            raise _refusal(error) from None


def _kid_of(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except UNREADABLE as error:
        raise _refusal(error) from None
    if header.get("alg") not in ALGORITHMS:
        raise CredentialError(f"the token is not signed with one of {', '.join(ALGORITHMS)}")
    if str(header.get("typ") or "").lower() not in _TYPES:
        raise CredentialError("the token is not an access token")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise CredentialError("the token does not say which key signed it (kid)")
    return kid


def _refusal(error: Exception) -> CredentialError:
    # Our own words, as PyJWT's may repeat what the token holds.
    _log.debug("a token was refused: %s", error)
    kind = LapsedCredentialError if isinstance(error, _GENUINE) else CredentialError
    return kind(_reason(error))


def subject_of(claims: dict[str, Any]) -> str:
    """Return the subject of verified claims, as `Caller.subject` has it. Raises `CredentialError`."""
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    if not subject.strip() or not subject.isprintable() or len(subject) > 255:
        raise CredentialError("the token does not say whom it is for (sub)")
    return f"{issuer} {subject}"


def name_of(claims: dict[str, Any]) -> str | None:
    """Return what people call them, as far as the token tells; it goes into logs, so that it has to be one line."""
    names = (claims.get(claim) for claim in ("name", "email", "preferred_username"))
    return next((name for name in names if isinstance(name, str) and name.strip() and _fits(name)), None)


def _caller_of(claims: dict[str, Any]) -> Caller:
    scopes = known_scopes(claims.get("scope")) | known_scopes(claims.get("scp"))
    return Caller(subject_of(claims), name_of(claims) or str(claims["sub"]), scopes)


def _fits(name: str) -> bool:
    return name.isprintable() and len(name) <= 200


def _reason(error: Exception) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return "the token has expired"
        case jwt.ImmatureSignatureError():
            return "the token is not valid yet"
        case jwt.InvalidAudienceError():
            return "the token is not for this server (aud)"
        case jwt.InvalidIssuerError():
            return "the token is not of this server's identity provider (iss)"
        case jwt.MissingRequiredClaimError():
            return f"the token lacks {error.claim}"
        case jwt.InvalidSignatureError():
            return "the token's signature is wrong"
        case jwt.InvalidKeyError():
            return "the token is signed with a key that is too short, or none for its algorithm"
        case _:
            return "the token is not a JWT that this server understands"
