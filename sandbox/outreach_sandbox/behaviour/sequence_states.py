"""Sequence states: who may be enrolled, and what finishing, pausing, resuming and advancing do."""

from collections.abc import Mapping
from datetime import timedelta

from outreach_sandbox import errors
from outreach_sandbox.behaviour.endings import end_state
from outreach_sandbox.behaviour.opt_outs import REFUSAL, takes_no_calls, takes_no_email
from outreach_sandbox.behaviour.sharing import is_own
from outreach_sandbox.changes import Change, touch
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row
from outreach_sandbox.values import moment_text

EMAIL_STEPS = ("auto_email", "manual_email")
_OVER = ("finished", "opted_out")


def prepare_sequence_state(session: Session, change: Change) -> None:
    """Refuse an enrolment that Outreach refuses, and fill what follows from its parts.

    The reasons are those that clients report (already in this sequence, in an exclusive one, opted out, locked user);
    the wording is assumed, and so is all about a mailbox that may not send. A sequence that is off or throttled does
    not refuse unless the sandbox is switched so: the state stays pending (documented). Raises a 422.
    """
    store = session.store
    sequence = _row(session, "sequence", change)
    prospect = _row(session, "prospect", change)
    mailbox = _row(session, "mailbox", change)
    ruleset_id = sequence["ruleset.id"]
    ruleset: Row = (store.row("ruleset", ruleset_id) if ruleset_id is not None else None) or {}
    sends_email = _sends_email(session, sequence["id"])
    if sends_email and not mailbox:
        # Documented: the mailbox is needed when the sequence has e-mail steps.
        raise errors.validation("Mailbox can't be blank.", "/data/relationships/mailbox")
    if sequence["locked"]:
        raise errors.validation("Sequence is locked.")
    user_id = mailbox.get("user.id") or session.user
    user: Row = store.row("user", user_id) or {}
    if user.get("locked"):
        raise errors.validation("User is locked.")
    if sequence["shareType"] == "private" and not is_own(session, sequence):
        raise errors.validation("User is not the owner of the sequence.")
    if not sequence["transactional"]:
        _refuse_opted_out(session, sequence["id"], prospect)
    if sends_email and mailbox["sendDisabled"]:
        raise errors.validation("Mailbox is not connected for sending.", "/data/relationships/mailbox")
    if session.switches.hindered_enrolments == "refuse":
        _refuse_hindered(session, sequence)
    _refuse_duplicate(session, sequence["id"], prospect["id"], ruleset)
    _refuse_exclusive(session, sequence["id"], prospect["id"], ruleset)
    change.values["user.id"] = user_id
    change.values["stateChangedAt"] = session.now


def finish(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Finish a state that is not over yet (documented for active ones; the web interface counts others as such).

    Raises a 422.
    """
    if row["state"] in _OVER:
        raise errors.validation(f"Sequence state is already {row['state']}.")
    end_state(session, row["id"], "finished")


def pause(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Pause an active state (documented); whether a pending one counts as active is a switch. Raises a 422."""
    pausable = {"active", "pending"} if session.switches.pending_counts_as_active else {"active"}
    if row["state"] not in pausable:
        raise errors.validation(f"Sequence state cannot be paused while it is {row['state']}.")
    _move(session, row, "paused")


def resume(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Resume a paused state (documented); in a sequence that is not enabled it waits as pending (assumed).

    What refuses an enrolment because of who takes part in it refuses this too (assumed). Raises a 422.
    """
    if row["state"] != "paused":
        raise errors.validation(f"Sequence state cannot be resumed while it is {row['state']}.")
    sequence: Row = session.store.row("sequence", row["sequence.id"]) or {}
    if (session.store.row("user", row["user.id"] or 0) or {}).get("locked"):
        raise errors.validation("User is locked.")
    prospect = session.store.row("prospect", row["prospect.id"] or 0)
    if prospect is not None and sequence and not sequence["transactional"]:
        _refuse_opted_out(session, sequence["id"], prospect)
    if sequence.get("enabled"):
        step = row["sequenceStep.id"] or _next_step(session, row["sequence.id"], None)
        touch(
            session,
            "sequenceState",
            row["id"],
            {"activeAt": row["activeAt"] or session.now, "sequenceStep.id": step},
        )
    _move(session, row, "active" if sequence.get("enabled") else "pending")


def advance_state(session: Session, state_id: int) -> None:
    """Move a state to the next step of its sequence, or finish it after the last (assumed)."""
    row = session.store.row("sequenceState", state_id)
    if row is None or row["state"] in _OVER:
        raise errors.validation("Sequence state cannot be advanced.")
    step = _next_step(session, row["sequence.id"], row["sequenceStep.id"])
    if step is None:
        end_state(session, state_id, "finished")
    else:
        touch(session, "sequenceState", state_id, {"sequenceStep.id": step})


def finish_state(session: Session, state_id: int, *, replied: bool) -> None:
    """Finish a state because its task says so; a reply is stamped (documented: finished and replied)."""
    row = session.store.row("sequenceState", state_id)
    if row is None or row["state"] in _OVER:
        raise errors.validation("Sequence state is already finished.")
    if replied:
        # No mailing was replied to, and the counter counts those.
        touch(session, "sequenceState", state_id, {"repliedAt": session.now})
    end_state(session, state_id, "finished")


def _move(session: Session, row: Row, state: str) -> None:
    touch(session, "sequenceState", row["id"], {"state": state, "stateChangedAt": session.now, "pauseReason": None})


def _row(session: Session, name: str, change: Change) -> Row:
    record_id = change.column(f"{name}.id")
    return (session.store.row(name, record_id) if record_id is not None else None) or {}


def _refuse_opted_out(session: Session, sequence: int, prospect: Row) -> None:
    """Refuse somebody who opted out of what the sequence's steps do.

    Clients report that e-mail refuses. Calls refuse likewise only where there is nothing but calls (assumed; whether a
    ruleset may say otherwise in its `callOptOutAction` is documented, its words are not).
    """
    kinds = {
        kind
        for (kind,) in session.store.rows('SELECT stepType FROM "sequenceStep" WHERE "sequence.id" = ?', (sequence,))
    }
    out = prospect["optedOut"] or (takes_no_email(prospect) and not kinds.isdisjoint(EMAIL_STEPS))
    if out or (takes_no_calls(prospect) and kinds == {"call"}):
        raise errors.validation(REFUSAL)


def _sends_email(session: Session, sequence: int) -> bool:
    return bool(
        session.store.rows(
            'SELECT 1 FROM "sequenceStep" WHERE "sequence.id" = ? AND "stepType" IN (\'auto_email\', \'manual_email\')',
            (sequence,),
        )
    )


def _refuse_hindered(session: Session, sequence: Row) -> None:
    if not sequence["enabled"]:
        raise errors.validation("Sequence is not enabled.")
    limit = sequence["throttleMaxAddsPerDay"]
    since = moment_text(session.moment.replace(microsecond=0) - timedelta(days=1))
    ((added,),) = session.store.rows(
        'SELECT COUNT(*) FROM "sequenceState" WHERE "sequence.id" = ? AND "createdAt" > ?', (sequence["id"], since)
    )
    if limit is not None and added >= limit:
        raise errors.validation(f"Sequence throttle of {limit} adds per day has been reached.")


def _refuse_duplicate(session: Session, sequence: int, prospect: int, ruleset: Row) -> None:
    # The ruleset's words are documented; that a sequence without one disallows is assumed.
    permit = ruleset.get("permitDuplicateProspects") or "disallow"
    states = session.store.rows(
        'SELECT state FROM "sequenceState" WHERE "sequence.id" = ? AND "prospect.id" = ?', (sequence, prospect)
    )
    in_the_way = {
        "allow": False,
        "only_if_inactive": any(state not in _OVER for (state,) in states),
    }.get(permit, bool(states))
    if in_the_way:
        raise errors.validation("Prospect has already been in this sequence.")


def _refuse_exclusive(session: Session, sequence: int, prospect: int, ruleset: Row) -> None:
    exclusivity = ruleset.get("sequenceExclusivity") or "none"
    if exclusivity not in {"all_sequences", "exclusive_sequences"}:
        return
    others = session.store.rows(
        'SELECT r."sequenceExclusivity" FROM "sequenceState" s JOIN sequence q ON q.id = s."sequence.id"'
        ' LEFT JOIN ruleset r ON r.id = q."ruleset.id"'
        " WHERE s.\"prospect.id\" = ? AND q.id <> ? AND s.state NOT IN ('finished', 'opted_out')",
        (prospect, sequence),
    )
    if any(exclusivity == "all_sequences" or (other or "none") != "none" for (other,) in others):
        raise errors.validation("Prospect is active in another exclusive sequence.")


def _next_step(session: Session, sequence: int, current: int | None) -> int | None:
    steps = [
        int(row[0])
        for row in session.store.rows(
            'SELECT id FROM "sequenceStep" WHERE "sequence.id" = ? ORDER BY "order", id', (sequence,)
        )
    ]
    if current not in steps:
        return steps[0] if steps else None
    following = steps[steps.index(current) + 1 :]
    return following[0] if following else None
