"""Signs every attempt with the token of the moment, and renews it once when Outreach does not accept it."""

from outreach_mcp.api.auth import TokenSource
from outreach_mcp.api.call import Call, Send
from outreach_mcp.api.errors import AuthenticationError
from outreach_tools.client import Response


class Signing:
    """The layer that knows tokens."""

    def __init__(self, inner: Send, auth: TokenSource) -> None:
        self._inner = inner
        self._auth = auth

    async def send(self, call: Call) -> Response:
        """Send a call signed; after a 401, which means that nothing was done, once more with another token."""
        token = await self._auth.access_token()
        try:
            return await self._signed(call, token)
        except AuthenticationError as refused:
            try:
                another = await self._auth.renewed(token)
            except AuthenticationError as error:
                raise AuthenticationError(
                    f"{refused} {error}", status=refused.status, details=refused.details
                ) from refused
        try:
            return await self._signed(call, another)
        except AuthenticationError as refused:
            raise AuthenticationError(
                f"{refused} The access token had just been renewed, so a newer one will not help: check that the "
                "application and its user still exist in Outreach, and log in again.",
                status=refused.status,
                details=refused.details,
            ) from refused

    async def _signed(self, call: Call, token: str) -> Response:
        call.request.headers["Authorization"] = f"Bearer {token}"
        return await self._inner(call)
