"""The work of bulk actions on one record; a refusal is an `ApiError`, as it is for a single request."""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from outreach_sandbox import errors, writing
from outreach_sandbox.behaviour import sequence_states
from outreach_sandbox.behaviour.deletion import delete_record
from outreach_sandbox.bulk.values import identifier, identifiers, modification
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row
from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.json_values import array_at

Work: TypeAlias = Callable[[Session, str, Row, JsonObject], None]
"""Does what an action says to a record, given its type, its columns and the body's attributes."""


def add_tags(session: Session, type_name: str, row: Row, payload: JsonObject) -> None:
    """Add tags that the record does not have yet."""
    _set_tags(session, type_name, row, list(dict.fromkeys([*_tags(row), *array_at(payload, "tags")])))


def remove_tags(session: Session, type_name: str, row: Row, payload: JsonObject) -> None:
    """Remove tags; those that the record does not have are passed over (assumed)."""
    gone = array_at(payload, "tags")
    _set_tags(session, type_name, row, [tag for tag in _tags(row) if tag not in gone])


def assign_owner(session: Session, type_name: str, row: Row, payload: JsonObject) -> None:
    """Give the record an owner."""
    _update(session, type_name, row, relationships={"owner": _linkage("user", payload.get("ownerId"))})


def assign_account(session: Session, type_name: str, row: Row, payload: JsonObject) -> None:
    """Put a prospect into an account."""
    _update(session, type_name, row, relationships={"account": _linkage("account", payload.get("accountId"))})


def assign_opportunity(session: Session, type_name: str, row: Row, payload: JsonObject) -> None:
    """Relate a prospect to an opportunity."""
    _add_members(session, type_name, row, "opportunities", [identifier(payload.get("opportunityId")) or 0])


def add_assignments(session: Session, type_name: str, row: Row, payload: JsonObject) -> None:
    """Assign users beside those who are assigned already."""
    _add_members(session, type_name, row, "assignedUsers", identifiers(payload.get("userIds")) or [])


def remove_assignments(session: Session, type_name: str, row: Row, payload: JsonObject) -> None:
    """Take users off the record; those who are not assigned are passed over (assumed)."""
    gone = identifiers(payload.get("userIds")) or []
    assigned = session.store.related(type_name, "assignedUsers", [row["id"]]).get(row["id"], [])
    _set_members(session, type_name, row, "assignedUsers", [user for user in assigned if user not in gone])


def remove_all_assignments(session: Session, type_name: str, row: Row, _: JsonObject) -> None:
    """Take all users off the record."""
    _set_members(session, type_name, row, "assignedUsers", [])


def modify(session: Session, type_name: str, row: Row, payload: JsonObject) -> None:
    """Change fields, under the rules of a single update."""
    attributes, relationships = modification(resource_type(type_name), payload)
    _update(session, type_name, row, attributes, relationships)


def destroy(session: Session, type_name: str, row: Row, _: JsonObject) -> None:
    """Delete the record with its parts."""
    delete_record(session, type_name, row["id"])


def add_to_sequence(session: Session, _: str, row: Row, payload: JsonObject) -> None:
    """Enrol a prospect, under the rules of a single enrolment."""
    related = {"prospect": row["id"], "sequence": payload.get("sequenceId"), "mailbox": payload.get("mailboxId")}
    linkage = {name: {"data": {"type": name, "id": identifier(value)}} for name, value in related.items()}
    data = {"type": "sequenceState", "relationships": linkage}
    writing.create(session, resource_type("sequenceState"), json.dumps({"data": data}).encode())


def finish_all(session: Session, _: str, row: Row, __: JsonObject) -> None:
    """Finish every sequence state of a prospect that is not over; without any there is nothing to do (assumed)."""
    for state in _states(session, row, ("finished", "opted_out")):
        sequence_states.finish(session, state, {})


def pause_all(session: Session, _: str, row: Row, __: JsonObject) -> None:
    """Pause every sequence state of a prospect that can be paused; without any there is nothing to do (assumed)."""
    for state in _states(session, row, ("finished", "opted_out", "paused")):
        if state["state"] == "active" or (state["state"] == "pending" and session.switches.pending_counts_as_active):
            sequence_states.pause(session, state, {})


def miss(_: Session, type_name: str, row: Row, __: JsonObject) -> None:
    """Fail: this organisation has no custom objects, so no record of one can be found."""
    raise errors.resource_not_found(type_name, row["id"])


def _tags(row: Row) -> list[Any]:
    return json.loads(row["tags"]) if row["tags"] else []


def _set_tags(session: Session, type_name: str, row: Row, tags: list[Any]) -> None:
    _update(session, type_name, row, {"tags": tags})


def _add_members(session: Session, type_name: str, row: Row, relationship: str, members: list[int]) -> None:
    present = session.store.related(type_name, relationship, [row["id"]]).get(row["id"], [])
    _set_members(session, type_name, row, relationship, list(dict.fromkeys([*present, *members])))


def _set_members(session: Session, type_name: str, row: Row, relationship: str, members: list[int]) -> None:
    target = resource_type(type_name).relationships[relationship].types[0]
    data = [{"type": target, "id": member} for member in members]
    _update(session, type_name, row, relationships={relationship: {"data": data}})


def _linkage(type_name: str, value: Any) -> JsonObject:
    return {"data": {"type": type_name, "id": identifier(value)}}


def _update(
    session: Session,
    type_name: str,
    row: Row,
    attributes: JsonObject | None = None,
    relationships: JsonObject | None = None,
) -> None:
    """Change the record as a single request would, so that every rule holds here too."""
    data = {"type": type_name, "id": row["id"], "attributes": attributes or {}, "relationships": relationships or {}}
    writing.update(session, resource_type(type_name), row["id"], json.dumps({"data": data}).encode())


def _states(session: Session, row: Row, over: tuple[str, ...]) -> list[Row]:
    found = session.store.rows('SELECT id FROM "sequenceState.rows" WHERE "prospect.id" = ? ORDER BY id', (row["id"],))
    states = [session.store.row("sequenceState", state_id) for (state_id,) in found]
    return [state for state in states if state is not None and state["state"] not in over]
