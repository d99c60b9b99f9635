"""The people that the demo organisation sells to: plans first, so that their activity can be made before they are."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import date, datetime
from random import Random

from outreach_sandbox.organisation.accounts import Company
from outreach_sandbox.organisation.people import ME, USERS, User
from outreach_sandbox.organisation.time import past
from outreach_sandbox.organisation.words import Place, plain, words
from outreach_sandbox.records import Identifier

_FIRST_ID = 401
_PER_SCALE = 300


@dataclass(frozen=True, slots=True)
class Contact:
    """One person, before it becomes a prospect. `is_idle` keeps it out of every sequence."""

    id: int
    first: str
    last: str
    title: str
    persona: str
    email: str
    second_email: str | None
    phone: str
    mobile: str | None
    place: Place
    company: Company | None
    owner: User
    created: datetime
    is_idle: bool = False

    @property
    def identifier(self) -> Identifier:
        """The resource identifier."""
        return Identifier("prospect", self.id)

    @property
    def work_phone(self) -> Identifier:
        """The identifier of the record of `phone`."""
        return Identifier("phoneNumber", self.id * 2)

    @property
    def company_name(self) -> str:
        """The company's name as a mail would write it."""
        return self.company.natural_name if self.company else "your team"


def plan_contacts(random: Random, scale: int, today: date, companies: list[Company]) -> list[Contact]:
    """Return the people, oldest first, each created after its company and with an address of its own."""
    ages = sorted((2 + int(420 * random.random() ** 1.2) for _ in range(_PER_SCALE * scale)), reverse=True)
    born = [company.created for company in companies]
    acme = next(company for company in companies if company.name == "Acme Inc")
    taken: set[str] = set()
    contacts: list[Contact] = []
    created = past(today, 430, random)
    for index, age in enumerate(ages):
        created = max(created, past(today, age, random))
        known = bisect_right(born, created)
        company = companies[random.randrange(known)] if known and random.random() < 0.93 else None
        contact = _contact(_FIRST_ID + index, company, created, random)
        contact = _with_free_address(_fixed(contact, acme), taken)
        taken.add(contact.email)
        contacts.append(contact)
    return contacts


def _fixed(contact: Contact, acme: Company) -> Contact:
    """Replace the people that the connector document's samples enrol, look for at Acme Inc, and erase."""
    match contact.id:
        case 456:
            return _at_acme(contact, acme, "Marcus", "Holloway", "VP Operations", "Executive")
        case 457:
            return _at_acme(contact, acme, "Renée", "Dubois", "VP Customer Service", "Executive")
        case 458:
            return _at_acme(contact, acme, "Deepa", "Mehta", "Head of Dispatch", "Operations Leader")
        case 471:
            jane = replace(contact, first="Jane", last="Smith", email="jane.smith@company.com", second_email=None)
            return replace(jane, company=None, is_idle=True)
        case _:
            return contact


def _at_acme(contact: Contact, acme: Company, first: str, last: str, title: str, persona: str) -> Contact:
    email = f"{plain(first)}.{plain(last)}@{acme.domain}"
    return replace(
        contact,
        first=first,
        last=last,
        title=title,
        persona=persona,
        email=email,
        company=acme,
        owner=ME,
        second_email=None,
        phone=f"{acme.place.phone}{contact.phone[-2:]}",
        mobile=None,
        place=acme.place,
        is_idle=True,
    )


def _contact(number: int, company: Company | None, created: datetime, random: Random) -> Contact:
    vocabulary = words()
    first, last = random.choice(vocabulary.first_names), random.choice(vocabulary.last_names)
    persona = random.choice(list(vocabulary.personas))
    owners = [user for user in USERS if user.share]
    owner = random.choices(owners, [user.share for user in owners])[0]
    if company and random.random() < 0.7:
        owner = company.owner
    place = company.place if company and random.random() < 0.8 else random.choice(vocabulary.places)
    local = f"{plain(first)}.{plain(last)}"
    return Contact(
        id=number,
        first=first,
        last=last,
        title=random.choice(vocabulary.personas[persona]),
        persona=persona,
        email=f"{local}@{company.domain if company else 'mailbox.example'}",
        second_email=f"{local}{number}@mailbox.example" if random.random() < 0.08 else None,
        phone=f"{place.phone}{random.randrange(100):02}",
        mobile=f"{place.phone}{random.randrange(100):02}" if random.random() < 0.4 else None,
        place=place,
        company=company,
        owner=owner,
        created=created,
    )


def _with_free_address(contact: Contact, taken: set[str]) -> Contact:
    local, _, domain = contact.email.partition("@")
    number = 2
    email = contact.email
    while email in taken:
        email = f"{local}{number}@{domain}"
        number += 1
    return replace(contact, email=email)
