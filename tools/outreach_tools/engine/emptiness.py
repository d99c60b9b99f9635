"""Says why a list came out empty: what a filter does not do, what does not exist, and what there is instead.

What it reads for that is little: one or two requests on the side, for an empty answer alone. What they do not bring, as
nobody may read it or it takes too long, is left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from outreach_tools.catalog import ResourceType, resource_type, resource_types
from outreach_tools.client import JsonObject, Query, Request, Unread
from outreach_tools.engine.answers import cost
from outreach_tools.engine.columns import label_of, value_of
from outreach_tools.engine.conditions import Asked
from outreach_tools.engine.criteria import AnyOf, Null, Range, comparable, is_dated, is_text
from outreach_tools.engine.filter_notes import ONLY_NULL
from outreach_tools.engine.fitting import head
from outreach_tools.engine.likeness import MOST, WILDCARDS, Value, distinct, like, named
from outreach_tools.engine.literal import Texts, is_cut, listed_values, negates
from outreach_tools.engine.matching import few, shorten
from outreach_tools.engine.reading import is_me
from outreach_tools.engine.related import Listers
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import array_at, is_array, is_object, member

REQUESTS = 2
"""The bounds of what one explanation may read."""

_SAMPLE = 1000  # records of a request that are looked through for values like the one that was asked for
_ROOM = 60  # tokens of an explanation
_ROOM_EACH = 35  # for each filter, where there are several
_FEW_VALUES = 10  # of which some are named though not every record was looked at
_SHORT = 24  # characters of a value where there is little room
_WHOLE_DAY = re.compile(r"T(?:00:00:00\.000|23:59:59\.999)Z$")
_SECONDS_OF_TIME = re.compile(r"(T\d\d:\d\d):[\d.]+Z$")
_WORD = re.compile(r"\w{2,}")
_SEARCHED = frozenset({"name", "firstName", "lastName", "emails", "domain"})  # what `q` finds by its beginning


@dataclass(frozen=True, slots=True)
class Looked:
    """The records that the list itself looked through; whether those are all there are; whether it is at its end.

    `requests` is what more may be read to explain it.
    """

    records: Sequence[JsonObject] = ()
    every: bool = False
    ended: bool = True
    requests: int = REQUESTS


async def why_empty(
    context: Context,
    resource: ResourceType,
    asked: Sequence[Asked],
    listers: Listers,
    *,
    everything: bool,
    looked: Looked = Looked(),
) -> str:
    """Return a sentence or two on why no record of a type met what was asked, empty where there is nothing to say.

    `everything` says that nothing else narrowed the list.
    """
    if not asked:
        return f"there are no {resource.path} that this user may see" if everything else ""
    reader = _Reader(context, listers, alone=len(asked) == 1, listed=resource, looked=looked)
    told = [sentences for each in asked if any(sentences := await reader.about(each))]
    if len(asked) > 1 and not reader.guilty and looked.ended:
        told.append(("no record meets all filters together",))
    return _fitting(told, max(_ROOM, _ROOM_EACH * len(told)))


def _fitting(told: Sequence[Sequence[str]], room: int) -> str:
    """Join sentences, each in the longest of its forms that all have room for; what they suggest stands in each."""
    for level in range(max(map(len, told), default=0)):
        text = "; ".join(dict.fromkeys(each[min(level, len(each) - 1)] for each in told))
        if cost(text) <= room:
            return text
    return head("; ".join(dict.fromkeys(each[-1] for each in told)), room)


def related_types(resource: ResourceType) -> frozenset[str]:
    """Return the types that an explanation of a type's empty list may read beside it: those that its filters name."""
    kinds = {kind for each in resource.relationships.values() if each.filter_by for kind in each.types}
    known = resource_types()
    return frozenset(kind for kind in kinds if kind in known and "list" in known[kind].operations)


@dataclass(slots=True)
class _Sample:
    """Values of a field that were looked through: of which records, and whether those are all that have one."""

    values: list[Value] = field(default_factory=list[Value])
    ids: frozenset[Any] = frozenset()
    every: bool = False

    @property
    def of(self) -> str:
        """How much was looked through, where that was not all."""
        return "" if self.every or not self.ids else f" of {len(self.ids):,} records looked at"


@dataclass(slots=True)
class _Reader:
    """The explanation of one empty list: `guilty` says that a filter was found that nothing can meet."""

    context: Context
    listers: Listers
    alone: bool
    listed: ResourceType
    looked: Looked
    guilty: bool = False
    requests: int = 0

    async def about(self, asked: Asked) -> tuple[str, ...]:
        """Return what there is to say of one filter, in forms from the longest to the shortest."""
        if not self.looked.ended:
            if isinstance(asked.criteria, AnyOf) and is_text(asked.attribute) and not asked.known:
                return await self._about_text(asked, asked.criteria.values)
            return ()
        match asked.criteria:
            case AnyOf(values=values) if is_text(asked.attribute) and asked.attribute.name != "id":
                return () if asked.known else await self._about_text(asked, values)
            case _:
                return (await self._about(asked),)

    async def _about(self, asked: Asked) -> str:
        match asked.criteria:
            case Null(negated=negated):
                if not self.alone:
                    return ""
                return f"{'no' if negated else 'every'} {self.listed.type} has a value in {asked.field}"
            case AnyOf(values=values) if asked.attribute.name == "id":
                return await self._about_ids(asked, values)
            case AnyOf(values=values) if asked.attribute.type in ("integer", "number"):
                return await self._about_numbers(asked, values)
            case AnyOf(values=values) if is_dated(asked.attribute):
                return await self._about_range(asked, Range(min(values), max(values)))
            case Range() as between:
                return await self._about_range(asked, between)
            case AnyOf(values=values):
                return f"no {self.listed.type} has {asked.field} {few(list(values))}" if self.alone else ""

    async def _about_ids(self, asked: Asked, ids: Sequence[str]) -> str:
        own = asked.type == self.listed.type and asked.field == "id"
        found: set[str] | None = set() if own and self.alone else None
        if found is None:
            ask = (("filter[id]", ",".join(ids)), ("page[size]", str(len(ids))))
            records, _ = await self._read(asked.type, label_of(asked.type), ask)
            found = None if records is None else {str(record.get("id")) for record in records}
        if found is None:
            return f"whether {asked.field} {few(list(ids))} exists is not known" if self.alone else ""
        missing = [each for each in ids if each not in found]
        if not missing:
            return f"{asked.type} {few(list(ids))} exists" if self.alone else ""
        self.guilty = True
        tool = self.listers.get(asked.type)
        finds = f" ({tool} finds ids)" if tool and not own else ""
        return f"no {asked.type} has the id {few(missing)}{finds}"

    async def _about_text(self, asked: Asked, wanted: Sequence[str]) -> tuple[str, ...]:
        """Name what text filters do not do, as far as it was tried, and values like the one that was asked for."""
        sample, near = await self._nearest(asked, wanted)
        texts, habits = Texts(wanted), "; ".join(_habits(asked))
        if same := [(each, number) for each, number in sample.values if isinstance(each, str) and each in texts]:
            if not self.alone:
                return ()
            if asked.type == self.listed.type:  # it differs in what is not seen
                return _with_values(asked.field, habits, "nearest:", same[:MOST])
            return (f"{asked.field} {shorten(asked.given, _SHORT * 2)} exists",)
        self.guilty = not asked.or_null
        if near:
            return _with_values(asked.field, habits, f"nearest{sample.of}:", near)
        some = distinct(sample.values)
        if not some:
            none = sample.every and not asked.search
            return (f"no {asked.type} has a value in {asked.field}" if none else habits,)
        if not sample.every and len(some) > _FEW_VALUES:
            return (habits,)
        said = "there are" if sample.every else f"values{sample.of}:"
        return _with_values(asked.field, habits, said, some, counted=True)

    async def _about_numbers(self, asked: Asked, wanted: Sequence[str]) -> str:
        sample, _ = await self._nearest(asked, ())
        values = {float(each): number for each, number in sample.values if _is_number(each)}
        numbers = [float(each) for each in wanted]
        if not values and sample.every:
            self.guilty = not asked.or_null
            return f"no {asked.type} has a value in {asked.field}"
        if not values or any(number in values for number in numbers):
            return ""
        self.guilty = not asked.or_null
        nearest = sorted(values, key=lambda each: min(abs(each - number) for number in numbers))[:MOST]
        shown = few([f"{each:g}" for each in sorted(nearest)])
        return f"no {asked.field} is {few(list(wanted))}; nearest{sample.of}: {shown}"

    async def _about_range(self, asked: Asked, between: Range) -> str:
        """Say on which side of a range the values lie, where the list can be sorted by them."""
        attribute, low, high = asked.attribute, between.low, between.high
        read = f"{asked.field} was read as {_short(low)}..{_short(high)}"
        if asked.type != self.listed.type:
            return read
        if not attribute.sortable:
            none = self.looked.every and not any(value_of(each, attribute.name) for each in self.looked.records)
            if not none and attribute.filterable:
                held = ((f"filter[{attribute.name}]", "__notnull__"), ("page[size]", "1"))
                records, _ = await self._read(asked.type, attribute.name, held)
                none = records == []
            self.guilty = self.guilty or none
            return f"no {asked.type} has a value in {asked.field}" if none else read
        last = await self._end(asked, "-")
        if last is None:
            return read
        if not last:
            self.guilty = True
            return f"no {asked.type} has a value in {asked.field}"
        if low is not None and _less(last[0], low, asked):
            self.guilty = True
            return f"{read}; the last {asked.field} is {_short(last[0])}"
        first = await self._end(asked, "")
        if first and high is not None and _less(high, first[0], asked):
            self.guilty = True
            return f"{read}; the first {asked.field} is {_short(first[0])}"
        return read

    async def _end(self, asked: Asked, direction: str) -> list[Any] | None:
        """Return the first value in an order, none where no record has one; None where that could not be read."""
        name = asked.attribute.name
        held = ((f"filter[{name}]", "__notnull__"),) if asked.attribute.filterable else ()
        ask = (*held, ("sort", f"{direction}{name}"), ("page[size]", "1"))
        records, _ = await self._read(asked.type, name, ask)
        return None if records is None else [each for each, _ in _held(records, name) if each is not None]

    async def _nearest(self, asked: Asked, wanted: Sequence[str]) -> tuple[_Sample, list[Value]]:
        """Look through values that records have, until some are like those that were asked for.

        First those that the list itself looked at; then those that begin alike, where Outreach can search for them;
        then the newest records and the oldest.
        """
        name = (label_of(asked.type) if asked.search else asked.attribute.name) or ""
        known = resource_types().get(asked.type)
        sample = _Sample()
        if known is None or name not in known.attributes:
            return sample, []
        if asked.type == self.listed.type and self.looked.records and not asked.search:
            sample = _Sample(_held(self.looked.records, name), _ids(self.looked.records), self.looked.every)
            near = like(wanted, sample.values)
            if near or self.looked.every:
                return sample, near
        attribute, end = known.attributes[name], ("page[size]", str(_SAMPLE))
        word = _WORD.search(wanted[0]) if wanted and (asked.search or name in _SEARCHED) else None
        if word and "q" in known.filters:
            records, _ = await self._read(asked.type, name, (("filter[q]", word[0][:3]), end))
            values = _held(records or [], name)
            if near := like(wanted, values):
                return _Sample(values, every=True), near  # the best there is, however many were not looked at
        held = ((f"filter[{name}]", "__notnull__"),) if attribute.filterable else ()
        by_time = known.attributes.get("createdAt")
        sorts: tuple[Query, ...] = ((("sort", "-createdAt"),), (("sort", "createdAt"),))
        sorts = sorts[::-1] if sample.ids else sorts  # most lists look at the newest first
        for sort in () if asked.search else sorts if by_time and by_time.sortable else ((),):
            records, every = await self._read(asked.type, name, (*held, *sort, end))
            if records is None:
                break
            sample = _Sample([*sample.values, *_held(records, name)], sample.ids | _ids(records), every)
            near = like(wanted, sample.values)
            if near or every or any(each in Texts(wanted) for each, _ in sample.values if isinstance(each, str)):
                return sample, near
        return sample, []

    async def _read(self, kind: str, field: str | None, query: Query) -> tuple[list[JsonObject] | None, bool]:
        """Read records of a type on the side, and say whether those are all; None where that is not to be had."""
        if self.requests == self.looked.requests or kind not in resource_types():
            return None, False
        self.requests += 1
        target = f"/{resource_type(kind).path}"
        fields = ((f"fields[{kind}]", field),) if field else ()
        response = await self.context.attempt(Request("GET", target, (*fields, *query), background=True))
        if isinstance(response, Unread) or not is_object(response.body):
            return None, False
        data = array_at(response.body, "data")
        records = [each for each in data if is_object(each)]
        whole = is_array(response.body.get("data")) and len(records) == len(data)
        return records, whole and not member(response.body, "links", "next")


def _habits(asked: Asked) -> list[str]:
    """Return how a filter reads what was given, as far as it may have been meant otherwise."""
    given = asked.given if isinstance(asked.given, str) else ""
    if asked.search:
        return [f"{asked.field} finds the beginnings of words in names and addresses"]
    ranged = isinstance(asked.criteria, AnyOf) and asked.criteria.within is not None
    told = [f"{asked.field} is matched as a whole{' or as a range' if ranged else ''}"]
    if any(map(negates, listed_values(given.strip()))):
        told.append(ONLY_NULL)
    if is_me(given):
        told.append("'me' stands for a user's id alone")
    if WILDCARDS.search(given):
        told.append("* and % are not wildcards")
    if len(listed_values(given.strip())) > 1:
        told.append('a comma means "or"')
    if ".." in given and not ranged:
        told.append("text has no ranges")
    if is_cut(given):
        told.append("this is only its beginning")
    return told


def _with_values(
    name: str, habits: str, said: str, values: Sequence[Value], *, counted: bool = False
) -> tuple[str, ...]:
    """Return what a filter does and which values there are, in forms from the longest to the shortest.

    `counted` says how many more there are.
    """

    def shown(most: int, *longest: int) -> str:
        more = f" and {len(values) - most} more" if counted and len(values) > most else ""
        return f"{said} {named(values[:most], *longest)}{more}"

    return (
        f"{habits}; {shown(MOST)}",
        f"{habits}; {shown(1)}",
        f"{name}: {shown(1)}",
        f"{name}: {shown(1, _SHORT)}",
    )


def _short(value: Any) -> str:
    """Return an end of a range without what does not matter: the seconds of a time, the time of a whole day."""
    text = "" if value is None else str(value)
    return _WHOLE_DAY.sub("", text) if _WHOLE_DAY.search(text) else _SECONDS_OF_TIME.sub(r"\1Z", text)


def _held(records: Sequence[JsonObject], name: str) -> list[Value]:
    held = ((value_of(record, name), record.get("id")) for record in records)
    return [(each, number) for value, number in held for each in (value if is_array(value) else [value])]


def _ids(records: Sequence[JsonObject]) -> frozenset[Any]:
    return frozenset(number for record in records if isinstance(number := record.get("id"), int | str))


def _less(one: Any, other: Any, asked: Asked) -> bool:
    """Return whether one value is less than another, as its attribute compares them."""
    left, right = comparable(one, asked.attribute), comparable(other, asked.attribute)
    return left is not None and right is not None and left < right


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
