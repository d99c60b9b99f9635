"""Says why a list came out empty: what a filter does not do, what does not exist, and what there is instead.

What it reads for that is little: one or two requests on the side, for an empty answer alone. What they do not bring, as
nobody may read it or it takes too long, is left out.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from outreach_tools.catalog import ResourceType, resource_type, resource_types
from outreach_tools.client import JsonObject, Query, Request
from outreach_tools.engine.columns import label_of, value_of
from outreach_tools.engine.criteria import AnyOf, Null, Range, comparable, is_dated, is_text
from outreach_tools.engine.filtering import Asked
from outreach_tools.engine.fitting import head
from outreach_tools.engine.literal import Texts, fold, is_cut, listed_values
from outreach_tools.engine.matching import few, shorten
from outreach_tools.engine.related import Listers
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import array_at, is_array, is_object

_REQUESTS = 2  # for one explanation
_SAMPLE = 200  # records that are looked through for values like the one that was asked for
_ROOM = 60  # tokens of an explanation
_NEAREST = 3  # values that are named
_LONGEST = 40  # characters of each
_WILDCARDS = re.compile(r"[*%]")
_WHOLE_DAY = re.compile(r"T(?:00:00:00\.000|23:59:59\.999)Z$")
_SECONDS_OF_TIME = re.compile(r"(T\d\d:\d\d):[\d.]+Z$")
_WORD = re.compile(r"\w{2,}")
_SEARCHED = frozenset({"name", "firstName", "lastName", "emails", "domain"})  # what `q` finds by its beginning

Value: TypeAlias = tuple[Any, Any]
"""A value, and the id of a record that has it."""


async def why_empty(
    context: Context, resource: ResourceType, asked: Sequence[Asked], listers: Listers, *, everything: bool
) -> str:
    """Return a sentence or two on why no record of a type met what was asked, empty where there is nothing to say.

    `everything` says that nothing else narrowed the list.
    """
    if not asked:
        return f"there are no {resource.path} that this user may see" if everything else ""
    reader = _Reader(context, listers, alone=len(asked) == 1, listed=resource)
    told = [sentence for each in asked if (sentence := await reader.about(each))]
    if len(asked) > 1 and not reader.guilty:
        told.append("no record meets all filters together")
    return head("; ".join(dict.fromkeys(told)), _ROOM)


def related_types(resource: ResourceType) -> frozenset[str]:
    """Return the types that an explanation of a type's empty list may read beside it: those that its filters name."""
    kinds = {kind for each in resource.relationships.values() if each.filter_by for kind in each.types}
    known = resource_types()
    return frozenset(kind for kind in kinds if kind in known and "list" in known[kind].operations)


@dataclass(slots=True)
class _Reader:
    """The explanation of one empty list: `guilty` says that a filter was found that nothing can meet."""

    context: Context
    listers: Listers
    alone: bool
    listed: ResourceType
    guilty: bool = False
    requests: int = 0

    async def about(self, asked: Asked) -> str:
        """Return what there is to say of one filter."""
        match asked.criteria:
            case Null(negated=negated):
                if not self.alone:
                    return ""
                return f"{'no' if negated else 'every'} {self.listed.type} has a value in {asked.field}"
            case AnyOf(values=values) if asked.attribute.name == "id":
                return await self._about_ids(asked, values)
            case AnyOf(values=values) if is_text(asked.attribute):
                return "" if asked.known else await self._about_text(asked, values)
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
            records = await self._read(asked.type, label_of(asked.type), ask)
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

    async def _about_text(self, asked: Asked, wanted: Sequence[str]) -> str:
        """Name what text filters do not do, as far as it was tried, and values like the one that was asked for."""
        values = await self._values(asked, wanted[0])
        texts, habits = Texts(wanted), "; ".join(_habits(asked))
        if same := [(each, number) for each, number in values if isinstance(each, str) and each in texts]:
            if not self.alone:
                return ""
            if asked.type == self.listed.type:  # it differs in what is not seen
                return f"{habits}; nearest: {_named(same[:_NEAREST])}"
            return f"{asked.field} {shorten(asked.given, _LONGEST)} exists"
        self.guilty = True
        if near := _like(wanted, values):
            return f"{habits}; nearest: {near}"
        some = _some(values) if len(values) < _SAMPLE else ""
        return f"{habits}; there are {some}" if some else habits

    async def _about_numbers(self, asked: Asked, wanted: Sequence[str]) -> str:
        values = {float(each): number for each, number in await self._values(asked, "") if _is_number(each)}
        numbers = [float(each) for each in wanted]
        if not values or any(number in values for number in numbers):
            return ""
        self.guilty = True
        nearest = sorted(values, key=lambda each: min(abs(each - number) for number in numbers))[:_NEAREST]
        return f"no {asked.field} is {few(list(wanted))}; nearest: {few([f'{each:g}' for each in sorted(nearest)])}"

    async def _about_range(self, asked: Asked, between: Range) -> str:
        """Say on which side of a range the values lie, where the list can be sorted by them."""
        attribute, low, high = asked.attribute, between.low, between.high
        read = f"{asked.field} was read as {_short(low)}..{_short(high)}"
        if asked.type != self.listed.type or not attribute.sortable:
            return read
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
        records = await self._read(asked.type, name, (*held, ("sort", f"{direction}{name}"), ("page[size]", "1")))
        return None if records is None else [each for each, _ in _held(records, name) if each is not None]

    async def _values(self, asked: Asked, wanted: str) -> list[Value]:
        """Return values that records have, if it may be those that begin like the one that was asked for."""
        name = (label_of(asked.type) if asked.search else asked.attribute.name) or ""
        known = resource_types().get(asked.type)
        if known is None or name not in known.attributes:
            return []
        word = _WORD.search(wanted) if "q" in known.filters and (asked.search or name in _SEARCHED) else None
        ask: Query = ((("filter[q]", word[0][:3]),) if word else ()) + (("page[size]", str(_SAMPLE)),)
        return _held(await self._read(asked.type, name, ask) or [], name)

    async def _read(self, kind: str, field: str | None, query: Query) -> list[JsonObject] | None:
        """Read records of a type on the side; None where that is not to be had."""
        if self.requests == _REQUESTS or kind not in resource_types():
            return None
        self.requests += 1
        target = f"/{resource_type(kind).path}"
        fields = ((f"fields[{kind}]", field),) if field else ()
        response = await self.context.attempt(Request("GET", target, (*fields, *query), background=True))
        return None if response is None else [each for each in array_at(response.body, "data") if is_object(each)]


def _habits(asked: Asked) -> list[str]:
    """Return how a filter reads what was given, as far as it may have been meant otherwise."""
    given = asked.given if isinstance(asked.given, str) else ""
    if asked.search:
        return [f"{asked.field} finds the beginnings of words in names and addresses"]
    told = [f"{asked.field} is matched as a whole"]
    if _WILDCARDS.search(given):
        told.append("* and % are no wildcards")
    if len(listed_values(given.strip())) > 1:
        told.append('a comma means "or"')
    if ".." in given:
        told.append("text has no ranges")
    if is_cut(given):
        told.append("this is only its beginning")
    return told


def _like(wanted: Sequence[str], values: Sequence[Value]) -> str:
    """Name the values most like those wanted, each with the id of a record that has it."""
    by_text = {fold(each): (each, number) for each, number in values if isinstance(each, str) and each.strip()}
    found: dict[str, None] = {}
    for text in wanted:
        plain = fold(_WILDCARDS.sub("", text))
        holding = [each for each in by_text if plain and (plain in each or (len(each) > 2 and each in plain))]
        found.update(dict.fromkeys(sorted(holding, key=len)[:_NEAREST]))
        found.update(dict.fromkeys(difflib.get_close_matches(plain, by_text, n=_NEAREST, cutoff=0.5)))
    return _named([by_text[each] for each in list(found)[:_NEAREST]])


def _some(values: Sequence[Value]) -> str:
    """Name some of the values that there are."""
    first = {each: (each, number) for each, number in reversed(values) if isinstance(each, str) and each.strip()}
    shown = list(reversed(first.values()))
    return _named(shown[:_NEAREST]) + (f" and {len(shown) - _NEAREST} more" if len(shown) > _NEAREST else "")


def _named(values: Sequence[Value]) -> str:
    return ", ".join(f"{one_line(clean(value), _LONGEST)!r} ({number})" for value, number in values)


def _short(value: Any) -> str:
    """Return an end of a range without what does not matter: the seconds of a time, the time of a whole day."""
    text = "" if value is None else str(value)
    return _WHOLE_DAY.sub("", text) if _WHOLE_DAY.search(text) else _SECONDS_OF_TIME.sub(r"\1Z", text)


def _held(records: Sequence[JsonObject], name: str) -> list[Value]:
    held = ((value_of(record, name), record.get("id")) for record in records)
    return [(each, number) for value, number in held for each in (value if is_array(value) else [value])]


def _less(one: Any, other: Any, asked: Asked) -> bool:
    """Say whether one value is less than another, as its attribute compares them."""
    left, right = comparable(one, asked.attribute), comparable(other, asked.attribute)
    return left is not None and right is not None and left < right


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
