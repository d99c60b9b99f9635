"""The one client through which everything reaches Outreach."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl

import anyio
import httpx

from outreach_mcp.api.auth import BearerToken
from outreach_mcp.api.batches import require_explicit_ids
from outreach_mcp.api.current_user import find_current_user
from outreach_mcp.api.errors import RefusedRequestError
from outreach_mcp.api.failures import Sent, error_from_loss, error_from_response, unreadable
from outreach_mcp.api.links import ApiRoot
from outreach_mcp.api.outgoing import Judge, Outgoing
from outreach_mcp.api.quoting import quoted
from outreach_tools.client import JsonObject, Request, Response

_MEDIA_TYPE = "application/vnd.api+json"

_METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")

# Connecting and reading together stay below the 60 seconds after which MCP's TypeScript SDK gives a call up by
# default (DEFAULT_REQUEST_TIMEOUT_MSEC), so that a slow answer ends in our message. 10 seconds let a lost SYN be
# sent three times (after 1, 3 and 7 seconds: RFC 6298).
_TIMEOUT = httpx.Timeout(connect=10, read=45, write=10, pool=10)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class OutreachClient:
    """An `outreach_tools.client.Client` that speaks to Outreach over HTTP, with one connection pool."""

    def __init__(
        self,
        base_url: str,
        auth: BearerToken,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Prepare a client of the API at `base_url`; nothing is sent yet.

        `transport` replaces the network (an ASGI app, a recording); `now` is the clock that delays are counted from.
        """
        self._root = ApiRoot.parse(base_url)
        self._auth = auth
        self._now = now
        self._current_user_id: int | None = None
        self._current_user_lock = anyio.Lock()
        self._http = httpx.AsyncClient(
            auth=auth,
            # Outreach demands the media type on every request, reads included (making-requests, content negotiation).
            headers={
                "Accept": _MEDIA_TYPE,
                "Content-Type": _MEDIA_TYPE,
                "User-Agent": f"outreach-mcp/{version('outreach-mcp')}",
            },
            timeout=_TIMEOUT,
            follow_redirects=False,
            transport=transport,
            # Plain http goes to loopback only, and a proxy from the environment would get to read the token.
            trust_env=self._root.url.scheme == "https",
        )

    async def send(self, request: Request, *, judge: Judge | None = None) -> Response:
        """Send one request, once, and return the answer to it.

        Raises the errors of `outreach_mcp.api.errors`; a target that leads away from the API is refused before
        anything is sent. `judge` sees the request as it goes out and may refuse it by raising.
        """
        if request.method not in _METHODS:
            allowed = ", ".join(_METHODS)
            raise RefusedRequestError(
                f"Refused to send {quoted(request.method)} {quoted(request.target)}: the method is not one of "
                f"{allowed}. Nothing was sent."
            )
        url = self._root.locate(request.target, request.query)
        sent = Sent(request.method, self._root.path_of(url), request.body)
        outgoing = self._http.build_request(sent.method, url, content=_encoded(sent))
        self._root.judge(outgoing.url)
        encoded_query = outgoing.url.query.decode("ascii")
        require_explicit_ids(sent.method, sent.path, encoded_query, sent.body)
        if judge is not None:
            query = tuple(parse_qsl(encoded_query, keep_blank_values=True))
            await judge(Outgoing(sent.method, sent.path, query, sent.body))
        try:
            response = await self._http.send(outgoing)
        except httpx.HTTPError as error:
            raise error_from_loss(sent, error, self._auth.redact(str(error))) from error
        if not response.is_success:
            raise error_from_response(sent, response, self._now(), self._auth.redact)
        return Response(response.status_code, self._body_of(sent, response))

    async def current_user_id(self) -> int:
        """Return the id of the user the token acts for; asked once, then remembered."""
        async with self._current_user_lock:
            if self._current_user_id is None:
                self._current_user_id = await find_current_user(self)
            return self._current_user_id

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _body_of(self, sent: Sent, response: httpx.Response) -> Any:
        if not response.content.strip():
            return None
        try:
            return json.loads(response.content, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            text = self._auth.redact(response.content.decode("utf-8", errors="replace"))
            raise unreadable(sent, response.status_code, text, "its body is not JSON") from error


def _encoded(sent: Sent) -> bytes | None:
    if sent.body is None:
        return None
    try:
        return json.dumps(sent.body, allow_nan=False, separators=(",", ":")).encode()
    except ValueError as error:
        raise RefusedRequestError(
            f"Refused to send {sent.asked}: its body is no JSON ({error}). Nothing was sent. Correct the value."
        ) from error


def _refuse_constant(name: str) -> JsonObject:
    raise ValueError(f"{name} is no JSON")
