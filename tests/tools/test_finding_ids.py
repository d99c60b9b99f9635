"""Whatever wants an id and does not get one says which tool finds it: over every tool, argument and relationship.

A name may stand for an id: there is nobody here of the name that is given.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from outreach_sandbox.records import Record
from outreach_tools.catalog import Relationship, ResourceType, resource_type, resource_types
from outreach_tools.catalog.operation_names import names_by_operation, operations_by_name
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import all_tools, listers
from tests.support.workbench import workbench
from tests.tools.filling import least

NAMES = {tool.name for tool in all_tools()}
WRONG: list[Any] = ["Maya Lindqvist", {"name": "Maya"}, -4]


def _name(value: Any) -> str:
    return str(getattr(value, "name", getattr(value, "type", value)))


def findable(kinds: tuple[str, ...]) -> bool:
    return any(
        kind in listers() or "list" in resource_types()[kind].operations for kind in kinds if kind in resource_types()
    )


def expected(kinds: tuple[str, ...]) -> set[str]:
    return {
        each
        for kind in kinds
        if findable((kind,))
        for each in ([listers()[kind]] if kind in listers() else ["read_operation", names_by_operation()[kind, "list"]])
    }


def named(message: str) -> set[str]:
    return set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", message)) & (NAMES | operations_by_name().keys())


def targets() -> Iterator[tuple[Tool, str, str]]:
    """Yield every argument that takes the id of the record that a tool works on, or enrols, with its type."""
    for tool in all_tools():
        if tool.name == "add_prospect_to_sequence":
            yield from ((tool, f"{kind}_id", kind) for kind in ("sequence", "prospect", "mailbox"))
        elif tool.resource and (
            found := [name for name in tool.input_schema.get("required", ()) if name.endswith("_id")]
        ):
            yield tool, found[0], tool.resource


def relationships() -> Iterator[tuple[Tool, ResourceType, Relationship]]:
    """Yield every relationship that a tool may write."""
    for tool in all_tools():
        if tool.name.startswith(("create_", "update_")) and tool.name != "create_compliance_request":
            resource = resource_type(tool.resource)
            yield from ((tool, resource, each) for each in resource.relationships.values() if not each.read_only)


def rest(tool: Tool) -> dict[str, Any]:
    """Return the other arguments that a tool demands."""
    return {
        name: tool.input_schema["properties"][name].get("enum", [7])[0]
        for name in tool.input_schema.get("required", ())
        if name not in ("attributes", "relationships")
    }


@pytest.mark.parametrize(("tool", "argument", "kind"), list(targets()), ids=_name)
async def test_a_missing_or_wrong_id_names_the_tool_that_finds_it(tool: Tool, argument: str, kind: str) -> None:
    async with workbench([Record("user", 1, {})]) as bench:
        without = {name: value for name, value in {**rest(tool), **least(tool)}.items() if name != argument}
        missing = await bench.refused(tool.name, **without)
        wrong = [await bench.refused(tool.name, **without, **{argument: value}) for value in WRONG]
        assert bench.changes() == []
    assert missing.startswith(f"'{argument}' is required: ")
    assert [named(message) - {argument} for message in (missing, *wrong)] == [expected((kind,))] * 4


@pytest.mark.parametrize(
    ("tool", "resource", "relationship"),
    list(relationships()),
    ids=_name,
)
async def test_a_wrong_linkage_names_the_tool_that_finds_it(
    tool: Tool, resource: ResourceType, relationship: Relationship
) -> None:
    async with workbench([Record("user", 1, {})]) as bench:
        given = {**rest(tool), **least(tool)}
        for value in WRONG:
            links = {**given.get("relationships", {}), relationship.name: [value] if relationship.many else value}
            message = await bench.refused(tool.name, **{**given, "relationships": links})
            assert named(message) == expected(relationship.types), message
        assert bench.changes() == []


@pytest.mark.parametrize(
    ("tool", "path"),
    [
        (tool, path)
        for tool in all_tools()
        for member in [tool.input_schema["properties"].get("relationships", {})]
        for path in member.get("required", ())
    ],
    ids=_name,
)
async def test_a_missing_linkage_names_the_tool_that_finds_it(tool: Tool, path: str) -> None:
    async with workbench([Record("user", 1, {})]) as bench:
        message = await bench.refused(tool.name)
        assert bench.changes() == []
    (part,) = [each for each in message.split("; ") if f"'relationships.{path}'" in each]
    assert named(part) == expected(resource_type(tool.resource).relationships[path].types)


@pytest.mark.parametrize(
    "tool",
    [tool for tool in all_tools() if tool.resource and "action" in tool.input_schema["properties"]],
    ids=_name,
)
async def test_an_action_names_the_tool_that_finds_the_ids_it_takes(tool: Tool) -> None:
    resource = resource_type(tool.resource)
    seen: dict[str, set[str]] = {}
    async with workbench([Record("user", 1, {})]) as bench:
        for action in tool.input_schema["properties"]["action"]["enum"]:
            takes = resource.actions[action]
            for name in (each for each in (*takes.required, *takes.optional) if each.endswith("Id")):
                wrong = await bench.refused(tool.name, **{**rest(tool), "action": action, name: "Maya"})
                if name in takes.required:
                    assert named(await bench.refused(tool.name, **{**rest(tool), "action": action})) == named(wrong)
                seen[name] = named(wrong)
        assert bench.changes() == []
    assert seen == {
        "set_task_action": {
            "ownerId": {"list_users"},
            "taskDispositionId": {"list_task_dispositions"},
            "taskPurposeId": {"list_task_purposes"},
        }
    }.get(tool.name, {})


@pytest.mark.parametrize(
    "tool", [tool for tool in all_tools() if tool.resource and "filters" in tool.input_schema["properties"]], ids=_name
)
async def test_a_filter_by_a_wrong_id_names_the_tool_that_finds_it(tool: Tool) -> None:
    resource = resource_type(tool.resource)
    fields = tool.input_schema["properties"]["filters"]["items"]["properties"]["field"]["enum"]
    async with workbench([Record("user", 1, {})]) as bench:
        for field in [each for each in fields if each == "id" or each.endswith(".id")]:
            name = field.partition(".")[0]
            kinds = (tool.resource,) if field == "id" else resource.relationships[name].types
            message = await bench.refused(tool.name, filters=[{"field": field, "criteria": "Maya Lindqvist"}])
            assert named(message) == expected(kinds), message
        assert bench.changes() == []


def refusing_with(
    status: int, errors: list[dict[str, Any]]
) -> Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]:
    """Return what stands before the sandbox and refuses every change with the errors that the list holds by then."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json={"errors": errors})

    return lambda _: httpx.MockTransport(answer)


def _words(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    return words[:1].upper() + words[1:]


@pytest.mark.parametrize(
    ("status", "said", "pointer"),
    [
        (422, "{} could not be found.", "/data/relationships/{}"),
        (422, "{} can't be blank.", "/data/relationships/{}/data/id"),
        (422, "{} must exist", ""),
        (404, "{} could not be found.", "/data/relationships/{}"),
    ],
)
async def test_a_relationship_that_outreach_refuses_names_the_tool_that_finds_it(
    status: int, said: str, pointer: str
) -> None:
    wrong: list[Any] = []
    number = 0
    errors: list[dict[str, Any]] = []
    async with workbench([Record("user", 1, {})], through=refusing_with(status, errors)) as bench:
        for tool, _, relationship in relationships():
            if not findable(relationship.types):
                continue
            number += 1
            detail, source = said.format(_words(relationship.name)), {"pointer": pointer.format(relationship.name)}
            errors[:] = [{"id": "validationError", "detail": detail, "source": source}]
            kind = relationship.types[-1]
            linkage = {"type": kind, "id": 900_000 + number}
            given = {**rest(tool), **least(tool)}
            linked = {**given.get("relationships", {}), relationship.name: [linkage] if relationship.many else linkage}
            message = await bench.refused(tool.name, **{**given, "relationships": linked})
            advice = message.rpartition("Nothing was changed. " if status == 422 else "Look the id up")[2]
            if not named(advice) >= expected((kind,)):
                wrong.append((tool.name, relationship.name, message))
    assert number > 50
    assert wrong == []


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("create_call", {"note": "x"}, "list_prospects finds prospect."),
        ("create_prospect", {"firstName": "Ada", "owner": 999999}, "list_users finds owner."),
        ("create_call", {"prospect": 402, "callDisposition": 999999}, "list_call_dispositions finds callDisposition."),
        ("update_prospect", {"prospect_id": 402, "assignedUsers": [99999]}, "list_users finds assignedUsers."),
        (
            "add_prospect_to_sequence",
            {"sequence_id": 99999, "prospect_id": 402, "mailbox_id": 99999},
            "list_sequences finds sequence; list_mailboxes finds mailbox.",
        ),
        (
            "raw_http_request",
            {"method": "POST", "path": "/calls", "body": {"data": {"type": "call", "attributes": {"note": "x"}}}},
            "list_prospects finds prospect.",
        ),
    ],
)
async def test_what_the_sandbox_cannot_find_or_lacks_names_what_finds_it(
    tool: str, arguments: dict[str, Any], said: str
) -> None:
    async with workbench() as bench:
        message = await bench.refused(tool, **arguments)
    assert message.endswith(f"Nothing was changed. {said} Correct what is named and send it again.")


async def test_the_id_of_an_action_that_is_not_found_names_what_finds_it() -> None:
    async with workbench() as bench:
        (task,) = (await bench.call("list_tasks", filters={"state": "incomplete"}, page_size=1))["rows"]
        message = await bench.refused("set_task_action", task_id=task[0], action="reassignOwner", ownerId=99999)
    assert "list_users" in message


async def test_a_refusal_that_is_about_no_id_names_no_tool() -> None:
    for detail, pointer in (("Name can't be blank.", "/data/attributes/name"), ("Storage key could not be found.", "")):
        error = {"id": "validationError", "detail": detail, "source": {"pointer": pointer}}
        async with workbench([Record("user", 1, {})], through=refusing_with(422, [error])) as bench:
            message = await bench.refused("create_account", name="Acme")
        assert message.endswith("Nothing was changed. Correct what is named and send it again.")


async def test_an_id_that_no_tool_lists_says_where_it_is_seen() -> None:
    async with workbench([Record("user", 1, {})]) as bench:
        message = await bench.refused("create_sequence", name="x", schedule="a")
    assert message == (
        "'schedule' takes the integer id of a record, not 'a': no tool lists schedule, but records that have one show "
        "its id"
    )


@pytest.mark.parametrize(
    ("tool", "arguments", "finder"),
    [
        ("get_prospect", {"prospect_id": 99}, "list_prospects"),
        ("update_task", {"task_id": 99, "attributes": {"note": "x"}}, "list_tasks"),
        ("delete_stage", {"stage_id": 99}, "list_stages"),
        ("set_sequence_action", {"sequence_id": 99, "action": "activate"}, "list_sequences"),
        ("raw_http_request", {"method": "GET", "path": "/rulesets/99"}, "read_operation list_rulesets"),
    ],
)
async def test_an_id_that_is_not_found_names_the_tool_that_finds_it(
    tool: str, arguments: dict[str, Any], finder: str
) -> None:
    async with workbench([Record("user", 1, {})]) as bench:
        assert f"Look the id up with {finder}: " in await bench.refused(tool, **arguments)
