"""The behaviour of a prospect that is written."""

from outreach_sandbox.behaviour.contacts import check_emails, gather_contact, release_contacts, spread_contacts
from outreach_sandbox.behaviour.opt_outs import settle_opt_outs, stop_what_is_under_way
from outreach_sandbox.changes import Change
from outreach_sandbox.session import Session


def prepare_prospect(session: Session, change: Change) -> None:
    """Check the e-mails, and make all that says whether the prospect opted out agree."""
    check_emails(session, change, None if change.before is None else change.before["id"])
    settle_opt_outs(session, change)
    release_contacts(session, change)


def follow_prospect(session: Session, change: Change, prospect: int) -> None:
    """Bring the records of the contacts in step, and stop what is under way to somebody who opted out."""
    spread_contacts(session, change, prospect)
    stop_what_is_under_way(session, prospect)


def follow_email_address(session: Session, change: Change, address: int) -> None:
    """Bring the prospect's own list in step, and stop mail to an address that has become that of one who opted out."""
    gather_contact(session, change, address)
    prospect = change.column("prospect.id")
    if prospect is not None:
        stop_what_is_under_way(session, int(prospect))
