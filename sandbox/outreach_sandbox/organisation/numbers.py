"""Ids of what happens in the demo organisation: provisional while it is made, final ones in order of creation."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

from outreach_sandbox.records import Identifier, Linkage, Record

# High enough for an organisation that has been at work for years, and so that the mailing 12345 and the
# opportunity prospect role 12345, which the connector document's samples name, are among them.
FIRST_IDS = {
    "sequenceState": 5201,
    "mailing": 12102,
    "recipient": 30211,
    "call": 8402,
    "task": 20117,
    "event": 186201,
    "emailAddress": 1501,
    "phoneNumber": 2210,
    "opportunity": 903,
    "opportunityProspectRole": 12307,
    "auditLog": 40101,
    "complianceRequest": 61,
    "prospectNote": 310,
    "accountNote": 120,
    "favorite": 44,
}


@dataclass(slots=True)
class Provisional:
    """Hands out ids that are unique per type until `in_order_of_creation` gives the final ones."""

    counters: defaultdict[str, Iterator[int]] = field(default_factory=lambda: defaultdict(lambda: count(1)))

    def take(self, type_name: str) -> Identifier:
        """Return a fresh identifier of a type."""
        return Identifier(type_name, next(self.counters[type_name]))


def in_order_of_creation(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records, those of the types in `FIRST_IDS` numbered by `createdAt`, and references changed alike."""
    everything = list(records)
    by_type: defaultdict[str, list[Record]] = defaultdict(list)
    for record in everything:
        if record.type in FIRST_IDS:
            by_type[record.type].append(record)
    final: dict[Identifier, Identifier] = {}
    for type_name, chosen in by_type.items():
        chosen.sort(key=lambda record: (_created(record), record.id))
        for number, record in enumerate(chosen, start=FIRST_IDS[type_name]):
            final[Identifier(type_name, record.id)] = Identifier(type_name, number)
    for record in everything:
        here = Identifier(record.type, record.id)
        relationships = {name: _renumbered(linkage, final) for name, linkage in record.relationships.items()}
        yield Record(record.type, final.get(here, here).id, record.attributes, relationships)


def _created(record: Record) -> str:
    # Audit logs are the one type without createdAt.
    return str(record.attributes.get("createdAt") or record.attributes["timestamp"])


def _renumbered(linkage: Linkage, final: dict[Identifier, Identifier]) -> Linkage:
    if linkage is None:
        return None
    if isinstance(linkage, Identifier):
        return final.get(linkage, linkage)
    return tuple(final.get(each, each) for each in linkage)
