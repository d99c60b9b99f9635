"""The related records that came along with a document, and what they say of a record that names them."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from outreach_tools.client import JsonObject
from outreach_tools.engine.related import FEW
from outreach_tools.json_values import array_at, is_array, member

Included: TypeAlias = Mapping[tuple[str, int | str], JsonObject]
"""The related records that came along, by type and id."""

Read: TypeAlias = Callable[[JsonObject], Any]
"""The form in which a related record is shown."""


def index_included(document: JsonObject, *, own: bool = False) -> Included:
    """Index the records that came along with a document; with its `own` where those may be related to one another.

    Of such a record JSON:API has no second copy among those that come along.
    """
    there: list[Any] = array_at(document, "included")
    if own:
        data = document.get("data")
        there = [*there, *(data if is_array(data) else [data])]
    try:
        return {(each["type"], each["id"]): each for each in there}
    except (KeyError, TypeError):  # something among them is not a record
        return {place: each for each in there if (place := _place(each)) is not None}


def linkage_of(record: JsonObject, name: str) -> Any:
    """Return what a record's relationship holds: an identifier, several, or None."""
    try:
        return record["relationships"][name]["data"]
    except (KeyError, TypeError):
        return None


def related_id(record: JsonObject, name: str) -> Any:
    """Return the id of the one record that a relationship names, None where it names none."""
    try:
        return record["relationships"][name]["data"]["id"]
    except (KeyError, TypeError):
        return None


def related_value(record: JsonObject, included: Included, name: str, read: Read) -> Any:
    """Return what `read` shows of the record that a relationship names; of many, a list of the first few."""
    linkage = linkage_of(record, name)
    if is_array(linkage):
        more = [f"+{len(linkage) - FEW} more"] if len(linkage) > FEW else []
        return [*(_value(each, included, read) for each in linkage[:FEW]), *more]
    return _value(linkage, included, read) if linkage else None


def _value(linkage: Any, included: Included, read: Read) -> Any:
    try:
        related = included[linkage["type"], linkage["id"]]
    except (KeyError, TypeError):  # it did not come along, or is not an identifier
        return None
    return read(related)


def _place(record: Any) -> tuple[str, int | str] | None:
    kind, number = member(record, "type"), member(record, "id")
    return (kind, number) if isinstance(kind, str) and isinstance(number, int | str) else None
