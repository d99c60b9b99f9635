"""Answers that are not resources: the identity of the caller, and what this organisation's types can hold.

None of these bodies is fully published; the members are those that clients read (see each function).
"""

from uuid import NAMESPACE_URL, uuid5

from outreach_sandbox.organisation.custom_fields import CustomField
from outreach_sandbox.session import Session
from outreach_tools.client import JsonObject

_ORGANISATION = "Sandbox"


def root(session: Session) -> JsonObject:
    """The answer of the API's base path: user and organisation (assumed; clients read `meta.user.email`)."""
    user = session.store.row("user", session.user) or {}
    names = ("id", "email", "firstName", "lastName", "name", "username")
    return {
        "meta": {
            "user": {name: user.get(name) for name in names},
            "org": {"guid": organisation_guid(session), "name": _ORGANISATION, "shortname": _ORGANISATION.lower()},
        },
        "links": {"self": session.base_url},
    }


def types(session: Session) -> JsonObject:
    """The types with their custom fields' validations (documented form): those of the organisation."""
    return {
        "data": [
            {"type": name, "meta": {"validations": {field: _validation(each) for field, each in fields.items()}}}
            for name, fields in session.custom_fields.all().items()
        ]
    }


def user_profile(session: Session) -> JsonObject:
    """The OpenID-like profile beside the API (the members are those that frigg reads)."""
    user = session.store.row("user", session.user) or {}
    return {
        "sub": user.get("email"),
        "bento": "sandbox",
        "user_id": session.user,
        "org_guid": organisation_guid(session),
        "org_name": _ORGANISATION,
        "org_shortname": _ORGANISATION.lower(),
        "email": user.get("email"),
        "given_name": user.get("firstName"),
        "family_name": user.get("lastName"),
    }


def _validation(field: CustomField) -> JsonObject:
    definition = list(field.definition) if isinstance(field.definition, tuple) else field.definition
    return {"type": field.kind, "required": field.required, "label": field.label, "definition": definition}


def organisation_guid(session: Session) -> str:
    """Return the organisation's UUID: the one its audit log knows, or one that follows from the base URL."""
    known = session.store.rows("SELECT orgId FROM auditLog WHERE orgId IS NOT NULL ORDER BY id LIMIT 1")
    return str(known[0][0]) if known else str(uuid5(NAMESPACE_URL, session.base_url))
