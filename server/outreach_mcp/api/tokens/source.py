"""The source of the access token that the client signs requests with."""

from typing import NoReturn, Protocol

from pydantic import SecretStr

from outreach_mcp.api.errors.tree import AuthenticationError
from outreach_mcp.api.tokens.redaction import Secrets


class TokenSource(Protocol):
    """The source of the access token of each attempt; any number of calls may ask at once."""

    async def access_token(self) -> str:
        """Return the token to send now, renewed before it expires.

        Raises the errors of `api.errors.tree` when there is none to be had; nothing was sent to the API then.
        """
        ...

    async def renewed(self, refused: str) -> str:
        """Return another token than `refused`, which Outreach answered 401 to.

        Raises `AuthenticationError` when there is no other, and whatever else kept it from being renewed.
        """
        ...

    def redact(self, text: str) -> str:
        """Return `text` without any of the secrets this source holds."""
        ...


class BearerToken:
    """A `TokenSource` of one access token that stays the same."""

    def __init__(self, token: SecretStr) -> None:
        """Keep the token, a string of the characters that RFC 6750 lets a bearer token have."""
        self._token = token

    async def access_token(self) -> str:
        """Return the token."""
        return self._token.get_secret_value()

    async def renewed(self, refused: str) -> NoReturn:  # noqa: ARG002 - there is only the one
        """Raise `AuthenticationError`: there is nothing this token could be renewed with."""
        raise AuthenticationError(
            "Outreach does not accept the access token, and there is nothing to renew it with: unset "
            "OUTREACH_ACCESS_TOKEN and run `outreach-mcp login`, whose tokens are renewed by themselves, or set it to "
            "one that is valid (they live two hours).",
            status=401,
        )

    def redact(self, text: str) -> str:
        """Return `text` without the token: an answer that repeats it must not carry it into a message."""
        return Secrets(("access token", self._token.get_secret_value())).redact(text)
