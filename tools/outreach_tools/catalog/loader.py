"""Loads the committed catalogue (`resources.json`) once and hands out its resource types."""

import json
import re
from functools import cache
from importlib import resources
from typing import Any

from outreach_tools.catalog.model import Action, Attribute, Relationship, ResourceType
from outreach_tools.json_values import is_array

_CUSTOM_FIELDS = re.compile(r"custom1\.\.(\d+)")


@cache
def resource_types() -> dict[str, ResourceType]:
    """Return every resource type by its JSON:API name, in alphabetical order."""
    data: dict[str, Any] = json.loads(
        resources.files("outreach_tools.catalog").joinpath("resources.json").read_text(encoding="utf-8")
    )
    return {name: _resource_type(name, entry) for name, entry in data.items()}


def resource_type(name: str) -> ResourceType:
    """Return one resource type (`"prospect"`); raises `KeyError` for a name that Outreach does not have."""
    return resource_types()[name]


@cache
def _by_path() -> dict[str, ResourceType]:
    return {resource.path: resource for resource in resource_types().values()}


def resource_type_of_path(path: str) -> ResourceType | None:
    """Return the resource type whose plural stands first in a path (`"/prospects/7"`), or None."""
    return _by_path().get(path.strip("/").partition("/")[0])


def _resource_type(name: str, entry: dict[str, Any]) -> ResourceType:
    return ResourceType(
        type=name,
        path=entry["path"],
        operations=frozenset(entry["operations"]),
        attributes=_attributes(entry["attributes"]),
        relationships={
            key: Relationship(name=key, **_tuples(value)) for key, value in entry.get("relationships", {}).items()
        },
        actions={key: Action(name=key, **_tuples(value)) for key, value in entry.get("actions", {}).items()},
        filters=tuple(entry.get("filters", ())),
        s2s=frozenset(entry.get("s2s", ())),
        uuids=entry.get("uuids", False),
    )


def _attributes(entries: dict[str, Any]) -> dict[str, Attribute]:
    attributes: dict[str, Attribute] = {}
    for name, entry in entries.items():
        folded = _CUSTOM_FIELDS.fullmatch(name)
        names = [f"custom{n}" for n in range(1, int(folded.group(1)) + 1)] if folded else [name]
        attributes.update({each: Attribute(name=each, **entry) for each in names})
    return attributes


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if is_array(value) else value for key, value in entry.items()}
