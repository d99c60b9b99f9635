"""The fields that a list is filtered by: which one a filter means, and the condition that its criteria make of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from outreach_tools.catalog import Attribute, Relationship, ResourceType, resource_type, resource_types
from outreach_tools.client import JsonObject
from outreach_tools.engine.brevity import brief
from outreach_tools.engine.columns import label_of, value_of
from outreach_tools.engine.conditions import Asked, Condition
from outreach_tools.engine.criteria import AnyOf, Criteria, Null, is_text, is_unsayable, needs_new_syntax, parse
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.filter_notes import hint
from outreach_tools.engine.finders import finds, kinds_of_id
from outreach_tools.engine.included import Included, related_id, related_value
from outreach_tools.engine.literal import is_cut, split_nulls
from outreach_tools.engine.matching import find, listed, nearest, shorten
from outreach_tools.engine.names import relationship_of_id, resolve_name
from outreach_tools.engine.rates import rate_named
from outreach_tools.engine.related import ids_and_count
from outreach_tools.json_values import member

_ID = Attribute("id", "integer")
_UUID = Attribute("id", "string", format="uuid")
_TEXT = Attribute("", "string")


def filter_names(resource: ResourceType) -> tuple[str, ...]:
    """Return every field that Outreach filters a list by, as a tool's schema enumerates them."""
    attributes = [name for name, attribute in resource.attributes.items() if attribute.filterable]
    paths = [f"{each.name}.{name}" for each in resource.relationships.values() for name in each.filter_by]
    return ("id", *resource.filters, *attributes, *paths)


def condition_of(
    declared: Resource,
    resource: ResourceType,
    field: str,
    given: Any,
    calendar: Calendar,
    by_label: Mapping[str, str],
) -> Condition:
    """Return the condition of a filter, in which `null` and `not null` may stand among other values."""
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


def _id_of(record: JsonObject, _: Included) -> Any:
    return record.get("id")
