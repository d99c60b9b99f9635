"""The custom fields that one sandbox has: those of its organisation, until somebody renames one."""

from collections.abc import Mapping
from dataclasses import replace

from outreach_sandbox.organisation.custom_fields import CUSTOM_FIELDS, CustomField


class CustomFields:
    """The custom fields of each type, by attribute; their labels may be changed as in Outreach's settings."""

    def __init__(self, fields: Mapping[str, Mapping[str, CustomField]] = CUSTOM_FIELDS) -> None:
        """Have the fields of an organisation."""
        self._fields = {name: dict(each) for name, each in fields.items()}

    def all(self) -> Mapping[str, Mapping[str, CustomField]]:
        """Return the fields of every type that may have some."""
        return self._fields

    def of(self, type_name: str) -> Mapping[str, CustomField]:
        """Return the fields of a type, none for one that has none."""
        return self._fields.get(type_name, {})

    def rename(self, type_name: str, name: str, label: str) -> bool:
        """Give a field another label; tell whether there is such a field."""
        field = self.of(type_name).get(name)
        if field is not None:
            self._fields[type_name][name] = replace(field, label=label)
        return field is not None

    def redefine(self, type_name: str, name: str, options: tuple[str, ...]) -> None:
        """Give a field that offers options others."""
        self._fields[type_name][name] = replace(self._fields[type_name][name], definition=options)
