"""How requests are signed."""

from collections.abc import Generator

import httpx
from pydantic import SecretStr


class BearerToken(httpx.Auth):
    """Signs every request with one access token that stays the same."""

    def __init__(self, token: SecretStr) -> None:
        """Keep the token, a string of the characters that RFC 6750 lets a bearer token have."""
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the token into the request's `Authorization` header."""
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request

    def redact(self, text: str) -> str:
        """Return `text` without the token: an answer that repeats it must not carry it into a message."""
        token = self._token.get_secret_value()
        return text.replace(token, "[access token]") if len(token) >= _SHORTEST_SECRET else text


_SHORTEST_SECRET = 16
"""A shorter token is no secret (the sandbox's is `sandbox`), and its letters may well stand in honest text."""
