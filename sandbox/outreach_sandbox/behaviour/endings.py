"""Ends what depends on an enrolment: the tasks that wait for somebody and the mail that has not left.

That they go with it is assumed: the web interface shows neither afterwards.
"""

from outreach_sandbox.behaviour.tallies import retally
from outreach_sandbox.changes import touch
from outreach_sandbox.session import Session
from outreach_sandbox.values import SqlValue

UNSENT = ("drafted", "placeholder", "scheduled", "queued")
"""The states of a mailing that has not left yet."""

_MARKS = ", ".join("?" * len(UNSENT))


def end_state(session: Session, state_id: int, state: str) -> None:
    """Move a sequence state to an ended one, and drop what waits."""
    touch(session, "sequenceState", state_id, {"state": state, "stateChangedAt": session.now, "pauseReason": None})
    drop_what_waits(session, "sequenceState", state_id)


def fail_state(session: Session, state_id: int, reason: str) -> None:
    """Let a sequence state fail."""
    failed: dict[str, SqlValue] = {"state": "failed", "stateChangedAt": session.now, "errorReason": reason}
    touch(session, "sequenceState", state_id, failed)


def drop_what_waits(session: Session, type_name: str, record_id: int) -> None:
    """Delete the mailings of a record that have not left, and the open tasks of a sequence state."""
    store = session.store
    mailings = store.rows(
        f'SELECT id FROM "mailing.rows" WHERE "{type_name}.id" = ? AND state IN ({_MARKS}) ORDER BY id',  # noqa: S608 - our own types and question marks
        (record_id, *UNSENT),
    )
    for (mailing,) in mailings:
        retally(session, store.row("mailing", mailing), None)
        store.delete("mailing", int(mailing))
    if type_name == "sequenceState":
        tasks = store.rows(
            'SELECT id FROM "task.rows" WHERE "sequenceState.id" = ? AND state IS NOT \'complete\' ORDER BY id',
            (record_id,),
        )
        for (task,) in tasks:
            store.delete("task", int(task))


def stop_mailing(session: Session, mailing: int, reason: str) -> None:
    """Let a mailing that was to be sent fail."""
    before = session.store.row("mailing", mailing)
    touch(session, "mailing", mailing, {"state": "failed", "stateChangedAt": session.now, "errorReason": reason})
    retally(session, before, session.store.row("mailing", mailing))
