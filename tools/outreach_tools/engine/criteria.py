"""What a filter asks of a value: read from the words a model writes, sent to Outreach, and checked here again.

Forms: exact (`Acme`), any of several (`1,2,3`), ranges (`2026-01-01..2026-01-31`, `..5`, `5..`), `null`, `not null`.
Double quotes make a value literal (`"Smith, Jones"`); an array gives several literal values. Where an attribute is a
date or a date-time, each value may be a relative one (`today`, `-7d`, `last_month`; see `dates`).
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
from outreach_tools.engine.json_text import decoded
from outreach_tools.engine.matching import find, shorten
from outreach_tools.engine.numbers import is_finite, number
from outreach_tools.engine.values import WHOLE_DAYS, check_value, moment, wire_time
from outreach_tools.json_values import is_array

# amp-labs found `neginf` refused before a date and sends this instead (connectors, providers/outreach).
_FIRST_MOMENT = "1970-01-01T00:00:00.000Z"

_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_ENDS = re.compile(r'\s*("(?:[^"]|"")*"|[^"]*?)\s*\.\.\s*("(?:[^"]|"")*"|[^"]*)')
_ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The value is one of these."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The value lies between two bounds, both included; None is open."""

    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class Null:
    """The value is missing, or (`negated`) it is there."""

    negated: bool = False


Criteria: TypeAlias = AnyOf | Range | Null


def parse(field: str, given: Any, attribute: Attribute, known: Mapping[str, str], calendar: Calendar) -> Criteria:
    """Read one filter's criteria for an attribute. Raises `ArgumentError` naming the field.

    A day on a date-time attribute means the whole day in the calendar's zone, from its first to its last moment.
    """
    given = _listed(given, attribute)
    if is_array(given):
        if not given or not all(_text(item).strip() for item in given):
            raise ArgumentError(f"the filter on {field!r} has an empty value in {shorten(given)}")
        return _any_of(field, [_text(item) for item in given], attribute, known, calendar)
    text = _text(given).strip()
    if not text:
        raise ArgumentError(f"the filter on {field!r} is empty; use 'null' for records without a value")
    if text.casefold() in ("null", "not null"):
        return Null(negated=text.casefold() == "not null")
    if ".." in _QUOTED.sub("", text):
        found = _ENDS.fullmatch(text)
        low, high = map(_unquoted, found.groups() if found else text.split("..", 1))
        return _range(field, low, high, attribute, calendar)
    return _any_of(field, _items(field, text), attribute, known, calendar)


def is_dated(attribute: Attribute) -> bool:
    """Say whether an attribute holds a date or a date-time."""
    return attribute.type == "string" and attribute.format in ("date-time", "date")


def needs_new_syntax(criteria: Criteria) -> bool:
    """Say whether a value holds what the classic filter syntax would take apart: a comma or two dots."""
    return isinstance(criteria, AnyOf) and any(
        "," in value or ".." in value or (value.startswith("__") and value.endswith("__")) for value in criteria.values
    )


def query(name: str, criteria: Criteria, *, new_syntax: bool) -> Query:
    """Return the query parameters for one filter; `name` is `filter[title]` or `filter[owner][id]`."""
    match criteria:
        case Null(negated=negated):
            return ((name, "__notnull__" if negated else "__null__"),)
        case AnyOf(values=(value,)):
            return ((name, value),)
        case AnyOf(values=values):
            return tuple((f"{name}[]", value) for value in values) if new_syntax else ((name, ",".join(values)),)
        case Range(low=low, high=high) if new_syntax:
            bounds = (("gte", low), ("lte", high))
            return tuple((f"{name}[{word}]", bound) for word, bound in bounds if bound is not None)
        case Range(low=low, high=high):
            first = _FIRST_MOMENT if high is not None and moment(high) and not _is_number(high) else "neginf"
            return ((name, f"{low if low is not None else first}..{high if high is not None else 'inf'}"),)


def matcher(criteria: Criteria, attribute: Attribute) -> Callable[[Any], bool]:
    """Return a check of a value that came back.

    Text is compared without regard to case, as Outreach does; an array matches when one of its items does.
    """
    match criteria:
        case Null(negated=negated):
            return lambda value: (value not in (None, [], "")) is negated
        case AnyOf(values=values):
            wanted = {_comparable(value, attribute) for value in values}
            return lambda value: any(_comparable(item, attribute) in wanted for item in _each(value))
        case Range(low=low, high=high):
            floor = None if low is None else _comparable(low, attribute)
            ceiling = None if high is None else _comparable(high, attribute)
            return lambda value: any(_between(_comparable(item, attribute), floor, ceiling) for item in _each(value))


def _listed(given: Any, attribute: Attribute) -> Any:
    """Read an array that comes as JSON text; where values are text, it may be meant as that very text as well."""
    is_text = attribute.type in ("string", "array") and attribute.format not in ("date", "date-time", "uuid")
    if is_text and str(given).lstrip().startswith('"'):  # a literal value, and not JSON text of JSON text
        return given
    found = decoded(given, is_array)
    items = given_items(found) if is_array(found) and found is not given else []
    if not items or not is_finite(items) or not all(isinstance(each, str | int | float) for each in items):
        return given
    return [*items, given] if is_text else items


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(number(value) if isinstance(value, float) else value)


def _unquoted(text: str) -> str:
    quoted = _QUOTED.fullmatch(text.strip())
    return quoted[1].replace('""', '"') if quoted else text.strip()


def _items(field: str, text: str) -> list[str]:
    """Split at commas outside double quotes."""
    items: list[str] = []
    position = 0
    while position < len(text):
        found = _ITEM.match(text, position)
        if found is None:
            raise ArgumentError(f"the filter on {field!r} has an unclosed quote: {shorten(text)}")
        items.append(found.group(1).replace('""', '"') if found.group(1) is not None else found.group(2).strip())
        position = found.end()
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
        if start > last + step:
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
    if attribute.type in ("string", "array") and attribute.format != "uuid":
        return text
    return _wire(field, text, attribute)


def _range(field: str, low: str, high: str, attribute: Attribute, calendar: Calendar) -> Range:
    open_low, open_high = low in ("", "neginf"), high in ("", "inf")
    if open_low and open_high:
        raise ArgumentError(f"the filter on {field!r} has a range without bounds; give one, like '5..' or '..5'")
    floor = None if open_low else _bound(field, low, attribute, calendar, first=True)
    ceiling = None if open_high else _bound(field, high, attribute, calendar, first=False)
    if floor is not None and ceiling is not None:
        least, most = _comparable(floor, attribute), _comparable(ceiling, attribute)
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
    return _text(value[0] if is_array(value) else value)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _each(value: Any) -> list[Any]:
    return value if is_array(value) else [value]


def _comparable(value: Any, attribute: Attribute) -> Any:
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
    return text.casefold()


def _between(value: Any, floor: Any, ceiling: Any) -> bool:
    if value is None:
        return False
    return (floor is None or value >= floor) and (ceiling is None or value <= ceiling)
