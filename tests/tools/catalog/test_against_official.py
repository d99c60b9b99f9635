"""The catalogue held against the official files as the tests' own reader sees them.

The builder and this reader share no code: a misreading of one of them shows as a difference.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from outreach_tools.catalog import Attribute, resource_types
from tests.contract.official import OfficialContract
from tests.contract.schema import ANY_FILTERABLE, ResourceType

# Members of a mailing that declare neither ids nor a link (mailing.toEntitiesId and the like): nothing to follow.
_EMPTY_MEMBERS = {"bccEntitiesId", "ccEntitiesId", "prospectsIds", "toEntitiesId"}
# Operations and actions that only the hyper-schema has, and the reader leaves out.
_HYPER_SCHEMA_ONLY = {("call", "update"), ("mailing", "update"), ("sequence", "lock"), ("sequence", "unlock")}


def test_the_catalogue_has_the_official_types(official_contract: OfficialContract) -> None:
    assert set(resource_types()) == set(official_contract.types)


def test_the_catalogue_counts_attributes_and_flags_as_the_official_files_do(
    official_contract: OfficialContract,
) -> None:
    official = [each for resource in official_contract.types.values() for each in resource.attributes.values()]
    ours = [each for _, _, each in _of_the_contract()]
    flags = ("read_only", "write_only", "filterable", "sortable")
    counted = {flag: sum(getattr(each, flag) for each in ours) for flag in flags}
    assert (len(ours), counted) == (
        len(official),
        {flag: sum(getattr(each, flag) for each in official) for flag in flags},
    )


def test_the_counts_are_those_of_the_files_of_august_2026(official_contract: OfficialContract) -> None:
    attributes = [each for resource in official_contract.types.values() for each in resource.attributes.values()]
    counted = Counter(
        flag for each in attributes for flag in ("read_only", "filterable", "sortable") if getattr(each, flag)
    )
    assert (len(official_contract.types), len(attributes), len(official_contract.routes), dict(counted)) == (
        51,
        1480,
        253,
        {"read_only": 286, "filterable": 267, "sortable": 239},
    )


def test_every_attribute_is_the_official_one(official_contract: OfficialContract) -> None:
    official = {
        (name, key): (
            each.type,
            each.items.get("type"),
            each.max_length,
            each.read_only,
            each.write_only,
            each.filterable,
            each.sortable,
        )
        for name, resource in official_contract.types.items()
        for key, each in resource.attributes.items()
    }
    assert official == {
        (name, key): (
            each.type,
            each.items,
            each.max_length,
            each.read_only,
            each.write_only,
            each.filterable,
            each.sortable,
        )
        for name, key, each in _of_the_contract()
    }


def test_every_format_is_the_official_one(official_contract: OfficialContract) -> None:
    official = {
        (name, key): each.format or each.items["format"]
        for name, resource in official_contract.types.items()
        for key, each in resource.attributes.items()
        if each.format or each.items.get("format")
    }
    del official["prospect", "contactHistogram"]  # "contact histogram" is not a format to check values by
    assert official == {(name, key): each.format for name, key, each in _of_the_contract() if each.format}


def test_what_was_only_recorded_is_nowhere_in_the_official_files(official_contract: OfficialContract) -> None:
    recorded = {(name, key) for name, resource in resource_types().items() for key in resource.attributes} - {
        (name, key) for name, key, _ in _of_the_contract()
    }
    official = {(name, key) for name, each in official_contract.types.items() for key in each.attributes}
    assert (len(recorded) >= 76, recorded & official) == (True, set())


def test_every_type_has_the_official_kind_of_id(openapi_file: Path) -> None:
    schemas = json.loads(openapi_file.read_text(encoding="utf-8"))["components"]["schemas"]
    official = {name: schemas[f"{name}Response"]["properties"]["id"]["type"] for name in resource_types()}
    assert official == {name: "string" if each.uuids else "integer" for name, each in resource_types().items()}


def test_every_relationship_is_the_official_one(official_contract: OfficialContract) -> None:
    official = {
        (name, key): (each.types, each.many, each.read_only)
        for name, resource in official_contract.types.items()
        for key, each in resource.relationships.items()
        if key not in _EMPTY_MEMBERS
    }
    # Neither file tells the target of these two links; the catalogue takes it from the name.
    official["account", "batches"] = official["call", "batches"] = (("batch",), True, True)
    assert official == {
        (name, key): (each.types, each.many, each.read_only)
        for name, resource in resource_types().items()
        for key, each in resource.relationships.items()
    }


def test_relationships_are_filtered_by_what_their_prose_offers(official_contract: OfficialContract) -> None:
    official = {
        (name, parameter): _spelled_out(parameter, attributes, resource, official_contract)
        for name, resource in official_contract.types.items()
        for parameter, attributes in resource.filters.items()
    }
    assert official == {
        (name, each.parameter): set(each.filter_by)
        for name, resource in resource_types().items()
        for each in resource.relationships.values()
        if each.filter_by
    }


def test_filters_that_are_no_attributes_are_the_documented_ones(official_contract: OfficialContract) -> None:
    official = {name: set(each.own_filters) for name, each in official_contract.types.items()}
    assert official == {name: set(each.filters) for name, each in resource_types().items()}


def test_every_operation_is_an_official_route(official_contract: OfficialContract) -> None:
    routes = {(each.type, each.kind) for each in official_contract.routes if each.kind != "action"}
    ours = {(name, each) for name, resource in resource_types().items() for each in resource.operations}
    assert ours - _HYPER_SCHEMA_ONLY == routes


def test_every_action_takes_the_official_parameters(official_contract: OfficialContract) -> None:
    official = {
        (each.type, each.template.rsplit("/", 1)[1]): ("{id}" not in each.template, each.required, each.parameters)
        for each in official_contract.routes
        if each.kind == "action"
    }
    assert official == {
        (name, key): (each.collection, frozenset(each.required), frozenset(each.required + each.optional))
        for name, resource in resource_types().items()
        for key, each in resource.actions.items()
        if (name, key) not in _HYPER_SCHEMA_ONLY
    }


def _of_the_contract() -> Iterator[tuple[str, str, Attribute]]:
    """Yield the catalogue's attributes that the contract has, with their type and name."""
    for name, resource in resource_types().items():
        for key, each in resource.attributes.items():
            if not each.recorded:
                yield name, key, each


def _spelled_out(
    parameter: str, attributes: tuple[str, ...], resource: ResourceType, contract: OfficialContract
) -> set[str]:
    """Return the attributes of a relationship's filter, "any filterable attribute" resolved."""
    if ANY_FILTERABLE not in attributes:
        return set(attributes)
    targets = [contract.types[name] for name in resource.relationships[parameter].types]
    filterable = {name for each in targets for name, attribute in each.attributes.items() if attribute.filterable}
    return {*attributes, *filterable} - {ANY_FILTERABLE}
