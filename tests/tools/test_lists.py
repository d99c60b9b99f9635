"""Lists: columns, names of related records, filters, paging, and an answer that never exceeds its budget."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it ships annotations without the marker
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.switches import Switches
from outreach_tools.engine.declaration import ListTool
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import RESOURCES, all_tools
from tests.support.workbench import NOW, Workbench, workbench

O200K = bpe_openai.get_encoding("o200k_base")
ASCII = st.characters(codec="ascii")
SAYINGS = (
    "The quarterly forecast is due on Friday and the contract needs a signature",
    "Über die Verträge müssen wir nächste Woche mit größeren Kunden sprechen",
    "Менеджер по продажам должен связаться с клиентом до пятницы",
    "نماینده فروش باید تا جمعه با مشتری تماس بگیرد",
    "बिक्री प्रतिनिधि को शुक्रवार तक ग्राहक से संपर्क करना चाहिए",
    "销售代表需要在星期五之前联系客户并安排产品演示会议",
    "営業担当者は金曜日までにお客様に連絡してください",
    "영업 담당자는 금요일까지 고객에게 연락해야 합니다",
    "👨‍👩‍👧🎉🚀😀👍🏽",
    "ceo_8f3Kq9ZxVt7LwP2n@mail-42.example https://x.example/a?b=c&d=%20",
)
LISTS = [pytest.param(tool, id=tool.name) for tool in all_tools() if tool.name.startswith("list_") and tool.resource]


def people(count: int, **attributes: Any) -> list[Record]:
    """Return the user that the token acts for, an account, and prospects of both."""
    relationships = {"owner": Identifier("user", 1), "account": Identifier("account", 5)}
    return [
        Record("user", 1, {"firstName": "Sally", "lastName": "Smith", "email": "sally@acme.example"}),
        Record("account", 5, {"name": "Acme"}),
        *(
            Record("prospect", 100 + n, {"firstName": "Ann", "lastName": f"No{n}", **attributes}, dict(relationships))
            for n in range(count)
        ),
    ]


async def walk(bench: Workbench, tool: str, **arguments: Any) -> list[list[Any]]:
    """Follow a list to its end and return all its rows."""
    rows: list[list[Any]] = []
    page_after: dict[str, str] = {}
    for _ in range(500):
        answer = await bench.call(tool, **arguments, **page_after)
        assert answer["returned"] == len(answer["rows"])
        rows += answer["rows"]
        if not answer["has_more"]:
            assert "page_after" not in answer
            return rows
        page_after = {"page_after": answer["page_after"]}
    raise AssertionError("the list does not end")


async def test_a_list_shows_its_summary_columns_with_names_and_ids_of_related_records() -> None:
    async with workbench(people(1, title="VP Sales", emails=["ann@acme.example"])) as bench:
        answer = await bench.call("list_prospects")
    assert answer == {
        "returned": 1,
        "has_more": False,
        "empty_columns": ["stage", "stage_id", "touchedAt"],
        "columns": ["id", "name", "title", "emails", "account", "account_id", "owner", "owner_id"],
        "rows": [[100, "Ann No0", "VP Sales", ["ann@acme.example"], "Acme", 5, "Sally Smith", 1]],
    }


async def test_a_list_and_the_names_of_related_records_come_in_one_request() -> None:
    async with workbench(people(3)) as bench:
        await bench.call("list_prospects")
        assert bench.sent() == ["GET /prospects"]
        params = bench.requests[0].url.params
    assert params["include"] == "account,stage,owner"
    assert params["fields[account]"] == "name"
    assert "custom1" not in params["fields[prospect]"]


async def test_an_empty_list_says_so() -> None:
    async with workbench(people(0)) as bench:
        answer = await bench.call("list_prospects", filters=[{"field": "title", "criteria": "Pope"}])
    assert (answer["returned"], answer["has_more"], answer["rows"]) == (0, False, [])


async def test_fields_replace_the_columns() -> None:
    async with workbench(people(1, title="CEO")) as bench:
        answer = await bench.call("list_prospects", fields=["title", "account.name", "owner_id"])
    assert answer["columns"] == ["id", "title", "account.name", "owner_id"]
    assert answer["rows"] == [[100, "CEO", "Acme", 1]]


async def test_a_star_shows_every_attribute_that_holds_something() -> None:
    async with workbench(people(1, custom12="gold", title="CEO")) as bench:
        answer = await bench.call("list_prospects", fields=["*"])
    row = dict(zip(answer["columns"], answer["rows"][0], strict=True))
    assert (row["custom12"], row["title"], row["firstName"]) == ("gold", "CEO", "Ann")
    assert "custom13" not in row


async def test_links_can_be_asked_for_and_followed() -> None:
    async with workbench() as bench:
        answer = await bench.call(
            "list_accounts", filters=[{"field": "name", "criteria": "Acme Inc"}], fields=["links"]
        )
        links = answer["rows"][0][answer["columns"].index("links")]
        followed = await bench.call("execute_link", link=links["tasks"])
    assert followed["returned"] == len(followed["rows"])
    assert "action" in followed["columns"] or not followed["rows"]


async def test_me_is_the_current_user() -> None:
    async with workbench(people(2)) as bench:
        answer = await bench.call("list_prospects", filters=[{"field": "owner.id", "criteria": "me"}])
        assert bench.requests[-1].url.params["filter[owner][id]"] == "1"
    assert answer["returned"] == 2


async def test_a_related_records_id_can_be_named_as_the_column_is() -> None:
    async with workbench(people(2)) as bench:
        answer = await bench.call("list_prospects", filters=[{"field": "account_id", "criteria": "5"}])
        assert bench.requests[-1].url.params["filter[account][id]"] == "5"
    assert answer["returned"] == 2


async def test_a_filter_that_the_schema_does_not_list_is_sent_all_the_same() -> None:
    field = "account.updatedAt"
    (tool,) = (each for each in all_tools() if each.name == "list_prospects")
    assert field not in tool.input_schema["properties"]["filters"]["items"]["properties"]["field"]["enum"]
    async with workbench(people(2)) as bench:
        await bench.call("list_prospects", filters=[{"field": field, "criteria": "2026-01-01.."}])
        assert "filter[account][updatedAt]" in bench.requests[-1].url.params


async def test_a_value_with_a_comma_goes_out_in_the_new_syntax() -> None:
    async with workbench(people(1, title="VP, Sales")) as bench:
        answer = await bench.call("list_prospects", filters=[{"field": "title", "criteria": '"VP, Sales"'}])
        params = bench.requests[-1].url.params
    assert (params["newFilterSyntax"], params.get_list("filter[title][]")) == ("true", ['"VP, Sales"', "VP, Sales"])
    assert answer["returned"] == 1


async def test_the_same_filter_twice_is_refused() -> None:
    conditions = [{"field": "title", "criteria": "a"}, {"field": "title", "criteria": "b"}]
    async with workbench(people(0)) as bench:
        message = await bench.refused("list_prospects", filters=conditions)
        assert bench.sent() == []
    assert message.startswith("'title' is given twice: 'a' and 'b'. Give one filter per field, like 'a,b'")


async def test_a_filter_that_outreach_lacks_is_never_sent_even_where_it_would_be_ignored() -> None:
    rows = [*people(3), Record("prospect", 900, {"firstName": "Bob", "company": "Initech"})]
    async with workbench(rows, switches=Switches(unsupported_filter="ignore")) as bench:
        answer = await bench.call("list_prospects", filters=[{"field": "company", "criteria": "Initech"}])
        assert not any("company]" in key for request in bench.requests for key in request.url.params)
    assert [row[0] for row in answer["rows"]] == [900]
    assert (answer["scanned"], answer["scan_complete"]) == (4, True)


async def test_a_scan_stops_at_its_bound_and_goes_on_after_it() -> None:
    rows = [*people(1200), Record("prospect", 9000, {"firstName": "Bob", "company": "Initech"})]
    arguments: dict[str, Any] = {"filters": [{"field": "company", "criteria": "Initech"}]}
    async with workbench(rows) as bench:
        first = await bench.call("list_prospects", **arguments)
        second = await bench.call("list_prospects", **arguments, page_after=first["page_after"])
    assert (first["returned"], first["scanned"], first["scan_complete"], first["has_more"]) == (0, 1000, False, True)
    assert ([row[0] for row in second["rows"]], second["scanned"], second["scan_complete"]) == ([9000], 201, True)


async def test_a_page_after_of_another_list_is_refused() -> None:
    async with workbench(people(5)) as bench:
        answer = await bench.call("list_prospects", page_size=2)
        message = await bench.refused("list_prospects", page_size=2, sort="title", page_after=answer["page_after"])
    assert "belongs to a list with other filters or another sort" in message


def tasks(*due: str) -> list[Record]:
    """Return tasks that are due at these moments, numbered from 1."""
    return [*people(0), *(Record("task", n, {"dueAt": at, "action": "call"}) for n, at in enumerate(due, 1))]


async def test_due_today_is_the_day_in_the_configured_zone_and_shown_in_it() -> None:
    # 18 November in Berlin lasts from 23:00 to 23:00 UTC.
    rows = tasks("2026-11-17T22:59:59.999Z", "2026-11-17T23:00:00.000Z", "2026-11-18T22:59:59.999Z",
                 "2026-11-18T23:00:00.000Z")  # fmt: skip
    async with workbench(rows, time_zone="Europe/Berlin") as bench:
        answer = await bench.call(
            "list_tasks", filters=[{"field": "dueAt", "criteria": "today"}], sort="dueAt", fields=["dueAt"]
        )
    assert [row[0] for row in answer["rows"]] == [2, 3]


async def test_times_are_shown_with_the_offset_of_the_zone() -> None:
    async with workbench(tasks("2026-11-17T23:30:00.000Z"), time_zone="Europe/Berlin") as bench:
        listed = await bench.call("list_tasks")
        whole = await bench.call("get_task", task_id=1)
    row = dict(zip(listed["columns"], listed["rows"][0], strict=True))
    assert (row["dueAt"], whole["dueAt"]) == ("2026-11-18T00:30+01:00", "2026-11-18T00:30:00+01:00")


async def test_a_relative_date_is_reckoned_again_for_rows_that_outreach_should_not_have_sent() -> None:
    rows = [Record("call", n, {"completedAt": at}) for n, at in enumerate(
        ("2026-11-17T15:00:00.000Z", "2026-11-18T15:00:00.000Z"), 1
    )]  # fmt: skip
    async with workbench([*people(0), *rows]) as bench:
        answer = await bench.call(
            "list_calls", filters=[{"field": "completedAt", "criteria": "today"}], fields=["completedAt"]
        )
    assert ([row[0] for row in answer["rows"]], answer["scan_complete"]) == ([2], True)


async def test_a_list_with_relative_dates_goes_on_with_the_day_it_began_on() -> None:
    arguments: dict[str, Any] = {"filters": {"dueAt": "-12h.."}, "page_size": 2, "sort": "dueAt", "fields": ["dueAt"]}
    due = [f"2026-11-18T{hour:02}:00:00.000Z" for hour in range(4, 9)]
    async with workbench(tasks(*due)) as bench:
        first = await bench.call("list_tasks", **arguments)
    async with workbench(tasks(*due), now=NOW + timedelta(hours=9)) as bench:
        second = await bench.call("list_tasks", **arguments, page_after=first["page_after"])
    assert [row[0] for row in (*first["rows"], *second["rows"])] == [1, 2, 3, 4]


async def test_a_count_comes_with_the_list_in_one_request() -> None:
    async with workbench(people(30, title="CEO")) as bench:
        answer = await bench.call(
            "list_prospects", filters=[{"field": "title", "criteria": "CEO"}], page_size=1, count=True
        )
        assert len(bench.sent()) == 1
    assert (answer["count"], answer["returned"], answer["has_more"]) == (30, 1, True)


async def test_nothing_is_counted_unless_asked() -> None:
    async with workbench(people(3)) as bench:
        answer = await bench.call("list_prospects")
        assert "count" not in bench.requests[0].url.params
    assert "count" not in answer


async def test_what_is_filtered_here_is_counted_when_the_scan_is_complete() -> None:
    rows = [*people(250, region="EMEA"), Record("prospect", 900, {"region": "APAC"})]
    async with workbench(rows) as bench:
        answer = await bench.call("list_prospects", filters={"region": "EMEA"}, page_size=1, count=True)
        following = await bench.call("list_prospects", filters={"region": "EMEA"}, page_after=answer["page_after"])
    assert (answer["count"], answer["returned"], answer["scanned"], answer["scan_complete"]) == (250, 1, 251, True)
    assert following["rows"][0][0] == 101


async def test_a_count_that_the_scan_does_not_reach_is_null_and_says_what_is_known() -> None:
    async with workbench(people(1001, region="EMEA")) as bench:
        answer = await bench.call("list_prospects", filters={"region": "EMEA"}, page_size=1, count=True)
    assert answer["count"] is None
    assert answer["note"].endswith("Outreach cannot count by region: 1,000 of the 1,000 records looked at match")


async def test_a_page_after_of_other_criteria_applied_here_is_refused() -> None:
    async with workbench(people(5, region="EMEA", source="web")) as bench:
        answer = await bench.call("list_prospects", filters={"region": "EMEA"}, page_size=2)
        message = await bench.refused("list_prospects", filters={"region": "APAC"}, page_after=answer["page_after"])
    assert "belongs to a list with other filters" in message


async def test_many_related_records_are_a_count() -> None:
    steps = [Record("sequenceStep", n, {"order": n}, {"sequence": Identifier("sequence", 7)}) for n in range(1, 13)]
    many = Record(
        "sequence", 7, {"name": "Long"}, {"sequenceSteps": tuple(Identifier("sequenceStep", n) for n in range(1, 13))}
    )
    async with workbench([*people(0), many, *steps]) as bench:
        answer = await bench.call("list_sequences", fields=["sequenceSteps"])
    assert answer["rows"] == [[7, {"count": 12}]]
    assert answer["note"] == "sequenceSteps: more than 10 are a count; get the record with that field for all ids"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=st.lists(st.sampled_from(SAYINGS) | st.text(ASCII, max_size=40), max_size=60).map(" ".join),
    budget=st.integers(500, 1500),
    count=st.integers(1, 30),
)
async def test_no_list_exceeds_its_budget(text: str, budget: int, count: int) -> None:
    async with workbench(people(count, personalNote1=text, title=text[:60]), max_result_tokens=budget) as bench:
        failed, answer = await bench.outcome("list_prospects", {"fields": ["title", "personalNote1"]})
    assert not failed
    assert len(O200K.encode(answer)) <= budget


@pytest.mark.parametrize("tool", LISTS)
async def test_every_list_of_the_demo_organisation_answers_within_its_budget(tool: Tool) -> None:
    async with workbench() as bench:
        failed, text = await bench.outcome(tool.name, {})
    assert not failed, text
    assert len(O200K.encode(text)) <= 6000


@pytest.mark.parametrize("tool", LISTS)
async def test_every_list_of_the_demo_organisation_can_be_walked(tool: Tool) -> None:
    async with workbench() as bench:
        rows = await walk(bench, tool.name, page_size=200)
        assert len({row[0] for row in rows}) == len(rows)
        path = bench.sent()[0].removeprefix("GET ")
        total = await bench.call("raw_http_request", method="GET", path=path, query={"count": True, "page[size]": 1})
    assert len(rows) == total["body"]["meta"]["count"]


NEWEST_FIRST = ("prospects", "accounts", "opportunities", "sequences", "sequence_states", "mailings")


def dated(kind: str, *moments: str | None, name: str = "createdAt") -> list[Record]:
    """Return records of a type with these moments, numbered from 1."""
    return [Record(kind, n, {name: moment}) for n, moment in enumerate(moments, 1)]


@pytest.mark.parametrize("plural", NEWEST_FIRST)
async def test_a_list_of_what_is_recent_comes_newest_first_and_says_so(plural: str) -> None:
    (tool,) = (each for each in all_tools() if each.name == f"list_{plural}")
    old, new, newest = (f"2026-0{month}-01T00:00:00.000Z" for month in (1, 2, 3))
    async with workbench(dated(tool.resource, new, None, newest, old, newest)) as bench:
        rows = await walk(bench, tool.name, page_size=2, fields=["id"])
    assert [row[0] for row in rows] == [3, 5, 1, 4, 2]
    assert "ewest first" in tool.description


def test_what_the_connector_document_calls_recent_has_an_order_of_its_own(shared: Path) -> None:
    operations = json.loads((shared / "connector" / "operations.json").read_text())
    recent = {each["name"] for each in operations if each["section"] == "main" and "recent" in each["description"]}
    sorts = {tool.name: tool.sort for declared in RESOURCES for tool in declared.tools if isinstance(tool, ListTool)}
    assert recent == {"List prospects", "List tasks"}
    assert (sorts["list_prospects"], sorts["list_tasks"]) == ("-createdAt", "dueAt")


async def test_tasks_come_by_what_is_due_first() -> None:
    late, soon = "2026-11-10T09:00:00.000Z", "2026-11-19T09:00:00.000Z"
    async with workbench(dated("task", soon, late, soon, late, name="dueAt")) as bench:
        rows = await walk(bench, "list_tasks", page_size=1, fields=["id"])
    assert [row[0] for row in rows] == [2, 4, 1, 3]


async def test_another_order_than_the_usual_one_can_be_asked_for() -> None:
    async with workbench(dated("prospect", "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z")) as bench:
        rows = await walk(bench, "list_prospects", sort="createdAt", fields=["id"])
    assert [row[0] for row in rows] == [1, 2]


def surnames(*names: str | None) -> list[Record]:
    """Return people of these last names, numbered from 1."""
    return [Record("prospect", n, {"firstName": "Ann", "lastName": name}) for n, name in enumerate(names, 1)]


async def test_null_finds_those_without_a_value_and_those_who_are_called_so() -> None:
    async with workbench(surnames(None, "Null", "Smith", None, "null", None)) as bench:
        rows = await walk(bench, "list_prospects", filters={"lastName": "Null"}, page_size=2, fields=["id"])
        there = await bench.call("list_prospects", filters={"lastName": "not null"}, fields=["id"])
    assert [row[0] for row in rows] == [2, 5, 1, 4, 6]
    assert [row[0] for row in there["rows"]] == [2, 3, 5]


@pytest.mark.parametrize("size", [1, 2, 3, 9])
async def test_null_counts_those_without_a_value_and_those_who_are_called_so(size: int) -> None:
    async with workbench(surnames(None, "Null", "Smith", None, None)) as bench:
        answer = await bench.call("list_prospects", filters={"lastName": "null"}, page_size=size, count=True)
    assert (answer["count"], answer["returned"]) == (4, min(size, 4))


async def test_two_filters_by_null_find_every_mixture_of_both() -> None:
    people_of_two = [
        Record("prospect", n, {"lastName": last, "title": title})
        for n, (last, title) in enumerate(
            [(None, None), ("Null", None), (None, "null"), ("null", "null"), ("A", None)], 1
        )
    ]
    async with workbench(people_of_two) as bench:
        rows = await walk(
            bench, "list_prospects", filters={"lastName": "null", "title": "null"}, page_size=1, fields=["id"]
        )
    assert sorted(row[0] for row in rows) == [1, 2, 3, 4]


LONG = "A quarterly review of every account in the north-east with its renewal date, " + "and more " * 30


@pytest.mark.parametrize("field", ["title", "personalNote1"])
async def test_a_text_that_an_answer_cut_is_found_by_what_it_shows(field: str) -> None:
    async with workbench([*people(2), Record("prospect", 7, {field: LONG})]) as bench:
        shown = await bench.call("list_prospects", filters={"id": "7"}, fields=None)
        beginning = f"{LONG[:119].rstrip()}…"
        answer = await bench.call("list_prospects", filters={field: beginning}, fields=["id"])
    assert field != "title" or beginning in shown["rows"][0]
    assert ([row[0] for row in answer["rows"]], answer["scan_complete"]) == ([7], True)


async def test_a_text_with_what_is_not_seen_in_it_is_found_here_and_named_where_outreach_looks() -> None:
    async with workbench(
        [*people(0), Record("account", 7, {"name": "Acme\u200b Inc", "industry": "Wa\u200bter"})]
    ) as bench:
        here = await bench.call("list_accounts", filters={"industry": "Water"}, fields=["id"])
        there = await bench.call("list_accounts", filters={"name": "Acme Inc"}, fields=["id"])
    assert [row[0] for row in here["rows"]] == [7]
    assert there["note"] == "name is matched as a whole; nearest: 'Acme Inc' (7)"


async def test_short_text_is_shown_as_the_record_holds_it() -> None:
    async with workbench(surnames("  Two  blanks\n")) as bench:
        answer = await bench.call("list_prospects", fields=["lastName"])
        summary = await bench.call("list_sequences")
    assert answer["rows"] == [[1, "  Two  blanks\n"]]
    assert summary["returned"] == 0


@pytest.mark.parametrize("word", ["__null__", "a..b", "me", "[x]"])
async def test_an_agents_address_is_found_whatever_it_holds(word: str) -> None:
    entry = Record("auditLog", 3, {"eventName": "login", "agent": {"email": word, "ipAddress": word}})
    async with workbench([*people(0), entry, Record("auditLog", 4, {"agent": {"email": "x"}})]) as bench:
        for field in ("agentEmail", "agentIpAddress"):
            answer = await bench.call("list_audits", filters={field: word}, fields=["eventName"])
            assert [row[1] for row in answer["rows"]] == ["login"]


async def test_a_related_record_that_is_in_the_list_itself_is_shown_by_name() -> None:
    # JSON:API has no second copy of it among those that come along.
    chief = Record("user", 1, {"firstName": "Ada", "lastName": "Roe"}, {"updater": Identifier("user", 1)})
    other = Record("user", 2, {"firstName": "Bo", "lastName": "Roe"}, {"updater": Identifier("user", 1)})
    async with workbench([chief, other]) as bench:
        answer = await bench.call("list_users", fields=["updater", "updater.lastName"])
        assert answer["rows"] == [[1, "Ada Roe", 1, "Roe"], [2, "Ada Roe", 1, "Roe"]]
        one = await bench.call("get_user", user_id=1, fields=["updater"])
        assert one["updater"] == "Ada Roe"
        summary = await bench.call("summarize_records", resource="user", group_by=["updater.lastName"])
        assert summary["rows"] == [["Roe", 2]]
