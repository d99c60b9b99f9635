"""Counts what mailings and calls brought about, so that every counter of the demo organisation adds up.

Sequences, steps, templates and states count mailings that were delivered, opened and so on (documented in the
official OpenAPI: "the total count of opened mailings"); prospects count the openings themselves (assumed).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from outreach_sandbox.organisation.contacts import Contact
from outreach_sandbox.organisation.enrolments import Enrolment
from outreach_sandbox.organisation.time import stamp
from outreach_sandbox.organisation.variants import connections
from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.rules import COUNTED_MOMENTS, COUNTED_STATES

_SENTIMENTS = ("positive", "neutral", "negative")
_NAMES = (*COUNTED_MOMENTS, *COUNTED_STATES.values(), *(f"{sentiment}ReplyCount" for sentiment in _SENTIMENTS))
_COUNTED = ("sequence", "sequenceState", "sequenceStep", "template")


@dataclass(slots=True)
class History:
    """The history of one prospect: last touched and engaged, counts, and mails in and out by month.

    `is_written_to` counts mail that has not left too.
    """

    touched: str | None = None
    engaged: str | None = None
    opens: int = 0
    clicks: int = 0
    replies: int = 0
    is_written_to: bool = False
    histogram: list[list[int]] = field(default_factory=lambda: [[0, 0] for _ in range(12)])


def histories(records: Iterable[Record], today: date) -> dict[Identifier, History]:
    """Return the history of every prospect that mailings or calls among the records went to."""
    found: defaultdict[Identifier, History] = defaultdict(History)
    for record in records:
        prospect = record.relationships.get("prospect")
        if record.type not in ("mailing", "call") or not isinstance(prospect, Identifier):
            continue
        history, attributes = found[prospect], record.attributes
        history.is_written_to = history.is_written_to or record.type == "mailing"
        history.touched = _later(history.touched, attributes.get("deliveredAt"), attributes.get("dialedAt"))
        history.engaged = _later(history.engaged, attributes.get("openedAt"), attributes.get("answeredAt"))
        history.opens += attributes.get("openCount", 0)
        history.clicks += attributes.get("clickCount", 0)
        history.replies += "repliedAt" in attributes
        _note_months(history, attributes, today)
    return found


def counted(records: Iterable[Record], activity: list[Record], enrolments: list[Enrolment]) -> Iterator[Record]:
    """Yield the records with the counters of sequences, steps, templates and states that follow from the activity."""
    tallies = _tallies(activity, enrolments)
    contacted = _contacted(activity)
    last_used = {each.sequence.identifier: each.started for each in sorted(enrolments, key=lambda e: e.started)}
    for record in records:
        here = Identifier(record.type, record.id)
        if record.type not in (*_COUNTED, "sequenceTemplate"):
            yield record
            continue
        counts: dict[str, Any] = {name: tallies[here][name] for name in _NAMES}
        if record.type == "sequence":
            touched, replied = contacted[here]
            used = last_used.get(here)
            counts |= {
                "numContactedProspects": len(touched),
                "numRepliedProspects": len(replied),
                "lastUsedAt": stamp(used) if used else None,
            }
        yield replace(record, attributes={**record.attributes, **counts})


def _tallies(activity: list[Record], enrolments: list[Enrolment]) -> Mapping[Identifier, Counter[str]]:
    sentiments = {each.id: each.reply.sentiment for each in enrolments if each.reply}
    by_template = connections()
    tallies: defaultdict[Identifier, Counter[str]] = defaultdict(Counter)
    for mailing in activity:
        state = mailing.relationships.get("sequenceState")
        if mailing.type != "mailing" or not isinstance(state, Identifier):
            continue
        counts = [name for name, moment in COUNTED_MOMENTS.items() if mailing.attributes.get(moment)]
        counts += [name for state, name in COUNTED_STATES.items() if mailing.attributes["state"] == state]
        if mailing.attributes["state"] == "replied":
            counts.append(f"{sentiments[state.id]}ReplyCount")
        owners = [mailing.relationships[name] for name in _COUNTED]
        for owner in owners:
            if isinstance(owner, Identifier):
                tallies[owner].update(counts)
                if owner.type == "template":
                    tallies[Identifier("sequenceTemplate", by_template[owner.id])].update(counts)
    return tallies


def _contacted(activity: list[Record]) -> Mapping[Identifier, tuple[set[int], set[int]]]:
    """Return, for every sequence, the ids of the prospects that were reached out to and of those that replied."""
    found: defaultdict[Identifier, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for record in activity:
        sequence, prospect = record.relationships.get("sequence"), record.relationships.get("prospect")
        if record.type == "task" or not (isinstance(sequence, Identifier) and isinstance(prospect, Identifier)):
            continue
        touched, replied = found[sequence]
        if record.attributes.get("deliveredAt") or record.attributes.get("dialedAt"):
            touched.add(prospect.id)
        if record.attributes.get("repliedAt"):
            replied.add(prospect.id)
    return found


def _note_months(history: History, attributes: Mapping[str, Any], today: date) -> None:
    for column, moment in enumerate((attributes.get("repliedAt"), attributes.get("deliveredAt"))):
        if moment:
            year, month = int(moment[:4]), int(moment[5:7])
            ago = (today.year - year) * 12 + today.month - month
            if ago < len(history.histogram):
                history.histogram[-1 - ago][column] += 1


def _later(*moments: str | None) -> str | None:
    return max((moment for moment in moments if moment), default=None)


def last_touched(contacts: Iterable[Contact], found: Mapping[Identifier, History]) -> dict[Identifier, str]:
    """Return when somebody of each company was last mailed or called."""
    touched: dict[Identifier, str] = {}
    for contact in contacts:
        moment = found[contact.identifier].touched if contact.identifier in found else None
        if contact.company and moment:
            touched[contact.company.identifier] = max(moment, touched.get(contact.company.identifier, moment))
    return touched
