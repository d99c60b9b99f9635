"""Deletes a record together with what depends on it."""
# ruff: noqa: S608 - identifiers come from the catalogue, values are parameters

from collections.abc import Iterator
from functools import cache

from outreach_sandbox.behaviour.contacts import forget_contact
from outreach_sandbox.behaviour.endings import drop_what_waits, fail_state, stop_mailing
from outreach_sandbox.rules import REQUIRED_RELATIONSHIPS
from outreach_sandbox.schema import quoted
from outreach_sandbox.session import Session
from outreach_tools.catalog import resource_types

# Parts that go with their whole although nothing requires them to have one: type and relationship (assumed).
_PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "mailbox": (("mailAlias", "mailbox"),),
    "prospect": (("emailAddress", "prospect"), ("phoneNumber", "prospect")),
}
# What was sent stays, also without its mailbox.
_KEPT = frozenset({("mailing", "mailbox")})
_NO_MAILBOX = "The mailbox has been deleted."


def delete_record(session: Session, type_name: str, record_id: int) -> None:
    """Delete a record with its parts and with all that cannot be without it; other references to it are cleared.

    A record goes when it requires a relationship to the deleted one (assumed), and so does mail that has not left.
    """
    store = session.store
    if type_name in {"emailAddress", "phoneNumber"}:
        row = store.row(type_name, record_id)
        if row is not None:
            forget_contact(session, type_name, row)
    if type_name in {"prospect", "sequenceState"}:
        drop_what_waits(session, type_name, record_id)
    if type_name == "mailbox":
        _leave_mailbox(session, record_id)
    for part, relationship in _dependents(type_name):
        several = len(resource_types()[part].relationships[relationship].types) > 1
        condition = f" AND {quoted(f'{relationship}.type')} = ?" if several else ""
        rows = store.rows(
            f"SELECT id FROM {quoted(part)} WHERE {quoted(f'{relationship}.id')} = ?{condition}",
            (record_id, type_name) if several else (record_id,),
        )
        for (part_id,) in rows:
            delete_record(session, part, int(part_id))
    store.delete(type_name, record_id)


@cache
def _dependents(type_name: str) -> tuple[tuple[str, str], ...]:
    return tuple(_find_dependents(type_name))


def _find_dependents(type_name: str) -> Iterator[tuple[str, str]]:
    yield from _PARTS.get(type_name, ())
    for part, names in REQUIRED_RELATIONSHIPS.items():
        for name in names:
            if type_name in resource_types()[part].relationships[name].types and (part, name) not in _KEPT:
                yield part, name


def _leave_mailbox(session: Session, mailbox: int) -> None:
    """Keep what mailings say of a mailbox that goes; what was to be sent from it, and who was to be mailed, fails."""
    store = session.store
    store.run(
        'UPDATE "mailing.rows" AS r SET mailboxAddress = (SELECT m.mailboxAddress FROM mailing m WHERE m.id = r.id),'
        ' "user.id" = (SELECT m."user.id" FROM mailing m WHERE m.id = r.id) WHERE "mailbox.id" = ?',
        (mailbox,),
    )
    unsent = "SELECT id FROM \"mailing.rows\" WHERE \"mailbox.id\" = ? AND state IN ('scheduled', 'queued') ORDER BY id"
    for (mailing,) in store.rows(unsent, (mailbox,)):
        stop_mailing(session, int(mailing), _NO_MAILBOX)
    running = (
        'SELECT id FROM "sequenceState.rows" WHERE "mailbox.id" = ?'
        " AND state NOT IN ('finished', 'opted_out', 'failed', 'bounced') ORDER BY id"
    )
    for (state,) in store.rows(running, (mailbox,)):
        fail_state(session, int(state), _NO_MAILBOX)
