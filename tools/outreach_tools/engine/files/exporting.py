"""Exports a selection: every record a row of a file, written as it is read, so that memory does not grow with it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import anyio
from anyio.to_thread import run_sync

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import ExportArguments
from outreach_tools.engine.columns import Column, select
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.figures.budget import Budget, Coverage
from outreach_tools.engine.figures.reading import Reading
from outreach_tools.engine.figures.selected import Selected
from outreach_tools.engine.figures.selecting import Selecting
from outreach_tools.engine.files.cells import LONGEST, cell_of, guarded, text_of
from outreach_tools.engine.files.service import Draft
from outreach_tools.engine.files.writers import MEDIA_TYPES, Format, Table, written
from outreach_tools.engine.fitting import fit
from outreach_tools.engine.included import Included
from outreach_tools.engine.labels.fields import is_key
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.naming.kinds import words_of
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.tool import Context

MOST_RECORDS = 100_000
"""Records of one file."""

_PAGE, _HEAVY_PAGE = (
    1_000,
    200,
)  # records of a request; long texts in large pages are answered 502 (estuary halves them)
_SPARE = 10  # requests more, as the last pages of ranges are not full
_SAMPLE = 3  # rows that the answer shows
_CELL = 60  # characters of a cell in it
_COLUMNS = 12  # columns in it


async def export_records(
    context: Context, declared: Resource, given: ExportArguments, form: Format, names: Names
) -> JsonObject:
    """Write a selection into a file, and answer where that is, how large, and how it begins."""
    if context.files is None:
        raise ToolError("This server keeps no files.")
    selecting = Selecting.of(context, declared, names)
    resource, labels = resource_type(declared.type), selecting.labels
    selected = await _selected(selecting, given)
    size = _HEAVY_PAGE if any(each.name.endswith("Html") for each in selected.selection.columns) else _PAGE
    reading = Reading(context, selected, Budget(MOST_RECORDS // size + _SPARE, context.now), size)
    await reading.begin()
    if reading.total is not None and reading.total > MOST_RECORDS:
        raise _too_many(resource, f"{reading.total:,}")
    columns = selected.selection.columns
    await labels.load_for(column.name for column in columns)
    headers = _headers(columns, labels)
    async with context.files.draft(_name(resource, form, context.now()), MEDIA_TYPES[form]) as draft:
        rows = await _written(reading, form, draft, headers, columns)
        kept = await draft.keep()
    sample: JsonObject = {"columns": headers[:_COLUMNS], "first_rows": rows.sample}
    notes = [*selected.filters.notes, *reading.notes, *labels.notes]
    if rows.cut:
        notes.append(f"{rows.cut:,} texts longer than {LONGEST:,} characters, the most that a cell takes, were cut")
    if len(headers) > _COLUMNS:
        notes.append(f"the file has {len(headers) - _COLUMNS} more columns")
    return fit({**kept.told(rows.count), **sample}, context.max_result_tokens, tuple(notes))


async def _selected(selecting: Selecting, given: ExportArguments) -> Selected:
    """Return the selection with the columns of a file."""
    context, declared, labels = selecting.context, selecting.declared, selecting.labels
    resource = resource_type(declared.type)
    keys = await labels.keys(given.fields or ())
    if "links" in keys:
        raise ArgumentError("'links' are addresses of the API and not a column of a file: leave it out of 'fields'")
    filters = await selecting.filters(given.filters)
    wanted = [keys[name] for name in given.fields] if given.fields is not None else list(declared.columns)
    if "*" in wanted:
        await labels.load()
        wanted = [*(name for name in wanted if name != "*"), *everything(declared, labels)]
    selection = select(resource, wanted, summary=False, also=filters.fetch, zone=context.zone)
    return Selected(resource, filters, selection)


def everything(declared: Resource, labels: Labels) -> list[str]:
    """Return the names of all columns: attributes, custom fields with a label, and relationships to one record."""
    resource = resource_type(declared.type)
    attributes = [
        each.name
        for each in resource.attributes.values()
        if not each.write_only
        and not each.recorded
        and each.name not in declared.hidden
        and (not is_key(each.name) or each.name in labels.fields.by_key)
    ]
    links = [each.name for each in resource.relationships.values() if each.embedded and not each.many]
    return [*attributes, *links]


class _Rows:
    """The rows that were written: their number, the first of them, and the texts that were cut."""

    __slots__ = ("count", "cut", "sample")

    def __init__(self) -> None:
        self.count = self.cut = 0
        self.sample: list[list[Any]] = []


async def _written(
    reading: Reading, form: Format, draft: Draft, headers: Sequence[str], columns: Sequence[Column]
) -> _Rows:
    """Write all records of a selection. Raises `ToolError` where not all can be read."""
    resource, rows, lock = reading.selected.resource, _Rows(), anyio.Lock()

    async def take(file: Table, records: Sequence[JsonObject], included: Included) -> None:
        if rows.count + len(records) > MOST_RECORDS:
            raise _too_many(resource, f"more than {MOST_RECORDS:,}")
        async with lock:  # pages come side by side, and rows go into the file one after the other
            values = await run_sync(partial(_write, file, records, included, columns))
            rows.sample += [list(map(_shown, row[:_COLUMNS])) for row in values[: _SAMPLE - len(rows.sample)]]
            rows.count += len(records)

    async with written(form, draft, headers) as file:
        _require_whole(await reading.read(partial(take, file)), resource)
    rows.cut = file.cut
    return rows


def _require_whole(coverage: Coverage, resource: ResourceType) -> None:
    if not coverage.whole:
        of = f" of {coverage.total:,}" if coverage.total is not None else ""
        raise ToolError(
            f"Nothing was written: only {coverage.read:,}{of} {words_of(resource.type, many=True)} could be read "
            f"({coverage.why}). Export them in parts, by filters such as createdAt, or try again later."
        )


def _write(
    file: Table, records: Sequence[JsonObject], included: Included, columns: Sequence[Column]
) -> list[list[Any]]:
    values = [[column.read(record, included) for column in columns] for record in records]
    file.write(values)
    return values[:_SAMPLE]


def _headers(columns: Sequence[Column], labels: Labels) -> list[str]:
    """Return the header of each column: the label of a custom field, any other name as answers have it."""
    return [guarded(labels.shown(column.name)) for column in columns]


def _shown(value: Any) -> Any:
    cell = cell_of(value)
    return one_line(clean(text_of(cell)), _CELL) if isinstance(cell, str) else cell


def _name(resource: ResourceType, form: Format, now: datetime) -> str:
    return f"{resource.path}-{now:%Y-%m-%d-%H%M%S}.{form}"


def _too_many(resource: ResourceType, number: str) -> ToolError:
    many = words_of(resource.type, many=True)
    return ToolError(
        f"Nothing was written: the filters match {number} {many}, and a file takes {MOST_RECORDS:,}. Narrow them, such "
        "as by createdAt, and export in parts."
    )
