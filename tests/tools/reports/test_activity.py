"""The report on activity equals SQL over the sandbox's own database, by person and by day, week and month."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from outreach_sandbox.store import Store
from tests.support.workbench import NOW, workbench
from tests.tools.reports.worlds import ORGANISATIONS, PERIODS, Period, called, names, organisation, table, total

MEASURES = {
    "mails": """SELECT "user.id", deliveredAt FROM mailing WHERE deliveredAt >= ? AND deliveredAt < ?""",
    "replies": """SELECT "user.id", repliedAt FROM mailing WHERE repliedAt >= ? AND repliedAt < ?""",
    "calls": """SELECT "user.id", createdAt FROM call WHERE createdAt >= ? AND createdAt < ?""",
    "conversations": """SELECT "user.id", createdAt FROM call WHERE createdAt >= ? AND createdAt < ?
        AND answeredAt IS NOT NULL""",
    "meetings": """SELECT "user.id", createdAt FROM call WHERE createdAt >= ? AND createdAt < ?
        AND "callDisposition.id" = (SELECT id FROM callDisposition WHERE name = 'Answered - Meeting Set')""",
    "tasks_done": """SELECT "completer.id", completedAt FROM task WHERE completedAt >= ? AND completedAt < ?""",
    "due": """SELECT "owner.id", dueAt FROM task WHERE dueAt >= ? AND dueAt < ?""",
    "overdue": f"""SELECT "owner.id", dueAt FROM task WHERE dueAt >= ? AND dueAt < ? AND completedAt IS NULL
        AND dueAt < '{NOW:%Y-%m-%dT%H:%M}'""",
}


def happened(store: Store, period: Period) -> Iterator[tuple[str, int, str]]:
    """Yield what happened in a period: the measure, the person and the moment."""
    for measure, sql in MEASURES.items():
        for person, moment in store.rows(sql, period.bounds):
            yield measure, person, moment


def group(by: str, period: Period, person: int, moment: str) -> Any:
    day = period.day(moment)
    groups = {"day": day, "week": day - timedelta(days=day.weekday()), "month": f"{day:%Y-%m}"}
    return person if by == "owner" else str(groups[by])


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.zone)
@pytest.mark.parametrize("number", ORGANISATIONS)
async def test_what_people_did_is_what_sql_counts(number: int, period: Period) -> None:
    async with workbench(organisation(number), time_zone=period.zone, max_result_tokens=50_000) as bench:
        found = list(happened(bench.store, period))
        everything = Counter(measure for measure, _, _ in found)
        for by in ("owner", "day", "week", "month"):
            answer = await bench.call("report_activity", period=period.asked, by=by, fields="*", top=1000)
            counts = Counter((group(by, period, person, moment), measure) for measure, person, moment in found)
            groups = {each for each, _ in counts}
            labels = called(names(bench.store, "user"), groups) if by == "owner" else {each: each for each in groups}
            shown = table(answer, by)
            assert shown == {labels[each]: {name: counts[each, name] for name in MEASURES} for each in groups}
            assert total(answer) == {by: "total", **{name: everything[name] for name in MEASURES}}
        assert min(everything.values()) > 0


async def test_of_a_team_everybody_has_a_row_and_nobody_else() -> None:
    async with workbench(organisation(1)) as bench:
        whole = table(await bench.call("report_activity", fields="*"), "owner")
        answer = await bench.call("report_activity", team="Sales Development", fields="*")
        members = {name for (name,) in bench.store.rows("SELECT name FROM user WHERE title LIKE 'Sales Development%'")}
    shown = table(answer, "owner")
    assert shown.keys() == members
    assert {name: row for name, row in shown.items() if any(row.values())} == {
        name: row for name, row in whole.items() if name in members
    }
    assert not any(shown["Greg Palmer"].values())


async def test_one_person_is_named_by_me_by_name_and_by_id() -> None:
    async with workbench(organisation(1)) as bench:
        answers = [await bench.call("report_activity", owner=owner) for owner in ("me", "Maya Okafor", 17, "17")]
        several = await bench.call("report_activity", owner=["me", "Tom Brennan"])
    assert {tuple(answer["rows"][0]) for answer in answers} == {tuple(answers[0]["rows"][0])}
    assert table(several, "owner").keys() == {"Maya Okafor", "Tom Brennan"}


async def test_a_tag_says_that_a_meeting_was_set_where_the_disposition_does_not() -> None:
    async with workbench(organisation(1)) as bench:
        before = total(await bench.call("report_activity", period="2026"))["meetings"]
        ((call,),) = bench.store.rows(
            'SELECT MAX(c.id) FROM call c JOIN callDisposition d ON d.id = c."callDisposition.id" WHERE d.id = 6'
        )
        bench.store.update("call", call, {"tags": '["Meeting Booked"]'})
        after = total(await bench.call("report_activity", period="2026"))["meetings"]
    assert after == before + 1


async def test_a_task_that_nobody_is_noted_to_have_done_is_its_owners_whoever_is_asked_about() -> None:
    async with workbench(organisation(1), max_result_tokens=50_000) as bench:
        for (number,) in bench.store.rows("SELECT id FROM task WHERE id % 3 = 0"):
            bench.store.update("task", number, {"completer.id": None})
        whole = table(await bench.call("report_activity", fields="*", top=1000), "owner")
        people = {name: number for number, name in names(bench.store, "user").items() if name in whole}
        for name, number in people.items():
            assert table(await bench.call("report_activity", owner=number, fields="*"), "owner")[name] == whole[name]
        together = await bench.call("report_activity", owner=[*people.values()], fields="*", top=1000)
    assert sum(row["tasks_done"] > 0 for row in whole.values()) > 3
    assert table(together, "owner") == whole
