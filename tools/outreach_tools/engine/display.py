"""How answers show the values of the API, decided here for the cells of lists, for records and for what writes answer.

What is not text is shown as it is. Text is shown in one of three forms:

    form     a date-time                HTML           other text
    CELL     to the day or the minute   as text        on one line, its beginning
    NAMED    to the second              as it is       as it is
    WHOLE    to the second              as text        as it is

Nothing is shown of what is `EMPTY`: a record leaves it out, and a list the columns that hold nothing else.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from enum import Enum
from typing import Any, TypeAlias

from outreach_tools.catalog import Attribute
from outreach_tools.engine.html_text import html_to_text
from outreach_tools.engine.text import CELL_LIMIT, one_line
from outreach_tools.engine.values import WHOLE_DAYS
from outreach_tools.engine.zones import shown_time

EMPTY: tuple[Any, ...] = (None, "", [], {})
"""The values that say nothing."""

Display: TypeAlias = Callable[[Any], Any]
"""Turns a value of the API into what an answer shows of it."""

_CELL_HTML = 8_192  # characters of HTML read for a cell that shows the first 120 of its text

# Date-times of which only the day matters to a reader of a list; all others are shown to the minute.
_DAYS = frozenset({
    "addedAt", "archivedAt", "closeDate", "createdAt", "enabledAt", "engagedAt", "foundedAt", "lastUsedAt", "lockedAt",
    "statusChangedAt", "touchedAt", "updatedAt",
})  # fmt: skip


class Form(Enum):
    """The form of a value: in a row or a summary, asked for by name, or in a record with all that it holds."""

    CELL = "cell"
    NAMED = "named"
    WHOLE = "whole"


def as_it_is(value: Any) -> Any:
    """Show a value as the API gave it."""
    return value


def on_one_line(value: Any) -> Any:
    """Show text as it is where it is short, so that a filter finds it as it was shown; else its beginning."""
    return one_line(value) if isinstance(value, str) and len(value) > CELL_LIMIT else value


def display_of(attributes: Mapping[str, Attribute], name: str, form: Form, zone: tzinfo = UTC) -> Display:
    """Return what shows the values of an attribute in a form, times in `zone`.

    It may be none of the `attributes` that the catalogue has of its type: live records hold more than it names.
    """
    known = attributes.get(name)
    if known is not None and known.type != "string":
        return as_it_is
    if known is not None and known.format == "date-time":
        return _time(name, form, zone)
    if form is not Form.NAMED and name.endswith("Html"):
        return _html_cell if form is Form.CELL else _html
    return on_one_line if form is Form.CELL else as_it_is


def _time(name: str, form: Form, zone: tzinfo) -> Display:
    in_zone = UTC if name in WHOLE_DAYS else zone
    if form is not Form.CELL:
        return lambda value: shown_time(value, "second", in_zone) if isinstance(value, str) else value
    if name in _DAYS:
        return lambda value: shown_time(value, "day", in_zone) if isinstance(value, str) else value
    return lambda value: shown_time(value, "minute", in_zone) if isinstance(value, str) else value


def _html(value: Any) -> Any:
    return html_to_text(value) if isinstance(value, str) else value


def _html_cell(value: Any) -> Any:
    return on_one_line(html_to_text(value, _CELL_HTML)) if isinstance(value, str) else value
