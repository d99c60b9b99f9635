"""The committed catalogue as the product loads it."""

import json
import re
from dataclasses import MISSING, fields
from importlib import resources
from typing import Any, cast

import pytest

from outreach_tools.catalog import (
    Action,
    Attribute,
    Relationship,
    ResourceType,
    resource_type,
    resource_type_of_path,
    resource_types,
)

_ORDER = ("list", "create", "get", "update", "delete")


def committed() -> dict[str, Any]:
    text = resources.files("outreach_tools.catalog").joinpath("resources.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def dumped(member: Attribute | Relationship | Action) -> dict[str, Any]:
    """Write a member as the data does: its name is its key, and what is at its default is left out."""
    values: dict[str, tuple[Any, Any]] = {
        each.name: (getattr(member, each.name), each.default) for each in fields(member) if each.name != "name"
    }
    return {
        name: list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value
        for name, (value, default) in values.items()
        if default is MISSING or value != default
    }


def dumped_type(resource: ResourceType) -> dict[str, Any]:
    custom = [name for name in resource.attributes if re.fullmatch(r"custom\d+", name)]
    attributes = {name: dumped(each) for name, each in resource.attributes.items() if name not in custom}
    if custom:
        attributes[f"custom1..{len(custom)}"] = dumped(resource.attributes[custom[0]])
    entry: dict[str, Any] = {
        "path": resource.path,
        "operations": [each for each in _ORDER if each in resource.operations],
        "attributes": attributes,
        "relationships": {name: dumped(each) for name, each in resource.relationships.items()},
        "actions": {name: dumped(each) for name, each in resource.actions.items()},
        "filters": list(resource.filters),
        "s2s": [each for each in _ORDER if each in resource.s2s],
        "uuids": resource.uuids,
    }
    return {key: value for key, value in entry.items() if value or key in {"attributes", "operations"}}


def test_loading_loses_nothing_of_the_data() -> None:
    def in_order(entry: dict[str, Any]) -> dict[str, Any]:
        return {**entry, "s2s": sorted(entry.get("s2s", ())), "operations": sorted(entry["operations"])}

    assert {name: in_order(dumped_type(each)) for name, each in resource_types().items()} == {
        name: in_order(entry) for name, entry in committed().items()
    }


def test_there_are_51_types_in_alphabetical_order() -> None:
    assert (len(resource_types()), list(resource_types())) == (51, sorted(resource_types()))


def test_a_type_is_found_by_its_name() -> None:
    assert resource_type("taskPriority").path == "taskPriorities"


def test_an_unknown_type_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        resource_type("prospects")


@pytest.mark.parametrize("path", ["/opportunities", "/opportunities/7", "opportunities", "/opportunities/7/actions/x"])
def test_a_type_is_found_by_the_first_segment_of_a_path(path: str) -> None:
    assert resource_type_of_path(path) is resource_type("opportunity")


@pytest.mark.parametrize("path", ["", "/", "/opportunity", "/types", "/opportunities7"])
def test_a_path_of_no_type_is_none(path: str) -> None:
    assert resource_type_of_path(path) is None


def test_folded_custom_fields_are_unfolded_one_by_one() -> None:
    custom = [each for name, each in resource_type("prospect").attributes.items() if name.startswith("custom")]
    assert custom == [Attribute(f"custom{number}", "string", max_length=32000) for number in range(1, 151)]


def test_every_member_goes_by_its_own_name() -> None:
    for resource in resource_types().values():
        for members in (resource.attributes, resource.relationships, resource.actions):
            assert [each.name for each in members.values()] == list(members)
