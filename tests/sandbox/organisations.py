"""Demo organisations that the tests look at: several numbers, and days on which the calendar is awkward."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from outreach_sandbox.organisation import demo_organisation
from outreach_sandbox.records import Identifier, Linkage, Record

FRIDAY, SUNDAY, NEW_YEAR, LEAP_MONDAY = date(2025, 11, 21), date(2025, 11, 23), date(2024, 1, 1), date(2024, 3, 4)
SEVERAL = ((1, FRIDAY), (1, SUNDAY), (2, NEW_YEAR), (3, LEAP_MONDAY))


@dataclass(frozen=True, slots=True)
class Organisation:
    """The records of one organisation, and the day on which it was made."""

    today: date
    records: dict[Identifier, Record]
    listed: list[Record]

    @property
    def midnight(self) -> str:
        return f"{self.today.isoformat()}T00:00:00.000Z"

    def all(self, type_name: str) -> list[Record]:
        return [record for record in self.listed if record.type == type_name]

    def get(self, type_name: str, record_id: int) -> Record:
        return self.records[Identifier(type_name, record_id)]

    def to(self, record: Record, relationship: str) -> Record:
        target = record.relationships[relationship]
        assert isinstance(target, Identifier)
        return self.records[target]


@cache
def make(number: int, today: date, scale: int = 1) -> Organisation:
    listed = list(demo_organisation(number, scale, today=today))
    return Organisation(today, {Identifier(record.type, record.id): record for record in listed}, listed)


def identifiers(linkage: Linkage) -> tuple[Identifier, ...]:
    if linkage is None:
        return ()
    return (linkage,) if isinstance(linkage, Identifier) else linkage
