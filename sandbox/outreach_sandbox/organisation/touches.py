"""Turns planned enrolments into records: the sequence state, and the mailings, tasks and calls of its steps."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from outreach_sandbox.organisation.enrolments import Enrolment, Touch
from outreach_sandbox.organisation.mailings import step_mailing
from outreach_sandbox.organisation.numbers import Provisional
from outreach_sandbox.organisation.settings import CALL_DISPOSITIONS, TASK_PRIORITIES
from outreach_sandbox.organisation.time import stamp
from outreach_sandbox.records import Identifier, Linkage, Record

_TASK_ACTIONS = {
    "manual_email": ("email", "sequence_step_email"),
    "call": ("call", "sequence_step_call"),
    "task": ("action_item", "sequence_step_task"),
}
_DISPOSITIONS = {
    "met": ("Answered - Meeting Set",),
    "talked": (
        "Answered - Interested",
        "Answered - Gatekeeper",
        "Answered - Call Back Later",
        "Answered - Not Interested",
    ),
    "missed": ("No Answer", "No Answer", "Left Voicemail", "Left Voicemail", "Busy", "Bad Number"),
}
_CALL_NOTES = {
    "Answered - Meeting Set": "Demo agreed, invitation sent. Wants to see how emergency jobs are squeezed in.",
    "Answered - Interested": "Asked for numbers from a company of the same size. Budget is decided next quarter.",
    "Answered - Gatekeeper": "Spoke to the assistant; best time is before nine.",
    "Answered - Call Back Later": "In a meeting, asked to be called back later this week.",
    "Answered - Not Interested": "Renewed with the current vendor in spring. Try again in a year.",
    "Left Voicemail": "Left a voicemail with a callback number.",
    "Bad Number": "The number is not in service.",
}


def enrolment_records(enrolment: Enrolment, numbers: Provisional, random: Random) -> Iterator[Record]:
    """Make the sequence state and everything that its steps brought about."""
    yield _state(enrolment)
    for touch in enrolment.touches:
        task = None if touch.step.is_automatic else numbers.take("task")
        mailing: Identifier | None = None
        if touch.step.template:
            made = step_mailing(enrolment, touch, touch.step.template, task, numbers, random)
            yield from made
            mailing = Identifier("mailing", made[-1].id)
        call: Identifier | None = None
        if task and touch.done and touch.step.kind == "call":
            call = numbers.take("call")
            yield _call(enrolment, touch, touch.done, task, call, random)
        if task:
            yield _task(enrolment, touch, task, mailing, call)


def _state(enrolment: Enrolment) -> Record:
    touches = enrolment.touches
    calls = [touch.done for touch in touches if touch.step.kind == "call" and touch.done]
    moments = [moment for touch in touches for moment in (touch.entered, touch.done, touch.reacted) if moment]
    reply = enrolment.reply
    failed = enrolment.state in ("failed", "bounced")
    contact = enrolment.contact
    attributes = {
        "state": enrolment.state,
        "activeAt": stamp(touches[0].entered) if touches else None,
        "stateChangedAt": stamp(enrolment.changed),
        "repliedAt": stamp(reply.reacted) if reply and reply.reacted else None,
        "callCompletedAt": stamp(max(calls)) if calls else None,
        "errorReason": "The last mailing could not be delivered." if failed else None,
        "createdAt": stamp(enrolment.started),
        "updatedAt": stamp(max([enrolment.started, enrolment.changed, *moments])),
    }
    relationships: dict[str, Linkage] = {
        "prospect": contact.identifier,
        "account": contact.company.identifier if contact.company else None,
        "sequence": enrolment.sequence.identifier,
        "sequenceStep": Identifier("sequenceStep", touches[-1].step.id) if touches else None,
        "mailbox": Identifier("mailbox", contact.owner.mailboxes[0]),
        "user": contact.owner.identifier,
        "creator": contact.owner.identifier,
    }
    return Record("sequenceState", enrolment.id, attributes, relationships)


def _task(
    enrolment: Enrolment, touch: Touch, task: Identifier, mailing: Identifier | None, call: Identifier | None
) -> Record:
    kind, contact = touch.step.kind, enrolment.contact
    action, task_type = _TASK_ACTIONS.get(kind, (kind, f"sequence_step_{kind}"))
    changed = touch.done or touch.entered
    attributes = {
        "action": action,
        "taskType": task_type,
        "note": touch.step.note,
        "state": "complete" if touch.done else "incomplete",
        "completed": touch.done is not None,
        "completedAt": stamp(touch.done) if touch.done else None,
        "dueAt": stamp(touch.due),
        "stateChangedAt": stamp(changed),
        "createdAt": stamp(touch.entered),
        "updatedAt": stamp(changed),
    }
    step = Identifier("sequenceStep", touch.step.id)
    template = touch.step.template
    relationships: dict[str, Linkage] = {
        "subject": contact.identifier,
        "prospect": contact.identifier,
        "account": contact.company.identifier if contact.company else None,
        "owner": contact.owner.identifier,
        "creator": step,
        "completer": contact.owner.identifier if touch.done else None,
        "taskPriority": Identifier("taskPriority", TASK_PRIORITIES["Normal"][0]),
        "sequence": enrolment.sequence.identifier,
        "sequenceState": Identifier("sequenceState", enrolment.id),
        "sequenceStep": step,
        "sequenceTemplate": Identifier("sequenceTemplate", template.sequence_template_id) if template else None,
        "template": Identifier("template", template.id) if template else None,
        "mailing": mailing,
        "call": call,
    }
    return Record("task", task.id, attributes, relationships)


def _call(
    enrolment: Enrolment, touch: Touch, ended: datetime, task: Identifier, call: Identifier, random: Random
) -> Record:
    contact = enrolment.contact
    name = random.choice(_DISPOSITIONS[touch.result])
    number, outcome = CALL_DISPOSITIONS[name]
    answered = outcome == "completed"
    length = timedelta(seconds=random.randrange(120, 900) if answered else random.randrange(15, 60))
    dialed = max(ended - length, touch.due)
    attributes = {
        "direction": "outbound",
        "state": outcome,
        "outcome": outcome,
        "note": _CALL_NOTES.get(name),
        "from": f"+131255501{contact.owner.id:02}",
        "to": contact.phone.replace(" ", ""),
        "userCallType": "voip",
        "sequenceAction": "Finish - Replied" if touch.result == "met" else "Advance",
        "shouldRecordCall": False,
        "tags": ["Meeting Booked"] if touch.result == "met" else [],
        "dialedAt": stamp(dialed),
        "answeredAt": stamp(min(dialed + timedelta(seconds=12), ended)) if answered else None,
        "completedAt": stamp(ended),
        "stateChangedAt": stamp(ended),
        "createdAt": stamp(dialed),
        "updatedAt": stamp(ended),
        "uid": f"{random.getrandbits(64):016x}",
    }
    relationships: dict[str, Linkage] = {
        "user": contact.owner.identifier,
        "prospect": contact.identifier,
        "phoneNumber": contact.work_phone,
        "callDisposition": Identifier("callDisposition", number),
        "callPurpose": enrolment.sequence.call_purpose,
        "sequence": enrolment.sequence.identifier,
        "sequenceState": Identifier("sequenceState", enrolment.id),
        "sequenceStep": Identifier("sequenceStep", touch.step.id),
        "task": task,
    }
    return Record("call", call.id, attributes, relationships)
