"""Reads Outreach's answers: what succeeded becomes a response, everything else an error of `api.errors.tree`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx

from outreach_mcp.api.calls import Call, SendRaw
from outreach_mcp.api.documents import TooManyValuesError, read_document
from outreach_mcp.api.errors.bodies import MOST_READ, describe, read_details
from outreach_mcp.api.errors.from_answers import error_from_loss, error_from_response, unreadable, unusable
from outreach_mcp.api.tokens.redaction import SHORTEST_SECRET
from outreach_mcp.api.writes.server_clock import ServerClock
from outreach_mcp.io.http_client import Answer, BodyError
from outreach_tools.client import Response
from outreach_tools.json_values import is_array, member

_WITHOUT_BODY = frozenset({202, 204, 205})
"""The statuses that may answer a change without a body; a read needs one."""


class Answers:
    """The layer between HTTP and what the client's own layers work with.

    `redact` takes tokens out of text, and `server_clock` hears what time it is at Outreach.
    """

    def __init__(
        self,
        inner: SendRaw,
        *,
        redact: Callable[[str], str],
        now: Callable[[], datetime],
        server_clock: ServerClock,
    ) -> None:
        self._inner = inner
        self._server_clock = server_clock
        self._redact = redact
        self._now = now

    async def send(self, call: Call) -> Response:
        """Return the answer to a call that succeeds. Raises the error of `api.errors.tree` for any other."""
        try:
            response = await self._inner(call)
        except BodyError as error:
            raise unusable(call.told, error.status, f"its body {error}", is_too_long=error.is_too_long) from error
        except httpx.HTTPError as error:
            raise error_from_loss(call.told, error, self._redact(str(error))) from error
        self._server_clock.hear(response.headers)
        if not response.is_success:
            raise error_from_response(call.told, response, self._now(), self._redact)
        return Response(response.status, await self._body_of(call, response))

    async def _body_of(self, call: Call, response: Answer) -> Any:
        status = response.status
        if not response.content.strip():
            if (status in _WITHOUT_BODY and not call.sent.is_read) or call.sent.method == "DELETE":
                return None
            raise unusable(call.told, status, "its body is empty")
        content = self._without_token(call, response.content)
        try:
            body = await read_document(content)
        except TooManyValuesError as error:
            raise unusable(call.told, status, f"its body {error}", is_too_long=True) from error
        except (ValueError, RecursionError) as error:
            text = self._redact(content[:MOST_READ].decode("utf-8", errors="replace"))
            raise unreadable(call.told, status, text, "its body is not JSON") from error
        # JSON:API lets no document of a success have them: what was done nobody knows.
        if is_array(errors := member(body, "errors")) and errors:
            details = read_details(response.text, self._redact)
            raise unusable(call.told, status, f"its body reports errors: {describe(details)}")
        return body

    def _without_token(self, call: Call, content: bytes) -> bytes:
        """Return a body in which the token that it was asked with is not repeated."""
        token = call.request.headers.get("Authorization", "").rpartition(" ")[2].encode()
        if len(token) < SHORTEST_SECRET or token not in content:
            return content
        return self._redact(content.decode("utf-8", errors="replace")).encode()
