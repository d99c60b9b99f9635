"""The entries of a timeline, as each type of record tells of them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeAlias

from outreach_tools.client import JsonObject
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.included import Included
from outreach_tools.engine.text import one_line
from outreach_tools.reports.rows import count_of, id_of, related, text_of, time_of

_RUNNING = ("pending", "active", "")  # what an enrolment is without anything having happened to it
_NAME = 40  # characters of a name in a cell
SENT = frozenset(("mail sent", "mail bounced"))
"""The entries that tell when a mail went out."""

_AS_IT_GOES_OUT = timedelta(minutes=1)  # a mail completes its task then; one about the mail is done later
_TOLD: Mapping[str, re.Pattern[str]] = {
    "mailing": re.compile("message|mail|open|click|repl|bounce|deliver|unsubscribe"),
    "call": re.compile("call"),
    "task": re.compile("task"),
}
"""The words in the names of events that say no more than the record does that they come with."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: when, what, by which user, with which person, in words, and the record that tells it.

    `told_by` are other records that tell of the same, by type and id, and the moment from which they do, None for any
    time: where one was read, this says nothing new.
    """

    at: datetime
    what: str
    by: str
    person: str
    text: str
    type: str
    id: int
    told_by: tuple[tuple[str, int, datetime | None], ...] = ()


Tell: TypeAlias = Callable[[JsonObject, Included], Iterable[Entry]]
"""Reads the entries out of a record, with the related records that came along with it."""


def of_mailing(record: JsonObject, included: Included) -> Iterator[Entry]:
    """Yield that a mail was sent, answered, bounced, and that somebody unsubscribed by it; not what is scheduled."""
    subject = one_line(text_of(record, "subject") or "")
    opened, clicked = count_of(record, "openCount"), count_of(record, "clickCount")
    counts = [f"{word} {count}" for word, count in (("opened", opened), ("clicked", clicked)) if count]
    sent = f"{subject} ({', '.join(counts)})" if counts else subject
    whens = (("deliveredAt", "mail sent"), ("repliedAt", "replied"), ("bouncedAt", "mail bounced"),
             ("unsubscribedAt", "unsubscribed"))  # fmt: skip
    for attribute, what in whens:
        if at := time_of(record, attribute):
            yield _entry(record, included, at, what, sent if what == "mail sent" else subject)


def of_call(record: JsonObject, included: Included) -> Iterator[Entry]:
    """Yield a call, when it was made and not when it was written down."""
    at = time_of(record, "dialedAt") or time_of(record, "answeredAt") or time_of(record, "createdAt")
    if at is not None:
        how = name_of(record, included, "callDisposition") or (text_of(record, "outcome") or "").replace("_", " ")
        what = "call received" if text_of(record, "direction") == "inbound" else "call"
        yield _entry(record, included, at, what, ": ".join(filter(None, (how, text_of(record, "note")))))


def of_task(record: JsonObject, included: Included) -> Iterator[Entry]:
    """Yield that a task was done, or that one is open since it was made.

    One that a mail or a call completed is told by those; one that is about a mail, such as a follow-up, is not.
    """
    action = (text_of(record, "action") or "task").replace("_", " ")
    note = text_of(record, "note") or ""
    if text_of(record, "state") == "complete":
        at = time_of(record, "completedAt") or time_of(record, "stateChangedAt")
        what, words = "meeting" if action == "in person" else "task done", (action, note)
    else:
        at, due = time_of(record, "createdAt"), (text_of(record, "dueAt") or "")[:10]
        what, words = "task open", (f"{action}, due {due}" if due else action, note)
    if at is not None:
        by = "completer" if what != "task open" and id_of(record, "completer") else "owner"
        sent = {"mailing": at - _AS_IT_GOES_OUT, "call": None}
        linked = {} if what == "task open" else sent
        yield _entry(record, included, at, what, ": ".join(filter(None, words)), by=by, linked=linked)


def of_note(record: JsonObject, included: Included) -> Iterator[Entry]:
    """Yield a note."""
    if at := time_of(record, "createdAt"):
        yield _entry(record, included, at, "note", text_of(record, "message") or "", by="creator")


def of_sequence_state(record: JsonObject, included: Included) -> Iterator[Entry]:
    """Yield that somebody was enrolled, and how that ended or where it rests."""
    sequence, state = name_of(record, included, "sequence"), text_of(record, "state") or ""
    if created := time_of(record, "createdAt"):
        yield _entry(record, included, created, "enrolled", sequence, by="creator")
    if (changed := time_of(record, "stateChangedAt")) and state not in _RUNNING:
        yield _entry(record, included, changed, f"sequence {state.replace('_', ' ')}", sequence, by="")


def of_event(record: JsonObject, included: Included) -> Iterator[Entry]:
    """Yield what Outreach or an app noted: stages that changed, meetings, whatever has no record of its own."""
    if at := time_of(record, "eventAt"):
        what = one_line((text_of(record, "name") or "event").replace("_", " "), _NAME)
        linked = dict.fromkeys(kind for kind, words in _TOLD.items() if words.search(what))
        yield _entry(record, included, at, what, text_of(record, "body") or "", linked=linked)


def of_opportunity(record: JsonObject, included: Included) -> Iterator[Entry]:
    """Yield that an opportunity was opened."""
    if at := time_of(record, "createdAt"):
        yield _entry(record, included, at, "opportunity opened", text_of(record, "name") or "", by="creator")


def of_person(record: JsonObject, included: Included) -> Iterator[Entry]:
    """Yield that one of an account's people opted out."""
    if (at := time_of(record, "optedOutAt")) and (number := id_of(record)):
        who = one_line((text_of(record, "name") or "").strip(), _NAME) or f"{number}"
        yield replace(_entry(record, included, at, "opted out", "", by=""), person=who)


def of_subject(record: JsonObject, included: Included) -> Iterator[Entry]:
    """Yield what the record itself says: when it was added, and when a person opted out."""
    if at := time_of(record, "createdAt"):
        yield _entry(record, included, at, "added", "", by="creator")
    for attribute, what in (("optedOutAt", "opted out"), ("trashedAt", "deleted")):
        if at := time_of(record, attribute):
            yield _entry(record, included, at, what, "", by="")


def name_of(record: JsonObject, included: Included, relationship: str) -> str:
    """Return what the record that a relationship leads to is called; by its id where the name did not come along."""
    number = id_of(record, relationship)
    found = related(record, included, relationship)
    label = label_of(str(found.get("type"))) if found else None
    name = text_of(found, label) if found and label else None
    return one_line(name.strip(), _NAME) if name and name.strip() else "" if number is None else f"{number}"


def _entry(
    record: JsonObject,
    included: Included,
    at: datetime,
    what: str,
    text: str,
    *,
    by: str = "user",
    linked: Mapping[str, datetime | None] = MappingProxyType({}),
) -> Entry:
    told_by = tuple(
        (kind, number, since) for kind, since in linked.items() if (number := id_of(record, kind)) is not None
    )
    who = name_of(record, included, by) if by else ""
    person = name_of(record, included, "prospect")
    return Entry(at, what, who, person, one_line(text), str(record.get("type")), id_of(record) or 0, told_by)
