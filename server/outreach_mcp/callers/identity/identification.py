"""Finds the caller that a credential of either kind stands for."""

from dataclasses import dataclass

from outreach_mcp.caller import Caller
from outreach_mcp.callers.identity.errors import CredentialError
from outreach_mcp.callers.identity.keys import KEY_PREFIX, KeyRing
from outreach_mcp.callers.identity.tokens import TokenVerifier
from outreach_mcp.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class Identification:
    """Identifies callers by what they send as a bearer token: a token of the identity provider, or a key."""

    tokens: TokenVerifier | None = None
    keys: KeyRing | None = None

    async def caller_of(self, credential: str) -> Caller:
        """Return the caller that a credential stands for.

        Raises `CredentialError` for one that is not accepted, `IdentityUnavailableError` while that cannot be said.
        """
        if self.keys is not None and (credential.startswith(KEY_PREFIX) or self.tokens is None):
            return await self.keys.caller_of(credential)
        if self.tokens is None:
            raise CredentialError("this server accepts no credentials")
        return await self.tokens.caller_of(credential)


def identification_of(settings: Settings) -> Identification | None:
    """Return what identifies the callers that the settings provide for, None for a server with one user.

    Raises `KeysFileError` for a file of keys that cannot be used.
    """
    tokens, keys = None, None
    if settings.auth_issuer is not None:
        tokens = TokenVerifier(settings.auth_issuer, audiences_of(settings))
    if settings.keys_file is not None:
        keys = KeyRing(settings.keys_file)
    return None if tokens is None and keys is None else Identification(tokens, keys)


def audiences_of(settings: Settings) -> tuple[str, ...]:
    """Return the audiences that tokens for this server may name.

    Without a setting that is the address that a client connects to (RFC 8707), for each transport that is served.
    """
    if settings.auth_audience is not None:
        return (settings.auth_audience,)
    paths = {"http": ("/mcp",), "sse": ("/sse",)}.get(settings.transport, ("/mcp", "/sse"))
    # A token for one transport is good for the other: both are this server, and old tokens name the first.
    return tuple(f"{settings.public_url}{path}" for path in dict.fromkeys(("/mcp", *paths)))
