"""One leniency at every entrance: arrays and objects may come as JSON text, and text that looks like it stays text."""

import json
from typing import Any

import pytest

from outreach_tools.catalog import resource_type
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import RESOURCES
from tests.support.workbench import workbench
from tests.tools.filling import (
    CONTAINERS,
    LISTS,
    TEXTS,
    TOOLS,
    WRITES,
    Path,
    containers,
    enough_for,
    is_text,
    least,
    places,
    put,
    refusing,
    requests_of,
    value_for,
    writable,
)

LOOKING_LIKE_JSON = ('["a"]', '{"a": 1}', "[1, 2]", '"x"', "[", "{", "null", "true", "5", "[1e400]", '{"data": null}')


def forms(value: Any) -> tuple[Any, ...]:
    """Return the ways in which clients write an array or an object as text."""
    return (json.dumps(value), f" {json.dumps(value, indent=1)}\n", json.dumps(json.dumps(value)))


_BESIDE: dict[str, dict[str, Any]] = {
    "query": {"path": "/prospects"},
    "body": {"method": "POST", "path": "/accounts"},
    "parameters": {"action": "enrol", "clear": []},
    "ids": {"all": False},
    "having": {"group_by": ["owner"]},
}
"""The other arguments that a call needs beside one that holds others."""

_OPERATIONS: dict[str, dict[str, Any]] = {
    "read_operation": {"operation": "get_prospect", "arguments": {"prospect_id": 402}},
    "change_operation": {
        "operation": "update_prospect",
        "arguments": {"prospect_id": 402, "attributes": {"title": "[1]"}},
    },
    "delete_operation": {"operation": "delete_prospect", "arguments": {"prospect_id": 402}},
}

_KEEPING_FILES = frozenset({"export_records"})
"""The tools that send nothing where the server keeps no files, as here: what they say has to be the same."""


def _container(tool: Tool, name: str) -> Any:
    """Return something good for an argument that holds others."""
    match name:
        case "query":
            return {"page[size]": "5", "filter[id][]": ["1", "2"]}
        case "body":
            return {"data": {"type": "account", "attributes": {"name": "[1]"}}}
        case "filters":
            uuids = bool(tool.resource) and resource_type(tool.resource).uuids
            return [{"field": "id", "criteria": "01234567-89ab-cdef-0123-456789abcdef" if uuids else "5,6"}]
        case "fields" if tool.name.startswith("report_"):
            return ["*"]
        case "fields":
            return ["id"]
        case "group_by":
            return ["owner"]
        case "measures":
            return ["count"]
        case "having":
            return ["count 10.."]
        case "ids":
            return [5, 6]
        case "add_tags" | "remove_tags":
            return ["vip", "[1]"]
        case "steps":
            return [{"kind": "call"}]
        case "columns":
            return {"First name": "firstName", "Email": "emails"}
        case "arguments":
            return _OPERATIONS[tool.name][name]
        case "parameters":
            return {"sequenceId": 7, "mailboxId": 8}
        case "attributes" if not tool.resource:
            return {"occupation": "[1]"}
        case "relationships" if not tool.resource:
            return {"owner": 18}
        case "clear" if not tool.resource:
            return ["title", "occupation"]
        case "clear":
            return [writable(tool)[-1].name]
        case _:
            members = tool.input_schema["properties"][name]["properties"]
            return least(tool).get(name) or {each: value_for(each, inner) for each, inner in members.items()}


def _beside(tool: Tool, name: str) -> dict[str, Any]:
    """Return the other arguments that a call needs beside one that holds others."""
    return {"operation": _OPERATIONS[tool.name]["operation"]} if name == "arguments" else _BESIDE.get(name, {})


async def test_every_argument_that_holds_others_may_come_as_json_text() -> None:
    differing: list[Any] = []
    number = 0
    async with refusing() as bench:
        for tool in TOOLS:
            for name in containers(tool):
                number += 1
                value = _container(tool, name)
                arguments = {**least(tool), name: value, **_beside(tool, name)}
                if name == "clear" and tool.resource:
                    del arguments["attributes"]  # which may set the very one that is cleared
                wanted, said = await requests_of(bench, tool, arguments)
                assert wanted or tool.name in _KEEPING_FILES, (tool.name, name, said)
                for form in forms(value):
                    sent, text = await requests_of(bench, tool, {**arguments, name: form})
                    if (sent, bool(sent) or text) != (wanted, bool(wanted) or said):
                        differing.append((tool.name, name, form, text))
    assert number > 100
    assert differing == []


async def test_what_is_no_json_is_refused_by_every_argument_that_takes_an_object() -> None:
    taken: list[Any] = []
    async with refusing() as bench:
        for tool in TOOLS:
            for name in {*containers(tool)} - {*TEXTS}:
                for form in ('{"a": 1', "[1, 2]", '"{"', "{'a': 1}", '{"a": NaN}', '{"a": "\\ud800"}', "[" * 5000, "5"):
                    failed, text = await bench.outcome(tool.name, {**least(tool), name: form})
                    if not failed or f"'{name}" not in text or "takes" not in text:
                        taken.append((tool.name, name, form, text))
        assert bench.sent() == []
    assert taken == []


async def test_every_attribute_that_is_an_array_or_an_object_may_come_as_json_text() -> None:
    differing: list[Any] = []
    number = 0
    async with refusing() as bench:
        for tool in WRITES:
            for attribute in writable(tool):
                if attribute.type not in ("array", "object"):
                    continue
                number += 1
                value: Any = {"a": ["b"]} if attribute.type == "object" else ["ann@acme.example", "bob@acme.example"]
                path: Path = ("attributes", attribute.name)
                wanted, text = await requests_of(bench, tool, put(enough_for(tool, path), path, value))
                assert wanted, (tool.name, path, text)
                for form in forms(value):
                    sent, text = await requests_of(bench, tool, put(enough_for(tool, path), path, form))
                    if sent != wanted:
                        differing.append((tool.name, path, form, text))
    assert number > 10
    assert differing == []


async def test_every_attribute_that_is_text_keeps_text_that_looks_like_json() -> None:
    differing: list[Any] = []
    number = 0
    async with refusing() as bench:
        for tool in WRITES:
            known = {name for declared in RESOURCES if declared.type == tool.resource for name in declared.values}
            for attribute in writable(tool):
                if not is_text(attribute) or attribute.name in known or attribute.name.startswith("custom"):
                    continue
                number += 1
                path: Path = ("attributes", attribute.name)
                for text in (*LOOKING_LIKE_JSON, "tomorrow", "+3d", "456.0"):
                    if attribute.max_length is not None and len(text) > attribute.max_length:
                        continue
                    sent, said = await requests_of(bench, tool, put(enough_for(tool, path), path, text))
                    if not sent or json.loads(sent[0][2])["data"]["attributes"][attribute.name] != text:
                        differing.append((tool.name, path, text, said))
    assert number > 50
    assert differing == []


async def test_every_relationship_may_come_as_json_text() -> None:
    differing: list[Any] = []
    number = 0
    async with refusing() as bench:
        for tool in WRITES:
            for relationship in resource_type(tool.resource).relationships.values():
                if relationship.read_only:
                    continue
                number += 1
                one = {"type": relationship.types[0], "id": 7}
                two = {"type": relationship.types[-1], "id": 8}
                path: Path = ("relationships", relationship.name)
                wanted, text = await requests_of(
                    bench, tool, put(enough_for(tool, path), path, [one, two] if relationship.many else one)
                )
                assert wanted, (tool.name, path, text)
                values: list[Any] = [[one, two], {"data": [one, two]}] if relationship.many else [one, {"data": one}]
                single = len(relationship.types) == 1
                values += [[7, 8], ["7", 8.0]] if relationship.many and single else []
                mixed: list[Any] = [form for value in values for form in forms(value)]
                if relationship.many:
                    mixed += [[json.dumps(one), json.dumps(two)], {"data": json.dumps([one, two])}]
                elif single:
                    mixed += ["7", 7.0, {"data": json.dumps(one)}]
                for form in mixed:
                    sent, text = await requests_of(bench, tool, put(enough_for(tool, path), path, form))
                    if sent != wanted:
                        differing.append((tool.name, path, form, text))
    assert number > 20
    assert differing == []


async def test_every_filter_takes_criteria_and_itself_as_json_text() -> None:
    differing: list[Any] = []
    number = 0
    async with refusing() as bench:
        for tool in LISTS:
            resource = resource_type(tool.resource)
            for name in filter_names(resource):
                attribute = resource.attributes.get(name)
                typed = attribute is not None and attribute.type in ("integer", "boolean")
                if not (typed or name == "id" or name.endswith(".id")):
                    continue
                number += 1
                values: list[Any] = [True] if attribute and attribute.type == "boolean" else [4, 5]
                if name == "id" and resource.uuids:
                    values = [f"{each}1234567-89ab-cdef-0123-456789abcdef" for each in "ab"]
                condition = {"field": name, "criteria": values}
                wanted, text = await requests_of(bench, tool, {"filters": [condition]})
                assert wanted, (tool.name, name, text)
                forms_of_filter: list[Any] = [[{"field": name, "criteria": form}] for form in forms(values)]
                forms_of_filter += [[form] for form in forms(condition)]
                forms_of_filter += [*forms(condition), *forms([condition]), *forms({name: values})]
                forms_of_filter += forms([{"field": name, "criteria": json.dumps(values)}])
                for form in forms_of_filter:
                    sent, text = await requests_of(bench, tool, {"filters": form})
                    if sent != wanted:
                        differing.append((tool.name, name, form, text))
    assert number > 100
    assert differing == []


@pytest.mark.parametrize("value", ['["CEO"]', '["CEO", "CTO"]', "[1]", '{"a": 1}', "[CEO", "CEO]"])
async def test_criteria_that_look_like_json_find_the_text_and_what_they_list(value: str) -> None:
    async with workbench() as bench:
        created = await bench.call("create_prospect", attributes={"firstName": "Ada", "title": value})
        plain = await bench.call("create_prospect", attributes={"firstName": "Bea", "title": "CEO"})
        for path in ("title", "company"):
            await bench.call("update_prospect", prospect_id=created["id"], attributes={"company": value})
            await bench.call("update_prospect", prospect_id=plain["id"], attributes={"company": "CEO"})
            answer = await bench.call("list_prospects", filters={path: value}, fields=["id"], page_size=1000)
            found = {row[0] for row in answer["rows"]}
            assert created["id"] in found
            assert (plain["id"] in found) is value.startswith('["CEO"')


async def test_criteria_in_quotes_are_a_literal_value_and_not_json_text() -> None:
    async with workbench() as bench:
        literal = await bench.call("create_prospect", attributes={"firstName": "Ada", "title": '["CEO"]'})
        await bench.call("create_prospect", attributes={"firstName": "Bea", "title": "CEO"})
        answer = await bench.call("list_prospects", filters={"title": '"[""CEO""]"'}, fields=["id"])
    assert answer["rows"] == [[literal["id"]]]


async def test_me_is_understood_in_criteria_that_come_as_json_text() -> None:
    async with workbench() as bench:
        await bench.call("list_prospects", filters={"owner.id": '["me", 2]'})
        assert bench.requests[-1].url.params["filter[owner][id]"] == "17,2"


async def test_a_sort_may_come_as_json_text() -> None:
    async with refusing() as bench:
        for sort in ("-createdAt", '{"sort_by": "createdAt", "sort_direction": "desc"}'):
            await bench.outcome("list_prospects", {"sort": sort})
        first, second = (each.url for each in bench.requests)
    assert first == second


def test_the_table_leaves_no_argument_out_that_holds_others() -> None:
    holding = {
        path[0]
        for tool in TOOLS
        for path, schema in places(tool.input_schema)
        if schema.get("type") in ("array", "object") or len(path) > 1
    }
    assert holding <= {*CONTAINERS}
