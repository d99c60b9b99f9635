"""Values of records as plans hold them: read from a record, compared, and shown to a person."""

from collections.abc import Iterable, Mapping
from typing import Any

from outreach_tools.catalog import ResourceType
from outreach_tools.client import JsonObject
from outreach_tools.engine.columns import label_of, value_of
from outreach_tools.engine.display import EMPTY
from outreach_tools.engine.included import Included, linkage_of
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.values import moment
from outreach_tools.json_values import is_array, is_object

_SHOWN = 40  # characters of a value in an example


def held(resource: ResourceType, record: JsonObject, names: Iterable[str]) -> JsonObject:
    """Return what a record holds of some attributes and relationships; a relationship as its linkage."""
    return {
        name: _linkage(linkage_of(record, name)) if name in resource.relationships else value_of(record, name)
        for name in names
    }


def same(resource: ResourceType, name: str, one: Any, other: Any) -> bool:
    """Return whether two values of an attribute or a relationship are the same to Outreach."""
    if one in EMPTY and other in EMPTY:
        return True
    if name in resource.relationships:
        return bool(_plain(_linkage(one)) == _plain(_linkage(other)))
    attribute = resource.attributes.get(name)
    if attribute is not None and attribute.format and isinstance(one, str) and isinstance(other, str):
        first, second = moment(one), moment(other)
        if first is not None and second is not None:
            return first == second
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def differing(resource: ResourceType, one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the names in `one` whose values are others in `other`."""
    return [name for name, value in one.items() if not same(resource, name, value, other.get(name))]


def told(resource: ResourceType, name: str, value: Any, included: Included | None = None) -> str:
    """Return a value for a person, on one line: a related record by its name where that came along."""
    if value in EMPTY:
        return "nothing"
    if name in resource.relationships and is_object(value):
        related = (included or {}).get((value["type"], value["id"]))
        label = label_of(value["type"])
        called = value_of(related, label) if related is not None and label else None
        return one_line(clean(str(called)), _SHOWN) if called else f"{value['type']} {value['id']}"
    attribute = resource.attributes.get(name)
    if attribute is not None and attribute.format == "date-time" and (known := moment(str(value))):
        return f"{known:%Y-%m-%dT%H:%MZ}"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = ", ".join(map(str, value)) if is_array(value) else str(value)
    return one_line(clean(text), _SHOWN)


def _linkage(value: Any) -> Any:
    if is_array(value):
        return [_linkage(each) for each in value]
    return {"type": value.get("type"), "id": value.get("id")} if is_object(value) else None


def _plain(value: Any) -> Any:
    if is_array(value):
        return sorted(str(_plain(each)) for each in value)
    return None if value is None else (str(value["type"]), str(value["id"]))
