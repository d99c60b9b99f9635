"""An answer as columns and rows, whatever tool it is of; and as the lines of a CSV file."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from outreach_tools.client import JsonObject
from outreach_tools.engine.marks import UNTRUSTED
from outreach_tools.json_values import is_array, is_object

_OF_LISTS = frozenset({"columns", "rows"})
_PLAIN_COUNTS = frozenset({"returned", "has_more"})
"""The members whose facts everybody sees: how many rows there are, and, from `page_after`, that there are more."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns and rows of an answer; `beside` is what it says beside them, such as where the list goes on.

    A single record is one row of a grid that is not `listed`.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    beside: Mapping[str, str]
    listed: bool = True


def grid_of(answer: JsonObject) -> Grid:
    """Return the grid of a tool's answer."""
    columns: Any = answer.get("columns")
    rows: Any = answer.get("rows")
    if not is_array(columns) or not is_array(rows):
        # A record's own attributes may be called anything else: a task has a note.
        own = {name: value for name, value in answer.items() if name != UNTRUSTED}
        return Grid(tuple(own), (tuple(own.values()),), _beside(answer, {UNTRUSTED}), listed=False)
    others = answer.keys() - _OF_LISTS - _PLAIN_COUNTS
    if answer.get("has_more") and "page_after" not in answer:
        others |= {"has_more"}
    return Grid(tuple(map(str, columns)), tuple(tuple(row) for row in rows), _beside(answer, others))


def text_of(value: object) -> str:
    """Return a value as text: nothing for null, text as it is, anything else as JSON has it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_csv(grid: Grid) -> str:
    """Return a grid as CSV with a line of names (RFC 4180): lines end in CR LF, lists and objects are JSON."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(grid.columns)
    writer.writerows([text_of(value) for value in row] for row in grid.rows)
    return written.getvalue()


def as_words(value: object) -> str:
    """Return a value for the cell of a table: as text, the items of a plain list beside one another."""
    if is_array(value) and not any(is_array(each) or is_object(each) for each in value):
        return ", ".join(text_of(each) for each in value)
    return text_of(value)


def _beside(answer: JsonObject, names: set[str] | frozenset[str]) -> dict[str, str]:
    return {name: as_words(value) for name, value in answer.items() if name in names}
