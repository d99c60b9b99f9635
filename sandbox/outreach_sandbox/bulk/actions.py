"""Every bulk action by its name in the path: on which type, with which members in the body, doing what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from outreach_sandbox.bulk import works
from outreach_sandbox.bulk.values import identifier, identifiers, modification
from outreach_sandbox.bulk.works import Work
from outreach_sandbox.errors import humanized
from outreach_sandbox.session import Session
from outreach_sandbox.value_rules import value_problem
from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.json_values import as_array


@dataclass(frozen=True, slots=True)
class BulkAction:
    """One bulk action; `modifies` says that the body's members are the fields to change.

    An empty `type_name` stands for custom objects, whose name is a parameter.
    """

    type_name: str
    work: Work
    members: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    modifies: bool = False


_BOTH: dict[str, BulkAction] = {
    "AddAssignments": BulkAction("", works.add_assignments, ("userIds",)),
    "AddTags": BulkAction("", works.add_tags, ("tags",)),
    "AssignOwner": BulkAction("", works.assign_owner, ("ownerId",)),
    "BulkModify": BulkAction("", works.modify, modifies=True),
    "DestroyAll": BulkAction("", works.destroy),
    "RemoveAllAssignments": BulkAction("", works.remove_all_assignments),
    "RemoveAssignments": BulkAction("", works.remove_assignments, ("userIds",)),
    "RemoveTags": BulkAction("", works.remove_tags, ("tags",)),
}


def _of(type_name: str, action: BulkAction) -> BulkAction:
    return BulkAction(type_name, action.work, action.members, action.optional, action.modifies)


BULK_ACTIONS: Mapping[str, BulkAction] = {
    # The one that is spelled in the singular (official contract).
    "accountAddTags": _of("account", _BOTH["AddTags"]),
    **{f"accounts{name}": _of("account", action) for name, action in _BOTH.items() if name != "AddTags"},
    **{f"prospects{name}": _of("prospect", action) for name, action in _BOTH.items()},
    "prospectsAddToSequence": BulkAction(
        "prospect", works.add_to_sequence, ("sequenceId", "mailboxId"), ("stepOverrides",)
    ),
    "prospectsAssignAccount": BulkAction("prospect", works.assign_account, ("accountId",)),
    "prospectsAssignOpportunity": BulkAction("prospect", works.assign_opportunity, ("opportunityId",)),
    "prospectsFinishAll": BulkAction("prospect", works.finish_all),
    "prospectsPauseAll": BulkAction("prospect", works.pause_all),
    "customObjectBulkDelete": BulkAction("", works.miss),
    "customObjectBulkModify": BulkAction("", works.miss, modifies=True),
}
"""The 25 bulk actions of the official contract."""


def problems(session: Session, action: BulkAction, payload: JsonObject) -> list[tuple[str, str]]:
    """Return what is wrong with the body's attributes: details and pointers (the wording is assumed)."""
    found: list[tuple[str, str]] = []
    if "ids" in payload and identifiers(payload["ids"]) is None:
        found.append(("Ids must be an array of ids.", "ids"))
    if action.modifies:
        found.extend(_modification_problems(session, action, payload))
    else:
        known = {"ids", *action.members, *action.optional}
        found.extend(
            (f"{humanized(name)} is not a member of this action.", name) for name in sorted({*payload} - known)
        )
    for name in action.members:
        if payload.get(name) in (None, "", []):
            found.append((f"{humanized(name)} can't be blank.", name))
        elif problem := _CHECKS[name](session, payload[name]):
            found.append((f"{humanized(name)} {problem}", name))
    return [(detail, f"/data/attributes/{name}") for detail, name in found]


def _modification_problems(session: Session, action: BulkAction, payload: JsonObject) -> list[tuple[str, str]]:
    if not {*payload} - {"ids"}:
        return [("Nothing is to be modified.", "")]
    if not action.type_name:
        return []
    resource = resource_type(action.type_name)
    attributes, relationships = modification(resource, payload)
    found: list[tuple[str, str]] = []
    for name in attributes:
        attribute = resource.attributes.get(name)
        if attribute is None:
            found.append((f"{humanized(name)} is not an attribute of {resource.type}.", name))
        elif attribute.read_only:
            found.append((f"{humanized(name)} is read-only.", name))
        elif attributes[name] is not None:
            problem = value_problem(resource.type, attribute, attributes[name], session.enforced(resource.type))
            found.extend([(f"{humanized(name)} {problem}", name)] if problem else [])
    for name, linkage in relationships.items():
        relationship = resource.relationships[name]
        missing = linkage["data"] is not None and linkage["data"]["id"] is None
        if relationship.read_only or relationship.many or missing:
            found.append((f"{humanized(name)} cannot be modified so.", f"{name}Id"))
    return found


def _existing(type_name: str) -> Callable[[Session, Any], str]:
    def check(session: Session, value: Any) -> str:
        number = identifier(value)
        return "" if number is not None and session.store.exists(type_name, number) else "could not be found."

    return check


def _check_owner(session: Session, value: Any) -> str:
    row = session.store.row("user", identifier(value) or 0)
    if row is None:
        return "could not be found."
    return "is locked." if row["locked"] else ""


def _check_users(session: Session, value: Any) -> str:
    users = identifiers(value)
    present = users is not None and all(session.store.exists("user", user) for user in users)
    return "" if present else "could not be found."


def _check_tags(_: Session, value: Any) -> str:
    tags = as_array(value)
    return "" if tags is not None and all(isinstance(tag, str) for tag in tags) else "must be an array of strings."


def _check_sequence(session: Session, value: Any) -> str:
    row = session.store.row("sequence", identifier(value) or 0)
    if row is None:
        return "could not be found."
    return "" if row["enabled"] else "is not active."  # documented: it must be active


_CHECKS: Mapping[str, Callable[[Session, Any], str]] = {
    "accountId": _existing("account"),
    "mailboxId": _existing("mailbox"),
    "opportunityId": _existing("opportunity"),
    "ownerId": _check_owner,
    "sequenceId": _check_sequence,
    "tags": _check_tags,
    "userIds": _check_users,
}
