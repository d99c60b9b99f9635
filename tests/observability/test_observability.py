"""Logs, metrics and traces: what an operator sees, and what must never be seen there."""

import io
import json
import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from outreach_mcp.caller import WRITE, Caller, acting_for
from outreach_mcp.observability.logs import OURS, start_logging
from outreach_mcp.observability.metrics import Metrics
from outreach_mcp.protocol.invocation import run_tool
from outreach_tools.client import JsonObject, Request, Response
from outreach_tools.engine.tool import Context, Tool
from tests.api.faulty import faulty_sandbox
from tests.api.tokens.issuer import Issuer, Time, tokens_of
from tests.support.workbench import workbench

SPANS = InMemorySpanExporter()


@pytest.fixture(scope="module", autouse=True)
def _tracing() -> None:
    provider = TracerProvider()  # for the rest of the process: there is no way back from it
    provider.add_span_processor(SimpleSpanProcessor(SPANS))
    trace.set_tracer_provider(provider)


@contextmanager
def logging_to(level: str) -> Generator[io.StringIO]:
    """Log to what is yielded, and leave logging as it was."""
    root, ours, stream = logging.getLogger(), logging.getLogger(OURS), io.StringIO()
    before = [*root.handlers], root.level, [*ours.handlers], ours.level
    start_logging(level, stream)
    try:
        yield stream
    finally:
        root.handlers[:], ours.handlers[:] = before[0], before[2]
        root.setLevel(before[1])
        ours.setLevel(before[3])


def lines(stream: io.StringIO, **facts: Any) -> list[dict[str, Any]]:
    """Return the lines that have these members, without those that no two runs share."""
    read = [json.loads(line) for line in stream.getvalue().splitlines()]
    chosen = [line for line in read if facts.items() <= line.items()]
    return [{name: value for name, value in line.items() if name not in ("time", "seconds")} for line in chosen]


async def test_a_call_is_one_line_with_its_outcome_and_what_it_cost() -> None:
    with logging_to("info") as stream:
        async with workbench() as bench:
            await bench.call("get_prospect", prospect_id=456, fields=["title"])
    (line,) = lines(stream, event="call")
    assert (line | {"tokens": line["tokens"] > 5}) == {
        "level": "info",
        "logger": "outreach_mcp.protocol.invocation",
        "message": "called get_prospect",
        "event": "call",
        "tool": "get_prospect",
        "outcome": "ok",
        "tokens": True,
    }


async def test_a_failed_call_names_the_kind_of_its_error() -> None:
    with logging_to("info") as stream:
        async with workbench() as bench:
            await bench.refused("get_prospect", prospect_id=999_999)
    (line,) = lines(stream, event="call")
    assert (line["outcome"], line["error"]) == ("failed", "NotFoundError")


async def test_a_call_names_its_caller_where_there_are_several() -> None:
    ann = Caller("key:ann", "ann", frozenset({WRITE}))
    with logging_to("info") as stream, acting_for(ann):
        await run_tool(FAULTY, Context(_Nobody()), {})
    assert [line["caller"] for line in lines(stream, event="call")] == ["ann"]


@pytest.mark.parametrize("level", ["info", "warning"])
async def test_no_contents_of_records_are_logged_above_debug(level: str) -> None:
    with logging_to(level) as stream:
        async with workbench() as bench:
            await bench.call("list_prospects", filters=[{"field": "q", "criteria": "Zebedee"}])
            await bench.refused("list_prospects", filters=[{"field": "Zebedee", "criteria": "x"}])
            await run_tool(FAULTY, Context(_Nobody()), {"note": "Zebedee"})
    assert "Zebedee" not in stream.getvalue()


async def test_a_fault_of_ours_is_logged_with_its_place() -> None:
    with logging_to("warning") as stream:
        await run_tool(FAULTY, Context(_Nobody()), {"note": "Zebedee"})
    (line,) = lines(stream)
    assert line["error"].startswith("ZeroDivisionError at ")
    assert " in _fail" in line["error"].partition(" < ")[0]


async def test_debug_quotes_what_a_fault_says() -> None:
    with logging_to("debug") as stream:
        await run_tool(FAULTY, Context(_Nobody()), {"note": "Zebedee"})
    assert "no Zebedee" in stream.getvalue()


async def test_the_token_is_not_logged_even_at_debug() -> None:
    with logging_to("debug") as stream:
        async with faulty_sandbox() as bench:
            bench.fail("503")
            await bench.client.send(Request("GET", "/prospects"))
    logged = stream.getvalue()
    assert ("waiting" in logged, "Bearer" in logged, "sandbox" in logged) == (True, False, False)


async def test_metrics_count_calls_errors_waits_and_tokens() -> None:
    metrics = Metrics()
    stop = metrics.start()
    async with workbench() as bench:
        await bench.call("list_prospects", page_size=3)
        await bench.refused("get_prospect", prospect_id=999_999)
    async with faulty_sandbox() as bench:
        bench.fail("503")
        await bench.client.send(Request("GET", "/prospects"))
    stop()
    text = metrics.text().decode()
    wanted = (
        'outreach_mcp_calls_total{outcome="ok",tool="list_prospects"} 1.0',
        'outreach_mcp_calls_total{outcome="failed",tool="get_prospect"} 1.0',
        'outreach_mcp_errors_total{kind="NotFoundError"} 1.0',
        'outreach_mcp_wait_seconds_count{cause="retry"} 1.0',
        "outreach_mcp_answer_tokens_count 2.0",
        "outreach_mcp_call_seconds_count 2.0",
    )
    assert [line for line in wanted if line not in text] == []


async def test_the_requests_of_a_call_are_spans_within_the_span_of_the_tool() -> None:
    SPANS.clear()
    async with workbench() as bench:
        await bench.call("get_prospect", prospect_id=456)
        sent = bench.requests[-1].headers["traceparent"]
    spans = SPANS.get_finished_spans()
    tool = _one(spans, "tools/call get_prospect")
    request = _one(spans, "GET")
    assert request.parent is not None
    assert request.parent.span_id == tool.context.span_id
    assert dict(request.attributes or {}) == {
        "http.request.method": "GET",
        "server.address": "api.outreach.io",
        "url.path": "/api/v2/prospects/456",
        "http.response.status_code": 200,
    }
    assert sent.startswith(f"00-{request.context.trace_id:032x}-{request.context.span_id:016x}-")


async def test_a_request_for_a_token_is_a_span_that_tells_nothing_of_it() -> None:
    SPANS.clear()
    issuer = Issuer(Time())
    with TemporaryDirectory() as folder, trace.get_tracer("test").start_as_current_span("call"):
        await tokens_of(issuer, Path(folder) / "tokens.json").access_token()
    (request, call) = SPANS.get_finished_spans()
    assert request.parent is not None
    assert request.parent == call.get_span_context()
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "server.address": "api.outreach.io",
        "url.path": "/oauth/token",
        "http.response.status_code": 200,
    }


async def test_every_attempt_is_a_span_of_its_own() -> None:
    SPANS.clear()
    async with faulty_sandbox() as bench:
        bench.fail("503")
        await bench.client.send(Request("GET", "/prospects"))
    answered = [(span.attributes or {}).get("http.response.status_code") for span in SPANS.get_finished_spans()]
    assert [status for status in answered if status is not None] == [503, 200]


async def test_only_a_token_that_was_given_out_counts_as_a_renewal(tmp_path: Path) -> None:
    issuer, file = Issuer(Time()), tmp_path / "tokens.json"
    with logging_to("info") as stream:
        await tokens_of(issuer, file).access_token()
        issuer.clock.sleep(600)
        await tokens_of(issuer, file).access_token()
    assert (issuer.minted, [line["outcome"] for line in lines(stream, event="renewal")]) == (1, ["ok"])


def _one(spans: tuple[ReadableSpan, ...], name: str) -> Any:
    (found,) = [span for span in spans if span.name == name and span.kind is not trace.SpanKind.INTERNAL][-1:]
    return found


class _Nobody:
    """A client that is never asked."""

    async def send(self, request: Request) -> Response:
        raise AssertionError(request)

    async def current_user_id(self) -> int:
        raise AssertionError


async def _fail(_: Context, arguments: JsonObject) -> JsonObject:
    raise ZeroDivisionError(f"no {arguments.get('note')}")


FAULTY = Tool("fail", "Fail", "Fails.", {"type": "object"}, _fail, read_only=True, destructive=False, idempotent=True)
