"""A guide to the filters of a list: its fields by the kind of their values, and the criteria of each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from outreach_tools.catalog import Attribute, ResourceType, resource_type, resource_types
from outreach_tools.engine.criteria import is_dated
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.filtered_fields import filter_names
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import RESOURCES


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of values that fields hold: its name, and forms of criteria with what each means."""

    title: str
    criteria: Mapping[str, str]


MISSING: Mapping[str, str] = MappingProxyType({"null": "has no value", "not null": "has one"})
"""The criteria that every kind takes."""

_SEARCH = Kind("beginnings", {"mar": "q: a name that begins so"})
_IDS = Kind("ids", {"456": "the record of this id", "401,456": "one of several", "me": "your own user's id"})
_UUIDS = Kind("UUIDs", {"0f8fad5b-d9cb-469f-a165-70867728950e": "the record of this UUID, as an answer shows it"})
_TEXT = Kind(
    "text",
    {
        "VP Operations": "exactly this text, in any case",
        "CEO, CTO": "one of several, or just this text",
        '"Smith, Jones"': "in double quotes just this text",
    },
)
_NUMBERS = Kind("numbers", {"5": "exactly this number", "5..10": "from one to the other", "5..": "this or more"})
_DATES = Kind(
    "dates",
    {
        "2026-03-02": "on this day",
        "2026-01-01..2026-03-31": "from the first day to the last",
        "-7d": "from a week ago to today; also today, this_month, last_30_days, ..today",
    },
)
_SWITCHES = Kind("true or false", {"true": "is so", "false": "is not"})
_ORDER = (_SEARCH, _IDS, _UUIDS, _TEXT, _NUMBERS, _DATES, _SWITCHES)


def fields_by_kind(tool: Tool) -> list[tuple[Kind, list[str]]]:
    """Return the fields that Outreach filters a tool's list by, by kind; none for a tool without filters.

    Where the values of a field are known, they stand beside its name.
    """
    properties: Mapping[str, Any] = tool.input_schema["properties"]
    if "filters" not in properties or not tool.resource:
        return []
    declared = next(each for each in RESOURCES if each.type == tool.resource)
    resource = resource_type(tool.resource)
    found: dict[str, list[str]] = {}
    for name in filter_names(resource):
        if name not in declared.unlisted:
            found.setdefault(_kind(resource, name).title, []).append(_with_values(declared, name))
    return [(kind, found[kind.title]) for kind in _ORDER if kind.title in found]


def looked_at(tool: Tool) -> tuple[str, ...]:
    """Return the attributes that a list offers to filter by though Outreach cannot."""
    return next((each.offered for each in RESOURCES if each.type == tool.resource), ())


def _with_values(declared: Resource, name: str) -> str:
    values = declared.values.get(name, ())
    return f"{name} ({', '.join(values)})" if values else name


def _kind(resource: ResourceType, name: str) -> Kind:
    if name in resource.filters:
        return _SEARCH
    if name == "id":
        return _UUIDS if resource.uuids else _IDS
    attribute = _attribute(resource, name)
    if attribute is None:  # a related record's id, or a filter of it that is not an attribute, such as byPersonaId
        return _IDS if name.endswith((".id", "Id")) else _TEXT
    if is_dated(attribute):
        return _DATES
    if attribute.type == "boolean":
        return _SWITCHES
    return _NUMBERS if attribute.type in ("integer", "number") else _TEXT


def _attribute(resource: ResourceType, name: str) -> Attribute | None:
    path, _, inner = name.partition(".")
    if not inner:
        return resource.attributes.get(name)
    known = resource_types()
    types = [known[each] for each in resource.relationships[path].types if each in known]
    return next((each.attributes[inner] for each in types if inner in each.attributes), None)
