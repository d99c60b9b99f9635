"""Mailings of the demo organisation, each with its recipient: what a sequence's steps sent, and single ones."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from outreach_sandbox.organisation.contacts import Contact
from outreach_sandbox.organisation.enrolments import Enrolment, Touch
from outreach_sandbox.organisation.numbers import Provisional
from outreach_sandbox.organisation.people import DOMAIN, User, address_hash
from outreach_sandbox.organisation.sequences import Template, html
from outreach_sandbox.organisation.time import midnight, past, soon, stamp
from outreach_sandbox.records import Identifier, Linkage, Record

_SINGLES = (
    (
        "Notes from our call",
        "Thanks for the time today. As discussed, I will send the security questionnaire back by Friday.",
    ),
    (
        "Pricing for {{company}}",
        "Attached is the price for the number of technicians you named. It holds until the end of the month.",
    ),
    (
        "Agenda for Tuesday",
        "Here is what I would like to cover: current process, live demo, open questions.\n\nAnything to add?",
    ),
    (
        "Introduction to our implementation lead",
        "Meet the colleague who would run the rollout. Most teams are live after three weeks.",
    ),
)
_WEIGHTS = {"delivered": 30, "opened": 32, "replied": 20, "drafted": 10, "scheduled": 8}


def step_mailing(
    enrolment: Enrolment,
    touch: Touch,
    template: Template,
    task: Identifier | None,
    numbers: Provisional,
    random: Random,
) -> list[Record]:
    """Make the mailing of a touch and its recipient; one that waits is a draft (manual) or scheduled (automatic)."""
    contact = enrolment.contact
    waiting = "scheduled" if touch.step.is_automatic else "drafted"
    state = {"waiting": waiting, "clicked": "opened", "opted_out": "opened"}.get(touch.result, touch.result)
    relationships: dict[str, Linkage] = {
        "sequence": enrolment.sequence.identifier,
        "sequenceState": Identifier("sequenceState", enrolment.id),
        "sequenceStep": Identifier("sequenceStep", touch.step.id),
        "template": Identifier("template", template.id),
        "task": task,
    }
    text = (fill(template.subject, contact, contact.owner), fill(template.body, contact, contact.owner))
    times = _times(touch.entered, touch.due, touch.done, touch.reacted, state, random)
    if touch.result == "clicked":
        times |= {"clickedAt": times["openedAt"], "clickCount": random.randrange(1, 3)}
    if touch.result == "opted_out":
        times["unsubscribedAt"] = times["openedAt"]
    if touch.result == "failed":
        times["errorReason"] = "The mailbox's provider refused to send the message."
    return _mailing(contact, text, "sequence", {**times, "state": state}, relationships, numbers)


def single_mailings(
    contacts: list[Contact], enrolments: list[Enrolment], random: Random, today: date, numbers: Provisional
) -> Iterator[Record]:
    """Make e-mails that people wrote by hand, outside every sequence, to one in ten of the contacts with an account.

    Nobody is written to after opting out.
    """
    end = midnight(today)
    opted_out = {each.contact.id: each.changed for each in enrolments if each.state == "opted_out"}
    for contact in contacts:
        if contact.is_idle or contact.owner.locked or not contact.company or random.random() > 0.1:
            continue
        subject, body = random.choice(_SINGLES)
        body = "Hi {{first_name}},\n\n" + body + "\n\n{{sender.first_name}}"
        text = (fill(subject, contact, contact.owner), fill(body, contact, contact.owner))
        state = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        days = random.randrange(1, 4) if state in ("drafted", "scheduled") else random.randrange(1, 60)
        created = max(past(today, days, random), contact.created + timedelta(minutes=10))
        is_open = state in ("drafted", "scheduled")
        due = end + timedelta(hours=random.randrange(13, 40)) if is_open else created + timedelta(minutes=1)
        done = None if is_open else due
        reacted = soon(due, random, hours=50, end=end) if state in ("opened", "replied") else None
        times = _times(created, due, done, reacted, state, random)
        if state == "drafted":
            times["scheduledAt"] = None
        if contact.id in opted_out and opted_out[contact.id] <= due:
            continue
        yield from _mailing(contact, text, "single", {**times, "state": state}, {}, numbers)


def fill(text: str, contact: Contact, sender: User) -> str:
    """Return a template's text with its variables filled in."""
    return (
        text.replace("{{first_name}}", contact.first)
        .replace("{{company}}", contact.company_name)
        .replace("{{sender.first_name}}", sender.first)
    )


def _times(
    created: datetime, due: datetime, done: datetime | None, reacted: datetime | None, state: str, random: Random
) -> dict[str, Any]:
    changed = reacted or done or created
    times: dict[str, Any] = {
        "createdAt": stamp(created),
        "updatedAt": stamp(changed),
        "stateChangedAt": stamp(changed),
        "scheduledAt": stamp(due),
        "openCount": 0,
        "clickCount": 0,
    }
    if done and state == "bounced":
        times["bouncedAt"] = stamp(done)
    elif done and state != "failed":
        times["deliveredAt"] = stamp(done)
        times["messageId"] = f"<{random.getrandbits(64):016x}@mail.{DOMAIN}>"
    if done and reacted:
        times["openedAt"] = stamp(reacted)
        times["openCount"] = random.choices((1, 2, 3, 5), (60, 25, 10, 5))[0]
    if reacted and state == "replied":
        times["repliedAt"] = stamp(reacted)
    return times


def _mailing(
    contact: Contact,
    text: tuple[str, str],
    kind: str,
    times: dict[str, Any],
    relationships: dict[str, Linkage],
    numbers: Provisional,
) -> list[Record]:
    subject, body = text
    mailing, recipient = numbers.take("mailing"), numbers.take("recipient")
    mailbox = Identifier("mailbox", contact.owner.mailboxes[0])
    attributes: dict[str, Any] = {
        "subject": subject,
        "bodyHtml": html(body),
        "bodyText": body,
        "mailingType": kind,
        "mailboxAddress": contact.owner.email,
        "trackOpens": True,
        "trackLinks": True,
        "overrideSafetySettings": False,
        "retryCount": 3 if times["state"] == "failed" else 0,
        "references": [],
        **times,
    }
    return [
        Record(
            "recipient",
            recipient.id,
            {
                "value": contact.email,
                "emailHash": address_hash(contact.email),
                "recipientType": "to",
                "primary": True,
                "createdAt": times["createdAt"],
                "updatedAt": times["createdAt"],
            },
            {"prospect": contact.identifier},
        ),
        Record(
            "mailing",
            mailing.id,
            attributes,
            {
                "mailbox": mailbox,
                "prospect": contact.identifier,
                "user": contact.owner.identifier,
                "recipients": (recipient,),
                **relationships,
            },
        ),
    ]
