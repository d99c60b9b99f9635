"""Arguments as models fill them in: what is clear is understood, what is not is refused in one plain sentence."""

import json
from typing import Any

import pytest

from outreach_sandbox.records import Identifier, Record
from tests.support.workbench import workbench
from tests.tools.test_lists import people

PEOPLE = people(3, title="CEO")


@pytest.mark.parametrize("criteria", [{"a": 1}, [["a"]], ["a", {"b": 1}]])
async def test_criteria_of_a_wrong_type_are_refused_in_one_sentence(criteria: Any) -> None:
    async with workbench([]) as bench:
        message = await bench.refused("list_prospects", filters=[{"field": "title", "criteria": criteria}])
        assert bench.sent() == []
    takes = "takes text, a number, true or false, or an array of such"
    assert message == f"'filters.0.criteria' {takes}, not {criteria!r}"


@pytest.mark.parametrize("arguments", [
    {"filters": json.dumps([{"field": "title", "criteria": "CEO"}]), "page_size": 2},
    {"filters": json.dumps({"title": "CEO"}), "page_size": 2},
    {"fields": json.dumps(["id"]), "page_size": 2},
])  # fmt: skip
async def test_an_array_or_an_object_may_come_as_json_text(arguments: dict[str, Any]) -> None:
    async with workbench(PEOPLE) as bench:
        answer = await bench.call("list_prospects", **arguments)
    assert answer["returned"] == 2


@pytest.mark.parametrize("empty", [{"fields": []}, {"page_after": ""}, {"sort": ""}, {"filters": []}, {"filters": ""}])
async def test_an_empty_optional_argument_of_a_list_is_as_none(empty: dict[str, Any]) -> None:
    async with workbench(PEOPLE) as bench:
        assert await bench.call("list_prospects", **empty) == await bench.call("list_prospects")


@pytest.mark.parametrize("empty", [{"fields": []}, {"text_from": 0}, {"fields": [], "text_from": 0}])
async def test_an_empty_optional_argument_of_a_get_is_as_none(empty: dict[str, Any]) -> None:
    async with workbench(PEOPLE) as bench:
        whole = await bench.call("get_prospect", prospect_id=100)
        assert await bench.call("get_prospect", prospect_id=100, **empty) == whole


@pytest.mark.parametrize("given", ["9" * 19, "9" * 400, 2**63, "12345678901234567890"])
async def test_an_id_that_no_record_can_have_is_refused_and_not_cut_to_another(given: Any) -> None:
    async with workbench([]) as bench:
        message = await bench.refused("delete_prospect", prospect_id=given)
        assert bench.sent() == []
    assert message.startswith("'prospect_id' takes the integer id of a record, not ")


async def test_two_ids_for_one_record_are_refused() -> None:
    async with workbench(PEOPLE) as bench:
        message = await bench.refused("delete_prospect", prospect_id=100, id=101)
        assert bench.sent() == []
    assert message == "'prospect_id' and 'id' are both given: leave 'id' out"


async def test_a_text_from_with_too_many_digits_is_refused_as_one() -> None:
    async with workbench([]) as bench:
        message = await bench.refused("get_prospect", prospect_id=7, fields=["title"], text_from="9" * 5000)
    assert message.startswith("'text_from' takes the number of characters to skip, from 0, not '999")


@pytest.mark.parametrize("criteria", ["me,2", ["me", 2], "2, Me"])
async def test_me_is_understood_among_other_users(criteria: Any) -> None:
    async with workbench(PEOPLE) as bench:
        answer = await bench.call("list_prospects", filters={"owner.id": criteria})
        sent = bench.requests[-1].url.params["filter[owner][id]"]
    assert (sorted(sent.split(",")), answer["returned"]) == (["1", "2"], 3)


@pytest.mark.parametrize(
    "criteria", ['"2026-01-01".."2026-01-31"', '"2026-01-01"..2026-01-31', '2026-01-01.."2026-01-31"']
)
async def test_the_ends_of_a_range_may_stand_in_quotes(criteria: str) -> None:
    async with workbench(PEOPLE) as bench:
        await bench.call("list_prospects", filters={"createdAt": criteria})
        sent = bench.requests[0].url.params["filter[createdAt]"]
    assert sent == "2026-01-01T00:00:00.000Z..2026-01-31T23:59:59.999Z"


@pytest.mark.parametrize("words", ["Lee, Ann", "a..b", "null", "me"])
async def test_a_search_by_name_is_sent_as_it_stands(words: str) -> None:
    async with workbench(PEOPLE) as bench:
        await bench.call("list_prospects", filters={"q": words})
        assert bench.requests[0].url.params["filter[q]"] == words


async def test_a_search_finds_a_name_with_a_comma() -> None:
    rows = [*people(0), Record("account", 9, {"name": "Globex, Inc."}), Record("account", 10, {"name": "Inc. Ltd"})]
    async with workbench(rows) as bench:
        answer = await bench.call("list_accounts", filters={"q": "Globex, Inc."}, fields=["name"])
    assert answer["rows"] == [[9, "Globex, Inc."]]


async def test_no_column_comes_twice_with_a_star() -> None:
    async with workbench(PEOPLE) as bench:
        answer = await bench.call("list_prospects", fields=["*", "title", "account"])
    assert len(set(answer["columns"])) == len(answer["columns"])
    assert answer["columns"][:4] == ["id", "title", "account", "account_id"]


async def test_a_related_time_is_shown_in_the_zone_like_a_records_own() -> None:
    call = Record("call", 1, {"answeredAt": "2026-11-17T23:30:00.000Z"})
    task = Record("task", 3, {"action": "call"}, {"call": Identifier("call", 1)})
    async with workbench([*people(0), call, task], time_zone="Europe/Berlin") as bench:
        answer = await bench.call("list_tasks", fields=["call.answeredAt"])
    assert answer["rows"] == [[3, "2026-11-18T00:30:00+01:00"]]


async def test_a_star_in_a_list_shows_html_as_text() -> None:
    mailing = Record("mailing", 7, {"bodyHtml": "<p>Hi <b>Ann</b></p><p hidden>secret</p>"})
    async with workbench([*people(0), mailing]) as bench:
        starred = await bench.call("list_mailings", fields=["*"])
        named = await bench.call("list_mailings", fields=["bodyHtml"])
    row = dict(zip(starred["columns"], starred["rows"][0], strict=True))
    assert row["bodyHtml"] == "Hi Ann"
    assert named["rows"] == [[7, "<p>Hi <b>Ann</b></p><p hidden>secret</p>"]]


async def test_a_number_too_large_for_a_page_is_refused_as_one() -> None:
    async with workbench([]) as bench:
        message = await bench.refused("list_prospects", page_size=1e308)
    assert message == "'page_size' takes a whole number, not 1e+308, which is too large"


async def test_two_filters_on_a_field_that_is_filtered_here_hold_both_and_are_told_once() -> None:
    rows = [*people(0), *(Record("prospect", n, {"score": n}) for n in (1, 2, 3))]
    conditions = [{"field": "score", "criteria": "2.."}, {"field": "score", "criteria": "..2"}]
    async with workbench(rows) as bench:
        answer = await bench.call("list_prospects", filters=conditions, fields=["score"])
    assert answer["rows"] == [[2, 2]]
    assert answer["note"] == "Outreach cannot filter by score: the rows were filtered here"


async def test_a_field_that_outreach_sorts_but_does_not_filter_by_is_said_to_be_one() -> None:
    async with workbench([*people(0), Record("opportunity", 3, {"amount": 2000})]) as bench:
        answer = await bench.call("list_opportunities", filters={"amount": "1000.."})
    assert answer["note"] == (
        "Outreach cannot filter by amount: the rows were filtered here; "
        "sorted by amount, those that match come together"
    )
