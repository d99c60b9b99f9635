"""`null` and `not null` among other values find the records without a value as well, whatever the field's type."""

import json
from typing import Any

import pytest

from outreach_sandbox.records import Record
from outreach_tools.catalog import resource_type
from outreach_tools.engine.declaration import ListTool, Resource
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.json_values import is_array
from outreach_tools.toolsets import RESOURCES
from tests.support.counts import few_or_many
from tests.support.workbench import Workbench, workbench

LISTS = [
    pytest.param(declared, tool.name, id=tool.name)
    for declared in RESOURCES
    for tool in declared.tools
    if isinstance(tool, ListTool)
]


async def found(bench: Workbench, tool: str, field: str, criteria: Any) -> set[Any] | None:
    """Return the ids that a criterion finds, None where it is refused; no record comes twice."""
    asked = {"filters": [{"field": field, "criteria": criteria}], "fields": ["id"], "page_size": 1000}
    failed, text = await bench.outcome(tool, asked)
    if failed:
        return None
    answer = json.loads(text)
    ids = [row[0] for row in answer["rows"]]
    while answer["has_more"]:  # what is looked for here is read in pieces
        answer = await bench.call(tool, **asked, page_after=answer["page_after"])
        ids += [row[0] for row in answer["rows"]]
    assert len(ids) == len(set(ids))
    return set(ids)


async def some_value(bench: Workbench, tool: str, field: str) -> str | None:
    """Return a value that some record shows in a field, as the text of a criterion."""
    shown = f"{field.removesuffix('.id')}_id" if field.endswith(".id") else field
    failed, _ = await bench.outcome(tool, {"fields": [shown], "page_size": 1})
    if failed:
        return None
    page = await bench.call(tool, fields=[shown], page_size=200)
    if len(page["columns"]) < 2:
        return None
    values = (row[1][0] if is_array(row[1]) and row[1] else row[1] for row in page["rows"])
    value = next((each for each in values if isinstance(each, str | int | float) and each != ""), None)
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(("declared", "tool"), LISTS)
async def test_null_among_values_finds_what_both_find(declared: Resource, tool: str) -> None:
    resource, differing = resource_type(declared.type), list[Any]()
    local = ["custom1", "company", "note"]
    async with workbench(max_result_tokens=60_000) as bench:
        fields = [*filter_names(resource), *(each for each in local if each in resource.attributes)]
        for field in fields[:: few_or_many(2, 1)]:
            if field == "q" or (value := await some_value(bench, tool, field)) is None:
                continue
            quoted = f'"{value}"'
            missing, there = await found(bench, tool, field, "null"), await found(bench, tool, field, "not null")
            holding = await found(bench, tool, field, quoted)
            assert holding
            for given, expected in (
                (f"null, {quoted}", None if missing is None else missing | holding),
                (f"{quoted},NULL", None if missing is None else missing | holding),
                (f"not null, {quoted}", there),
                ("null,null", missing),
            ):
                if (answered := await found(bench, tool, field, given)) != expected:
                    differing.append((field, given, len(answered or ()), len(expected or ())))
    assert differing == []


def people() -> list[Record]:
    """Return prospects with a title, without one, and one whose title is the word itself."""
    titles = ("CEO", None, "null", "VP", None)
    return [
        Record("prospect", number, {"title": title, "lastName": f"No{number}", "engagedScore": score})
        for number, (title, score) in enumerate(zip(titles, (1, None, 0, 1000, 5), strict=True), 1)
    ]


async def test_null_among_values_says_where_its_records_come_and_counts_them() -> None:
    asked: dict[str, Any] = {"filters": {"title": "null, CEO"}, "sort": "-engagedScore"}
    async with workbench(people()) as bench:
        answer = await bench.call("list_prospects", **asked, fields=["title"], count=True)
        pages = [await bench.call("list_prospects", **asked, page_size=2)]
        while pages[-1]["has_more"]:
            pages.append(await bench.call("list_prospects", **asked, page_size=2, page_after=pages[-1]["page_after"]))
    assert answer["rows"] == [[1, "CEO"], [3, "null"], [5, None], [2, None]]
    assert (answer["count"], answer["note"]) == (4, "those without title come after the others")
    assert [row[0] for page in pages for row in page["rows"]] == [1, 3, 5, 2]


async def test_text_that_is_the_word_null_is_named_where_it_comes_first() -> None:
    async with workbench(people()) as bench:
        answer = await bench.call("list_prospects", filters={"title": "null"}, fields=["id"], sort="engagedScore")
        other = await bench.call("list_prospects", filters={"engagedScore": "null"}, fields=["id"])
    assert [row[0] for row in answer["rows"]] == [3, 2, 5]
    assert answer["note"] == "first those whose title is the text 'null'"
    assert "note" not in other


@pytest.mark.parametrize(
    ("filters", "note"),
    [
        ({"title": "not null, CEO"}, "'not null' among others is every record with title"),
        ({"title": "not CEO, VP"}, "'not CEO' was taken as text: only 'not null' negates"),
        ({"title": "!CEO, VP"}, "'!CEO' was taken as text: only 'not null' negates"),
    ],
)
async def test_how_a_list_with_a_negation_was_read_is_told(filters: dict[str, str], note: str) -> None:
    async with workbench(people()) as bench:
        answer = await bench.call("list_prospects", filters=filters, fields=["id"])
    assert answer["returned"]
    assert answer["note"] == note


@pytest.mark.parametrize("given", ["not CEO", "NOT  ceo", "!CEO", "!=CEO", "! CEO", "<>CEO", "-CEO"])
async def test_a_negation_that_finds_nothing_says_that_there_is_none(given: str) -> None:
    async with workbench(people()) as bench:
        text = await bench.call("list_prospects", filters={"title": given}, fields=["id"])
        known = await bench.call("list_tasks", filters={"state": given}, fields=["id"])
        number = await bench.refused("list_prospects", filters={"engagedScore": given})
        day = await bench.refused("list_prospects", filters={"createdAt": given})
    for said in (text["note"], known["note"], number, day):
        assert "only 'not null' negates" in said


@pytest.mark.parametrize("given", [">5", ">= 5", "<5", "<=5"])
async def test_a_bound_in_signs_is_refused_with_how_it_is_written(given: str) -> None:
    async with workbench(people()) as bench:
        message = await bench.refused("list_prospects", filters={"engagedScore": given})
    assert message.endswith("; bounds are ranges, like '5..' or '..5'")


async def test_null_beside_values_in_many_filters_is_refused_where_each_would_double_the_requests() -> None:
    given = {"title": "null, a", "engagedScore": "null, 5", "lastName": "null, No1"}
    async with workbench(people()) as bench:
        message = await bench.refused("list_prospects", filters=given)
        assert bench.sent() == []
    assert message == (
        "title, engagedScore, lastName: 'null' beside other values is taken in 2 filters at most; give it alone, in a "
        "call of its own"
    )


async def test_me_stands_beside_null() -> None:
    async with workbench() as bench:
        mine = await bench.call("list_prospects", filters={"owner.id": "me"}, fields=["id"], page_size=1000)
        nobody = await bench.call("list_prospects", filters={"owner.id": "null"}, fields=["id"], page_size=1000)
        either = await bench.call("list_prospects", filters={"owner.id": "me, null"}, fields=["id"], page_size=1000)
    assert either["returned"] == mine["returned"] + nobody["returned"]
