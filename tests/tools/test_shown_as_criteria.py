"""A shown value, given as a criterion on its column, finds its record, or is refused with the filter that does."""

import json
import re
from typing import Any

import pytest

from outreach_tools.catalog import resource_type
from outreach_tools.engine.declaration import ListTool, Resource
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.engine.rates import RATES
from outreach_tools.json_values import is_array
from outreach_tools.toolsets import RESOURCES
from tests.support.workbench import Workbench, workbench

LISTS = [
    pytest.param(declared, tool.name, id=tool.name)
    for declared in RESOURCES
    for tool in declared.tools
    if isinstance(tool, ListTool)
]


async def found(bench: Workbench, tool: str, field: str, value: Any, record: Any) -> str:
    """Return nothing where a criterion finds a record, what was said where it is refused, else that it did not."""
    asked = {"filters": [{field: value}], "fields": ["id"], "page_size": 1000}
    failed, text = await bench.outcome(tool, asked)
    if failed:
        return text
    answer = json.loads(text)
    ids = [row[0] for row in answer["rows"]]
    while answer["has_more"]:
        answer = await bench.call(tool, **asked, page_after=answer["page_after"])
        ids += [row[0] for row in answer["rows"]]
    return "" if record in ids else "not found"


@pytest.mark.parametrize(("declared", "tool"), LISTS)
async def test_what_a_column_shows_is_a_criterion_or_is_refused_with_one(declared: Resource, tool: str) -> None:
    names, wrong = filter_names(resource_type(declared.type)), list[Any]()
    async with workbench(max_result_tokens=60_000) as bench:
        page = await bench.call(tool, page_size=50)
        for index, column in enumerate(page["columns"]):
            rows = [row for row in page["rows"] if row[index] not in (None, "", [], {})]
            value = rows[0][index] if rows else None
            if value is None or isinstance(value, dict) or column == "id":
                continue
            criterion = value[0] if is_array(value) else value
            said = await found(bench, tool, column, criterion, rows[0][0])
            if not said:
                continue
            if rate := RATES.get(declared.type, {}).get(column):
                assert {rate.part, rate.whole} <= {*names, *resource_type(declared.type).attributes}
                assert said == f"{column!r} is shown only, computed here; filter by {rate.part}, {rate.whole}"
                continue
            instead = [name for name in re.findall(r"\w+\.\w+", said) if name in names]
            by_name = [f"{column}.{label}" for label in ("name", "email", "emails") if f"{column}.{label}" in names]
            if column.endswith("_type"):
                assert instead
                assert all(name.endswith(".id") for name in instead)
                continue
            # A name that several have is refused with those.
            several = re.search(r" is \d+ \w+: .* Give the id\.", said)
            if not several and f"takes an integer, not {criterion!r}"[:60] not in said and len(str(criterion)) < 80:
                wrong.append((column, criterion, said))
            if not several and not set(by_name) <= set(instead):
                wrong.append((column, criterion, said))
            if f"{column}.name" in by_name and await found(bench, tool, by_name[0], criterion, rows[0][0]):
                wrong.append((by_name[0], criterion))
    assert wrong == []


async def test_a_type_where_an_id_goes_is_refused_with_how_to_filter_by_it() -> None:
    async with workbench() as bench:
        message = await bench.refused("list_tasks", filters={"subject_type": "prospect"})
        assert bench.sent() == []
    assert message == "'subject_type' is shown only; filter by account.id, opportunity.id, prospect.id"


async def test_a_number_that_is_no_id_is_refused_with_the_filter_by_name() -> None:
    async with workbench() as bench:
        message = await bench.refused("list_prospects", filters={"account": "4.5"})
        assert bench.sent() == []
    assert message == (
        "the filter on 'account': 'id' takes an integer, not '4.5': list_accounts finds it; or filter by account.name"
    )


async def test_a_recorded_copy_of_a_related_name_leads_to_the_filter_by_that_name() -> None:
    async with workbench() as bench:
        answer = await bench.call("list_prospects", filters={"account_name": "Acme Inc"})
    assert answer["note"] == (
        "Outreach cannot filter by accountName: the rows were filtered here; close to it is the filter account.name. "
        "no prospect has a value in account_name"
    )


@pytest.mark.parametrize("form", [{"title": "VP Operations"}, [{"title": "VP Operations"}],
                                  '[{"title": "VP Operations"}]', ['{"title": "VP Operations"}'],
                                  [{"field": "title", "criteria": "VP Operations"}]])  # fmt: skip
async def test_a_filter_may_be_named_by_its_field_alone_and_among_others(form: Any) -> None:
    async with workbench() as bench:
        answer = await bench.call("list_prospects", filters=form, fields=["title"])
    assert {row[1] for row in answer["rows"]} == {"VP Operations"}
