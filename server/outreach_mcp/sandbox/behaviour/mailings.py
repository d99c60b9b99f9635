"""What Outreach does with a mailing that is written."""

import re
from html import unescape

from outreach_mcp.sandbox import errors
from outreach_mcp.sandbox.changes import Change
from outreach_mcp.sandbox.session import Session

_TAG = re.compile(r"<[^>]*>")
_CHANGEABLE = ("drafted", "scheduled", "queued", "placeholder")


def prepare_mailing(session: Session, change: Change) -> None:
    """Fill subject and body from the template, keep the plain text in step, stamp the state.

    Documented: the body overrides the template, and bodyText represents bodyHtml. Only a mailing that has not left yet
    can be changed (assumed from its production use).
    """
    if change.before is not None and change.before["state"] not in _CHANGEABLE:
        raise errors.validation(f"Mailing cannot be changed while it is {change.before['state']}.")
    mailbox_id = change.column("mailbox.id")
    mailbox = session.store.row("mailbox", int(mailbox_id)) if mailbox_id is not None else None
    if mailbox and mailbox["sendDisabled"] and change.values.get("state") not in (None, "drafted", "placeholder"):
        raise errors.validation("Mailbox is not connected for sending.", "/data/relationships/mailbox")
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


def prepare_text(_session: Session, change: Change) -> None:
    """Keep the plain text of a template or a snippet in step with its HTML (documented as read-only)."""
    if change.changes("bodyHtml"):
        change.values["bodyText"] = plain_text(change.values["bodyHtml"])


def prepare_call(session: Session, change: Change) -> None:
    """A call that names no user is the caller's own (assumed)."""
    if change.creating:
        change.values.setdefault("user.id", session.user)


def plain_text(html: object) -> str | None:
    """Return HTML without its tags."""
    return unescape(_TAG.sub("", html)).strip() if isinstance(html, str) else None
