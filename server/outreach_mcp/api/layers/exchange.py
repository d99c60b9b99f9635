"""The lowest layer: one request goes out, one answer comes back."""

from collections.abc import Callable
from datetime import datetime

import httpx
from anyio.lowlevel import checkpoint_if_cancelled
from opentelemetry import propagate

from outreach_mcp.api.calls import Call
from outreach_mcp.api.errors.from_answers import NEVER_SENT
from outreach_mcp.io.http_client import Answer, HttpClient
from outreach_mcp.observability.spans import note_status, span_of

_NOTHING_DONE = frozenset({401, 429})


class Exchange:
    """Sends a call once over a connection pool, within its deadline, and notes on its passage when it went out."""

    def __init__(self, http: HttpClient, now: Callable[[], datetime]) -> None:
        self._http = http
        self._now = now

    async def send(self, call: Call) -> Answer:
        """Return the answer, whatever its status. Raises `httpx.HTTPError` when there is none."""
        passage = call.passage
        before = passage.sent_at
        left = call.deadline.left()
        if left <= 0:
            raise httpx.PoolTimeout("the call's time was up", request=call.request)
        if not call.sent.is_read:
            # Who asked for it may have gone while a thread wrote the journal, which nothing interrupts.
            await checkpoint_if_cancelled()
            # From here on it may be done, for all we know: a connection does not tell what has arrived.
            passage.note_sent(before or self._now())
        try:
            with span_of(call.sent.method, call.request.url) as span:
                if span.is_recording():
                    propagate.inject(call.request.headers)  # Outreach may know the trace that it belongs to
                response = await self._http.send(call.request, within=left)
                note_status(span, response.status)
        except NEVER_SENT:
            passage.note_sent(before)
            raise
        if response.status in _NOTHING_DONE:
            passage.note_sent(before)
        return response
