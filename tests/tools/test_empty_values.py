"""There are many ways to give nothing, in every argument of every tool, and none empties anything: `clear` does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from outreach_tools.catalog import resource_type
from outreach_tools.engine.tool import Tool
from outreach_tools.json_values import is_array, is_object
from tests.support.workbench import Workbench, workbench
from tests.tools.filling import (
    EMPTY,
    EMPTY_TEXTS,
    LISTS,
    TOOLS,
    UPDATES,
    WRITES,
    Path,
    action_of,
    actions,
    containers,
    enough_for,
    least,
    of_action,
    places,
    put,
    refusing,
    requests_of,
    value_for,
    writable,
)

Arguments = dict[str, Any]


def branches(arguments: Arguments, path: Path = ()) -> set[Path]:
    """Return every place in some arguments that holds something, and all that leads there."""
    found = {path} if path else set[Path]()
    for name, value in arguments.items():
        if is_array(value) and value and is_object(value[0]):
            found |= {(*path, name)} | branches(value[0], (*path, name, 0))
        else:
            found |= branches(value, (*path, name)) if is_object(value) else {(*path, name)}
    return found


def with_all_else(arguments: Arguments, schema: dict[str, Any], empty: Any) -> Arguments:
    """Return arguments in which every place that the schema has and they lack holds something empty."""
    filled, real = arguments, branches(arguments)
    for path, _ in places(schema):
        if path not in real and not (path[0] in ("filters", "action") and len(path) > 1):
            filled = put(filled, path, empty)
    return filled


def needed(arguments: Arguments, schema: dict[str, Any], path: Path = ()) -> list[Path]:
    """Return the places that a schema requires, at any depth, and that the arguments fill."""
    found: list[Path] = []
    for name in schema.get("required", []):
        inner = schema["properties"][name]
        found.append((*path, name))
        if isinstance(arguments.get(name), dict):
            found += needed(arguments[name], inner, (*path, name))
    return found


def without(arguments: Arguments, path: Path) -> Arguments:
    """Return arguments that lack what stands at a place."""
    first, *rest = path
    if not rest:
        return {name: value for name, value in arguments.items() if name != first}
    return {name: without(value, tuple(rest)) if name == first else value for name, value in arguments.items()}


async def test_every_optional_argument_may_be_empty_in_every_tool_and_just_what_is_real_is_sent() -> None:
    differing: list[Any] = []
    async with refusing() as bench:
        for tool in TOOLS:
            for arguments in [of_action(tool, name) for name in actions(tool)] or [least(tool)]:
                wanted, answer = await requests_of(bench, tool, arguments)
                for empty in EMPTY:
                    filled = with_all_else(arguments, tool.input_schema, empty)
                    sent, text = await requests_of(bench, tool, filled)
                    if (sent, bool(sent) or text) != (wanted, bool(wanted) or answer):
                        differing.append((tool.name, filled, text))
    assert differing == []


async def test_every_argument_of_its_own_may_be_empty() -> None:
    differing: list[Any] = []
    async with refusing() as bench:
        for tool in TOOLS:
            wanted, _ = await requests_of(bench, tool, least(tool))
            for name in {*tool.input_schema["properties"]} - {*least(tool)}:
                for empty in EMPTY:
                    if name == "filters" and isinstance(empty, dict) and empty:
                        continue  # filters by a field named like that
                    sent, text = await requests_of(bench, tool, {**least(tool), name: empty})
                    if sent != wanted:
                        differing.append((tool.name, name, empty, text))
    assert differing == []


async def test_every_argument_that_holds_others_may_come_as_json_text_of_nothing() -> None:
    differing: list[Any] = []
    async with refusing() as bench:
        for tool in TOOLS:
            wanted, said = await requests_of(bench, tool, least(tool))
            names = ({*containers(tool)} | ({"sort"} & {*tool.input_schema["properties"]})) - {*least(tool)}
            for empty in EMPTY_TEXTS if names else ():
                # An object of names is a filter, or a sort, by a field named like that.
                named = empty.startswith("{") and len(empty) > 2
                given = {name: empty for name in names if not (named and name in ("filters", "sort"))}
                sent, text = await requests_of(bench, tool, {**least(tool), **given})
                if (sent, bool(sent) or text) != (wanted, bool(wanted) or said):
                    differing.append((tool.name, given, text))
    assert differing == []


def _holding(tool: Tool) -> list[tuple[str, str]]:
    """Return what a tool may write that is an array, an object or related records, each with where it belongs."""
    related = [each for each in resource_type(tool.resource).relationships.values() if not each.read_only]
    found = [("attributes", each.name) for each in writable(tool) if each.type in ("array", "object")]
    return found + [("relationships", each.name) for each in related]


def _ways(real: Arguments, names: list[tuple[str, str]], empty: Any) -> Iterator[Arguments]:
    """Yield the ways in which all these are given empty: flat, in their place, and in the JSON text of that."""
    yield {**real, **{name: empty for _, name in names}}
    filled = real
    for path in names:
        filled = put(filled, path, empty)
    yield filled
    members = {member: filled[member] for member, _ in names}
    yield {**filled, **{member: json.dumps(members[member]) for member in members}}
    yield {**filled, **{member: json.dumps(json.dumps(members[member])) for member in members}}


async def test_whatever_holds_others_may_come_empty_in_every_spelling_and_is_never_emptied_by_it() -> None:
    differing: list[Any] = []
    number = 0
    async with refusing() as bench:
        for tool in [tool for tool in WRITES if "attributes" in tool.input_schema["properties"]]:
            real = least(tool)
            wanted, said = await requests_of(bench, tool, real)
            names = [(member, name) for member, name in _holding(tool) if name not in real.get(member, {})]
            number += len(names)
            for empty in EMPTY_TEXTS:
                for way in _ways(real, names, empty):
                    sent, text = await requests_of(bench, tool, way)
                    if (sent, bool(sent) or text) != (wanted, bool(wanted) or said):
                        differing.append((tool.name, way, text))
            for name in [name for member, name in names if member == "relationships"]:
                for link in (["[]"], {"data": "[]"}, {"data": ['{"id": null}']}):
                    sent, text = await requests_of(bench, tool, {**real, name: link})
                    if (sent, bool(sent) or text) != (wanted, bool(wanted) or said):
                        differing.append((tool.name, name, link, text))
    assert number > 80
    assert differing == []


async def test_an_update_of_what_came_as_json_text_of_nothing_names_it_and_changes_nothing() -> None:
    differing: list[Any] = []
    async with workbench() as bench:
        for tool in UPDATES:
            target = next(iter(tool.input_schema["required"]))
            number = await _id_of_some(bench, tool.resource)
            before = await _record(bench, tool, target, number)
            for member, name in _holding(tool):
                for way in _ways({target: number}, [(member, name)], "[]"):
                    sent = len(bench.sent())
                    message = await bench.refused(tool.name, **way)
                    if f"nothing to change: {name} came empty" not in message or len(bench.sent()) != sent:
                        differing.append((tool.name, way, message))
            assert await _record(bench, tool, target, number) == before
    assert differing == []


@pytest.mark.parametrize("empty", EMPTY_TEXTS)
async def test_json_text_of_nothing_is_named_as_not_changed_and_not_set(empty: str) -> None:
    async with workbench() as bench:
        before = await bench.call("get_prospect", prospect_id=402)
        flat = {"emails": empty, "assignedUsers": empty}
        attributes, relationships = {"title": "Q", "emails": empty}, {"assignedUsers": empty}
        for way in (
            {**flat, "title": "Q"},
            {"attributes": attributes, "relationships": relationships},
            {"attributes": json.dumps(attributes), "relationships": json.dumps(relationships)},
        ):
            answer = await bench.call("update_prospect", prospect_id=402, **way)
            assert answer["not_changed"] == ["emails", "assignedUsers"]
        after = await bench.call("get_prospect", prospect_id=402)
        for name in ("emails", "assignedUsers_ids", "assignedUsers"):
            assert before.get(name) == after.get(name)
        new = await bench.call("create_prospect", firstName="Ada", tags=empty, owner=empty)
    assert new["not_set"] == ["tags", "owner"]


async def test_flat_arguments_stand_beside_members_that_hold_nothing_in_any_spelling() -> None:
    differing: list[Any] = []
    async with refusing() as bench:
        for tool, member, flat in (
            ("update_prospect", "attributes", {"prospect_id": 402, "title": "Q"}),
            ("update_prospect", "relationships", {"prospect_id": 402, "owner": 18}),
            ("set_task_action", "parameters", {"task_id": 5, "action": "snooze", "dueAt": "2026-12-01T09:00:00Z"}),
        ):
            named = next(each for each in TOOLS if each.name == tool)
            wanted, text = await requests_of(bench, named, flat)
            assert wanted, text
            for empty in (*EMPTY, *EMPTY_TEXTS):
                if member == "relationships" and empty in ('{"data": null}', '{"data": []}'):
                    continue
                sent, text = await requests_of(bench, named, {**flat, member: empty})
                if sent != wanted:
                    differing.append((tool, member, empty, text))
    assert differing == []


@pytest.mark.parametrize("body", [{"data": None}, {"data": []}, {"data": {"attributes": {"a": ""}}}])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_raw_body_goes_out_even_where_it_holds_nothing(method: str, body: Arguments) -> None:
    wanted = json.dumps(body, separators=(",", ":")).encode()
    async with refusing() as bench:
        for form in (body, json.dumps(body), json.dumps(json.dumps(body))):
            path = "/prospects" if method == "POST" else "/prospects/404"
            await bench.outcome("raw_http_request", {"method": method, "path": path, "body": form})
            assert bench.requests[-1].content == wanted


async def test_what_is_required_and_empty_is_refused_as_if_it_were_missing() -> None:
    differing: list[Any] = []
    number = 0
    async with refusing() as bench:
        for tool in TOOLS:
            for path in needed(least(tool), tool.input_schema):
                missing, said = await bench.outcome(tool.name, without(least(tool), path))
                number += 1
                for empty in EMPTY:
                    failed, text = await bench.outcome(tool.name, put(least(tool), path, empty))
                    if (failed, text) != (missing, said) or not failed:
                        differing.append((tool.name, path, empty, text, said))
        assert bench.asked() == []
    assert number > 80
    assert differing == []


async def test_what_an_action_requires_and_is_empty_is_refused_as_if_it_were_missing() -> None:
    number = 0
    async with refusing() as bench:
        for tool in TOOLS:
            for action in actions(tool):
                for name in action_of(tool, action).required:
                    arguments = of_action(tool, action)
                    number += 1
                    for empty in EMPTY:
                        message = await bench.refused(tool.name, **{**arguments, name: empty})
                        assert f"{action!r} needs {name!r}" in message
        assert bench.sent() == []
    assert number > 3


async def test_every_attribute_may_be_empty_and_no_empty_one_is_sent() -> None:
    differing: list[Any] = []
    async with refusing() as bench:
        for tool in WRITES:
            real = enough_for(tool, ("attributes", "x"))
            wanted, _ = await requests_of(bench, tool, real)
            for empty in EMPTY:
                attributes = {each.name: empty for each in writable(tool)} | real.get("attributes", {})
                sent, text = await requests_of(bench, tool, {**real, "attributes": attributes})
                if sent != wanted:
                    differing.append((tool.name, empty, text))
    assert differing == []


async def _record(bench: Workbench, tool: Tool, target: str, number: int) -> Arguments:
    """Return the record that an update is of: by the tool that gets it, or as the list shows it where none does."""
    get = tool.name.replace("update_", "get_")
    if any(each.name == get for each in TOOLS):
        record: Arguments = await bench.call(get, **{target: number})
        return record
    lister = next(each.name for each in LISTS if each.resource == tool.resource)
    attributes = resource_type(tool.resource).attributes.values()
    fields = [each.name for each in attributes if not each.write_only]
    listed = await bench.call(lister, filters={"id": number}, fields=fields)
    return dict(zip(listed["columns"], listed["rows"][0], strict=True))


async def _id_of_some(bench: Workbench, kind: str) -> int:
    lister = next(tool.name for tool in LISTS if tool.resource == kind)
    number: int = (await bench.call(lister, page_size=1))["rows"][0][0]
    return number


async def test_an_update_names_what_came_empty_and_changes_nothing_but_what_is_real() -> None:
    async with workbench() as bench:
        for tool in UPDATES:
            target = next(iter(tool.input_schema["required"]))
            number = await _id_of_some(bench, tool.resource)
            properties = tool.input_schema["properties"]
            names = [
                *properties["attributes"]["properties"],
                *properties.get("relationships", {}).get("properties", {}),
            ]
            name, schema = next(
                (name, schema) for name, schema in properties["attributes"]["properties"].items() if schema.get("type")
            )
            real = value_for(name, schema)
            before = await _record(bench, tool, target, number)
            arguments = with_all_else({target: number, "attributes": {name: real}}, tool.input_schema, "")
            answer = await bench.call(tool.name, **arguments)
            after = await _record(bench, tool, target, number)
            assert sorted(answer["not_changed"]) == sorted({*names} - {name}), tool.name
            moved = {each for each in {*before, *after} if before.get(each) != after.get(each)}
            assert moved <= {name, "name", "updatedAt", "updater", "updater_id", "trashedAt"}, tool.name
            assert after[name] == real


async def test_a_create_names_what_came_empty() -> None:
    async with workbench() as bench:
        answer = await bench.call(
            "create_prospect", attributes={"firstName": "Ada", "title": "", "tags": []}, relationships={"owner": None}
        )
    assert answer["not_set"] == ["title", "tags", "owner"]


async def test_an_update_in_which_all_is_empty_is_refused_with_what_empties() -> None:
    async with workbench() as bench:
        message = await bench.refused(
            "update_prospect",
            prospect_id=456,
            attributes={"emails": [], "firstName": ""},
            relationships={"owner": None},
        )
        assert bench.sent() == []
    assert message == "nothing to change: emails, firstName, owner came empty, which means not given; 'clear' empties"


async def test_clear_empties_what_also_came_empty() -> None:
    async with workbench() as bench:
        answer = await bench.call(
            "update_prospect", prospect_id=456, attributes={"title": "", "firstName": None}, clear=["title", ""]
        )
        prospect = await bench.call("get_prospect", prospect_id=456)
    assert answer["not_changed"] == ["firstName"]
    assert "title" not in prospect


async def test_empty_items_among_others_are_left_out() -> None:
    async with workbench() as bench:
        await bench.call(
            "update_prospect",
            prospect_id=456,
            attributes={"emails": ["ann@acme.example", "", None], "tags": [" ", "vip"]},
        )
        prospect = await bench.call("get_prospect", prospect_id=456)
    assert (prospect["emails"], prospect["tags"]) == (["ann@acme.example"], ["vip"])


@pytest.mark.parametrize("value", [False, 0])
async def test_false_and_0_are_values(value: Any) -> None:
    name = "isClosed" if value is False else "order"
    async with refusing() as bench:
        await bench.outcome("update_opportunity_stage", {"opportunity_stage_id": 7, "attributes": {name: value}})
        assert bench.requests[-1].content.endswith(f'"attributes":{{"{name}":{str(value).lower()}}}}}}}'.encode())


@pytest.mark.parametrize("filters", [
    [{}], [None], [{"field": "", "criteria": ""}], [{"field": None, "criteria": []}], {"field": "", "criteria": None},
    "[]", "[{}]", " ",
])  # fmt: skip
async def test_a_filter_that_holds_nothing_is_none(filters: Any) -> None:
    async with refusing() as bench:
        await bench.outcome("list_prospects", {})
        await bench.outcome("list_prospects", {"filters": filters})
        first, second = (each.url for each in bench.requests)
    assert first == second


@pytest.mark.parametrize("empty", EMPTY)
async def test_a_filter_without_criteria_is_refused_and_never_a_list_of_all(empty: Any) -> None:
    async with refusing() as bench:
        for filters in ([{"field": "title", "criteria": empty}], {"title": empty}, [{"field": "title"}]):
            message = await bench.refused("list_prospects", filters=filters)
            assert message == "'filters.0.criteria' is required: give the text 'null' to find records without a value"
        assert bench.sent() == []


async def test_empty_parameters_of_a_raw_query_are_not_sent_and_named() -> None:
    query = {"filter[title]": "", "page[size]": 2, "sort": None, "count": [], "filter[id]": ["5", ""]}
    async with workbench() as bench:
        answer = await bench.call("raw_http_request", method="GET", path="/prospects", query=query)
        assert bench.requests[-1].url.params.multi_items() == [("page[size]", "2"), ("filter[id]", "5")]
    assert answer["note"] == "not sent, as it was empty: filter[title], sort, count"


async def test_a_flat_argument_before_attributes_is_not_lost() -> None:
    async with workbench() as bench:
        await bench.call("update_prospect", prospect_id=456, title="CEO", attributes={"occupation": "Sales"})
        await bench.call("update_prospect", prospect_id=456, first_name="", attributes={"firstName": "Ada"})
        prospect = await bench.call("get_prospect", prospect_id=456)
    assert [prospect[name] for name in ("title", "occupation", "firstName")] == ["CEO", "Sales", "Ada"]
