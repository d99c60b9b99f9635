"""What Outreach does with a prospect that is written."""

from outreach_mcp.sandbox.behaviour.contacts import check_emails
from outreach_mcp.sandbox.changes import Change
from outreach_mcp.sandbox.session import Session


def prepare_prospect(session: Session, change: Change) -> None:
    """Check the e-mails and stamp what opting in or out stamps.

    Documented: setting `optedOut` sets or clears its time. That the opt statuses have theirs is assumed likewise.
    """
    check_emails(session, change, None if change.before is None else change.before["id"])
    if change.changes("optedOut"):
        change.values["optedOutAt"] = session.now if change.values["optedOut"] else None
    for status, at in (("callsOptStatus", "callsOptedAt"), ("emailsOptStatus", "emailsOptedAt")):
        if change.changes(status):
            change.values[at] = session.now if change.values[status] else None
