"""The filters of a list: those that Outreach applies are sent, the others are applied here to the rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, TypeAlias

from outreach_tools.catalog import Attribute, Relationship, ResourceType, resource_type, resource_types
from outreach_tools.client import Client, JsonObject, Query
from outreach_tools.engine.arguments import Filter
from outreach_tools.engine.columns import value_of
from outreach_tools.engine.criteria import (
    AnyOf,
    Criteria,
    Null,
    is_dated,
    is_text,
    is_unsayable,
    matcher,
    needs_new_syntax,
    parse,
    query,
)
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.finders import finds, kinds_of_id
from outreach_tools.engine.included import Included, related_id, related_value
from outreach_tools.engine.json_text import decoded
from outreach_tools.engine.literal import is_cut
from outreach_tools.engine.matching import few, find, listed, nearest, shorten
from outreach_tools.engine.names import relationship_of_id, resolve_name
from outreach_tools.engine.reading import ME
from outreach_tools.engine.related import ids_and_count
from outreach_tools.json_values import is_array, member

_ID = Attribute("id", "integer")
_UUID = Attribute("id", "string", format="uuid")
_TEXT = Attribute("", "string")
_NULL_TEXT = AnyOf(("null",))
_MOST_TWICE = 2  # filters by `null` on text that a list is read twice for

Match: TypeAlias = Callable[[JsonObject, Included], bool]
"""Says whether a record, with what came along, belongs into the answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One filter as it was understood: by which `field`, what was given, and where the values are that it compares.

    `type` is the type of record that holds `attribute` (`id` for ids), empty where no record can be asked. It is a
    `search` for words, or its values are `known` ones.
    """

    field: str
    given: Any
    criteria: Criteria
    attribute: Attribute
    type: str
    search: bool = False
    known: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One query of Outreach's that a list is made of, and the check of the rows that it brings."""

    query: Query
    check: Match


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is filtered by.

    `parts` are read one after the other; nearly every list has one. The query goes to Outreach. The check holds for a
    row that belongs into the answer: it applies the filters that Outreach cannot (`local` names them) and repeats those
    it can, because upper bounds are sometimes ignored (estuary/connectors source-outreach, commit 2bb59bf). `fetch`
    names what the check needs to see. `notes` are for the model, `asked` explains an empty answer. `mark` tells these
    filters from others; `dated` says that some depend on what day it is taken to be.
    """

    parts: tuple[Part, ...]
    fetch: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()
    mark: str = ""
    dated: bool = False


@dataclass(frozen=True, slots=True)
class _Condition:
    """One filter: as what it is sent or told, how a value is read from a record to be checked, what that needs.

    `twice` says that text may be the word itself: `null`. A `plain` one takes one value, in the same form whatever the
    syntax of the others.
    """

    asked: Asked
    name: str
    value: Callable[[JsonObject, Included], Any] | None = None
    fetch: str | None = None
    local: bool = False
    twice: bool = False
    plain: bool = False

    @property
    def criteria(self) -> Criteria:
        return self.asked.criteria

    def match(self) -> Match | None:
        """Return the check of a record, None where there is nothing to check."""
        if self.value is None:
            return None
        read, holds = self.value, matcher(self.criteria, self.asked.attribute)
        return lambda record, included: holds(read(record, included))

    def with_criteria(self, criteria: Criteria) -> "_Condition":
        return replace(self, asked=replace(self.asked, criteria=criteria))


def sent_as_given(query: Query) -> Filters:
    """Return the filters of a list that Outreach alone applies."""
    return Filters((Part(query, _accept),))


def searched(resource: ResourceType, words: str) -> Filters:
    """Return the filter of a list that is searched for words."""
    asked = Asked("q", words, AnyOf((words,)), _TEXT, resource.type, search=True)
    return Filters((Part((("filter[q]", words),), _accept),), asked=(asked,))


async def build_filters(declared: Resource, filters: Sequence[Filter], client: Client, calendar: Calendar) -> Filters:
    """Resolve a list's filters. Raises `ArgumentError` for an unknown field or criteria it cannot read."""
    if not filters:
        return _NO_FILTERS
    resource = resource_type(declared.type)
    conditions = [
        _condition(declared, resource, each.field, await _criteria(resource, each, client), calendar)
        for each in filters
    ]
    sent = [condition for condition in conditions if not condition.local]
    names = [condition.name for condition in sent]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise ArgumentError(f"{repeated} is given twice; give one filter per field, like 'a,b' or 'low..high'")
    local = tuple(dict.fromkeys(condition.name for condition in conditions if condition.local))
    return Filters(
        parts=tuple(_part(each) for each in _variants(conditions)),
        fetch=tuple(dict.fromkeys(condition.fetch for condition in conditions if condition.fetch)),
        local=local,
        notes=(*_local_notes(declared, resource, local), *_value_notes(declared, conditions)),
        asked=tuple(condition.asked for condition in conditions),
        mark=repr([(condition.name, condition.criteria) for condition in conditions]),
        dated=any(is_dated(condition.asked.attribute) for condition in conditions),
    )


def _variants(conditions: Sequence[_Condition]) -> list[tuple[_Condition, ...]]:
    """Return the conditions of each query: who asks for `null` may mean no value, or the text "null" (a surname).

    Outreach cannot be asked for both at once. The few with that text come first.
    """
    twice = [condition for condition in conditions if condition.twice][:_MOST_TWICE]
    choices = [(each.with_criteria(_NULL_TEXT), each) if each in twice else (each,) for each in conditions]
    return list(product(*choices))


def _part(conditions: Sequence[_Condition]) -> Part:
    """Return the query for some conditions, and the check of all of them."""
    sent = [condition for condition in conditions if not condition.local]
    new_syntax = any(needs_new_syntax(condition.criteria) for condition in sent)
    parameters = [pair for c in sent for pair in query(c.name, c.criteria, new_syntax=new_syntax and not c.plain)]
    matches = [match for condition in conditions if (match := condition.match())]
    return Part(
        query=(*(("newFilterSyntax", "true") for _ in range(new_syntax)), *parameters),
        check=(lambda record, included: all(match(record, included) for match in matches)) if matches else _accept,
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
        criteria = _parsed(declared, (resource.type,), field, given, own, calendar)
        return _Condition(Asked(field, given, criteria, own, resource.type), "filter[id]", _id_of)
    if (special := find(field, resource.filters)) is not None:
        return _special_condition(resource, special, field, given, calendar)
    known = resolve_name(resource, path)
    if known in resource.attributes and not inner:
        return _attribute_condition(declared, resource.attributes[known], field, given, calendar)
    relationship = resource.relationships.get(known or "") or relationship_of_id(resource, path)
    if relationship is None:
        names = [*filter_names(resource), *resource.attributes, *resource.relationships]
        raise ArgumentError(f"{resource.type} has no field {field!r} to filter by{nearest(field, names)}")
    return _relationship_condition(declared, relationship, field, inner or "id", given, calendar)


def _special_condition(resource: ResourceType, special: str, field: str, given: Any, calendar: Calendar) -> _Condition:
    """Return a filter by what is no attribute: `q`, or a member of one (`agentEmail` is the agent's e-mail)."""
    if special == "q":  # words to search for, whatever they hold
        criteria = parse(field, [given] if isinstance(given, str) else given, _TEXT, {}, calendar)
        asked = Asked(field, given, criteria, _TEXT, resource.type, search=True)
        return _Condition(asked, f"filter[{special}]", plain=True)
    holder = next((name for name in resource.attributes if special.startswith(name)), "")
    inner = special.removeprefix(holder)
    inner = f"{inner[:1].lower()}{inner[1:]}"
    asked = Asked(field, given, parse(field, given, _TEXT, {}, calendar), _TEXT, "")
    # It is documented for one value; whether Outreach can tell who has none is not.
    single = isinstance(asked.criteria, AnyOf) and len(asked.criteria.values) == 1
    if holder and (not single or needs_new_syntax(asked.criteria) or is_unsayable(asked.criteria)):
        return _Condition(asked, special, lambda record, _: member(value_of(record, holder), inner), holder, local=True)
    return _Condition(asked, f"filter[{special}]", plain=True)


def _attribute_condition(
    declared: Resource, attribute: Attribute, field: str, given: Any, calendar: Calendar
) -> _Condition:
    if attribute.write_only or attribute.type == "object":
        raise ArgumentError(f"{attribute.name!r} cannot be filtered by")
    name = attribute.name
    known = declared.known(name)
    kinds = kinds_of_id(declared.type, name) if attribute.type == "integer" else ()
    criteria = _parsed(declared, kinds, field, given, attribute, calendar)
    asked = Asked(field, given, criteria, attribute, declared.type, known=bool(known))
    here = not attribute.filterable or is_unsayable(criteria) or _was_cut(criteria)
    missing = isinstance(criteria, Null) and not criteria.negated
    return _Condition(
        asked,
        name if here else f"filter[{name}]",
        lambda record, _: value_of(record, name),
        name,
        local=here,
        twice=missing and not here and is_text(attribute) and not known and attribute.format != "email",
    )


def _was_cut(criteria: Criteria) -> bool:
    """Say whether a value is the beginning of a text as an answer shows it; Outreach finds whole texts only."""
    return isinstance(criteria, AnyOf) and any(map(is_cut, criteria.values))


def _relationship_condition(
    declared: Resource, relationship: Relationship, field: str, inner: str, given: Any, calendar: Calendar
) -> _Condition:
    resource, name = resource_type(declared.type), relationship.name
    allowed = find(inner, relationship.filter_by)
    if allowed is None and (inner != "id" or not relationship.embedded or relationship.many):
        others = [each for each in filter_names(resource) if each.startswith(f"{name}.")]
        raise ArgumentError(
            f"{resource.type} cannot be filtered by {field!r}"
            + (f"; by {name} it can with {listed(others)}" if others else "")
            + f". Filters: {listed(filter_names(resource))}"
        )
    owner, attribute = _related_attribute(relationship, allowed or inner)
    kinds = relationship.types if (allowed or inner) == "id" else ()
    criteria = _parsed(declared, kinds, field, given, attribute, calendar)
    asked = Asked(field, given, criteria, attribute, owner)
    if (allowed or inner) == "id" and not relationship.many:
        if allowed is None:
            return _Condition(asked, f"{name}.id", lambda record, _: related_id(record, name), name, local=True)
        sent = f"filter[{relationship.parameter}][id]"
        if relationship.embedded and isinstance(criteria, Null):
            return _Condition(asked, sent, lambda record, _: related_id(record, name), name)
        # Without a value to check nothing more is asked for: Outreach's word is as good.
        return _Condition(asked, sent)
    if isinstance(criteria, Null) or is_unsayable(criteria) or _was_cut(criteria):
        return _here(resource, relationship, allowed or inner, asked)
    return _Condition(asked, f"filter[{relationship.parameter}][{allowed}]")


def _here(resource: ResourceType, relationship: Relationship, inner: str, asked: Asked) -> _Condition:
    """Return a condition on related records that is checked here, as it is not known that Outreach can answer it.

    What `null` means through a relationship is documented nowhere. Raises `ArgumentError` where records do not say.
    """
    name = relationship.name
    if relationship.many and inner == "id" and relationship.embedded:
        return _Condition(asked, f"{name}.id", lambda record, _: _number_of(record, name), name, local=True)
    if relationship.many or not relationship.embedded or inner not in _attributes(asked.type):
        others = [
            each.name for each in resource.relationships.values() if each.many and each.embedded and each.filter_by
        ]
        instead = f"; {listed(f'{each}.id' for each in others)} can" if relationship.many and others else ""
        raise ArgumentError(
            f"{asked.field!r} cannot be asked for {shorten(asked.given)}: neither Outreach's filter nor a "
            f"{resource.type} tells that{instead}"
        )
    return _Condition(
        asked,
        f"{name}.{inner}",
        lambda record, included: related_value(record, included, name, lambda related: value_of(related, inner)),
        f"{name}.{inner}",
        local=True,
    )


def _number_of(record: JsonObject, name: str) -> Any:
    """Return what says whether a relationship has records: their number, None for none of them."""
    ids, count = ids_and_count(member(record, "relationships", name))
    return count or ids or None


def _parsed(
    declared: Resource, kinds: tuple[str, ...], field: str, given: Any, attribute: Attribute, calendar: Calendar
) -> Criteria:
    """Read criteria; what is said of a wrong id, one of a record of `kinds`, names the tool that finds it."""
    own = resource_type(declared.type).attributes.get(attribute.name) is attribute
    known: Mapping[str, str] = declared.known(attribute.name) if own else {}
    try:
        return parse(field, given, attribute, known, calendar, here=own and not attribute.filterable)
    except ArgumentError as error:
        raise ArgumentError(f"{error}{finds(kinds, declared.listers)}") from None


def _attributes(kind: str) -> Any:
    known = resource_types().get(kind)
    return known.attributes if known else ()


def _related_attribute(relationship: Relationship, name: str) -> tuple[str, Attribute]:
    """Return the attribute of the related type that a filter names, and that type; unlisted names get a plain form.

    The type is empty where there are several, or none that is known.
    """
    owner = relationship.types[0] if len(relationship.types) == 1 and relationship.types[0] in resource_types() else ""
    if name == "id":
        return owner, _ID
    for target in relationship.types:
        known = resource_types().get(target)
        if known and name in known.attributes:
            return target, known.attributes[name]
    return "", _ID if name.endswith("Id") else _TEXT


def _accept(_: JsonObject, __: Included) -> bool:
    return True


_NO_FILTERS = Filters((Part((), _accept),))


def _id_of(record: JsonObject, _: Included) -> Any:
    return record.get("id")


def _local_notes(declared: Resource, resource: ResourceType, local: tuple[str, ...]) -> list[str]:
    notes: list[str] = []
    for name in local:
        near, attribute = declared.near.get(name), resource.attributes.get(name)
        close = f"; close to it is the filter {near}" if near else ""
        if attribute and attribute.sortable:
            close += f"; sorted by {name}, those that match come together"
        value = " with this value" if name in filter_names(resource) else ""
        notes.append(f"Outreach cannot filter by {name}{value}: the rows were filtered here{close}")
    return notes


def _value_notes(declared: Resource, conditions: Sequence[_Condition]) -> list[str]:
    notes: list[str] = []
    for condition in conditions:
        known = declared.values.get(condition.fetch or "", ())
        if known and isinstance(condition.criteria, AnyOf):
            strange = [value for value in condition.criteria.values if value not in known]
            if strange:
                notes.append(
                    f"{condition.fetch} is one of {listed(known)}; {few(strange)} matches nothing known"
                    f"{nearest(strange[0], known)}"
                )
    return notes
