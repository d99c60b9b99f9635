"""Answers of the reports: how much they cost, what they leave out and say of it, and what they refuse."""

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

import anyio
import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker
import httpx
import pytest

from outreach_sandbox.records import Identifier, Linkage, Record
from outreach_tools.engine.values import wire_time
from tests.support.counts import few_or_many
from tests.support.workbench import NOW, workbench
from tests.tools.reports.worlds import organisation, table

O200K = bpe_openai.get_encoding("o200k_base")
QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    *(
        ("report_sequences", {"period": period, "by": by})
        for period in ("last_90_days", "2026")
        for by in ("sequence", "step", "variant", "owner")
    ),
    ("report_sequences", {"period": "last_90_days", "sort": "-reply_rate"}),
    ("report_sequences", {"sort": "-bounce_rate"}),
    *(("report_activity", {"by": by, "period": "2026"}) for by in ("owner", "day", "week", "month")),
    ("report_activity", {}),
    ("report_activity", {"team": "Account Executives"}),
    *(("report_pipeline", {"by": by, "top": 10}) for by in ("stage", "owner", "month", "stuck")),
    *(("report_pipeline", {"by": by}) for by in ("stage", "owner", "month", "stuck")),
    *(("report_replies", {"by": by}) for by in ("person", "sentiment", "owner", "age")),
)


def mailings(count: int, *, sequences: int = 12) -> list[Record]:
    """Return mailings of the last weeks, of which a tenth was replied to and a fiftieth bounced."""
    chance, found = Random(count), list[Record]()
    found += [Record("sequence", number, {"name": f"Sequence {number}"}) for number in range(1, sequences + 1)]
    for index in range(count):
        moment = NOW - timedelta(seconds=chance.randrange(86_400, 28 * 86_400))
        sequence = Identifier("sequence", 1 + index % sequences)
        state = Identifier("sequenceState", 1 + index)
        replied = wire_time(moment + timedelta(hours=1)) if index % 10 == 0 else None
        times = {"bouncedAt": wire_time(moment)} if index % 50 == 7 else {"deliveredAt": wire_time(moment)}
        about: dict[str, Linkage] = {
            "sequence": sequence,
            "sequenceState": state,
            "prospect": Identifier("prospect", 1 + index // 3),
        }
        if replied:
            found.append(
                Record(
                    "sequenceState", state.id, {"repliedAt": replied, "positiveReplyCount": 1}, {"sequence": sequence}
                )
            )
        attributes = {"mailingType": "sequence", **times, "repliedAt": replied}
        found.append(Record("mailing", 100 + 3 * index, attributes, about))
    return found


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_ten_groups_are_answered_in_at_most_300_tokens_also_with_long_names_and_three_currencies(
    number: int,
) -> None:
    async with workbench(organisation(number), time_zone="America/New_York") as bench:
        for tool, arguments in QUESTIONS:
            failed, text = await bench.outcome(tool, arguments)
            assert not failed, text
            rows = len(json.loads(text)["rows"])
            assert len(O200K.encode(text)) <= 30 * max(rows, 10), (tool, arguments)
            assert rows >= 8 or "'top'" not in text, (tool, arguments)


async def test_ten_stuck_deals_with_long_names_in_other_scripts_take_little_more() -> None:
    names = (
        "営業担当者拡張契約株式会社東京支店向けライセンス更新",
        "Менеджер по продажам: расширение договора",
        "نماینده فروش: تمدید قرارداد سالانه شرکت",
        "हिन्दी बिक्री विस्तार अनुबंध नवीनीकरण",
        "Überführungsgesellschaft Erweiterung Vertragsverlängerung",
    )
    async with workbench(organisation(2)) as bench:
        for place, (number,) in enumerate(bench.store.rows("SELECT id FROM opportunity")):
            bench.store.update("opportunity", number, {"name": f"{names[place % len(names)]} {place}"})
        _, text = await bench.outcome("report_pipeline", {"by": "stuck", "top": 10})
    assert len(json.loads(text)["rows"]) == 10
    assert len(O200K.encode(text)) <= 330


async def test_a_currency_that_all_have_has_no_column_of_its_own() -> None:
    async with workbench(organisation(1)) as bench:
        answer = await bench.call("report_pipeline", by="stuck")
    assert answer["currency"] == "USD"
    assert "currency" not in answer["columns"]


async def test_what_is_counted_is_said_of_the_columns_that_are_shown_and_of_no_others() -> None:
    async with workbench(organisation(2)) as bench:
        for tool, fields, said in (
            ("report_activity", ["due"], "due: tasks due in the period"),
            ("report_activity", ["overdue"], "due: tasks due in the period; overdue: those still open"),
            ("report_activity", ["calls"], None),
            ("report_pipeline", ["count"], "open opportunities"),
            ("report_pipeline", ["stalled"], "open opportunities; stalled: nothing for 30 days"),
            (
                "report_sequences",
                ["bounce_rate"],
                "mail of sequences delivered in the period, and what came of it since; "
                "bounce_rate: % of delivered or bounced",
            ),
        ):
            assert (await bench.call(tool, fields=fields)).get("counted") == said
        for tool, by in (("report_activity", "owner"), ("report_pipeline", "stage"), ("report_sequences", "sequence")):
            every = await bench.call(tool, fields="*", by=by)
            brief = await bench.call(tool, by=by)
            assert {*brief["counted"].split("; ")} <= {*every["counted"].split("; ")}


@pytest.mark.parametrize(
    ("tool", "sort"),
    [
        ("report_sequences", "-opened"),
        ("report_sequences", "bounce_rate"),
        ("report_activity", "-overdue"),
        ("report_pipeline", "-median_idle_days"),
    ],
)
async def test_the_column_that_rows_are_sorted_by_is_shown(tool: str, sort: str) -> None:
    async with workbench(organisation(2)) as bench:
        answer = await bench.call(tool, sort=sort)
    column = answer["columns"].index(sort.removeprefix("-"))
    found = [row[column] for row in answer["rows"] if row[column] is not None]
    assert found == sorted(found, reverse=sort.startswith("-"))


@pytest.mark.parametrize("sign", ["", "-"])
async def test_texts_are_sorted_by_the_numbers_in_them(sign: str) -> None:
    async with workbench(organisation(1)) as bench:
        ages = [row[0] for row in (await bench.call("report_replies", by="age", sort=f"{sign}age"))["rows"]]
    expected = ["0-1 days", "4-7 days", "8-14 days", "15 days or more"]
    assert ages == (expected if not sign else expected[::-1])


async def test_every_report_answers_without_arguments_and_says_what_it_counted_and_read() -> None:
    async with workbench(organisation(2)) as bench:
        for tool in ("report_sequences", "report_activity", "report_pipeline", "report_replies"):
            before = len(bench.requests)
            answer = await bench.call(tool)
            assert answer["rows"]
            assert ":" in answer["counted"]
            assert answer["read"].startswith("all of ")
            assert answer["read"].endswith(f"; {len(bench.requests) - before} requests")


async def test_the_reply_rate_by_sequence_over_90_days_is_one_call_of_few_requests() -> None:
    async with workbench(tuple(mailings(few_or_many(5_000, 20_000)))) as bench:
        answer = await bench.call(
            "report_sequences", period="last_90_days", sort="-reply_rate", fields=["replied", "reply_rate"]
        )
        # Pages of mailings and two more in between, one of those that bounced, and the enrolments that were replied to.
        assert len(bench.requests) <= few_or_many(9, 25)
        ((delivered, replied),) = bench.store.rows(
            "SELECT COUNT(deliveredAt), SUM(deliveredAt IS NOT NULL AND repliedAt IS NOT NULL) FROM mailing"
        )
    assert answer["total"] == ["total", replied, round(100 * replied / delivered, 1)]
    rates = [row[2] for row in answer["rows"]]
    assert rates == sorted(rates, reverse=True)
    assert len(rates) == 10
    assert "10 of 12 rows, 'top' shows more" in answer["note"]


class Counting(httpx.AsyncBaseTransport):
    """Lets every list of mailings say that it has very many records, or that it counts no further."""

    def __init__(self, inner: httpx.AsyncBaseTransport, meta: dict[str, Any]) -> None:
        self._inner, self._meta = inner, meta

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if not request.url.path.endswith("/mailings"):
            return response
        document = json.loads(await response.aread())
        document["meta"] = self._meta
        return httpx.Response(200, json=document, headers={"Content-Type": "application/vnd.api+json"})


@pytest.mark.parametrize("count", [200_000, 2_000_000])
async def test_a_report_that_takes_too_many_requests_does_not_begin_and_says_how_to_narrow_it(count: int) -> None:
    meta = {"count": count, "count_truncated": count == 2_000_000}
    async with workbench(tuple(mailings(1_500)), through=lambda inner: Counting(inner, meta)) as bench:
        message = await bench.refused("report_sequences", period="2026")
        assert len(bench.requests) <= 4
    assert "needs about" in message
    assert "may make 60: narrow it by period, owner, team or sequence" in message


class Late(httpx.AsyncBaseTransport):
    """Lets a minute pass before the second page of a list."""

    moment = NOW

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if "filter[id]" in request.url.params:
            Late.moment = NOW + timedelta(minutes=1)
        return await self._inner.handle_async_request(request)


async def test_a_report_that_could_not_read_everything_says_that_its_figures_are_too_low() -> None:
    Late.moment = NOW

    def clock() -> datetime:
        return Late.moment

    async with workbench(tuple(mailings(12_000)), through=Late, now=clock) as bench:
        answer = await bench.call("report_sequences")
        ((delivered,),) = bench.store.rows("SELECT COUNT(deliveredAt) FROM mailing")
    said = dict(zip(answer["columns"], answer["total"], strict=True))
    assert 0 < said["delivered"] < delivered
    assert (
        f"INCOMPLETE, figures are too low: {said['delivered']:,} of {delivered:,} mailings read, the time was up"
        in answer["note"]
    )
    assert not answer["read"].startswith("all of")


class Failing(httpx.AsyncBaseTransport):
    """Gives small pages of one list, and fails at the second page of it where some words are in the query."""

    def __init__(self, inner: httpx.AsyncBaseTransport, path: str, words: str) -> None:
        self._inner, self._path, self._words = inner, path, words

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(self._path):
            query = str(request.url.params)
            if self._words in query and "filter%5Bid%5D" in query:
                return httpx.Response(503, json={"errors": [{"id": "busy", "detail": "It is busy."}]})
            request.url = request.url.copy_set_param("page[size]", "5")
        return await self._inner.handle_async_request(request)


@pytest.mark.parametrize(
    ("tool", "path", "words", "said"),
    [
        ("report_sequences", "/mailings", "deliveredAt", "figures are too low: 5 of "),
        ("report_sequences", "/sequenceStates", "repliedAt", "too many replies are unrated: 5 of "),
        ("report_replies", "/mailings", "prospect%5D%5Bid", "some may not wait any more: 5 of "),
        ("report_replies", "/calls", "createdAt", "some may not wait any more: 5 of "),
        ("report_pipeline", "/opportunityProspectRoles", "opportunity", "single_contact is too high: 5 of "),
    ],
)
async def test_what_could_not_be_read_is_said_with_what_becomes_of_the_figures(
    tool: str, path: str, words: str, said: str
) -> None:
    async with workbench(
        organisation(2), through=lambda inner: Failing(inner, path, words), sleep=lambda _: anyio.lowlevel.checkpoint()
    ) as bench:
        answer = await bench.call(tool)
    assert f"INCOMPLETE, {said}" in answer["note"]
    assert ".." not in answer["note"]
    assert not answer["read"].startswith("all of")


async def test_fields_show_just_those_columns_and_a_star_all() -> None:
    async with workbench(organisation(2)) as bench:
        some = await bench.call("report_sequences", fields=["bounced", "Open Rate"])
        every = await bench.call("report_sequences", fields=["*"])
    assert some["columns"] == ["sequence", "bounced", "open_rate"]
    assert set(some["columns"]) < set(every["columns"])
    assert len(every["columns"]) == 18
    assert "note" not in every


async def test_what_is_sorted_by_comes_first_and_what_has_no_value_last() -> None:
    moment = "2026-11-10T10:00:00.000Z"
    bounced, replied = {"bouncedAt": moment}, {"deliveredAt": moment, "repliedAt": moment}
    records = (
        Record("sequence", 1, {"name": "Bounced alone"}),
        Record("sequence", 2, {"name": "Good"}),
        Record("mailing", 1, {"mailingType": "sequence", **bounced}, {"sequence": Identifier("sequence", 1)}),
        Record("mailing", 2, {"mailingType": "sequence", **replied}, {"sequence": Identifier("sequence", 2)}),
    )
    async with workbench(records) as bench:
        for sort in ("reply_rate", "-reply_rate"):
            answer = await bench.call("report_sequences", sort=sort, fields=["reply_rate", "bounced"])
            assert answer["rows"] == [["Good", 100.0, 0], ["Bounced alone", None, 1]]


async def test_a_sequence_that_is_gone_goes_by_its_id() -> None:
    delivered = {"mailingType": "sequence", "deliveredAt": "2026-11-10T10:00:00.000Z"}
    records = (Record("mailing", 1, delivered, {"sequence": Identifier("sequence", 5)}),)
    async with workbench(records) as bench:
        answer = await bench.call("report_sequences")
    assert table(answer, "sequence").keys() == {"sequence 5"}


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("report_sequences", {"by": "template"}, "one of 'sequence', 'step', 'variant' or 'owner', not 'template'"),
        ("report_activity", {"by": "quarter"}, "'by' takes one of 'owner', 'day', 'week' or 'month', not 'quarter'"),
        ("report_pipeline", {"sequence": "Expo"}, "unknown argument 'sequence'"),
        ("report_sequences", {"sort": "-replyrates"}, "'sort' is '-replyrates', did you mean 'reply_rate'?"),
        ("report_sequences", {"fields": ["reply_rte"]}, "'fields' has 'reply_rte', did you mean 'reply_rate'?"),
        ("report_activity", {"period": "last_fortnite"}, "'period' is 'last_fortnite', which is not a period"),
        ("report_replies", {"top": 0}, "'top' is 0; it takes 1 to 1000"),
        ("report_replies", {"sentiment": "happy"}, "one of 'positive', 'neutral', 'negative' or 'unrated'"),
        ("report_replies", {"owner": "Maya Okafr"}, "Maya Okafor"),
        ("report_activity", {"team": "Sales Devlopment"}, "Sales Development"),
        ("report_sequences", {"sequence": "Renewal Check-in"}, "is 2 sequences"),
        ("report_activity", {"owner": 1.5}, "1.5"),
        ("report_activity", {"owner": "Maya Okafor", "team": "Sales Development"}, "'owner' is not in that 'team'"),
    ],
)  # fmt: skip
async def test_wrong_input_is_refused_with_what_was_given_and_what_is_right(
    tool: str, arguments: dict[str, Any], said: str
) -> None:
    async with workbench(organisation(2)) as bench:
        message = await bench.refused(tool, **arguments)
        assert bench.changes() == []
        assert not any(path.endswith(("/mailings", "/tasks", "/calls", "/opportunities")) for path in bench.sent())
    assert said in message
    assert "Traceback" not in message


@pytest.mark.parametrize("given", ["", None, [], {}])
async def test_what_is_empty_is_not_given(given: Any) -> None:
    async with workbench(organisation(1)) as bench:
        usual = await bench.call("report_replies")
        names = ("period", "by", "owner", "team", "sequence", "sentiment", "sort", "top", "fields")
        assert await bench.call("report_replies", **dict.fromkeys(names, given)) == usual


@pytest.mark.parametrize("given", ["[]", "[ ]"])
async def test_an_empty_list_that_comes_as_text_is_not_given(given: str) -> None:
    async with workbench(organisation(1)) as bench:
        for tool, name in (("report_sequences", "sequence"), ("report_replies", "sequence"),
                           ("report_sequences", "owner"), ("report_activity", "owner"),
                           ("report_pipeline", "owner"), ("report_replies", "owner")):  # fmt: skip
            assert await bench.call(tool, **{name: given}) == await bench.call(tool)


async def test_nothing_to_count_is_an_answer_without_rows() -> None:
    async with workbench([]) as bench:
        for tool in ("report_sequences", "report_activity", "report_pipeline", "report_replies"):
            answer = await bench.call(tool)
            assert answer["rows"] == []
        variants = await bench.call("report_sequences", by="variant")
    assert variants["rows"] == []
