"""Counts groups with one counted request each, or by Outreach's own counters, where that takes fewer than reading.

What was counted has to add up to all records that there are, those without a value among them; where it does not,
because a group was not known of or something changed in between, the records are read instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from anyio import CapacityLimiter

from outreach_tools.catalog import resource_type, resource_types
from outreach_tools.client import MissingScope, NotTaken
from outreach_tools.engine.arguments import Filter
from outreach_tools.engine.columns import select, value_of
from outreach_tools.engine.concurrency import run_together
from outreach_tools.engine.criteria import Null, Range
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.fetching import fetch
from outreach_tools.engine.figures.buckets import bucket, day_in, moment_of, plain_day
from outreach_tools.engine.figures.budget import Coverage
from outreach_tools.engine.figures.fields import Linked
from outreach_tools.engine.figures.grouping import Group, Key
from outreach_tools.engine.figures.measures import Measure
from outreach_tools.engine.figures.reading import AT_ONCE, Reading
from outreach_tools.engine.figures.selected import Selected, number_of
from outreach_tools.engine.figures.selecting import Selecting
from outreach_tools.engine.figures.states import Ratio, State, Tally
from outreach_tools.engine.figures.table import Table
from outreach_tools.engine.filtering import Filters, sent_as_given
from outreach_tools.engine.values import wire_time
from outreach_tools.engine.zones import day_end, day_start

_MOST_GROUPS = 200
"""Groups that are counted one by one: more are not worth looking for."""

_WORTH = 6
"""Requests that reading has to take before other ways are looked for: looking costs some itself."""

# "The total count of delivered mailings" and the like (documented): which moment of a mailing each counter counts.
_COUNTERS: Mapping[str, str] = {
    "deliveredAt": "deliverCount",
    "openedAt": "openCount",
    "clickedAt": "clickCount",
    "repliedAt": "replyCount",
    "bouncedAt": "bounceCount",
    "unsubscribedAt": "optOutCount",
}
_COUNTED_BY = ("sequence", "sequenceStep", "template")


@dataclass(slots=True)
class Counting:
    """The counting of the groups of one table; `given` are the filters of its records."""

    selecting: Selecting
    given: Sequence[Filter]
    reading: Reading
    table: Table

    async def run(self) -> Coverage | None:
        """Count; None where reading the records takes no more requests, or is the only way."""
        filters, measures = self.reading.selected.filters, self.table.measures
        can = not filters.local and all(each.kind in ("count", "rate") for each in measures)
        if not can or len(self.table.groups) > 1:
            await self.reading.begin()
            return None
        if not self.table.groups and not self._conditions:
            return await self._alone(filters)
        await self.reading.begin()
        if (self.reading.estimate or 0) < _WORTH or self.reading.total is None:
            return self._coverage if not self.table.groups and await self._count([((), None)]) else None
        try:
            done = await self._by_counters() or await self._one_by_one()
        except (ToolError, MissingScope, NotTaken):  # a way that is not open
            return None
        return self._coverage if done else None

    @property
    def _conditions(self) -> list[Measure]:
        return [each for each in self.table.measures if each.condition is not None]

    @property
    def _coverage(self) -> Coverage:
        total = self.reading.total or 0
        return Coverage(total, whole=True, requests=self.reading.requests, total=total, matching=total)

    async def _alone(self, filters: Filters) -> Coverage | None:
        """Count all records, which takes one request and none of them."""
        number = await self._number(filters)
        if number is None:
            await self.reading.begin()
            return None
        self.table.put((), [Tally(number) for _ in self.table.measures])
        self.reading.total = number
        return self._coverage

    # One by one

    async def _one_by_one(self) -> bool:
        """Count each group that there can be; return whether that was worth it, and adds up."""
        if not self.table.groups:
            return await self._count([((), None)])
        (group,) = self.table.groups
        values = await self._values(group)
        return values is not None and await self._count([((key,), each) for key, each in values])

    async def _count(self, places: Sequence[tuple[tuple[Key, ...], Filter | None]]) -> bool:
        """Count the groups at some places, each with its filter."""
        conditions, total = self._conditions, self.reading.total
        wanted: dict[tuple[int, int], Filters] = {}
        without = {each.field for _, each in places if each is not None}
        given = [each for each in self.given if not without or not self._is_of(each, without)]
        try:
            for index, (_, own) in enumerate(places):
                filters = [*given, *([own] if own else [])]
                if own is not None:
                    wanted[index, -1] = await self.selecting.filters(filters)
                for place, each in enumerate(conditions):
                    if each.condition is not None:
                        wanted[index, place] = await self.selecting.filters([*filters, each.condition])
        except ArgumentError:  # of one field there is one filter
            return False
        cost = sum(len(each.parts) for each in wanted.values())
        if total is None or any(each.local for each in wanted.values()) or not self._is_cheaper(cost):
            return False
        numbers = await self._numbers(wanted)
        if None in numbers.values():
            return False
        of_all = {index: numbers.get((index, -1), total) or 0 for index in range(len(places))}
        if sum(of_all.values()) != total:
            return False
        for index, (keys, _) in enumerate(places):
            hits = [numbers[index, number] or 0 for number in range(len(conditions))]
            if of_all[index] or not keys:
                self.table.put(keys, self._states(of_all[index], hits))
        return True

    def _is_of(self, given: Filter, names: set[str]) -> bool:
        """Return whether a filter goes by a field that groups are counted by: those have taken it in."""
        (group,) = self.table.groups
        return group.unit is not None and given.field in names

    def _is_cheaper(self, cost: int) -> bool:
        estimate = self.reading.estimate
        return cost <= self.reading.budget.left and (estimate is None or cost < estimate)

    def _states(self, number: int, hits: Sequence[int]) -> list[State]:
        found, left = list[State](), list(hits)
        for each in self.table.measures:
            if each.condition is None:
                found.append(Tally(number))
            else:
                hit = left.pop(0)
                found.append(Tally(hit) if each.kind == "count" else Ratio(hit, number))
        return found

    async def _values(self, group: Group) -> list[tuple[Key, Filter]] | None:
        """Return the groups that there can be, each with the filter that finds it; None where that is not known."""
        field, attribute = group.field, group.field.attribute
        own = resource_type(self.selecting.declared.type).attributes.get(field.key)
        if field.form == "link":
            return await self._linked(group)
        if attribute is None or own is None or not attribute.filterable:
            return None
        null = (None, Filter(field=field.key, criteria="null"))
        if field.form == "boolean":
            truths = [(each, Filter(field=field.key, criteria=str(each).lower())) for each in (True, False)]
            return [*truths, null]
        if group.unit is not None:
            return await self._times(group)
        if values := self.selecting.declared.values.get(field.key):
            return [*((each, Filter(field=field.key, criteria=each)) for each in values), null]
        return None

    async def _linked(self, group: Group) -> list[tuple[Key, Filter]] | None:
        """Return all records that a link may lead to."""
        relationship = resource_type(self.selecting.declared.type).relationships[group.field.key]
        kind = relationship.types[0]
        target = resource_types().get(kind)
        if len(relationship.types) > 1 or "id" not in relationship.filter_by or not target or target.uuids:
            return None
        read = await self._records(kind, ())
        if read is None:
            return None
        name = f"{relationship.name}.id"
        found: list[tuple[Key, Filter]] = [
            (Linked(kind, each["id"]), Filter(field=name, criteria=str(each["id"]))) for each in read
        ]
        return [*found, (None, Filter(field=name, criteria="null"))]

    async def _records(self, kind: str, fields: Iterable[str]) -> list[dict[str, Any]] | None:
        """Return the records of a type that groups stand for; None where there are too many."""
        target = resource_type(kind)
        selection = select(target, (), summary=False, also=fields)
        selected = Selected(target, sent_as_given(()), selection)
        reading = Reading(self.reading.context, selected, self.reading.budget)
        await reading.begin()
        self.reading.requests += reading.requests
        if reading.total is None or reading.estimate != 0 or reading.total > _MOST_GROUPS * 5:
            return None
        found: list[dict[str, Any]] = []
        await reading.read(lambda rows, _: found.extend(rows))
        return found

    async def _times(self, group: Group) -> list[tuple[Key, Filter]] | None:
        """Return the days, weeks, months or quarters between the first and the last record, each with its filter."""
        field, zone = group.field, self.selecting.context.zone
        ends = await self._ends(group)
        if ends is None or group.unit is None:
            return None
        low, high, is_bound = ends
        day = plain_day if field.form == "day" else day_in(zone)
        first, last = day(low), day(high)
        if first is None or last is None or (last - first).days > 366 * 20:
            return None
        spans: dict[str, list[date]] = {}
        for number in range((last - first).days + 1):
            each = first + timedelta(days=number)
            spans.setdefault(bucket(each, group.unit), []).append(each)
        found: list[tuple[Key, Filter]] = []
        for name, days in spans.items():
            begins, ends_at = wire_time(day_start(days[0], zone)), wire_time(day_end(days[-1], zone))
            if field.form == "day":
                begins, ends_at = days[0].isoformat(), days[-1].isoformat()
            elif is_bound:  # the filter may begin, or end, within a day
                begins, ends_at = max(begins, low), min(ends_at, high)
            found.append((name, Filter(field=field.key, criteria=f"{begins}..{ends_at}")))
        return found if is_bound else [*found, (None, Filter(field=field.key, criteria="null"))]

    async def _ends(self, group: Group) -> tuple[str, str, bool] | None:
        """Return the first and the last time of a selection, and whether a filter is what bounds it."""
        field, attribute = group.field, group.field.attribute
        for given, asked in zip(self.given, self.reading.selected.filters.asked, strict=True):
            if asked.attribute is not attribute:
                continue
            criteria = asked.criteria
            bound = isinstance(criteria, Range) and criteria.low is not None and criteria.high is not None
            if not bound or given.field != field.key or asked.or_null or not isinstance(criteria, Range):
                return None
            return (str(criteria.low), str(criteria.high), True)
        if attribute is None or not attribute.sortable:
            return None
        ends = [await self._first(f"{sign}{field.key}", field.key) for sign in ("", "-")]
        low, high = ends
        return None if low is None or high is None else (low, high, False)

    async def _first(self, sort: str, name: str) -> str | None:
        filters = await self.selecting.filters([*self.given, Filter(field=name, criteria="not null")])
        resource = self.reading.selected.resource
        if len(filters.parts) > 1 or not self.reading.budget.take():
            return None
        self.reading.requests += 1
        selection = select(resource, (), summary=False, also=[name])
        asked = (*next(iter(filters.parts)).query, ("sort", sort), ("page[size]", "1"))
        document, _, _ = await fetch(self.reading.context.client, resource, f"/{resource.path}", selection, asked)
        rows: Any = document.get("data")
        found = value_of(rows[0], name) if rows else None
        return found if moment_of(found) is not None else None

    # By counters

    async def _by_counters(self) -> bool:
        """Count mailings by the counters of what they belong to, where those count what is asked for."""
        filters, groups = self.reading.selected.filters, self.table.groups
        is_plain = (
            len(self.given) == 1 and len(groups) == 1 and [each.name for each in self.table.measures] == ["count"]
        )
        if self.reading.selected.resource.type != "mailing" or not is_plain or groups[0].field.key not in _COUNTED_BY:
            return False
        (asked,) = filters.asked
        counter = _COUNTERS.get(asked.attribute.name)
        if counter is None or asked.criteria != Null(negated=True) or asked.type != "mailing":
            return False
        name = groups[0].field.key
        (kind,) = groups[0].field.kinds
        read = await self._records(kind, [counter])
        without = await self.selecting.filters([*self.given, Filter(field=f"{name}.id", criteria="null")])
        if read is None or without.local:
            return False
        nobody = await self._number(without)
        counts: dict[Key, Any] = {Linked(kind, each["id"]): value_of(each, counter) or 0 for each in read}
        if nobody is None or not all(isinstance(each, int) for each in counts.values()):
            return False
        if sum(counts.values()) + nobody != self.reading.total:
            return False
        for key, number in (*counts.items(), (None, nobody)):
            if number:
                self.table.put((key,), [Tally(number)])
        return True

    # Requests

    async def _numbers(self, wanted: Mapping[tuple[int, int], Filters]) -> dict[tuple[int, int], int | None]:
        found: dict[tuple[int, int], int | None] = {}
        limiter = CapacityLimiter(AT_ONCE)

        async def one(place: tuple[int, int], filters: Filters) -> None:
            async with limiter:
                found[place] = await self._number(filters)
            done, context = float(len(found)), self.reading.context
            await context.progress(done, float(len(wanted)), f"{len(found)} of {len(wanted)} counted")

        await run_together(partial(one, place, filters) for place, filters in wanted.items())
        return found

    async def _number(self, filters: Filters) -> int | None:
        """Return how many records some filters leave, None where Outreach does not tell."""
        selected, total = replace(self.reading.selected, filters=filters), 0
        for part in range(len(filters.parts)):
            if not self.reading.budget.take():
                return None
            self.reading.requests += 1
            number = await number_of(self.reading.context.client, selected, part)
            if number is None:
                return None
            total += number
        return total
