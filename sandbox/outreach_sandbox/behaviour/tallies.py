"""Keeps the counters of sequences, steps, templates and enrolments in step with their mailings.

Which mailing counts where is documented in the official OpenAPI ("the total count of scheduled mailings").
"""

from collections import Counter

from outreach_sandbox.rules import COUNTED_MOMENTS, COUNTED_STATES
from outreach_sandbox.schema import quoted, tables
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row

OWNERS = ("sequence", "sequenceState", "sequenceStep", "template")
"""The types whose mailings are counted, beside the sequence template that joins step and template."""


def retally(session: Session, before: Row | None, after: Row | None) -> None:
    """Move the counters by what a mailing counted before a write and counts after it; None where there is none."""
    moved: Counter[tuple[str, int, str]] = Counter()
    for row, step in ((before, -1), (after, 1)):
        for owner in _owners(session, row) if row is not None else ():
            for name in _counts(row):
                moved[(*owner, name)] += step
    for (type_name, record_id, name), step in moved.items():
        if step:
            table, column = quoted(tables()[type_name].write), quoted(name)
            session.store.run(
                f"UPDATE {table} SET {column} = MAX(COALESCE({column}, 0) + ?, 0) WHERE id = ?",  # noqa: S608 - identifiers of the catalogue
                (step, record_id),
            )


def _owners(session: Session, row: Row) -> list[tuple[str, int]]:
    found = [(name, int(row[f"{name}.id"])) for name in OWNERS if row[f"{name}.id"] is not None]
    joined = session.store.rows(
        'SELECT id FROM "sequenceTemplate" WHERE "sequenceStep.id" = ? AND "template.id" = ?',
        (row["sequenceStep.id"], row["template.id"]),
    )
    return [*found, *(("sequenceTemplate", int(record_id)) for (record_id,) in joined)]


def _counts(row: Row | None) -> list[str]:
    if row is None:
        return []
    found = [name for name, moment in COUNTED_MOMENTS.items() if row[moment]]
    return found + [name for state, name in COUNTED_STATES.items() if row["state"] == state]
