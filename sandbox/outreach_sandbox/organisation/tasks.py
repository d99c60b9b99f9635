"""Tasks that people of the demo organisation set themselves: overdue, due today, due soon, done."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from outreach_sandbox.organisation.contacts import Contact
from outreach_sandbox.organisation.numbers import Provisional
from outreach_sandbox.organisation.people import USERS, User
from outreach_sandbox.organisation.settings import TASK_DISPOSITIONS, TASK_PRIORITIES, TASK_PURPOSES
from outreach_sandbox.organisation.time import at_work, midnight, past, stamp, upcoming
from outreach_sandbox.records import Identifier, Linkage, Record

# Days from today on which each seller has something due. Today has some on every day of the week, weekends included.
_OPEN_DAYS = (-8, -4, -2, -1, 0, 0, 0, 1, 2, 3, 6, 10)
_DONE_DAYS = (-40, -31, -24, -17, -12, -9, -5, -3)
_NOTES = {
    "call": (
        "Call about the open points of the security questionnaire.",
        "Ask whether the dispatchers have tried the trial.",
        "Confirm who signs and until when.",
    ),
    "email": (
        "Send the reference from the utility with 140 technicians.",
        "Answer the question about offline work in the mobile app.",
        "Send the updated price.",
    ),
    "action_item": (
        "Prepare the return-on-investment sheet.",
        "Check the service area on the map before the next talk.",
        "Add the new plant manager to the account.",
    ),
    "in_person": (
        "Visit the depot and watch the morning dispatch.",
        "Lunch with the operations team.",
    ),
}
_ACTIONS = (*("call",) * 3, *("email",) * 3, *("action_item",) * 3, "in_person")


def task_records(
    contacts: list[Contact],
    opportunities: list[Record],
    scale: int,
    random: Random,
    today: date,
    numbers: Provisional,
) -> Iterator[Record]:
    """Make each seller's own tasks, most about prospects, some about accounts and opportunities."""
    for user in USERS:
        mine = [each for each in contacts if each.owner is user]
        deals = [deal for deal in opportunities if deal.relationships["owner"] == user.identifier]
        if user.locked or not mine:
            continue
        for _ in range(scale):
            for days in (*_DONE_DAYS, *_OPEN_DAYS):
                done = days in _DONE_DAYS
                due = _due(today, days, random)
                contact = random.choice(mine)
                deal = random.choice(deals) if deals and random.random() < 0.2 else None
                yield _task(user, contact, deal, due, random, today, numbers, done=done)


def _task(
    user: User,
    contact: Contact,
    deal: Record | None,
    due: datetime,
    random: Random,
    today: date,
    numbers: Provisional,
    *,
    done: bool,
) -> Record:
    subject, mirrors, known = _subject(contact, deal, random)
    action = random.choice(_ACTIONS)
    latest = min(due, midnight(today)).date()
    # An e-mail or a call promised to a prospect is a follow-up; what one sets oneself is manual.
    follows_up = action in ("call", "email") and subject.type == "prospect" and random.random() < 0.4
    created = max(known, past(latest, random.randrange(1, 7), random))
    done = done and created < due
    finished = due if done else None
    attributes = {
        "action": action,
        "taskType": "follow_up" if follows_up else "manual",
        "note": random.choice(_NOTES[action]),
        "opportunityAssociation": "recent_created" if subject.type == "opportunity" else None,
        "state": "complete" if done else "incomplete",
        "completed": done,
        "completedAt": stamp(due) if finished else None,
        "dueAt": stamp(due),
        "stateChangedAt": stamp(finished or created),
        "createdAt": stamp(created),
        "updatedAt": stamp(finished or created),
    }
    priority = TASK_PRIORITIES[random.choices(list(TASK_PRIORITIES), (5, 20, 65, 10))[0]][0]
    relationships: dict[str, Linkage] = {
        "subject": subject,
        **mirrors,
        "owner": user.identifier,
        "creator": user.identifier,
        "completer": user.identifier if finished else None,
        "taskPriority": Identifier("taskPriority", priority),
    }
    if action == "in_person":
        relationships["taskPurpose"] = Identifier("taskPurpose", random.choice(list(TASK_PURPOSES.values())))
        if finished:
            relationships["taskDisposition"] = Identifier("taskDisposition", TASK_DISPOSITIONS["Meeting Held"])
    return Record("task", numbers.take("task").id, attributes, relationships)


def _due(today: date, days: int, random: Random) -> datetime:
    if days < 0:
        return past(today, -days, random)
    due = at_work(today + timedelta(days=days), random)
    return upcoming(due, random) if days else due


def _subject(contact: Contact, deal: Record | None, random: Random) -> tuple[Identifier, dict[str, Linkage], datetime]:
    """Return what a task is about, the read-only mirrors of it, and since when it exists."""
    if deal:
        here = Identifier("opportunity", deal.id)
        mirrors: dict[str, Linkage] = {"opportunity": here, "account": deal.relationships["account"]}
        return here, mirrors, datetime.fromisoformat(deal.attributes["createdAt"])
    if contact.company and random.random() < 0.15:
        return contact.company.identifier, {"account": contact.company.identifier}, contact.company.created
    account = contact.company.identifier if contact.company else None
    return contact.identifier, {"prospect": contact.identifier, "account": account}, contact.created
