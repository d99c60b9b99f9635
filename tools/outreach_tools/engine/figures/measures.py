"""The measures of a group's records: their number, sums, means, extremes, rates."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclasses_field
from decimal import Decimal
from typing import Any, Literal, TypeAlias, cast, get_args

from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import Filter
from outreach_tools.engine.criteria import Null, matcher
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.figures.buckets import moment_of
from outreach_tools.engine.figures.exact import exact, shown
from outreach_tools.engine.figures.fields import Field, Linked, Reader, field_of, resolves
from outreach_tools.engine.figures.grouping import Group, Key, key_of
from outreach_tools.engine.figures.selecting import Selecting
from outreach_tools.engine.figures.states import Extreme, Mean, Median, Ratio, State, Sum, Tally, Variety
from outreach_tools.engine.included import Included
from outreach_tools.engine.labels.fields import has_labels
from outreach_tools.engine.matching import find, nearest, shorten
from outreach_tools.engine.zones import shown_time
from outreach_tools.json_values import is_array

Kind: TypeAlias = Literal["count", "sum", "avg", "median", "min", "max", "distinct", "rate"]

KINDS: tuple[Kind, ...] = get_args(Kind)

_ALSO: dict[str, Kind] = {"average": "avg", "mean": "avg", "total": "sum", "minimum": "min", "maximum": "max"}
_MEASURE = re.compile(r"([A-Za-z]+)\s*(?:\((.*)\))?", re.DOTALL)
_BEGINNING = re.compile(r"\s*-?([A-Za-z]+)\s*(\(.*\))?", re.DOTALL)
_PLACES = re.compile(r"[\s=:]+")  # where a field may end and its criteria begin
_LONGEST = 200  # characters
_FORMS = "sum(amount), avg(…), median(…), min(…), max(…), distinct(owner), rate(repliedAt not null)"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: what answers call it, which field it is of, and what it takes of a record.

    `condition` is that of a rate, or of a count of those that are like something. `dated` says that its results are
    dates: of `min` and `max` of a time.
    """

    name: str
    kind: Kind
    field: Field | None = None
    condition: Filter | None = None
    take: Reader = lambda _, __: True
    needs: tuple[str, ...] = ()
    skipped: list[int] = dataclasses_field(default_factory=list[int])

    @property
    def is_dated(self) -> bool:
        """Whether its results are times."""
        return self.field is not None and self.field.form in ("time", "day") and self.kind in ("min", "max")

    @property
    def is_money(self) -> bool:
        """Whether its results are amounts in a currency."""
        return (
            self.field is not None
            and self.field.currency is not None
            and self.kind not in ("distinct", "count", "rate")
        )

    def begin(self) -> State:
        """Return the state of a group without records."""
        match self.kind:
            case "count":
                return Tally()
            case "rate":
                return Ratio()
            case "sum":
                return Sum()
            case "avg":
                return Mean()
            case "median":
                return Median()
            case "min" | "max":
                return Extreme(self.kind == "max")
            case "distinct":
                return Variety()

    def rank(self, state: State) -> Any:
        """Return what groups are put in order by; None where there is nothing."""
        if isinstance(state, Extreme):
            return state.best[0] if state.best else None
        return state.result

    def cell(self, state: State) -> Any:
        """Return what an answer shows of a result."""
        result = state.result
        return shown(result) if isinstance(result, Decimal) else result


async def measures_of(selecting: Selecting, given: Sequence[str], others: Sequence[str] = ()) -> tuple[Measure, ...]:
    """Read measures; without any, records are counted, and beside a rate they always are.

    `others` are texts that may begin with a measure, by which groups are chosen or put in order: those are shown, too.
    Raises `ArgumentError` naming what is not understood.
    """
    found = [await _measure(selecting, each) for each in given or ("count",)]
    for text in others:
        word = _BEGINNING.match(text)
        if word is None or not (word[2] or _kind(word[1]) == "count") or not _kind(word[1]):
            continue
        given_so = word[0].strip().removeprefix("-")
        if place_of(found, given_so) is None:
            found.append(await _measure(selecting, given_so))
    if any(each.kind == "rate" for each in found) and not any(each.name == "count" for each in found):
        found.insert(0, Measure("count", "count"))
    return tuple({each.name: each for each in found}.values())


def place_of(measures: Sequence[Measure], given: str) -> int | None:
    """Return which of some measures a text means, None where it is none of them, or may be several.

    It may be called by its name, by its field's other name, in another spelling, or by its kind alone.
    """
    if (found := find(given, [each.name for each in measures])) is not None:
        return [each.name for each in measures].index(found)
    parts = _MEASURE.fullmatch(given.strip())
    kind, inner = (_kind(parts[1]), _words(parts[2] or "")) if parts else (None, [])
    alike = [
        index for index, each in enumerate(measures) if kind == each.kind and (not inner or inner in _inside(each))
    ]
    return alike[0] if len(alike) == 1 else None


def _inside(measure: Measure) -> list[list[str]]:
    """Return the words that may stand in a measure's brackets."""
    if measure.field is None:
        return [["*"]]
    names = (measure.field.name, measure.field.key)
    return [_words(name if measure.condition is None else f"{name} {measure.condition.criteria}") for name in names]


def _words(text: str) -> list[str]:
    return text.casefold().split()


def _kind(word: str) -> Kind | None:
    return cast("Kind | None", find(word, KINDS)) or _ALSO.get(word.casefold())


async def _measure(selecting: Selecting, given: str) -> Measure:
    found = _MEASURE.fullmatch(given.strip()) if len(given) <= _LONGEST else None
    word, inner = (found[1], (found[2] or "").strip()) if found else ("", "")
    kind = _kind(word)
    if kind is None:
        raise ArgumentError(
            f"'measures' has {shorten(given)}; they are count, {_FORMS}{nearest(word, KINDS) if word else ''}"
        )
    if kind == "count" and inner in ("", "*"):
        return Measure("count", "count")
    if not inner or inner == "*":
        raise ArgumentError(f"'measures' has {shorten(given)}: name a field in it, like {_FORMS}")
    if kind in ("count", "rate"):
        return await _conditional(selecting, kind, inner)
    keys = await selecting.labels.keys([inner])
    await selecting.labels.load_for(keys.values())
    field = field_of(selecting, keys[inner])
    name = f"{kind}({field.name})"
    if kind == "distinct":
        return Measure(name, kind, field, take=_varied(field), needs=field.needs)
    if field.form in ("time", "day") and kind in ("min", "max"):
        return Measure(name, kind, field, take=_timed(selecting, field), needs=field.needs)
    if field.form != "number" and not (field.form == "text" and field.is_custom):
        fits = "numbers and times" if kind in ("min", "max") else "numbers"
        raise ArgumentError(f"{name!r}: {kind} takes {fits}, and {field.name!r} holds neither; distinct or rate do")
    skipped = list[int]()
    return Measure(
        name,
        kind,
        field,
        take=_number(field, skipped, paired=kind in ("min", "max")),
        needs=field.needs,
        skipped=skipped,
    )


async def _conditional(selecting: Selecting, kind: Kind, inner: str) -> Measure:
    """Read the condition of a rate or a count: a field, and criteria as a filter has them; `not null` without any."""
    name, criteria = await condition_of(selecting, inner)
    keys = await selecting.labels.keys([name])
    await selecting.labels.load_for(keys.values())
    field, condition = field_of(selecting, keys[name]), Filter(field=name, criteria=criteria)
    filters = await selecting.filters([condition])
    (asked,) = filters.asked
    if asked.search:
        raise ArgumentError(f"{kind}({inner}): a search for words is a filter; {kind} needs a field that records hold")
    holds = matcher(asked.criteria, asked.attribute)
    lacks = matcher(Null(), asked.attribute) if asked.or_null else None
    link = field.form == "link"

    def take(record: JsonObject, included: Included) -> bool:
        value = field.read(record, included)
        if link:
            value = value.id if isinstance(value, Linked) else None
        return holds(value) or (lacks is not None and lacks(value))

    return Measure(f"{kind}({field.name} {criteria})", kind, field, condition, take, field.needs)


async def condition_of(selecting: Selecting, text: str) -> tuple[str, str]:
    """Take a condition apart into the longest field that it begins with, and the criteria after it.

    Raises `ArgumentError` where it begins with none.
    """
    resource = selecting.labels.resource
    places = [(text[: each.start()], text[each.end() :]) for each in _PLACES.finditer(text)]
    ways = [(name.strip(), criteria) for name, criteria in [(text, ""), *reversed(places)] if name.strip()]
    found = next((way for way in ways if resolves(selecting, way[0])), None)
    if found is None or (found is not ways[0] and (has_labels(resource.type) or "." in found[0])):
        await selecting.labels.load()  # one of them may be longer than the name of another field
        found = next((way for way in ways if resolves(selecting, way[0], labels=True)), None)
    if found is None:
        names = [*resource.attributes, *resource.relationships, *selecting.labels.names()]
        like_it = nearest(ways[-1][0] if ways else text, names) or "; describe_fields lists them"
        raise ArgumentError(f"{shorten(text)} begins with no field of {resource.type}{like_it}")
    return found[0], found[1].strip() or "not null"


def _varied(field: Field) -> Reader:
    keys = Group(field.name, field, lambda value: (value,) if field.form == "link" else _each(value))
    return lambda record, included: keys.keys(field.read(record, included))


def _each(value: Any) -> tuple[Key, ...]:
    return tuple(map(key_of, value)) if is_array(value) else (key_of(value),)


def _timed(selecting: Selecting, field: Field) -> Reader:
    zone = selecting.context.zone

    def take(record: JsonObject, included: Included) -> Any:
        value = field.read(record, included)
        when = moment_of(value)
        if when is None:
            return None
        return (when, value[:10] if field.form == "day" else shown_time(value, "second", zone))

    return take


def _number(field: Field, skipped: list[int], *, paired: bool) -> Reader:
    """Return what reads a number; what is given and is none is noted in `skipped`."""

    def take(record: JsonObject, included: Included) -> Any:
        value = field.read(record, included)
        number = exact(value)
        if number is None:
            if value not in (None, ""):
                skipped.append(1)
            return None
        return (number, number) if paired else number

    return take
