"""The groups that records fall into: by a field's values, the records that a link leads to, or the time of a moment."""

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.figures.buckets import UNITS, Unit, bucket, day_in, plain_day
from outreach_tools.engine.figures.exact import exact
from outreach_tools.engine.figures.exact import shown as shown_number
from outreach_tools.engine.figures.fields import Field, Linked, Reader, field_of
from outreach_tools.engine.figures.selecting import Selecting
from outreach_tools.engine.matching import listed, shorten
from outreach_tools.engine.text import CELL_LIMIT, one_line
from outreach_tools.json_values import is_array, is_object

Key: TypeAlias = Hashable
"""The value of a group, as groups are told apart by it; None for records without one."""


class LongText(NamedTuple):
    """A text that is too long for a key, by its beginning and a digest."""

    beginning: str
    digest: bytes


MOST_GROUPED = 2
"""Fields that a summary groups by."""

_UNITS: Mapping[str, Unit] = {each: each for each in UNITS}
_LONGEST = 400  # characters of a text that a key holds; of a longer one it holds the beginning and a digest


@dataclass(frozen=True, slots=True)
class Group:
    """One field to group by, by the time in a `unit` where that is given: its columns, and the keys of a record.

    A record with several values in an array is in the group of each; one without any in that of None.
    """

    name: str
    field: Field
    keys: Callable[[Any], tuple[Key, ...]]
    unit: Unit | None = None

    @property
    def read(self) -> Reader:
        """The reader of its value."""
        return self.field.read

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it has in an answer: of a link the name and the id, and the type where it has several."""
        if self.field.form != "link":
            return (self.name,)
        return (*((f"{self.name}_type",) if len(self.field.kinds) > 1 else ()), self.name, f"{self.name}_id")

    def cells(self, key: Key, names: Mapping[Key, str]) -> list[Any]:
        """Return what its columns show of a key; `names` are those of related records."""
        if self.field.form == "link":
            kind, number = (key.type, key.id) if isinstance(key, Linked) else (None, None)
            cells: list[Any] = [names.get(key), number]
            return [kind, *cells] if len(self.field.kinds) > 1 else cells
        return [shown_key(key)]

    def order(self, key: Key, names: Mapping[Key, str]) -> tuple[Any, ...]:
        """Return what keys are put in order by: no value last, numbers by size, text without case."""
        if key is None:
            return (2, "", "")
        if isinstance(key, Decimal):
            return (0, key, "")
        if isinstance(key, Linked):
            return (1, names.get(key, "").casefold(), f"{key.id!s:>20}")
        return (1, str(key).casefold(), str(key))


def group_of(selecting: Selecting, given: str, keys: Mapping[str, str]) -> Group:
    """Return the group that a name, or `name:unit`, stands for; `keys` are the names that Outreach has for names."""
    name, unit = name_and_unit(given)
    field = field_of(selecting, keys[name])
    if field.form not in ("time", "day"):
        if unit:
            raise ArgumentError(f"{name!r} is not a time: {unit} is for date-times and dates")
        return Group(field.name, field, _keys_of(field))
    read = plain_day if field.form == "day" else day_in(selecting.context.zone)
    chosen: Unit = unit or "day"  # a moment by itself would make a group of each record
    return Group(f"{field.name}:{chosen}", field, lambda value: _time_keys(read, value, chosen), chosen)


def name_and_unit(given: str) -> tuple[str, Unit | None]:
    """Take `createdAt:month` apart. Raises `ArgumentError` for a unit that nobody knows."""
    name, colon, last = given.rpartition(":")
    if unit := _UNITS.get(last.strip().casefold()):
        return name.strip(), unit
    if colon and last.strip().casefold() in ("hour", "minute", "year", "weekday"):
        raise ArgumentError(f"'group_by' has {shorten(given)}; times are grouped by {listed(UNITS)}")
    return given.strip(), None


def shown_key(key: Key) -> Any:
    """Return what an answer shows of a key."""
    if isinstance(key, LongText):
        return key.beginning
    if isinstance(key, str):
        return one_line(key) if len(key) > CELL_LIMIT else key
    return shown_number(key) if isinstance(key, Decimal) else key


def key_of(value: Any) -> Key:
    """Return the key of a value: none for an empty one, a text within bounds, a number by its value."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if len(value) <= _LONGEST:
            return value
        return LongText(one_line(value), hashlib.blake2b(value.encode(errors="surrogatepass"), digest_size=16).digest())
    if isinstance(value, bool):
        return value
    if is_array(value) or is_object(value):
        return key_of(repr(value))
    return exact(value)


def _keys_of(field: Field) -> Callable[[Any], tuple[Key, ...]]:
    if field.form == "list":
        return _list_keys
    if field.form == "link":
        return lambda value: (value,)
    if field.form == "number":
        return lambda value: (None if value is None else exact(value) if exact(value) is not None else key_of(value),)
    return lambda value: (key_of(value),)


def _list_keys(value: Any) -> tuple[Key, ...]:
    items: list[Any] = value if is_array(value) else [value]
    return tuple(dict.fromkeys(key for item in items if (key := key_of(item)) is not None)) or (None,)


def _time_keys(read: Callable[[Any], date | None], value: Any, unit: Unit) -> tuple[Key, ...]:
    day = read(value)
    return (None if day is None else bucket(day, unit),)
