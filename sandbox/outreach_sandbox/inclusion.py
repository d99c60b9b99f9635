"""Sparse fieldsets and included records: what a request wants beside, or less than, whole records."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from outreach_sandbox import errors
from outreach_sandbox.documents import Fieldsets, field_names, related_identifiers, resource_objects
from outreach_sandbox.records import Identifier
from outreach_sandbox.session import Session
from outreach_tools.catalog import ResourceType, resource_types
from outreach_tools.client import JsonObject


@dataclass(slots=True)
class _Found:
    """The records to include, and the relationships that lead to them, by type."""

    identifiers: dict[Identifier, None] = field(default_factory=dict[Identifier, None])
    linked: dict[str, set[str]] = field(default_factory=dict[str, set[str]])


def read_fieldsets(session: Session) -> Fieldsets:
    """Read `fields[prospect]=firstName,account`: keyed by type, attributes and relationships alike (documented).

    What a name that the type does not have is answered with is unknown: a switch. Raises a 400 for an unknown name.
    """
    fieldsets: dict[str, frozenset[str]] = {}
    for type_name, text in session.parameters.mapping("fields").items():
        names = frozenset(name for name in text.split(",") if name)
        resource = resource_types().get(type_name)
        unknown = names - set(field_names(resource)) if resource else names or {type_name}
        if unknown and session.switches.unknown_field == "refuse":
            raise errors.bad_request("fieldsParameter.unsupported", f"'{type_name}' has no field '{min(unknown)}'.")
        fieldsets[type_name] = names
    return fieldsets


def document_of(
    session: Session, resource: ResourceType, ids: Sequence[int], *, with_included: bool = True
) -> tuple[list[JsonObject], list[JsonObject] | None]:
    """Return the resource objects of the ids, and what the request includes with them (None when it does not ask).

    Raises a 400 for a relationship that does not exist (assumed), and a 403 for an included type that the token may
    not read.
    """
    fieldsets = read_fieldsets(session)
    include = session.parameters.single("include") if with_included else None
    found = _Found()
    if include:
        for path in include.split(","):
            _follow(session, resource, ids, path.split("."), found)
    linked = {type_name: frozenset(names) for type_name, names in found.linked.items()}
    data = resource_objects(session, resource.type, ids, fieldsets, linked.get(resource.type, frozenset()))
    if not include:
        return data, None
    primary = {Identifier(resource.type, record_id) for record_id in ids}
    by_type: dict[str, list[int]] = {}
    for identifier in found.identifiers:
        if identifier not in primary:
            by_type.setdefault(identifier.type, []).append(identifier.id)
    included: list[JsonObject] = []
    for type_name, members in by_type.items():
        included.extend(resource_objects(session, type_name, members, fieldsets, linked.get(type_name, frozenset())))
    return data, included


def _follow(
    session: Session, resource: ResourceType, owners: Sequence[int], path: Sequence[str], found: _Found
) -> None:
    relationship = resource.relationships.get(path[0])
    if relationship is None:
        raise errors.bad_request(
            "includeParameter.unsupported", f"'{resource.type}' has no relationship '{path[0]}' to include."
        )
    found.linked.setdefault(resource.type, set()).add(relationship.name)
    identifiers = related_identifiers(session, resource.type, relationship, owners)
    several = len(relationship.types) > 1
    # The one type is asked for its scope even when nothing is related; of several, those that occur (assumed).
    by_type: dict[str, list[int]] = {} if several else {relationship.types[0]: []}
    for identifier in identifiers:
        by_type.setdefault(identifier.type, []).append(identifier.id)
    for type_name, members in by_type.items():
        related = resource_types().get(type_name)
        if related is None:
            continue  # records of types outside the catalogue do not exist here
        session.access.demand(related, "read")
        found.identifiers.update(dict.fromkeys(Identifier(type_name, member) for member in members))
        if len(path) > 1:
            _follow(session, related, members, path[1:], found)
