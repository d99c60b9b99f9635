"""Compliance requests, which are created unlike everything else."""

from uuid import NAMESPACE_URL, uuid5

from outreach_sandbox import errors
from outreach_sandbox.behaviour.deletion import delete_record
from outreach_sandbox.errors import humanized
from outreach_sandbox.session import Session
from outreach_sandbox.validation import read_data
from outreach_tools.client import JsonObject
from outreach_tools.json_values import as_object

_MEMBERS = ("requester_email", "request_type", "object_type", "request_object_email")
_CHOICES = {"request_type": ("Delete",), "object_type": ("Prospect", "Recipient")}


def create_compliance_request(session: Session, body: bytes) -> JsonObject:
    """Take a request to erase a person and return the answer, which is not a resource (both documented).

    The body's attributes are in snake_case. The real thing works in batches, later; here the prospect is erased at
    once and the record says `done`, or `pending` when nobody has the address.
    """
    data = read_data(body)
    given = as_object(data.get("attributes")) or {}
    problems = [("Type must be 'complianceRequest'.", "/data/type")] if data.get("type") != "complianceRequest" else []
    for name in sorted(set(given) - set(_MEMBERS)):
        problems.append((f"{humanized(name)} is not an attribute of complianceRequest.", f"/data/attributes/{name}"))
    for name in _MEMBERS:
        value = given.get(name)
        label = humanized(name).replace("_", " ")
        if not isinstance(value, str) or not value.strip():
            problems.append((f"{label} can't be blank.", f"/data/attributes/{name}"))
        elif name in _CHOICES and value not in _CHOICES[name]:
            problems.append((f"{label} is not included in the list.", f"/data/attributes/{name}"))
    if problems:
        raise errors.validations(problems)
    return {"data": {"batch_compliance_request_id": _carry_out(session, given)}}


def _carry_out(session: Session, given: JsonObject) -> str:
    store = session.store
    email = str(given["request_object_email"]).casefold()
    prospects = store.rows(
        "SELECT p.id FROM prospect p, json_each(p.emails) e WHERE fold(e.value) = ? LIMIT 1", (email,)
    )
    erased = given["object_type"] == "Prospect" and bool(prospects)
    requester = store.rows('SELECT id FROM "user" WHERE fold(email) = ?', (str(given["requester_email"]).casefold(),))
    record_id = store.next_id("complianceRequest")
    batch = str(uuid5(NAMESPACE_URL, f"{session.base_url}/batchComplianceRequests/{record_id}"))
    store.insert(
        "complianceRequest",
        {
            "batchComplianceRequestUuid": batch,
            "uuid": str(uuid5(NAMESPACE_URL, f"{session.base_url}/complianceRequests/{record_id}")),
            "createdAt": session.now,
            "updatedAt": session.now,
            "objectType": given["object_type"],
            "requestType": given["request_type"],
            # The prospect's id, or the address where there is no prospect (documented).
            "requestObjectId": str(prospects[0][0]) if erased else given["request_object_email"],
            "state": "done" if erased else "pending",
            "requester.id": requester[0][0] if requester else session.user,
        },
        record_id,
    )
    if erased:
        delete_record(session, "prospect", int(prospects[0][0]))
    return batch
