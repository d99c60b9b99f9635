"""The way of a person through a sequence: its steps one by one, until something ends it or today is reached."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Literal, TypeAlias

from outreach_sandbox.organisation.contacts import Contact
from outreach_sandbox.organisation.sequences import EMAIL_KINDS, Sequence, Step, sequences
from outreach_sandbox.organisation.time import midnight, past, soon, upcoming

Result: TypeAlias = Literal[
    "waiting",
    "delivered",
    "opened",
    "clicked",
    "replied",
    "opted_out",
    "bounced",
    "failed",
    "met",
    "talked",
    "missed",
    "done",
]
"""The outcome of a touch. Calls: a meeting was set (`met`), somebody answered, nobody did. Tasks: `done`."""

State: TypeAlias = Literal["pending", "active", "paused", "finished", "bounced", "opted_out", "failed"]
Sentiment: TypeAlias = Literal["positive", "neutral", "negative"]
_ENDS: dict[Result, State] = {
    "replied": "finished",
    "met": "finished",
    "bounced": "bounced",
    "opted_out": "opted_out",
    "failed": "failed",
}
_A_DAY = 86400
# How a walk ends, and how often. "none": it runs through all steps, or is still under way.
_FATES = {"none": 54, "replied": 21, "met": 5, "bounced": 6, "opted_out": 4, "failed": 3, "paused": 7}


@dataclass(frozen=True, slots=True)
class Touch:
    """One step taken or waiting to be: when the person entered it, when it is due, when it was done (or not yet).

    `reacted` is when the person opened, replied or opted out.
    """

    step: Step
    entered: datetime
    due: datetime
    result: Result = "waiting"
    done: datetime | None = None
    reacted: datetime | None = None
    sentiment: Sentiment | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One person in one sequence: where it stands, since when, and every touch on the way."""

    id: int
    contact: Contact
    sequence: Sequence
    started: datetime
    state: State
    changed: datetime
    touches: tuple[Touch, ...] = ()

    @property
    def reply(self) -> Touch | None:
        """The touch that was replied to by e-mail."""
        return next((touch for touch in self.touches if touch.result == "replied"), None)


def plan_enrolments(contacts: list[Contact], random: Random, today: date) -> list[Enrolment]:
    """Return the enrolments of all people: most were in one sequence, some in a second one after that."""
    numbers = count(1)
    return [
        replace(enrolment, id=next(numbers))
        for contact in contacts
        if not (contact.is_idle or contact.owner.locked)
        for enrolment in _enrolments_of(contact, random, today)
    ]


def _enrolments_of(contact: Contact, random: Random, today: date) -> Iterator[Enrolment]:
    end = midnight(today)
    if random.random() < 0.05:
        return
    # Before the archived sequence was locked, some of those who had been known for long went through it.
    archived = next(sequence for sequence in sequences() if sequence.locked)
    is_customer = contact.company is not None and contact.company.is_customer
    if contact.created < end - timedelta(days=200) and not is_customer and random.random() < 0.15:
        before = _walk(contact, archived, past(today, random.randrange(130, 190), random), random, end)
        yield before
        if before.state != "finished":
            return
    sequence = _pick(contact, random)
    # Half of all enrolments are of the last four weeks, so that much is under way.
    days = 1 if random.random() < 0.05 else 1 + int(min(90, sequence.age - 3) * random.random() ** 1.7)
    started = max(past(today, days, random), contact.created + timedelta(minutes=30))
    first = _walk(contact, sequence, started, random, end, fresh=days == 1)
    yield first
    again = first.changed + timedelta(days=random.randrange(6, 15))
    if first.state != "finished" or first.reply or again >= end or random.random() < 0.2:
        return
    second = _pick(contact, random)
    if second.id != sequence.id and again > end - timedelta(days=second.age - 3):
        yield _walk(contact, second, min(upcoming(again, random), past(today, 1, random)), random, end)


def _pick(contact: Contact, random: Random) -> Sequence:
    """Choose a sequence that fits: customers, strangers and people who came by themselves get different ones."""
    if contact.company and contact.company.is_customer:
        audience = "customer"
    else:
        # Somebody without a company came by the website or the booth.
        shares = (60, 34, 3) if contact.company else (0, 34, 3)
        audience = random.choices(("cold", "inbound", "expo"), shares)[0]
    return random.choice([sequence for sequence in sequences() if sequence.audience == audience])


def _walk(
    contact: Contact, sequence: Sequence, started: datetime, random: Random, end: datetime, *, fresh: bool = False
) -> Enrolment:
    here = Enrolment(0, contact, sequence, started, "pending", started)
    if not (sequence.enabled or sequence.locked) or (fresh and random.random() < 0.6):
        return here
    fate = random.choices(list(_FATES), list(_FATES.values()))[0]
    fated = random.choice([step.order for step in sequence.steps if _may_meet(fate, step)] or [0])
    touches: list[Touch] = []
    entered = soon(started, random, hours=0.1, end=end)
    for step in sequence.steps:
        touch = _touch(step, entered, random, end, fate=fate if step.order == fated else "none")
        touches.append(touch)
        if touch.done is None:
            return replace(here, state="active", changed=touches[0].entered, touches=tuple(touches))
        if touch.result in _ENDS:
            changed = touch.reacted or touch.done
            return replace(here, state=_ENDS[touch.result], changed=changed, touches=tuple(touches))
        if fate == "paused" and step.order == fated:
            paused = soon(touch.done, random, hours=20, end=end)
            return replace(here, state="paused", changed=paused, touches=tuple(touches))
        entered = touch.done
    return replace(here, state="finished", changed=entered, touches=tuple(touches))


def _may_meet(fate: str, step: Step) -> bool:
    match fate:
        case "replied" | "opted_out":
            return step.kind in EMAIL_KINDS
        case "bounced" | "failed":
            return step.kind in EMAIL_KINDS and step.order <= 2
        case "met":
            return step.kind == "call"
        case _:
            return True


def _touch(step: Step, entered: datetime, random: Random, end: datetime, *, fate: str) -> Touch:
    """Take a step, unless its time has not come or its task was left lying since a few days."""
    due = entered + timedelta(seconds=step.wait)
    if step.wait >= _A_DAY:
        due = upcoming(due, random)
    waiting = Touch(step, entered, due)
    left_lying = not step.is_automatic and due > end - timedelta(days=6) and random.random() < 0.45
    if due >= end or left_lying:
        return waiting
    done = due if step.is_automatic else soon(due, random, hours=5, end=end)
    if step.kind in EMAIL_KINDS:
        result = _mail_result(fate, random)
        reacted = None if result in ("delivered", "bounced", "failed") else soon(done, random, hours=60, end=end)
        sentiment = _sentiment(random) if result == "replied" else None
        return replace(waiting, result=result, done=done, reacted=reacted, sentiment=sentiment)
    if step.kind == "call":
        return replace(waiting, result="met" if fate == "met" else _call_result(random), done=done)
    return replace(waiting, result="done", done=done)


def _mail_result(fate: str, random: Random) -> Result:
    match fate:
        case "replied" | "opted_out" | "bounced" | "failed":
            return fate
        case _:
            results: tuple[Result, ...] = ("delivered", "opened", "clicked")
            return random.choices(results, (52, 38, 10))[0]


def _call_result(random: Random) -> Result:
    return "talked" if random.random() < 0.28 else "missed"


def _sentiment(random: Random) -> Sentiment:
    sentiments: tuple[Sentiment, ...] = ("positive", "neutral", "negative")
    return random.choices(sentiments, (45, 35, 20))[0]
