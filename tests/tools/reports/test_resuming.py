"""Reports that were cut: the same call again reads on, and comes to what a report that was not cut comes to."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import anyio
import httpx

from tests.support.workbench import NOW, Workbench, workbench
from tests.tools.reports.worlds import organisation

GO_ON = "the same call again, within 5 minutes, reads on from there"
REPORTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("report_sequences", {"by": "step", "period": "2026"}),
    ("report_sequences", {"owner": "Maya Okafor", "period": "2026"}),
    ("report_activity", {"by": "week", "period": "2026"}),
    ("report_activity", {"team": "Account Executives", "period": "2026"}),
    ("report_pipeline", {}),
    ("report_pipeline", {"by": "stuck"}),
    ("report_replies", {"period": "2026"}),
    ("report_replies", {"by": "sentiment", "period": "2026"}),
)


class Stumbling(httpx.AsyncBaseTransport):
    """While it stumbles, gives small pages and fails many of those that follow on others."""

    def __init__(self, inner: httpx.AsyncBaseTransport, chance: Random) -> None:
        self._inner, self._chance = inner, chance
        self.stumbles = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        query = request.url.params
        if self.stumbles and ("filter[id]" in query or "prospect" in str(query)) and self._chance.random() < 0.75:
            return httpx.Response(503, json={"errors": [{"id": "busy", "detail": "It is busy."}]})
        if self.stumbles and int(query.get("page[size]", "1")) > 60:
            request.url = request.url.copy_set_param("page[size]", "60")
        return await self._inner.handle_async_request(request)


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what an answer says but for the number of requests."""
    return {**answer, "read": answer["read"].partition(";")[0]}


async def in_the_end(bench: Workbench, tool: str, arguments: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the whole report, and how many times it was cut before."""
    for cut in range(100):
        failed, text = await bench.outcome(tool, arguments)
        if failed:
            assert "busy" in text or "ask for it again" in text, text
            continue
        answer = json.loads(text)
        is_cut = "INCOMPLETE" in answer.get("note", "")
        assert is_cut == (GO_ON in answer.get("note", "")) == (not answer["read"].startswith("all of"))
        if not is_cut:
            return answer, cut
    raise AssertionError(f"{tool} {arguments} was not whole in 100 calls")


async def test_a_report_that_is_cut_any_number_of_times_comes_to_the_same_in_the_end() -> None:
    stumbling: list[Stumbling] = []

    def through(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        stumbling.append(Stumbling(inner, Random(1)))
        return stumbling[0]

    cuts = 0
    async with workbench(organisation(2), through=through, sleep=lambda _: anyio.lowlevel.checkpoint()) as bench:
        for tool, arguments in REPORTS:
            stumbling[0].stumbles = False
            whole = await bench.call(tool, **arguments, fields="*", top=1000)
            stumbling[0].stumbles = True
            found, cut = await in_the_end(bench, tool, {**arguments, "fields": "*", "top": 1000})
            assert told(found) == told(whole)
            cuts += cut
    assert cuts > len(REPORTS) // 2


class Slow(httpx.AsyncBaseTransport):
    """Gives small pages, each of which takes six seconds by the server's clock."""

    def __init__(self, inner: httpx.AsyncBaseTransport, *, passed: Callable[[timedelta], None]) -> None:
        self._inner, self._passed = inner, passed

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._passed(timedelta(seconds=6))
        if int(request.url.params.get("page[size]", "1")) > 25:
            request.url = request.url.copy_set_param("page[size]", "25")
        return await self._inner.handle_async_request(request)


class Clock:
    """A clock that is put forward."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, time: timedelta) -> None:
        """Let some time pass."""
        self.moment += time


async def test_a_report_whose_time_is_up_reads_on_and_is_one_of_the_moment_it_began() -> None:
    async with workbench(organisation(2)) as bench:
        expected = {tool: await bench.call(tool) for tool in ("report_sequences", "report_activity", "report_replies")}
    for tool, whole in expected.items():
        clock = Clock()
        async with workbench(organisation(2), now=clock, through=partial(Slow, passed=clock.forward)) as bench:
            found, cut = await in_the_end(bench, tool, {})
        assert cut >= 1
        assert told(found) == told(whole)


async def test_after_five_minutes_or_with_other_arguments_a_report_begins_anew_and_with_other_columns_it_does_not() -> (
    None
):
    clock = Clock()
    async with workbench(
        organisation(2), now=clock, through=partial(Slow, passed=clock.forward), time_zone="Europe/Berlin"
    ) as bench:
        first = await bench.call("report_activity")
        read = requests_of(first)
        assert requests_of(await bench.call("report_activity", period="last_7_days", by="day")) <= read
        clock.forward(timedelta(minutes=6))
        again = await bench.call("report_activity")
        assert requests_of(again) <= read
        further = await bench.call("report_activity", fields=["calls"], sort="-calls")
        assert requests_of(further) > requests_of(again)
        assert further["columns"] == ["owner", "calls"]


def requests_of(answer: dict[str, Any]) -> int:
    """Return the number of requests that an answer says it took."""
    return int(answer["read"].rpartition("; ")[2].removesuffix(" requests"))
