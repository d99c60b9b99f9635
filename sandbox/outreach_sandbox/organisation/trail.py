"""The trail that work leaves in the demo organisation: events, audit logs, compliance requests.

Event names are those with evidence: message_opened, prospect_stage_changed and outbound_call_completed (Hull's
connector), mailbox_created (the official schema's example), and `<app>:<event>` for an app's own (developer portal).
Audit event names and actions are of the list in the official schema; what `agent` holds is assumed.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from uuid import UUID

from outreach_sandbox.organisation.contacts import Contact
from outreach_sandbox.organisation.numbers import Provisional
from outreach_sandbox.organisation.people import ADMINISTRATOR, ORGANISATION, USERS, User
from outreach_sandbox.organisation.time import past, stamp
from outreach_sandbox.records import Identifier, Linkage, Record

_DAYS_KEPT = 88  # audit logs are kept for 90 days; a weekend may move a day back by two
_DEVICES = ("Desktop", "Mobile", "Tablet")
_AUDITS = (
    ("sequence_updated", "update", 22),
    ("sequence_step_updated", "update", 16),
    ("sequence_template_updated", "update", 14),
    ("export_created", "create", 10),
    ("export_downloaded", "download", 9),
    ("csv_downloaded", "download", 8),
    ("user_updated", "update", 7),
    ("team_updated", "update", 4),
    ("permission_updated", "update", 3),
    ("ruleset_updated", "update", 2),
    ("mailbox_authentication_error", "read", 3),
    ("trigger_updated", "update", 2),
)


def event_records(activity: Iterable[Record], random: Random, numbers: Provisional) -> Iterator[Record]:
    """Make events of mailings that were opened, calls, stages that changed with a reply, and trials that began."""
    for record in activity:
        prospect = record.relationships.get("prospect")
        if record.type == "mailing" and (opened := record.attributes.get("openedAt")):
            shared: dict[str, Linkage] = {"prospect": prospect, "mailing": Identifier("mailing", record.id)}
            yield _event("message_opened", opened, shared, numbers, device=random.choice(_DEVICES))
            if record.attributes.get("repliedAt"):
                relationships: dict[str, Linkage] = {"prospect": prospect, "user": record.relationships["user"]}
                yield _event("prospect_stage_changed", opened, relationships, numbers)
        elif record.type == "call":
            ended = str(record.attributes["completedAt"])
            relationships = {
                "prospect": prospect,
                "call": Identifier("call", record.id),
                "user": record.relationships["user"],
            }
            yield _event("outbound_call_completed", ended, relationships, numbers)
        elif record.type == "mailbox":
            created = str(record.attributes["createdAt"])
            yield _event("mailbox_created", created, {"user": record.relationships["user"]}, numbers)


def audit_records(scale: int, random: Random, today: date, numbers: Provisional) -> Iterator[Record]:
    """Make the audit logs of the last months: logins of everybody each few days, and what people changed."""
    for user in USERS:
        for days in range(1, _DAYS_KEPT, 4):
            if user.locked and days < 68:
                continue
            ago = min(days + random.randrange(3), _DAYS_KEPT - 1)
            yield _audit("login", None, user, ago, random, today, numbers, failed=random.random() < 0.03)
    names = [(name, action) for name, action, _ in _AUDITS]
    for _ in range(150 * scale):
        name, action = random.choices(names, [share for _, _, share in _AUDITS])[0]
        seller = random.choice(USERS[:7])
        author = ADMINISTRATOR if name.startswith(("user", "team", "perm", "rule", "trig")) else seller
        ago = random.randrange(1, _DAYS_KEPT)
        yield _audit(name, action, author, ago, random, today, numbers, failed=random.random() < 0.02)


def compliance_records(contacts: list[Contact], random: Random, today: date, numbers: Provisional) -> Iterator[Record]:
    """Make a few requests to erase people: of some who are gone, and of one who is still there."""
    still_here = next(contact for contact in contacts if contact.is_idle is False)
    requests = (
        ("done", "Prospect", str(contacts[0].id - 21), 61),
        ("done", "Recipient", "former.customer@mailbox.example", 44),
        ("failed", "Recipient", "unknown.person@mailbox.example", 30),
        ("running", "Prospect", str(contacts[0].id - 8), 1),
        ("pending", "Prospect", str(still_here.id), 1),
    )
    for state, kind, target, days in requests:
        created = past(today, days, random)
        changed = created if state == "pending" else created + timedelta(minutes=random.randrange(2, 90))
        attributes = {
            "uuid": _uuid(random),
            "batchComplianceRequestUuid": _uuid(random),
            "requestType": "Delete",
            "objectType": kind,
            "requestObjectId": target,
            "requesterId": ADMINISTRATOR.id,
            "state": state,
            "pii": None,
            "createdAt": stamp(created),
            "updatedAt": stamp(changed),
        }
        number = numbers.take("complianceRequest").id
        yield Record("complianceRequest", number, attributes, {"requester": ADMINISTRATOR.identifier})


def _event(
    name: str, moment: str, relationships: dict[str, Linkage], numbers: Provisional, *, device: str | None = None
) -> Record:
    attributes = {
        "name": name,
        "eventAt": moment,
        "createdAt": moment,
        "requestDevice": device,
        "requestProxied": False,
    }
    return Record("event", numbers.take("event").id, attributes, relationships)


def _audit(
    name: str,
    action: str | None,
    author: User,
    days: int,
    random: Random,
    today: date,
    numbers: Provisional,
    *,
    failed: bool,
) -> Record:
    attributes = {
        "eventName": name,
        "action": action,
        "result": "failed" if failed else "completed",
        "timestamp": stamp(past(today, days, random)),
        "globalId": _uuid(random),
        "requestId": _uuid(random),
        "orgId": str(ORGANISATION),
        "agent": {
            "type": "user",
            "id": author.id,
            "name": author.name,
            "email": author.email,
            # Both networks are reserved for documentation (RFC 5737).
            "ipAddress": random.choice((*[f"203.0.113.{author.id}"] * 4, f"198.51.100.{random.randrange(1, 250)}")),
        },
        "changes": [{"field": "name", "type": "update"}] if action == "update" else [],
        "additionalInfo": [],
    }
    return Record("auditLog", numbers.take("auditLog").id, attributes)


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))
