"""All operations of the contract, run by their names: each answers, is refused where it is wrong, and is closed."""

import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from outreach_mcp.guard.policy import Policy
from outreach_mcp.protocol.server import Guard
from outreach_tools.catalog import resource_types
from outreach_tools.catalog.belonging import ADMINISTRATION, SEEN, with_parts
from outreach_tools.catalog.operation_names import READING, names_by_operation, operations_by_name
from outreach_tools.engine.operations.telling import arguments_of
from outreach_tools.toolsets import ADMIN, all_tools, contract
from tests.support.workbench import Workbench, workbench
from tests.tools.operations.valid import OPERATIONS, broken, parameters_are_typed, tool_of, valid_arguments

ALL = [tool.name for tool in all_tools()]
EVERYTHING = Guard(Policy.of([*ALL, ADMIN]), "never")
BEYOND = {"update_call", "update_mailing", "lock_sequence", "unlock_sequence"}
"""The hyper-schema has these four, the OpenAPI does not."""

NAMES = Path(__file__).parent.parent / "catalog" / "operation_names.json"
WORDLESS = {"generate_upload_link", "validate_upload", "prospects_import", "accounts_import", "get_import"}
"""The steps of an import follow each other, and are tried so."""


@asynccontextmanager
async def one(guard: Guard = EVERYTHING) -> AsyncGenerator[Workbench]:
    """Open a server on a sandbox in which a batch waits to be confirmed, and a variant is switched off."""
    async with workbench(guard=guard) as bench:
        store = bench.store
        store.insert("batch", {"action": "prospectsAddTags", "state": "confirming", "total": 1, "confirmCount": 1,
                               "pending": 1, "failures": 0, "payload": '{"ids": [456], "tags": ["x"]}'})  # fmt: skip
        store.update("sequenceTemplate", 503, {"enabled": 0})
        store.update("mailbox", 123, {"sendMethod": "ews"})
        yield bench


async def run(bench: Workbench, name: str, arguments: dict[str, Any]) -> tuple[bool, str]:
    return await bench.outcome(tool_of(name), {"operation": name, "arguments": arguments})


def test_there_are_253_operations_and_four_of_the_hyper_schema_under_names_that_do_not_change() -> None:
    names = json.loads(NAMES.read_text(encoding="utf-8"))
    assert {name: ".".join(operation) for name, operation in operations_by_name().items()} == names
    assert len(names.keys() - BEYOND) == 253


def test_every_operation_of_the_official_contract_has_a_name(shared: Path) -> None:
    official = json.loads((shared / "outreach/openapi.json").read_text(encoding="utf-8"))
    paths = [(method.upper(), path) for path, methods in official["paths"].items() for method in methods]
    by_plural = {resource.path: resource for resource in resource_types().values()}
    every, single = {"GET": "list", "POST": "create"}, {"GET": "get", "PATCH": "update", "DELETE": "delete"}
    named: set[str] = set()
    for method, path in paths:
        plural, *rest = path.strip("/").split("/")
        what = f"action:{rest[-1]}" if "actions" in rest else (single if rest else every)[method]
        named.add(names_by_operation()[by_plural[plural].type, what])
    assert len(paths) == 253
    assert named == operations_by_name().keys() - BEYOND


def test_every_parameter_of_every_action_has_a_type() -> None:
    assert parameters_are_typed()


def test_the_id_that_is_told_of_an_operation_is_the_argument_that_it_takes() -> None:
    wrong: dict[str, str] = {}
    for name, (kind, _) in operations_by_name().items():
        told = arguments_of(name, contract().declared[kind], 5).partition("*")[0]
        if told.endswith("_id") and told not in contract().tool(name).input_schema["properties"]:
            wrong[name] = told
    assert wrong == {}


async def test_every_operation_answers_with_valid_arguments() -> None:
    failed: dict[str, str] = {}

    async def answer(bench: Workbench, name: str) -> None:
        before = len(bench.requests)
        wrong, text = await run(bench, name, valid_arguments(bench.store, name))
        sent = [each for each in bench.requests[before:] if not each.url.path.endswith("/types")]
        if wrong or not sent:
            failed[name] = text

    alone = {*WORDLESS, "create_compliance_request"}  # which erases a person
    kept = [name for name in OPERATIONS if name.startswith(("list_", "get_", "create_")) and name not in alone]
    async with one() as bench:
        for name in kept:
            await answer(bench, name)
    for name in OPERATIONS:
        if name not in kept and name not in WORDLESS:
            async with one() as bench:  # of its own, as it changes what the others find
                await answer(bench, name)
    assert failed == {}


async def test_an_import_goes_through_its_operations_from_the_link_to_its_record() -> None:
    content = b"E-mail,Name\nada@acme.example,Ada\n"
    async with one() as bench:
        for name, mappings in (("prospects_import", {"E-mail": "emails"}), ("accounts_import", {"Name": "name"})):
            link = await bench.call("change_operation", operation="generate_upload_link")
            key = link["storageKey"]
            assert bench.sandbox.gateway.uploads.put(key, content)
            checked = await bench.call(
                "change_operation",
                operation="validate_upload",
                arguments={"hash": hashlib.sha256(content).hexdigest(), "storageKey": key},
            )
            begun = await bench.call(
                "change_operation",
                operation=name,
                arguments={"dupeMethod": "skip", "mappings": mappings, "storageKey": key, "recordCount": 1},
            )
            ended = await bench.call("read_operation", operation="get_import", arguments={"id": begun["id"]})
            assert (checked["recordCount"], ended["state"], ended["total"]) == (1, "finished", 1)


async def test_every_argument_of_every_operation_that_is_broken_is_refused_before_anything_is_sent() -> None:
    passed: dict[str, str] = {}
    count = 0
    async with one() as bench:
        for name in OPERATIONS:
            if name in WORDLESS:
                continue
            for what, arguments in broken(name, valid_arguments(bench.store, name)):
                count += 1
                before = len(bench.requests)
                wrong, text = await run(bench, name, arguments)
                sent = [each for each in bench.requests[before:] if each.method != "GET" or _is_asked_for(name, each)]
                if not wrong or sent:
                    passed[f"{name}: {what}"] = text
    assert count > 1_000
    assert passed == {}


def _is_asked_for(name: str, request: Any) -> bool:
    """Return whether a read is what was asked for, not one for the labels or the names in the arguments."""
    kind, what = operations_by_name()[name]
    path = request.url.path.removeprefix("/api/v2")
    return what in READING and path.startswith(f"/{resource_types()[kind].path}")


async def test_in_read_only_mode_every_read_passes_and_no_change_does() -> None:
    reads: set[str] = set()
    async with one(Guard(Policy.of([*ALL, ADMIN], read_only=True), "never")) as bench:
        listed = {each.name for each in (await bench.client.list_tools()).tools}
        for name in OPERATIONS:
            kind, what = operations_by_name()[name]
            if what in READING:
                arguments = {} if what == "list" else {"id": 1}
                await run(bench, name, arguments)
                reads.add(kind)
            else:
                for tool in ("read_operation", "raw_http_request"):
                    await bench.outcome(tool, {"operation": name, "method": "POST", "path": f"/{kind}"})
        assert bench.changes() == []
    assert "read_operation" in listed
    assert listed.isdisjoint({"change_operation", "delete_operation", "build_sequence"})
    assert len(reads) > 40


@pytest.mark.parametrize("kind", [name for name, each in resource_types().items() if READING & each.operations])
async def test_of_an_excluded_type_nothing_is_told_by_any_operation(kind: str) -> None:
    hidden = with_parts(frozenset({kind}))
    reading = {name for name, (of, what) in operations_by_name().items() if of == kind and what in READING}
    tools = {each.name for each in all_tools() if {(kind, "list"), (kind, "get")} & each.operations}
    guard = Guard(Policy.of([*ALL, ADMIN], excluded=reading | tools), "never")
    async with one(guard) as bench:
        for name, (of, what) in operations_by_name().items():
            if of in hidden and what in READING:
                refused, text = await run(bench, name, {} if what == "list" else {"id": 1})
                assert refused, name
                assert "exclude" in text, text
        found = await bench.call("find_operations", query=f"list {resource_types()[kind].path}")
        paths = {f"/{resource_types()[each].path}" for each in hidden}
        assert [each for each in bench.asked() if f"/{each.split('/')[1]}" in paths] == []
    assert not reading & {row[0] for row in found["rows"]}


async def test_administration_is_closed_until_it_is_chosen() -> None:
    async with one(Guard(Policy.of(), "never")) as bench:
        for name, (kind, what) in operations_by_name().items():
            if kind in ADMINISTRATION and (what not in READING or kind not in SEEN):
                before = len(bench.requests)
                refused, text = await run(bench, name, {"id": 1})
                assert refused
                assert "default,admin" in text
                assert len(bench.requests) == before


async def test_a_dry_run_among_the_arguments_of_an_operation_changes_nothing_either() -> None:
    changed: dict[str, str] = {}
    async with one() as bench:
        for name, (_, what) in operations_by_name().items():
            if what in READING or name in WORDLESS:
                continue
            arguments = {**valid_arguments(bench.store, name), "dry_run": True}
            for given in (arguments, json.dumps(arguments)):
                wrong, text = await bench.outcome(tool_of(name), {"operation": name, "arguments": given})
                if wrong or "nothing was sent" not in text or bench.changes():
                    changed[name] = text
                bench.requests.clear()
    assert changed == {}


async def test_a_dry_run_that_is_neither_true_nor_false_is_refused_wherever_it_stands() -> None:
    async with one() as bench:
        for name in ("delete_account", "delete_product"):
            text = await bench.refused("delete_operation", operation=name, arguments={"id": 1, "dry_run": "perhaps"})
            assert text == "'dry_run' is 'perhaps': it takes true or false. Nothing was sent."
        assert bench.requests == []


async def test_favorites_are_told_with_the_names_of_their_records() -> None:
    async with workbench(guard=Guard(Policy.of(), "never")) as bench:
        found = await bench.call("read_operation", operation="list_favorites")
    target = found["columns"].index("target")
    assert "note" not in found
    assert all(row[target] for row in found["rows"])


async def test_names_of_types_that_no_operation_reads_are_left_out_where_something_is_excluded() -> None:
    async with workbench(guard=Guard(Policy.of(excluded=["list_products", "get_product"]), "never")) as bench:
        found = await bench.call("read_operation", operation="list_favorites")
    assert found["note"] == (
        "related names are left out: it is not known what it would show, and this server's settings exclude a part of "
        "Outreach"
    )
