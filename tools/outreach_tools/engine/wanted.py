"""The change that an update asks for: attributes and relationships under Outreach's names, checked, names as ids."""

from dataclasses import dataclass

from outreach_tools.catalog import ResourceType
from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import ChangeArguments
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.given import given_members
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.labels.written import require, with_checked
from outreach_tools.engine.matching import few
from outreach_tools.engine.names import field_of
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.twice import set_and_cleared
from outreach_tools.engine.writing import attributes_document, cleared, given_relationships, linked, passed_over


@dataclass(frozen=True, slots=True)
class Wanted:
    """The values that a record's attributes and relationships (as linkage, `{"data": …}`) are to become, and notes.

    `empty` names what came with nothing in it, as answers show it.
    """

    attributes: JsonObject
    relationships: JsonObject
    notes: tuple[str, ...]
    empty: tuple[str, ...]


async def wanted(
    declared: Resource, labels: Labels, given: ChangeArguments, calendar: Calendar, names: Names, *, needed: bool = True
) -> Wanted:
    """Return the change that is asked for. Raises `ArgumentError`, also where there is none though one is `needed`."""
    checked, said = await with_checked(labels, given.attributes, calendar)
    attributes, notes = await attributes_document(declared, checked, calendar, names)
    links = given_relationships(declared, given.relationships)
    empty_attributes, empty_relationships = cleared(declared, given.clear)
    if both := (attributes.keys() & empty_attributes.keys()) | (links.keys() & empty_relationships.keys()):
        raise _set_and_cleared(labels.resource, given, min(both))
    await require(labels, empty_attributes, creating=False)
    attributes = {**attributes, **empty_attributes}
    changed = {**attributes, **links, **empty_relationships}
    empty = tuple(map(labels.shown, passed_over(declared, given.attributes, given.relationships, but=changed)))
    if needed and not changed:
        empties = f"{few(empty)} came empty, which means not given; 'clear' empties"
        ways = empties if empty else "give 'attributes', 'relationships' or 'clear'"
        raise ArgumentError(f"nothing to change: {ways}")
    return Wanted(attributes, {**await linked(declared, links, names), **empty_relationships}, (*said, *notes), empty)


def _set_and_cleared(resource: ResourceType, given: ChangeArguments, field: str) -> ArgumentError:
    """Return the refusal of a field that is set and named in `clear`, by the names that were given for it."""
    members = given_members({**given.attributes, **given.relationships})
    name = next(each for each in members if field_of(resource, each) == field)
    cleared_by = next(each for each in given.clear if field_of(resource, each) == field)
    return set_and_cleared(name, members[name], cleared_by)
