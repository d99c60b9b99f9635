"""A create or an update on its way into the store."""

from dataclasses import dataclass, field
from typing import Any

from outreach_sandbox.session import Session
from outreach_sandbox.store import Row
from outreach_sandbox.values import SqlValue, stored
from outreach_tools.catalog import ResourceType, resource_types


@dataclass(slots=True)
class Change:
    """A change about to be written: columns, and members of to-many relationships.

    `before` is the record as it is, None when it is being created. Behaviour may add to `values` before the write.
    """

    resource: ResourceType
    before: Row | None = None
    values: dict[str, SqlValue] = field(default_factory=dict[str, SqlValue])
    members: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    @property
    def creating(self) -> bool:
        """Whether the record is new."""
        return self.before is None

    def column(self, name: str) -> Any:
        """Return what a column will hold after the write."""
        if name in self.values:
            return self.values[name]
        return None if self.before is None else self.before[name]

    def changes(self, name: str) -> bool:
        """Return whether the write gives a column another value than it has."""
        return name in self.values and (self.before is None or self.before[name] != self.values[name])

    def fill(self, name: str, value: Any) -> None:
        """Set an attribute unless the request sets it; of something new, null says nothing."""
        if self.values.get(name) is None:
            self.values[name] = stored(self.resource.attributes[name], value)


def touch(session: Session, type_name: str, record_id: int, values: dict[str, SqlValue]) -> None:
    """Change columns of a record as an action does: the time and the user of the update change with them."""
    attributes, relationships = resource_types()[type_name].attributes, resource_types()[type_name].relationships
    stamped = dict(values)
    if "updatedAt" in attributes:
        stamped["updatedAt"] = session.now
    if "updater" in relationships:
        stamped["updater.id"] = session.user
    session.store.update(type_name, record_id, stamped)
