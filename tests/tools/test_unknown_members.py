"""No schema says that it is closed, because not every client can read that: the server refuses what none of them names.

Every object in the schema of every tool is tried, at whatever depth.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import all_tools
from tests.support.workbench import workbench
from tests.tools.test_wrong_input import good_arguments, value_for

Path = tuple[str, ...]
UNKNOWN = {"favourite_colour": "green"}


def objects(schema: dict[str, Any], path: Path = ()) -> Iterator[Path]:
    """Find the objects in a schema; `[]` in a path is an array's item."""
    if schema["type"] == "object":
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from objects(inner, (*path, name))
    if "items" in schema:
        yield from objects(schema["items"], (*path, "[]"))


def extended(value: Any, schema: dict[str, Any], path: Path) -> Any:
    """Return `value` with a member that nobody knows in the object at `path`."""
    if not path:
        return {**value, **UNKNOWN}
    first, *rest = path
    if first == "[]":
        inner = schema["items"]
        item = {name: value_for(name, each) for name, each in inner["properties"].items()}
        return [extended(item, inner, tuple(rest))]
    inner = schema["properties"][first]
    default: Any = value_for(first, inner)
    return {**value, first: extended(value.get(first, default), inner, tuple(rest))}


PLACES = [(tool, path) for tool in all_tools() for path in objects(tool.input_schema)]


def test_there_are_objects_at_every_level() -> None:
    assert {len(path) for _, path in PLACES} == {0, 1, 2}


@pytest.mark.parametrize(
    ("tool", "path"), [pytest.param(tool, path, id=".".join((tool.name, *path))) for tool, path in PLACES]
)
async def test_a_member_that_no_schema_names_is_refused_by_name_and_nothing_is_sent(tool: Tool, path: Path) -> None:
    arguments = extended(good_arguments(tool), tool.input_schema, path)
    async with workbench([]) as bench:
        message = await bench.refused(tool.name, **arguments)
        assert bench.asked() == []
    assert "favourite_colour" in message
