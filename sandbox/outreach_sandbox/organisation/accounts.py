"""The companies that the demo organisation sells to: plans first, so that people and deals can refer to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count, product
from random import Random

from outreach_sandbox.organisation.people import ADMINISTRATOR, ME, USERS, User
from outreach_sandbox.organisation.time import midnight, past, soon, stamp
from outreach_sandbox.organisation.words import Place, plain, words
from outreach_sandbox.records import Identifier, Linkage, Record

_FIRST_ID = 52
_PER_SCALE = 60
_ACME = 3  # where Acme Inc, which the connector document's samples look for, stands in the list
TOOLS = ("Spreadsheets", "Whiteboard", "ServicePilot", "In-house tool", "Legacy ERP module", "Unknown")
_SIZES = (35, 60, 90, 140, 220, 400, 650, 1200, 3500)


@dataclass(frozen=True, slots=True)
class Company:
    """One company, before it becomes an account."""

    id: int
    name: str
    natural_name: str
    domain: str
    industry: str
    place: Place
    size: int
    owner: User
    is_customer: bool
    created: datetime

    @property
    def identifier(self) -> Identifier:
        """The resource identifier."""
        return Identifier("account", self.id)


def plan_companies(random: Random, scale: int, today: date) -> list[Company]:
    """Return the companies, oldest first."""
    number = _PER_SCALE * scale
    ages = sorted((8 + int(1050 * random.random() ** 0.7) for _ in range(number)), reverse=True)
    names = _names(random)
    owners = [user for user in USERS if user.share]
    shares = [user.share for user in owners]
    companies: list[Company] = []
    created = past(today, 1060, random)
    for index, age in enumerate(ages):
        created = max(created, past(today, age, random))
        industry, natural_name, domain = next(names)
        name = f"{natural_name} {random.choice(('Inc', 'LLC', 'Group', 'Ltd', 'Corp'))}"
        owner = random.choices(owners, shares)[0]
        is_customer = random.random() < 0.22
        if index == _ACME:
            industry, natural_name, domain, name = "Facilities Services", "Acme", "acme.example", "Acme Inc"
            owner, is_customer = ME, True
        place, size = random.choice(words().places), int(random.choice(_SIZES) * random.uniform(0.8, 1.3))
        companies.append(
            Company(_FIRST_ID + index, name, natural_name, domain, industry, place, size, owner, is_customer, created)
        )
    return companies


def account_records(
    companies: list[Company], touched: dict[Identifier, str], random: Random, today: date
) -> Iterator[Record]:
    """Make the accounts; `touched` tells when somebody of the company was last contacted."""
    for company in companies:
        created = stamp(company.created)
        last = touched.get(company.identifier)
        changed = stamp(soon(company.created, random, hours=24 * 90, end=midnight(today)))
        yield Record(
            "account",
            company.id,
            {
                "name": company.name,
                "naturalName": company.natural_name,
                "domain": company.domain,
                "websiteUrl": f"https://www.{company.domain}",
                "linkedInUrl": f"https://linkedin.example/company/{company.domain.partition('.')[0]}",
                "linkedInEmployees": int(company.size * 0.8),
                "industry": company.industry,
                "companyType": "Public Company" if company.size > 1000 else "Privately Held",
                "locality": f"{company.place.city}, {company.place.state}",
                "numberOfEmployees": company.size,
                "annualRevenueRange": f"${company.size // 8 + 1}M-${company.size // 4 + 2}M",
                "foundedAt": f"{random.randrange(1948, 2016)}-01-01T00:00:00.000Z",
                "followers": random.randrange(40, 9000),
                "named": True,
                "customId": f"CRM-{100000 + company.id * 7}",
                "externalSource": random.choice(("crm", "crm", "csv-import", "outreach-api")),
                "buyerIntentScore": round(random.uniform(5, 95), 1),
                "description": f"{company.industry} company with about {company.size} employees.",
                "tags": _tags(company, random),
                "naicsCodes": [],
                "sicCodes": [],
                "custom1": str(max(5, company.size // random.randrange(3, 7))),
                "custom2": random.choice(TOOLS) if not company.is_customer else "Fieldlight Dispatch",
                "createdAt": created,
                "updatedAt": max(changed, last or changed),
                "touchedAt": last,
            },
            _people(company),
        )


def _people(company: Company) -> dict[str, Linkage]:
    owner = company.owner.identifier
    return {"owner": owner, "creator": ADMINISTRATOR.identifier, "updater": owner}


def _tags(company: Company, random: Random) -> list[str]:
    tags = ["Customer" if company.is_customer else random.choice(("Tier 1", "Tier 2", "Tier 3"))]
    if company.size > 800:
        tags.append("Enterprise")
    return tags


def _names(random: Random) -> Iterator[tuple[str, str, str]]:
    """Yield industry, natural name and domain without end: each combination once, then again with a numeral."""
    trades = [(industry, noun) for industry, nouns in words().trades.items() for noun in nouns]
    combinations = list(product(words().company_stems, trades))
    random.shuffle(combinations)
    for round_ in count(1):
        for stem, (industry, noun) in combinations:
            natural_name = f"{stem} {noun}" if round_ == 1 else f"{stem} {noun} {round_}"
            yield industry, natural_name, f"{plain(natural_name)}.example"
