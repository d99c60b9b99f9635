"""Opportunities of the demo organisation and who takes part in them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from outreach_sandbox.organisation.contacts import Contact
from outreach_sandbox.organisation.numbers import Provisional
from outreach_sandbox.organisation.people import USERS
from outreach_sandbox.organisation.settings import OPPORTUNITY_STAGES
from outreach_sandbox.organisation.time import at_work, midnight, past, soon, stamp, upcoming
from outreach_sandbox.records import Identifier, Linkage, Record

_PER_SCALE = 44
_ROLES = ("Champion", "Economic Buyer", "Technical Evaluator", "Influencer", "Executive Sponsor")
_LOST = ("Chose a competitor", "No budget", "No decision", "Built it themselves")
_LEADS = ("Outbound", "Website", "Webinar", "Trade Show", "Referral", "Advertisement")
_NEXT = {
    "Discovery": "Send the discovery summary and name the people who decide.",
    "Qualified": "Agree on the date of the demo with the dispatch team.",
    "Demo": "Collect feedback from the dispatchers.",
    "Proposal": "Walk through the proposal with finance.",
    "Negotiation": "Return the redlined contract.",
}


@dataclass(frozen=True, slots=True)
class _Phase:
    """The typical opportunities in one stage: their share, probability, forecast and days to the close."""

    share: int
    probability: int
    forecast: str
    closes_in: tuple[int, int]


_PHASES = {
    "Discovery": _Phase(8, 10, "Pipeline", (45, 120)),
    "Qualified": _Phase(9, 25, "Pipeline", (30, 90)),
    "Demo": _Phase(7, 40, "Pipeline", (20, 70)),
    "Proposal": _Phase(6, 60, "Best Case", (10, 45)),
    "Negotiation": _Phase(5, 80, "Commit", (3, 25)),
    "Closed Won": _Phase(9, 100, "Closed", (-150, -2)),
    "Closed Lost": _Phase(7, 0, "Omitted", (-150, -2)),
}


def deal_records(
    contacts: list[Contact], scale: int, random: Random, today: date, numbers: Provisional
) -> Iterator[Record]:
    """Make opportunities at companies that have prospects, with one to three of these in a role."""
    people: defaultdict[int, list[Contact]] = defaultdict(list)
    for contact in contacts:
        if contact.company:
            people[contact.company.id].append(contact)
    companies = sorted(people)
    stages, shares = list(_PHASES), [phase.share for phase in _PHASES.values()]
    for index in range(_PER_SCALE * scale):
        members = people[companies[random.randrange(len(companies))]]
        involved = random.sample(members, min(len(members), random.choice((1, 2, 2, 3))))
        # Every stage occurs, however small the organisation.
        drawn = random.choices(stages, shares)[0]
        chosen = stages[index] if index < len(stages) else drawn
        yield from _deal(involved, chosen, random, today, numbers)


def _deal(involved: list[Contact], stage: str, random: Random, today: date, numbers: Provisional) -> Iterator[Record]:
    end = midnight(today)
    first = involved[0]
    company = first.company
    if company is None:
        return
    phase = _PHASES[stage]
    number = numbers.take("opportunity")
    closes_in = random.randrange(*phase.closes_in)
    closed = stage.startswith("Closed")
    if closed:
        close = past(today, -closes_in, random)
    else:
        close = upcoming(at_work(today + timedelta(days=closes_in), random), random)
    known = max(contact.created for contact in involved)
    created = max(known + timedelta(hours=1), past(today, random.randrange(3, 60) + max(0, -closes_in), random))
    close = max(close, created)
    changed = close if closed else soon(created, random, hours=24 * 40, end=end)
    seats = max(5, company.size // random.randrange(4, 8))
    amount = seats * random.choice((240, 300, 360, 420))
    kind = random.choice(("Renewal", "Expansion")) if company.is_customer else "New Business"
    closers = [user for user in USERS if user.closes]
    owner = (company.owner if company.owner.closes else random.choice(closers)).identifier
    attributes = {
        "name": f"{company.natural_name}: {kind}, {seats} technicians",
        "amount": amount,
        "amountPrecise": f"{amount}.00",
        "currencyType": "USD",
        "closeDate": stamp(midnight(close.date())),
        "probability": phase.probability,
        "forecastCategory": phase.forecast,
        "opportunityType": kind,
        "leadSource": random.choice(_LEADS),
        "lostReason": random.choice(_LOST) if stage == "Closed Lost" else None,
        "nextStep": _NEXT.get(stage),
        "description": f"Fieldlight Dispatch for {seats} technicians in {company.place.city}.",
        "customId": f"CRM-O{number.id * 17}",
        "externalCreatedAt": stamp(created),
        "recordType": "Opportunity",
        "tags": ["Route Optimizer"] if random.random() < 0.25 else [],
        "touchedAt": stamp(changed),
        "createdAt": stamp(created),
        "updatedAt": stamp(changed),
    }
    stage_id = Identifier("opportunityStage", OPPORTUNITY_STAGES[stage][0])
    relationships: dict[str, Linkage] = {
        "account": company.identifier,
        "owner": owner,
        "creator": owner,
        "updater": owner,
        "opportunityStage": stage_id,
        "stage": stage_id,
        "primaryProspect": first.identifier,
    }
    yield Record("opportunity", number.id, attributes, relationships)
    roles = random.sample(_ROLES, len(involved))
    for contact, role in zip(involved, roles, strict=True):
        yield Record(
            "opportunityProspectRole",
            numbers.take("opportunityProspectRole").id,
            {"role": role, "primary": contact is first, "createdAt": stamp(created), "updatedAt": stamp(created)},
            {"opportunity": number, "prospect": contact.identifier},
        )
