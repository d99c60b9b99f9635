"""Groups that are counted instead of read, where that takes fewer requests: they are the same, or they are read."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import pytest

from outreach_sandbox.records import Identifier, Record
from outreach_tools.client import JsonObject
from tests.support.workbench import Workbench, workbench

SEQUENCES = 9
COUNT = 14_000


@cache
def mailings() -> tuple[Record, ...]:
    """Fourteen thousand mailings of some users and sequences."""
    chance = Random(4)
    found = [Record("user", number, {"firstName": "User", "lastName": f"{number}"}) for number in range(1, 6)]
    replies = Counter[int | None]()
    for number in range(COUNT):
        sequence = chance.choice((None, *range(1, SEQUENCES + 1)))
        replied = chance.random() < 0.9
        replies[sequence] += replied
        found.append(
            Record(
                "mailing",
                100 + 3 * number,
                {
                    "state": chance.choice(("delivered", "opened", "bounced", "replied")),
                    "createdAt": moment(chance),
                    "repliedAt": "2026-11-01T08:00:00.000Z" if replied else None,
                },
                {
                    "sequence": Identifier("sequence", sequence) if sequence else None,
                    "user": Identifier("user", chance.randint(1, 5)),
                },
            )
        )
    for number in range(1, SEQUENCES + 1):
        found.append(Record("sequence", number, {"name": f"Sequence {number}", "replyCount": replies[number]}))
    return tuple(found)


def moment(chance: Random) -> str:
    """Return some moment of a year."""
    return f"2026-{chance.randint(1, 10):02}-{chance.randint(1, 28):02}T{chance.randint(0, 23):02}:15:00.000Z"


def counts(key: Callable[[Record], Any], which: Callable[[Record], bool] = lambda _: True) -> dict[Any, int]:
    """Count mailings by a key."""
    return dict(Counter(key(each) for each in mailings() if each.type == "mailing" and which(each)))


def linked(record: Record, name: str) -> int | None:
    """Return the id that a record's link has."""
    target = record.relationships[name]
    return target.id if isinstance(target, Identifier) else None


REPLIED = {"field": "repliedAt", "criteria": "not null"}
SPRING = {"field": "createdAt", "criteria": "2026-03-10T12:00Z..2026-05-20T12:00Z"}


def in_spring(record: Record) -> bool:
    """Return whether a mailing was made in the period of `SPRING`."""
    return "2026-03-10T12" <= str(record.attributes["createdAt"]) <= "2026-05-20T12:00:00.000Z"


CASES: dict[str, tuple[JsonObject, int, dict[Any, int]]] = {
    "all": ({}, 1, {COUNT: COUNT}),
    "known values": ({"group_by": ["state"]}, 12, counts(lambda each: each.attributes["state"])),
    "links": ({"group_by": ["user"]}, 9, counts(lambda each: linked(each, "user"))),
    "counters": (
        {"group_by": ["sequence"], "filters": [REPLIED]},
        4,
        counts(lambda each: linked(each, "sequence"), lambda each: each.attributes["repliedAt"] is not None),
    ),
    "quarters": (
        {"group_by": ["createdAt:quarter"]},
        8,
        counts(lambda each: f"2026-Q{(int(each.attributes['createdAt'][5:7]) + 2) // 3}"),
    ),
}


@pytest.mark.parametrize(("arguments", "requests", "expected"), CASES.values(), ids=CASES)
async def test_groups_are_counted_in_fewer_requests_than_reading_takes(
    arguments: JsonObject, requests: int, expected: dict[Any, int]
) -> None:
    async with workbench(mailings()) as bench:
        answer = await bench.call("summarize_records", resource="mailing", **arguments)
        assert {row[-2] if len(row) > 1 else row[-1]: row[-1] for row in answer["rows"]} == expected
        assert (answer["requests"], answer["whole"]) == (requests, True)
        assert len(bench.requests) == requests
        assert answer["records"] == sum(expected.values())


async def test_rates_are_counted_as_well() -> None:
    async with workbench(mailings()) as bench:
        answer = await bench.call(
            "summarize_records", resource="mailing", measures=["rate(repliedAt not null)"], filters=[SPRING]
        )
        replied = counts(lambda each: each.attributes["repliedAt"] is not None, in_spring)
        every, hits = sum(replied.values()), replied[True]
        assert answer["rows"] == [[every, round(hits / every, 4)]]


async def test_a_period_that_begins_and_ends_within_months_is_counted_by_month_in_the_zone() -> None:
    async with workbench(mailings(), time_zone="America/New_York") as bench:
        asked: JsonObject = {"resource": "mailing", "group_by": ["createdAt:month"]}
        read = await bench.call("summarize_records", **asked, measures=["count", "max(openCount)"], filters=[SPRING])
        counted = await bench.call("summarize_records", **asked, filters=[SPRING])
        assert [row[:2] for row in read["rows"]] == counted["rows"]


async def test_counters_that_do_not_add_up_are_not_believed() -> None:
    async with workbench(mailings()) as bench:
        bench.store.update("sequence", 3, {"replyCount": 1})
        answer = await bench.call("summarize_records", resource="mailing", group_by=["sequence"], filters=[REPLIED])
        assert {row[1]: row[2] for row in answer["rows"]} == CASES["counters"][2]
        assert answer["requests"] > 4


async def test_a_value_that_nobody_knows_of_is_found_by_reading() -> None:
    async with workbench(mailings()) as bench:
        bench.store.update("mailing", 100, {"state": "unheard of"})
        answer = await bench.call("summarize_records", resource="mailing", group_by=["state"])
        assert ["unheard of", 1] in answer["rows"]


async def refusal(bench: Workbench, **arguments: Any) -> str:
    """Ask for a summary of mailings that is refused, and return what is said."""
    return await bench.refused("summarize_records", resource="mailing", **arguments)


async def test_what_would_take_too_many_requests_is_not_begun_and_says_what_it_costs() -> None:
    async with workbench(mailings()) as bench:
        message = await refusal(bench, group_by=["createdAt:day", "state"], max_requests=5)
        assert message == (
            "Not begun: reading 14,000 mailings, 1,000 at a time, takes about 17 requests, and max_requests is 5. "
            "Narrow them with filters (createdAt -30d, an owner), or give max_requests 17 if that is worth it. To find "
            "this out took 1."
        )
        assert len(bench.requests) == 1
        answer = await bench.call(
            "summarize_records", resource="mailing", group_by=["createdAt:day", "state"], max_requests=17
        )
        assert (answer["records"], answer["whole"]) == (COUNT, True)
