"""The plain form of a record, as the demo organisation makes it and the store keeps it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias


class Identifier(NamedTuple):
    """A JSON:API resource identifier: the type's name and the integer id."""

    type: str
    id: int


Linkage: TypeAlias = Identifier | tuple[Identifier, ...] | None
"""The value of a relationship: one identifier, several, or none."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: attributes under Outreach's own names (absent ones are null) and its embedded relationships."""

    type: str
    id: int
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    relationships: dict[str, Linkage] = field(default_factory=dict[str, Linkage])
