"""Sequences and their templates: defaults of a new one, and the actions that switch them."""

from collections.abc import Mapping

from outreach_sandbox import errors
from outreach_sandbox.changes import Change, touch
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row


def prepare_sequence(session: Session, change: Change) -> None:
    """Give a new sequence the organisation's default ruleset (recorded), the first one here."""
    if change.creating and "ruleset.id" not in change.values:
        first = session.store.rows("SELECT MIN(id) FROM ruleset")
        change.values["ruleset.id"] = first[0][0]


def prepare_sequence_step(session: Session, change: Change) -> None:
    """Put a new step that names no order behind the last one (assumed)."""
    if change.creating and change.column("order") is None:
        last = session.store.rows(
            'SELECT COALESCE(MAX("order"), 0) + 1 FROM "sequenceStep" WHERE "sequence.id" = ?',
            (change.column("sequence.id"),),
        )
        change.values["order"] = last[0][0]


def prepare_sequence_template(session: Session, change: Change) -> None:
    """Stamp when a new sequence template was enabled (assumed: it starts enabled)."""
    if change.creating:
        change.values["enabledAt"] = session.now


def activate(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Enable a sequence (documented); one that is enabled, locked or without steps refuses (assumed)."""
    _demand(not row["locked"], "Sequence is locked.")
    _demand(not row["enabled"], "Sequence is already enabled.")
    _demand(bool(row["sequenceStepCount"]), "Sequence has no steps.")
    touch(session, "sequence", row["id"], {"enabled": 1, "enabledAt": session.now})


def deactivate(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Disable a sequence (documented); a disabled one refuses (assumed)."""
    _demand(bool(row["enabled"]), "Sequence is not enabled.")
    touch(session, "sequence", row["id"], {"enabled": 0, "enabledAt": None})


def lock(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Lock a sequence, which also disables it (hyper-schema; the effect is assumed)."""
    _demand(not row["locked"], "Sequence is already locked.")
    touch(session, "sequence", row["id"], {"locked": 1, "lockedAt": session.now, "enabled": 0, "enabledAt": None})


def unlock(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Unlock a sequence (hyper-schema); it stays disabled (assumed)."""
    _demand(bool(row["locked"]), "Sequence is not locked.")
    touch(session, "sequence", row["id"], {"locked": 0, "lockedAt": None})


def activate_template(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Enable a sequence template (documented); an enabled one refuses (assumed)."""
    _demand(not row["enabled"], "Sequence template is already enabled.")
    touch(session, "sequenceTemplate", row["id"], {"enabled": 1, "enabledAt": session.now})


def deactivate_template(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Disable a sequence template (documented); a disabled one refuses (assumed)."""
    _demand(bool(row["enabled"]), "Sequence template is not enabled.")
    touch(session, "sequenceTemplate", row["id"], {"enabled": 0, "enabledAt": None})


def _demand(condition: bool, detail: str) -> None:
    if not condition:
        raise errors.validation(detail)
