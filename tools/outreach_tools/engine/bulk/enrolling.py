"""Plans enrolments: who of many prospects goes into a sequence, and who stays out of it and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject, Query, Request, Response
from outreach_tools.engine.bulk.batching import fit_of_enrolment
from outreach_tools.engine.bulk.making import EXAMPLES, NOT_PERMITTED, Made, may, name_of, seen_of
from outreach_tools.engine.bulk.plan import Step
from outreach_tools.engine.bulk.selecting import IDS_AT_ONCE, Found, read_filtered
from outreach_tools.engine.bulk.values import held
from outreach_tools.engine.columns import select, value_of
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.filtering import sent_as_given
from outreach_tools.engine.finders import finds
from outreach_tools.engine.given import given_members
from outreach_tools.engine.included import related_id
from outreach_tools.engine.matching import camel_case
from outreach_tools.engine.naming.own_mailbox import own_mailbox
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.twice import Spelled
from outreach_tools.json_values import member

OPTED_OUT = "opted out"
ENROLLED = "is in the sequence already"
BEFORE = "was in the sequence before, and its ruleset takes nobody twice"
_OVER = frozenset({"finished", "opted_out", "bounced", "failed"})
_SEEN = ("optedOut", "emailOptedOut")
_KINDS = {"sequenceId": "sequence", "mailboxId": "mailbox"}


@dataclass(frozen=True, slots=True)
class Enrolments:
    """The steps that enrol, what they do in words, and what e-mail it causes."""

    made: Made
    doing: str
    mails: str


async def enrolments(
    names: Names, declared: Resource, parameters: JsonObject, found: Sequence[Found], fetched: Sequence[str]
) -> Enrolments:
    """Return the enrolments of prospects; `fetched` names what else must not change until then.

    Raises `ArgumentError` for parameters that name no sequence.
    """
    sequence, mailbox = await _parameters(names, declared, parameters)
    called, enabled, ruleset = await _sequence(names, sequence)
    ids = [int(each.record["id"]) for each in found]
    inside, before = await _inside(names, sequence, ids)
    once = bool(before) and await _takes_nobody_twice(names, ruleset)
    made, prospect = Made(), resource_type("prospect")
    fit = fit_of_enrolment(sequence, mailbox) if enabled else None
    for each in found:
        record = each.record
        number = int(record["id"])
        if value_of(record, "optedOut") or value_of(record, "emailOptedOut"):
            made.left_out[OPTED_OUT] += 1
        elif number in inside:
            made.left_out[ENROLLED] += 1
        elif not may(record):
            made.left_out[NOT_PERMITTED] += 1
        elif number in before and once:
            made.left_out[BEFORE] += 1
        else:
            after = {
                "prospect": {"type": "prospect", "id": number},
                "sequence": {"type": "sequence", "id": sequence},
                "mailbox": {"type": "mailbox", "id": mailbox},
            }
            seen = held(prospect, record, seen_of(prospect, (*_SEEN, *fetched)))
            made.steps.append(Step("create", "sequenceState", None, name_of(record), {}, after, seen, fit=fit))
            if len(made.examples) < EXAMPLES:
                made.examples.append({"id": number, "name": name_of(record)})
    doing = f"enrol in the sequence {called} ({sequence}), sending from mailbox {mailbox}"
    people = len(made.steps)
    mails = f"the sequence may e-mail {people:,} {'person' if people == 1 else 'people'}"
    return Enrolments(made, doing, mails if enabled else f"{mails} once it is activated: it is off")


async def _parameters(names: Names, declared: Resource, given: JsonObject) -> tuple[int, int]:
    spelled = Spelled()
    for name, value in given_members(given).items():
        known = camel_case(name.strip())
        known = known if known.endswith("Id") else f"{known}Id"
        if known not in _KINDS:
            raise ArgumentError(f"the action 'enrol' takes no {name!r}; it takes sequenceId, mailboxId")
        spelled.note(known, name, value)

    async def found(known: str) -> int | None:
        meant, kind = spelled.given(known), _KINDS[known]
        if meant is None:
            return None
        return await names.id_of(meant[1], kind, repr(known), finds((kind,), declared.listers))

    sequence = await found("sequenceId")
    if sequence is None:
        raise ArgumentError(f"the action 'enrol' needs 'sequenceId'{finds(('sequence',), declared.listers)}")
    mailbox = await found("mailboxId")
    return sequence, await own_mailbox(names, "mailboxId") if mailbox is None else mailbox


async def _sequence(names: Names, number: int) -> tuple[str, bool, str]:
    """Return what a sequence is called, whether it is active, and the id of its ruleset, empty where none is told.

    Raises for one that does not exist.
    """
    query: Query = (("fields[sequence]", "name,enabled,ruleset"),)
    body = (await names.client.send(Request("GET", f"/sequences/{number}", query))).body
    record = member(body, "data")
    return (
        one_line(clean(str(value_of(record, "name") or "")), 60),
        value_of(record, "enabled") is True,
        str(related_id(record, "ruleset") or ""),
    )


async def _takes_nobody_twice(names: Names, ruleset: str) -> bool:
    """Return whether a ruleset is known to refuse who has been through its sequence before."""
    if not ruleset:
        return False
    query: Query = (("fields[ruleset]", "permitDuplicateProspects"),)
    response = await names.context.attempt(Request("GET", f"/rulesets/{ruleset}", query))
    if not isinstance(response, Response):
        return False
    return bool(value_of(member(response.body, "data"), "permitDuplicateProspects") == "disallow")


async def _inside(names: Names, sequence: int, ids: Sequence[int]) -> tuple[set[int], set[int]]:
    """Return who of some prospects is on their way through a sequence, and who was before."""
    states, inside, before = resource_type("sequenceState"), set[int](), set[int]()
    selection = select(states, ("state", "prospect_id"), summary=True)
    for start in range(0, len(ids), IDS_AT_ONCE):
        some = ",".join(map(str, ids[start : start + IDS_AT_ONCE]))
        query: Query = (("filter[sequence][id]", str(sequence)), ("filter[prospect][id]", some))
        for each in await read_filtered(names.context, states, selection, sent_as_given(query)):
            over = value_of(each.record, "state") in _OVER
            (before if over else inside).add(int(related_id(each.record, "prospect")))
    return inside, before
