"""What Outreach does with a prospect that is written."""

from outreach_mcp.sandbox.behaviour.contacts import check_emails, release_contacts, spread_contacts
from outreach_mcp.sandbox.behaviour.opt_outs import follow_opt_out, settle_opt_outs
from outreach_mcp.sandbox.changes import Change
from outreach_mcp.sandbox.session import Session


def prepare_prospect(session: Session, change: Change) -> None:
    """Check the e-mails, and make all that says whether the prospect opted out agree."""
    check_emails(session, change, None if change.before is None else change.before["id"])
    settle_opt_outs(session, change)
    release_contacts(session, change)


def follow_prospect(session: Session, change: Change, prospect: int) -> None:
    """Bring the records of the contacts in step, and stop what is under way to somebody who opted out."""
    spread_contacts(session, change, prospect)
    follow_opt_out(session, change, prospect)
