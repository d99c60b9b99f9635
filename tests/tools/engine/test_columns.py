"""Cells of lists: what is read at less cost, because nothing in it is long, is what is read with care."""

from typing import Any

import pytest

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.bounding import is_slight
from outreach_tools.engine.columns import select
from outreach_tools.engine.included import Included
from outreach_tools.engine.text import CELL_LIMIT
from outreach_tools.toolsets import RESOURCES

USER = {"type": "user", "id": 1}
COLUMNS = [
    (declared.type, column)
    for declared in RESOURCES
    for column in select(resource_type(declared.type), declared.columns, summary=True).columns
]
VALUES: tuple[Any, ...] = (
    None, "", "Ada", 0, 1.5, True, "a\n\tb  c", "a" * CELL_LIMIT, "a" * (CELL_LIMIT + 1), "a " * CELL_LIMIT,
    "2026-11-18", "2026-11-18T15:30:00.000Z", "2026-11-18T15:30:00+02:00", "2026-11-18T15:30:00.000Z" * 9,
    [], ["a"], ["a", 1, None], ["a" * 500], {}, {"a": 1}, [{"a": 1}], USER, [USER], [USER] * 12, {"type": "user"},
    {"type": [], "id": 1}, {"type": "nothing", "id": 1},
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_slight_cell_that_is_read_lightly_is_the_one_that_is_read_with_care(value: Any) -> None:
    different: list[Any] = []
    for kind, column in COLUMNS:
        resource = resource_type(kind)
        record: JsonObject = {
            "type": kind,
            "id": 7,
            "attributes": dict.fromkeys(resource.attributes, value),
            "relationships": {name: {"data": value} for name in resource.relationships},
        }
        for named in (None, "Ada", value):
            included: Included = {("user", 1): {**USER, "attributes": {"name": named}}}
            light = column.light(record, included) if column.light else None
            if column.light and is_slight([light]) and light != column.read(record, included):
                different.append((kind, column.name, light))
    assert different == []


def test_what_is_long_is_not_slight_when_it_is_read_lightly() -> None:
    long = "Ada " * CELL_LIMIT
    for kind, column in COLUMNS:
        record: JsonObject = {"type": kind, "id": 7, "attributes": dict.fromkeys(resource_type(kind).attributes, long)}
        read = column.light(record, {}) if column.light else long
        assert read in (None, 7, []) or not is_slight([read]), (kind, column.name)


def test_nearly_every_column_of_a_list_can_be_read_lightly() -> None:
    careful = {column.name for _, column in COLUMNS if column.light is None}
    assert {name for name in careful if not name.endswith("Html") and "." not in name} == set()
