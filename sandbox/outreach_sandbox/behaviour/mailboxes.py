"""The actions of a mailbox. No mail server is asked: a test passes unless what it tests is switched off (assumed)."""

from collections.abc import Mapping

from outreach_sandbox import errors
from outreach_sandbox.changes import touch
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row


def try_sending(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Stamp a successful send, or an error where sending is disabled."""
    stamped = "sendErroredAt" if row["sendDisabled"] else "sendSuccessAt"
    touch(session, "mailbox", row["id"], {stamped: session.now})


def try_syncing(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Stamp a successful synchronisation, or an error where it is disabled."""
    if row["syncDisabled"]:
        touch(session, "mailbox", row["id"], {"syncErroredAt": session.now})
    else:
        touch(session, "mailbox", row["id"], {"syncSuccessAt": session.now, "syncFinishedAt": session.now})


def link_ews_master_account(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Let the mailbox send and receive through Exchange (assumed); one that does already refuses."""
    if row["sendMethod"] == "ews" and row["syncMethod"] == "ews":
        raise errors.validation("Mailbox is already linked to an EWS master account.")
    touch(session, "mailbox", row["id"], {"sendMethod": "ews", "syncMethod": "ews"})


def unlink_ews_master_account(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Take the mailbox off Exchange (assumed); one that is not on it refuses."""
    if row["sendMethod"] != "ews":
        raise errors.validation("Mailbox is not linked to an EWS master account.")
    touch(session, "mailbox", row["id"], {"sendMethod": None, "syncMethod": None})
