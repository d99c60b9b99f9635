"""Reads every record of a selection, each once: pages of 1,000 with the fields that are needed, several at once.

Records are read by ranges of their ids, in the order of ids, from both ends of each range: what comes, goes or changes
meanwhile neither hides a record nor shows one twice. Where ids have no order, or Outreach does not keep to it, pages
follow one another by its links.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import TypeAlias

from anyio import create_task_group
from anyio.abc import TaskGroup

from outreach_tools.client import Hindered, JsonObject, NotTaken, Query
from outreach_tools.engine.arguments import MAX_PAGE_SIZE
from outreach_tools.engine.aside import aside, weight_of
from outreach_tools.engine.concurrency import first_of
from outreach_tools.engine.cursor import FIRST, Position, next_page
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.fetching import fetch, records_of
from outreach_tools.engine.figures.budget import Budget, Coverage
from outreach_tools.engine.figures.gaps import End, Gap, Gaps
from outreach_tools.engine.figures.selected import Selected, belonging, count_of, number_of
from outreach_tools.engine.included import Included, index_included
from outreach_tools.engine.order import known_id
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import member

Take: TypeAlias = Callable[[Sequence[JsonObject], Included], Awaitable[None] | None]
"""Takes records of the selection, a page or a part of one at a time, with the related records that came along.

Where that takes time it is waited for before more is read in that place; other pages may come meanwhile.
"""

AT_ONCE = 8
"""Pages under way at once: as many as the client sends of one caller; requests of others go ahead of these."""

SPARE = 4
"""Requests beyond full pages that one reading may take to have more pages under way at once."""

_FIRST_RANGES = 4
_LATER = 3  # pages left beside those under way in a range that is then divided once more


@dataclass(slots=True, eq=False)
class _Page:
    """A page under way: from which end of which gap, and the bounds it was asked for."""

    gap: Gap
    end: End
    low: int | None
    high: int | None
    counted: bool


@dataclass(slots=True)
class Reading:
    """The reading of one selection; stopped by its budget or by an outage, it goes on where it stood.

    `begin` costs one request and tells how many records there are; `read` reads them all, in up to `spare` requests
    more than there are pages of `size`. Of a selection that is too large for Outreach to count it is known that there
    are `more_than` so many.
    """

    context: Context
    selected: Selected
    budget: Budget
    size: int = MAX_PAGE_SIZE
    spare: int = SPARE
    read_so_far: int = 0
    matching: int = 0
    requests: int = 0
    notes: tuple[str, ...] = ()
    hindered: str = ""
    total: int | None = None
    more_than: int = 0
    is_done: bool = False
    _is_begun: bool = False
    _part: int = 0
    _gaps: Gaps = field(default_factory=Gaps)
    _by_range: bool = True
    _position: Position | None = FIRST
    _splits: int = 0
    _seen: set[object] = field(default_factory=set[object])
    _first: tuple[_Page, JsonObject] | None = None
    _under_way: list[_Page] = field(default_factory=list[_Page])
    _taking: int = 0

    @property
    def coverage(self) -> Coverage:
        """The part of the selection that was read so far."""
        why = "" if self.is_done else self.hindered or self._why_stopped
        return Coverage(self.read_so_far, self.is_done, self.requests, self.total, why, self.matching)

    @property
    def estimate(self) -> int | None:
        """The number of requests that reading the rest will take, None where Outreach did not count."""
        if self.is_done:
            return 0
        is_one_page = self._first is not None and next_page(self._first[1]) is None
        if is_one_page and len(self.selected.filters.parts) == 1:
            return 0
        if self.total is None:
            return None
        waiting = len(self._rows(self._first[1])) if self._first else 0
        pages = -(-max(self.total - self.read_so_far - waiting, 0) // self.size)
        return pages + self._spare(pages)

    @property
    def cost(self) -> int:
        """The number of requests that reading the rest takes, at least so many where Outreach did not count."""
        return self.more_than // self.size if self.estimate is None else self.estimate

    async def begin(self) -> None:
        """Read the first page and let Outreach count; its records wait for `read`."""
        if self._is_begun or not self.budget.take():
            return
        self._is_begun = True
        self._by_range = self.selected.has_ranges(self._part)
        if not self._by_range:
            document = await self._fetch(FIRST.query(self.size), count=True)
        else:
            try:
                document = await self._fetch(self._range(None, None, "low"), count=True)
            except NotTaken:  # that ids can be sorted by is what clients do, and documented nowhere
                if not self.budget.take():
                    raise
                self._by_range = False
                document = await self._fetch(FIRST.query(self.size), count=True)
        self.total = await self._counted(document)
        self._first = (_Page(self._gaps.gaps[0], "low", None, None, counted=True), document)

    async def read(self, take: Take) -> Coverage:
        """Read all records that were not read yet, as far as the budget goes, and pass them on to `take`.

        Raises what the client raises, but for an outage after some page: then the coverage says so.
        """
        self.hindered = ""
        await self.begin()
        parts = self.selected.filters.parts
        while not self.is_done:
            if self._first is not None:
                page, document = self._first
                self._first = None
                if self._by_range:
                    await self._took(page, document, take)
                    self._divide_ahead(document)
                else:
                    await self._took_in_turn(document, take)
            if not await self._read_part(take):
                break
            self._part += 1
            self._gaps, self._position, self._splits = Gaps(), FIRST, 0
            self._by_range = self._part < len(parts) and self.selected.has_ranges(self._part)
            self.is_done = self._part == len(parts)
        return self.coverage

    async def _read_part(self, take: Take) -> bool:
        """Read the rest of one query of the selection; return whether all of it was read."""
        if self._by_range:
            try:
                async with create_task_group() as group:
                    self._fill(group, take)
            except BaseExceptionGroup as failed:
                self._under_way.clear()
                for gap in self._gaps:
                    gap.reading.clear()
                raise first_of(failed) from None
            if self._by_range:
                return not self._gaps.gaps
        return await self._read_in_turn(take)

    # By ranges

    def _fill(self, group: TaskGroup, take: Take) -> None:
        """Begin as many pages as there is room for, each where no page under way reads."""
        while len(self._under_way) + self._taking < AT_ONCE and self._by_range and not self.hindered:
            place = self._place()
            if place is None or not self.budget.take():
                return
            gap, end = place
            page = _Page(gap, end, gap.low, gap.high, counted=gap.left is None)
            gap.reading.add(end)
            self._under_way.append(page)
            group.start_soon(self._read_page, page, group, take)

    def _place(self) -> tuple[Gap, End] | None:
        """Return the gap to read from next, and from which end; one that is long is divided for it."""
        ends: tuple[End, End] = ("low", "high")
        for gap in self._gaps:
            for end in ends:
                if gap.is_for(end, self.size):
                    return gap, end
        longest = max(self._gaps, key=lambda gap: (gap.left or 0) - self.size * len(gap.reading), default=None)
        if longest is None or longest.low is None or longest.high is None or not self._splits:
            return None
        if (longest.left or 0) <= self.size * (len(longest.reading) + _LATER):
            return None
        above = self._divided(longest, [(longest.low + longest.high + 1) // 2])
        return (above[0], "low") if above else None

    def _divide_ahead(self, document: JsonObject) -> None:
        """Divide what is left after the first page where its last records will be if they lie as on that page."""
        ids = [each for row in self._rows(document) if isinstance(each := known_id(row.get("id")), int)]
        gap = next(iter(self._gaps), None)
        if not self._by_range or gap is None or gap.low is None or not gap.left or not ids:
            return
        self._splits = self._spare(-(-gap.left // self.size))
        parts = min(_FIRST_RANGES, self._splits + 1)
        width = (ids[-1] - ids[0] + 1) * gap.left // len(ids)
        self._divided(gap, [gap.low + width * number // parts for number in range(1, parts)])

    def _divided(self, gap: Gap, bounds: Sequence[int]) -> list[Gap]:
        """Divide a gap; return what was above its first part."""
        above = self._gaps.split(gap, bounds)
        self._splits -= len(above)
        for page in self._under_way:
            if above and page.gap is gap and page.end == "high":
                page.gap = above[-1]
                gap.reading.discard("high")
                above[-1].reading.add("high")
        return above

    async def _read_page(self, page: _Page, group: TaskGroup, take: Take) -> None:
        """Read a page of a range, then begin what there is room for."""
        try:
            asked = self._range(page.low, page.high, page.end)
            document = await self._fetch(asked, count=page.counted)
            self._under_way.remove(page)
            page.gap.reading.discard(page.end)
            self._taking += 1  # what waits to be taken is held in memory as well
            try:
                await self._took(page, document, take)
            finally:
                self._taking -= 1
        except Hindered as error:
            self.hindered = str(error)
            self._under_way.remove(page)
            page.gap.reading.discard(page.end)
        self._fill(group, take)

    async def _took(self, page: _Page, document: JsonObject, take: Take) -> None:
        """Pass on what is new of a page, and take what it covers out of the gaps."""
        if not self._by_range:
            return
        gap, rows, descending = page.gap, self._rows(document), page.end == "high"
        numbers = [known_id(row.get("id")) for row in rows]
        ids = [each for each in numbers if isinstance(each, int)]
        if len(ids) < len(rows) or any((b >= a) if descending else (b <= a) for a, b in pairwise(ids)):
            self._by_range, self._position = False, FIRST  # the pages under way bring nothing more
            return
        following = next_page(document)
        if following and not ids:
            raise ToolError(f"Outreach's page of {self.selected.resource.path} has no record, and yet a next page")
        counted = count_of(document) if page.counted else None
        if counted is not None and (gap.low, gap.high) == (page.low, page.high):
            gap.left = counted
        new = self._new_of(ids, rows)
        low, high = page.low, page.high
        if following is not None:
            low, high = (ids[-1], high) if descending else (low, ids[-1])
        self._gaps.cover(low, high)
        await self._pass_on(new, document, take)

    def _new_of(self, ids: list[int], rows: list[JsonObject]) -> list[JsonObject]:
        """Return those of a page's rows, in their order, that were not read before."""
        if ids and (found := self._gaps.find(ids[0])) is not None and found is self._gaps.find(ids[-1]):
            found.took(len(ids))  # nearly every page: what lies between two ids of a gap is in it
            return rows
        new: list[JsonObject] = []
        for number, row in zip(ids, rows, strict=True):
            if (found := self._gaps.find(number)) is not None:
                found.took(1)
                new.append(row)
        return new

    # One after the other

    async def _read_in_turn(self, take: Take) -> bool:
        while self._position is not None:
            if not self.budget.take():
                return False
            try:
                document = await self._fetch(self._position.query(self.size))
            except Hindered as error:
                self.hindered = str(error)
                return False
            await self._took_in_turn(document, take)
        return True

    async def _took_in_turn(self, document: JsonObject, take: Take) -> None:
        following = next_page(document)
        if following and self._position and following.after == self._position.after:
            raise ToolError(f"Outreach's link to the next page of {self.selected.resource.path} leads to the same page")
        new: list[JsonObject] = []
        for row in self._rows(document):
            number = known_id(row.get("id"))
            # Of ids that were read by ranges before, those are out of the gaps.
            if number in self._seen or (isinstance(number, int) and self._gaps.find(number) is None):
                continue
            self._seen.add(number)
            new.append(row)
        self._position = following
        await self._pass_on(new, document, take)

    # Requests and records

    async def _fetch(self, asked: Query, *, count: bool = False) -> JsonObject:
        selected = self.selected
        self.requests += 1
        document, granted, more = await fetch(
            self.context.client,
            selected.resource,
            f"/{selected.resource.path}",
            selected.selection,
            (*self.selected.query(self._part), *asked, *((("count", "true"),) if count else ())),
            background=self.requests > 1,  # somebody waits for the first
        )
        if granted is not selected.selection:
            self.selected = replace(selected, selection=granted)
        self.notes = (*self.notes, *(each for each in more if each not in self.notes))
        return document

    def _rows(self, document: JsonObject) -> list[JsonObject]:
        resource = self.selected.resource
        return records_of(document, f"/{resource.path}", resource.type)

    def _range(self, low: int | None, high: int | None, end: End) -> Query:
        return self.selected.range_query(self._part, low, high, end, self.size)

    async def _pass_on(self, rows: list[JsonObject], document: JsonObject, take: Take) -> None:
        """Pass on those of some new rows that belong into the selection."""
        filters = self.selected.filters
        included = index_included(document, own=self.selected.selection.leads_to_own_type)
        self.read_so_far += len(rows)
        weight = weight_of((*rows, *included.values())) if filters.local else 0
        check = filters.parts[self._part].check
        found = await aside(weight, partial(belonging, check, rows, included))
        if len(filters.parts) > 1:  # one that changed in between may be found by two queries
            found = [row for row in found if ("part", row.get("id")) not in self._seen]
            self._seen.update(("part", row.get("id")) for row in found)
        self.matching += len(found)
        if (taking := take(found, included)) is not None:
            await taking
        total = None if self.total is None else float(max(self.total, self.read_so_far))
        await self.context.progress(float(self.read_so_far), total, f"{self.read_so_far:,} records read")

    async def _counted(self, document: JsonObject) -> int | None:
        """Return how many records the selection has; of one in several queries the others are counted, too."""
        counts, counted = [count_of(document)], member(document, "meta", "count")
        self.more_than = counted if counts[0] is None and isinstance(counted, int) else 0
        for part in range(1, len(self.selected.filters.parts)):
            if not self.budget.take():
                return None
            self.requests += 1
            counts.append(await number_of(self.context.client, self.selected, part))
        return None if None in counts else sum(each for each in counts if each is not None)

    def _spare(self, pages: int) -> int:
        """Return how many requests more than pages reading by ranges may take: the last page of each may not be full.

        So many times may what is left be divided.
        """
        return min(self.spare, pages // 4)

    @property
    def _why_stopped(self) -> str:
        if self.budget.is_late:
            return "the time was up"
        return f"{self.budget.most} requests were made" if not self.budget.left else ""
