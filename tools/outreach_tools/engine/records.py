"""One record as an answer: flat, without nulls, empty lists and links."""

from datetime import UTC, tzinfo
from typing import Any

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.bounding import bounded
from outreach_tools.engine.columns import (
    Selection,
    attribute_column,
    label_of,
    relation_columns,
)
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.display import EMPTY, Form, display_of
from outreach_tools.engine.included import Included
from outreach_tools.engine.related import Listers, related_ids
from outreach_tools.engine.text import TEXT_LIMIT, clean, trim
from outreach_tools.json_values import object_at


def selected(
    record: JsonObject, included: Included, selection: Selection, listers: Listers, budget: int | None
) -> JsonObject:
    """Return the chosen columns of a record that hold something.

    It is as much as an answer of `budget` tokens can show, everything where that is None.
    """
    resource = resource_type(selection.type)
    values: JsonObject = {}
    for column in selection.columns:
        relationship = resource.relationships.get(column.name)
        values[column.name] = (
            related_ids(resource, record, relationship, listers, asked=True)
            if relationship is not None and relationship.many
            else column.read(record, included)
        )
    values = values if budget is None else bounded(values, budget)
    return {name: _cleaned(value) for name, value in values.items() if value not in EMPTY}


def full(
    declared: Resource,
    record: JsonObject,
    included: Included,
    listers: Listers,
    budget: int,
    *,
    hidden: bool = False,
    zone: tzinfo = UTC,
) -> JsonObject:
    """Return what a record holds, its texts cleaned, HTML as text: all that an answer of `budget` tokens can show.

    What the resource declares as hidden is left out unless `hidden` is wanted. `shortened` trims the long texts.
    """
    resource = resource_type(declared.type)
    answer: JsonObject = {"id": record.get("id")}
    # An id is not an attribute (JSON:API), and one that is named so must not pass for it.
    held = {
        name: display_of(resource.attributes, name, Form.WHOLE, zone)(value)
        for name, value in object_at(record, "attributes").items()
        if name != "id" and value not in EMPTY and (hidden or name not in declared.hidden)
    }
    for name, value in bounded(held, budget).items():
        answer[name] = _cleaned(value)
    for relationship in resource.relationships.values():
        if relationship.many:
            answer[relationship.name] = related_ids(resource, record, relationship, listers, asked=False)
            continue
        label = label_of(relationship.types[0]) if relationship.types else None
        for column in relation_columns(relationship, label):
            answer[column.name] = column.read(record, included)
    return {name: value for name, value in answer.items() if value not in EMPTY}


def shortened(answer: JsonObject) -> JsonObject:
    """Return a record with its long texts trimmed to `TEXT_LIMIT` characters."""
    return {name: trim(value, TEXT_LIMIT) if isinstance(value, str) else value for name, value in answer.items()}


def summary(declared: Resource, record: JsonObject, written: JsonObject, *, zone: tzinfo = UTC) -> JsonObject:
    """Return a record just written: its summary columns and the attributes and relationships that were set.

    Names of related records are missing: Outreach includes none in the answer to a write since 2023-10-31.
    """
    resource = resource_type(declared.type)
    names = [name for name in declared.columns if "." not in name]
    answer: JsonObject = {"id": record.get("id")}
    for name in dict.fromkeys([*names, *written]):
        if name in resource.attributes:
            column = attribute_column(resource, name, Form.CELL, zone)
            answer[name] = column.read(record, {})
        elif name in resource.relationships:
            relationship = resource.relationships[name]
            if relationship.many:
                answer[name] = related_ids(resource, record, relationship, {}, asked=name in written)
            else:
                answer.update({each.name: each.read(record, {}) for each in relation_columns(relationship, None)})
    return {name: value for name, value in answer.items() if value not in EMPTY}


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value
