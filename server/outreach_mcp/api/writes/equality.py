"""Decides whether a record is one that a create would have made."""

from datetime import datetime
from typing import Any

from outreach_tools.catalog import Attribute, resource_types
from outreach_tools.client import JsonObject
from outreach_tools.json_values import is_array, is_object, member, object_at

_NOTHING: tuple[Any, ...] = (None, "", [], {})


def holds(record: JsonObject, body: JsonObject | None) -> bool:
    """Return whether a record holds everything that the body of a create sets.

    What Outreach never gives back (passwords) is passed over; of a relationship that the record shows no ids of, it
    is not known, so it counts as different.
    """
    sent = member(body, "data")
    resource = resource_types().get(str(member(sent, "type")))
    if resource is None or record.get("type") != resource.type:
        return False
    for name, value in object_at(sent, "attributes").items():
        attribute = resource.attributes.get(name)
        if attribute is not None and attribute.write_only:
            continue
        if not _same_value(attribute, value, member(record, "attributes", name)):
            return False
    return all(
        _same_linkage(member(relationship, "data"), member(record, "relationships", name))
        for name, relationship in object_at(sent, "relationships").items()
    )


def moment_of(value: object) -> datetime | None:
    """Return the moment that a date-time in a record means, None for anything else."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _same_value(attribute: Attribute | None, sent: Any, found: Any) -> bool:
    if sent in _NOTHING:
        return found in _NOTHING
    if isinstance(sent, bool) or isinstance(found, bool):
        return sent is found
    if isinstance(sent, str) and isinstance(found, str):
        if attribute is not None and attribute.format == "date-time":
            moments = moment_of(sent), moment_of(found)
            return None not in moments and moments[0] == moments[1]
        # Outreach lowers the case of e-mail addresses and trims what people type.
        folds = attribute is not None and (attribute.format == "email" or "email" in attribute.name.lower())
        return _folded(sent, folds) == _folded(found, folds)
    if is_array(sent) and is_array(found) and all(isinstance(each, str) for each in (*sent, *found)):
        return sorted(_folded(each, True) for each in sent) == sorted(_folded(each, True) for each in found)
    return bool(sent == found)


def _folded(text: str, folds: bool) -> str:
    return text.strip().casefold() if folds else text.strip()


def _same_linkage(sent: Any, found: Any) -> bool:
    if not is_object(found) or "data" not in found:
        return False
    linked = found["data"]
    if is_array(sent):
        return is_array(linked) and {_identity(each) for each in sent} == {_identity(each) for each in linked}
    return _identity(sent) == _identity(linked)


def _identity(linkage: Any) -> tuple[str, str] | None:
    return (str(linkage.get("type")), str(linkage.get("id"))) if is_object(linkage) else None
