"""Wrong input, for every tool: a failed result that says what to do; nothing sent that should not be, or changed."""

from typing import Any

import pytest

from outreach_tools.catalog import resource_type
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import all_tools
from tests.support.workbench import workbench

TOOLS = all_tools()
NOWHERE = 999_999_999

SAMPLE_VALUES: dict[str, Any] = {
    "integer": 456,
    "string": "x",
    "boolean": True,
    "number": 1.5,
    "array": [],
    "object": {},
}
OPERATIONS = {
    "read_operation": "get_product",
    "change_operation": "create_product",
    "delete_operation": "delete_product",
}
WRONG_VALUES: dict[str, Any] = {"integer": "abc", "string": {"a": 1}, "array": 5, "object": "x"}


BULK: dict[str, dict[str, Any]] = {
    "plan_change": {"resource": "prospect", "ids": [1], "action": "delete"},
    "plan_import": {"resource": "prospect", "csv": "email\nann@acme.example"},
}
"""Arguments of the tools that require one of several."""


def value_for(name: str, schema: dict[str, Any]) -> Any:
    """Return an acceptable value for one property."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {key: value_for(key, schema["properties"][key]) for key in schema.get("required", [])}
    return {
        "user_id": "456",
        "owner": "456",
        "email": "a@x.example",
        "requester_email": "a@x.example",
        "request_object_email": "b@x.example",
        "path": "/prospects/1",
    }.get(name, SAMPLE_VALUES[schema["type"]])


def good_arguments(tool: Tool) -> dict[str, Any]:
    """Return arguments that hold just what the tool requires."""
    properties = tool.input_schema["properties"]
    good = {name: value_for(name, properties[name]) for name in tool.input_schema.get("required", [])}
    good |= BULK.get(tool.name, {})
    return {**good, "operation": OPERATIONS[tool.name]} if "operation" in good else good


def given(tools: list[tuple[Tool, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("tool", "name"), [pytest.param(t, n, id=f"{t.name}-{n}") for t, n in tools])


def of_tools(tools: list[Tool]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("tool", [pytest.param(tool, id=tool.name) for tool in tools])


BULK_WORK = [tool.name for tool in TOOLS if tool.borrows]  # plans and jobs have ids that are no record's
WRITES = [
    tool for tool in TOOLS if tool.resource and {"attributes", "relationships"} & set(tool.input_schema["properties"])
]
TARGETED = [
    (tool, next(iter(tool.input_schema["required"])))
    for tool in TOOLS
    if tool.name not in ("add_prospect_to_sequence", *BULK_WORK)
    and next(iter(tool.input_schema.get("required", [""]))).endswith("_id")
]


@given([(tool, name) for tool in TOOLS for name in tool.input_schema.get("required", [])])
async def test_a_missing_argument_is_named_and_nothing_is_sent(tool: Tool, name: str) -> None:
    arguments = {key: value for key, value in good_arguments(tool).items() if key != name}
    async with workbench([]) as bench:
        message = await bench.refused(tool.name, **arguments)
        assert bench.asked() == []
    assert repr(name) in message or f"'{name}." in message
    assert "required" in message


@of_tools(list(TOOLS))
async def test_an_unknown_argument_is_named_with_what_the_tool_takes(tool: Tool) -> None:
    async with workbench([]) as bench:
        message = await bench.refused(tool.name, **good_arguments(tool), favourite_colour="green")
        assert bench.asked() == []
    assert "'favourite_colour'" in message
    assert "takes" in message


@given(
    [(tool, name) for tool in TOOLS for name, schema in tool.input_schema["properties"].items() if "enum" not in schema]
)
async def test_an_argument_of_the_wrong_type_is_named_with_what_was_given(tool: Tool, name: str) -> None:
    schema = tool.input_schema["properties"][name]
    wrong = WRONG_VALUES.get(schema["type"], "not a boolean")
    if name in ("fields", "clear", "ids"):
        wrong = {"a": 1}
    if name in ("query", "body", "arguments", "attributes", "relationships", "parameters", "columns") and (
        schema["type"] == "string" and tool.name != "find_operations"
    ):
        wrong = 5  # they may be objects as well as their texts
    arguments = {**good_arguments(tool), name: wrong}
    async with workbench([]) as bench:
        message = await bench.refused(tool.name, **arguments)
        assert bench.asked() == []
    assert name in message


@given([(tool, name) for tool in TOOLS for name, schema in tool.input_schema["properties"].items() if "enum" in schema])
async def test_a_word_that_is_not_on_the_list_is_refused_with_the_list(tool: Tool, name: str) -> None:
    allowed = tool.input_schema["properties"][name]["enum"]
    async with workbench([]) as bench:
        message = await bench.refused(tool.name, **{**good_arguments(tool), name: "perhaps"})
        assert bench.asked() == []
    assert name in message
    assert all(word in message for word in allowed) or "takes no" in message


@of_tools(WRITES)
async def test_a_read_only_attribute_is_refused(tool: Tool) -> None:
    arguments = good_arguments(tool)
    arguments["attributes"] = {**arguments.get("attributes", {}), "createdAt": "2026-01-01T00:00:00Z"}
    async with workbench([]) as bench:
        message = await bench.refused(tool.name, **arguments)
        assert bench.asked() == []
    assert f"'createdAt' of {tool.resource} is read-only" in message


@of_tools([tool for tool in WRITES if "attributes" in tool.input_schema["properties"]])
async def test_an_unknown_attribute_is_refused_with_the_nearest_one(tool: Tool) -> None:
    meant = max(tool.input_schema["properties"]["attributes"]["properties"], key=len)
    arguments = good_arguments(tool)
    arguments["attributes"] = {**arguments.get("attributes", {}), f"{meant}x": "green"}
    async with workbench([]) as bench:
        message = await bench.refused(tool.name, **arguments)
        assert bench.asked() == []
    assert f"{tool.resource} has no attribute '{meant}x', did you mean {meant!r}?" in message


@of_tools([tool for tool in WRITES if "attributes" in tool.input_schema["properties"]])
async def test_a_misspelt_flat_attribute_is_refused_with_the_nearest_one(tool: Tool) -> None:
    meant = max(tool.input_schema["properties"]["attributes"]["properties"], key=len)
    async with workbench([]) as bench:
        message = await bench.refused(tool.name, **good_arguments(tool), **{f"{meant}x": "green"})
        assert bench.asked() == []
    assert f"unknown argument '{meant}x', did you mean {meant!r}?" in message


@pytest.mark.parametrize("name", ["prospect_id", "sequence_id", "mailbox_id"])
async def test_nobody_is_enrolled_where_one_of_the_ids_does_not_exist(name: str) -> None:
    arguments = {"prospect_id": 456, "sequence_id": 123, "mailbox_id": 789, name: NOWHERE}
    async with workbench() as bench:
        before = bench.contents()
        message = await bench.refused("add_prospect_to_sequence", **arguments)
        assert bench.contents() == before
    assert f"at '/data/relationships/{name.removesuffix('_id')}'" in message


@given(TARGETED)
async def test_an_id_that_does_not_exist_is_reported_and_nothing_changes(tool: Tool, name: str) -> None:
    arguments = {**good_arguments(tool), name: NOWHERE}
    if tool.name.startswith("update_"):
        name_of, schema = next(iter(tool.input_schema["properties"]["attributes"]["properties"].items()))
        arguments["attributes"] = {name_of: value_for(name_of, schema)}
    async with workbench() as bench:
        before = bench.contents()
        message = await bench.refused(tool.name, **arguments)
        assert bench.contents() == before
    kind = name.removesuffix("_id").replace("prospect_role", "opportunity_prospect_role")
    first, *rest = kind.split("_")
    assert f"'{first + ''.join(part.title() for part in rest)}' with ID '{NOWHERE}'" in message


@of_tools([tool for tool in TOOLS if tool.resource and "filters" in tool.input_schema["properties"]])
async def test_an_unknown_filter_is_refused_with_the_nearest_one(tool: Tool) -> None:
    meant = max(tool.input_schema["properties"]["filters"]["items"]["properties"]["field"]["enum"], key=len)
    async with workbench([]) as bench:
        message = await bench.refused(tool.name, filters=[{"field": f"{meant}x", "criteria": "1"}])
        assert bench.asked() == []
    assert f"'{meant}x'" in message
    assert meant in message.replace(f"'{meant}x'", "")


@of_tools([tool for tool in TOOLS if tool.resource and "filters" in tool.input_schema["properties"]])
async def test_a_sort_that_outreach_does_not_have_is_refused_with_what_it_has(tool: Tool) -> None:
    sortable = [each.name for each in resource_type(tool.resource).attributes.values() if each.sortable]
    async with workbench([]) as bench:
        message = await bench.refused(tool.name, sort="-favouriteColour")
        assert bench.asked() == []
    assert message.endswith(", ".join(sortable) or "none")


@of_tools([tool for tool in TOOLS if tool.resource and "fields" in tool.input_schema["properties"]])
async def test_an_unknown_field_is_refused_and_nothing_is_sent(tool: Tool) -> None:
    async with workbench([]) as bench:
        message = await bench.refused(tool.name, **good_arguments(tool), fields=["favouriteColour"])
        assert bench.asked() == []
    assert f"{tool.resource} has no field 'favouriteColour'" in message


@pytest.mark.parametrize("size", [0, -1, 1001, "many", True, 2.5])
async def test_a_page_size_out_of_bounds_is_refused(size: Any) -> None:
    async with workbench([]) as bench:
        message = await bench.refused("list_prospects", page_size=size)
        assert bench.asked() == []
    assert "'page_size'" in message
