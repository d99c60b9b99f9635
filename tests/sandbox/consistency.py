"""Holds a whole organisation against what the sandbox says itself: `inconsistencies` finds nothing, or it lies."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from outreach_sandbox.organisation.custom_fields import CUSTOM_FIELDS, CustomField
from outreach_sandbox.rules import (
    ALSO_READ,
    COUNTED_MOMENTS,
    COUNTED_STATES,
    REQUIRED_ATTRIBUTES,
    REQUIRED_RELATIONSHIPS,
)
from outreach_sandbox.schema import tables
from outreach_sandbox.store import Row, Store
from outreach_sandbox.value_rules import is_too_long, kind_problem, value_problem
from outreach_sandbox.values import shown
from outreach_tools.catalog import ResourceType, resource_types
from tests.sandbox.consistency_rules import HISTORY, RULES

# What may lie ahead: plans, and what ends or expires.
_AHEAD = {
    "autoskipAt",
    "closeDate",
    "dueAt",
    "followUpTaskScheduledAt",
    "notifyThreadScheduledAt",
    "retryAt",
    "scheduledAt",
}
_PHONES = {
    "homePhones": "home",
    "mobilePhones": "mobile",
    "otherPhones": "other",
    "voipPhones": "voip",
    "workPhones": "work",
}


def inconsistencies(
    store: Store,
    now: str,
    *,
    complete: bool = True,
    custom_fields: Mapping[str, Mapping[str, CustomField]] = CUSTOM_FIELDS,
) -> list[str]:
    """Return what does not hold; `complete` says that nobody whom the figures count has been deleted since.

    `custom_fields` are those of the organisation.
    """
    found: list[str] = []
    for resource in resource_types().values():
        for row in _rows(store, resource):
            fields = custom_fields.get(resource.type, {})
            problems = _problems(store, resource, row, now, fields)
            found.extend(f"{resource.type} {row['id']}: {each}" for each in problems)
    rules = {**RULES, **(HISTORY if complete else {})}
    for sentence, sql in rules.items():
        found.extend(f"not so: {sentence}: {record_id}" for (record_id,) in store.rows(sql))
    found.extend(_miscounted(store, complete=complete))
    found.extend(_contacts(store))
    found.extend(_dangling(store))
    return found


def _rows(store: Store, resource: ResourceType) -> Iterator[Row]:
    columns = ["id", *tables()[resource.type].columns]
    listed = ", ".join(f'"{column}"' for column in columns)
    for row in store.rows(f'SELECT {listed} FROM "{resource.type}"'):
        yield dict(zip(columns, row, strict=True))


def _problems(
    store: Store, resource: ResourceType, row: Row, now: str, fields: Mapping[str, CustomField]
) -> Iterator[str]:
    written = bool({"create", "update"} & resource.operations)
    for name, attribute in resource.attributes.items():
        if row[name] is None:
            continue
        show = shown(attribute)
        value: Any = row[name] if show is None else show(row[name])
        judged = written and not attribute.read_only and value not in ALSO_READ.get((resource.type, name), ())
        problem = value_problem(resource.type, attribute, value, fields) if judged else kind_problem(attribute, value)
        if problem:
            yield f"{name} {problem} ({value!r})"
        if is_too_long(attribute, value):
            yield f"{name} is too long"
        if attribute.format == "date-time" and name not in _AHEAD and str(value) > now:
            yield f"{name} lies ahead ({value})"
    if row.get("createdAt") and row.get("updatedAt") and row["createdAt"] > row["updatedAt"]:
        yield "was updated before it was created"
    if "createdAt" in resource.attributes and row["createdAt"] is None:
        yield "was never created"
    for name in (*REQUIRED_ATTRIBUTES.get(resource.type, ()), *(each for each in fields if fields[each].required)):
        if row[name] is None or not str(row[name]).strip():
            yield f"{name} is blank"
    for name in REQUIRED_RELATIONSHIPS.get(resource.type, ()):
        # What has left stays when its mailbox is deleted.
        if (resource.type, name) == ("mailing", "mailbox") and row["state"] not in {"scheduled", "queued"}:
            continue
        if row[f"{name}.id"] is None:
            yield f"{name} is missing"
    for relationship in resource.relationships.values():
        target = None if relationship.many else row[f"{relationship.name}.id"]
        if target is None:
            continue
        kind = relationship.types[0] if len(relationship.types) == 1 else row[f"{relationship.name}.type"]
        if kind not in relationship.types:
            yield f"{relationship.name} is of type {kind}"
        elif kind in resource_types() and not store.exists(kind, target):
            yield f"{relationship.name} points to {kind} {target}, which is not there"


def _miscounted(store: Store, *, complete: bool) -> Iterator[str]:
    conditions = {name: f'm."{moment}" IS NOT NULL' for name, moment in COUNTED_MOMENTS.items()}
    conditions |= {name: f"m.state = '{state}'" for state, name in COUNTED_STATES.items()}
    joins = {each: f'm."{each}.id" = o.id' for each in ("sequence", "sequenceState", "sequenceStep", "template")}
    if complete:  # another template may have been put into a step since
        joins["sequenceTemplate"] = 'm."sequenceStep.id" = o."sequenceStep.id" AND m."template.id" = o."template.id"'
    for owner, join in joins.items():
        for name, condition in conditions.items():
            counted = f"(SELECT COUNT(*) FROM mailing m WHERE {join} AND {condition})"
            sql = f'SELECT o.id, o."{name}", {counted} FROM "{owner}" o WHERE COALESCE(o."{name}", 0) <> {counted}'
            for record_id, told, true in store.rows(sql):
                yield f"{owner} {record_id}: {name} says {told}, there are {true}"


def _contacts(store: Store) -> Iterator[str]:
    columns = ", ".join(("id", "emails", *_PHONES))
    patterns = (
        " ".join(
            text
            for row in store.rows("SELECT prospectEmailExclusions, contactExclusions FROM orgSetting")
            for text in row
            if text
        )
        .replace(",", " ")
        .split()
    )
    for prospect, emails, *phones in store.rows(f"SELECT {columns} FROM prospect"):
        listed = json.loads(emails or "[]")
        found = store.rows('SELECT email FROM emailAddress WHERE "prospect.id" = ? ORDER BY "order", id', (prospect,))
        if [email for (email,) in found] != listed:
            yield f"prospect {prospect}: emails are {listed}, the records say {found}"
        if any(fnmatchcase(email, pattern) for email in listed for pattern in patterns):
            yield f"prospect {prospect}: {listed} is excluded"
        for (name, kind), numbers in zip(_PHONES.items(), phones, strict=True):
            found = store.rows(
                "SELECT number FROM phoneNumber WHERE \"prospect.id\" = ? AND COALESCE(phoneType, 'other') = ?"
                ' ORDER BY "order", id',
                (prospect, kind),
            )
            if [number for (number,) in found] != json.loads(numbers or "[]"):
                yield f"prospect {prospect}: {name} are {numbers}, the records say {found}"


def _dangling(store: Store) -> Iterator[str]:
    for link, owner, target in store.rows("SELECT relationship, owner, target FROM links"):
        type_name, _, name = link.partition(".")
        kind = resource_types()[type_name].relationships[name].types[0]
        if not store.exists(type_name, owner) or (kind in resource_types() and not store.exists(kind, target)):
            yield f"{link}: {owner} and {target} are not both there"
