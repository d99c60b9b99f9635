"""The sources of the members of each to-many relationship.

Most are the other side of a to-one relationship: `account.prospects` are the prospects whose `account` it is. That is
inferred when the other type has a to-one relationship named after the owner's type, or exactly one that may point to
several types, this one among them. `_EXPLICIT` lists the rest; what is neither lives in the table of links.
"""
# ruff: noqa: S608 - identifiers come from the catalogue

from dataclasses import dataclass
from functools import cache

from outreach_tools.catalog import Relationship, ResourceType, resource_types


@dataclass(frozen=True, slots=True)
class ToMany:
    """One to-many relationship: `pairs` is SQL that yields its `owner` and member `id`s.

    It can be written when it has a `column` (with the owner's type beside it when `polymorphic`) on the members' side,
    or a `link` name; `backwards` links are stored from the member to the owner.
    """

    target: str
    pairs: str
    column: str = ""
    polymorphic: bool = False
    link: str = ""
    backwards: bool = False


def _inverse(owner: str, target: str, relationship: str, condition: str = "") -> ToMany:
    column = f"{relationship}.id"
    polymorphic = len(resource_types()[target].relationships[relationship].types) > 1
    conditions = [f'm."{column}" IS NOT NULL']
    if polymorphic:
        conditions.append(f"m.\"{relationship}.type\" = '{owner}'")
    if condition:
        conditions.append(condition)
    pairs = (
        f'SELECT m."{column}" AS owner, m.id AS id, m.id AS position FROM "{target}" m WHERE {" AND ".join(conditions)}'
    )
    writable = not condition
    return ToMany(target, pairs, column=column if writable else "", polymorphic=polymorphic)


def _linked(target: str, link: str, *, backwards: bool = False) -> ToMany:
    owner, member = ("target", "owner") if backwards else ("owner", "target")
    pairs = f"SELECT {owner} AS owner, {member} AS id, position FROM links WHERE relationship = '{link}'"
    return ToMany(target, pairs, link=link, backwards=backwards)


def _joined(target: str, pairs: str) -> ToMany:
    return ToMany(target, pairs)


_OPPORTUNITIES_OF_PROSPECTS = """
    SELECT {0} AS owner, {1} AS id, 0 AS position FROM (
        SELECT owner AS prospect, target AS opportunity FROM links WHERE relationship = 'prospect.opportunities'
        UNION SELECT "prospect.id", "opportunity.id" FROM "opportunityProspectRole"
        WHERE "prospect.id" IS NOT NULL AND "opportunity.id" IS NOT NULL)"""


@cache
def _explicit() -> dict[str, ToMany]:
    return {
        # A state counts as active unless finished or opted out (documented for the web interface).
        "prospect.activeSequenceStates": _inverse(
            "prospect", "sequenceState", "prospect", "m.state NOT IN ('finished', 'opted_out')"
        ),
        # Prospects and opportunities are joined by their roles, or directly (assumed).
        "prospect.opportunities": ToMany(
            "opportunity",
            _OPPORTUNITIES_OF_PROSPECTS.format("prospect", "opportunity"),
            link="prospect.opportunities",
        ),
        "opportunity.prospects": _joined("prospect", _OPPORTUNITIES_OF_PROSPECTS.format("opportunity", "prospect")),
        "role.childRoles": _inverse("role", "role", "parentRole"),
        # What the current step waits for (documented: they fill once the state is active).
        "sequenceState.activeStepMailings": _joined(
            "mailing",
            'SELECT s.id AS owner, m.id AS id, m.id AS position FROM "sequenceState" s JOIN "mailing" m'
            ' ON m."sequenceState.id" = s.id AND m."sequenceStep.id" = s."sequenceStep.id"'
            " WHERE s.state = 'active' AND m.state IN ('drafted', 'scheduled', 'queued', 'delivering', 'placeholder')",
        ),
        "sequenceState.activeStepTasks": _joined(
            "task",
            'SELECT s.id AS owner, m.id AS id, m.id AS position FROM "sequenceState" s JOIN "task" m'
            ' ON m."sequenceState.id" = s.id AND m."sequenceStep.id" = s."sequenceStep.id"'
            " WHERE s.state = 'active' AND m.state IN ('pending', 'incomplete')",
        ),
        "task.prospectContacts": _joined(
            "emailAddress",
            'SELECT t.id AS owner, m.id AS id, m.id AS position FROM "task" t'
            ' JOIN "emailAddress" m ON m."prospect.id" = t."prospect.id"',
        ),
        "task.prospectPhoneNumbers": _joined(
            "phoneNumber",
            'SELECT t.id AS owner, m.id AS id, m.id AS position FROM "task" t'
            ' JOIN "phoneNumber" m ON m."prospect.id" = t."prospect.id"',
        ),
        "task.sequenceSequenceSteps": _joined(
            "sequenceStep",
            'SELECT t.id AS owner, m.id AS id, m."order" AS position FROM "task" t'
            ' JOIN "sequenceStep" m ON m."sequence.id" = t."sequence.id"',
        ),
        # Both sides may be written; they are one set of links (assumed).
        "user.teams": _linked("team", "team.users", backwards=True),
        "user.roleAssignedTeams": _linked("team", "team.roleAssignedUsers", backwards=True),
        "team.contentCategories": _linked("contentCategory", "contentCategory.teams", backwards=True),
    }


@cache
def to_many(owner: str, relationship: str) -> ToMany:
    """Return the source of a type's to-many relationship."""
    name = f"{owner}.{relationship}"
    explicit = _explicit().get(name)
    if explicit:
        return explicit
    target = resource_types()[owner].relationships[relationship].types[0]
    other = resource_types().get(target)
    column = _opposite(owner, other) if other else None
    return _inverse(owner, target, column.name) if column else _linked(target, name)


def inverse_columns() -> set[tuple[str, str]]:
    """Return the type and column of every to-one relationship that stands for a to-many one: worth an index."""
    found: set[tuple[str, str]] = set()
    for resource in resource_types().values():
        for relationship in resource.relationships.values():
            source = to_many(resource.type, relationship.name) if relationship.many else None
            if source and source.column:
                found.add((source.target, source.column))
    return found


def _opposite(owner: str, other: ResourceType) -> Relationship | None:
    named = other.relationships.get(owner)
    if named and not named.many and owner in named.types:
        return named
    several = [r for r in other.relationships.values() if not r.many and len(r.types) > 1 and owner in r.types]
    # Who made a record is not a membership: `task.creator` may be a stage, and stages have no tasks.
    several = [r for r in several if r.name != "creator"]
    return several[0] if len(several) == 1 else None
