"""One table over every argument of every tool, and of every operation: where an id goes a name is never guessed.

Of two records of one name both are told, of none that; nothing is sent. What takes no id is named as such, so that a
new argument has to be put in one of the two.
"""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path as FilePath
from typing import Any

import pytest

from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_tools.catalog import Action, ResourceType, resource_type, resource_types
from outreach_tools.catalog.operation_names import operations_by_name, snake_case
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.engine.finders import kinds_of_id
from outreach_tools.engine.naming.kinds import NAMINGS, kind_of_attribute, words_of
from outreach_tools.engine.operations.many import MEMBERS, takes
from outreach_tools.engine.operations.telling import tool_of
from outreach_tools.toolsets import ADMIN, all_tools
from tests.support.counts import AT_LENGTH
from tests.support.workbench import Workbench, workbench
from tests.tools.filling import Path, least, put
from tests.tools.naming.world import ONE, WORLD, Refusing, name_of, one

TOOLS = {tool.name: tool for tool in all_tools()}
TWINS = (601, 602)
_RECORDS = {
    "ownerId": "user", "userIds": "user", "accountId": "account", "opportunityId": "opportunity",
    "mailboxId": "mailbox", "sequenceId": "sequence",
}  # fmt: skip
"""The members of collection actions that hold ids."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place where an id of a type goes: the tool, and its arguments with a value there."""

    tool: str
    where: str
    kind: str
    arguments: Callable[[Any], dict[str, Any]]


def twin(kind: str) -> str:
    """Return what two records of a type are called."""
    return "twin@sales.example" if kind == "mailbox" else f"Twin {kind}"


def _of_operations() -> Iterator[Place]:
    """Yield every place of every operation of the contract, by the general tools."""
    for name, (kind, what) in operations_by_name().items():
        for path, target in _of_operation(kind, what):
            if target in NAMINGS:
                yield Place(tool_of(name), f"{name} {path}", target, partial(_in_operation, name, path, target))


def _in_operation(name: str, path: Path, kind: str, value: Any) -> dict[str, Any]:
    """Return what runs an operation with a value at a place, beside all else that it needs to come so far."""
    own, what = operations_by_name()[name]
    if what == "list":
        return {"operation": name, "arguments": {"filters": {path[0]: value}}}
    arguments: dict[str, Any] = least(TOOLS[name]) if what == "create" and name in TOOLS else {}
    if what == "update" or (what.startswith("action:") and not resource_type(own).actions[what[7:]].collection):
        arguments["id"] = ONE
    if what == "update" and len(path) == 1:
        arguments["clear"] = [next(each.name for each in resource_type(own).attributes.values() if not each.read_only)]
    if path[-1] == "id" and len(path) > 1:
        arguments = put(arguments, (*path[:-1], "type"), kind)
    return {"operation": name, "arguments": put(arguments, path, value)}


def _of_operation(kind: str, what: str) -> Iterator[tuple[Path, str]]:
    resource = resource_type(kind)
    if what == "list":
        for name in filter_names(resource):
            path, _, inner = name.partition(".")
            own = resource.relationships.get(path)
            if name == "id" or (inner == "id" and own is not None and len(own.types) == 1):
                yield (name,), kind if own is None else own.types[0]
    elif what.startswith("action:"):
        yield from _of_action(kind, resource.actions[what.removeprefix("action:")])
    else:
        if what != "create":
            yield ("id",), kind
        if what in ("create", "update"):
            yield from _written(resource)


def _of_action(kind: str, action: Action) -> Iterator[tuple[Path, str]]:
    if not action.collection:
        yield ("id",), kind
        for name in (*action.required, *action.optional):
            for each in kinds_of_id(kind, name)[:1]:
                yield (name,), each
        return
    about = next((each for each in ("prospect", "account") if action.name.startswith(each)), "")
    for name in takes(action):
        many: Path = (0,) if name in MEMBERS and MEMBERS[name].type == "array" else ()
        if each := about if name == "ids" else _RECORDS.get(name, ""):
            yield (name, *many), each


def _written(resource: ResourceType) -> Iterator[tuple[Path, str]]:
    for link in resource.relationships.values():
        for each in link.types if not link.read_only else ():
            many: Path = (0,) if link.many else ()
            typed: Path = ("id",) if len(link.types) > 1 else ()
            yield ("relationships", link.name, *many, *typed), each
    for attribute in resource.attributes.values():
        if not attribute.read_only and (each := kind_of_attribute(resource.type, attribute)):
            yield ("attributes", attribute.name), each


def _of_tools() -> Iterator[Place]:
    """Yield every place of the tools that are not one operation alone."""
    yield Place("build_sequence", "ruleset", "ruleset", lambda name: {
        "name": "New", "steps": [{"kind": "call"}], "ruleset": name
    })  # fmt: skip
    enrolled = {"sequence_id": ONE, "prospect_id": ONE, "mailbox_id": ONE}
    for kind in ("sequence", "prospect", "mailbox"):
        yield Place("add_prospect_to_sequence", kind, kind, partial(_put, enrolled, f"{kind}_id"))
    for kind in ("prospect", "account", "opportunity"):
        yield Place("get_timeline", f"id {kind}", kind, partial(_put, {"resource": kind}, "id"))
    for tool in (each for each in TOOLS if each.startswith("report_")):
        for argument, kind in (("owner", "user"), ("team", "team"), ("sequence", "sequence")):
            if argument in TOOLS[tool].input_schema["properties"]:
                yield Place(tool, argument, kind, partial(_put, {}, argument))
    for tool in ("summarize_records", "export_records", "find_duplicates"):
        for field, kind in (("owner", "user"), ("stage.id", "stage"), ("account", "account"), ("id", "prospect")):
            yield Place(tool, f"filter {field}", kind, partial(_filtered, {"resource": "prospect"}, field))
    for measure in ("count(owner {})", "rate(owner {})", "rate(owner = {})"):
        yield Place("summarize_records", measure, "user", partial(_measured, measure))
    yield from _of_plans()


def _of_plans() -> Iterator[Place]:
    all_of: dict[str, Any] = {"all": True}
    for kind in TOOLS["plan_change"].input_schema["properties"]["resource"]["enum"]:
        resource = resource_type(kind)
        writable = [each.name for each in resource.attributes.values() if not each.read_only]
        named: dict[str, Any] = {"resource": kind, "action": "delete"}
        if "delete" not in resource.operations:
            named = {"resource": kind, "clear": writable[:1]}
        if kind in NAMINGS:
            yield Place("plan_change", f"ids {kind}", kind, partial(_listed, named, "ids"))
        for name in filter_names(resource):
            first, _, inner = name.partition(".")
            own = resource.relationships.get(first)
            if inner == "id" and own is not None and len(own.types) == 1 and own.types[0] in NAMINGS:
                yield Place("plan_change", f"{kind} filter {name}", own.types[0], partial(_filtered, named, name))
        if "update" in resource.operations:
            for path, target in _written(resource):
                if target in NAMINGS and 0 not in path:
                    typed = put({}, (*path[:-1], "type"), target) if path[-1] == "id" else {}
                    given = {"resource": kind, **all_of, **typed}
                    yield Place("plan_change", f"{kind} {path}", target, partial(_at, given, path))
    for kind, action, name, target in (
        ("prospect", "enrol", "sequenceId", "sequence"), ("prospect", "enrol", "mailboxId", "mailbox"),
        ("prospect", "reassign", "ownerId", "user"), ("account", "reassign", "owner", "user"),
        ("task", "reassign", "ownerId", "user"),
    ):  # fmt: skip
        parameters: dict[str, Any] = {"sequenceId": ONE} if action == "enrol" else {}
        given = {"resource": kind, "ids": [ONE], "action": action, "parameters": parameters}
        yield Place("plan_change", f"{kind} {action} {name}", target, partial(_at, given, ("parameters", name)))


def _put(given: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {**given, name: value}


def _at(given: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    return put(given, path, value)


def _listed(given: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {**given, name: [value]}


def _filtered(given: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    return {**given, "filters": [{"field": field, "criteria": value}]}


def _measured(measure: str, value: Any) -> dict[str, Any]:
    return {"resource": "prospect", "measures": [measure.format(value)]}


PLACES = (*_of_operations(), *_of_tools())
WORLD_OF_TWINS = (*WORLD, *(one(kind, number, twin(kind)) for kind in NAMINGS for number in TWINS))
EVERYTHING = Guard(Policy.of([*TOOLS, ADMIN]), "never")
NO_IDS = frozenset({
    "action", "activate", "add_tags", "all", "arguments", "attributes", "body", "by", "clear", "columns",
    "completionAction", "completionNote", "count", "csv", "dry_run", "dueAt", "fields", "filters", "format",
    "group_by", "having", "link", "markAsUrgent", "max_requests", "measures", "method", "name", "note",
    "object_type", "operation", "opportunityAssociation", "outcome", "page_after", "page_size", "parameters", "path",
    "period", "q", "query", "relationships", "remove_tags", "request_object_email", "request_type",
    "requester_email", "resource", "sentiment", "since", "sort", "steps", "stop_at", "text_from", "top", "uri",
})  # fmt: skip
"""The arguments that are not a record's id; what they hold is in the table, where it is one."""

UNNAMED = {"change_id", "job_id", "plan_id"}
"""The ids of what this server makes."""


def test_every_argument_of_every_tool_is_in_the_table_or_takes_no_name() -> None:
    tabled = {(each.tool, name) for each in _of_tools() for name in each.arguments("x")}
    tabled |= {
        (operation["operation"], f"{snake_case(each.kind)}_id" if name == "id" else name)
        for each in _of_operations()
        for operation in (each.arguments("x"),)
        for name in operation["arguments"]
    }
    unnamed = {f"{snake_case(kind)}_id" for kind in resource_types().keys() - NAMINGS.keys()}
    unnamed |= {"prospect_role_id", *UNNAMED}
    left = {
        (tool.name, name)
        for tool in TOOLS.values()
        for name in tool.input_schema["properties"]
        if name not in NO_IDS | unnamed and (tool.name, name) not in tabled
    }
    # An action of a tool for several is an operation of its own; `fetch` takes what `search` gave.
    assert {name for tool, name in left if tool.endswith("_action")} <= {
        "sequence_id", "ownerId", "taskDispositionId", "taskPurposeId",
    }  # fmt: skip
    assert {each for each in left if not each[0].endswith("_action")} == {("fetch", "id")}


@asynccontextmanager
async def opened(folder: FilePath) -> AsyncGenerator[Workbench]:
    files = LocalFiles(Folder(folder))
    async with workbench(WORLD_OF_TWINS, through=Refusing, guard=EVERYTHING, files=files) as bench:
        yield bench


async def test_of_two_records_of_one_name_both_are_told_wherever_an_id_goes(tmp_path: FilePath) -> None:
    wrong: list[Any] = []
    async with opened(tmp_path) as bench:
        for each in PLACES:
            failed, told = await bench.outcome(each.tool, each.arguments(twin(each.kind)))
            both = f"is 2 {words_of(each.kind, many=True)}: {TWINS[0]}"
            if not (failed and both in told and str(TWINS[1]) in told and told.endswith(". Nothing was sent.")):
                wrong.append((each.tool, each.where, told))
        assert bench.changes() == []
    assert wrong == []
    assert len(PLACES) > 500


@pytest.mark.parametrize("argument", ["owner", "team", "sequence"])
async def test_what_a_report_is_about_is_not_called_a_filter(argument: str) -> None:
    async with workbench(WORLD_OF_TWINS) as bench:
        told = await bench.refused("report_sequences", **{argument: twin("user" if argument == "owner" else argument)})
    assert told.startswith(f"'{argument}' 'Twin ")


async def test_a_name_that_nothing_has_is_refused_wherever_an_id_goes(tmp_path: FilePath) -> None:
    wrong: list[Any] = []
    by_tool = {(each.tool, each.kind, each.where.rpartition(" ")[2]): each for each in PLACES}
    async with opened(tmp_path) as bench:
        for each in by_tool.values() if AT_LENGTH else [*_of_tools()][:40]:
            failed, told = await bench.outcome(each.tool, each.arguments("Nobody Xyzzy"))
            if not (failed and f"no {words_of(each.kind)} is called 'Nobody Xyzzy'" in told):
                wrong.append((each.tool, each.where, told))
        assert bench.changes() == []
    assert wrong == []


async def test_a_name_is_sent_as_the_id_it_stands_for_by_the_tools_for_many_types(tmp_path: FilePath) -> None:
    wrong: list[Any] = []
    compared = 0
    async with opened(tmp_path) as bench:
        for each in _of_tools():
            if each.where.startswith("ids "):  # ids of records that are not there would be refused alone
                continue
            sent: list[list[tuple[str, str]]] = []
            for value in (str(ONE), name_of(each.kind)):
                before = len(bench.requests)
                await bench.outcome(each.tool, each.arguments(value))
                asked = [(one.method, str(one.url)) for one in bench.requests[before:]]
                sent.append([each for each in asked if not each[1].endswith("/types")])
            wanted, found = sent
            compared += bool(wanted)
            if wanted and found[-len(wanted) :] != wanted:
                wrong.append((each.tool, each.where, found, wanted))
    assert wrong == []
    assert compared > 100


async def test_the_answer_says_who_was_meant_also_where_the_field_that_was_asked_for_is_empty() -> None:
    async with workbench(WORLD) as bench:
        for fields in (["title"], ["title", "company"], ["custom2"], ["tags"]):
            answer = await bench.call("get_prospect", prospect_id="zoë prospect", fields=fields)
            assert answer == {"id": ONE, "note": f"prospect_id: 'Zoë prospect' ({ONE})"}
