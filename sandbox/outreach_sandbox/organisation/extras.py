"""The records that people keep for themselves: notes, snippets, stand-alone templates, favorites."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from outreach_sandbox.organisation.contacts import Contact
from outreach_sandbox.organisation.numbers import Provisional
from outreach_sandbox.organisation.people import ME, USERS
from outreach_sandbox.organisation.sequences import html, sequences
from outreach_sandbox.organisation.time import midnight, past, soon, stamp
from outreach_sandbox.records import Linkage, Record

_NOTES = (
    ("call", "Dispatches 60 jobs a day from a spreadsheet. The pain is on Monday mornings."),
    ("meeting", "Met at the regional trade fair. Interested, but the budget is frozen until the new fiscal year."),
    ("note", "Prefers e-mail to calls. Replies late in the evening."),
    ("coffee", "Used Fieldlight at the previous company and would bring it along."),
    ("note", "Reports to the chief operating officer, who has the last word."),
)
_ACCOUNT_NOTES = (
    ("meeting", "Annual review: happy with Dispatch, asked for Route Optimizer in two depots first."),
    ("note", "Merger announced. Expect a new procurement process."),
    ("call", "Contract with the current vendor ends in nine months."),
)
_SNIPPETS = (
    ("Meeting link", "You can pick a time that suits you here: https://fieldlight.example/meet"),
    ("Security one-liner", "Fieldlight is hosted in two regions, and your data never leaves the one that you choose."),
    ("Reference: utility", "A utility with 140 technicians cut repeat visits by 23% in its first quarter with us."),
    ("Out of office answer", "Thanks for letting me know. I will get back to you after your return."),
)
_TEMPLATES = (
    (
        "Thank you after a demo",
        "Thank you for your time, {{first_name}}",
        "Thank you for the good questions today. The recording is attached.",
        False,
    ),
    (
        "Introduction by a colleague",
        "{{first_name}}, meet your new contact",
        "From this week on I am your contact at Fieldlight.",
        False,
    ),
    ("Price change (old)", "Our prices for the coming year", "Here are our prices for the coming year.", True),
)
_FIRST_TEMPLATE = 912


def extra_records(contacts: list[Contact], random: Random, today: date, numbers: Provisional) -> Iterator[Record]:
    """Make a handful of each."""
    yield from _templates(random, today)
    yield from _snippets(random, today)
    end = midnight(today)
    mine = [contact for contact in contacts if contact.owner is ME]
    for kind, message in _NOTES:
        contact = random.choice(mine)
        written = soon(contact.created, random, hours=24 * 60, end=end)
        attributes = _note(kind, message, stamp(written), pinned=kind == "coffee")
        number = numbers.take("prospectNote").id
        yield Record("prospectNote", number, attributes, {"prospect": contact.identifier, "creator": ME.identifier})
    companies = [contact.company for contact in mine if contact.company]
    for kind, message in _ACCOUNT_NOTES:
        company = random.choice(companies)
        written = soon(company.created, random, hours=24 * 60, end=end)
        attributes = _note(kind, message, stamp(written), pinned=False)
        number = numbers.take("accountNote").id
        yield Record("accountNote", number, attributes, {"account": company.identifier, "creator": ME.identifier})
    yield from _favorites(random.choice(mine), random, today, numbers)


def _note(kind: str, message: str, written: str, *, pinned: bool) -> dict[str, Any]:
    return {"noteType": kind, "message": message, "pinned": pinned, "createdAt": written}


def _favorites(contact: Contact, random: Random, today: date, numbers: Provisional) -> Iterator[Record]:
    targets = [sequences()[1].identifier, sequences()[6].identifier, contact.identifier]
    for target in [*targets, *([contact.company.identifier] if contact.company else [])]:
        created = stamp(past(today, random.randrange(2, 15), random))
        number = numbers.take("favorite").id
        attributes: dict[str, Any] = {"targetId": target.id, "targetType": target.type}
        attributes |= {"createdAt": created, "updatedAt": created}
        people: dict[str, Linkage] = {"user": ME.identifier, "creator": ME.identifier}
        yield Record("favorite", number, attributes, {"target": target, **people})


def _templates(random: Random, today: date) -> Iterator[Record]:
    for number, (name, subject, message, archived) in enumerate(_TEMPLATES, start=_FIRST_TEMPLATE):
        body = f"Hi {{{{first_name}}}},\n\n{message}\n\n{{{{sender.first_name}}}}"
        created = past(today, 200 + random.randrange(100), random)
        changed = created + timedelta(days=30)
        owner = random.choice(USERS[:6]).identifier
        attributes: dict[str, Any] = {
            "name": name,
            "subject": subject,
            "bodyHtml": html(body),
            "bodyText": body,
            "shareType": "read_only",
            "archived": archived,
            "archivedAt": stamp(changed) if archived else None,
            "trackOpens": True,
            "trackLinks": True,
            "tags": [],
            "toRecipients": [],
            "ccRecipients": [],
            "bccRecipients": [],
            "createdAt": stamp(created),
            "updatedAt": stamp(changed),
        }
        yield Record("template", number, attributes, {"owner": owner, "creator": owner, "updater": owner})


def _snippets(random: Random, today: date) -> Iterator[Record]:
    for number, (name, text) in enumerate(_SNIPPETS, start=31):
        created = stamp(past(today, 90 + random.randrange(200), random))
        owner = random.choice(USERS[:6]).identifier
        attributes: dict[str, Any] = {
            "name": name,
            "bodyHtml": html(text),
            "bodyText": text,
            "shareType": "shared",
            "tags": [],
            "createdAt": created,
            "updatedAt": created,
        }
        yield Record("snippet", number, attributes, {"owner": owner, "creator": owner, "updater": owner})
