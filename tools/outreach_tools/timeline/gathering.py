"""Reads all sources of a timeline at once, and says of each that could not be read why."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from outreach_tools.catalog import resource_type
from outreach_tools.client import Hindered, JsonObject, MissingScope, NotTaken
from outreach_tools.engine.arguments import Filter
from outreach_tools.engine.columns import select
from outreach_tools.engine.concurrency import run_together
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.fetching import fetch, record_of
from outreach_tools.engine.figures.budget import Budget
from outreach_tools.engine.figures.reading import Reading, Take
from outreach_tools.engine.figures.selected import Selected
from outreach_tools.engine.figures.selecting import Selecting
from outreach_tools.engine.included import Included, index_included
from outreach_tools.engine.naming.kinds import words_of
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.tool import Context, told_nobody
from outreach_tools.engine.values import wire_time
from outreach_tools.reports.rows import id_of, text_of
from outreach_tools.resources.opportunity_prospect_role import OPPORTUNITY_PROSPECT_ROLE
from outreach_tools.resources.prospect import PROSPECT
from outreach_tools.timeline.entries import SENT, Entry, of_person, of_subject
from outreach_tools.timeline.sources import OF_SUBJECT, SOURCES, Link, Source, Subject

_IDS_AT_ONCE = 200  # in one request: such an address is well below what every gateway takes
_REASON = 100  # characters
_REFUSED = " is refused: "
_SENTENCE_END = re.compile(r"[.:](?:\s|$)")
_SPARE = 2


@dataclass(slots=True)
class Gathering:
    """The reading of one timeline: its entries so far, what could not be read, and what there is to say beside."""

    context: Context
    names: Names
    subject: Subject
    id: int
    since: datetime | None
    budget: Budget
    called: str = ""
    unread: dict[str, str] = field(default_factory=dict[str, str])
    notes: list[str] = field(default_factory=list[str])
    lacking: tuple[str, ...] = ()
    """The types of which those by the people are missing, as not all people could be read."""
    _entries: dict[tuple[str, int, str], Entry] = field(default_factory=dict[tuple[str, int, str], Entry])

    async def read(self) -> list[Entry]:
        """Read everything and return the entries, in no order.

        Raises `ToolError` where that takes too many requests, before it begins, and what reading the subject raises.
        """
        # Many readings at once would tell of their progress in turns.
        self.context = replace(self.context, progress=told_nobody)
        account = await self._read_subject()
        people = await self._people()
        ids: dict[Link, tuple[int, ...]] = {"itself": (self.id,), "people": people, "account": account}
        readings = [each for source in SOURCES for each in await self._readings(source, ids)]
        if len(readings) > self.budget.left:
            raise ToolError(
                f"This timeline needs more than {self.budget.most} requests of Outreach, for {len(people):,} people: "
                "ask for one of them, or for one opportunity."
            )
        await run_together([partial(self._begin, source, reading) for source, reading in readings])
        needed = sum(reading.estimate or 0 for _, reading in readings)
        if needed > self.budget.left:
            raise ToolError(
                f"This timeline needs about {self.budget.spent + needed:,} requests of Outreach, and may make "
                f"{self.budget.most}: give a later 'since', such as -30d, or ask for one person."
            )
        await run_together([partial(self._tell, source, reading) for source, reading in readings])
        return self._merged()

    async def _read_subject(self) -> tuple[int, ...]:
        """Read the subject itself; return the account that it is of, if it says so."""
        resource = resource_type(self.subject)
        target = f"/{resource.path}/{self.id}"
        selection = select(resource, OF_SUBJECT[self.subject], summary=True, zone=self.context.zone)
        self.budget.spent += 1
        document, granted, notes = await fetch(self.context.client, resource, target, selection)
        record = record_of(document, target, resource.type, self.id)
        self.called = one_line(clean(text_of(record, "name") or ""), 60)
        self._note(notes)
        self._add(of_subject(record, index_included(document, own=granted.leads_to_own_type)))
        account = id_of(record, "account") if self.subject == "opportunity" else None
        return () if account is None else (account,)

    async def _people(self) -> tuple[int, ...]:
        """Return the ids of the people of an account, and of those who have a role in an opportunity."""
        of: Resource | None = {"account": PROSPECT, "opportunity": OPPORTUNITY_PROSPECT_ROLE}.get(self.subject)
        if of is None:
            return ()
        found: set[int] = set()
        name = "prospect" if of is OPPORTUNITY_PROSPECT_ROLE else ""

        def take(rows: Sequence[JsonObject], included: Included) -> None:
            found.update(number for row in rows if (number := id_of(row, name)) is not None)
            if not name:
                self._add(entry for row in rows for entry in of_person(row, included))

        fields = (name,) if name else ("name", "optedOutAt")
        reading = await self._reading(of, [Filter(field=f"{self.subject}.id", criteria=self.id)], fields)
        if reading is not None:
            await self._finish(of.type, reading, take)
        if of.type in self.unread:
            self.lacking = tuple(
                source.declared.type
                for source in SOURCES
                if any(link == "people" for _, link in source.by.get(self.subject, ()))
            )
        return tuple(sorted(found))

    async def _readings(self, source: Source, ids: dict[Link, tuple[int, ...]]) -> list[tuple[Source, Reading]]:
        """Return the readings of a source: for each way that it is linked, some ids at a time."""
        found: list[tuple[Source, Reading]] = []
        for name, link in source.by.get(self.subject, ()):
            for place in range(0, len(ids[link]), _IDS_AT_ONCE):
                chosen = Filter(field=name, criteria=[*ids[link][place : place + _IDS_AT_ONCE]])
                for conditions in self._since(source):
                    reading = await self._reading(source.declared, [chosen, *conditions], source.fields)
                    if reading is not None:
                        found.append((source, reading))
        return found

    def _since(self, source: Source) -> Iterator[list[Filter]]:
        """Yield the conditions that find what happened since the beginning: each finds a part of it."""
        if self.since is None or self.subject != "account":
            yield []  # of one person or deal one page holds all there is: that is one request and not one for each time
            return
        for name in source.times:
            yield [Filter(field=name, criteria=f"{wire_time(self.since)}..")]

    async def _reading(self, declared: Resource, filters: list[Filter], fields: Iterable[str]) -> Reading | None:
        """Return a reading that has not begun, None where filters by what the settings leave out would be needed."""
        resource = resource_type(declared.type)
        try:
            made = await Selecting.of(self.context, declared, self.names).filters(filters)
        except ToolError as error:
            self._fail(declared.type, error)
            return None
        selection = select(resource, fields, summary=True, also=made.fetch, zone=self.context.zone)
        return Reading(self.context, Selected(resource, made, selection), self.budget, spare=_SPARE)

    async def _begin(self, source: Source, reading: Reading) -> None:
        try:
            await reading.begin()
        except (MissingScope, ToolError, NotTaken, Hindered) as error:
            self._fail(source.declared.type, error)
            reading.is_done = True

    async def _tell(self, source: Source, reading: Reading) -> None:
        """Read a reading to its end, and take the entries that its records tell."""
        is_linked = self.subject in source.only_linked

        def take(rows: Sequence[JsonObject], included: Included) -> None:
            for row in rows:
                if not is_linked or id_of(row, self.subject) == self.id:
                    self._add(source.tell(row, included))

        await self._finish(source.declared.type, reading, take)

    async def _finish(self, kind: str, reading: Reading, take: Take) -> None:
        if kind in self.unread and reading.is_done:
            return  # it could not begin
        try:
            coverage = await reading.read(take)
        except (MissingScope, ToolError, NotTaken, Hindered) as error:
            self._fail(kind, error)
            return
        self._note(reading.notes)
        if not coverage.whole:
            of = f" of {coverage.total:,}" if coverage.total is not None else ""
            self.unread[kind] = f"{coverage.read:,}{of} read, {coverage.why or 'there was no time'}"

    def _add(self, found: Iterable[Entry]) -> None:
        for each in found:
            if self.since is None or each.at >= self.since:
                self._entries[each.type, each.id, each.what] = each

    def _merged(self) -> list[Entry]:
        """Return the entries without those that say again what another record's own entry says."""
        there = {(each.type, each.id) for each in self._entries.values()}
        sent = {(each.type, each.id): each.at for each in self._entries.values() if each.what in SENT}

        def is_told(kind: str, number: int, since: datetime | None) -> bool:
            at = sent.get((kind, number))
            return (kind, number) in there if since is None else at is not None and at >= since

        return [each for each in self._entries.values() if not any(is_told(*other) for other in each.told_by)]

    def _fail(self, kind: str, error: Exception) -> None:
        reason = error.reason if isinstance(error, MissingScope) else _reason(str(error))
        self.unread.setdefault(kind, one_line(clean(reason), _REASON))

    def _note(self, notes: Iterable[str]) -> None:
        self.notes += [each for each in notes if each not in self.notes]

    @property
    def requests(self) -> int:
        """The number of requests that were made."""
        return self.budget.spent

    @property
    def not_read(self) -> list[str]:
        """Sources that could not be read, or not as a whole, each with the reason."""
        told = [f"{words_of(kind, many=True)}: {why}" for kind, why in self.unread.items()]
        lacking = [words_of(kind, many=True) for kind in self.lacking if kind not in self.unread]
        return [*told, f"{', '.join(lacking)}: those of the people are missing"] if lacking else told


def _reason(message: str) -> str:
    """Return why a request was refused, without what it was and what could be done about it."""
    return _SENTENCE_END.split(message.rpartition(_REFUSED)[2], maxsplit=1)[0]
