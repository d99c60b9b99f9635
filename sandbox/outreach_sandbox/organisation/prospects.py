"""Prospects of the demo organisation with their addresses and phone numbers, as their contacts' activity left them."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from random import Random
from typing import Any

from outreach_sandbox.organisation.contacts import Contact
from outreach_sandbox.organisation.custom_fields import BUYING_ROLES
from outreach_sandbox.organisation.enrolments import Enrolment
from outreach_sandbox.organisation.people import ADMINISTRATOR
from outreach_sandbox.organisation.settings import PERSONAS, stage
from outreach_sandbox.organisation.tallies import History
from outreach_sandbox.organisation.time import midnight, soon, stamp
from outreach_sandbox.organisation.words import plain, words
from outreach_sandbox.records import Identifier, Linkage, Record

_TAGS = ("Decision Maker", "Champion", "Webinar", "Expo", "Newsletter", "Referral")
_SOURCES = ("Website", "Webinar", "Referral", "Trade show", "Outbound list", "Partner")
_STAGES = {
    "pending": "New",
    "active": "Approaching",
    "paused": "Approaching",
    "finished": "Unresponsive",
    "failed": "Cold",
    "bounced": "Bad Contact Info",
    "opted_out": "Do Not Contact",
}
_REPLIES = {"positive": "Interested", "neutral": "Replied", "negative": "Not Interested", None: "Replied"}


def prospect_records(
    contacts: list[Contact],
    enrolments: list[Enrolment],
    histories: Mapping[Identifier, History],
    random: Random,
    today: date,
) -> Iterator[Record]:
    """Make the prospects, their e-mail addresses and their phone numbers."""
    last = {enrolment.contact.id: enrolment for enrolment in enrolments}
    for contact in contacts:
        enrolment = last.get(contact.id)
        history = histories.get(contact.identifier, History())
        # A few asked to be left alone before anybody put them into a sequence, or wrote to them.
        asked = enrolment is None and not contact.is_idle and random.random() < 0.1 and not history.is_written_to
        opted_out = enrolment.changed if enrolment and enrolment.state == "opted_out" else None
        if asked:
            opted_out = soon(contact.created, random, hours=24 * 30, end=midnight(today))
        yield _prospect(contact, enrolment, history, opted_out, random)
        yield from _addresses(contact, opted_out, enrolment)
        yield from _phones(contact)


def _prospect(
    contact: Contact, enrolment: Enrolment | None, history: History, opted_out: datetime | None, random: Random
) -> Record:
    created = stamp(contact.created)
    changed = [created, *(moment for moment in (history.touched, history.engaged) if moment)]
    if opted_out:
        changed.append(stamp(opted_out))
    if enrolment:
        changed.append(stamp(enrolment.changed))
    company, place = contact.company, contact.place
    slug = f"{plain(contact.first)}-{plain(contact.last)}-{contact.id}"
    attributes: dict[str, Any] = {
        "firstName": contact.first,
        "lastName": contact.last,
        "name": f"{contact.first} {contact.last}",
        "title": contact.title,
        "occupation": contact.title,
        "company": company.name if company else None,
        "emails": [email for email in (contact.email, contact.second_email) if email],
        "workPhones": [_dialled(contact.phone)],
        "mobilePhones": [_dialled(contact.mobile)] if contact.mobile else [],
        "homePhones": [],
        "otherPhones": [],
        "voipPhones": [],
        "addressCity": place.city,
        "addressState": place.state,
        "addressZip": place.zip,
        "addressCountry": place.country,
        "timeZone": place.time_zone,
        "timeZoneIana": place.time_zone,
        "timeZoneInferred": place.time_zone,
        "linkedInUrl": f"https://linkedin.example/in/{slug}",
        "linkedInSlug": slug,
        "linkedInConnections": random.randrange(60, 900),
        "websiteUrl1": f"https://www.{company.domain}" if company else None,
        "externalSource": random.choice(("crm", "crm", "csv-import", "outreach-api")),
        "externalId": f"CRM-P{contact.id * 13}",
        "source": random.choice(_SOURCES),
        "tags": sorted(random.sample(_TAGS, random.choice((0, 0, 1, 1, 2)))),
        "score": round(random.uniform(10, 95), 1),
        "engagedScore": float(history.opens + 3 * history.clicks + 10 * history.replies),
        "openCount": history.opens,
        "clickCount": history.clicks,
        "replyCount": history.replies,
        "contactHistogram": history.histogram,
        "touchedAt": history.touched,
        "engagedAt": history.engaged,
        "optedOut": opted_out is not None,
        "optedOutAt": stamp(opted_out) if opted_out else None,
        "emailOptedOut": opted_out is not None,
        "emailsOptStatus": "opted_out" if opted_out else None,
        "emailsOptedAt": stamp(opted_out) if opted_out else None,
        "emailsOptedOutAt": stamp(opted_out) if opted_out else None,
        "callsOptedOutAt": stamp(opted_out) if opted_out else None,
        "callOptedOut": opted_out is not None,
        "callsOptStatus": "opted_out" if opted_out else None,
        "callsOptedAt": stamp(opted_out) if opted_out else None,
        "addedAt": created,
        "createdAt": created,
        "updatedAt": max(changed),
    }
    if company and random.random() < 0.4:
        attributes |= {"custom1": _assistant(contact), "custom2": random.choice(BUYING_ROLES)}
    owner = contact.owner.identifier
    relationships: dict[str, Linkage] = {
        "account": company.identifier if company else None,
        "owner": owner,
        "creator": ADMINISTRATOR.identifier,
        "updater": owner,
        "persona": Identifier("persona", PERSONAS[contact.persona]),
        "stage": stage(_stage(contact, enrolment, opted_out)),
    }
    return Record("prospect", contact.id, attributes, relationships)


def _assistant(contact: Contact) -> str:
    vocabulary = words()
    first = vocabulary.first_names[contact.id % len(vocabulary.first_names)]
    return f"{first} {vocabulary.last_names[contact.id % len(vocabulary.last_names)]}"


def _dialled(number: str) -> str:
    """Return a number as it is dialled, which is how its record and the prospect's list both have it."""
    return number.replace(" ", "")


def _stage(contact: Contact, enrolment: Enrolment | None, opted_out: datetime | None) -> str:
    if opted_out:
        return "Do Not Contact"
    if enrolment and enrolment.state == "bounced":
        return "Bad Contact Info"
    if contact.company and contact.company.is_customer:
        return "Customer"
    if enrolment is None:
        return "New" if contact.id % 3 else "Cold"
    if any(touch.result == "met" for touch in enrolment.touches):
        return "Meeting Booked" if contact.id % 2 else "Sales Qualified"
    if enrolment.reply:
        return _REPLIES[enrolment.reply.sentiment]
    return _STAGES[enrolment.state]


def _addresses(contact: Contact, opted_out: datetime | None, enrolment: Enrolment | None) -> Iterator[Record]:
    created = stamp(contact.created)
    left = stamp(opted_out) if opted_out else None
    # Mail goes to the first address; one that came back marks it (recorded: `bouncedAt`).
    bounced = stamp(enrolment.changed) if enrolment and enrolment.state == "bounced" else None
    for order, (email, kind) in enumerate(((contact.email, "work"), (contact.second_email, "personal"))):
        if email:
            attributes = {
                "email": email,
                "emailType": kind,
                "order": order,
                "unsubscribedAt": left,
                "bouncedAt": bounced if order == 0 else None,
                "createdAt": created,
                "updatedAt": max(each for each in (created, left, None if order else bounced) if each),
            }
            yield Record("emailAddress", contact.id * 2 + order, attributes, {"prospect": contact.identifier})


def _phones(contact: Contact) -> Iterator[Record]:
    created = stamp(contact.created)
    for order, (number, kind) in enumerate(((contact.phone, "work"), (contact.mobile, "mobile"))):
        if number:
            attributes = {
                "number": _dialled(number),
                "rawNumber": number,
                "phoneType": kind,
                "countryCode": contact.place.code,
                "order": order,
                "createdAt": created,
                "updatedAt": created,
            }
            yield Record("phoneNumber", contact.work_phone.id + order, attributes, {"prospect": contact.identifier})
