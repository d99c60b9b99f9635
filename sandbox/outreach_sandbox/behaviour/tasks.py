"""Tasks: what a new one gets, and the nine actions."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from outreach_sandbox import errors
from outreach_sandbox.behaviour.endings import UNSENT
from outreach_sandbox.behaviour.mailings import demand_deliverable
from outreach_sandbox.behaviour.sequence_states import advance_state, finish_state
from outreach_sandbox.behaviour.tallies import retally
from outreach_sandbox.changes import Change, touch
from outreach_sandbox.rules import CHOICES
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row
from outreach_sandbox.values import SqlValue, digits, moment_text, parsed_moment

_NORMAL_PRIORITY = 3
_SENDABLE = (*UNSENT, "failed")


def prepare_task(session: Session, change: Change) -> None:
    """Give a new task what a new one was seen with: priority 3, a theme, and due when created (recorded, frigg)."""
    if not change.creating:
        return
    if "taskPriority.id" not in change.values and session.store.exists("taskPriority", _NORMAL_PRIORITY):
        change.values["taskPriority.id"] = _NORMAL_PRIORITY
    change.values.setdefault("taskTheme.id", 1)
    if change.column("dueAt") is None:
        change.values["dueAt"] = session.now
    change.values["stateChangedAt"] = session.now


def advance(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Advance the task's sequence state (documented: only tasks of a sequence step); the task is done (assumed).

    Raises a 422.
    """
    _demand_open(row)
    if not _of_sequence_step(row) or row["sequenceState.id"] is None:
        raise errors.validation("Task is not a sequence step task.")
    # Done first: an enrolment that ends takes its open tasks with it.
    _complete(session, row)
    advance_state(session, row["sequenceState.id"])


def deliver(session: Session, row: Row, _: Mapping[str, str]) -> None:
    """Schedule the task's mailing for delivery (documented); the task is done (assumed). Raises a 422."""
    _demand_open(row)
    mailing = session.store.row("mailing", row["mailing.id"]) if row["mailing.id"] is not None else None
    if mailing is None:
        raise errors.validation("Task has no mailing to deliver.")
    if mailing["state"] not in _SENDABLE:
        raise errors.validation(f"Mailing cannot be delivered while it is {mailing['state']}.")
    demand_deliverable(session, mailing)
    scheduled: dict[str, SqlValue] = {
        "state": "scheduled",
        "stateChangedAt": session.now,
        "scheduledAt": session.now,
        "errorReason": None,
    }
    touch(session, "mailing", mailing["id"], scheduled)
    retally(session, mailing, session.store.row("mailing", mailing["id"]))
    _complete(session, row)


def mark_complete(session: Session, row: Row, parameters: Mapping[str, str]) -> None:
    """Complete a task; one of a sequence step moves its state as `completionAction` says (documented)."""
    _demand_open(row)
    _complete(session, row)
    if _of_sequence_step(row) and row["sequenceState.id"] is not None:
        action = parameters.get("completionAction", "")
        if action in {"finish_no_reply", "finish_replied"}:
            finish_state(session, row["sequenceState.id"], replied=action == "finish_replied")
        else:
            advance_state(session, row["sequenceState.id"])
    _leave_note(session, row, parameters.get("completionNote", ""))


def log_meet_in_person(session: Session, row: Row, parameters: Mapping[str, str]) -> None:
    """Complete a task to meet in person, with its disposition and purpose (documented)."""
    _demand_open(row)
    if row["action"] != "in_person":
        raise errors.validation("Task is not a meet in-person task.")
    values: dict[str, SqlValue] = {
        "taskDisposition.id": _existing(session, "taskDisposition", parameters, "taskDispositionId")
    }
    if parameters.get("taskPurposeId"):
        values["taskPurpose.id"] = _existing(session, "taskPurpose", parameters, "taskPurposeId")
    touch(session, "task", row["id"], values)
    _complete(session, row)
    _leave_note(session, row, parameters.get("completionNote", ""))


def snooze(session: Session, row: Row, parameters: Mapping[str, str]) -> None:
    """Put the due time a day after now or itself, whichever is later, or where `dueAt` says (documented).

    `markAsUrgent` gives the priority that is listed first: they are listed from the lowest weight to the highest
    (documented), and the sandbox's own begin with Urgent (assumed). Raises a 400.
    """
    _demand_open(row)
    values: dict[str, SqlValue]
    if parameters.get("dueAt"):
        values = {"dueAt": _moment(parameters, "dueAt")}
    else:
        later = max(session.now, row["dueAt"] or session.now)
        try:
            values = {"dueAt": moment_text(datetime.fromisoformat(later) + timedelta(days=1))}
        except OverflowError:
            raise unacceptable("dueAt", later) from None
    urgent = parameters.get("markAsUrgent", "false")
    if urgent not in {"true", "false"}:
        raise unacceptable("markAsUrgent", urgent)
    if urgent == "true":
        first = session.store.rows("SELECT id FROM taskPriority ORDER BY weight IS NULL, weight, id LIMIT 1")
        if first:
            values["taskPriority.id"] = first[0][0]
    touch(session, "task", row["id"], values)


def reschedule(session: Session, row: Row, parameters: Mapping[str, str]) -> None:
    """Set the due time (documented)."""
    _demand_open(row)
    touch(session, "task", row["id"], {"dueAt": _moment(parameters, "dueAt")})


def reassign_owner(session: Session, row: Row, parameters: Mapping[str, str]) -> None:
    """Give the task to another user (documented), who must not be locked (assumed). Raises a 422."""
    _demand_open(row)
    owner = _existing(session, "user", parameters, "ownerId")
    if (session.store.row("user", owner) or {}).get("locked"):
        raise errors.validation("Owner is locked.")
    touch(session, "task", row["id"], {"owner.id": owner})


def update_note(session: Session, row: Row, parameters: Mapping[str, str]) -> None:
    """Set the note (documented); a completed task takes it too (assumed)."""
    touch(session, "task", row["id"], {"note": parameters["note"]})


def update_opportunity_association(session: Session, row: Row, parameters: Mapping[str, str]) -> None:
    """Set the rule by which an opportunity is associated (documented); a completed task takes it too (assumed)."""
    rule = parameters["opportunityAssociation"]
    if rule not in CHOICES["task", "opportunityAssociation"]:
        raise unacceptable("opportunityAssociation", rule)
    touch(session, "task", row["id"], {"opportunityAssociation": rule})


def unacceptable(name: str, value: str) -> errors.ApiError:
    """Return the 400 for an action parameter that cannot be accepted (documented status, assumed wording)."""
    return errors.bad_request("actionParameter.unacceptable", f"'{value}' is not acceptable for actionParams[{name}].")


def _of_sequence_step(row: Row) -> bool:
    return str(row["taskType"]).startswith("sequence_step_")


def _demand_open(row: Row) -> None:
    if row["state"] == "complete":
        raise errors.validation("Task has already been completed.")


def _complete(session: Session, row: Row) -> None:
    done: dict[str, SqlValue] = {
        "state": "complete",
        "stateChangedAt": session.now,
        "completedAt": session.now,
        "completer.id": session.user,
    }
    touch(session, "task", row["id"], done)


def _leave_note(session: Session, row: Row, text: str) -> None:
    """Attach a note to the task's prospect, if there is one (documented)."""
    if not text or row["prospect.id"] is None:
        return
    note: dict[str, SqlValue] = {
        "message": text,
        "noteType": "note",
        "createdAt": session.now,
        "prospect.id": row["prospect.id"],
        "creator.id": session.user,
    }
    session.store.insert("prospectNote", note)


def _existing(session: Session, type_name: str, parameters: Mapping[str, str], name: str) -> int:
    number = digits(parameters[name])
    if number is None:
        raise unacceptable(name, parameters[name])
    if not session.store.exists(type_name, number):
        raise errors.validation(f"{errors.humanized(type_name)} could not be found.")
    return number


def _moment(parameters: Mapping[str, str], name: str) -> str:
    moment = parsed_moment(parameters[name])
    if moment is None:
        raise unacceptable(name, parameters[name])
    return moment
