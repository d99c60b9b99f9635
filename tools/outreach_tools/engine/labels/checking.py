"""The values that may be written into custom fields, checked before it is sent; Outreach keeps each of them as text."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from outreach_tools.catalog import Attribute
from outreach_tools.engine.brevity import brief, first_that_fits
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.given import given_items
from outreach_tools.engine.json_text import decoded
from outreach_tools.engine.labels.fields import CustomField
from outreach_tools.engine.likeness import like
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.naming.spelling import plain
from outreach_tools.engine.numbers import number
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.values import boolean
from outreach_tools.engine.written import sent_moment, written_value
from outreach_tools.json_values import is_array

SEPARATOR = ";"
"""The separator of the options of a field that takes several (assumed)."""

_MOST = ((12, 40), (8, 40), (5, 30), (3, 24), (1, 16), (0, 12))
"""Options that a refusal lists, and characters of each, from what is best to what always fits."""

_FEW = 16  # characters of a label that are no longer worth more than the key

_NUMBERS = frozenset({"numerical", "currency", "percentage"})
_DATES = {"date": "date", "date_time": "date-time"}


class FieldError(ArgumentError):
    """A custom field does not take what was given, as far as was read of it; an organisation may have changed that."""


def checked(field: CustomField, attribute: Attribute, value: Any, calendar: Calendar) -> tuple[Any, str | None]:
    """Return a value as it goes into a custom field, and a note on it if there is one. Raises `FieldError`."""
    match field.kind:
        case "inclusion" | "multi_inclusion" if field.options:
            return _chosen(field, value), None
        case kind if kind in _NUMBERS:
            return _number(field, value), None
        case "boolean":
            return _boolean(field, value), None
        case kind if kind in _DATES:
            typed = replace(attribute, name=field.shown, format=_DATES[kind])
            try:
                sent = written_value(typed, value, {}, calendar)
            except ArgumentError:
                raise _wrong_date(field, typed, value, calendar) from None
            return sent, sent_moment(typed, value, sent, calendar)
        case _:
            if not isinstance(value, str):
                raise _wrong(field, value)
            return value, None


def takes(field: CustomField, most: int = 12, longest: int = 40) -> str:
    """Return what a field takes, in few words: `a number`, `one of Champion, Blocker`."""
    if field.options:
        listed = ", ".join(_quoted(one_line(clean(each), longest)) for each in field.options[:most])
        more = f" and {len(field.options) - most} more" if len(field.options) > most else ""
        offered = f"{listed}{more}" if most else f"{len(field.options)} options"
        several = "one or several" if field.kind == "multi_inclusion" else "one"
        return f"{several} of {offered}"
    return {
        "numerical": "a number",
        "currency": f"an amount of {field.currency or 'money'}, as a number without the currency",
        "percentage": "a percentage, as a number without %",
        "boolean": "true or false",
        "date": "a date",
        "date_time": "a date-time",
    }.get(field.kind, "a text")


def _quoted(option: str) -> str:
    return f'"{option}"' if {",", ";"} & {*option} else option


def refuse_missing(kind: str, missing: Sequence[CustomField], *, cleared: bool) -> None:
    """Raise `FieldError` for custom fields that a record has to have."""
    if not missing:
        return

    def written(most: int, longest: int) -> str:
        names = ", ".join(f"{_called(each, longest)!r}" for each in missing[: max(most, 1)])
        more = f" and {len(missing) - max(most, 1)} more" if len(missing) > max(most, 1) else ""
        what = "is" if len(missing) == 1 else "are"
        allowed = f": {takes(missing[0], most, longest)}" if len(missing) == 1 else ""
        why = f"required, and cannot be cleared in a {kind}" if cleared else f"required for a new {kind}{allowed}"
        return f"{names}{more} {what} {why}. Nothing was sent."

    raise FieldError(first_that_fits(written(*each) for each in _MOST))


def _chosen(field: CustomField, value: Any) -> str:
    """Return the option, or the options of a field that takes several, that a value spells."""
    found = decoded(value, is_array)
    if field.kind != "multi_inclusion":
        items: list[Any] = given_items(found) if is_array(found) else [found]
        if len(items) != 1:
            raise _wrong(field, value)
        return _option(field, items[0], value)
    if isinstance(found, str) and _spelled(field, found) is None:
        found = [each.strip() for each in found.split(SEPARATOR)]
    items = given_items(found) if is_array(found) else [found]
    return SEPARATOR.join(dict.fromkeys(_option(field, each, value) for each in items))


def _option(field: CustomField, item: Any, value: Any) -> str:
    text = str(item) if number(item) is not None and not isinstance(item, str) else item
    option = _spelled(field, text) if isinstance(text, str) else None
    if option is None:
        raise _wrong(field, item if isinstance(item, str | int | float) else value)
    return option


def _spelled(field: CustomField, text: str) -> str | None:
    """Return the one option that a text spells: case, blanks and punctuation at the ends do not matter."""
    if text in field.options:
        return text
    same = [each for each in field.options if _same_case(each) == _same_case(text)]
    same = same or [each for each in field.options if plain(each) == plain(text)]
    return same[0] if len(same) == 1 else None


def _same_case(text: str) -> str:
    return normalize("NFC", " ".join(text.split()).casefold())


def _number(field: CustomField, value: Any) -> str:
    found = number(value)
    if found is None:
        raise _wrong(field, value)
    if isinstance(value, str):
        return format(Decimal(value.strip()), "f")
    return str(found) if isinstance(found, int) else format(Decimal(str(found)), "f")


def _boolean(field: CustomField, value: Any) -> str:
    found = boolean(value)
    if found is None:
        raise _wrong(field, value)
    return "true" if found else "false"


def _wrong(field: CustomField, value: Any) -> FieldError:
    near = like([value], [(each, None) for each in field.options]) if isinstance(value, str) else []

    def written(most: int, longest: int) -> str:
        meant = f"; did you mean {one_line(clean(near[0][0]), max(longest, 30))!r}?" if near else "."
        return (
            f"{_called(field, longest)!r} takes {takes(field, most, longest)}, not "
            f"{shorten(value, max(longest, 24))}{meant} Nothing was sent."
        )

    return FieldError(first_that_fits(written(*each) for each in _MOST))


def _called(field: CustomField, longest: int) -> str:
    """Return what a field is called, as far as there is room; its key where that is little."""
    if len(field.shown) <= max(longest, _FEW):
        return field.shown
    return one_line(field.shown, longest) if longest > _FEW else field.key


def _wrong_date(field: CustomField, typed: Attribute, value: Any, calendar: Calendar) -> FieldError:
    """Return the refusal of what is not a date, which must not look like one where it is cut."""

    def written(width: int) -> str:
        short = replace(typed, name=_called(field, width))
        try:
            written_value(short, one_line(value, width) if isinstance(value, str) else value, {}, calendar)
        except ArgumentError as error:
            return f"{error}{_end(error)} Nothing was sent."
        return f"{short.name!r} takes {takes(field)}. Nothing was sent."

    return FieldError(brief(written))


def _end(error: Exception) -> str:
    return "" if str(error).endswith((".", "?")) else "."
