"""The order of a list, and a record's place in it, by which the place where a list continues is found again.

A key holds a record's sort value and id. It stays true whatever is added, deleted or changed around it, where the count
of the rows before it, or the id of a row that may have gone or moved, does not. How Outreach orders what has the same
sort value, text of other alphabets or records without a value is not documented: an order is used only where the
records at hand stand in it.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeAlias

from outreach_tools.catalog import Attribute, ResourceType
from outreach_tools.client import JsonObject
from outreach_tools.engine.values import moment
from outreach_tools.json_values import object_at

Value: TypeAlias = int | float | str | None
"""A sort value in the form that compares: a moment in microseconds, text without case."""

_LONGEST_TEXT = 24  # characters of a text that a cursor carries
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?\d{1,19}", re.ASCII)
_FRACTION = re.compile(r"f-?\d+(p\d+)?(e[+-]?\d+)?", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_TEXT = re.compile(r"t[\w-]*", re.ASCII)
_NONE = "~"


@dataclass(frozen=True, slots=True)
class Key:
    """The place of a record: its sort value (None without one, or where a list is in the order of ids), and its id."""

    value: Value
    id: int | str


@dataclass(frozen=True, slots=True)
class Order:
    """An order: by an attribute (None: by id alone), and among equal values by id."""

    attribute: Attribute | None = None
    descending: bool = False
    ids_descending: bool = False

    def key(self, record: JsonObject) -> Key | None:
        """Return where a record stands, None where it does not hold what it is sorted by."""
        number = known_id(record.get("id"))
        if number is None:
            return None
        if self.attribute is None:
            return Key(None, number)
        attributes = object_at(record, "attributes")
        if self.attribute.name not in attributes:
            return None
        return _key(attributes[self.attribute.name], self.attribute, number)

    def shown_by(self, records: Sequence[JsonObject]) -> "Order | None":
        """Return the order that these records stand in: this one, or it with ids the other way; None for neither."""
        keys = [self.key(record) for record in records]
        known = [key for key in keys if key is not None]
        if len(known) != len(keys) or len({type(key.id) for key in known}) > 1:
            return None
        turned = replace(self, ids_descending=not self.ids_descending)
        return next((each for each in (self, turned) if all(each._follows(b, a) for a, b in pairwise(known))), None)

    def count_up_to(self, records: Sequence[JsonObject], key: Key) -> int | None:
        """Return how many of a page's records stand before a key or at it; None where their order is another one."""
        order = self.shown_by(records)
        if order is None:
            return None
        keys = [each for each in map(order.key, records) if each is not None]
        if any(type(each.id) is not type(key.id) for each in keys):
            return None
        return sum(1 for each in keys if not order._follows(each, key))

    def _follows(self, one: Key, other: Key) -> bool:
        """Return whether one key comes after another."""
        if one.value != other.value:
            return _greater(one.value, other.value) is not self.descending
        return one.id != other.id and _greater(one.id, other.id) is not self.ids_descending


def order_of(resource: ResourceType, sort: str | None) -> Order | None:
    """Return the order that a list comes in, None where it cannot be told; without a sort it is assumed to be by id."""
    name = (sort or "").removeprefix("-")
    if not name or name == "id":
        return Order(ids_descending=(sort or "").startswith("-"))
    attribute = resource.attributes.get(name)
    return Order(attribute, descending=(sort or "").startswith("-")) if attribute else None


def known_id(value: Any) -> int | str | None:
    """Return an id in the form that compares: a number, or the UUID that some types have instead; else None."""
    if isinstance(value, str):
        plain = value.replace("-", "").casefold()
        return int(plain) if _NUMBER.fullmatch(plain) else plain if _UUID.fullmatch(plain) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def written(value: Value) -> str:
    """Write a sort value as a part of a cursor; `read_value` reads it back."""
    match value:
        case None:
            return _NONE
        case str():
            return "t" + base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")
        case float():
            return "f" + repr(value).replace(".", "p")
        case _:
            return str(value)


def read_value(text: str) -> Value:
    """Read a sort value out of a cursor. Raises `ValueError`."""
    if text == _NONE:
        return None
    if _NUMBER.fullmatch(text):
        return int(text)
    if _FRACTION.fullmatch(text):
        return float(text[1:].replace("p", "."))
    if not _TEXT.fullmatch(text):
        raise ValueError(text)
    try:
        return base64.b64decode(text[1:] + "=" * (-len(text[1:]) % 4), altchars=b"-_", validate=True).decode()
    except binascii.Error as error:
        raise ValueError(text) from error


def _key(value: Any, attribute: Attribute, number: int | str) -> Key | None:
    if value is None or isinstance(value, bool):
        return Key(None if value is None else int(value), number)
    if isinstance(value, int | float):
        return Key(value, number)
    if not isinstance(value, str):
        return None
    if attribute.format not in ("date-time", "date"):
        return Key(value.casefold()[:_LONGEST_TEXT], number)
    when = moment(value)
    return Key((when - _FIRST) // timedelta(microseconds=1), number) if when else None


def _greater(one: Value, other: Value) -> bool:
    """Compare two sort values that differ; none at all is the smallest, as in MySQL."""
    if one is None or other is None:
        return other is None
    return str(one) > str(other) if isinstance(one, str) or isinstance(other, str) else one > other
