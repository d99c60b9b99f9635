"""The report on the pipeline equals SQL over the sandbox's own database, to the cent and in each currency by itself."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any

import pytest

from outreach_sandbox.store import Store
from tests.support.workbench import NOW, workbench
from tests.tools.reports.worlds import ORGANISATIONS, PERIODS, Period, names, organisation, table

ROW = ("count", "amount", "weighted", "slipped", "stalled", "no_next_step", "single_contact")
KEYS = {"stage": "s.name", "owner": "u.name", "month": "SUBSTR(o.closeDate, 1, 7)"}


def added_up(
    store: Store, key: str, today: date, closing: tuple[date, date] | None = None
) -> dict[Any, dict[str, Any]]:
    """Add up by SQL what the report adds up, in hundredths of a cent, by group and currency."""
    bounds = closing or (date(1, 1, 1), date(9999, 12, 31))
    rows = store.rows(
        f"""SELECT {key}, o.currencyType, COUNT(*),
            SUM(CAST(ROUND(COALESCE(o.amountPrecise, 0) * 100) AS INTEGER) * 100),
            SUM(CAST(ROUND(COALESCE(o.amountPrecise, 0) * 100) AS INTEGER) * o.probability),
            SUM(SUBSTR(o.closeDate, 1, 10) < ?), SUM(o.touchedAt < ?), SUM(COALESCE(o.nextStep, '') = ''),
            SUM((SELECT COUNT(*) FROM opportunityProspectRole r WHERE r."opportunity.id" = o.id) < 2),
            GROUP_CONCAT(CAST(JULIANDAY(?) - JULIANDAY(o.touchedAt) AS INTEGER))
        FROM opportunity o JOIN opportunityStage s ON s.id = o."stage.id" LEFT JOIN "user" u ON u.id = o."owner.id"
        WHERE s.isClosed = 0 AND SUBSTR(o.closeDate, 1, 10) BETWEEN ? AND ? GROUP BY 1, 2""",
        (
            str(today),
            f"{NOW - timedelta(days=30):%Y-%m-%dT%H:%M:%S}",
            f"{NOW:%Y-%m-%dT%H:%M:%S}",
            *map(str, bounds),
        ),
    )
    return {
        (group, currency): dict(
            zip(
                (*ROW, "median_idle_days"),
                (count, in_cents(amount), in_cents(weighted), *troubles, int(median(map(int, idle.split(","))))),
                strict=True,
            )
        )
        for group, currency, count, amount, weighted, *troubles, idle in rows
    }


def in_cents(hundredths: int) -> float:
    return float((Decimal(hundredths) / 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP))


def by_group(answer: dict[str, Any], by: str) -> dict[Any, dict[str, Any]]:
    if "currency" in answer["columns"]:
        return table(answer, by, "currency")
    return {(name, answer["currency"]): row for name, row in table(answer, by).items()}


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.zone)
@pytest.mark.parametrize("number", ORGANISATIONS)
async def test_what_the_pipeline_is_worth_and_what_holds_it_up_is_what_sql_adds_up(number: int, period: Period) -> None:
    async with workbench(organisation(number), time_zone=period.zone) as bench:
        for by, key in KEYS.items():
            whole = await bench.call("report_pipeline", by=by, fields="*")
            closing = await bench.call("report_pipeline", by=by, fields="*", period="2026-11-10..2026-12-31")
            expected = added_up(bench.store, key, period.today)
            assert by_group(whole, by) == expected
            ends = (date(2026, 11, 10), date(2026, 12, 31))
            assert by_group(closing, by) == added_up(bench.store, key, period.today, ends)
            assert len(expected) > 2
            totals = whole["total"] if isinstance(whole["total"][0], list) else [whole["total"]]
            assert by_group({**whole, "rows": totals}, by) == added_up(bench.store, "'total'", period.today)


async def test_currencies_are_never_added_together() -> None:
    async with workbench(organisation(2)) as bench:
        answer = await bench.call("report_pipeline")
        sums = dict(
            bench.store.rows(
                """SELECT o.currencyType, SUM(CAST(ROUND(o.amountPrecise * 100) AS INTEGER)) / 100.0 FROM opportunity o
                JOIN opportunityStage s ON s.id = o."stage.id" WHERE s.isClosed = 0 GROUP BY 1"""
            )
        )
    amount, currency = answer["columns"].index("amount"), answer["columns"].index("currency")
    assert {row[currency]: row[amount] for row in answer["total"]} == sums
    assert len(sums) == 3


async def test_the_stuck_ones_are_listed_with_all_that_holds_them_up() -> None:
    async with workbench(organisation(2)) as bench:
        answer = await bench.call("report_pipeline", by="stuck", top=1000, fields="*")
        rows = bench.store.rows(
            """SELECT o.id, SUBSTR(o.closeDate, 1, 10) < '2026-11-18', o.touchedAt < '2026-10-19T15:30',
                COALESCE(o.nextStep, '') = '',
                (SELECT COUNT(*) FROM opportunityProspectRole r WHERE r."opportunity.id" = o.id) = 1
            FROM opportunity o JOIN opportunityStage s ON s.id = o."stage.id" WHERE s.isClosed = 0"""
        )
    expected: dict[int, list[str]] = defaultdict(list)
    for number, *holds in rows:
        for word, held in zip(("slipped", "stalled", "no next step", "one contact"), holds, strict=True):
            if held:
                expected[number].append(word)
    shown = table(answer, "id")
    told = {
        number: [part.split()[0] if part[-1].isdigit() else part for part in row["why"].split(", ")]
        for number, row in shown.items()
    }
    assert told == expected
    assert [len(row["why"].split(", ")) for row in shown.values()] == sorted(map(len, expected.values()), reverse=True)


async def test_a_deleted_opportunity_is_not_in_the_pipeline() -> None:
    async with workbench(organisation(1)) as bench:
        before = await bench.call("report_pipeline")
        ((number,),) = bench.store.rows('SELECT MIN(id) FROM opportunity WHERE "stage.id" = 1')
        bench.store.update("opportunity", number, {"trashedAt": "2026-11-01T10:00:00.000Z"})
        after = await bench.call("report_pipeline")
    assert after["total"][1] == before["total"][1] - 1


async def test_the_precise_amount_counts_where_both_forms_are_there() -> None:
    async with workbench(organisation(1)) as bench:
        await bench.call("update_opportunity", opportunity_id=903, attributes={"amountPrecise": "1234.56"})
        ((stage,),) = bench.store.rows('SELECT "stage.id" FROM opportunity WHERE id = 903')
        bench.store.run('UPDATE "opportunity.rows" SET "opportunityStage.id" = 1 WHERE id = 903')
        bench.store.run('UPDATE "opportunity.rows" SET "opportunityStage.id" = 6 WHERE id <> 903')
        answer = await bench.call("report_pipeline")
    assert stage is not None
    assert (answer["currency"], answer["total"][2]) == ("USD", 1234.56)


async def test_amounts_that_a_float_cannot_hold_are_shown_and_sorted_to_the_cent() -> None:
    async with workbench(organisation(1)) as bench:
        open_deals = [
            number
            for (number,) in bench.store.rows(
                """SELECT o.id FROM opportunity o JOIN opportunityStage s ON s.id = o."stage.id" WHERE s.isClosed = 0
                ORDER BY o.id"""
            )
        ]
        amounts = ["9007199254740993.17", "100000000000000000000000000.25", "12.5"]
        for number in open_deals:
            amount = amounts.pop() if amounts else None
            changed = {"amount": None, "amountPrecise": amount, "currencyType": "USD", "probability": 50}
            bench.store.update("opportunity", number, {**changed, "nextStep": None})
        stuck = await bench.call("report_pipeline", by="stuck", fields=["amount"], sort="-amount", top=4)
        added_up = await bench.call("report_pipeline", fields=["amount", "weighted"])
        summed = await bench.call(
            "summarize_records",
            resource="opportunity",
            measures=["sum(amount)"],
            filters=[{"field": "id", "criteria": open_deals}],
        )
    assert [row[2] for row in stuck["rows"]] == ["100000000000000000000000000.25", "9007199254740993.17", 12.5, None]
    assert added_up["total"][1:] == ["100000000009007199254741005.92", "50000000004503599627370502.96"]
    assert summed["rows"] == [["100000000009007199254741005.92"]]


async def test_owners_of_a_team_alone_count() -> None:
    async with workbench(organisation(1)) as bench:
        whole = table(await bench.call("report_pipeline", by="owner"), "owner")
        one = table(await bench.call("report_pipeline", by="owner", owner="Daniel Kim"), "owner")
        team = table(await bench.call("report_pipeline", by="owner", team="Account Executives"), "owner")
        everybody = set(names(bench.store, "user").values())
    assert one == {"Daniel Kim": whole["Daniel Kim"]}
    assert team == whole
    assert whole.keys() <= everybody


async def test_two_stages_of_one_name_are_told_apart() -> None:
    async with workbench(organisation(1)) as bench:
        (first,), (second,), *_ = bench.store.rows("SELECT id FROM opportunityStage WHERE isClosed = 0 ORDER BY id")
        bench.store.update("opportunityStage", second, {"name": "Discovery"})
        bench.store.update("opportunityStage", first, {"name": "Discovery"})
        answer = await bench.call("report_pipeline")
    found = [row[0] for row in answer["rows"]]
    assert {f"Discovery ({first})", f"Discovery ({second})"} <= set(found)
    assert len(set(found)) == len(found)
