"""Looks at records right before they are changed: who changed since the plan, left its selection, or is gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outreach_tools.catalog import ResourceType, resource_type
from outreach_tools.client import Client, JsonObject, Query, Request
from outreach_tools.engine.bulk.plan import Plan, Step
from outreach_tools.engine.bulk.service import Outcome
from outreach_tools.engine.bulk.unlisted import unlisted
from outreach_tools.engine.bulk.values import differing, held
from outreach_tools.engine.columns import value_of
from outreach_tools.engine.fetching import json_object, record_of, records_of
from outreach_tools.engine.included import related_id
from outreach_tools.engine.matching import few

CHANGED = "changed since the plan"
LEFT = "is not among the records that were meant any more"
GONE = "deleted since the plan"
ALREADY = Outcome("unchanged", "was so already")
ENROLLED = Outcome("unchanged", "is in the sequence already")

_IDS_AT_ONCE = 100
_MOST_FIELDS = 40  # more are asked for as the whole record
_OVER = frozenset({"finished", "opted_out", "bounced", "failed"})


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A prospect's way through a sequence: its id, its state, and when it was made."""

    id: int
    state: str
    created_at: str


async def look(client: Client, plan: Plan, steps: Mapping[int, Step]) -> dict[int, Outcome]:
    """Return what has come of those of some steps that are not to be applied, by their places; the others may be.

    What is compared is all that the plan read of a record: what is to change, what the filters look at, and when it was
    changed last.
    """
    came: dict[int, Outcome] = {}
    for kind in {step.record[0] for step in steps.values() if step.record}:
        resource = resource_type(kind)
        own = {place: step for place, step in steps.items() if step.record and step.record[0] == kind}
        selection = plan.selection if kind == plan.resource else ()
        found, inside = await _read(client, resource, own, selection)
        for place, step in own.items():
            outcome = _judged(resource, step, found, inside)
            if outcome is not None:
                came[place] = outcome
    enrolling = {place: step for place, step in steps.items() if place not in came and is_enrolment(step)}
    if enrolling:
        ways = await enrolled(client, [*enrolling.values()])
        for place, step in enrolling.items():
            if any(each.state not in _OVER for each in ways.get(person_of(step), ())):
                came[place] = ENROLLED
    return came


def is_enrolment(step: Step) -> bool:
    """Return whether a step puts a prospect into a sequence."""
    return step.kind == "create" and step.type == "sequenceState" and step.record is not None


def person_of(step: Step) -> tuple[int, int]:
    """Return the sequence and the prospect of an enrolment."""
    return int(step.after["sequence"]["id"]), int(step.after["prospect"]["id"])


async def enrolled(client: Client, steps: Sequence[Step]) -> dict[tuple[int, int], list[Enrolled]]:
    """Return the ways through their sequences of those whom some steps enrol, by sequence and prospect."""
    found: dict[tuple[int, int], list[Enrolled]] = {}
    people: dict[int, list[int]] = {}
    for step in steps:
        sequence, prospect = person_of(step)
        people.setdefault(sequence, []).append(prospect)
    for sequence, ids in people.items():
        for start in range(0, len(ids), _IDS_AT_ONCE):
            some = ",".join(map(str, ids[start : start + _IDS_AT_ONCE]))
            query: Query = (
                ("filter[sequence][id]", str(sequence)),
                ("filter[prospect][id]", some),
                ("fields[sequenceState]", "state,createdAt,prospect"),
                ("page[size]", "1000"),
            )
            for record in await _records(client, resource_type("sequenceState"), query):
                way = Enrolled(
                    int(record["id"]), str(value_of(record, "state")), str(value_of(record, "createdAt") or "")
                )
                found.setdefault((sequence, int(related_id(record, "prospect"))), []).append(way)
    return found


async def read_now(client: Client, steps: Sequence[Step]) -> dict[tuple[str, int], JsonObject]:
    """Return what the records of some steps hold now of what these change, by type and id; those there are not."""
    found: dict[tuple[str, int], JsonObject] = {}
    for kind in {step.type for step in steps if step.id is not None}:
        resource = resource_type(kind)
        own = {place: step for place, step in enumerate(steps) if step.type == kind and step.id is not None}
        records, _ = await _read(client, resource, own, ())
        found.update({(kind, number): record for number, record in records.items()})
    return found


async def _read(
    client: Client, resource: ResourceType, steps: Mapping[int, Step], selection: Sequence[Query]
) -> tuple[dict[int, JsonObject], set[int] | None]:
    """Return the records of some steps, and the ids of those that the selection has still; None for any."""
    ids = list(dict.fromkeys(step.record[1] for step in steps.values() if step.record))
    names = dict.fromkeys(name for step in steps.values() for name in (*step.seen, *step.before, *step.after))
    known = [name for name in names if name in resource.attributes or name in resource.relationships]
    readable = [name for name in known if not (of := resource.attributes.get(name)) or not of.write_only]
    fields: Query = ((f"fields[{resource.type}]", ",".join(readable)),) if 0 < len(readable) <= _MOST_FIELDS else ()
    if any(resource.attributes[name].recorded for name in readable if name in resource.attributes):
        fields = ()  # what `fields` makes of a name outside the contract is not known
    usable = [query for query in selection if not any(name.startswith("filter[id]") for name, _ in query)]
    found: dict[int, JsonObject] = {}
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = ids[start : start + _IDS_AT_ONCE]
        if usable and len(usable) == len(selection):
            for query in usable:
                own = tuple(pair for pair in query if pair[0] != "provideAuthorizationMeta")
                records = await _records(client, resource, (*own, *_by_ids(own, some), *fields, *_size(some)))
                found.update({int(record["id"]): record for record in records})
    inside = {*found} if usable and len(usable) == len(selection) else None
    rest = [number for number in ids if number not in found]
    for start in range(0, len(rest), _IDS_AT_ONCE):
        some = rest[start : start + _IDS_AT_ONCE]
        records = await _records(client, resource, (*_by_ids((), some), *fields, *_size(some)))
        found.update({int(record["id"]): record for record in records})

    async def read(target: str, number: int) -> JsonObject:
        response = await client.send(Request("GET", target, fields, background=True))
        return record_of(json_object(response.body, target), target, resource.type, number)

    found.update(await unlisted(resource, [number for number in rest if number not in found], read))
    return found, inside


def _by_ids(query: Query, ids: Sequence[int]) -> Query:
    if ("newFilterSyntax", "true") in query:
        return tuple(("filter[id][]", str(number)) for number in ids)
    return (("filter[id]", ",".join(map(str, ids))),)


def _size(ids: Sequence[int]) -> Query:
    return (("page[size]", str(max(len(ids), 1))),)


async def _records(client: Client, resource: ResourceType, query: Query) -> list[JsonObject]:
    target = f"/{resource.path}"
    response = await client.send(Request("GET", target, query, background=True))
    return records_of(json_object(response.body, target), target, resource.type)


def _judged(
    resource: ResourceType, step: Step, found: Mapping[int, JsonObject], inside: set[int] | None
) -> Outcome | None:
    number = step.record[1] if step.record else 0
    record = found.get(number)
    if record is None:
        return Outcome("unchanged", "it is not there any more") if step.kind == "delete" else Outcome("left_out", GONE)
    if step.kind in ("update", "action"):
        now = held(resource, record, step.before)
        differing_now = differing(resource, step.before, now)
        if differing_now and step.after and not differing(resource, step.after, held(resource, record, step.after)):
            return ALREADY
        if differing_now:
            return Outcome("left_out", f"{CHANGED}: {few(differing_now)}")
    elif step.kind == "delete" and (lost := differing(resource, step.before, held(resource, record, step.before))):
        return Outcome("left_out", f"{CHANGED}: {few(lost)}")
    if inside is not None and number not in inside:
        return Outcome("left_out", LEFT)
    seen = {name: value for name, value in step.seen.items() if name != "updatedAt"}
    if lost := differing(resource, seen, held(resource, record, seen)):
        return Outcome("left_out", f"{CHANGED}: {few(lost)}")
    if "updatedAt" in step.seen and differing(
        resource, {"updatedAt": step.seen["updatedAt"]}, held(resource, record, ("updatedAt",))
    ):
        return Outcome("left_out", CHANGED)
    return None
