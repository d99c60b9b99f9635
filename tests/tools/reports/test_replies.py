"""The report on replies equals SQL over the sandbox's own database: who answered, and still waits."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.store import Store
from tests.support.workbench import NOW, workbench
from tests.tools.reports.test_sequences import SAID
from tests.tools.reports.worlds import ORGANISATIONS, PERIODS, Period, names, organisation, table, total

BANDS = {"0-1 days": range(2), "2-3 days": range(2, 4), "4-7 days": range(4, 8), "8-14 days": range(8, 15)}


def replied(store: Store, period: Period) -> list[dict[str, Any]]:
    """Return by SQL of each person the last reply in a period, and whether it waits: by mail and calls since."""
    rows = store.rows(
        f"""SELECT m."prospect.id", p.name, MAX(m.repliedAt), m."user.id", m."sequence.id", {SAID},
            COALESCE(p.optedOut, 0) = 0
            AND NOT EXISTS (SELECT 1 FROM mailing n WHERE n."prospect.id" = p.id AND n.deliveredAt > m.repliedAt)
            AND NOT EXISTS (SELECT 1 FROM call c WHERE c."prospect.id" = p.id AND c.dialedAt > m.repliedAt)
        FROM mailing m JOIN prospect p ON p.id = m."prospect.id"
        LEFT JOIN sequenceState s ON s.id = m."sequenceState.id"
        WHERE m.repliedAt >= ? AND m.repliedAt < ? GROUP BY m."prospect.id\"""",
        period.bounds,
    )
    names_ = ("id", "person", "replied", "owner", "sequence", "sentiment", "waits")
    return [dict(zip(names_, row, strict=True)) | {"days": (period.today - period.day(row[2])).days} for row in rows]


def band(days: int) -> str:
    return next((name for name, covered in BANDS.items() if days in covered), "15 days or more")


@pytest.mark.parametrize("period", PERIODS, ids=lambda period: period.zone)
@pytest.mark.parametrize("number", ORGANISATIONS)
async def test_who_waits_is_whom_sql_finds(number: int, period: Period) -> None:
    async with workbench(organisation(number), time_zone=period.zone, max_result_tokens=50_000) as bench:
        found = replied(bench.store, period)
        waits = [each for each in found if each["waits"]]
        users, sequences = names(bench.store, "user"), names(bench.store, "sequence")
        answer = await bench.call("report_replies", period=period.asked, fields="*", top=1000)
        shown = table(answer, "id")
        assert answer["waiting"] == f"{len(waits)} of {len(found)} who replied"
        assert shown.keys() == {each["id"] for each in waits}
        for each in waits:
            row = shown[each["id"]]
            assert (row["person"], row["days"], row["sentiment"]) == (each["person"], each["days"], each["sentiment"])
            assert row["owner"] == users[each["owner"]]
            assert (row.get("sequence") or "").startswith(sequences.get(each["sequence"], ""))
        groups: dict[str, Callable[[dict[str, Any]], str]] = {
            "sentiment": lambda each: each["sentiment"],
            "owner": lambda each: users[each["owner"]],
            "age": lambda each: band(each["days"]),
        }
        for by, group_of in groups.items():
            answer = await bench.call("report_replies", period=period.asked, by=by, fields="*", top=1000)
            waiting = Counter(group_of(each) for each in waits)
            everybody = Counter(group_of(each) for each in found)
            positive = Counter(group_of(each) for each in waits if each["sentiment"] == "positive")
            assert {
                name: (row["waiting"], row["replied"], row["positive"]) for name, row in table(answer, by).items()
            } == {name: (waiting[name], count, positive[name]) for name, count in everybody.items()}
            assert (total(answer)["waiting"], total(answer)["replied"]) == (len(waits), len(found))
        assert len(found) > 5


async def test_who_was_called_since_and_who_opted_out_wait_no_more() -> None:
    async with workbench(organisation(1)) as bench:
        first, second, *_ = [row[0] for row in (await bench.call("report_replies", period="2026"))["rows"]]
        now = f"{NOW:%Y-%m-%dT%H:%M:%S}.000Z"
        bench.store.update("prospect", first, {"touchedAt": now})
        await bench.call("update_prospect", prospect_id=second, attributes={"optedOut": True})
        left = {row[0] for row in (await bench.call("report_replies", period="2026", top=1000))["rows"]}
    assert left
    assert not {first, second} & left


@pytest.mark.parametrize("by", ["mailing", "call"])
async def test_mail_and_calls_since_the_reply_count_whatever_outreach_notes_on_the_prospect(by: str) -> None:
    before, reply, after = (f"2026-11-{day}T10:00:00.000Z" for day in (10, 11, 12))
    people = [Record("prospect", number, {"firstName": f"P{number}"}) for number in (1, 2)]
    replies = [
        Record(
            "mailing", number, {"deliveredAt": before, "repliedAt": reply}, {"prospect": Identifier("prospect", number)}
        )
        for number in (1, 2)
    ]
    times = {"mailing": {"deliveredAt": after}, "call": {"createdAt": after, "dialedAt": after}}[by]
    answer_to_1 = Record(by, 9, dict(times), {"prospect": Identifier("prospect", 1)})
    async with workbench((*people, *replies, answer_to_1)) as bench:
        answer = await bench.call("report_replies")
    assert answer["waiting"] == "1 of 2 who replied"
    assert table(answer, "id").keys() == {2}


async def test_replies_are_narrowed_by_sentiment_owner_and_sequence() -> None:
    async with workbench(organisation(1), max_result_tokens=20_000) as bench:
        everybody = {"period": "2026", "top": 1000, "fields": "*"}
        whole = table(await bench.call("report_replies", **everybody), "id")
        for argument, column, value in (
            ("sentiment", "sentiment", "positive"),
            ("owner", "owner", "Priya Raman"),
            ("sequence", "sequence", "Outbound: Field Service Leaders"),
        ):
            some = table(await bench.call("report_replies", **everybody, **{argument: value}), "id")
            assert some
            assert some == {number: row for number, row in whole.items() if row.get(column) == value}
