"""Asks for hidden records by the tools over any type: plans, files, timelines, operations, dry runs, searches."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from outreach_tools.catalog import ResourceType, resource_type, resource_types
from outreach_tools.catalog.belonging import COPIES
from outreach_tools.catalog.operation_names import operations_by_name
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import RESOURCES

CANARY = "canary"
"""The word that stands in hidden records alone."""

_WORDS = (CANARY, "not null", "..1002")
_ACTS = ("delete", "pause", "resume", "finish", "markComplete", "reassign", "reschedule", "enrol")
_PARAMETERS = {"ownerId": 1, "sequenceId": 1, "mailboxId": 1, "dueAt": "2026-12-01"}
_KINDS = tuple(each.type for each in RESOURCES)


class Question(NamedTuple):
    """One call of a tool; a `plain` one is written as the contract has it, so that it would be answered if it might."""

    tool: str
    arguments: dict[str, Any]
    plain: bool = False


def questions_of_any_type(
    kind: str, tools: Sequence[Tool], mode: Literal["excluded", "unchosen"] = "excluded"
) -> Iterator[Question]:
    """Yield the questions that might tell something of a type's records, for the tools that are offered.

    A timeline that is chosen is whole, whatever else is not; and what a search for words looks through beside names,
    Outreach alone knows: of types that were merely not chosen neither is asked for.
    """
    offered = {tool.name for tool in tools}
    asked = [*_searches(kind), *_files(kind), *_plans(kind), *_operations(kind)]
    if mode == "excluded":
        asked += [*_timelines(), *_imports(kind)]
    yield from (question for question in asked if question.tool in offered)


def _names(resource: ResourceType) -> list[str]:
    return [name for name in resource.attributes if not name.startswith("custom") or name == "custom1"]


def _copies(owner: str, kind: str) -> list[str]:
    """Return the attributes of a type that repeat what records of another hold."""
    return [name for (holder, name), sources in COPIES.items() if holder == owner and kind in sources]


def _leading(owner: str, kind: str) -> list[str]:
    """Return the names by which records of one type lead to those of another."""
    resource = resource_type(owner)
    found = _copies(owner, kind) + (_names(resource) if owner == kind else [])
    for relationship in resource.relationships.values():
        if kind in relationship.types:
            found += [relationship.name, *(f"{relationship.name}.{name}" for name in _names(resource_type(kind)))]
    return found


def _searches(kind: str) -> Iterator[Question]:
    for word in (CANARY, f"1{CANARY}", f"1{CANARY}A", f"11{CANARY}B", "1plain", kind):
        yield Question("search", {"query": word}, plain=True)
    for each in ("prospect", "account", "opportunity", "sequence", "template"):
        yield Question("fetch", {"id": f"{each}/1"}, plain=True)
    for each in _KINDS:
        yield Question("describe_fields", {"resource": each}, plain=bool(_copies(each, kind)))


def _files(kind: str) -> Iterator[Question]:
    for owner in _KINDS:
        leading = _leading(owner, kind)
        yield Question("export_records", {"resource": owner, "format": "jsonl"}, plain=bool(leading))
        yield Question("export_records", {"resource": owner, "format": "csv", "fields": ["*"]}, plain=bool(leading))
        for name in leading:
            yield Question("export_records", {"resource": owner, "format": "jsonl", "fields": [name]})
            for word in _WORDS:
                filters = [{"field": name, "criteria": word}]
                yield Question("export_records", {"resource": owner, "fields": ["id"], "filters": filters})
    for owner in ("prospect", "account"):
        yield Question("find_duplicates", {"resource": owner}, plain=True)
        for name in _leading(owner, kind):
            yield Question("find_duplicates", {"resource": owner, "filters": [{"field": name, "criteria": CANARY}]})


def _imports(kind: str) -> Iterator[Question]:
    for owner in _KINDS:
        resource = resource_type(owner)
        for name in _names(resource):
            csv = f"{name},other\n1{CANARY}A {owner} {name},1\nplain,2\n"
            columns = {name: name, "other": None}
            yield Question("plan_import", {"resource": owner, "csv": csv, "columns": columns}, plain=owner == kind)
        for each in resource.relationships.values():
            csv = f"id,{each.name}\n1,1{CANARY}A {kind} name\n2,2\n"
            yield Question("plan_import", {"resource": owner, "csv": csv}, plain=kind in each.types)


def _plans(kind: str) -> Iterator[Question]:
    for owner in _KINDS:
        resource, ids = resource_type(owner), [1, 2, 3]
        for act in _ACTS:
            yield Question("plan_change", {"resource": owner, "ids": ids, "action": act, "parameters": _PARAMETERS})
        for name in _leading(owner, kind):
            for word in _WORDS:
                filters = [{"field": name, "criteria": word}]
                yield Question("plan_change", {"resource": owner, "filters": filters, "clear": ["title"]})
                yield Question("plan_change", {"resource": owner, "filters": filters, "action": "delete"})
        for name, value in _changes(resource):
            plain = owner == kind or name in _copies(owner, kind)
            yield Question("plan_change", {"resource": owner, "ids": ids, "attributes": {name: value}}, plain)
            yield Question("plan_change", {"resource": owner, "ids": ids, "clear": [name]}, plain)
        for each in resource.relationships.values():
            link = {each.name: {"type": each.types[0], "id": 2}}
            yield Question("plan_change", {"resource": owner, "ids": ids, "relationships": link}, kind in each.types)


def _timelines() -> Iterator[Question]:
    for owner in ("prospect", "account", "opportunity"):
        for number in ("1", "2", f"1{CANARY}", CANARY):
            for since in ({}, {"since": "-1d"}):
                yield Question("get_timeline", {"resource": owner, "id": number, **since}, plain=True)


def _operations(kind: str) -> Iterator[Question]:
    for operation, (owner, what) in operations_by_name().items():
        resource = resource_types().get(owner)
        if resource is None:
            continue
        if what in ("list", "get"):
            own: dict[str, Any] = {"id": 1} if what == "get" else {}
            for more in ({}, {"fields": ["*"]}):
                yield Question("read_operation", {"operation": operation, "arguments": {**own, **more}})
            for name in _leading(owner, kind) if what == "list" else ():
                filtered = {"filters": [{"field": name, "criteria": CANARY}]}
                yield Question("read_operation", {"operation": operation, "arguments": {"fields": [name]}})
                yield Question("read_operation", {"operation": operation, "arguments": filtered})
        elif what == "update":
            yield from _dry_updates(operation, resource, kind)
        elif what == "delete":
            path, plain = f"/{resource.path}/1", bool(_copies(owner, kind))
            yield Question("raw_http_request", {"method": "DELETE", "path": path, "dry_run": True}, plain)
        else:
            arguments = {"id": 1, "ids": [1], "dry_run": True}
            yield Question("change_operation", {"operation": operation, "arguments": arguments})


def _dry_updates(operation: str, resource: ResourceType, kind: str) -> Iterator[Question]:
    for name, value in _changes(resource):
        plain = name in _copies(resource.type, kind)
        arguments = {"id": 1, "attributes": {name: value}}
        yield Question("change_operation", {"operation": operation, "arguments": arguments, "dry_run": True}, plain)
        body = {"data": {"type": resource.type, **arguments}}
        path = f"/{resource.path}/1"
        yield Question("raw_http_request", {"method": "PATCH", "path": path, "body": body, "dry_run": True}, plain)


def _changes(resource: ResourceType) -> Iterator[tuple[str, Any]]:
    values: dict[str, Any] = {"integer": 5, "number": 5, "boolean": True}
    for name in _names(resource):
        attribute = resource.attributes[name]
        if not attribute.read_only:
            yield name, "2026-12-01" if attribute.format else values.get(attribute.type, "other")
