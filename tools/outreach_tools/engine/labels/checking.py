"""The values that may be written into custom fields, checked before it is sent; Outreach keeps each of them as text."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unicodedata import normalize

from outreach_tools.catalog import Attribute
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
from outreach_tools.engine.tokens import estimate_tokens
from outreach_tools.engine.values import boolean
from outreach_tools.engine.written import sent_moment, written_value
from outreach_tools.json_values import is_array

MOST_TOKENS = 120
"""Tokens of a refusal, as o200k counts."""

SEPARATOR = ";"
"""The separator of the options of a field that takes several (assumed)."""

_MARGIN = 0.85  # the estimate may lie a tenth under what o200k counts, on capitals in a row a little more
_MOST = ((12, 40), (8, 40), (5, 30), (3, 24), (1, 16), (0, 12))
"""Options that a refusal lists, and characters of each, from what is best to what always fits."""

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
            except ArgumentError as error:
                raise FieldError(f"{error}{_end(error)} Nothing was sent.") from None
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
        names = ", ".join(f"{one_line(each.shown, max(longest, 20))!r}" for each in missing[: max(most, 1)])
        more = f" and {len(missing) - max(most, 1)} more" if len(missing) > max(most, 1) else ""
        what = "is" if len(missing) == 1 else "are"
        allowed = f": {takes(missing[0], most, longest)}" if len(missing) == 1 else ""
        why = f"required, and cannot be cleared in a {kind}" if cleared else f"required for a new {kind}{allowed}"
        return f"{names}{more} {what} {why}. Nothing was sent."

    raise FieldError(_fitting(written(*each) for each in _MOST))


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
            f"{one_line(field.shown, max(longest, 24))!r} takes {takes(field, most, longest)}, not "
            f"{shorten(value, max(longest, 24))}{meant} Nothing was sent."
        )

    return FieldError(_fitting(written(*each) for each in _MOST))


def _end(error: Exception) -> str:
    return "" if str(error).endswith((".", "?")) else "."


def _fitting(texts: Iterator[str]) -> str:
    """Return the first text that is short enough, else the last."""
    text = ""
    for text in texts:
        if estimate_tokens(text) <= MOST_TOKENS * _MARGIN:
            break
    return text
