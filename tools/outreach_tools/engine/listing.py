"""Lists, whatever the resource: filtered, sorted, in columns, a page at a time, within the answer's budget."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.answers import fit_rows
from outreach_tools.engine.arguments import ListArguments, OptionsArguments, read
from outreach_tools.engine.columns import Column, Included, Selection, index_included, select, shown
from outreach_tools.engine.cursor import FIRST, Position, begun_at, decode, encode, fingerprint, next_page
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import ListTool, OptionsTool, Resource
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.fetching import fetch
from outreach_tools.engine.filtering import Filters, build_filters, sent_as_given
from outreach_tools.engine.fitting import fit_row
from outreach_tools.engine.making import READS, make_tool
from outreach_tools.engine.matching import listed, nearest
from outreach_tools.engine.names import resolve_name
from outreach_tools.engine.related import FEW
from outreach_tools.engine.schemas import list_schema, options_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.json_values import array_at, is_object, member, object_at

SCAN_LIMIT = 1000
"""Rows looked at by one call when a filter has to be applied here."""

_EMPTY: tuple[Any, ...] = (None, "", [], {})
_SCAN_PAGE = 200  # large enough to be few requests, small enough not to be answered 502 (estuary halves heavy pages)


@dataclass(frozen=True, slots=True)
class Listing:
    """One list to read: everything that goes into its requests.

    `count` asks how many records match in all. `began` is what relative dates in the filters were reckoned from.
    """

    resource: ResourceType
    target: str
    selection: Selection
    filters: Filters
    sort: str | None
    size: int
    count: bool = False
    began: datetime | None = None


_ANCHORS = 3  # ids that find a place again; a row or two among the last may be gone by then


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of Outreach's: its cursor, its records and related records, and where the next one begins."""

    after: str
    records: list[JsonObject]
    included: Included
    following: Position | None

    def begin(self, position: Position) -> int:
        """Return the index of the first record after a position in this page; past its end, on a later page."""
        if self.following and position.skip > len(self.records):
            return position.skip  # the pages have become smaller since the position was noted
        places = {str(record.get("id")): index for index, record in enumerate(self.records, 1)} if position.last else {}
        return next((places[each] for each in position.last if each in places), position.skip)

    def place_after(self, index: int) -> Position | None:
        """Return where the list goes on after so many of the page's records, None at its end."""
        if index >= len(self.records):
            return self.following
        before = [str(record.get("id")) for record in reversed(self.records[max(index - _ANCHORS, 0) : index])]
        return Position(self.after, index, tuple(before) if all(map(str.isdigit, before)) else ())


@dataclass(frozen=True, slots=True)
class _Row:
    """A record found: on which page, and how many of the page's records stand up to it."""

    record: JsonObject
    page: _Page
    index: int


@dataclass(frozen=True, slots=True)
class _Found:
    """What was read: the rows, how many records were looked at, where the list goes on, notes, Outreach's `meta`."""

    rows: list[_Row]
    scanned: int
    end: Position | None
    notes: tuple[str, ...]
    meta: JsonObject


def list_tool(declared: Resource, tool: ListTool) -> Tool:
    """Make the tool that lists a resource."""

    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        given = read(ListArguments, arguments)
        resource = resource_type(declared.type)
        # Every page of a list takes the day to be what it was on the first: it is a cursor into that very query.
        began = begun_at(given.page_after) or context.now().replace(microsecond=0)
        filters = await build_filters(declared, given.filters, context.client, Calendar(began, context.zone))
        names = declared.columns if given.fields is None else given.fields
        summary = given.fields is None
        selection = select(resource, names, summary=summary, also=filters.fetch, zone=context.zone)
        listing = Listing(
            resource=resource,
            target=f"/{resource.path}",
            selection=selection,
            filters=filters,
            sort=_sort(resource, given.sort or tool.sort),
            size=given.page_size,
            count=given.count,
            began=began if filters.dated else None,
        )
        return await list_answer(context, listing, given.page_after)

    return make_tool(declared, tool, list_schema(declared), run, READS, "list")


def options_tool(declared: Resource, tool: OptionsTool) -> Tool:
    """Make the tool that lists a resource's ids and labels, as a drop-down would."""

    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        resource = resource_type(declared.type)
        given = read(OptionsArguments, arguments)
        if given.q is not None and "q" not in resource.filters:
            raise ArgumentError("unknown argument 'q'; this tool takes page_size, page_after")
        query = (("filter[q]", given.q),) if given.q else ()
        filters = sent_as_given(query)
        selection = select(resource, tool.label, summary=True, zone=context.zone)
        listing = Listing(resource, f"/{resource.path}", selection, filters, None, given.page_size)
        return await list_answer(context, listing, given.page_after)

    return make_tool(declared, tool, options_schema(declared), run, READS, "list")


def _sort(resource: ResourceType, given: str | None) -> str | None:
    if not given:
        return None
    descending = "-" if given.startswith("-") else ""
    known = resolve_name(resource, given.removeprefix("-"))
    sortable = [each.name for each in resource.attributes.values() if each.sortable]
    if known not in sortable:
        raise ArgumentError(
            f"'sort' is {given!r}; Outreach sorts {resource.path} by {listed(sortable)}{nearest(given, sortable)}"
        )
    return f"{descending}{known}"


async def list_answer(
    context: Context, listing: Listing, page_after: str | None, *, start: Position = FIRST
) -> JsonObject:
    """Read a list from where `page_after` points to (else from `start`) and answer with as much as fits."""
    mark = fingerprint(listing.target, listing.filters.query, listing.filters.mark, listing.sort)
    position = start if page_after is None else decode(page_after, mark)
    found = await _collect(context, listing, position)
    rows, notes = found.rows[: listing.size], found.notes
    columns = _columns(listing, rows)
    names, readers = [column.name for column in columns], [column.read for column in columns]
    cells = ([read(row.record, row.page.included) for read in readers] for row in rows)
    names, empty, shown_rows = _without_empty(names, fit_rows(names, cells, context.max_result_tokens))
    kept = len(shown_rows)
    after = found.end if kept == len(found.rows) else rows[kept - 1].page.place_after(rows[kept - 1].index)
    if kept < len(rows):
        notes = (*notes, f"{len(rows) - kept} more rows did not fit: go on with page_after")
    answer: JsonObject = {"returned": kept, "has_more": after is not None}
    if listing.count:
        answer["count"], reason = _counted(listing, found, from_start=position == FIRST)
        notes = (*notes, reason) if reason else notes
    if after is not None:
        answer["page_after"] = encode(after, mark, listing.began)
    if listing.filters.local or (found.scanned == SCAN_LIMIT and len(found.rows) < listing.size):
        answer.update(scanned=found.scanned, scan_complete=found.end is None)
    if counts := _counts(listing.resource, names, shown_rows):
        notes = (*notes, f"{listed(counts)}: more than {FEW} are a count; get the record with that field for all ids")
    if listing.filters.notes or notes:
        answer["note"] = ". ".join((*listing.filters.notes, *notes))
    if empty:
        answer["empty_columns"] = empty
    answer.update(columns=names, rows=shown_rows)
    return fit_row(answer, context.max_result_tokens) if kept == 1 else answer


def _counted(listing: Listing, found: _Found, *, from_start: bool) -> tuple[int | None, str]:
    """Return how many records match in all, None where that is unknown, and what there is to say about it."""
    if listing.filters.local:
        if from_start and found.end is None:
            return len(found.rows), ""
        seen = f"{len(found.rows):,} of the {found.scanned:,} records looked at {'' if from_start else 'here '}match"
        return None, f"Outreach cannot count by {listed(listing.filters.local)}: {seen}"
    count, cut = found.meta.get("count"), found.meta.get("count_truncated") is True
    if not isinstance(count, int) or (cut and count == 0):
        return None, "Outreach did not count" + (", it is busy: ask again later" if cut else "")
    return count, "Outreach counts no further: there are more" if cut else ""


async def _collect(context: Context, listing: Listing, position: Position | None) -> _Found:
    """Read rows from a position on, until there are enough, the list ends or the scan's bound is reached.

    Where the filters are applied here and a count is asked for, rows are counted up to the scan's bound.
    """
    rows: list[_Row] = []
    notes: tuple[str, ...] = ()
    meta: JsonObject = {}
    selection, scanned, local = listing.selection, 0, bool(listing.filters.local)
    size = max(listing.size, _SCAN_PAGE) if local else listing.size
    enough = SCAN_LIMIT if local and listing.count else listing.size
    rest: Query = (*listing.filters.query, *((("sort", listing.sort),) if listing.sort else ()))
    while position is not None:
        counting = (("count", "true"),) if listing.count and not local and not scanned else ()
        query = (*rest, *counting, *position.query(size))
        # Somebody waits for the first page; a filter that is applied here may read many after it.
        document, selection, more = await fetch(
            context.client, listing.resource, listing.target, selection, query, background=local and scanned > 0
        )
        notes = (*notes, *more)
        meta = meta or object_at(document, "meta")
        records: list[JsonObject] = [each for each in array_at(document, "data") if is_object(each)]
        following = next_page(document)
        page = _Page(position.after, records, index_included(document), following)
        if following == position:
            raise ToolError(f"Outreach's link to the next page of {listing.resource.path} leads to the same page")
        begin = page.begin(position)
        for index, record in enumerate(records[begin:], begin + 1):
            scanned += 1
            if listing.filters.check(record):
                rows.append(_Row(record, page, index))
            if len(rows) == enough or scanned == SCAN_LIMIT:
                return _Found(rows, scanned, page.place_after(index), notes, meta)
        if not records:
            return _Found(rows, scanned, following, notes, meta)
        if following and begin > len(records):
            following = replace(following, skip=begin - len(records), last=position.last)
        position = following
    return _Found(rows, scanned, None, notes, meta)


def _columns(listing: Listing, rows: Sequence[_Row]) -> tuple[Column, ...]:
    """Return the columns; with everything asked for, those attributes that hold something in some row."""
    selection = listing.selection
    if not selection.everything:
        return selection.columns
    filled = dict.fromkeys(
        name for row in rows for name, value in object_at(row.record, "attributes").items() if value not in _EMPTY
    )
    return (*selection.columns, *(_any_column(listing.resource, name, selection.zone) for name in filled))


def _without_empty(names: list[str], cells: list[list[Any]]) -> tuple[list[str], list[str], list[list[Any]]]:
    """Leave out the columns that are empty in every row; return the names kept, those left out, and the cells."""
    kept = [index for index in range(len(names)) if any(row[index] or row[index] not in _EMPTY for row in cells)]
    if not cells or len(kept) == len(names):
        return names, [], cells
    left_out = [name for index, name in enumerate(names) if index not in kept]
    return [names[index] for index in kept], left_out, [[row[index] for index in kept] for row in cells]


def _counts(resource: ResourceType, names: list[str], cells: list[list[Any]]) -> list[str]:
    """Return the columns of many related records in which some row has a count instead of ids."""
    many = [(index, name) for index, name in enumerate(names) if name in resource.relationships]
    return [name for index, name in many if any(is_object(row[index]) for row in cells)]


def _any_column(resource: ResourceType, name: str, zone: tzinfo) -> Column:
    """Return the column of an attribute that may be unknown to the catalogue: live records hold more than it names."""
    known = resource.attributes.get(name)

    def read_value(record: JsonObject, _: Included) -> Any:
        value = member(record, "attributes", name)
        return shown(known, value, False, zone) if known else value

    return Column(name, read_value)
