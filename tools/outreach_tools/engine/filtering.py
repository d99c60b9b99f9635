"""The filters of a list: those that Outreach applies are sent, the others are applied here to the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from outreach_tools.catalog import Attribute, Relationship, ResourceType, resource_type, resource_types
from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.arguments import Filter
from outreach_tools.engine.brevity import brief
from outreach_tools.engine.columns import label_of, value_of
from outreach_tools.engine.conditions import Asked, Condition, Part, accept, parts_of
from outreach_tools.engine.criteria import (
    AnyOf,
    Criteria,
    Null,
    is_dated,
    is_text,
    is_unsayable,
    needs_new_syntax,
    parse,
)
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.filter_notes import hint, notes_of
from outreach_tools.engine.finders import finds, kinds_of_id
from outreach_tools.engine.included import Included, related_id, related_value
from outreach_tools.engine.labels.fields import is_key
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.literal import is_cut, split_nulls
from outreach_tools.engine.matching import find, listed, nearest, shorten
from outreach_tools.engine.names import relationship_of_id, resolve_name
from outreach_tools.engine.naming.in_filters import with_ids, with_own_id
from outreach_tools.engine.naming.kinds import kind_of_attribute
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.rates import rate_named
from outreach_tools.engine.related import ids_and_count
from outreach_tools.engine.twice import Spelled
from outreach_tools.json_values import is_array, member

_ID = Attribute("id", "integer")
_UUID = Attribute("id", "string", format="uuid")
_TEXT = Attribute("", "string")
_ONE_FILTER = "Give one filter per field, like 'a,b' or 'low..high'. Nothing was sent."
_LONGEST_ADDRESS = 65_536  # characters that httpx takes


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a list.

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


def sent_as_given(query: Query) -> Filters:
    """Return the filters of a list that Outreach alone applies."""
    return Filters((Part(query, accept),))


def searched(resource: ResourceType, words: str) -> Filters:
    """Return the filter of a list that is searched for words."""
    asked = Asked("q", words, AnyOf((words,)), _TEXT, resource.type, search=True)
    return Filters((Part((("filter[q]", words),), accept),), asked=(asked,))


async def build_filters(
    declared: Resource,
    filters: Sequence[Filter],
    names: Names,
    calendar: Calendar,
    labels: Labels,
    keys: Mapping[str, str],
) -> Filters:
    """Resolve a list's filters; names in the place of ids become those, and custom fields go by their labels.

    `keys` are the names that Outreach knows for the fields that were given.
    Raises `ArgumentError` for an unknown field or criteria it cannot read.
    """
    resource = resource_type(declared.type)
    by_label = {labels.shown(key): key for each in filters if is_key(key := keys[each.field])}
    fields, given = [each.field for each in filters], [each.criteria for each in filters]
    filters = [_named(each, keys[each.field], labels) for each in filters]
    conditions = [
        _with_nulls(
            declared,
            resource,
            each.field,
            await _criteria(declared, resource, each, names, by_label),
            calendar,
            by_label,
        )
        for each in filters
    ]
    every = [part for condition in conditions for part in condition.all]
    spelled = Spelled(_ONE_FILTER)
    for name, criteria, condition in zip(fields, given, conditions, strict=True):
        for known, local in {part.field: part.local for part in condition.all}.items():
            spelled.note(known, name, criteria, again=local)  # what is filtered here holds all of them
    return Filters(
        parts=parts_of(conditions),
        fetch=tuple(dict.fromkeys(part.fetch for part in every if part.fetch)),
        local=tuple(dict.fromkeys(part.name for part in every if part.local)),
        notes=(
            *names.notes,
            *notes_of(resource, conditions, declared.values, declared.near, filter_names(resource)),
        ),
        asked=tuple(condition.asked for condition in conditions),
        mark=repr([(by_label.get(part.name, part.name), part.criteria) for part in every]),
        dated=any(is_dated(condition.asked.attribute) for condition in conditions),
    )


def refuse_endless(given: Filter) -> None:
    """Raise for a filter that no address has room for, before its values are read."""
    values: Any = given.criteria if is_array(given.criteria) else [given.criteria]
    # Between values there are commas, and a number is short.
    size = -1 + sum(1 + (len(value) if isinstance(value, str) else 0) for value in values)
    if size > _LONGEST_ADDRESS:
        raise ArgumentError(
            f"the filter on {shorten(given.field)} has {size:,} characters, and an address no more than "
            f"{_LONGEST_ADDRESS:,}: nothing was sent. Ask for some of its values at a time"
        )


def filter_names(resource: ResourceType) -> tuple[str, ...]:
    """Return every field that Outreach filters a list by, as a tool's schema enumerates them."""
    attributes = [name for name, attribute in resource.attributes.items() if attribute.filterable]
    paths = [f"{each.name}.{name}" for each in resource.relationships.values() for name in each.filter_by]
    return ("id", *resource.filters, *attributes, *paths)


def _named(given: Filter, key: str, labels: Labels) -> Filter:
    """Return a filter with the label of a custom field for its field, in the form that answers have."""
    return Filter(field=labels.shown(key), criteria=given.criteria) if is_key(key) else given


async def _criteria(
    declared: Resource, resource: ResourceType, given: Filter, names: Names, by_label: Mapping[str, str]
) -> Any:
    """Return a filter's criteria, with ids for names and for `me` where ids of one type of record go."""
    if given.field in by_label:
        return given.criteria
    kinds = _kinds_of_ids(resource, given.field)
    if len(kinds) > 1 and "user" in kinds:  # of several types only `me` says which is meant
        return await with_own_id(names, given.criteria)
    if len(kinds) != 1:
        return given.criteria
    return await with_ids(names, given.criteria, kinds[0], given.field, finds(kinds, declared.listers))


def _kinds_of_ids(resource: ResourceType, field: str) -> tuple[str, ...]:
    """Return the types of record by whose ids a filter goes, none for any other."""
    if field == "id":
        return () if resource.uuids else (resource.type,)
    path, _, inner = field.partition(".")
    known = resolve_name(resource, path)
    if known in resource.attributes:
        kind = kind_of_attribute(resource.type, resource.attributes[known])
        return (kind,) if kind and not inner else ()
    relationship = resource.relationships.get(known or "") or relationship_of_id(resource, path)
    return relationship.types if relationship and inner in ("", "id") else ()


def _with_nulls(
    declared: Resource,
    resource: ResourceType,
    field: str,
    given: Any,
    calendar: Calendar,
    by_label: Mapping[str, str],
) -> Condition:
    """Read a filter, in which `null` and `not null` may stand among other values."""
    nulls, others = split_nulls(given) if isinstance(given, str) and field.casefold() != "q" else (frozenset[str](), "")
    if not nulls:
        return _condition(declared, resource, field, given, calendar, by_label)
    missing = _condition(declared, resource, field, "null", calendar, by_label) if "null" in nulls else None
    if "not null" in nulls or not others:  # among other values any value is all that is asked for
        which = "not null" if "not null" in nulls else "null"
        found = _condition(declared, resource, field, which, calendar, by_label)
    else:
        text = missing is not None and is_text(missing.asked.attribute) and not missing.asked.known
        found = _condition(declared, resource, field, given if text else others, calendar, by_label)
    if "not null" in nulls:
        found = replace(found, asked=replace(found.asked, given=given, any_value=True))
    elif not others:
        return found
    return replace(
        found,
        asked=replace(found.asked, given=given, or_null=missing is not None),
        without=missing and replace(missing, twice=False),
    )


def _condition(
    declared: Resource,
    resource: ResourceType,
    field: str,
    given: Any,
    calendar: Calendar,
    by_label: Mapping[str, str],
) -> Condition:
    if (key := by_label.get(field)) is not None and key in resource.attributes:
        found = _attribute_condition(declared, resource.attributes[key], field, given, calendar)
        return replace(found, name=field) if found.local else found
    path, _, inner = field.partition(".")
    if field == "id":
        own = _UUID if resource.uuids else _ID
        criteria = _parsed(declared, (resource.type,), field, given, own, calendar)
        return Condition(Asked(field, given, criteria, own, resource.type), "filter[id]", _id_of)
    if (special := find(field, resource.filters)) is not None:
        return _special_condition(resource, special, field, given, calendar)
    known = resolve_name(resource, path)
    if known in resource.attributes and not inner:
        return _attribute_condition(declared, resource.attributes[known], field, given, calendar)
    relationship = resource.relationships.get(known or "") or relationship_of_id(resource, path)
    if relationship is None:
        names = [*filter_names(resource), *resource.attributes, *resource.relationships]
        if instead := _of_any_type(resource, field):
            raise ArgumentError(f"{field!r} is shown only; filter by {listed(instead)}")
        if computed := rate_named(resource.type, field):
            name, rate = computed
            raise ArgumentError(f"{name!r} is shown only, computed here; filter by {rate.part}, {rate.whole}")
        like_it = nearest(field, names) or "; describe_fields lists them"
        raise ArgumentError(
            brief(lambda width: f"{resource.type} has no field {shorten(field, width)} to filter by{like_it}")
        )
    return _relationship_condition(declared, relationship, field, inner or "id", given, calendar)


def _special_condition(resource: ResourceType, special: str, field: str, given: Any, calendar: Calendar) -> Condition:
    """Return a filter by what is not an attribute: `q`, or a member of one (`agentEmail` is the agent's e-mail)."""
    if special == "q":  # words to search for, whatever they hold
        criteria = parse(field, [given] if isinstance(given, str) else given, _TEXT, {}, calendar)
        asked = Asked(field, given, criteria, _TEXT, resource.type, search=True)
        return Condition(asked, f"filter[{special}]", plain=True)
    holder = next((name for name in resource.attributes if special.startswith(name)), "")
    inner = special.removeprefix(holder)
    inner = f"{inner[:1].lower()}{inner[1:]}"
    asked = Asked(field, given, parse(field, given, _TEXT, {}, calendar, here=True), _TEXT, "")
    # It is documented for one value; whether Outreach can tell who has none is not.
    single = isinstance(asked.criteria, AnyOf) and len(asked.criteria.values) == 1
    if holder and (not single or needs_new_syntax(asked.criteria) or is_unsayable(asked.criteria)):
        return Condition(asked, special, lambda record, _: member(value_of(record, holder), inner), holder, local=True)
    return Condition(asked, f"filter[{special}]", plain=True)


def _attribute_condition(
    declared: Resource, attribute: Attribute, field: str, given: Any, calendar: Calendar
) -> Condition:
    if attribute.write_only or attribute.type == "object":
        raise ArgumentError(f"{attribute.name!r} cannot be filtered by")
    name = attribute.name
    known = declared.known(name)
    kinds = kinds_of_id(declared.type, name) if attribute.type == "integer" else ()
    criteria = _parsed(declared, kinds, field, given, attribute, calendar)
    asked = Asked(field, given, criteria, attribute, declared.type, known=bool(known))
    here = not attribute.filterable or is_unsayable(criteria) or _was_cut(criteria)
    missing = isinstance(criteria, Null) and not criteria.negated
    return Condition(
        asked,
        name if here else f"filter[{name}]",
        lambda record, _: value_of(record, name),
        name,
        local=here,
        twice=missing and not here and is_text(attribute) and not known and attribute.format != "email",
    )


def _was_cut(criteria: Criteria) -> bool:
    """Return whether a value is the beginning of a text as an answer shows it; Outreach finds whole texts only."""
    return isinstance(criteria, AnyOf) and any(map(is_cut, criteria.values))


def _relationship_condition(
    declared: Resource, relationship: Relationship, field: str, inner: str, given: Any, calendar: Calendar
) -> Condition:
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
    criteria = _parsed(declared, kinds, field, given, attribute, calendar, _names(relationship))
    asked = Asked(field, given, criteria, attribute, owner)
    if (allowed or inner) == "id" and not relationship.many:
        if allowed is None:
            return Condition(asked, f"{name}.id", lambda record, _: related_id(record, name), name, local=True)
        sent = f"filter[{relationship.parameter}][id]"
        if relationship.embedded and isinstance(criteria, Null):
            return Condition(asked, sent, lambda record, _: related_id(record, name), name)
        # Without a value to check nothing more is asked for: Outreach's word is as good.
        return Condition(asked, sent)
    if isinstance(criteria, Null) or is_unsayable(criteria) or _was_cut(criteria):
        return _here(resource, relationship, allowed or inner, asked)
    return Condition(asked, f"filter[{relationship.parameter}][{allowed}]")


def _here(resource: ResourceType, relationship: Relationship, inner: str, asked: Asked) -> Condition:
    """Return a condition on related records that is checked here, as it is not known that Outreach can answer it.

    What `null` means through a relationship is documented nowhere. Raises `ArgumentError` where records do not say.
    """
    name = relationship.name
    if relationship.many and inner == "id" and relationship.embedded:
        return Condition(asked, f"{name}.id", lambda record, _: _number_of(record, name), name, local=True)
    if relationship.many or not relationship.embedded or inner not in _attributes(asked.type):
        alike = [
            each.name
            for each in resource.relationships.values()
            if each.many and each.embedded and each.filter_by and each.types == relationship.types
        ]
        instead = f"; {listed(f'{each}.id' for each in alike)} can" if relationship.many and alike else ""
        raise ArgumentError(
            f"{asked.field!r} cannot be asked for {shorten(asked.given)}: neither Outreach's filter nor the "
            f"{resource.type} shows that{instead}"
        )
    return Condition(
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


def _names(relationship: Relationship) -> tuple[str, ...]:
    """Return the filters by what names a related record to a person, where Outreach has such."""
    labels = [label_of(kind) for kind in relationship.types]
    plain = ("name", "email", "emails", "firstName", "lastName")
    return tuple(f"{relationship.name}.{name}" for name in relationship.filter_by if name in (*labels, *plain))


def _of_any_type(resource: ResourceType, field: str) -> list[str]:
    """Return the filters by each kind of record that a relationship leads to, of which `field` is the type's column."""
    name = field.removesuffix("_type")
    relationship = resource.relationships.get(resolve_name(resource, name) or "") if name != field else None
    if relationship is None or len(relationship.types) < 2:
        return []
    own = [each for each in resource.relationships.values() if not each.many and len(each.types) == 1]
    return [f"{each.name}.id" for each in own if each.types[0] in relationship.types and "id" in each.filter_by]


def _parsed(
    declared: Resource,
    kinds: tuple[str, ...],
    field: str,
    given: Any,
    attribute: Attribute,
    calendar: Calendar,
    names: tuple[str, ...] = (),
) -> Criteria:
    """Read criteria; what is said of a wrong id, one of a record of `kinds`, names the tool that finds it.

    `names` are filters that take a name instead.
    """
    own = resource_type(declared.type).attributes.get(attribute.name) is attribute
    known: Mapping[str, str] = declared.known(attribute.name) if own else {}
    try:
        return parse(field, given, attribute, known, calendar, here=own and not attribute.filterable)
    except ArgumentError as error:
        by_name = f"; or filter by {' or '.join(names)}" if names and kinds else ""
        raise ArgumentError(f"{error}{hint(given)}{finds(kinds, declared.listers)}{by_name}") from None


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


NO_FILTERS = Filters((Part((), accept),))


def _id_of(record: JsonObject, _: Included) -> Any:
    return record.get("id")
