"""Spans of what the server is asked and asks, where somebody records them.

Making one of nothing takes a twentieth of a cheap call, so where no OpenTelemetry SDK is set up there are none.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

if TYPE_CHECKING:
    # A server starts without what talks HTTP, and the client needs no server.
    import httpx
    from mcp.server import ServerRequestContext
    from mcp.server.context import CallNext, HandlerResult, ServerMiddleware

_OF_NOTHING = (trace.ProxyTracerProvider, trace.NoOpTracerProvider)
_tracer = trace.get_tracer("outreach_mcp")


def where_traced(spans: "ServerMiddleware[Any]") -> "ServerMiddleware[Any]":
    """Return what makes spans with `spans` for calls that are recorded; nothing else hands a trace on."""

    async def answer(ctx: "ServerRequestContext[Any]", call_next: "CallNext") -> "HandlerResult":
        return await (spans(ctx, call_next) if _is_recorded() else call_next(ctx))

    return answer


@contextmanager
def span_of(method: str, url: "httpx.URL") -> Generator[trace.Span]:
    """Trace one exchange, within the span of the call of the tool.

    The names are OpenTelemetry's for HTTP clients; queries may hold what records hold, so they stay out.
    """
    if not _is_recorded():
        yield trace.INVALID_SPAN
        return
    attributes = {"http.request.method": method, "server.address": url.host, "url.path": url.path}
    with _tracer.start_as_current_span(method, kind=trace.SpanKind.CLIENT, attributes=attributes) as span:
        yield span


def note_status(span: trace.Span, status: int) -> None:
    """Note what was answered; a refusal is an error of the span, as OpenTelemetry wants it of clients."""
    span.set_attribute("http.response.status_code", status)
    if status >= 400:
        span.set_attribute("error.type", str(status))
        span.set_status(trace.StatusCode.ERROR)


def _is_recorded() -> bool:
    # Looked at for each call: who sets OpenTelemetry up may do so after the server was made.
    return type(trace.get_tracer_provider()) not in _OF_NOTHING
