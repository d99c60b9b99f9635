"""The criteria of a filter: read from the words a model writes, sent to Outreach, and checked here again.

Forms: exact (`Acme`), any of several (`1,2,3`), ranges (`2026-01-01..2026-01-31`, `..5`, `5..`), `null`, `not null`.
Double quotes make a value literal (`"Smith, Jones"`); an array gives several literal values. Where an attribute is a
date or a date-time, each value may be a relative one (`today`, `-7d`, `last_month`; see `dates`).

Where it is text, whatever was given is looked for as it stands as well, beside the values that it lists (see
`literal`). Text that Outreach filters has no ranges: `..` is a part of it. Text that is filtered here has both.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from outreach_tools.catalog import Attribute
from outreach_tools.client import Query
from outreach_tools.engine.dates import Calendar, Span, Times, nearest_date
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.given import given_items
from outreach_tools.engine.html_text import html_to_text
from outreach_tools.engine.json_text import decoded
from outreach_tools.engine.literal import QUOTED, Texts, fold, listed_values, readings, split, unquoted
from outreach_tools.engine.matching import find, shorten
from outreach_tools.engine.numbers import is_finite, number, whole
from outreach_tools.engine.values import EMAIL, WHOLE_DAYS, check_value, moment, wire_time
from outreach_tools.json_values import is_array

OUTREACHS_WORDS = ("__null__", "__notnull__")
"""The words that Outreach takes for no value and for any; it cannot be asked for text that is one of them."""

# amp-labs found `neginf` refused before a date and sends this instead (connectors, providers/outreach).
_FIRST_MOMENT = "1970-01-01T00:00:00.000Z"
_DATED = re.compile(r"\d{4}-\d\d-\d\d")

_NULL = "null"
# 1,000 and 1, 000.5 and 1.000,5: not 1, 2 or 10,20 or 2026,1.
_GROUPED = re.compile(
    r"(?<!\d)(?<!\d\.)-?(?:\d{1,3}(?:,(?:\d{3}|\s+0\d\d)(?!\d))+(?:\.\d+)?|\d{1,3}(?:\.\d{3})+(?P<decimals>,\d+))(?!\d)"
)
_OPEN = ("", "neginf", "inf")


@dataclass(frozen=True, slots=True)
class Range:
    """The value lies between two bounds, both included; None is open."""

    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The value is one of these; of text that is filtered here it may lie `within` a range as well."""

    values: tuple[str, ...]
    within: Range | None = None


@dataclass(frozen=True, slots=True)
class Null:
    """The value is missing, or (`negated`) it is there."""

    negated: bool = False


Criteria: TypeAlias = AnyOf | Range | Null


def parse(
    field: str, given: Any, attribute: Attribute, known: Mapping[str, str], calendar: Calendar, *, here: bool = False
) -> Criteria:
    """Read one filter's criteria for an attribute; `here` says that it is applied here. Raises `ArgumentError`.

    A day on a date-time attribute means the whole day in the calendar's zone, from its first to its last moment.
    """
    given = _listed(given, attribute)
    if is_array(given):
        if not given or not all(_text(item).strip() for item in given):
            raise ArgumentError(f"the filter on {field!r} has an empty value in {shorten(given)}")
        return _any_of(field, [_text(item) for item in given], attribute, known, calendar)
    text = _text(given)
    if not text.strip():
        raise ArgumentError(f"the filter on {field!r} is empty; use 'null' for records without a value")
    if text.strip().casefold() in (_NULL, f"not {_NULL}"):
        return Null(negated=text.strip().casefold() != _NULL)
    if is_text(attribute):
        return AnyOf(_texts(text, attribute, known), _text_range(text.strip()) if here else None)
    text = text.strip()
    if attribute.type in ("integer", "number") and not _is_id(attribute):
        _refuse_grouped(field, text)
    if ".." in QUOTED.sub("", text):
        return _range(field, *_ends(text), attribute, calendar)
    items = _items(field, text)
    if attribute.type == "integer" and _is_id(attribute) and not any(map(whole, items)):  # a name, with a comma in it
        items = [text]
    return _any_of(field, items, attribute, known, calendar)


def is_text(attribute: Attribute) -> bool:
    """Return whether an attribute holds text, or an array of it, that may be anything."""
    kind = (attribute.items or "string") if attribute.type == "array" else attribute.type
    return kind == "string" and not is_dated(attribute) and attribute.format != "uuid"


def _is_id(attribute: Attribute) -> bool:
    return attribute.name == "id" or attribute.name.endswith("Id")


def _refuse_grouped(field: str, text: str) -> None:
    """Refuse a number with commas between its thousands, or at its decimals, as it may be several numbers as well."""
    found = _GROUPED.search(QUOTED.sub("", text))
    if found is None:
        return
    given = found[0]
    plain = re.sub(r"[,\s]", "", given) if found["decimals"] is None else given.replace(".", "").replace(",", ".")
    items = ", ".join(each.strip().lstrip("0") or "0" for each in given.split(","))
    several = "" if ".." in text else f", or [{items}] for several"
    raise ArgumentError(
        f"the filter on {field!r} has {given!r}, which may be one number or several: write {plain}{several}"
    )


def is_dated(attribute: Attribute) -> bool:
    """Return whether an attribute holds a date or a date-time."""
    return attribute.type == "string" and attribute.format in ("date-time", "date")


def needs_new_syntax(criteria: Criteria) -> bool:
    """Return whether criteria need the newer filter syntax.

    Those do that hold what the classic one would take apart (a comma, two dots, blanks around), and a range of numbers
    without a lower end: `neginf` was found refused (amp-labs), and the newer syntax does without it.
    """
    if isinstance(criteria, Range):
        return criteria.low is None and criteria.high is not None and not _DATED.match(criteria.high)
    return isinstance(criteria, AnyOf) and any(
        "," in value or ".." in value or value != value.strip() or (value.startswith("__") and value.endswith("__"))
        for value in criteria.values
    )


def is_unsayable(criteria: Criteria) -> bool:
    """Return whether Outreach would take a value for one of its own words, in either syntax."""
    return isinstance(criteria, AnyOf) and any(map(is_word, criteria.values))


def is_word(text: str) -> bool:
    """Return whether a text is one of Outreach's own words in filters, whatever is meant by it."""
    return text.strip().casefold() in OUTREACHS_WORDS


def query(name: str, criteria: Criteria, *, new_syntax: bool) -> Query:
    """Return the query parameters for one filter; `name` is `filter[title]` or `filter[owner][id]`."""
    match criteria:
        case Null(negated=negated):
            return ((name, "__notnull__" if negated else "__null__"),)
        case AnyOf(values=values) if new_syntax:
            # Clients that send any text use this form for a single value, too.
            return tuple((f"{name}[]", value) for value in values)
        case AnyOf(values=values):
            return ((name, ",".join(values)),)
        case Range(low=low, high=high) if new_syntax:
            bounds = (("gte", low), ("lte", high))
            return tuple((f"{name}[{word}]", bound) for word, bound in bounds if bound is not None)
        case Range(low=low, high=high):
            first = _FIRST_MOMENT if low is None else low  # open is that of dates alone
            return ((name, f"{first}..{high if high is not None else 'inf'}"),)


def matcher(criteria: Criteria, attribute: Attribute) -> Callable[[Any], bool]:
    """Return a check of a value that came back.

    Text is compared as `literal.fold` does; an array matches when one of its items does. Text that is "null" counts as
    no value, too: it cannot be told what was meant.
    """
    match criteria:
        case Null(negated=negated) if not negated and is_text(attribute):
            return lambda value: value in (None, [], "") or any(fold(str(item)) == _NULL for item in _each(value))
        case Null(negated=negated):
            return lambda value: (value not in (None, [], "")) is negated
        case AnyOf(values=values, within=within) if is_text(attribute):
            return _text_matcher(Texts(values), within, attribute)
        case AnyOf(values=values):
            wanted = {comparable(value, attribute) for value in values}
            return lambda value: any(comparable(item, attribute) in wanted for item in _each(value))
        case Range(low=low, high=high):
            floor = None if low is None else comparable(low, attribute)
            ceiling = None if high is None else comparable(high, attribute)
            return lambda value: any(_between(comparable(item, attribute), floor, ceiling) for item in _each(value))


def _text_matcher(wanted: Texts, within: Range | None, attribute: Attribute) -> Callable[[Any], bool]:
    html = attribute.name.endswith("Html")

    def holds(item: Any) -> bool:
        if item is None:
            return False
        text = _text(item)
        # Answers show HTML as text.
        return text in wanted or _text_between(text, within) or (html and html_to_text(text) in wanted)

    return lambda value: any(map(holds, _each(value)))


def _listed(given: Any, attribute: Attribute) -> Any:
    """Read an array that comes as JSON text; where values are text, it may be meant as that very text as well."""
    if is_text(attribute) and str(given).lstrip().startswith('"'):  # a literal value, and not JSON text of JSON text
        return given
    found = decoded(given, is_array)
    items = given_items(found) if is_array(found) and found is not given else []
    if not items or not is_finite(items) or not all(isinstance(each, str | int | float) for each in items):
        return given
    return [*items, given] if is_text(attribute) else items


def _texts(text: str, attribute: Attribute, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the texts that a criterion means: those it lists where they are certain, else what was given as well."""
    if spelling := find(text, known):
        return (known[spelling],)
    text, given = text.strip(), text
    listed = listed_values(text)
    spelled = [find(each, known) for each in listed]
    certain = any(spelled) or (
        attribute.format == "email" and all(map(EMAIL.fullmatch, split(text))) and text[-1] != ","
    )
    values = listed if certain and listed else readings(given)
    return tuple(dict.fromkeys(known[spelling] if (spelling := find(each, known)) else each for each in values))


def _text_range(text: str) -> Range | None:
    """Return the range that a text may be meant as, beside being text."""
    if ".." not in QUOTED.sub("", text):
        return None
    low, high = _ends(text)
    return Range(None if low in _OPEN else low, None if high in _OPEN else high) if {low, high} - {*_OPEN} else None


def _ends(text: str) -> tuple[str, str]:
    """Return what stands on both sides of the first two dots, of those after a value in quotes at the beginning."""
    quoted = QUOTED.match(text.lstrip())
    start = len(text) - len(text.lstrip()) + quoted.end() if quoted else 0
    place = text.find("..", start)
    if place < 0 or (text[start:place].strip() and quoted):
        place = text.index("..")
    return unquoted(text[:place]), unquoted(text[place + 2 :])


def _text_between(text: str, within: Range | None) -> bool:
    """Return whether a text lies in a range: as a number between numbers, else in the order of the alphabet."""
    if within is None:
        return False
    ends = [end for end in (within.low, within.high) if end is not None]
    if all(map(_is_number, ends)):
        low, high = (None if end is None else float(end) for end in (within.low, within.high))
        return _is_number(text.strip()) and _between(float(text), low, high)
    return _between(fold(text), *(None if end is None else fold(end) for end in (within.low, within.high)))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(number(value) if isinstance(value, float) else value)


def _items(field: str, text: str) -> list[str]:
    """Split at commas outside double quotes."""
    items = split(text)
    if not all(items):
        raise ArgumentError(f"the filter on {field!r} has an empty value in {shorten(text)}")
    return items


def _any_of(
    field: str, texts: Sequence[str], attribute: Attribute, known: Mapping[str, str], calendar: Calendar
) -> Criteria:
    if not is_dated(attribute):
        return AnyOf(tuple(_exact(field, text, attribute, known) for text in texts))
    spans = [_span(field, text, calendar.span if len(texts) == 1 else calendar.point) for text in texts]
    if attribute.format == "date":
        days = [(each.first, each.last) for each in map(calendar.days, spans)]
        if all(first == last for first, last in days):
            return AnyOf(tuple(first.isoformat() for first, _ in days))
        first_day, last_day = _joined(field, days, timedelta(days=1))
        return Range(first_day.isoformat(), last_day.isoformat())
    times = [(each.first, each.last) for each in (_moments(span, attribute, calendar) for span in spans)]
    if all(first == last for first, last in times):
        return AnyOf(tuple(wire_time(first) for first, _ in times))
    first_time, last_time = _joined(field, times, timedelta(milliseconds=1))
    return Range(wire_time(first_time), wire_time(last_time))


_When = TypeVar("_When", date, datetime)


def _joined(field: str, spans: Sequence[tuple[_When, _When]], step: timedelta) -> tuple[_When, _When]:
    """Return the one span that several make up; Outreach filters by one range, not by several."""
    first, last = min(spans)
    for start, end in sorted(spans):
        if start - last > step:  # a sum might lie beyond the year 9999
            raise ArgumentError(
                f"the filter on {field!r} names dates with a gap between them; give one range, like 'a..b', or ask "
                "once for each"
            )
        last = max(last, end)
    return first, last


def _moments(span: Span, attribute: Attribute, calendar: Calendar) -> Times:
    return calendar.moments(span, whole_days=attribute.name in WHOLE_DAYS)


def _span(field: str, text: str, read: Callable[[str], Span | None]) -> Span:
    found = read(text)
    if found is None:
        raise ArgumentError(
            f"the filter on {field!r} takes a date (2026-01-31), a date-time (2026-01-31T09:00Z) or a relative date "
            f"(today, -7d, this_week, last_month), not {shorten(text)}{nearest_date(text)}"
        )
    return found


def _exact(field: str, text: str, attribute: Attribute, known: Mapping[str, str]) -> str:
    if spelling := find(text, known):
        return known[spelling]
    return text if is_text(attribute) else _wire(field, text, attribute)


def _range(field: str, low: str, high: str, attribute: Attribute, calendar: Calendar) -> Range:
    open_low, open_high = low in ("", "neginf"), high in ("", "inf")
    if open_low and open_high:
        raise ArgumentError(f"the filter on {field!r} has a range without bounds; give one, like '5..' or '..5'")
    floor = None if open_low else _bound(field, low, attribute, calendar, first=True)
    ceiling = None if open_high else _bound(field, high, attribute, calendar, first=False)
    if floor is not None and ceiling is not None:
        least, most = comparable(floor, attribute), comparable(ceiling, attribute)
        if not _between(least, None, most):
            raise ArgumentError(f"the filter on {field!r} runs backwards: {shorten(f'{low}..{high}')}")
    return Range(floor, ceiling)


def _bound(field: str, text: str, attribute: Attribute, calendar: Calendar, *, first: bool) -> str:
    """Return an end of a range: the first moment of what begins it, the last of what ends it."""
    if not is_dated(attribute):
        return _wire(field, text, attribute)
    span = _span(field, text, calendar.point)
    if attribute.format == "date":
        days = calendar.days(span)
        return (days.first if first else days.last).isoformat()
    times = _moments(span, attribute, calendar)
    return wire_time(times.first if first else times.last)


def _wire(field: str, text: str, attribute: Attribute) -> str:
    try:
        value = check_value(attribute, text)
    except ArgumentError as error:
        raise ArgumentError(f"the filter on {field!r}: {error}") from None
    if is_array(value) and not value:
        raise ArgumentError(f"the filter on {field!r} has an empty value in {shorten(text)}")
    return _text(value[0] if is_array(value) else value)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _each(value: Any) -> list[Any]:
    return value if is_array(value) else [value]


def comparable(value: Any, attribute: Attribute) -> Any:
    """Return a value in the form that its attribute's values are compared in, None where it has none."""
    if value is None:
        return None
    text = _text(value)
    if attribute.type in ("integer", "number"):
        try:
            return float(text)
        except ValueError:
            return None
    if attribute.format in ("date-time", "date"):
        return moment(text)
    return fold(text)


def _between(value: Any, floor: Any, ceiling: Any) -> bool:
    if value is None:
        return False
    return (floor is None or value >= floor) and (ceiling is None or value <= ceiling)
