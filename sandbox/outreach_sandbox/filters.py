"""Turns the filter parameters of a list into SQL, as far as the catalogue allows them.

Filterable are the attributes marked so, the id of every type (recorded), a relationship's attributes on its allow-list
(documented), and the few custom filters. All filters of a request hold together.
"""
# ruff: noqa: S608 - identifiers come from the catalogue, values are parameters

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from outreach_sandbox import errors
from outreach_sandbox.criteria import (
    OPERATORS,
    Criterion,
    Kind,
    Sql,
    any_of,
    comparable,
    kind_of,
    new_syntax,
    old_syntax,
)
from outreach_sandbox.ids import number_of
from outreach_sandbox.parameters import Parameters
from outreach_sandbox.schema import quoted
from outreach_sandbox.switches import Switches
from outreach_sandbox.to_many import to_many
from outreach_tools.catalog import Attribute, Relationship, ResourceType, resource_types

_ID = Attribute(name="id", type="integer", filterable=True, sortable=True)

# Filters by a related record's own relationship, spelled as if it were an attribute (documented allow-list).
_RELATED_IDS = {("prospect", "byPersonaId"): "persona.id", ("prospect", "byStageId"): "stage.id"}

# The text that `q` searches, and the two custom filters of the audit log (documented; the agent's members are assumed).
_SEARCHED = {
    "prospect": (
        "COALESCE(t.name, '') || ' ' || COALESCE((SELECT GROUP_CONCAT(value, ' ') FROM json_each(t.emails)), '')"
    ),
    "account": "COALESCE(t.name, '') || ' ' || COALESCE(t.domain, '')",
}
_AUDIT_AGENT = {"agentEmail": "$.email", "agentIpAddress": "$.ipAddress"}


@dataclass(frozen=True, slots=True)
class _Target:
    """The values that a filter compares: their kind, and how the criteria become SQL."""

    kind: Kind
    condition: Callable[[Sequence[Criterion]], Sql]


def filter_conditions(resource: ResourceType, parameters: Parameters, switches: Switches) -> list[Sql]:
    """Return the conditions on rows `t` of a type that the request's filters make; raises a 400 for a bad one."""
    new = parameters.flag("newFilterSyntax") or False
    asked: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for steps, value in parameters.family("filter"):
        path, operator = _split(resource, steps) if new else (steps, "")
        values = asked.setdefault(path, [])
        if not new:
            values.clear()  # a later value replaces an earlier one (assumed, as in Rack)
        values.append((operator, value))
    conditions: list[Sql] = []
    for path, values in asked.items():
        target = _target(resource, path)
        if target is None:
            _refuse(resource, path, switches)
        elif new:
            conditions.extend(_new_conditions(target, values))
        else:
            criteria = old_syntax(target.kind, values[0][1], neginf=switches.neginf == "accept")
            conditions.append(target.condition(criteria))
    return conditions


def _new_conditions(target: _Target, values: list[tuple[str, str]]) -> list[Sql]:
    exact = [new_syntax(target.kind, "", value) for operator, value in values if not operator]
    bounds = [new_syntax(target.kind, operator, value) for operator, value in values if operator]
    conditions = [target.condition(exact)] if exact else []
    if bounds:
        # One criterion, so that both bounds hold for the same member of an array or of a to-many relationship.
        together = Criterion(bounds=tuple(bound for each in bounds for bound in each.bounds))
        conditions.append(target.condition([together]))
    return conditions


def _split(resource: ResourceType, steps: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    *path, last = steps or ("",)
    if path and not last:
        return tuple(path), ""
    of_relationship = len(path) == 1 and path[0] in resource.relationships
    if path and last in OPERATORS and not of_relationship:
        return tuple(path), last
    return steps, ""


def _refuse(resource: ResourceType, path: tuple[str, ...], switches: Switches) -> None:
    if switches.unsupported_filter == "refuse":
        name = "".join(f"[{step}]" for step in path)
        raise errors.bad_request(
            "filterParameter.unsupported", f"'filter{name}' is not a supported filter of '{resource.type}'."
        )


def _target(resource: ResourceType, path: tuple[str, ...]) -> _Target | None:
    if len(path) == 1:
        return _own_target(resource, path[0])
    if len(path) != 2:
        return None
    filtered = (each for each in resource.relationships.values() if each.parameter == path[0])
    relationship = next((each for each in filtered if path[1] in each.filter_by), None)
    if relationship is not None:
        return _related_target(resource, relationship, path[1])
    return _link_target(resource, path[0]) if path[1] == "id" else None


def _own_target(resource: ResourceType, name: str) -> _Target | None:
    if name == "id":
        return _uuid_target(resource) if resource.uuids else _attribute_target(_ID, "t")
    if name in resource.filters:
        return _custom_target(resource, name)
    attribute = resource.attributes.get(name)
    return _attribute_target(attribute, "t") if attribute is not None and attribute.filterable else None


def _uuid_target(resource: ResourceType) -> _Target:
    def is_one_of(criteria: Sequence[Criterion]) -> Sql:
        # What is the id of no such record matches none (assumed); of an order among UUIDs nothing is known.
        numbers = [number_of(resource, str(value)) for each in criteria for value in each.values]
        found = Criterion(values=tuple(number for number in numbers if number is not None) or (-1,))
        return any_of([found, *(each for each in criteria if each.null is not None)], "t.id")

    return _Target("text", is_one_of)


def _attribute_target(attribute: Attribute, alias: str) -> _Target | None:
    kind = kind_of(attribute)
    if kind is None:
        return None
    column = f"{alias}.{quoted(attribute.name)}"
    if attribute.type != "array":
        return _Target(kind, lambda criteria: any_of(criteria, comparable(kind, column)))

    def matches_any_element(criteria: Sequence[Criterion]) -> Sql:
        pieces: list[Sql] = []
        for criterion in criteria:
            if criterion.null is not None:
                empty = f"({column} IS NULL OR json_array_length({column}) = 0)"
                pieces.append(Sql(empty if criterion.null else f"NOT {empty}"))
                continue
            inner = criterion.sql(comparable(kind, "j.value"))
            pieces.append(Sql(f"EXISTS (SELECT 1 FROM json_each({column}) j WHERE {inner.text})", inner.parameters))
        return _joined(pieces)

    return _Target(kind, matches_any_element)


def _custom_target(resource: ResourceType, name: str) -> _Target | None:
    if name == "q" and resource.type in _SEARCHED:
        searched = f"' ' || words({_SEARCHED[resource.type]})"

        def begins_a_word(criteria: Sequence[Criterion]) -> Sql:
            # A prefix of the name, of one of its words or of an address (documented as a prefix search, no more).
            pieces = [
                Sql(f"instr({searched}, ' ' || words(?)) > 0", (str(value),))
                for each in criteria
                for value in each.values
            ]
            return _joined(pieces)

        return _Target("text", begins_a_word)
    if name in _AUDIT_AGENT:
        column = f"fold(json_extract(t.agent, '{_AUDIT_AGENT[name]}'))"
        return _Target("text", lambda criteria: any_of(criteria, column))
    return None


def _related_target(resource: ResourceType, relationship: Relationship, name: str) -> _Target | None:
    if relationship.many:
        return _to_many_target(resource, relationship, name)
    column = f"t.{quoted(f'{relationship.name}.id')}"
    if name == "id":
        return _Target("integer", lambda criteria: any_of(criteria, column))
    related = resource_types().get(relationship.types[0])
    if related is None:
        # A type the catalogue does not have, so no record of it exists and none matches.
        return _Target("text", lambda _: Sql("0"))
    inner = _inner_target(related, name)
    if inner is None:
        return None

    def through(criteria: Sequence[Criterion]) -> Sql:
        condition = inner.condition(criteria)
        return Sql(
            f"{column} IN (SELECT x.id FROM {quoted(related.type)} x WHERE {condition.text})", condition.parameters
        )

    return _Target(inner.kind, through)


def _inner_target(related: ResourceType, name: str) -> _Target | None:
    alias = _RELATED_IDS.get((related.type, name))
    if alias is not None:
        column = f"x.{quoted(alias)}"
        return _Target("integer", lambda criteria: any_of(criteria, column))
    attribute = _ID if name == "id" else related.attributes.get(name)
    return _attribute_target(attribute, "x") if attribute else None


def _to_many_target(resource: ResourceType, relationship: Relationship, name: str) -> _Target | None:
    source = to_many(resource.type, relationship.name)
    related = resource_types().get(source.target)
    inner = _inner_target(related, name) if related else None
    if related is None or inner is None:
        return None

    def has_one(criteria: Sequence[Criterion]) -> Sql:
        pieces: list[Sql] = []
        for criterion in criteria:
            if name == "id" and criterion.null:
                pieces.append(Sql(f"t.id NOT IN (SELECT owner FROM ({source.pairs}))"))
                continue
            condition = inner.condition([criterion])
            members = f"SELECT y.owner FROM ({source.pairs}) y JOIN {quoted(related.type)} x ON x.id = y.id"
            pieces.append(Sql(f"t.id IN ({members} WHERE {condition.text})", condition.parameters))
        return _joined(pieces)

    return _Target(inner.kind, has_one)


def _link_target(resource: ResourceType, owner_name: str) -> _Target | None:
    """The filter of a related link: by the singular type of the owner (recorded form).

    That a link can be followed although the filter is on no allow-list is assumed.
    """
    owner = resource_types().get(owner_name)
    if owner is None:
        return None
    sources = [
        to_many(owner.type, relationship.name).pairs
        for relationship in owner.relationships.values()
        if relationship.many and relationship.types == (resource.type,)
    ]
    singles = [
        f"SELECT id AS owner, {quoted(f'{each.name}.id')} AS id FROM {quoted(owner.type)}"
        for each in owner.relationships.values()
        if not each.many and not each.embedded and each.types == (resource.type,)
    ]
    if not sources and not singles:
        return None

    def belongs(criteria: Sequence[Criterion]) -> Sql:
        condition = any_of(criteria, "y.owner")
        union = " UNION ".join([*(f"SELECT owner, id FROM ({pairs})" for pairs in sources), *singles])
        return Sql(f"t.id IN (SELECT y.id FROM ({union}) y WHERE {condition.text})", condition.parameters)

    return _Target("integer", belongs)


def _joined(pieces: Sequence[Sql]) -> Sql:
    text = " OR ".join(piece.text for piece in pieces)
    return Sql(f"({text})", tuple(value for piece in pieces for value in piece.parameters)) if pieces else Sql("0")
