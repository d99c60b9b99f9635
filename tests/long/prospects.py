"""As many prospects as a walk needs, of the kinds that the demo organisation has."""

from outreach_sandbox.records import Record
from tests.support.workbench import organisation


def many(count: int) -> tuple[Record, ...]:
    """Return an organisation with so many prospects."""
    people = [record for record in organisation() if record.type == "prospect"]
    others = tuple(record for record in organisation() if record.type in ("user", "role", "profile"))
    made: list[Record] = []
    for number in range(count):
        model = people[number % len(people)]
        links = {name: link for name, link in model.relationships.items() if name == "owner"}
        made.append(Record("prospect", 10_000 + number, {**model.attributes, "emails": []}, links))
    return (*others, *made)
