"""Facts about Outreach's resource types: `resource_type("prospect")`, `RESOURCE_TYPES`."""

from outreach_tools.catalog.loader import resource_type, resource_type_of_path, resource_types
from outreach_tools.catalog.model import Action, Attribute, Operation, Relationship, ResourceType, ValueType

__all__ = [
    "Action",
    "Attribute",
    "Operation",
    "Relationship",
    "ResourceType",
    "ValueType",
    "resource_type",
    "resource_type_of_path",
    "resource_types",
]
