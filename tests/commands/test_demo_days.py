"""The demo ends well, and the documents' examples answer something, on every day and not only on that of the tests."""

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from mcp import Client
from mcp_types import TextContent

from outreach_mcp.commands.demo import DemoError, work
from outreach_mcp.connection import Connection
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.about import about
from outreach_mcp.protocol.server import Guard, build_server
from outreach_mcp.settings.settings import Settings
from outreach_mcp.settings.values import FIRST_DAY, LAST_DAY
from outreach_tools.toolsets import all_tools
from tests.support.counts import few_or_many
from tests.support.documented import Example, examples

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"
WINDOWS = {
    # A February 29; summer time begins on March 12 there and on March 26 here.
    1: (date(2028, 2, 29), {NEW_YORK: 16, BERLIN: 12}),
    2: (date(2025, 12, 15), {"Pacific/Kiritimati": 28}),  # a year's end
    # Summer time ends on October 25 here and on November 1 there.
    3: (date(2026, 10, 20), {BERLIN: 8, NEW_YORK: 20}),
}
"""Numbers of organisations, the first of the 28 days on which each is looked at, and how many of them in which zone.

The suite looks at the odd ones among them; `scripts/check_long counts` at all.
"""


def changes_within(year: int, zone: str) -> set[date]:
    """Return the days of a year on which a zone's clocks change."""
    noons = [datetime(year, 1, 1, 12, tzinfo=ZoneInfo(zone)) + timedelta(days=n) for n in range(365)]
    return {each.date() for before, each in pairwise(noons) if before.utcoffset() != each.utcoffset()}


# Those that name a person are of the organisation with the number 1.
EXAMPLES = {
    f"{each.tool} {each.arguments}": each
    for each in examples()
    if each.tool.startswith(("list_", "get_")) and not isinstance(each.arguments.get("id"), str)
}


def every_day() -> Iterator[tuple[int, date, str]]:
    for number, (first, stays) in WINDOWS.items():
        zones = [zone for zone, count in stays.items() for _ in range(count)]
        yield from ((number, first + timedelta(days=ahead), zone) for ahead, zone in enumerate(zones))
    yield from ((4, FIRST_DAY, "UTC"), (5, LAST_DAY, "UTC"))


def odd_days() -> set[tuple[date, str]]:
    """Return the days that calendars have of odd ones, those on which clocks change with their neighbours."""
    odd = {(date(2028, 2, 29), NEW_YORK), (date(2026, 1, 1), "Pacific/Kiritimati")}
    for year, month in ((2028, range(3, 5)), (2026, range(10, 12))):
        for zone in (NEW_YORK, BERLIN):
            (change,) = (each for each in changes_within(year, zone) if each.month in month)
            odd |= {(change + timedelta(days=near), zone) for near in (-1, 0, 1)}
    return odd | {(FIRST_DAY, "UTC"), (LAST_DAY, "UTC")}


def days() -> list[tuple[int, date, str]]:
    odd = odd_days()
    return few_or_many([each for each in every_day() if each[1:] in odd], [*every_day()])


@dataclass(frozen=True, slots=True)
class Watched:
    """The calls that somebody makes, without the second sandbox that the demo sets beside them."""

    client: Client
    tools: list[str] = field(default_factory=list[str])

    async def call(self, why: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool and return its answer."""
        self.tools.append(tool)
        result = await self.client.call_tool(tool, arguments)
        (content,) = result.content
        assert isinstance(content, TextContent)
        assert not result.is_error, f"{why} {tool} {arguments}: {content.text}"
        answer: dict[str, Any] = json.loads(content.text)
        return answer


@asynccontextmanager
async def watched(number: int, day: date, zone: str = "UTC") -> AsyncGenerator[Watched]:
    """Work in the sandbox of a number and a day."""
    settings = Settings(sandbox=True, sandbox_number=number, sandbox_today=day)
    connection, guard = Connection(settings), Guard(Policy.of(), "never")
    tell = partial(about, connection, settings)
    try:
        server = build_server(all_tools(), connection, guard, about=tell, time_zone=zone, now=connection.now)
        async with Client(server) as client:
            yield Watched(client)
    finally:
        await connection.aclose()


async def answers_nothing(calls: Watched, example: Example) -> bool:
    answer = await calls.call(example.document, example.tool, example.arguments)
    return not answer.get("rows", answer)


def test_the_days_hold_what_calendars_have_of_odd_ones_each_with_its_neighbours() -> None:
    odd = odd_days()
    looked_at = {(day, zone) for _, day, zone in days()}
    assert (len(odd), odd - looked_at) == (16, set())
    for number in WINDOWS:
        found = sorted(day for own, day, _ in every_day() if own == number)
        assert found == [found[0] + timedelta(days=ahead) for ahead in range(28)]


@pytest.mark.parametrize(("number", "day", "zone"), days(), ids=str)
async def test_the_demo_and_the_documented_reads_work_on_every_day(number: int, day: date, zone: str) -> None:
    async with watched(number, day, zone) as calls:
        assert [example for example in EXAMPLES.values() if await answers_nothing(calls, example)] == []
        calls.tools.clear()
        await work(calls)
    changes = [tool for tool in calls.tools if not tool.startswith(("list_", "get_"))]
    assert changes == ["add_prospect_to_sequence", "add_prospect_to_sequence", "set_task_action"]


async def test_every_call_that_the_documents_show_is_answered_with_something() -> None:
    async with watched(1, date(2026, 11, 20)) as calls:
        assert [example for example in examples() if await answers_nothing(calls, example)] == []


@pytest.mark.parametrize("number", range(6, 10))
async def test_the_demo_works_on_a_day_of_every_other_number(number: int) -> None:
    async with watched(number, date(2026, 11, 20)) as calls:
        await work(calls)
    assert calls.tools[-1] == "list_audits"


async def test_the_demo_reads_on_until_it_finds_people_whom_no_sequence_has() -> None:
    async with watched(1, date(2026, 11, 20)) as calls:
        pages: list[int] = []
        with pytest.raises(DemoError, match="no two prospects to enrol"):
            await work_until_nobody_is_left(calls, pages)
    assert pages == sorted(pages)
    assert pages[-1] > pages[0]


async def work_until_nobody_is_left(calls: Watched, pages: list[int]) -> None:
    while True:  # each time takes two more away
        calls.tools.clear()
        await work(calls)
        pages.append(calls.tools.count("list_prospects"))
