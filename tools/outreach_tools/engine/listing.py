"""Lists, whatever the resource: filtered, sorted, in columns, a page at a time, within the answer's budget."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Any

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost, fit_rows
from outreach_tools.engine.arguments import ListArguments, OptionsArguments, read
from outreach_tools.engine.aside import aside, weight_of, weight_of_value
from outreach_tools.engine.bounding import LONGEST_NAME, bounded, is_slight
from outreach_tools.engine.columns import Column, Selection, attribute_column, select
from outreach_tools.engine.cursor import FIRST, Past, Position, decode, encode, fingerprint, past_of
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import ListTool, OptionsTool, Resource
from outreach_tools.engine.display import EMPTY, Form
from outreach_tools.engine.emptiness import REQUESTS, Looked, related_types, why_empty
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.filtering import NO_FILTERS, Filters, build_filters, refuse_endless, searched, sent_as_given
from outreach_tools.engine.fitting import fit_row, head
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.making import READS, make_tool
from outreach_tools.engine.marks import UNTRUSTED, fitting_marks, long_texts
from outreach_tools.engine.matching import few, listed, nearest
from outreach_tools.engine.names import resolve_name
from outreach_tools.engine.naming.references import Names, by_names
from outreach_tools.engine.order import Order, order_of
from outreach_tools.engine.pages import page_of
from outreach_tools.engine.related import FEW
from outreach_tools.engine.scanning import SCAN_LIMIT, Found, Listing, Row, collect
from outreach_tools.engine.schemas import list_schema, options_schema
from outreach_tools.engine.text import Cut
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.zones import time_zone as zone_of
from outreach_tools.json_values import is_object, object_at

_MOST_COLUMNS = 2_000  # a record has up to three hundred attributes
_FEW_CELLS = 10_000  # read in some 5 ms
_FEW_NAMES = 10  # names of columns that always have room


def list_tool(declared: Resource, tool: ListTool) -> Tool:
    """Make the tool that lists a resource."""

    resource = resource_type(declared.type)
    usual_order = _ordered(resource, tool.sort)

    @lru_cache(maxsize=32)
    def usual(time_zone: str, also: tuple[str, ...]) -> Selection:
        return select(resource, declared.columns, summary=True, also=also, zone=zone_of(time_zone))

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        given = read(ListArguments, arguments)
        labels = Labels(context, resource)
        for each in given.filters:
            refuse_endless(each)
        filters, began, keys = NO_FILTERS, None, dict[str, str]()
        if given.fields or given.filters:
            keys = await labels.keys([*(given.fields or ()), *(each.field for each in given.filters)])
        if given.filters:
            # Every page of a list takes the day to be what it was on the first: it is a cursor into that very query.
            began = past_of(given.page_after).began or context.now().replace(microsecond=0)
            filters = await build_filters(declared, given.filters, names, Calendar(began, context.zone), labels, keys)
            refuse_withheld(filters, context.withheld.get(resource.type, frozenset()))
        sort, order = _ordered(resource, given.sort) if given.sort else usual_order
        also = (*filters.fetch, *((order.attribute.name,) if order and order.attribute else ()))
        if given.fields is None:
            selection = usual(context.time_zone, also)
        else:
            fields = [keys[name] for name in given.fields]
            selection = select(resource, fields, summary=False, also=also, zone=context.zone)
        listing = Listing(
            resource=resource,
            target=f"/{resource.path}",
            selection=selection,
            filters=filters,
            sort=sort,
            size=given.page_size,
            order=order,
            count=given.count,
            began=began if filters.dated else None,
            listers=declared.listers,
        )
        return await list_answer(context, listing, given.page_after, labels=labels)

    schema = options_schema(declared) if tool.brief else list_schema(declared)
    made = make_tool(declared, tool, schema, by_names(run), READS, "list")
    return replace(made, looks=related_types(resource))


def options_tool(declared: Resource, tool: OptionsTool) -> Tool:
    """Make the tool that lists a resource's ids and labels, as a drop-down would."""

    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        resource = resource_type(declared.type)
        given = read(OptionsArguments, arguments)
        if given.q is not None and "q" not in resource.filters:
            raise ArgumentError("unknown argument 'q'; this tool takes page_size, page_after")
        filters = searched(resource, given.q) if given.q else sent_as_given(())
        selection = select(resource, tool.label, summary=True, zone=context.zone)
        listing = Listing(
            resource, f"/{resource.path}", selection, filters, None, given.page_size, order_of(resource, None)
        )
        return await list_answer(context, listing, given.page_after)

    return make_tool(declared, tool, options_schema(declared), run, READS, "list")


def refuse_withheld(filters: Filters, withheld: frozenset[str]) -> None:
    """Raise for a filter by what answers leave out: here no row would match, and elsewhere the rows would tell it."""
    if name := next((each for each in filters.fetch if each in withheld), None):
        raise ToolError(
            f"A filter by {name!r} is refused: this server's settings exclude what it shows. Nothing was sent. "
            "Leave that filter out."
        )


def _ordered(resource: ResourceType, given: str | None) -> tuple[str | None, Order | None]:
    """Return a sort as Outreach spells it, and the order that it makes. Raises `ArgumentError`."""
    sort = _sort(resource, given) if given else None
    return sort, order_of(resource, sort)


def _sort(resource: ResourceType, given: str) -> str:
    descending = "-" if given.startswith("-") else ""
    known = resolve_name(resource, given.removeprefix("-"))
    sortable = [each.name for each in resource.attributes.values() if each.sortable]
    if known not in sortable:
        raise ArgumentError(
            f"'sort' is {given!r}; Outreach sorts {resource.path} by {listed(sortable)}{nearest(given, sortable)}"
        )
    return f"{descending}{known}"


async def list_answer(
    context: Context, listing: Listing, page_after: str | None, *, start: Position = FIRST, labels: Labels | None = None
) -> JsonObject:
    """Read a list from where `page_after` points to (else from `start`) and answer with as much as fits.

    Raises `ArgumentError` for a `page_after` that no answer gave.
    """
    queries = [part.query for part in listing.filters.parts]
    mark = fingerprint(listing.target, queries, listing.filters.mark, listing.sort)
    position = start if page_after is None else decode(page_after, mark)
    if position.part >= len(queries):
        raise ArgumentError("'page_after' takes the page_after of an earlier answer, unchanged")
    past, count = past_of(page_after), None
    found = await collect(context, listing, position)
    rows, budget = found.rows[: listing.size], context.max_result_tokens
    most = max(budget, _MOST_COLUMNS)
    columns = _columns(listing, rows, most)
    names, said = await _shown_names(labels or Labels(context, listing.resource), columns)
    told = head(". ".join((*listing.filters.notes, *said, *found.notes)), budget // 4)
    room = budget - cost(told) - cost(_longest_cursor(found))
    fitting, heavy = await _fitting(columns, rows, names, budget, room)
    names, empty, shown_rows = _without_empty(names, fitting)
    notes: tuple[str, ...] = (told,) if told else ()
    if listing.selection.everything and any(len(object_at(row.record, "attributes")) > most for row in rows):
        notes = (*notes, f"of records with more than {most:,} attributes the others were not looked at")
    kept, heavy_rows = len(shown_rows), [shown_rows[index] for index in heavy]
    parts = dict.fromkeys(listing.filters.parts[row.page.position.part].note for row in rows[:kept])
    notes = (*notes, *filter(None, parts))
    after = found.end if kept == len(found.rows) else rows[kept - 1].page.place_after(rows[kept - 1].index)
    if kept < len(rows):
        notes = (*notes, f"{len(rows) - kept} more rows did not fit: go on with page_after")
    answer: JsonObject = {"returned": kept, "has_more": after is not None, **_page(context, listing, kept)}
    if listing.count:
        count, reason = _counted(listing, found, past, from_start=position == FIRST)
        answer["count"] = count
        notes = (*notes, reason) if reason else notes
    nothing = not found.rows and (past.nothing or position == start)
    if after is not None:
        carried = count if listing.filters.local else None
        answer["page_after"] = encode(after, mark, Past(listing.began, carried, nothing))
    if listing.filters.local or (found.scanned == SCAN_LIMIT and len(found.rows) < listing.size):
        answer.update(scanned=found.scanned, scan_complete=found.end is None)
    if counts := _counts(listing.resource, names, heavy_rows):
        notes = (*notes, f"{few(counts)}: more than {FEW} are a count; get the record with that field for all ids")
    if not found.rows and (why := await _why_empty(context, listing, found, begins=position == start, nothing=nothing)):
        notes = (*notes, why)
    if notes:
        answer["note"] = ". ".join(notes)
    if empty:
        answer["empty_columns"] = _within(empty, budget // 4)
    if untrusted := long_texts((name, cell) for row in heavy_rows for name, cell in zip(names, row, strict=True)):
        answer[UNTRUSTED] = untrusted
    answer.update(columns=names if kept else _within(names, budget // 4), rows=shown_rows)
    if kept != 1:
        return answer
    return await aside(weight_of_value(shown_rows), lambda _: fitting_marks(fit_row(answer, budget)))


def _page(context: Context, listing: Listing, kept: int) -> JsonObject:
    """Return one template for the pages of all rows, where they have pages."""
    page = page_of(context, listing.resource.type, "{id}") if kept else ""
    return {"url": page} if page else {}


async def _fitting(
    columns: Sequence[Column], rows: Sequence[Row], names: Sequence[str], budget: int, room: int
) -> tuple[list[list[Any]], list[int]]:
    """Return the cells of as many rows as there is room for, and the places of the rows with more than slight ones.

    The others have neither counts nor long texts in them.
    """
    light = _light_cells(columns, rows)
    if light is not None:
        return fit_rows(names, light, room), []
    readers = [column.read for column in columns]
    # Rows are taken one by one while there is room: each is cut before it is counted.
    cells = (bounded([read(row.record, row.page.included) for read in readers], budget) for row in rows)
    fitting = await aside(weight_of(row.record for row in rows), lambda going: fit_rows(names, going(cells), room))
    return fitting, [index for index, row in enumerate(fitting) if not is_slight(row)]


def _light_cells(columns: Sequence[Column], rows: Sequence[Row]) -> list[list[Any]] | None:
    """Return the cells of a few rows that hold nothing long, which is one walk over them; None for all others.

    Nothing in those is cut or marked, and reading them takes no time that others would notice.
    """
    readers = [column.light for column in columns if column.light is not None]
    if len(readers) < len(columns) or len(columns) * len(rows) > _FEW_CELLS:
        return None
    cells: list[list[Any]] = []
    for row in rows:
        record, included = row.record, row.page.included
        cells.append([read(record, included) for read in readers])
        if not is_slight(cells[-1]):
            return None
    return cells


async def _shown_names(labels: Labels, columns: Sequence[Column]) -> tuple[list[str], tuple[str, ...]]:
    """Return what an answer calls its columns, those of custom fields by their labels, and notes on that."""
    await labels.load_for(column.name for column in columns)
    return [str(Cut.of(labels.shown(column.name), LONGEST_NAME)) for column in columns], labels.notes


async def _why_empty(context: Context, listing: Listing, found: Found, *, begins: bool, nothing: bool) -> str:
    """Return why a page of a list has no row; `nothing` says that no page before it had one.

    One that was read on from a place may have lost its rows since; a scan may not have looked far enough.
    """
    ended, filters = found.end is None, listing.filters
    if not ended and not filters.local:
        return ""
    if ended and not nothing:
        return "no rows are left after this page_after: the list ended before it"
    everything = not any(part.query for part in filters.parts)
    looked = Looked(
        records=found.looked if filters.local and everything else (),
        every=begins and ended and everything,
        ended=ended,
        requests=REQUESTS if begins or ended else 0,
    )
    why = await why_empty(
        context, listing.resource, filters.asked, listing.listers, everything=everything, looked=looked
    )
    if ended:
        return why
    return f"none of the {found.scanned:,} records looked at here matches, go on with page_after" + (why and f"; {why}")


def _counted(listing: Listing, found: Found, past: Past, *, from_start: bool) -> tuple[int | None, str]:
    """Return how many records match in all, None where that is unknown, and what there is to say about it."""
    if listing.filters.local:
        if past.count is not None:
            return past.count, ""
        if from_start and found.end is None:
            return len(found.rows), ""
        seen = f"{len(found.rows):,} of the {found.scanned:,} records looked at {'' if from_start else 'here '}match"
        return None, f"Outreach cannot count by {few(listing.filters.local)}: {seen}"
    cut = any(meta.get("count_truncated") is True for meta in found.counts)
    counts = [count for meta in found.counts if isinstance(count := meta.get("count"), int)]
    if len(counts) < len(listing.filters.parts) or (cut and 0 in counts):
        return None, "Outreach did not count" + (", it is busy: ask again later" if cut else "")
    return sum(counts), "Outreach counts no further: there are more" if cut else ""


def _columns(listing: Listing, rows: Sequence[Row], most: int) -> tuple[Column, ...]:
    """Return the columns; with everything asked for, those attributes that hold something in some row.

    Of each row the first `most` attributes are looked at, and as many become columns.
    """
    selection = listing.selection
    if not selection.everything:
        return selection.columns
    filled = dict.fromkeys(
        name
        for row in rows
        for name, value in islice(object_at(row.record, "attributes").items(), most)
        if name != "id" and value not in EMPTY
    )
    named = {column.name for column in selection.columns}
    return (
        *selection.columns,
        *(
            attribute_column(listing.resource, name, Form.WHOLE, selection.zone)
            for name in islice(filled, most)
            if name not in named
        ),
    )


def _without_empty(names: list[str], cells: list[list[Any]]) -> tuple[list[str], list[str], list[list[Any]]]:
    """Leave out the columns that are empty in every row; return the names kept, those left out, and the cells."""
    columns = enumerate(zip(*cells, strict=True))
    kept = [index for index, column in columns if any(column) or not all(map(EMPTY.__contains__, column))]
    if not cells or len(kept) == len(names):
        return names, [], cells
    left_out = [name for index, name in enumerate(names) if index not in kept]
    return [names[index] for index in kept], left_out, [[row[index] for index in kept] for row in cells]


def _within(names: list[str], room: int) -> list[str]:
    """Return the names, where they cost more than there is room for the first of them and how many more there are."""
    kept = len(names)
    while kept > _FEW_NAMES and cost(names[:kept]) > room:
        kept = kept * 3 // 4
    return names if kept == len(names) else [*names[:kept], f"and {len(names) - kept} more"]


def _longest_cursor(found: Found) -> str:
    return max((found.end.after if found.end else "", *(row.page.position.after for row in found.rows)), key=len)


def _counts(resource: ResourceType, names: list[str], cells: list[list[Any]]) -> list[str]:
    """Return the columns of many related records in which some row has a count instead of ids."""
    many = [(index, name) for index, name in enumerate(names) if name in resource.relationships]
    return [name for index, name in many if any(is_object(row[index]) for row in cells)]
