"""E-mail addresses and phone numbers: members of a prospect, and records of their own.

The prospect's arrays and the records are two views of the same contacts (recorded: a new prospect's `workPhones` came
with a phoneNumber); how the real thing orders them is assumed.
"""

import json
from typing import Any

from outreach_mcp.sandbox import errors
from outreach_mcp.sandbox.changes import Change, touch
from outreach_mcp.sandbox.session import Session
from outreach_mcp.sandbox.values import SqlValue

_PHONES = {
    "homePhones": "home",
    "mobilePhones": "mobile",
    "otherPhones": "other",
    "voipPhones": "voip",
    "workPhones": "work",
}


def check_emails(session: Session, change: Change, prospect: int | None) -> None:
    """Refuse e-mails that another prospect has, or that the organisation excludes (both observed by balena)."""
    if not change.changes("emails"):
        return
    emails = _array(change.values["emails"])
    folded = [email.casefold() for email in emails]
    marks = ", ".join("?" * len(folded))
    taken = session.store.rows(
        f"SELECT 1 FROM prospect p, json_each(p.emails) e WHERE fold(e.value) IN ({marks}) AND p.id IS NOT ? LIMIT 1",  # noqa: S608 - question marks only
        (*folded, prospect),
    )
    if taken or len(set(folded)) < len(folded):
        raise errors.validation("Contacts email hash has already been taken.")
    excluded = _excluded(session)
    if any(email in excluded or email.partition("@")[2] in excluded for email in folded):
        raise errors.validation("Contacts contact is using an excluded email address.")


def spread_contacts(session: Session, change: Change, prospect: int) -> None:
    """Make the records of a prospect's contacts agree with the arrays that were written."""
    if "emails" in change.values:
        wanted = _array(change.values["emails"])
        _replace(session, "emailAddress", "email", prospect, wanted, {})
    for name, phone_type in _PHONES.items():
        if name in change.values:
            wanted = _array(change.values[name])
            _replace(session, "phoneNumber", "number", prospect, wanted, {"phoneType": phone_type})


def gather_contact(session: Session, change: Change, _record_id: int) -> None:
    """Make a prospect's arrays agree with an e-mail address or a phone number that was written."""
    before = change.before or {}
    old = _place(change.resource.type, before)
    _remove(session, before.get("prospect.id"), old, before.get(_column(change.resource.type)))
    after = {name: change.column(name) for name in (*before, *change.values)}
    new = _place(change.resource.type, after)
    _append(session, after.get("prospect.id"), new, after.get(_column(change.resource.type)))


def forget_contact(session: Session, type_name: str, row: dict[str, Any]) -> None:
    """Take a contact that is being deleted out of its prospect's arrays."""
    _remove(session, row.get("prospect.id"), _place(type_name, row), row.get(_column(type_name)))


def _excluded(session: Session) -> set[str]:
    rows = session.store.rows("SELECT prospectEmailExclusions, contactExclusions FROM orgSetting")
    words = " ".join(text for row in rows for text in row if text).casefold()
    # Addresses or domains, apart by commas or white space (assumed).
    return set(words.replace(",", " ").split())


def _column(type_name: str) -> str:
    return "email" if type_name == "emailAddress" else "number"


def _place(type_name: str, row: dict[str, Any]) -> str:
    if type_name == "emailAddress":
        return "emails"
    return next((name for name, kind in _PHONES.items() if kind == row.get("phoneType")), "otherPhones")


def _array(text: Any) -> list[str]:
    return json.loads(text) if text else []


def _remove(session: Session, prospect: int | None, name: str, value: str | None) -> None:
    row = session.store.row("prospect", prospect) if prospect is not None else None
    if row is not None and value in _array(row[name]):
        kept = [each for each in _array(row[name]) if each != value]
        touch(session, "prospect", row["id"], {name: json.dumps(kept, ensure_ascii=False)})


def _append(session: Session, prospect: int | None, name: str, value: str | None) -> None:
    row = session.store.row("prospect", prospect) if prospect is not None else None
    if row is not None and value and value not in _array(row[name]):
        touch(session, "prospect", row["id"], {name: json.dumps([*_array(row[name]), value], ensure_ascii=False)})


def _replace(
    session: Session, type_name: str, column: str, prospect: int, wanted: list[str], fixed: dict[str, str]
) -> None:
    condition = "".join(f' AND "{name}" = ?' for name in fixed)
    rows = session.store.rows(
        f'SELECT id, "{column}" FROM "{type_name}" WHERE "prospect.id" = ?{condition}',  # noqa: S608 - constants
        (prospect, *fixed.values()),
    )
    existing = {value: record_id for record_id, value in rows}
    for value, record_id in existing.items():
        if value not in wanted:
            session.store.delete(type_name, record_id)
    for order, value in enumerate(wanted):
        if value in existing:
            touch(session, type_name, existing[value], {"order": order})
            continue
        created: dict[str, SqlValue] = {
            "createdAt": session.now,
            "updatedAt": session.now,
            "order": order,
            "prospect.id": prospect,
        }
        session.store.insert(type_name, created | {column: value} | fixed)
