"""The lowest layer: one request goes out, one answer comes back."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime

import anyio
import httpx
from opentelemetry import propagate, trace

from outreach_mcp.api.failures import NEVER_SENT
from outreach_mcp.api.layers.call import Call

_tracer = trace.get_tracer("outreach_mcp")

_NOTHING_DONE = frozenset({401, 429})


class Exchange:
    """Sends a call once over a connection pool, within its deadline, and notes in its progress when it went out."""

    def __init__(self, http: httpx.AsyncClient, now: Callable[[], datetime]) -> None:
        self._http = http
        self._now = now

    async def send(self, call: Call) -> httpx.Response:
        """Return the answer, whatever its status. Raises `httpx.HTTPError` when there is none."""
        progress = call.progress
        before = progress.sent_at
        left = call.deadline.left()
        if left <= 0:
            raise httpx.PoolTimeout("the call's time was up", request=call.request)
        if not call.sent.is_read:
            # From here on it may be done, for all we know: a connection does not tell what has arrived.
            progress.sent_at = before or self._now()
        try:
            with anyio.fail_after(left), _span(call) as span:
                response = await self._http.send(call.request)
                span.set_attribute("http.response.status_code", response.status_code)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer within the call's time", request=call.request) from error
        except NEVER_SENT:
            progress.sent_at = before
            raise
        if response.status_code in _NOTHING_DONE:
            progress.sent_at = before
        return response


@contextmanager
def _span(call: Call) -> Generator[trace.Span]:
    """Trace one exchange, within the span of the call of the tool, and let Outreach know the trace that it belongs to.

    The names are OpenTelemetry's for HTTP clients; queries may hold what records hold, so they stay out.
    """
    attributes = {
        "http.request.method": call.sent.method,
        "server.address": call.request.url.host,
        "url.path": call.request.url.path,
    }
    with _tracer.start_as_current_span(call.sent.method, kind=trace.SpanKind.CLIENT, attributes=attributes) as span:
        if span.is_recording():
            propagate.inject(call.request.headers)
        yield span
