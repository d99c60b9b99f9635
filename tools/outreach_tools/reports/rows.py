"""Reads from a record of Outreach's what the reports reckon with; what is missing or of another kind is None."""

from datetime import datetime

from outreach_tools.client import JsonObject
from outreach_tools.engine.columns import value_of
from outreach_tools.engine.display import EMPTY
from outreach_tools.engine.included import Included, linkage_of, related_id
from outreach_tools.engine.values import moment
from outreach_tools.json_values import member


def has(record: JsonObject, name: str) -> bool:
    """Return whether an attribute holds anything; of a moment, whether it has come to pass."""
    return value_of(record, name) not in EMPTY


def text_of(record: JsonObject, name: str) -> str | None:
    """Return an attribute's text."""
    found = value_of(record, name)
    return found if isinstance(found, str) else None


def time_of(record: JsonObject, name: str) -> datetime | None:
    """Return an attribute's moment, in UTC."""
    found = text_of(record, name)
    return moment(found) if found else None


def count_of(record: JsonObject, name: str) -> int:
    """Return an attribute's number, 0 where it has none."""
    found = value_of(record, name)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def id_of(record: JsonObject, name: str = "") -> int | None:
    """Return the id of a record, or of the one that a relationship names."""
    found = related_id(record, name) if name else record.get("id")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def related(record: JsonObject, included: Included, name: str) -> JsonObject | None:
    """Return the record that a relationship names, as far as it came along."""
    linkage = linkage_of(record, name)
    kind, number = member(linkage, "type"), member(linkage, "id")
    return included.get((kind, number)) if isinstance(kind, str) and isinstance(number, int) else None
