"""Calls that are logged, and imports of recorded ones."""

from itertools import pairwise
from uuid import NAMESPACE_URL, uuid5

from outreach_sandbox import errors
from outreach_sandbox.changes import Change
from outreach_sandbox.session import Session
from outreach_sandbox.store import Row
from outreach_sandbox.values import digits


def prepare_call(session: Session, change: Change) -> None:
    """Fill what a logged call leaves out, and refuse one about nobody or with times that cannot be.

    Nothing of this is published. A call that names no user is the caller's own, one for a task is about the task's
    prospect, and one that says no time was dialed when it was answered, completed, or logged: every figure counts calls
    by when they were dialed (documented as the time of the call).
    """
    task_id = change.column("task.id")
    task = (session.store.row("task", int(task_id)) if task_id is not None else None) or {}
    if change.creating and change.column("user.id") is None:
        change.values["user.id"] = session.user
    if change.creating and change.column("prospect.id") is None:
        change.values["prospect.id"] = task.get("prospect.id")
    moved = change.creating or change.changes("prospect.id") or change.changes("task.id")
    about_nobody = not task and change.column("prospect.id") is None
    # One whose prospect has been deleted since is about nobody too; it may be changed in other ways.
    if moved and about_nobody and session.switches.calls_about_nobody == "refuse":
        raise errors.validation("Prospect can't be blank.", "/data/relationships/prospect")
    if change.column("dialedAt") is None:
        known = [change.column(name) for name in ("answeredAt", "completedAt") if change.column(name)]
        logged = session.now if change.before is None else change.before["createdAt"]
        change.values["dialedAt"] = min(known, default=logged)
    _demand_order(change)
    disposition_id = change.values.get("callDisposition.id")
    if change.column("outcome") is None and disposition_id is not None:
        disposition = session.store.row("callDisposition", int(disposition_id)) or {}
        change.values["outcome"] = disposition.get("outcome")
    if change.changes("outcome"):
        change.values |= {"state": change.values["outcome"], "stateChangedAt": session.now}


def follow_call(session: Session, change: Change, _call: int) -> None:
    """Tell those whom a call was about when they were last touched, and its enrolment when a call was completed."""
    dialed, answered = change.column("dialedAt"), change.column("answeredAt")
    prospect_id, state_id = change.column("prospect.id"), change.column("sequenceState.id")
    prospect = session.store.row("prospect", int(prospect_id)) if prospect_id is not None else None
    if prospect is not None:
        _later(session, "prospect", prospect, "touchedAt", dialed)
        _later(session, "prospect", prospect, "engagedAt", answered)
        account = session.store.row("account", prospect["account.id"]) if prospect["account.id"] is not None else None
        if account is not None:
            _later(session, "account", account, "touchedAt", dialed)
    state = session.store.row("sequenceState", int(state_id)) if state_id is not None else None
    if state is not None:
        _later(session, "sequenceState", state, "callCompletedAt", change.column("completedAt"))


def prepare_voice_import(session: Session, change: Change) -> None:
    """Demand the call and the recording (both documented as required), and give the import its identifier."""
    blank = [name for name in ("callId", "recordingUrl") if not change.column(name)]
    if blank:
        label = {"callId": "Call", "recordingUrl": "Recording url"}
        raise errors.validations([(f"{label[name]} can't be blank.", f"/data/attributes/{name}") for name in blank])
    call = digits(str(change.column("callId")))
    if call is None or not session.store.exists("call", call):
        raise errors.validation("Call could not be found.", "/data/attributes/callId")
    number = session.store.next_id("kaiaVoiceImport")
    change.values["instanceId"] = str(uuid5(NAMESPACE_URL, f"{session.base_url}/kaiaVoiceImports/{number}"))


def _demand_order(change: Change) -> None:
    order = ("dialedAt", "answeredAt", "completedAt")
    known = [(name, change.column(name)) for name in order if change.column(name)]
    for (before, earlier), (after, later) in pairwise(known):
        if earlier > later:
            detail = f"{errors.humanized(after)} must not be before {errors.humanized(before).lower()}."
            raise errors.validation(detail, f"/data/attributes/{after}")


def _later(session: Session, type_name: str, row: Row, name: str, moment: str | None) -> None:
    if moment is not None and moment > (row[name] or ""):
        session.store.update(type_name, row["id"], {name: moment})
