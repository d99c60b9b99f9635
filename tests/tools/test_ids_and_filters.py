"""Ids that are UUIDs, and a filter that Outreach calls otherwise than its relationship."""

import re
from typing import Any

import pytest

from outreach_sandbox.ids import shown_id
from outreach_sandbox.records import Identifier, Record
from outreach_tools.catalog import resource_type
from tests.support.workbench import Workbench, workbench

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def audits(count: int) -> list[Record]:
    dates = [f"2026-11-{day:02}T09:00:00.000Z" for day in range(1, count + 1)]
    return [
        Record("auditLog", number, {"timestamp": date, "eventName": "login"}) for number, date in enumerate(dates, 1)
    ]


def audit_id(number: int) -> Any:
    return shown_id(resource_type("auditLog"), number)


async def walked(bench: Workbench, **arguments: Any) -> list[Any]:
    rows: list[Any] = []
    page: dict[str, Any] = {}
    while True:
        answer = await bench.call("list_audits", **arguments, **page)
        rows += [row[0] for row in answer["rows"]]
        if not answer["has_more"]:
            return rows
        page = {"page_after": answer["page_after"]}


async def test_audit_logs_are_listed_with_uuids() -> None:
    async with workbench() as bench:
        answer = await bench.call("list_audits", page_size=50)
    ids = [row[0] for row in answer["rows"]]
    assert (len(set(ids)), all(UUID.fullmatch(each) for each in ids)) == (50, True)


async def test_audit_logs_are_filtered_by_the_ids_that_an_answer_shows() -> None:
    async with workbench(audits(5)) as bench:
        one = await bench.call("list_audits", filters=[{"field": "id", "criteria": audit_id(2)}])
        two = await bench.call("list_audits", filters=[{"field": "id", "criteria": f"{audit_id(2)},{audit_id(4)}"}])
        sent = [request.url.params["filter[id]"] for request in bench.requests]
    assert ([row[0] for row in one["rows"]], [row[0] for row in two["rows"]]) == (
        [audit_id(2)],
        [audit_id(4), audit_id(2)],
    )
    assert sent == [audit_id(2), f"{audit_id(2)},{audit_id(4)}"]


@pytest.mark.parametrize("criteria", [7, "7", "7,8", "login", "1..5"])
async def test_what_is_not_a_uuid_is_refused_as_an_audit_logs_id(criteria: Any) -> None:
    async with workbench(audits(1)) as bench:
        message = await bench.refused("list_audits", filters=[{"field": "id", "criteria": criteria}])
        assert bench.requests == []
    assert "takes a UUID, as an answer shows it, not" in message


async def test_a_walk_over_audit_logs_shows_every_one_once_within_a_small_budget() -> None:
    async with workbench(audits(28), max_result_tokens=600) as bench:
        rows = await walked(bench, page_size=28)
    assert rows == [audit_id(number) for number in range(28, 0, -1)]


async def test_a_place_in_a_page_of_audit_logs_is_found_again_when_one_before_it_is_gone() -> None:
    async with workbench(audits(28), max_result_tokens=600) as bench:
        first = await bench.call("list_audits", page_size=28)
        shown = [row[0] for row in first["rows"]]
        assert 2 < len(shown) < 28  # the place lies in the middle of Outreach's page
        bench.store.delete("auditLog", 28)
        second = await bench.call("list_audits", page_size=28, page_after=first["page_after"])
    assert second["rows"][0][0] == audit_id(28 - len(shown))


async def test_opportunities_are_filtered_by_their_stage_in_outreach() -> None:
    stages = [Record("opportunityStage", number, {"name": f"Stage {number}"}) for number in (1, 2)]
    deals = [
        Record("opportunity", number, {"name": "A"}, {"opportunityStage": Identifier("opportunityStage", stage)})
        for number, stage in ((11, 1), (12, 2), (13, 2))
    ]
    async with workbench([*stages, *deals]) as bench:
        by_either = [
            await bench.call("list_opportunities", filters=[{"field": field, "criteria": "2"}])
            for field in ("opportunityStage.id", "opportunityStage_id", "opportunityStage", "stage.id")
        ]
        sent = [dict(request.url.params) for request in bench.requests]
    assert [[row[0] for row in answer["rows"]] for answer in by_either] == [[12, 13]] * 4
    assert [("scanned" in answer, "note" in answer) for answer in by_either] == [(False, False)] * 4
    assert [params["filter[stage][id]"] for params in sent] == ["2"] * 4
