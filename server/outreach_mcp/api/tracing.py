"""Spans of the requests to Outreach; nothing is recorded unless an OpenTelemetry SDK is set up."""

from collections.abc import Generator
from contextlib import contextmanager

import httpx
from opentelemetry import trace

_tracer = trace.get_tracer("outreach_mcp")


@contextmanager
def span_of(method: str, url: httpx.URL) -> Generator[trace.Span]:
    """Trace one exchange, within the span of the call of the tool.

    The names are OpenTelemetry's for HTTP clients; queries may hold what records hold, so they stay out.
    """
    attributes = {"http.request.method": method, "server.address": url.host, "url.path": url.path}
    with _tracer.start_as_current_span(method, kind=trace.SpanKind.CLIENT, attributes=attributes) as span:
        yield span


def note_status(span: trace.Span, status: int) -> None:
    """Note what was answered; a refusal is an error of the span, as OpenTelemetry wants it of clients."""
    span.set_attribute("http.response.status_code", status)
    if status >= 400:
        span.set_attribute("error.type", str(status))
        span.set_status(trace.StatusCode.ERROR)
