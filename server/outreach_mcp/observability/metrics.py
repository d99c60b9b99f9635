"""Metrics for Prometheus, counted from events; needs the extra `metrics`."""

from collections.abc import Callable, Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

from outreach_mcp.observability.events import listen

__all__ = ["CONTENT_TYPE_LATEST", "Metrics"]

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TOKENS = (100, 250, 500, 1000, 2000, 4000, 6000, 10_000, 25_000)


class Metrics:
    """Counts calls, errors by kind, waits, renewals and the tokens of answers; who called is in the log alone."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._registry = registry = CollectorRegistry()
        self._calls = Counter("outreach_mcp_calls", "Calls of tools", ["tool", "outcome"], registry=registry)
        self._call_counters: dict[tuple[str, str], Counter] = {}  # finding one takes longer than counting
        self._errors = Counter("outreach_mcp_errors", "Failed calls by error", ["kind"], registry=registry)
        self._seconds = Histogram("outreach_mcp_call_seconds", "Time of a call", buckets=_SECONDS, registry=registry)
        self._tokens = Histogram("outreach_mcp_answer_tokens", "Tokens of answers", buckets=_TOKENS, registry=registry)
        self._waits = Histogram("outreach_mcp_wait_seconds", "Waits", ["cause"], buckets=_SECONDS, registry=registry)
        self._renewals = Counter(
            "outreach_mcp_token_renewals", "Renewals of access tokens", ["outcome"], registry=registry
        )
        self._counted: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "call": self._call,
            "wait": lambda facts: self._waits.labels(facts["cause"]).observe(facts["seconds"]),
            "renewal": lambda facts: self._renewals.labels(facts["outcome"]).inc(),
        }

    def start(self) -> Callable[[], None]:
        """Count from now on; what is returned ends that."""
        return listen(self._count)

    def text(self) -> bytes:
        """Return the figures in Prometheus's text format (`CONTENT_TYPE_LATEST`)."""
        return generate_latest(self._registry)

    def _count(self, facts: Mapping[str, Any]) -> None:
        if counted := self._counted.get(facts["event"]):
            counted(facts)

    def _call(self, facts: Mapping[str, Any]) -> None:
        kind = (facts["tool"], facts["outcome"])
        if (counter := self._call_counters.get(kind)) is None:
            counter = self._call_counters[kind] = self._calls.labels(*kind)
        counter.inc()
        self._seconds.observe(facts["seconds"])
        self._tokens.observe(facts["tokens"])
        if facts["outcome"] == "failed":
            self._errors.labels(facts["error"]).inc()
