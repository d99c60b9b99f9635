"""Attributes that Outreach sends and its contract does not name: read by name, filtered by here, never asked for."""

import json
from typing import Any

import pytest

from outreach_sandbox.ids import shown_id
from outreach_sandbox.records import Identifier, Record
from outreach_tools.catalog import Attribute, ResourceType, resource_types
from outreach_tools.catalog.recorded import RECORDED
from outreach_tools.toolsets import all_tools
from tests.support.workbench import Workbench, workbench

ATTRIBUTES = [
    (resource, attribute)
    for resource in resource_types().values()
    for attribute in resource.attributes.values()
    if attribute.recorded
]
NAMES = [f"{resource.type}.{attribute.name}" for resource, attribute in ATTRIBUTES]
EVERY = pytest.mark.parametrize(("resource", "attribute"), ATTRIBUTES, ids=NAMES)


def tool_of(resource: ResourceType, beginning: str) -> str | None:
    """Return the tool that lists or gets records of a type, None where there is none."""
    found = [each.name for each in all_tools() if each.resource == resource.type and each.toolset != "options"]
    return next((name for name in found if name.startswith(beginning)), None)


def value_of(attribute: Attribute) -> Any:
    if attribute.format == "date-time":
        return "2026-03-01T09:30:00.000Z"
    return {"string": "RED", "integer": 22, "number": 0.5, "boolean": True, "array": [{"id": 1}]}[attribute.type]


def shown(attribute: Attribute) -> Any:
    """Return what an answer shows of it: times lose their milliseconds."""
    return "2026-03-01T09:30:00Z" if attribute.format == "date-time" else value_of(attribute)


def records(resource: ResourceType, attribute: Attribute) -> list[Record]:
    return [Record(resource.type, 7, {attribute.name: value_of(attribute)}), Record(resource.type, 8, {})]


def asked(bench: Workbench) -> list[str]:
    return [name for request in bench.requests for name in request.url.params if name.startswith("fields[")]


def test_every_one_has_its_source() -> None:
    assert len(ATTRIBUTES) >= 76
    assert all("://" in each.source or each.source.startswith("reported, no record") for each in RECORDED)


@pytest.mark.parametrize("beginning", ["list_", "get_"])
def test_the_types_without_tools_of_their_own_are_known(beginning: str) -> None:
    without = {resource.type for resource, _ in ATTRIBUTES if tool_of(resource, beginning) is None}
    assert without == set()


@EVERY
async def test_it_is_a_column_of_a_list(resource: ResourceType, attribute: Attribute) -> None:
    async with workbench([*records(resource, attribute), Record("user", 1, {})]) as bench:
        if (tool := tool_of(resource, "list_")) is None:
            answer = await bench.call("raw_http_request", method="GET", path=f"/{resource.path}/7")
            assert answer["body"]["data"]["attributes"][attribute.name] == value_of(attribute)
            return
        answer = await bench.call(tool, fields=[attribute.name], filters=[{"field": "id", "criteria": "7,8"}])
    assert answer["columns"] == ["id", attribute.name]
    assert answer["rows"][0][0] == shown_id(resource, 7)
    assert answer["rows"][0][1] == shown(attribute)
    assert f"fields[{resource.type}]" not in asked(bench)


@EVERY
async def test_it_is_read_from_a_record(resource: ResourceType, attribute: Attribute) -> None:
    if (tool := tool_of(resource, "get_")) is None:
        assert resource.type == "emailAddress"  # without tools of its own: the test above reads it
        return
    target = next(iter(next(each for each in all_tools() if each.name == tool).input_schema["required"]))
    async with workbench([*records(resource, attribute), Record("user", 1, {})]) as bench:
        answer = await bench.call(tool, fields=[attribute.name], **{target: 7})
    assert answer == {"id": 7, attribute.name: shown(attribute)}
    assert f"fields[{resource.type}]" not in asked(bench)


@EVERY
async def test_a_list_is_filtered_by_it_here(resource: ResourceType, attribute: Attribute) -> None:
    tool = tool_of(resource, "list_")
    if tool is None or attribute.type == "array":
        return
    criteria = {"boolean": "true", "integer": "20..25", "number": "0.1..1"}.get(attribute.type, "red")
    given = {"field": attribute.name, "criteria": "2026-03-01" if attribute.format else criteria}
    async with workbench([*records(resource, attribute), Record("user", 1, {})]) as bench:
        answer = await bench.call(tool, filters=[given])
    assert [row[0] for row in answer["rows"]] == [7]
    assert answer["scan_complete"] is True
    assert not [name for request in bench.requests for name in request.url.params if name.startswith("filter[")]


async def test_it_is_shown_of_a_related_record_as_well() -> None:
    deal = Record("opportunity", 5, {"healthScore": 22})
    mailing = Record("mailing", 7, {}, {"opportunity": Identifier("opportunity", 5)})
    async with workbench([deal, mailing]) as bench:
        answer = await bench.call("list_mailings", fields=["opportunity.healthScore"])
    assert (answer["columns"], answer["rows"]) == (["id", "opportunity.healthScore"], [[7, 22]])
    assert asked(bench) == ["fields[mailing]"]


async def test_it_cannot_be_written() -> None:
    async with workbench([Record("opportunity", 5, {})]) as bench:
        message = await bench.refused("update_opportunity", opportunity_id=5, attributes={"healthScore": 9})
    assert message == "'healthScore' of opportunity is read-only"


async def test_a_list_is_not_sorted_by_it() -> None:
    async with workbench([Record("opportunity", 5, {})]) as bench:
        assert "Outreach sorts opportunities by" in await bench.refused("list_opportunities", sort="-healthScore")


async def test_a_name_that_nobody_recorded_is_refused_with_the_nearest_and_the_way_to_see_it() -> None:
    async with workbench([Record("opportunity", 5, {})]) as bench:
        message = await bench.refused("get_opportunity", opportunity_id=5, fields=["healtScore"])
    assert message == "opportunity has no field 'healtScore', did you mean 'healthScore'? describe_fields lists them"


async def test_what_comes_only_by_name_is_asked_for_apart() -> None:
    async with workbench([Record("prospect", 5, {})]) as bench:
        message = await bench.refused("get_prospect", prospect_id=5, fields=["companySize", "contactHistogram"])
        assert bench.requests == []
    assert message == (
        "'contactHistogram' comes only when it is asked for by name, and with it companySize does not: ask for them "
        "apart"
    )


def test_no_definition_spends_tokens_on_them() -> None:
    mentioned = [
        (tool.name, attribute.name)
        for tool in all_tools()
        for resource, attribute in ATTRIBUTES
        if tool.resource == resource.type and attribute.name in json.dumps(tool.input_schema)
    ]
    assert mentioned == []
