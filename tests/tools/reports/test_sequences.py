"""The report on sequences equals SQL over the sandbox's own database, and says what it counted."""

from typing import Any

import pytest

from outreach_sandbox.store import Store
from tests.support.workbench import workbench
from tests.tools.reports.worlds import (
    ORGANISATIONS,
    PERIODS,
    Period,
    called,
    names,
    organisation,
    percent,
    table,
    total,
)

COLUMNS = {"sequence": 'm."sequence.id"', "step": 'm."sequenceStep.id"', "owner": 'm."user.id"'}
SAID = """CASE WHEN m.repliedAt IS NULL THEN NULL
    WHEN s.positiveReplyCount > 0 AND s.neutralReplyCount + s.negativeReplyCount = 0 THEN 'positive'
    WHEN s.neutralReplyCount > 0 AND s.positiveReplyCount + s.negativeReplyCount = 0 THEN 'neutral'
    WHEN s.negativeReplyCount > 0 AND s.positiveReplyCount + s.neutralReplyCount = 0 THEN 'negative'
    ELSE 'unrated' END"""


def counted(store: Store, period: Period, group: str) -> dict[Any, dict[str, Any]]:
    """Count by SQL what the report counts, by the id of the group."""
    delivered = store.rows(
        f"""SELECT {group}, COUNT(DISTINCT m."prospect.id"), COUNT(*), SUM(m.openedAt IS NOT NULL),
            SUM(m.clickedAt IS NOT NULL), SUM(m.repliedAt IS NOT NULL), SUM({SAID} IS 'positive'),
            SUM({SAID} IS 'neutral'), SUM({SAID} IS 'negative'), SUM({SAID} IS 'unrated'),
            SUM(m.unsubscribedAt IS NOT NULL)
        FROM mailing m LEFT JOIN sequenceState s ON s.id = m."sequenceState.id"
        WHERE m.deliveredAt >= ? AND m.deliveredAt < ? AND m."sequence.id" IS NOT NULL GROUP BY 1""",
        period.bounds,
    )
    bounced = dict(
        store.rows(
            f"""SELECT {group}, COUNT(*) FROM mailing m WHERE m.bouncedAt >= ? AND m.bouncedAt < ?
            AND m."sequence.id" IS NOT NULL GROUP BY 1""",
            period.bounds,
        )
    )
    columns = (
        "contacted",
        "delivered",
        "opened",
        "clicked",
        "replied",
        "positive",
        "neutral",
        "negative",
        "unrated",
        "opted_out",
    )
    rows = {row[0]: dict(zip(columns, row[1:], strict=True)) for row in delivered}
    found = {
        each: {**dict.fromkeys(columns, 0), **rows.get(each, {}), "bounced": bounced.get(each, 0)}
        for each in {*rows, *bounced}
    }
    return {
        each: {
            **row,
            "open_rate": percent(row["opened"], row["delivered"]),
            "click_rate": percent(row["clicked"], row["delivered"]),
            "reply_rate": percent(row["replied"], row["delivered"]),
            "positive_rate": percent(row["positive"], row["delivered"]),
            "opt_out_rate": percent(row["opted_out"], row["delivered"]),
            "bounce_rate": percent(row["bounced"], row["delivered"] + row["bounced"]),
        }
        for each, row in found.items()
    }


def steps(store: Store) -> dict[int, str]:
    """Return what steps are called in an answer."""
    return dict(
        store.rows(
            "SELECT e.id, q.name || ', ' || e.displayName FROM sequenceStep e"
            ' JOIN sequence q ON q.id = e."sequence.id"'
        )
    )


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.zone)
@pytest.mark.parametrize("number", ORGANISATIONS)
async def test_what_mail_brought_by_sequence_step_and_sender_is_what_sql_counts(number: int, period: Period) -> None:
    async with workbench(organisation(number), time_zone=period.zone, max_result_tokens=50_000) as bench:
        store = bench.store
        by_id = {"sequence": names(store, "sequence"), "step": steps(store), "owner": names(store, "user")}
        for by, known in by_id.items():
            answer = await bench.call("report_sequences", period=period.asked, by=by, fields="*", top=1000)
            expected = counted(bench.store, period, COLUMNS[by])
            labels = called(known, expected)
            shown = table(answer, by)
            assert shown == {labels[each]: row for each, row in expected.items()}
            assert sum(row["delivered"] for row in shown.values()) > 20
            assert total(answer) == {by: "total", **counted(bench.store, period, "1")[1]}


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.zone)
@pytest.mark.parametrize("number", ORGANISATIONS)
async def test_templates_that_are_tried_in_one_step_are_those_that_sql_finds(number: int, period: Period) -> None:
    async with workbench(organisation(number), time_zone=period.zone) as bench:
        answer = await bench.call("report_sequences", period=period.asked, by="variant", fields="*", top=1000)
        expected = bench.store.rows(
            """WITH tried AS (SELECT "sequenceStep.id" AS step, "template.id" AS template, COUNT(*) AS delivered,
                    SUM(repliedAt IS NOT NULL) AS replied FROM mailing
                WHERE deliveredAt >= ? AND deliveredAt < ? AND "sequence.id" IS NOT NULL GROUP BY 1, 2)
            SELECT t.name, delivered, replied FROM tried JOIN template t ON t.id = template
            WHERE step IN (SELECT step FROM tried GROUP BY 1 HAVING COUNT(*) > 1)""",
            period.bounds,
        )
    shown = table(answer, "template")
    assert {(name, row["delivered"], row["replied"]) for name, row in shown.items()} == set(expected)
    assert bool(expected) == (number != 1)
    assert all(row["verdict"] for row in shown.values())
