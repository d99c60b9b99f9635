"""The behaviour of a mailing that is written."""

import json
import re
from html import unescape
from typing import Any

from outreach_sandbox import errors
from outreach_sandbox.behaviour.contacts import exclusions, is_excluded
from outreach_sandbox.behaviour.opt_outs import REFUSAL, takes_no_email
from outreach_sandbox.behaviour.tallies import retally
from outreach_sandbox.changes import Change
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row

_TAG = re.compile(r"<[^<>]*>")
TO_BE_SENT = ("scheduled", "queued")
"""The states of a mailing that will leave by itself."""
_ADDRESSING = frozenset(("state", "prospect.id", "mailbox.id", "scheduledAt", "recipients"))
_CHANGEABLE = ("drafted", "scheduled", "queued", "placeholder")


def prepare_mailing(session: Session, change: Change) -> None:
    """Fill subject and body from the template, keep the plain text in step, stamp the state.

    Documented: the body overrides the template, and bodyText represents bodyHtml. One that is to be sent must be
    deliverable. Only a mailing that has not left yet
    can be changed (assumed from its production use).
    """
    if change.before is not None and change.before["state"] not in _CHANGEABLE:
        raise errors.validation(f"Mailing cannot be changed while it is {change.before['state']}.")
    addressed = not _ADDRESSING.isdisjoint((*change.values, *change.members))
    if addressed and change.column("state") in TO_BE_SENT:
        demand_deliverable(session, {**(change.before or {}), **change.values}, change.members.get("recipients"))
    template_id = change.values.get("template.id")
    template = session.store.row("template", int(template_id)) if template_id is not None else None
    if template is not None:
        for name in ("subject", "bodyHtml"):
            if change.column(name) is None:
                change.values[name] = template[name]
    if change.changes("bodyHtml"):
        change.values["bodyText"] = plain_text(change.values["bodyHtml"])
    if change.changes("state"):
        change.values["stateChangedAt"] = session.now
        if change.values["state"] == "scheduled" and change.column("scheduledAt") is None:
            change.values["scheduledAt"] = session.now


def follow_mailing(session: Session, change: Change, mailing: int) -> None:
    """Move the counters by what the mailing counts now."""
    retally(session, change.before, session.store.row("mailing", mailing))


def follow_recipient(session: Session, change: Change, recipient: int) -> None:
    """Refuse to turn mail that is to be sent to somebody whom it may not be sent to."""
    if not (change.changes("value") or change.changes("prospect.id")):
        return
    mailings = session.store.rows(
        "SELECT m.id FROM \"mailing.rows\" m JOIN links l ON l.owner = m.id AND l.relationship = 'mailing.recipients'"
        " WHERE l.target = ? AND m.state IN ('scheduled', 'queued') ORDER BY m.id",
        (recipient,),
    )
    for (mailing,) in mailings:
        demand_reachable(session, _found(session, "mailing", mailing))


def prepare_template(session: Session, change: Change) -> None:
    """Keep a template's plain text in step, and stamp when it was archived (assumed from the read-only time)."""
    prepare_text(session, change)
    if change.changes("archived"):
        change.values["archivedAt"] = session.now if change.values["archived"] else None


def prepare_text(_session: Session, change: Change) -> None:
    """Keep the plain text of a text in step with its HTML (documented as read-only)."""
    if change.changes("bodyHtml"):
        change.values["bodyText"] = plain_text(change.values["bodyHtml"])


def plain_text(html: object) -> str | None:
    """Return HTML without its tags."""
    return unescape(_TAG.sub("", html)).strip() if isinstance(html, str) else None


def demand_deliverable(session: Session, mailing: Row, recipients: list[int] | None = None) -> None:
    """Refuse to send a mailing that nobody may send, that goes to nobody, or to somebody who is to get no mail.

    That there are such refusals is known from enrolments; the wording is assumed. `recipients` are those that are about
    to be written; without them those that the mailing has. A transactional sequence sends to people who opted out.
    """
    mailbox = _found(session, "mailbox", mailing.get("mailbox.id"))
    if not mailbox:
        raise errors.validation("Mailbox can't be blank.", "/data/relationships/mailbox")
    if mailbox["sendDisabled"]:
        raise errors.validation("Mailbox is not connected for sending.", "/data/relationships/mailbox")
    if _found(session, "user", mailbox.get("user.id")).get("locked"):
        raise errors.validation("User is locked.", "/data/relationships/mailbox")
    demand_reachable(session, mailing, recipients)


def demand_reachable(session: Session, mailing: Row, recipients: list[int] | None = None) -> None:
    """Refuse a mailing that goes to nobody, or to somebody who is to get no mail, whatever mailbox it leaves from."""
    store = session.store
    prospect = _found(session, "prospect", mailing.get("prospect.id"))
    if recipients is None and "id" in mailing:
        recipients = store.related("mailing", "recipients", [mailing["id"]]).get(mailing["id"], [])
    rows = [_found(session, "recipient", each) for each in recipients or []]
    addresses = [str(row["value"]) for row in rows if row.get("value")] or json.loads(prospect.get("emails") or "[]")[
        :1
    ]
    if not addresses:
        raise errors.validation("Mailing has no recipient with an email address.", "/data/relationships/prospect")
    people = [prospect, *(_found(session, "prospect", row.get("prospect.id")) for row in rows)]
    people += [row for address in addresses for row in _having(session, address)]
    transactional = _found(session, "sequence", mailing.get("sequence.id")).get("transactional")
    if not transactional and any(person and takes_no_email(person) for person in people):
        raise errors.validation(REFUSAL)
    patterns = exclusions(session, ("sendExclusions", "contactExclusions"))
    if any(is_excluded(address, patterns) for address in addresses):
        raise errors.validation("Mailing goes to an excluded email address.")


def _found(session: Session, type_name: str, record_id: Any) -> Row:
    return (session.store.row(type_name, int(record_id)) if record_id is not None else None) or {}


def _having(session: Session, address: str) -> list[Row]:
    rows = session.store.rows(
        "SELECT p.id FROM prospect p, json_each(p.emails) e WHERE fold(e.value) = fold(?)", (address,)
    )
    return [_found(session, "prospect", record_id) for (record_id,) in rows]
