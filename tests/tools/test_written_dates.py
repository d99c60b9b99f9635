"""Dates that are written take the words that filters take, in every attribute and action parameter that is a date."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from outreach_tools.engine.declaration import ActionTool
from outreach_tools.engine.tool import Tool
from outreach_tools.engine.values import WHOLE_DAYS
from outreach_tools.toolsets import RESOURCES
from tests.support.workbench import NOW, Workbench, workbench
from tests.tools.filling import TOOLS, WRITES, Path, enough_for, put, writable

# It is Wednesday, 2026-11-18, 15:30 in UTC; in Berlin 16:30, and in Auckland it is Thursday.
DAYS = {
    "today": "2026-11-18",
    "Tomorrow": "2026-11-19",
    " yesterday ": "2026-11-17",
    "+3d": "2026-11-21",
    "-1w": "2026-11-11",
    "in 2 days": "2026-11-20",
    "3_days_ago": "2026-11-15",
    "monday": "2026-11-23",
    "Wednesday": "2026-11-25",
    "thursday": "2026-11-19",
    "last friday": "2026-11-13",
    "2026-12-01": "2026-12-01",
}
SPANS = ("this_month", "last week", "2026-11", "2026-W47", "last 7 days", "next_quarter", "last_3_hours")
NO_DATES = ("soon", "tomorow", "next monday", "2026-02-30", "32", "25:00", "null", "+3", "monday..friday")


def dated_places() -> Iterator[tuple[Tool, Path, str]]:
    """Return every place that takes a date or a moment, with its format."""
    for tool in WRITES:
        for attribute in writable(tool):
            if attribute.format in ("date", "date-time"):
                kind = "date" if attribute.format == "date" else "day" if attribute.name in WHOLE_DAYS else "moment"
                yield tool, ("attributes", attribute.name), kind
    for tool in TOOLS:
        for declared in (each for resource in RESOURCES for each in resource.tools if each.name == tool.name):
            if isinstance(declared, ActionTool):
                yield from ((tool, (each.name,), "moment") for each in declared.parameters if each.format)


DATED = list(dated_places())


def test_the_table_holds_dates_of_all_kinds() -> None:
    assert {kind for _, _, kind in DATED} == {"date", "day", "moment"}
    assert len(DATED) > 20
    assert any(len(path) == 1 for _, path, _ in DATED)


async def sent_for(bench: Workbench, tool: Tool, path: Path, value: Any) -> tuple[str | None, str]:
    """Return what was sent at a place for a value, None where nothing was, and what the tool said."""
    before = len(bench.requests)
    _, text = await bench.outcome(tool.name, put(enough_for(tool, path), path, value))
    if len(bench.requests) == before:
        return None, text
    request = bench.requests[-1]
    if len(path) == 1:
        return request.url.params[f"actionParams[{path[0]}]"], text
    sent: str = json.loads(request.content)["data"]["attributes"][path[1]]
    return sent, text


def wanted(day: str, kind: str, midnight: str) -> str:
    return day if kind == "date" else f"{day}T00:00:00.000Z" if kind == "day" else midnight


async def test_every_date_takes_the_words_that_filters_take() -> None:
    differing: list[Any] = []
    async with workbench([], scopes=frozenset({"none.read"})) as bench:
        for tool, path, kind in DATED:
            for word, day in DAYS.items():
                sent, text = await sent_for(bench, tool, path, word)
                if sent != wanted(day, kind, f"{day}T00:00:00.000Z"):
                    differing.append((tool.name, path, word, sent, text))
    assert differing == []


@pytest.mark.parametrize(("zone", "today", "midnight"), [
    ("Europe/Berlin", "2026-11-18", "2026-11-17T23:00:00.000Z"),
    ("Pacific/Auckland", "2026-11-19", "2026-11-18T11:00:00.000Z"),
    ("America/Los_Angeles", "2026-11-18", "2026-11-18T08:00:00.000Z"),
])  # fmt: skip
async def test_every_date_is_reckoned_in_the_configured_zone(zone: str, today: str, midnight: str) -> None:
    differing: list[Any] = []
    async with workbench([], scopes=frozenset({"none.read"}), time_zone=zone) as bench:
        for tool, path, kind in DATED:
            for word in ("today", today, "+0d"):
                sent, text = await sent_for(bench, tool, path, word)
                if sent != wanted(today, kind, midnight):
                    differing.append((tool.name, path, word, sent, text))
    assert differing == []


async def test_hours_are_reckoned_from_the_present_moment() -> None:
    async with workbench([], scopes=frozenset({"none.read"}), time_zone="Europe/Berlin") as bench:
        for tool, path, kind in DATED:
            for word, moment in (("now", "15:30"), ("+3h", "18:30"), ("-90 hours", None), ("in 1 hour", "16:30")):
                sent, text = await sent_for(bench, tool, path, word)
                day = "2026-11-18" if moment else "2026-11-14"
                assert sent == wanted(day, kind, f"{day}T{moment or '21:30'}:00.000Z"), (tool.name, path, word, text)


async def test_a_moment_is_sent_as_it_was_given() -> None:
    async with workbench([], scopes=frozenset({"none.read"}), time_zone="Europe/Berlin") as bench:
        for tool, path, kind in DATED:
            sent, text = await sent_for(bench, tool, path, "2026-12-01T10:00:00+05:00")
            assert sent == ("2026-12-01" if kind == "date" else "2026-12-01T05:00:00.000Z"), (tool.name, path, text)
            if kind == "moment":
                sent, text = await sent_for(bench, tool, path, "2026-12-01T10:00")
                assert sent == "2026-12-01T09:00:00.000Z", (tool.name, path, text)


async def test_what_is_more_than_a_day_is_refused_by_every_date_with_what_to_give() -> None:
    taken: list[Any] = []
    async with workbench([]) as bench:
        for tool, path, kind in DATED:
            for word in SPANS:
                sent, text = await sent_for(bench, tool, path, word)
                if kind != "moment" and word == "last_3_hours":
                    continue  # three hours of one day
                if sent or f"{path[-1]!r} takes one moment, and {word!r} reaches from " not in text:
                    taken.append((tool.name, path, word, sent, text))
    assert taken == []


async def test_what_is_no_date_is_refused_by_every_date_with_the_nearest_word() -> None:
    taken: list[Any] = []
    async with workbench([]) as bench:
        for tool, path, _ in DATED:
            for word in (*NO_DATES, 5, True, ["today"]):
                sent, text = await sent_for(bench, tool, path, word)
                if sent or f"{path[-1]!r} takes a date" not in text or "like today, tomorrow, monday, +3d" not in text:
                    taken.append((tool.name, path, word, sent, text))
        assert bench.sent() == []
    assert taken == []


async def test_a_task_is_due_and_snoozed_by_words() -> None:
    async with workbench(time_zone="America/New_York") as bench:
        task = await bench.call(
            "create_task",
            attributes={"action": "call", "dueAt": "tomorrow", "note": "tomorrow"},
            relationships={"subject": {"type": "prospect", "id": 456}, "owner": "me"},
        )
        assert (task["dueAt"], task["note"]) == ("2026-11-19T00:00-05:00", "tomorrow")
        moved = await bench.call("set_task_action", task_id=task["id"], action="reschedule", dueAt="monday")
    assert moved["dueAt"] == "2026-11-23T00:00-05:00"
    assert not {"note", "notice"} & {*moved} - {"note"}


@pytest.mark.parametrize(("given", "sent"), [
    ("2026-12-01", "2026-12-01T00:00Z"), ("tomorrow", "2026-11-19T00:00Z"), ("2026-12-01T09:00", "2026-12-01T09:00Z"),
])  # fmt: skip
async def test_without_a_configured_zone_the_answer_says_which_moment_was_sent(given: str, sent: str) -> None:
    subject = {"subject": {"type": "prospect", "id": 456}, "owner": "me"}
    async with workbench() as bench:
        task = await bench.call("create_task", attributes={"action": "call", "dueAt": given}, relationships=subject)
        moved = await bench.call("set_task_action", task_id=task["id"], action="reschedule", dueAt=given)
    said = f"dueAt {given} was sent as {sent}: no time zone is configured"
    assert (task["note"], moved["note"]) == (said, said)


@pytest.mark.parametrize("given", ["2026-12-01T09:00Z", "2026-12-01T09:00+01:00", "+3h", "now"])
async def test_a_moment_that_leaves_nothing_open_needs_no_word(given: str) -> None:
    async with workbench() as bench:
        task = await bench.call(
            "create_task",
            attributes={"action": "call", "dueAt": given},
            relationships={"subject": {"type": "prospect", "id": 456}, "owner": "me"},
        )
    assert "note" not in task


async def test_a_day_that_is_the_same_everywhere_needs_no_word() -> None:
    async with workbench() as bench:
        number = (await bench.call("list_opportunities", page_size=1))["rows"][0][0]
        answer = await bench.call("update_opportunity", opportunity_id=number, attributes={"closeDate": "+1mo"})
    assert answer["closeDate"] == "2026-12-18"
    assert "note" not in answer


async def test_filters_take_the_names_of_weekdays_as_well() -> None:
    async with workbench([], scopes=frozenset({"none.read"}), now=NOW) as bench:
        for word, day in (("monday", "2026-11-23"), ("last_monday", "2026-11-16"), ("Wednesday", "2026-11-25")):
            await bench.outcome("list_tasks", {"filters": {"dueAt": word}})
            sent = bench.requests[-1].url.params["filter[dueAt]"]
            assert sent == f"{day}T00:00:00.000Z..{day}T23:59:59.999Z"
