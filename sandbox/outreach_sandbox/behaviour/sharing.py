"""Decides who may change what is not shared with everybody: sequences with their steps, templates and snippets.

The share types are documented, and so is the 403 of governance. That `private` and `read_only` keep others from
changing a record is inferred from the words; that administrators may is assumed, and that the maker stands in for an
owner where there is none (recorded: a new sequence has no owner).
"""

from typing import Any

from outreach_sandbox import errors
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row

_SHARED = frozenset({"sequence", "snippet", "template"})
# Where the parts of a sequence say which one they belong to.
_WHOLE = {"sequenceStep": "sequence", "sequenceTemplate": "sequenceStep"}


def demand_editable(session: Session, type_name: str, row: Row) -> None:
    """Raise a 403 unless the user may change a record, or what it is a part of; it need not be written yet."""
    whole = _WHOLE.get(type_name)
    if whole is not None:
        record_id = row.get(f"{whole}.id")
        found = session.store.row(whole, int(record_id)) if record_id is not None else None
        if found is not None:
            demand_editable(session, whole, found)
    elif type_name in _SHARED and row.get("shareType") in {"private", "read_only"} and not is_own(session, row):
        raise errors.unauthorized_request()


def is_own(session: Session, row: Row) -> bool:
    """Return whether a record is the user's own, nobody's, or the user administers the organisation."""
    holder = row.get("owner.id") or row.get("creator.id")
    return holder in {None, session.user} or _administers(session)


def _administers(session: Session) -> bool:
    rows: list[tuple[Any, ...]] = session.store.rows(
        'SELECT p.isAdmin FROM "user" u JOIN profile p ON p.id = u."profile.id" WHERE u.id = ?', (session.user,)
    )
    return bool(rows and rows[0][0])
