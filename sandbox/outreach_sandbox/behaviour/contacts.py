"""E-mail addresses and phone numbers: members of a prospect, and records of their own.

The prospect's arrays and the records are two views of the same contacts (recorded: a new prospect's `workPhones` came
with a phoneNumber); how the real thing orders them is assumed.
"""

import json
from collections import Counter, defaultdict
from fnmatch import fnmatchcase
from typing import Any

from outreach_sandbox import errors
from outreach_sandbox.changes import Change, touch
from outreach_sandbox.session import Session
from outreach_sandbox.values import SqlValue

_PHONES = {
    "homePhones": "home",
    "mobilePhones": "mobile",
    "otherPhones": "other",
    "voipPhones": "voip",
    "workPhones": "work",
}

_RELATIONSHIPS = {"emailAddress": "emailAddresses", "phoneNumber": "phoneNumbers"}
_TAKEN = "Contacts email hash has already been taken."


def check_emails(session: Session, change: Change, prospect: int | None) -> None:
    """Refuse e-mails that another contact has, or that the organisation excludes (both observed by balena)."""
    if not change.changes("emails"):
        return
    emails = _array(change.values["emails"])
    folded = [email.casefold() for email in emails]
    if len(set(folded)) < len(folded) or any(_is_taken(session, email, prospect=prospect) for email in emails):
        raise errors.validation(_TAKEN)
    refuse_excluded(session, emails)


def prepare_email_address(session: Session, change: Change) -> None:
    """Hold an e-mail address to the rules of the prospect's own list, and put one that is new to it last."""
    email, prospect = change.column("email"), change.column("prospect.id")
    own = None if change.before is None else change.before["id"]
    if email and change.changes("email"):
        before = (change.before or {}).get("email")
        same = isinstance(before, str) and before.casefold() == str(email).casefold()
        if not same and _is_taken(session, str(email), prospect=None, own=own):
            raise errors.validation(_TAKEN)
        refuse_excluded(session, [str(email)])
    _put_last(session, change, prospect)


def prepare_phone_number(session: Session, change: Change) -> None:
    """Put a phone number that is new to a prospect behind the others."""
    _put_last(session, change, change.column("prospect.id"))


def refuse_excluded(session: Session, emails: list[str]) -> None:
    """Raise a 422 when an address is one that the organisation excludes."""
    patterns = exclusions(session, ("prospectEmailExclusions", "contactExclusions"))
    if any(is_excluded(email, patterns) for email in emails):
        raise errors.validation("Contacts contact is using an excluded email address.")


def exclusions(session: Session, names: tuple[str, ...]) -> list[str]:
    """Return the patterns in some of the organisation's settings.

    Commas between addresses are documented, `*@outreach.io` as a pattern too; white space between them is documented
    for mailboxes, and a bare domain is assumed to stand for all its addresses.
    """
    columns = ", ".join(names)
    rows = session.store.rows(f"SELECT {columns} FROM orgSetting")  # noqa: S608 - our own constants
    texts = [str(text) for row in rows for text in row if text]
    return " ".join(texts).casefold().replace(",", " ").split()


def is_excluded(email: str, patterns: list[str]) -> bool:
    """Return whether an address, its domain, or a pattern that it fits is among the patterns."""
    folded = email.casefold()
    return any(pattern in {folded, folded.rpartition("@")[2]} or fnmatchcase(folded, pattern) for pattern in patterns)


def spread_contacts(session: Session, change: Change, prospect: int) -> None:
    """Make the records of contacts agree with the arrays that were written, and these with adopted records."""
    if "emails" in change.values:
        wanted = _array(change.values["emails"])
        _replace(session, "emailAddress", "email", prospect, wanted, {})
    for name, phone_type in _PHONES.items():
        if name in change.values:
            wanted = _array(change.values[name])
            _replace(session, "phoneNumber", "number", prospect, wanted, {"phoneType": phone_type})
    for type_name, relationship in _RELATIONSHIPS.items():
        if relationship in change.members:
            for name in _places(type_name):
                _append_missing(session, prospect, type_name, name)


def release_contacts(session: Session, change: Change) -> None:
    """Take contacts that a prospect is about to adopt, or to leave, out of the arrays where they are."""
    own = None if change.before is None else change.before["id"]
    for type_name, relationship in _RELATIONSHIPS.items():
        if relationship not in change.members:
            continue
        members = change.members[relationship]
        present = session.store.related("prospect", relationship, [own]).get(own, []) if own is not None else []
        for record_id in {*members, *present}:
            row = session.store.row(type_name, record_id) or {}
            if (record_id in members) != (record_id in present):
                forget_contact(session, type_name, row)


def gather_contact(session: Session, change: Change, _record_id: int) -> None:
    """Make a prospect's arrays agree with an e-mail address or a phone number that was written."""
    type_name, before = change.resource.type, change.before or {}
    _remove(session, before.get("prospect.id"), _place(type_name, before), before.get(_column(type_name)))
    after = {name: change.column(name) for name in (*before, *change.values)}
    _append(session, after.get("prospect.id"), _place(type_name, after), after.get(_column(type_name)))
    if after.get("prospect.id") is not None:
        _sort(session, after["prospect.id"], type_name, _place(type_name, after))


def forget_contact(session: Session, type_name: str, row: dict[str, Any]) -> None:
    """Take a contact that is being deleted out of its prospect's arrays."""
    _remove(session, row.get("prospect.id"), _place(type_name, row), row.get(_column(type_name)))


def _is_taken(session: Session, email: str, *, prospect: int | None, own: int | None = None) -> bool:
    """Return whether an address is another prospect's, or another record's that is not this prospect's."""
    if session.store.rows(
        "SELECT 1 FROM prospect p, json_each(p.emails) e WHERE fold(e.value) = fold(?) AND p.id IS NOT ? LIMIT 1",
        (email, prospect),
    ):
        return True
    return bool(
        session.store.rows(
            "SELECT 1 FROM emailAddress WHERE fold(email) = fold(?) AND id IS NOT ?"
            ' AND (? IS NULL OR "prospect.id" IS NOT ?) LIMIT 1',
            (email, own, prospect, prospect),
        )
    )


def _put_last(session: Session, change: Change, prospect: int | None) -> None:
    if change.changes("prospect.id") and change.values.get("order") is None and prospect is not None:
        rows = session.store.rows(
            f'SELECT COALESCE(MAX("order"), -1) + 1 FROM "{change.resource.type}" WHERE "prospect.id" = ?',  # noqa: S608 - our own types
            (prospect,),
        )
        change.values["order"] = rows[0][0]


def _places(type_name: str) -> tuple[str, ...]:
    return ("emails",) if type_name == "emailAddress" else tuple(_PHONES)


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
        kept = _array(row[name])
        kept.remove(str(value))
        touch(session, "prospect", row["id"], {name: json.dumps(kept, ensure_ascii=False)})


def _append(session: Session, prospect: int | None, name: str, value: str | None) -> None:
    row = session.store.row("prospect", prospect) if prospect is not None else None
    if row is not None and value:
        touch(session, "prospect", row["id"], {name: json.dumps([*_array(row[name]), value], ensure_ascii=False)})


def _records(session: Session, prospect: int, type_name: str, name: str) -> list[str]:
    """Return what the records of a prospect say belongs into an array, in their order."""
    column = _column(type_name)
    kind = "NULL" if type_name == "emailAddress" else "phoneType"
    rows = session.store.rows(
        f'SELECT {kind}, {column} FROM "{type_name}" WHERE "prospect.id" = ? AND {column} IS NOT NULL'  # noqa: S608 - our own constants
        ' ORDER BY "order", id',
        (prospect,),
    )
    return [value for phone_type, value in rows if _place(type_name, {"phoneType": phone_type}) == name]


def _sort(session: Session, prospect: int, type_name: str, name: str) -> None:
    """Put an array in the order of its records, unless these are not all there is."""
    row = session.store.row("prospect", prospect)
    ordered = _records(session, prospect, type_name, name)
    if row is not None and sorted(ordered) == sorted(_array(row[name])):
        session.store.update("prospect", prospect, {name: json.dumps(ordered, ensure_ascii=False)})


def _append_missing(session: Session, prospect: int, type_name: str, name: str) -> None:
    row = session.store.row("prospect", prospect) or {}
    missing = Counter(_records(session, prospect, type_name, name)) - Counter(_array(row.get(name)))
    for value in missing.elements():
        _append(session, prospect, name, value)
    _sort(session, prospect, type_name, name)


def _replace(
    session: Session, type_name: str, column: str, prospect: int, wanted: list[str], fixed: dict[str, str]
) -> None:
    condition = "".join(f' AND "{name}" = ?' for name in fixed)
    rows = session.store.rows(
        f'SELECT id, "{column}" FROM "{type_name}" WHERE "prospect.id" = ?{condition}',  # noqa: S608 - constants
        (prospect, *fixed.values()),
    )
    existing: defaultdict[str, list[int]] = defaultdict(list)
    for record_id, value in rows:
        existing[value].append(record_id)
    surplus = {value: found[wanted.count(value) :] for value, found in existing.items()}
    for record_id in (each for found in surplus.values() for each in found):
        session.store.delete(type_name, record_id)
    for order, value in enumerate(wanted):
        if existing[value]:
            touch(session, type_name, existing[value].pop(0), {"order": order})
            continue
        created: dict[str, SqlValue] = {
            "createdAt": session.now,
            "updatedAt": session.now,
            "order": order,
            "prospect.id": prospect,
        }
        session.store.insert(type_name, created | {column: value} | fixed)
