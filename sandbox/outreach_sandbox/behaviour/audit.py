"""Writes the audit log: only for the events that the official list names."""

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from outreach_sandbox.changes import Change
from outreach_sandbox.identity import organisation_guid
from outreach_sandbox.session import Session

# Named after the change.
_NAMED_EVENTS = {
    "ruleset": "ruleset",
    "sequence": "sequence",
    "sequenceStep": "sequence_step",
    "sequenceTemplate": "sequence_template",
    "team": "team",
    "user": "user",
}
# One name for every change.
_PLAIN_EVENTS = {"callDisposition": "voice_call_disposition", "callPurpose": "voice_call_purpose"}
_PARTICIPLES = {"create": "created", "update": "updated", "delete": "destroyed"}


def record_audit(session: Session, type_name: str, action: str, change: Change | None = None) -> None:
    """Add a row for a create, an update or a delete of a type that is audited.

    The event names are documented; the members of `agent` and `changes` are assumed.
    """
    if type_name in _NAMED_EVENTS:
        event = f"{_NAMED_EVENTS[type_name]}_{_PARTICIPLES[action]}"
    elif type_name in _PLAIN_EVENTS and action != "delete":
        event = _PLAIN_EVENTS[type_name]
    else:
        return
    row_id = session.store.next_id("auditLog")
    user = session.store.row("user", session.user) or {}
    agent = {
        "type": "user",
        "id": session.user,
        "name": user.get("name"),
        "email": user.get("email"),
        "ipAddress": "127.0.0.1",
    }
    session.store.insert(
        "auditLog",
        {
            "eventName": event,
            "action": action,
            "result": "completed",
            "timestamp": session.now,
            "agent": json.dumps(agent),
            "changes": json.dumps(_changes(change)),
            "additionalInfo": "[]",
            "globalId": str(uuid5(NAMESPACE_URL, f"{session.base_url}/auditLogs/{row_id}")),
            "requestId": str(uuid5(NAMESPACE_URL, f"{session.base_url}/requests/{row_id}")),
            "orgId": organisation_guid(session),
        },
        row_id,
    )


def _changes(change: Change | None) -> list[dict[str, Any]]:
    if change is None or change.before is None:
        return []
    return [
        {"field": name, "type": "update"}
        for name in change.resource.attributes
        if name != "updatedAt" and change.changes(name)
    ]
