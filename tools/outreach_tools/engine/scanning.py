"""Reading a list's rows: page after page from a position on, those that belong into the answer."""

from dataclasses import dataclass, replace
from datetime import datetime

from outreach_tools.catalog import ResourceType
from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.columns import Selection
from outreach_tools.engine.cursor import Position, anchor, next_page
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.fetching import fetch, records_of
from outreach_tools.engine.filtering import Filters
from outreach_tools.engine.included import Included, index_included
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import object_at

SCAN_LIMIT = 1000
"""Rows looked at by one call when a filter has to be applied here."""

_SCAN_PAGE = 200  # large enough to be few requests, small enough not to be answered 502 (estuary halves heavy pages)
_ANCHORS = 3  # ids that find a place again; a row or two among the last may be gone by then


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


@dataclass(frozen=True, slots=True)
class Page:
    """A page of Outreach's: its cursor, its records and related records, and where the next one begins."""

    after: str
    records: list[JsonObject]
    included: Included
    following: Position | None

    def begin(self, position: Position) -> int:
        """Return the index of the first record after a position in this page; past its end, on a later page."""
        if self.following and position.skip > len(self.records):
            return position.skip  # the pages have become smaller since the position was noted
        places = {anchor(record): index for index, record in enumerate(self.records, 1)} if position.last else {}
        return next((places[each] for each in position.last if each in places), position.skip)

    def place_after(self, index: int) -> Position | None:
        """Return where the list goes on after so many of the page's records, None at its end."""
        if index >= len(self.records):
            return self.following
        before = [anchor(record) for record in reversed(self.records[max(index - _ANCHORS, 0) : index])]
        return Position(self.after, index, tuple(before) if all(before) else ())


@dataclass(frozen=True, slots=True)
class Row:
    """A record found: on which page, and how many of the page's records stand up to it."""

    record: JsonObject
    page: Page
    index: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was read: the rows, how many records were looked at, where the list goes on, notes, Outreach's `meta`."""

    rows: list[Row]
    scanned: int
    end: Position | None
    notes: tuple[str, ...]
    meta: JsonObject


async def collect(context: Context, listing: Listing, position: Position | None) -> Found:
    """Read rows from a position on, until there are enough, the list ends or the scan's bound is reached.

    Where the filters are applied here and a count is asked for, rows are counted up to the scan's bound.
    """
    rows: list[Row] = []
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
        records = records_of(document, listing.target)
        following = next_page(document)
        page = Page(position.after, records, index_included(document), following)
        if following == position:
            raise ToolError(f"Outreach's link to the next page of {listing.resource.path} leads to the same page")
        begin = page.begin(position)
        for index, record in enumerate(records[begin:], begin + 1):
            scanned += 1
            if listing.filters.check(record):
                rows.append(Row(record, page, index))
            if len(rows) == enough or scanned == SCAN_LIMIT:
                return Found(rows, scanned, page.place_after(index), notes, meta)
        if not records:
            return Found(rows, scanned, following, notes, meta)
        if following and begin > len(records):
            following = replace(following, skip=begin - len(records), last=position.last)
        position = following
    return Found(rows, scanned, None, notes, meta)
