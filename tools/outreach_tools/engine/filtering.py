"""The filters of a list: those that Outreach applies are sent, the others are applied here to the rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from outreach_tools.catalog import Attribute, Relationship, ResourceType, resource_type, resource_types
from outreach_tools.client import Client, JsonObject, Query
from outreach_tools.engine.arguments import Filter
from outreach_tools.engine.columns import value_of
from outreach_tools.engine.criteria import AnyOf, Criteria, is_dated, matcher, needs_new_syntax, parse, query
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.finders import finds, kinds_of_id
from outreach_tools.engine.included import related_id
from outreach_tools.engine.json_text import decoded
from outreach_tools.engine.matching import few, find, listed, nearest
from outreach_tools.engine.names import relationship_of_id, resolve_name
from outreach_tools.engine.reading import ME
from outreach_tools.json_values import is_array

_ID = Attribute("id", "integer")
_UUID = Attribute("id", "string", format="uuid")
_TEXT = Attribute("", "string")

Match = Callable[[JsonObject], bool]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is filtered by.

    `query` goes to Outreach. `check` holds for a row that belongs into the answer: it applies the filters that
    Outreach cannot (`local` names them) and repeats those it can, because upper bounds are sometimes ignored
    (estuary/connectors source-outreach, commit 2bb59bf). `fetch` names what `check` needs to see. `notes` are for the
    model. `mark` tells these filters from others; `dated` says that some depend on what day it is taken to be.
    """

    query: Query
    check: Match
    fetch: tuple[str, ...]
    local: tuple[str, ...]
    notes: tuple[str, ...]
    mark: str = ""
    dated: bool = False


@dataclass(frozen=True, slots=True)
class _Condition:
    name: str
    criteria: Criteria
    match: Match | None
    fetch: str | None
    local: bool
    dated: bool = False


def sent_as_given(query: Query) -> Filters:
    """Return the filters of a list that Outreach alone applies."""
    return Filters(query, _accept, (), (), ())


async def build_filters(declared: Resource, filters: Sequence[Filter], client: Client, calendar: Calendar) -> Filters:
    """Resolve a list's filters. Raises `ArgumentError` for an unknown field or criteria it cannot read."""
    resource = resource_type(declared.type)
    conditions = [
        _condition(declared, resource, each.field, await _criteria(resource, each, client), calendar)
        for each in filters
    ]
    sent = [condition for condition in conditions if not condition.local]
    new_syntax = any(needs_new_syntax(condition.criteria) for condition in sent)
    parameters = [pair for c in sent for pair in query(c.name, c.criteria, new_syntax=new_syntax)]
    names = [name for name, _ in parameters]
    if repeated := next((name for name in names if not name.endswith("[]") and names.count(name) > 1), None):
        raise ArgumentError(f"{repeated} is given twice; give one filter per field, like 'a,b' or 'low..high'")
    matches = [condition.match for condition in conditions if condition.match]
    local = tuple(dict.fromkeys(condition.name for condition in conditions if condition.local))
    return Filters(
        query=(*(("newFilterSyntax", "true") for _ in range(new_syntax)), *parameters),
        check=(lambda record: all(match(record) for match in matches)) if matches else _accept,
        fetch=tuple(dict.fromkeys(condition.fetch for condition in conditions if condition.fetch)),
        local=local,
        notes=(*_local_notes(declared, resource, local), *_value_notes(declared, conditions)),
        mark=repr([(condition.name, condition.criteria) for condition in conditions]) if conditions else "",
        dated=any(condition.dated for condition in conditions),
    )


def filter_names(resource: ResourceType) -> tuple[str, ...]:
    """Return every field that Outreach filters a list by, as a tool's schema enumerates them."""
    attributes = [name for name, attribute in resource.attributes.items() if attribute.filterable]
    paths = [f"{each.name}.{name}" for each in resource.relationships.values() for name in each.filter_by]
    return ("id", *resource.filters, *attributes, *paths)


async def _criteria(resource: ResourceType, given: Filter, client: Client) -> Any:
    """Return a filter's criteria, with `me` replaced where a user's id goes, alone or among others."""
    path, _, inner = given.field.partition(".")
    known = resolve_name(resource, path)
    relationship = resource.relationships.get(known or "") or relationship_of_id(resource, path)
    of_user = known == "userId" or (relationship and "user" in relationship.types and inner in ("", "id"))
    several = decoded(given.criteria, is_array)
    several = several.split(",") if isinstance(several, str) else several
    own_id = given.field == "id" and resource.type == "user"
    if not (of_user or own_id) or not is_array(several) or not any(map(_is_me, several)):
        return given.criteria
    user_id = await client.current_user_id()
    return [user_id if _is_me(each) else each for each in several]


def _is_me(value: object) -> bool:
    return isinstance(value, str) and value.strip().casefold() == ME


def _condition(declared: Resource, resource: ResourceType, field: str, given: Any, calendar: Calendar) -> _Condition:
    path, _, inner = field.partition(".")
    if field == "id":
        own = _UUID if resource.uuids else _ID
        return _sent("filter[id]", _parsed(declared, (resource.type,), field, given, own, calendar), _id_of, own)
    if (special := find(field, resource.filters)) is not None:
        if special == "q":  # words to search for, whatever they hold
            given = [given] if isinstance(given, str) else given
        return _Condition(f"filter[{special}]", parse(field, given, _TEXT, {}, calendar), None, None, local=False)
    known = resolve_name(resource, path)
    if known in resource.attributes and not inner:
        return _attribute_condition(declared, resource.attributes[known], field, given, calendar)
    relationship = resource.relationships.get(known or "") or relationship_of_id(resource, path)
    if relationship is None:
        names = [*filter_names(resource), *resource.attributes, *resource.relationships]
        raise ArgumentError(f"{resource.type} has no field {field!r} to filter by{nearest(field, names)}")
    return _relationship_condition(declared, resource, relationship, field, inner or "id", given, calendar)


def _attribute_condition(
    declared: Resource, attribute: Attribute, field: str, given: Any, calendar: Calendar
) -> _Condition:
    if attribute.write_only or attribute.type == "object":
        raise ArgumentError(f"{attribute.name!r} cannot be filtered by")
    name = attribute.name
    kinds = kinds_of_id(declared.type, name) if attribute.type == "integer" else ()
    criteria = _parsed(declared, kinds, field, given, attribute, calendar)
    match = matcher(criteria, attribute)

    def holds(record: JsonObject) -> bool:
        return match(value_of(record, name))

    shown_name = f"filter[{name}]" if attribute.filterable else name
    return _Condition(shown_name, criteria, holds, name, local=not attribute.filterable, dated=is_dated(attribute))


def _relationship_condition(
    declared: Resource,
    resource: ResourceType,
    relationship: Relationship,
    field: str,
    inner: str,
    given: Any,
    calendar: Calendar,
) -> _Condition:
    name = relationship.name
    if (allowed := find(inner, relationship.filter_by)) is not None:
        attribute = _related_attribute(relationship, allowed)
        kinds = relationship.types if allowed == "id" else ()
        criteria = _parsed(declared, kinds, field, given, attribute, calendar)
        return _Condition(
            f"filter[{relationship.parameter}][{allowed}]", criteria, None, None, local=False, dated=is_dated(attribute)
        )
    if inner != "id" or not relationship.embedded or relationship.many:
        others = [each for each in filter_names(resource) if each.startswith(f"{name}.")]
        raise ArgumentError(
            f"{resource.type} cannot be filtered by {field!r}"
            + (f"; by {name} it can with {listed(others)}" if others else "")
            + f". Filters: {listed(filter_names(resource))}"
        )
    criteria = _parsed(declared, relationship.types, field, given, _ID, calendar)
    match = matcher(criteria, _ID)

    def holds(record: JsonObject) -> bool:
        return match(related_id(record, name))

    return _Condition(f"{name}.id", criteria, holds, name, local=True)


def _parsed(
    declared: Resource, kinds: tuple[str, ...], field: str, given: Any, attribute: Attribute, calendar: Calendar
) -> Criteria:
    """Read criteria; what is said of a wrong id, one of a record of `kinds`, names the tool that finds it."""
    own = resource_type(declared.type).attributes.get(attribute.name)
    try:
        return parse(field, given, attribute, declared.known(attribute.name) if own is attribute else {}, calendar)
    except ArgumentError as error:
        raise ArgumentError(f"{error}{finds(kinds, declared.listers)}") from None


def _related_attribute(relationship: Relationship, name: str) -> Attribute:
    """Return the attribute of the related type that a filter names; ids and unlisted names get a plain form."""
    if name == "id":
        return _ID
    for target in relationship.types:
        known = resource_types().get(target)
        if known and name in known.attributes:
            return known.attributes[name]
    return _ID if name.endswith("Id") else _TEXT


def _sent(name: str, criteria: Criteria, value: Callable[[JsonObject], Any], attribute: Attribute) -> _Condition:
    match = matcher(criteria, attribute)
    return _Condition(name, criteria, lambda record: match(value(record)), None, local=False)


def _accept(_: JsonObject) -> bool:
    return True


def _id_of(record: JsonObject) -> Any:
    return record.get("id")


def _local_notes(declared: Resource, resource: ResourceType, local: tuple[str, ...]) -> list[str]:
    notes: list[str] = []
    for name in local:
        near, attribute = declared.near.get(name), resource.attributes.get(name)
        close = f"; close to it is the filter {near}" if near else ""
        if attribute and attribute.sortable:
            close += f"; sorted by {name}, those that match come together"
        notes.append(f"Outreach cannot filter by {name}: the rows were filtered here{close}")
    return notes


def _value_notes(declared: Resource, conditions: Sequence[_Condition]) -> list[str]:
    notes: list[str] = []
    for condition in conditions:
        known = declared.values.get(condition.fetch or "", ())
        if known and isinstance(condition.criteria, AnyOf):
            strange = [value for value in condition.criteria.values if value not in known]
            if strange:
                notes.append(f"{condition.fetch} is one of {listed(known)}; {few(strange)} matches nothing known")
    return notes
