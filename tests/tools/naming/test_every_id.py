"""Wherever a record's id goes a name goes as well, and the same is sent: over every tool and every such place."""

from collections.abc import Iterator
from typing import Any

import pytest

from outreach_tools.catalog import resource_type
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.engine.finders import kinds_of_id
from outreach_tools.engine.naming.kinds import NAMINGS, kind_of_attribute
from outreach_tools.engine.tool import Tool
from tests.support.workbench import workbench
from tests.tools.filling import LISTS, TOOLS, WRITES, Path, enough_for, put, requests_of, writable
from tests.tools.naming.world import ONE, WORLD, Refusing, name_of

ENROL = "add_prospect_to_sequence"


def targets() -> Iterator[tuple[Tool, Path, str]]:
    """Yield every argument of a tool that is a record's id by its name, with the type of the record."""
    for tool in TOOLS:
        for name in tool.input_schema["properties"]:
            if tool.name == ENROL:
                yield tool, (name,), name.removesuffix("_id")
            elif name in tool.input_schema.get("required", ()) and name.endswith("_id"):
                yield tool, (name,), tool.resource
            elif tool.resource and name in NAMINGS:
                yield tool, (name,), name
            elif name.endswith("Id"):
                yield tool, (name,), kinds_of_id(tool.resource, name)[0]


def links() -> Iterator[tuple[Tool, Path, str]]:
    """Yield every relationship that a tool may write, with each type that it may lead to, and every attribute alike."""
    for tool in WRITES:
        resource = resource_type(tool.resource)
        for each in resource.relationships.values():
            for kind in each.types if not each.read_only else ():
                many: Path = (0,) if each.many else ()
                typed: Path = ("id",) if len(each.types) > 1 else ()
                yield tool, ("relationships", each.name, *many, *typed), kind
        for attribute in writable(tool):
            if kind := kind_of_attribute(tool.resource, attribute):
                yield tool, ("attributes", attribute.name), kind


PLACES = [place for place in (*targets(), *links()) if place[2] in NAMINGS]


def filters() -> Iterator[tuple[Tool, str, str]]:
    """Yield every filter of a list by the ids of one type, and those that stand for it, with the type."""
    for tool in LISTS:
        resource = resource_type(tool.resource)
        yield tool, "id", tool.resource
        for name in filter_names(resource):
            path, _, inner = name.partition(".")
            if inner == "id" and len(resource.relationships[path].types) == 1:
                for spelling in (name, path, f"{path}_id"):
                    yield tool, spelling, resource.relationships[path].types[0]
            elif name in resource.attributes and (kind := kind_of_attribute(tool.resource, resource.attributes[name])):
                yield tool, name, kind


FILTERS = [each for each in filters() if each[2] in NAMINGS]


def test_the_tables_hold_the_ids_of_all_tools() -> None:
    words = ("'id or name'", "'id, name or me'")
    shown = {tool.name for tool in TOOLS if any(each in str(tool.input_schema) for each in words)}
    assert shown <= {tool.name for tool, _, _ in PLACES}
    assert len(PLACES) > 100
    assert len(FILTERS) > 150
    assert {kind for _, _, kind in PLACES} | {kind for _, _, kind in FILTERS} == NAMINGS.keys()


def test_every_type_that_a_tool_may_name_is_declared_as_such() -> None:
    lacking = {(tool.name, kind) for tool, _, kind in (*PLACES, *FILTERS) if kind not in tool.names}
    assert lacking == set()


@pytest.mark.parametrize("tool", {tool.name: tool for tool, _, _ in PLACES}.values(), ids=lambda tool: tool.name)
async def test_a_name_is_sent_as_the_id_it_stands_for(tool: Tool) -> None:
    wrong: list[Any] = []
    async with workbench(WORLD, through=Refusing) as bench:
        for _, path, kind in (each for each in PLACES if each[0] is tool):
            arguments = enough_for(tool, path)
            if path[-1] == "id" and len(path) > 1:
                arguments = put(arguments, (*path[:-1], "type"), kind)
            wanted, text = await requests_of(bench, tool, put(arguments, path, str(ONE)))
            for name in (name_of(kind), f" {name_of(kind).upper()} . "):
                sent, text = await requests_of(bench, tool, put(arguments, path, name))
                if not wanted or sent[-len(wanted) :] != wanted:
                    wrong.append((path, name, sent, wanted, text))
    assert wrong == []


@pytest.mark.parametrize("tool", {tool.name: tool for tool, _, _ in FILTERS}.values(), ids=lambda tool: tool.name)
async def test_a_name_in_a_filter_is_sent_as_the_id_it_stands_for(tool: Tool) -> None:
    wrong: list[Any] = []
    async with workbench(WORLD, through=Refusing) as bench:
        for _, field, kind in (each for each in FILTERS if each[0] is tool):
            name = name_of(kind)
            for by_name, by_id in (
                (name, ONE), ([name], [ONE]), ([7, name], [7, ONE]), (f"7, {name}", f"7,{ONE}"),
                (f"null, {name}", f"null,{ONE}"), (f'["{name}"]', f"[{ONE}]"),
            ):  # fmt: skip
                wanted, _ = await requests_of(bench, tool, {"filters": [{"field": field, "criteria": by_id}]})
                sent, text = await requests_of(bench, tool, {"filters": [{"field": field, "criteria": by_name}]})
                if wanted and sent[-len(wanted) :] != wanted:
                    wrong.append((field, by_name, sent, wanted, text))
    assert wrong == []
