"""summarize_records: figures over all matching records, in few tokens and requests, exact and honest."""

import json
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from random import Random
from typing import Any

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker
import httpx
import pytest
from mcp_types import TextContent

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_sandbox.records import Identifier, Record
from outreach_tools.client import JsonObject
from tests.support.workbench import NOW, Workbench, workbench

O200K = bpe_openai.get_encoding("o200k_base")


async def summary(bench: Workbench, resource: str, **arguments: Any) -> JsonObject:
    """Return a summary."""
    return await bench.call("summarize_records", resource=resource, **arguments)


# Tokens and requests

QUESTIONS: dict[str, JsonObject] = {
    "reply rate by sequence over 90 days": {
        "resource": "mailing",
        "filters": [{"field": "deliveredAt", "criteria": "-90d"}],
        "group_by": ["sequence"],
        "measures": ["count", "rate(repliedAt not null)"],
    },
    "prospects by owner": {"resource": "prospect", "group_by": ["owner"], "measures": ["count", "avg(engagedScore)"]},
    "accounts by industry": {"resource": "account", "group_by": ["industry"]},
    "prospects by the account's industry": {"resource": "prospect", "group_by": ["account.industry"]},
    "mailings by month": {"resource": "mailing", "group_by": ["createdAt:month"], "sort": "-createdAt"},
    "pipeline by stage": {
        "resource": "opportunity",
        "group_by": ["opportunityStage"],
        "measures": ["count", "sum(amount)", "avg(probability)"],
    },
    "tasks by owner and state": {"resource": "task", "group_by": ["owner", "state"]},
}


@pytest.mark.parametrize("arguments", QUESTIONS.values(), ids=QUESTIONS)
async def test_ten_groups_cost_at_most_300_tokens_in_at_most_three_requests(arguments: JsonObject) -> None:
    async with workbench() as bench:
        failed, text = await bench.outcome("summarize_records", {**arguments, "top": 10})
        assert not failed
        assert len(O200K.encode(text)) <= 300
        assert len(bench.requests) == json.loads(text)["requests"] <= 3


async def test_twenty_thousand_mailings_take_one_call_of_at_most_25_requests() -> None:
    chance = Random(1)
    records = tuple(
        Record(
            "mailing",
            100 + 3 * number,
            {"deliveredAt": "2026-10-01T09:00:00.000Z", "repliedAt": chance.choice((None, "2026-10-02T09:00:00.000Z"))},
            {"sequence": Identifier("sequence", chance.randint(1, 40))},
        )
        for number in range(20_000)
    )
    async with workbench(records) as bench:
        answer = await summary(bench, **QUESTIONS["reply rate by sequence over 90 days"], top=100)
        assert (answer["records"], answer["whole"], answer["returned"]) == (20_000, True, 40)
        assert sum(row[2] for row in answer["rows"]) == answer["total"][2] == 20_000
        assert answer["requests"] == len(bench.requests) <= 25


# Groups


def people(*names: str) -> list[Record]:
    """Return users of these first names, all of one last name."""
    return [
        Record("user", number, {"firstName": name, "lastName": "Roe", "email": f"u{number}@a.example"})
        for number, name in enumerate(names, 1)
    ]


def owned(kind: str, *owners: int | None, **attributes: Any) -> list[Record]:
    """Return one record for each owner."""
    return [
        Record(kind, 100 + place, dict(attributes), {"owner": Identifier("user", owner) if owner else None})
        for place, owner in enumerate(owners)
    ]


async def test_two_of_one_name_are_two_groups() -> None:
    async with workbench([*people("Jane", "Jane"), *owned("prospect", 1, 1, 2, None)]) as bench:
        answer = await summary(bench, "prospects", group_by="owner")
        assert answer["columns"] == ["owner", "owner_id", "count"]
        assert answer["rows"] == [["Jane Roe", 1, 2], ["Jane Roe", 2, 1], [None, None, 1]]
        assert answer["total"] == [None, None, 4]


@pytest.mark.parametrize("top", [1, 2, 3, 5])
@pytest.mark.parametrize("sort", ["-count", "count", "owner", "-owner", None])
async def test_every_group_that_is_shown_has_its_name_also_where_others_have_as_many(
    top: int, sort: str | None
) -> None:
    named = ["Zoe", "Anna", "Mia", "Bob", "Kim"]
    async with workbench([*people(*named), *owned("prospect", 3, 1, 2, 5, 4, 3, 2)]) as bench:
        answer = await summary(bench, "prospect", group_by=["owner"], top=top, **({"sort": sort} if sort else {}))
        assert answer["returned"] == top
        assert [row[0] for row in answer["rows"]] == [f"{named[row[1] - 1]} Roe" for row in answer["rows"]]
        assert "no name" not in answer.get("note", "")
        if sort in ("-count", None):
            assert [row[2] for row in answer["rows"]] == [2, 2, 1, 1, 1][:top]


async def test_names_that_may_not_be_read_leave_the_ids() -> None:
    records = [*people("Jane"), *owned("prospect", 1)]
    async with workbench(records, scopes=frozenset({"prospects.read"})) as bench:
        answer = await summary(bench, "prospect", group_by=["owner"])
        assert answer["rows"] == [[None, 1, 1]]
        assert answer["note"] == "names of users cannot be read: their ids are shown"


async def test_names_that_are_not_there_for_this_user_leave_the_ids_and_are_told_of_once() -> None:
    records = [*people("Jane"), *owned("prospect", 1, 2, 3)]
    async with workbench(records) as bench:
        answer = await summary(bench, "prospect", group_by=["owner"])
        assert sorted(row[:2] for row in answer["rows"] if row[0] is None) == [[None, 2], [None, 3]]
        assert answer["note"] == "some users have no name that this user may see: their ids are shown"


async def test_a_path_that_may_not_be_read_is_refused_and_not_shown_as_empty() -> None:
    async with workbench(scopes=frozenset({"prospects.read"})) as bench:
        message = await bench.refused("summarize_records", resource="prospect", group_by=["account.industry"])
        assert "accounts.read" in message


async def test_what_the_settings_exclude_is_no_group_and_no_measure() -> None:
    guard = Guard(Policy.of(excluded=["accounts", "list_account_options"]), "never")
    async with workbench(guard=guard) as bench:
        for arguments in (
            {"group_by": ["company"]},
            {"measures": ["distinct(company)"]},
            {"measures": ["rate(company x)"]},
        ):
            message = await bench.refused("summarize_records", resource="prospect", **arguments)
            assert "exclude what it shows" in message
        for resource, group in (("account", "industry"), ("prospect", "account.industry")):
            message = await bench.refused("summarize_records", resource=resource, group_by=[group])
            assert "settings exclude" in message
        assert bench.asked() == []


async def test_times_are_grouped_by_the_days_of_the_zone_across_a_change_of_its_clocks() -> None:
    # In Berlin clocks went forward on 29 March 2026 at 01:00 UTC, and back on 25 October.
    moments = {
        "2026-03-28T22:59:59.999Z": "2026-03-28",
        "2026-03-28T23:00:00.000Z": "2026-03-29",
        "2026-03-29T21:59:59.999Z": "2026-03-29",
        "2026-03-29T22:00:00.000Z": "2026-03-30",
        "2026-10-24T21:59:59.999Z": "2026-10-24",
        "2026-10-24T22:00:00.000Z": "2026-10-25",
        "2026-10-25T22:59:59.999Z": "2026-10-25",
        "2026-10-25T23:00:00.000Z": "2026-10-26",
    }
    records = [Record("task", 1 + place, {"dueAt": when}) for place, when in enumerate(moments)]
    async with workbench(records, time_zone="Europe/Berlin") as bench:
        answer = await summary(bench, "task", group_by="dueAt:day", measures="count,max(dueAt)")
        days = sorted(set(moments.values()))
        assert [row[:2] for row in answer["rows"]] == [[day, [*moments.values()].count(day)] for day in days]
        assert answer["rows"][1][2] == "2026-03-29T23:59:59+02:00"
        weeks = await summary(bench, "task", group_by="dueAt:week")
        assert weeks["rows"] == [["2026-W13", 3], ["2026-W14", 1], ["2026-W43", 3], ["2026-W44", 1]]
        quarters = await summary(bench, "task", group_by="dueAt:quarter")
        assert quarters["rows"] == [["2026-Q1", 4], ["2026-Q4", 4]]


async def test_a_close_date_is_the_same_day_in_every_zone() -> None:
    records = [Record("opportunity", 1, {"closeDate": "2026-07-01T00:00:00.000Z"})]
    async with workbench(records, time_zone="America/New_York") as bench:
        answer = await summary(bench, "opportunity", group_by=["closeDate:month"], measures=["min(closeDate)"])
        assert answer["rows"] == [["2026-07", "2026-07-01"]]


# Amounts


def deals(*amounts: tuple[str | None, str | None]) -> list[Record]:
    """Return opportunities of these amounts, each with its currency."""
    return [
        Record(
            "opportunity",
            1 + place,
            {
                "name": "Deal",
                "amount": None if amount is None else round(float(amount)),
                "amountPrecise": amount,
                "currencyType": currency,
            },
        )
        for place, (amount, currency) in enumerate(amounts)
    ]


async def test_currencies_are_never_added_together() -> None:
    records = deals(("0.10", "EUR"), ("0.20", "EUR"), ("0.30", "USD"), ("5.00", None), (None, None))
    async with workbench(records) as bench:
        answer = await summary(bench, "opportunity", group_by=["name"], measures=["count", "sum(amount)"], sort="name")
        assert answer["columns"] == ["name", "currencyType", "count", "sum(amount)"]
        rows: list[list[Any]] = [["Deal", "EUR", 2, 0.3], ["Deal", "USD", 1, 0.3], ["Deal", None, 2, 5]]
        assert answer["rows"] == rows
        assert sorted(answer["total"], key=str) == sorted([[None, *row[1:]] for row in rows], key=str)
        assert answer["note"] == "amounts are never added across currencyType"


async def test_totals_say_their_currency_where_groups_are_by_it() -> None:
    async with workbench(deals(("0.10", "EUR"), ("0.20", "USD"))) as bench:
        answer = await summary(bench, "opportunity", group_by=["currencyType"], measures=["sum(amount)"])
        assert answer["columns"] == ["currencyType", "sum(amount)"]
        assert answer["rows"] == [["USD", 0.2], ["EUR", 0.1]]
        assert sorted(answer["total"]) == [["EUR", 0.1], ["USD", 0.2]]


async def test_one_currency_is_told_once() -> None:
    async with workbench(deals(("0.10", "EUR"), ("0.20", "EUR"), (None, None))) as bench:
        answer = await summary(bench, "opportunity", group_by=["name"], measures=["count", "sum(amount)"])
        assert (answer["rows"], answer["note"]) == ([["Deal", 3, 0.3]], "amounts in EUR")


async def test_sums_keep_every_digit() -> None:
    async with workbench(deals(*[("90071992547409.93", "USD")] * 1000)) as bench:
        answer = await summary(bench, "opportunity", measures=["sum(amount)", "sum(amountPrecise)"])
        assert answer["rows"] == [["90071992547409930"] * 2] or answer["rows"] == [[90071992547409930] * 2]
        assert (await summary(bench, "opportunity", filters={"id": "1..3"}, measures="sum(amount)"))["rows"] == [
            ["270215977642229.79"]
        ]


async def test_both_names_of_an_amount_agree_after_one_was_written() -> None:
    async with workbench(deals(("10.25", "USD"), ("1.00", "USD"))) as bench:
        await bench.call("update_opportunity", opportunity_id=1, attributes={"amount": 70})
        await bench.call("update_opportunity", opportunity_id=2, attributes={"amountPrecise": "0.55"})
        answer = await summary(bench, "opportunity", measures=["sum(amount)", "sum(amountPrecise)"])
        assert answer["rows"] == [[70.55, 70.55]]


async def test_numbers_that_nothing_is_measured_by_are_left_out_and_told_of() -> None:
    numbers = ("12", "1e59", "-1e-60", "1e60", "1e-61", "1e999", "9" * 60, "-" + "9" * 60, "1E400")
    records = [
        Record("account", place, {"name": f"A{place}", "custom1": text}) for place, text in enumerate(numbers, 1)
    ]
    kept = [Decimal(text) for text in numbers[:3]] + [Decimal("9" * 60)]
    with localcontext(prec=200):
        whole = sum(kept, Decimal(0))
        total, mean = f"{whole:f}", f"{(whole / 4).quantize(Decimal('0.0001')):f}"
        middle = f"{(12 + Decimal('1e59')) / 2:f}"
    async with workbench(records) as bench:
        measures = ["sum", "avg", "median", "min", "max"]
        answer = await summary(bench, "account", measures=[f"{each}(Field technicians)" for each in measures])
    shown = [f"{Decimal(str(cell)):f}" for cell in answer["rows"][0]]
    assert shown == [total, mean, middle, f"{Decimal('-1e-60'):f}", "9" * 60]
    assert "sum(Field technicians): 5 values are not numbers and left out" in answer["note"]


# Labels, names, forms


async def test_custom_fields_go_by_their_labels() -> None:
    records = [
        Record("account", 1, {"name": "A", "custom1": "12.5", "custom2": "Paper"}),
        Record("account", 2, {"name": "B", "custom1": "7", "custom2": "Paper"}),
        Record("account", 3, {"name": "C", "custom1": "many"}),
    ]
    async with workbench(records) as bench:
        answer = await summary(
            bench,
            "accounts",
            group_by=["current scheduling tool"],
            measures=["sum(Field technicians)", "rate(Current scheduling tool Paper)"],
        )
        assert answer["columns"] == [
            "Current scheduling tool",
            "count",
            "sum(Field technicians)",
            "rate(Current scheduling tool Paper)",
        ]
        assert answer["rows"] == [["Paper", 2, 19.5, 1], [None, 1, None, 0]]
        assert answer["note"] == "sum(Field technicians): 1 values are not numbers and left out"


async def test_arguments_are_taken_in_the_forms_that_models_give_them() -> None:
    plain: JsonObject = {
        "filters": [{"field": "owner", "criteria": "Jane Roe"}],
        "group_by": ["state"],
        "measures": ["count", "rate(state complete,incomplete)"],
        "having": ["count 2.."],
        "sort": "-count",
    }
    others: JsonObject = {
        "filters": {"owner.id": 1},
        "group_by": "state",
        "measures": "Count(*), rate(state complete,incomplete)",
        "having": json.dumps(["count >= 2"]),
        "sort": {"sort_by": "count", "sort_direction": "desc"},
    }
    records = [*people("Jane", "Joe"), *owned("task", 1, 1, 2, state="complete")]
    async with workbench(records) as bench:
        first, second = await summary(bench, "task", **plain), await summary(bench, "tasks", **others)
        assert first["rows"] == second["rows"] == [["complete", 2, 1]]


@pytest.mark.parametrize("spelled", ["sum(custom1)", "SUM( Field technicians )", "total(custom1)", "sum"])
async def test_groups_are_chosen_and_ordered_by_a_measure_however_it_is_spelled(spelled: str) -> None:
    records = [Record("account", number, {"name": "A", "custom1": str(number)}) for number in (1, 2, 3)]
    async with workbench(records) as bench:
        for having, sort in ((f"{spelled} 2..", f"-{spelled}"), (f"{spelled} >= 2", f"{spelled}")):
            answer = await summary(
                bench, "account", group_by=["id"], measures=["sum(custom1)"], having=[having], sort=sort
            )
            assert answer["columns"] == ["id", "sum(Field technicians)"]
            assert [row[0] for row in answer["rows"]] == ([3, 2] if sort.startswith("-") else [2, 3])


async def test_a_condition_in_a_measure_is_recognised_in_other_spelling() -> None:
    async with workbench() as bench:
        answer = await summary(
            bench,
            "mailing",
            group_by=["state"],
            measures=["rate(repliedAt not null)", "rate(openedAt not null)"],
            having=["rate( RepliedAt  not null ) 0.01.."],
            sort="-rate(openedAt  NOT NULL)",
        )
        assert answer["columns"] == ["state", "count", "rate(repliedAt not null)", "rate(openedAt not null)"]
        assert answer["rows"]


# What was read


@pytest.mark.parametrize(
    ("filters", "matching", "scanned"),
    [
        ([{"field": "tags", "criteria": "a"}], 2, 3),
        ([{"field": "tags", "criteria": "a,b"}], 3, 3),
        ([{"field": "title", "criteria": "CEO"}], 1, 1),
        ([{"field": "title", "criteria": "CEO"}, {"field": "tags", "criteria": "b"}], 0, 1),
        ([{"field": "title", "criteria": "CEO,null"}], 3, 3),
        ([], 3, 3),
    ],
)
@pytest.mark.parametrize("measures", [["count"], ["distinct(id)"], ["min(createdAt)"]])
async def test_the_records_of_a_summary_are_those_that_match_and_not_those_that_were_looked_through(
    filters: list[JsonObject], measures: list[str], matching: int, scanned: int
) -> None:
    records = [
        Record("prospect", 1, {"tags": ["a", "c"], "title": "CEO"}),
        Record("prospect", 2, {"tags": ["a"]}),
        Record("prospect", 3, {"tags": ["b"]}),
    ]
    async with workbench(records) as bench:
        answer = await summary(bench, "prospect", filters=filters, measures=measures)
        assert (answer["records"], answer.get("scanned", matching)) == (matching, scanned)
        assert answer["requests"] == len(bench.asked())
        if measures == ["count"]:
            assert answer["rows"] == [[matching]]


@pytest.mark.parametrize("group_by", [[], ["owner"]])
@pytest.mark.parametrize("criteria", ["*VP*", "contains Sales", "VP Sale"])
async def test_nothing_is_explained_as_the_list_explains_it(criteria: str, group_by: list[str]) -> None:
    filters = [{"field": "title", "criteria": criteria}]
    async with workbench([Record("prospect", 1, {"title": "VP Sales"})]) as bench:
        of_list = await bench.call("list_prospects", filters=filters)
        before = len(bench.requests)
        answer = await summary(bench, "prospect", filters=filters, group_by=group_by)
        assert answer["records"] == 0
        assert answer["note"] == of_list["note"]
        assert "VP Sales" in answer["note"]
        assert answer["requests"] == len(bench.requests) - before


async def test_advice_on_the_order_of_a_list_is_none_for_a_summary() -> None:
    async with workbench() as bench:
        filters = [{"field": "closeDate", "criteria": "this_month"}]
        of_list = await bench.call("list_opportunities", filters=filters)
        answer = await summary(bench, "opportunity", filters=filters)
    assert "come together" in of_list["note"]
    assert answer["note"] == "Outreach cannot filter by closeDate: the rows were filtered here"


async def test_a_record_with_several_values_is_in_the_group_of_each() -> None:
    records = [
        Record("prospect", 1, {"tags": ["a", "b"]}),
        Record("prospect", 2, {"tags": ["b"]}),
        Record("prospect", 3, {}),
    ]
    async with workbench(records) as bench:
        answer = await summary(bench, "prospect", group_by=["tags"])
        assert (answer["rows"], answer["total"]) == ([["b", 2], ["a", 1], [None, 1]], [None, 3])
        assert "in the total once" in answer["note"]


async def test_measures_that_choose_or_order_groups_are_shown() -> None:
    async with workbench() as bench:
        answer = await summary(
            bench, "prospect", group_by=["owner"], measures=["max(engagedScore)"], having=["count 20.."], sort="-count"
        )
        assert answer["columns"][2:] == ["max(engagedScore)", "count"]
        assert [row[3] for row in answer["rows"]] == sorted((row[3] for row in answer["rows"]), reverse=True)
        assert all(row[3] >= 20 for row in answer["rows"])


async def test_groups_beyond_top_are_told_of() -> None:
    async with workbench() as bench:
        answer = await summary(bench, "mailing", group_by=["state"], top=3)
        assert (answer["returned"], answer["has_more"]) == (3, False)
        assert answer["groups"] > 3
        assert answer["note"] == "not all groups are shown: raise top"


async def test_of_more_times_than_are_shown_those_are_the_latest_and_in_their_order() -> None:
    async with workbench() as bench:
        for more in ([], ["user"]):
            every = await summary(bench, "mailing", group_by=["deliveredAt:day", *more], top=1000)
            days = sorted({row[0] for row in every["rows"]} - {None})
            answer = await summary(bench, "mailing", group_by=["deliveredAt:day", *more], top=3)
            shown = [row[0] for row in answer["rows"]]
            assert shown == sorted(shown)
            assert answer["rows"] == [row for row in every["rows"] if row in answer["rows"]]
            assert shown[-1] == days[-1]
            assert answer["note"].startswith("only the latest groups are shown: raise top")
        assert [row[0] for row in every["rows"] if row[0]] == sorted(row[0] for row in every["rows"] if row[0])
        assert every["rows"][-1][0] is None


async def test_groups_that_having_leaves_out_are_told_of() -> None:
    async with workbench() as bench:
        every = await summary(bench, "prospect", group_by=["owner"], top=1000)
        some = await summary(bench, "prospect", group_by=["owner"], having=["count 50.."])
        none = await summary(bench, "prospect", group_by=["owner"], having=["count 5000.."])
    left_out = len(every["rows"]) - len(some["rows"])
    assert f"{left_out} groups do not meet having; the total is of all" in some["note"]
    assert (none["rows"], none["total"]) == ([], every["total"])
    assert f"{len(every['rows'])} groups do not meet having; the total is of all" in none["note"]


# Wrong input

WRONG: list[tuple[JsonObject, str]] = [
    ({"resource": "mailin"}, "'resource' is 'mailin', which is not a type of record, did you mean 'mailing'?"),
    ({"resource": "import"}, "'resource' is 'import'"),
    ({"group_by": ["a", "b", "c"]}, "'group_by' has 3 fields, and takes at most 2"),
    ({"group_by": ["state", "State"]}, "'group_by' names 'state' twice"),
    ({"group_by": ["stat"]}, "mailing has no field 'stat', did you mean 'state'?"),
    (
        {"group_by": ["createdAt:year"]},
        "'group_by' has 'createdAt:year'; times are grouped by day, week, month, quarter",
    ),
    ({"group_by": ["owner"]}, "mailing has no field 'owner', did you mean 'user'?"),
    ({"resource": "task", "group_by": ["user"]}, "task has no field 'user', did you mean 'owner'?"),
    ({"filters": [{"field": "owner", "criteria": "me"}]}, "no field 'owner' to filter by, did you mean 'user'?"),
    ({"measures": ["distinct(owner)"]}, "mailing has no field 'owner', did you mean 'user'?"),
    ({"group_by": ["state:day"]}, "'state' is not a time: day is for date-times and dates"),
    ({"group_by": ["opportunity.nam"]}, "opportunity has no field 'nam', did you mean 'name'?"),
    ({"measures": ["summ(openCount)"]}, "'measures' has 'summ(openCount)'; they are count, sum(amount)"),
    ({"measures": ["sum"]}, "'measures' has 'sum': name a field in it"),
    ({"measures": ["sum(state)"]}, "'sum(state)': sum takes numbers, and 'state' holds none; use distinct or rate"),
    ({"measures": ["rate(stat delivered)"]}, "'stat delivered' begins with no field of mailing, did you mean 'state'?"),
    ({"measures": ["rate(createdAt soon)"]}, "the filter on 'createdAt' takes a date"),
    ({"having": ["sum(openCount)"]}, "'having' has 'sum(openCount)'; it takes one of the measures"),
    ({"having": ["count > 3"]}, "'having' has 'count > 3': write a range with its ends, like '3..'"),
    ({"having": ["count many"]}, "'count' takes a number, not 'many'"),
    ({"sort": "-opens"}, "'sort' is '-opens'; a summary is sorted by count"),
    ({"top": 0}, "'top' is 0; it takes 1 to 1000"),
    ({"max_requests": "lots"}, "'max_requests' takes a whole number, not 'lots'"),
    ({"limit": 3}, "unknown argument 'limit'"),
    ({"filters": [{"field": "stat", "criteria": "x"}]}, "mailing has no field 'stat' to filter by"),
    ({"page_after": "nothing"}, "'page_after' stands for a summary that is not kept any more"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=[json.dumps(each) for each, _ in WRONG])
async def test_wrong_arguments_are_named_before_anything_is_read(arguments: JsonObject, said: str) -> None:
    async with workbench() as bench:
        message = await bench.refused("summarize_records", **{"resource": "mailing", **arguments})
        assert said in message
        assert bench.asked() == []


# Parts and progress


class SmallPages(httpx.AsyncBaseTransport):
    """Serves pages of ten, whatever is asked for."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.params.get("page[size]") == "1000":
            request.url = request.url.copy_set_param("page[size]", "10")
        return await self._inner.handle_async_request(request)


async def test_a_summary_that_was_stopped_says_so_and_goes_on_to_the_same_as_at_once() -> None:
    asked: JsonObject = {"group_by": ["title"], "measures": ["count", "median(engagedScore)"], "top": 400}
    async with workbench(through=SmallPages) as bench:
        whole = await summary(bench, "prospect", **asked)
        part = await summary(bench, "prospect", **asked, max_requests=9)
        assert (part["records"], part["whole"], part["requests"], part["has_more"]) == (90, False, 9, True)
        assert part["note"] == "PARTIAL: 90 of 300 records read (9 requests were made): go on with page_after"
        other = await bench.refused("summarize_records", resource="task", page_after=part["page_after"])
        assert "belongs to a summary with other arguments" in other
        rest = await summary(bench, "prospect", **asked, page_after=part["page_after"])
        assert {**rest, "requests": 0} == {**whole, "requests": 0}
        again = await bench.refused("summarize_records", resource="prospect", **asked, page_after=part["page_after"])
        assert "not kept any more" in again


async def test_a_summary_that_takes_too_long_stops_in_time_and_goes_on() -> None:
    asked = 0

    def clock() -> datetime:
        nonlocal asked
        asked += 1
        return NOW + timedelta(seconds=2 * asked)

    async with workbench(through=SmallPages, now=clock) as bench:
        answer = await summary(bench, "prospect", group_by=["title"])
        assert not answer["whole"]
        assert "(the time was up)" in answer["note"]
        calls = 1
        while not answer["whole"]:
            calls += 1
            answer = await summary(bench, "prospect", group_by=["title"], page_after=answer["page_after"])
        assert (answer["records"], answer["total"]) == (300, [None, 300])
        assert calls > 2


async def test_progress_is_told_while_it_reads() -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with workbench(through=SmallPages) as bench:
        result = await bench.client.call_tool(
            "summarize_records", {"resource": "prospect", "group_by": ["title"]}, progress_callback=note
        )
        (content,) = result.content
        assert isinstance(content, TextContent)
    assert told[-1] == (300.0, 300.0, "300 records read")
    assert len(told) == 30
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)


class Counting(httpx.AsyncBaseTransport):
    """Counts as Outreach does where there are too many, or it is busy."""

    def __init__(self, inner: httpx.AsyncBaseTransport, count: int) -> None:
        self._inner, self._count = inner, count

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        document = json.loads(await response.aread())
        document["meta"] = {"count": self._count, "count_truncated": True}
        return httpx.Response(200, json=document)


@pytest.mark.parametrize("arguments", [{}, {"group_by": ["state"]}])
async def test_what_is_too_much_to_count_is_not_begun(arguments: JsonObject) -> None:
    async with workbench(through=lambda inner: Counting(SmallPages(inner), 2_000_000)) as bench:
        message = await bench.refused("summarize_records", resource="mailing", **arguments)
        assert message.startswith("Not begun: reading more than 2,000,000 mailings, 1,000 at a time, takes about 2,00")


async def test_a_count_of_nothing_while_outreach_is_busy_is_not_taken_for_none() -> None:
    async with workbench(through=lambda inner: Counting(inner, 0)) as bench:
        answer = await summary(bench, "mailing")
        assert (answer["rows"], answer["whole"]) == ([[542]], True)


async def test_a_sum_over_related_records_says_that_one_may_count_several_times() -> None:
    async with workbench() as bench:
        answer = await bench.call(
            "summarize_records", resource="opportunityProspectRole", measures=["sum(opportunity.amount)"]
        )
        own = await bench.call("summarize_records", resource="opportunity", measures=["sum(amount)"])
    assert "sum(opportunity.amount) takes one opportunity as often as records lead to it" in answer["note"]
    assert "as often as" not in own["note"]
