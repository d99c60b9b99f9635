"""Creates, updates, deletes records and carries out their actions."""

from typing import Any

from outreach_sandbox import errors
from outreach_sandbox.behaviour.audit import record_audit
from outreach_sandbox.behaviour.deletion import delete_record
from outreach_sandbox.behaviour.kinds import ACTIONS, BEHAVIOURS, PLAIN
from outreach_sandbox.behaviour.sharing import demand_editable
from outreach_sandbox.behaviour.webhooks import note_destroyed, note_event
from outreach_sandbox.changes import Change
from outreach_sandbox.errors import humanized
from outreach_sandbox.rules import DEFAULTS, FIXED_RELATIONSHIPS, REQUIRED_RELATIONSHIPS
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row
from outreach_sandbox.to_many import to_many
from outreach_sandbox.validation import read_change
from outreach_tools.catalog import ResourceType


def create(session: Session, resource: ResourceType, body: bytes) -> int:
    """Create a record from a request's body and return its id."""
    change = read_change(session, resource, body)
    _fill_defaults(session, change)
    return _write(session, change, None, "create")


def update(session: Session, resource: ResourceType, record_id: int, body: bytes) -> None:
    """Change a record: absent members stay, null clears (documented)."""
    before = existing_row(session, resource, record_id)
    demand_editable(session, resource.type, before)
    change = read_change(session, resource, body, record_id, before)
    if "updatedAt" in resource.attributes:
        change.values["updatedAt"] = session.now
    if "updater" in resource.relationships:
        change.values["updater.id"] = session.user
    _write(session, change, record_id, "update")


def delete(session: Session, resource: ResourceType, record_id: int) -> None:
    """Delete a record."""
    row = existing_row(session, resource, record_id)
    demand_editable(session, resource.type, row)
    note_destroyed(session, resource.type, row)
    delete_record(session, resource.type, record_id)
    record_audit(session, resource.type, "delete")


def act(session: Session, resource: ResourceType, record_id: int, name: str) -> None:
    """Carry out an action on a record.

    Its parameters are `actionParams[name]` in the query; a missing or a foreign one is a 400 (documented for
    unacceptable ones). Raises a 404 for an unknown one.
    """
    action = resource.actions.get(name)
    carry_out = ACTIONS.get((resource.type, name))
    if action is None or action.collection or carry_out is None:
        raise errors.route_not_found()
    row = existing_row(session, resource, record_id)
    demand_editable(session, resource.type, row)
    parameters = session.parameters.mapping("actionParams")
    foreign = set(parameters) - {*action.required, *action.optional}
    if foreign:
        raise errors.bad_request("actionParameter.unknown", f"'{name}' takes no actionParams[{min(foreign)}].")
    missing = [each for each in action.required if not parameters.get(each)]
    if missing:
        raise errors.bad_request("actionParameter.missing", f"'{name}' needs actionParams[{missing[0]}].")
    carry_out(session, row, parameters)
    note_event(session, resource.type, record_id, row)
    record_audit(session, resource.type, "update")


def existing_row(session: Session, resource: ResourceType, record_id: int) -> Row:
    """Return a record's columns; raises a 404 when there is no such record."""
    row = session.store.row(resource.type, record_id)
    if row is None:
        raise errors.resource_not_found(resource.type, record_id)
    return row


def _write(session: Session, change: Change, record_id: int | None, action: str) -> int:
    _refuse_locked_owner(session, change)
    _refuse_moved(session, change)
    behaviour = BEHAVIOURS.get(change.resource.type, PLAIN)
    behaviour.prepare(session, change)
    # What it becomes a part of must be the user's to change too.
    demand_editable(session, change.resource.type, {**(change.before or {}), **change.values})
    type_name = change.resource.type
    if record_id is None:
        written = session.store.insert(type_name, change.values)
    else:
        written = record_id
        session.store.update(type_name, record_id, change.values)
    for name, members in change.members.items():
        session.store.relate(type_name, name, written, members)
    behaviour.follow(session, change, written)
    record_audit(session, type_name, action, change)
    note_event(session, type_name, written, change.before)
    return written


def _refuse_locked_owner(session: Session, change: Change) -> None:
    """Refuse to give anything to a user who is locked (assumed, as for the owner of a task)."""
    relationship = change.resource.relationships.get("owner")
    owner = change.values.get("owner.id")
    if relationship is None or relationship.types != ("user",) or owner is None or not change.changes("owner.id"):
        return
    if (session.store.row("user", int(owner)) or {}).get("locked"):
        raise errors.validation("Owner is locked.", "/data/relationships/owner")


def _refuse_moved(session: Session, change: Change) -> None:
    """Refuse to leave a record without what it requires, or to move what stays where it is, from either side."""
    type_name = change.resource.type
    for owner, name in FIXED_RELATIONSHIPS:
        if owner != type_name:
            continue
        known = change.before is not None and change.before[f"{name}.id"] is not None
        if known and change.changes(f"{name}.id"):
            raise errors.validation(f"{humanized(name)} cannot be changed.", f"/data/relationships/{name}")
    for name, members in change.members.items():
        source = to_many(type_name, name)
        fact = (source.target, source.column.removesuffix(".id"))
        if not source.column or fact[1] not in REQUIRED_RELATIONSHIPS.get(source.target, ()):
            continue
        own = None if change.before is None else int(change.before["id"])
        present = session.store.related(type_name, name, [own]).get(own, []) if own is not None else []
        pointer = f"/data/relationships/{name}"
        if set(present) - set(members):
            raise errors.validation(f"{humanized(name)} cannot leave out any: delete it instead.", pointer)
        rows = [session.store.row(source.target, member) or {} for member in set(members) - set(present)]
        if fact in FIXED_RELATIONSHIPS and any(row.get(source.column) is not None for row in rows):
            raise errors.validation(f"{humanized(name)} cannot be taken from elsewhere.", pointer)


def _fill_defaults(session: Session, change: Change) -> None:
    """Fill what a new record has without being told: times, who made it, counters of zero (recorded)."""
    resource = change.resource
    defaults: dict[str, Any] = {
        name: 0
        for name, attribute in resource.attributes.items()
        if attribute.type == "integer" and attribute.read_only and name.endswith("Count")
    }
    defaults |= {name: session.now for name in ("createdAt", "updatedAt") if name in resource.attributes}
    defaults |= DEFAULTS.get(resource.type, {})
    for name, value in defaults.items():
        change.fill(name, value)
    for name in ("creator", "updater"):
        relationship = resource.relationships.get(name)
        if relationship is not None and "user" in relationship.types:
            change.values.setdefault(f"{name}.id", session.user)
            if len(relationship.types) > 1:
                change.values.setdefault(f"{name}.type", "user")
