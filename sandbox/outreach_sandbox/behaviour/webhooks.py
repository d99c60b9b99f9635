"""Webhooks: what only their creation answers, what they are told of, and their removal by token."""

from collections.abc import Mapping
from uuid import NAMESPACE_URL, uuid5

from outreach_sandbox import errors
from outreach_sandbox.changes import Change
from outreach_sandbox.deliveries import Event
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row, Store
from outreach_sandbox.validation import read_document
from outreach_tools.client import JsonObject
from outreach_tools.json_values import as_object

CLEANUP_PATH = "/webhooks/cleanup"
"""The path at which a webhook is removed without access to the API (documented)."""

_PLAIN = ("created", "updated", "destroyed")
_EVENTS = {
    **dict.fromkeys(("account", "call", "emailAddress", "opportunity", "opportunityProspectRole"), _PLAIN),
    **dict.fromkeys(("prospect", "sequence"), _PLAIN),
    "import": ("created", "finished"),
    "kaiaRecording": ("created",),
    "mailing": (*_PLAIN, "bounced", "delivered", "opened", "replied"),
    "sequenceState": (*_PLAIN, "advanced", "finished"),
    "task": (*_PLAIN, "completed"),
    "user": ("created", "updated"),
}
_REACHED = {
    ("task", "complete"): "completed",
    ("sequenceState", "finished"): "finished",
    **{("mailing", word): word for word in ("bounced", "delivered", "opened", "replied")},
}
"""The event that a new state is, beside the update."""

_CLEANUP_HEADER = "Outreach-Webhook-Cleanup-Token"  # the header of a delivery that carries it (recorded)


def prepare_webhook(session: Session, change: Change) -> None:
    """Demand a pair that exists (documented), fill the authorizer (assumed), lift a suspension (documented)."""
    resource, action = change.column("resource"), change.column("action")
    if resource in _EVENTS and action not in {None, "*", *_EVENTS[resource]}:
        raise errors.validation("Action is not included in the list.", "/data/attributes/action")
    if change.creating:
        if change.column("authorizer.id") is None:
            change.values["authorizer.id"] = session.user
    else:
        change.values |= {"disabledReason": None, "disabledSince": None, "disabledUntil": None}


def creation_extras(base_url: str, webhook: int) -> JsonObject:
    """Return the attributes that only the answer to the creation has (recorded, hull)."""
    return {"cleanupToken": cleanup_token(base_url, webhook), "creatorAppId": 1, "creatorAppName": "Sandbox app"}


def note_event(session: Session, type_name: str, record_id: int, before: Row | None) -> None:
    """Note that a record was created or updated, and what its new state means besides (documented words)."""
    row = session.store.row(type_name, record_id)
    if row is None or type_name not in _EVENTS:
        return
    if before is None:
        session.events.append(Event(type_name, "created", row))
        return
    changed = tuple(name for name, value in row.items() if value != before.get(name))
    session.events.append(Event(type_name, "updated", row, changed, before))
    reached = _REACHED.get((type_name, str(row.get("state")))) if "state" in changed else None
    if type_name == "sequenceState" and "sequenceStep.id" in changed:
        reached = "advanced"
    if reached is not None and reached in _EVENTS[type_name]:
        session.events.append(Event(type_name, reached, row, changed, before))


def note_destroyed(session: Session, type_name: str, row: Row) -> None:
    """Note that a record is deleted."""
    if "destroyed" in _EVENTS.get(type_name, ()):
        session.events.append(Event(type_name, "destroyed", row))


def cleanup_token(base_url: str, webhook: int) -> str:
    """Return the token that removes a webhook."""
    return str(uuid5(NAMESPACE_URL, f"{base_url}/webhooks/{webhook}/cleanup"))


def clean_up(store: Store, base_url: str, headers: Mapping[str, str], body: bytes) -> None:
    """Remove the webhook that a token belongs to.

    Where the token goes is not published: the header of a delivery and a member `cleanupToken` of a JSON body are both
    taken. An unknown one is a 404 (assumed). Raises a 404.
    """
    token = _token_in(body)
    given = headers.get(_CLEANUP_HEADER) or token
    for (webhook,) in store.rows("SELECT id FROM webhook ORDER BY id"):
        if given and given == cleanup_token(base_url, webhook):
            store.delete("webhook", webhook)
            return
    raise errors.resource_not_found("webhook", given)


def _token_in(body: bytes) -> str:
    document = read_document(body) if body else {}
    data = as_object(document.get("data")) or {}
    attributes = as_object(data.get("attributes")) or {}
    return str(document.get("cleanupToken") or attributes.get("cleanupToken") or "")
