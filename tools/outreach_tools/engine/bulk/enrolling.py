"""Plans enrolments: who of many prospects goes into a sequence, and who stays out of it and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

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
from outreach_tools.json_values import array_at, as_object, member

OPTED_OUT = "opted out"
ENROLLED = "is in the sequence already"
BEFORE = "was in the sequence before, and its ruleset takes nobody twice"
EXCLUSIVE = "is in another sequence now, which its ruleset does not allow beside this one"
_OVER = frozenset({"finished", "opted_out", "bounced", "failed"})
_SEEN = ("optedOut", "emailOptedOut")
_KINDS = {"sequenceId": "sequence", "mailboxId": "mailbox"}


@dataclass(frozen=True, slots=True)
class Enrolments:
    """The steps that enrol, what they do in words, and what e-mail it causes."""

    made: Made
    doing: str
    mails: str


async def enrolments(names: Names, into: tuple[int, int], found: Iterable[Found], fetched: Sequence[str]) -> Enrolments:
    """Return the enrolments of prospects `into` a sequence, sending from a mailbox.

    `fetched` names what else must not change until then.
    """
    sequence, mailbox = into
    called, enabled, ruleset = await _sequence(names, sequence)
    ids = [int(each.record["id"]) for each in found]
    rules = await _rules(names, ruleset)
    ways = await _ways(names, sequence, ids, everywhere=rules.exclusive)
    elsewhere = await _hindered(names, rules, ways)
    made, prospect = Made(), resource_type("prospect")
    fit = fit_of_enrolment(sequence, mailbox) if enabled else None
    for each in found:
        record = each.record
        number = int(record["id"])
        if value_of(record, "optedOut") or value_of(record, "emailOptedOut"):
            made.left_out[OPTED_OUT] += 1
        elif number in ways.inside:
            made.left_out[ENROLLED] += 1
        elif not may(record):
            made.left_out[NOT_PERMITTED] += 1
        elif number in ways.before and rules.once:
            made.left_out[BEFORE] += 1
        elif number in elsewhere:
            made.left_out[EXCLUSIVE] += 1
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


async def enrolled_into(names: Names, declared: Resource, given: JsonObject) -> tuple[int, int]:
    """Return the sequence and the mailbox that parameters name. Raises `ArgumentError` where they name no sequence."""
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


@dataclass(frozen=True, slots=True)
class _Rules:
    """The people that a sequence's ruleset refuses, as far as that is known.

    `once`: who has been through the sequence before. `exclusive`: who is in another sequence now, of those that are
    exclusive themselves, or in any where it is `alone`.
    """

    once: bool = False
    exclusive: bool = False
    alone: bool = False


async def _rules(names: Names, ruleset: str) -> _Rules:
    """Return whom a ruleset is known to refuse."""
    if not ruleset:
        return _Rules()
    query: Query = (("fields[ruleset]", "permitDuplicateProspects,sequenceExclusivity"),)
    response = await names.context.attempt(Request("GET", f"/rulesets/{ruleset}", query))
    if not isinstance(response, Response):
        return _Rules()
    record = member(response.body, "data")
    exclusivity = value_of(record, "sequenceExclusivity")
    return _Rules(
        value_of(record, "permitDuplicateProspects") == "disallow", exclusivity in _EXCLUSIVE, exclusivity == _ALONE
    )


_ALONE = "all_sequences"
_EXCLUSIVE = (_ALONE, "exclusive_sequences")


@dataclass(frozen=True, slots=True)
class _Ways:
    """The prospects inside a sequence, those who were before, and the other sequences in which each is now."""

    inside: set[int] = field(default_factory=set[int])
    before: set[int] = field(default_factory=set[int])
    elsewhere: dict[int, set[int]] = field(default_factory=dict[int, set[int]])


async def _ways(names: Names, sequence: int, ids: Sequence[int], *, everywhere: bool) -> _Ways:
    """Return the ways of some prospects through a sequence, and where it matters through all others."""
    states, ways = resource_type("sequenceState"), _Ways()
    selection = select(states, ("state", "prospect_id", "sequence_id"), summary=True)
    for start in range(0, len(ids), IDS_AT_ONCE):
        some = ",".join(map(str, ids[start : start + IDS_AT_ONCE]))
        query: Query = (("filter[prospect][id]", some),)
        query = query if everywhere else (("filter[sequence][id]", str(sequence)), *query)
        for each in await read_filtered(names.context, states, selection, sent_as_given(query)):
            is_over = value_of(each.record, "state") in _OVER
            prospect, through = (int(related_id(each.record, name)) for name in ("prospect", "sequence"))
            if through == sequence:
                (ways.before if is_over else ways.inside).add(prospect)
            elif not is_over:
                ways.elsewhere.setdefault(through, set()).add(prospect)
    return ways


async def _hindered(names: Names, rules: _Rules, ways: _Ways) -> set[int]:
    """Return who is in another sequence that the rules do not allow beside, as far as the rulesets can be read."""
    hindering = set(ways.elsewhere) if rules.alone else await _exclusive(names, [*ways.elsewhere])
    return {prospect for sequence in hindering for prospect in ways.elsewhere[sequence]}


async def _exclusive(names: Names, sequences: Sequence[int]) -> set[int]:
    """Return those of some sequences that are exclusive, as far as their rulesets can be read."""
    found: set[int] = set()
    for start in range(0, len(sequences), IDS_AT_ONCE):
        some = sequences[start : start + IDS_AT_ONCE]
        query: Query = (
            ("filter[id]", ",".join(map(str, some))),
            ("include", "ruleset"),
            ("fields[sequence]", "ruleset"),
            ("fields[ruleset]", "sequenceExclusivity"),
            ("page[size]", str(len(some))),
        )
        response = await names.context.attempt(Request("GET", "/sequences", query))
        if not isinstance(response, Response):
            continue
        rulesets = {
            str(member(each, "id"))
            for each in array_at(response.body, "included")
            if value_of(as_object(each) or {}, "sequenceExclusivity") in _EXCLUSIVE
        }
        found |= {
            int(member(each, "id"))
            for each in array_at(response.body, "data")
            if str(related_id(as_object(each) or {}, "ruleset")) in rulesets
        }
    return found
