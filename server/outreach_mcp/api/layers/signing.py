"""Signs every attempt with the token of the moment, and renews it once when Outreach does not accept it."""

from collections.abc import Awaitable

import anyio
import httpx

from outreach_mcp.api.calls import Call, Send, SendRaw
from outreach_mcp.api.errors.from_answers import error_from_loss
from outreach_mcp.api.errors.tree import AuthenticationError
from outreach_mcp.api.tokens.source import TokenSource
from outreach_mcp.io.http_client import Answer
from outreach_tools.client import Response

_SCHEME = "Bearer "


class Signing:
    """The layer just above HTTP: below it nothing waits, so that no token has expired when it is sent."""

    def __init__(self, inner: SendRaw, auth: TokenSource) -> None:
        self._inner = inner
        self._auth = auth

    async def send(self, call: Call) -> Answer:
        """Send a call with the token of this moment."""
        call.request.headers["Authorization"] = f"{_SCHEME}{await _in_time(call, self._auth.access_token())}"
        return await self._inner(call)


async def _in_time(call: Call, token: Awaitable[str]) -> str:
    """Return a token if it comes within the call's time; a renewal goes on, for the calls that follow."""
    with anyio.move_on_after(max(call.deadline.left(), 0)):
        return await token
    raise httpx.PoolTimeout("no access token came within the call's time", request=call.request)


class Renewing:
    """The layer that renews a token which Outreach refuses."""

    def __init__(self, inner: Send, auth: TokenSource) -> None:
        self._inner = inner
        self._auth = auth

    async def send(self, call: Call) -> Response:
        """Send a call; after a 401, which means that nothing was done, once more with another token.

        Raises `AuthenticationError` when that is refused, too.
        """
        try:
            return await self._inner(call)
        except AuthenticationError as refused:
            # A call that was not signed was refused a token, not by Outreach.
            signature = call.request.headers.get("Authorization")
            if refused.status is None or signature is None:
                raise
            try:
                await _in_time(call, self._auth.renewed(signature.removeprefix(_SCHEME)))
            except httpx.PoolTimeout as late:
                raise error_from_loss(call.told, late, str(late)) from late
            except AuthenticationError as error:
                raise AuthenticationError(
                    f"{refused} {error}", status=refused.status, details=refused.details
                ) from refused
        try:
            return await self._inner(call)
        except AuthenticationError as refused:
            raise AuthenticationError(
                f"{refused} The access token had just been renewed, so a newer one will not help: check that the "
                "application and its user still exist in Outreach, and log in again.",
                status=refused.status,
                details=refused.details,
            ) from refused
