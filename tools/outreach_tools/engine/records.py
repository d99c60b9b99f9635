"""One record as an answer: flat, without nulls, empty lists and links."""

from typing import Any

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.columns import (
    Included,
    Selection,
    attribute_column,
    label_of,
    relation_columns,
    shown,
)
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.text import TEXT_LIMIT, html_to_text, trim
from outreach_tools.json_values import is_array, object_at

_EMPTY: tuple[Any, ...] = (None, "", [], {})
_MANY = 10  # related ids that a record lists; more are told as a count


def selected(record: JsonObject, included: Included, selection: Selection) -> JsonObject:
    """Return the chosen columns of a record that hold something."""
    values = {column.name: column.read(record, included) for column in selection.columns}
    return {name: value for name, value in values.items() if value not in _EMPTY}


def full(declared: Resource, record: JsonObject, included: Included, *, hidden: bool) -> JsonObject:
    """Return everything a record holds; long texts are trimmed and `hidden` attributes left out unless wanted."""
    resource = resource_type(declared.type)
    answer: JsonObject = {"id": record.get("id")}
    for name, value in object_at(record, "attributes").items():
        if value in _EMPTY or (name in declared.hidden and not hidden):
            continue
        answer[name] = value if hidden else _readable(resource, name, value)
    for relationship in resource.relationships.values():
        label = label_of(relationship.types[0]) if relationship.types else None
        for column in relation_columns(relationship, label):
            value = column.read(record, included)
            if value not in _EMPTY:
                answer[column.name] = value if not is_array(value) or len(value) <= _MANY else f"{len(value)} records"
    return answer


def summary(declared: Resource, record: JsonObject, written: JsonObject) -> JsonObject:
    """Return a record just written: its summary columns and the attributes and relationships that were set.

    Names of related records are missing: Outreach includes none in the answer to a write since 2023-10-31.
    """
    resource = resource_type(declared.type)
    names = [name for name in declared.columns if "." not in name]
    answer: JsonObject = {"id": record.get("id")}
    for name in dict.fromkeys([*names, *written]):
        if name in resource.attributes:
            column = attribute_column(resource.attributes[name], summary=True)
            answer[name] = column.read(record, {})
        elif name in resource.relationships:
            answer.update(
                {each.name: each.read(record, {}) for each in relation_columns(resource.relationships[name], None)}
            )
    return {name: value for name, value in answer.items() if value not in _EMPTY}


def _readable(resource: ResourceType, name: str, value: Any) -> Any:
    attribute = resource.attributes.get(name)
    if isinstance(value, str):
        if name.endswith("Html"):
            return trim(html_to_text(value), TEXT_LIMIT)
        if attribute is not None and attribute.format == "date-time":
            return shown(attribute, value, False)
        return trim(value, TEXT_LIMIT)
    return value
