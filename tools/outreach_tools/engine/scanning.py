"""Reading a list's rows: page after page from a position on, those that belong into the answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from outreach_tools.catalog import ResourceType
from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.arguments import MAX_PAGE_SIZE
from outreach_tools.engine.aside import Going, aside, weight_of
from outreach_tools.engine.columns import Selection
from outreach_tools.engine.conditions import Match
from outreach_tools.engine.cursor import Position, anchor, next_page
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.fetching import fetch, records_of
from outreach_tools.engine.filtering import Filters
from outreach_tools.engine.included import Included, index_included
from outreach_tools.engine.order import Order
from outreach_tools.engine.related import Listers
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import object_at

SCAN_LIMIT = 1000
"""Rows looked at by one call when a filter has to be applied here."""

_SCAN_PAGE = 200  # large enough to be few requests, small enough not to be answered 502 (estuary halves heavy pages)
_ANCHORS = 3  # ids that find a place again where the order cannot be told; a row or two may be gone by then
_AHEAD = 3  # pages on which they are looked for, when rows added before them have moved them there


@dataclass(frozen=True, slots=True)
class Listing:
    """One list to read: everything that goes into its requests.

    `order` is what `sort`, or a link's own query, puts its records in. `count` asks how many records match in all.
    `began` is what relative dates in the filters were reckoned from. `listers` name the tools that list other types.
    """

    resource: ResourceType
    target: str
    selection: Selection
    filters: Filters
    sort: str | None
    size: int
    order: Order | None = None
    count: bool = False
    began: datetime | None = None
    listers: Listers = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Page:
    """A page of Outreach's: where it begins, its records and related records, and where the list goes on after it."""

    position: Position
    records: list[JsonObject]
    included: Included
    following: Position | None
    order: Order | None

    def find(self, last: Sequence[str]) -> int | None:
        """Return how many records stand up to the nearest of some ids, None where none of them is on this page."""
        places = {anchor(record): index for index, record in enumerate(self.records, 1)}
        return next((places[each] for each in last if each in places), None)

    def place_after(self, index: int) -> Position | None:
        """Return where the list goes on after so many of the page's records, None at its end."""
        if index < len(self.records):
            return self._noted(replace(self.position, skip=index), index)
        if self.following is None or self.following.offset is None:
            return self.following
        return self._noted(self.following, index)  # an offset counts rows, and those before it come and go

    def _noted(self, position: Position, index: int) -> Position:
        """Return a position with what finds it again after so many of the page's records."""
        before = [anchor(record) for record in reversed(self.records[max(index - _ANCHORS, 0) : index])]
        order = self.order.shown_by(self.records) if self.order else None
        key = order.key(self.records[index - 1]) if order and index else None
        return replace(position, last=tuple(before[:1] if key else before), key=key)


@dataclass(frozen=True, slots=True)
class Row:
    """A record found: on which page, and how many of the page's records stand up to it."""

    record: JsonObject
    page: Page
    index: int


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a scan: the rows, how many records were looked at, where the list continues, notes.

    `counts` are Outreach's `meta` of each part of the list that was counted. `looked` are the records that filters
    were applied to here.
    """

    rows: list[Row]
    scanned: int
    end: Position | None
    notes: tuple[str, ...]
    counts: tuple[JsonObject, ...] = ()
    looked: tuple[JsonObject, ...] = ()


async def collect(context: Context, listing: Listing, position: Position | None) -> Found:
    """Read rows from a position on, until there are enough, the list ends or the scan's bound is reached.

    Where the filters are applied here and a count is asked for, rows are counted up to the scan's bound.
    """
    reading = _Reading(context, listing, listing.selection)
    rows: list[Row] = []
    looked: list[JsonObject] = []
    scanned = passed = 0
    enough = SCAN_LIMIT if listing.filters.local and listing.count else listing.size

    async def found(end: Position | None) -> Found:
        return Found(rows, scanned, end, reading.notes, await reading.counts(), tuple(looked))

    while position is not None:
        page, begin = await reading.place(position)
        check = listing.filters.parts[position.part].check
        looked += page.records[begin:] if listing.filters.local and not rows else ()
        looked_at = page.records[begin:]
        # Only a filter that is applied here reads what the records hold.
        weight = weight_of((*looked_at, *page.included.values())) if listing.filters.local else 0
        belong = await aside(weight, partial(_checked, check, page, looked_at))
        for index, (record, belongs) in enumerate(zip(looked_at, belong, strict=True), begin + 1):
            scanned += 1
            if belongs:
                rows.append(Row(record, page, index))
            if len(rows) == enough or scanned == SCAN_LIMIT:
                return await found(page.place_after(index))
        passed += min(begin, len(page.records))
        following = page.following
        if (
            following and following.part == position.part and begin >= len(page.records)
        ):  # rows were added before the place, or the pages became smaller
            following = replace(following, skip=begin - len(page.records), last=position.last, key=position.key)
        if following and following.part == position.part and (not page.records or passed >= SCAN_LIMIT):
            return await found(following)
        position = following
    return await found(None)


def _checked(check: Match, page: Page, records: Sequence[JsonObject], going: Going) -> list[bool]:
    """Return of each of a page's records whether it belongs into the list."""
    return [check(record, page.included) for record in going(records)]


@dataclass(slots=True)
class _Reading:
    """The requests of one call for a list, and what they brought beside records."""

    context: Context
    listing: Listing
    selection: Selection
    notes: tuple[str, ...] = ()
    requests: int = 0
    counted: dict[int, JsonObject] = field(default_factory=dict[int, JsonObject])

    async def place(self, position: Position) -> tuple[Page, int]:
        """Return the page on which a list goes on, and how many of its records were shown before or are to be skipped.

        More of them than the page has are to be skipped on the pages after it.
        """
        page = await self._page(position)
        if not position.last and not position.key:
            return page, position.skip
        order = self.listing.order
        while order and position.key is not None:
            before = order.count_up_to(page.records, position.key)
            if before is None:
                break
            earlier = self._earlier(page, position)
            if before or earlier is None:
                return page, before
            page = await self._page(earlier)
        return await self._anchored(page, position)

    async def counts(self) -> tuple[JsonObject, ...]:
        """Return Outreach's `meta` of every part of the list, where a count was asked for that Outreach makes."""
        if self.listing.count and not self.listing.filters.local:
            for part in range(len(self.listing.filters.parts)):
                if part not in self.counted:
                    await self._page(Position(part=part), size=1)
        return tuple(self.counted.values())

    async def _anchored(self, page: Page, position: Position) -> tuple[Page, int]:
        """Find the place by the ids of the rows before it, on this page or near it; else by their number."""
        looked = page
        for _ in range(_AHEAD):
            if (index := looked.find(position.last)) is not None:
                return looked, index
            following = self._earlier(looked, position) or looked.following
            if following is None or following.part != position.part:
                break
            looked = await self._page(following)
        return page, position.skip

    def _earlier(self, page: Page, position: Position) -> Position | None:
        """Return the page before one that is counted in rows, None where there is none."""
        offset = page.position.offset
        return position.at_offset(max(offset - self._size, 0)) if offset else None

    def _part_after(self, part: int) -> Position | None:
        """Return the beginning of the next part of the list, None after the last."""
        return Position(part=part + 1) if part + 1 < len(self.listing.filters.parts) else None

    @property
    def _size(self) -> int:
        return max(self.listing.size, _SCAN_PAGE) if self.listing.filters.local else self.listing.size

    async def _page(self, position: Position, size: int | None = None) -> Page:
        listing, size = self.listing, size or self._size
        if position.offset and position.last:  # the rows before it show whether the place has moved
            size = min(size + len(position.last), MAX_PAGE_SIZE)
            position = position.at_offset(max(position.offset - len(position.last), 0))
        local, counting = bool(listing.filters.local), listing.count and position.part not in self.counted
        asked: Query = (
            *listing.filters.parts[position.part].query,
            *((("sort", listing.sort),) if listing.sort else ()),
            *((("count", "true"),) if counting and not local else ()),
            *position.query(size),
        )
        # Somebody waits for the first page; a filter that is applied here may read many after it.
        document, self.selection, more = await fetch(
            self.context.client,
            listing.resource,
            listing.target,
            self.selection,
            asked,
            background=local and self.requests > 0,
        )
        self.requests += 1
        self.notes = (*self.notes, *more)
        if counting and not local:
            self.counted[position.part] = object_at(document, "meta")
        following = next_page(document)
        if following and following.after == position.after:
            raise ToolError(f"Outreach's link to the next page of {listing.resource.path} leads to the same page")
        return Page(
            position=Position(position.after, part=position.part),
            records=records_of(document, listing.target, listing.resource.type),
            included=index_included(document, own=self.selection.leads_to_own_type),
            following=replace(following, part=position.part) if following else self._part_after(position.part),
            order=listing.order,
        )
