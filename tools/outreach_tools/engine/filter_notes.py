"""Notes on filters whether or not they find anything: what is applied here, and how a criterion was read."""

from collections.abc import Mapping, Sequence

from outreach_tools.catalog import ResourceType
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.conditions import Condition
from outreach_tools.engine.criteria import AnyOf
from outreach_tools.engine.literal import compares, listed_values, negates
from outreach_tools.engine.matching import few, listed, nearest

ONLY_NULL = "only 'not null' negates"

_SORTED = "; sorted by "


def notes_of(
    resource: ResourceType,
    conditions: Sequence[Condition],
    values: Mapping[str, tuple[str, ...]],
    near: Mapping[str, str],
    names: Sequence[str],
) -> tuple[str, ...]:
    """Return the notes on a list's filters.

    `values` are the known ones by attribute, `near` the filters that come close to what Outreach cannot filter by,
    `names` all filters that it has.
    """
    local = dict.fromkeys(part.name for each in conditions for part in each.all if part.local)
    notes = [_here(resource, name, near.get(name) or named_path(resource, name, names), names) for name in local]
    return (*notes, *(note for each in conditions for note in (*_readings(each), *_unknown(each, values))))


def without_order(notes: Sequence[str]) -> tuple[str, ...]:
    """Return notes without the advice on a list's order, for what has none."""
    return tuple(each.partition(_SORTED)[0] for each in notes)


def named_path(resource: ResourceType, name: str, names: Sequence[str]) -> str:
    """Return the filter by a related record's name that an attribute repeats (`accountName`: `account.name`), or ""."""
    for relationship in resource.relationships.values():
        label = label_of(relationship.types[0]) if len(relationship.types) == 1 else None
        path = f"{relationship.name}.{label}"
        if label and path in names and name.casefold() == f"{relationship.name}{label}".casefold():
            return path
    return ""


def hint(given: object) -> str:
    """Return what to say of a criterion in a form that filters elsewhere have, nothing for others."""
    if not isinstance(given, str):
        return ""
    if compares(given):
        return "; bounds are ranges, like '5..' or '..5'"
    return f"; {ONLY_NULL}" if any(map(negates, listed_values(given.strip()))) else ""


def _here(resource: ResourceType, name: str, near: str, names: Sequence[str]) -> str:
    attribute = resource.attributes.get(name)
    close = f"; close to it is the filter {near}" if near else ""
    if attribute and attribute.sortable:
        close += f"{_SORTED}{name}, those that match come together"
    value = " with this value" if name in names else ""
    return f"Outreach cannot filter by {name}{value}: the rows were filtered here{close}"


def _readings(condition: Condition) -> list[str]:
    """Say how a list of values was read, where some of it may have been meant otherwise."""
    asked, notes = condition.asked, list[str]()
    if condition.divided:
        notes.append(f"those without {asked.field} come after the others")
    if asked.any_value:
        notes.append(f"'not null' among others is every record with {asked.field}")
    items = listed_values(asked.given.strip()) if isinstance(asked.given, str) and not asked.search else []
    if len(items) > 1 and not asked.any_value and (negated := next(filter(negates, items), "")):
        notes.append(f"{few([negated])!r} was taken as text: {ONLY_NULL}")
    return notes


def _unknown(condition: Condition, values: Mapping[str, tuple[str, ...]]) -> list[str]:
    known = values.get(condition.fetch or "", ())
    if not known or not isinstance(condition.criteria, AnyOf):
        return []
    strange = [value for value in condition.criteria.values if value not in known]
    if not strange:
        return []
    near = nearest(strange[0], known)
    return [
        f"{condition.fetch} is one of {listed(known)}; {few(strange)} matches nothing known{near}"
        f"{hint(condition.asked.given)}"
    ]
