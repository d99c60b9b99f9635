"""Columns that people asked lists for: who got a reply, rates of replies, tasks by the day they are due."""

import pytest

from outreach_sandbox.records import Identifier, Record
from outreach_tools.engine.rates import RATES, percentage, shown
from outreach_tools.resources.sequence import SEQUENCE
from outreach_tools.resources.sequence_step import SEQUENCE_STEP
from outreach_tools.resources.template import TEMPLATE
from tests.support.workbench import workbench


async def test_a_list_of_replies_shows_whose_mail_was_replied_to() -> None:
    records = (
        Record("user", 7, {"firstName": "Maya", "lastName": "Okafor"}),
        Record("mailing", 1, {"repliedAt": "2026-11-02T10:00:00.000Z"}, {"user": Identifier("user", 7)}),
    )
    async with workbench(records) as bench:
        answer = await bench.call("list_mailings", filters=[{"field": "repliedAt", "criteria": "not null"}])
    row = dict(zip(answer["columns"], answer["rows"][0], strict=True))
    assert (row["user"], row["user_id"]) == ("Maya Okafor", 7)


async def test_sequences_show_the_share_of_the_people_contacted_who_replied() -> None:
    counts = {"numContactedProspects": 32, "numRepliedProspects": 5}
    records = (Record("sequence", 1, {"name": "Expo", **counts}), Record("sequence", 2, {"name": "Unused"}))
    async with workbench(records) as bench:
        answer = await bench.call("list_sequences", fields=["reply_rate"])
        summary = await bench.call("list_sequences")
    assert answer["columns"] == ["id", "replyRate"]
    assert sorted(answer["rows"]) == [[1, "15.6%"], [2, None]]
    assert "replyRate" in summary["columns"]


@pytest.mark.parametrize(("tool", "kind"), [("list_templates", "template"), ("list_sequence_steps", "sequenceStep")])
async def test_templates_and_steps_show_the_share_of_delivered_mail_that_was_replied_to(tool: str, kind: str) -> None:
    async with workbench((Record(kind, 1, {"deliverCount": 40, "replyCount": 6}),)) as bench:
        answer = await bench.call(tool)
    row = dict(zip(answer["columns"], answer["rows"][0], strict=True))
    assert (row["deliverCount"], row["replyCount"], row["replyRate"]) == (40, 6, "15%")


async def test_a_rate_is_only_asked_of_outreach_by_the_counters_it_is_made_of() -> None:
    async with workbench((Record("template", 1, {"deliverCount": 40, "replyCount": 6}),)) as bench:
        await bench.call("list_templates", fields=["name", "replyRate"])
        (request,) = bench.requests
    assert request.url.params["fields[template]"] == "name,replyCount,deliverCount"


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [
        (1, 3, 33.3),
        (2, 3, 66.7),
        (1, 16, 6.3),
        (1, 80, 1.3),
        (0, 5, 0.0),
        (5, 0, None),
        (None, 5, None),
        (1, None, None),
    ],
)
def test_a_rate_has_one_decimal_and_halves_go_up(part: int | None, whole: int | None, percent: float | None) -> None:
    assert percentage(part, whole) == percent


def test_a_whole_percentage_is_shown_without_a_decimal() -> None:
    assert shown(1, 2) == "50%"


def test_every_type_that_has_a_rate_shows_it_with_both_counters() -> None:
    for declared in (SEQUENCE, SEQUENCE_STEP, TEMPLATE):
        for name, rate in RATES[declared.type].items():
            assert {name, rate.part, rate.whole} <= set(declared.columns)
    assert {SEQUENCE.type, SEQUENCE_STEP.type, TEMPLATE.type} == set(RATES)


async def test_tasks_come_by_the_moment_they_are_due() -> None:
    days = {1: "2026-11-20", 2: "2026-11-18", 3: "2026-11-19", 4: "2026-03-01"}
    records = tuple(Record("task", n, {"dueAt": f"{day}T09:00:00.000Z", "action": "call"}) for n, day in days.items())
    async with workbench(records) as bench:
        answer = await bench.call("list_tasks")
        latest = await bench.call("list_tasks", sort="-dueAt")
    due = answer["columns"].index("dueAt")
    assert [row[0] for row in answer["rows"]] == [4, 2, 3, 1]
    assert answer["rows"][0][due] == "2026-03-01T09:00Z"
    assert [row[0] for row in latest["rows"]] == [1, 3, 2, 4]
