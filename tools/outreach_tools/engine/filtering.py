"""The filters of a list: those that Outreach applies are sent, the others are applied here to the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outreach_tools.catalog import Attribute, ResourceType, resource_type
from outreach_tools.client import Query
from outreach_tools.engine.arguments import Filter
from outreach_tools.engine.conditions import Asked, Part, accept, parts_of
from outreach_tools.engine.criteria import AnyOf, is_dated
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.filter_notes import notes_of
from outreach_tools.engine.filtered_fields import condition_of, filter_names
from outreach_tools.engine.finders import finds
from outreach_tools.engine.labels.fields import is_key
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.names import relationship_of_id, resolve_name
from outreach_tools.engine.naming.in_filters import with_ids, with_own_id
from outreach_tools.engine.naming.kinds import kind_of_attribute
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.twice import Spelled
from outreach_tools.json_values import is_array

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
        condition_of(
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


NO_FILTERS = Filters((Part((), accept),))
