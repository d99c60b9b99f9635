"""Reads the records that a report reckons with: all of them, in few requests, and says how much that was.

A report that is cut is made once more when it is asked for again, of the same parts: a selection that was read before
is not read again, and one that was begun is read on.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar, cast

from outreach_tools.catalog import resource_type
from outreach_tools.client import Client, Hindered, JsonObject, MissingScope, Query, Request, Response
from outreach_tools.engine.arguments import Filter
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.fetching import json_object, records_of
from outreach_tools.engine.figures.budget import Budget
from outreach_tools.engine.figures.reading import Reading, Take
from outreach_tools.engine.figures.selected import Selected
from outreach_tools.engine.figures.selecting import Selecting
from outreach_tools.engine.finders import finds
from outreach_tools.engine.included import Included, index_included
from outreach_tools.engine.literal import split
from outreach_tools.engine.naming.in_filters import with_ids
from outreach_tools.engine.naming.kinds import words_of
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.reading import identifier
from outreach_tools.engine.related import Listers
from outreach_tools.engine.text import one_line
from outreach_tools.engine.tool import Context
from outreach_tools.json_values import is_array
from outreach_tools.reports.periods import Period
from outreach_tools.reports.rows import related, text_of
from outreach_tools.reports.sentiments import FIELDS, sentiments_of
from outreach_tools.resources.sequence_state import SEQUENCE_STATE
from outreach_tools.resources.user import USER

_SPARE = 2
"""Requests beyond full pages for a selection: most reports read several, and 20,000 mailings are to take 25 in all."""

AT_ONCE = 200
"""Ids in one request: such an address is well below what every gateway takes."""

_NARROWER = "period, owner, team or sequence"
_NAME = 60  # characters of a name in an answer

_Part = TypeVar("_Part")


class NotNowError(ToolError):
    """A report cannot be made in this call: it takes more requests, or more time, or Outreach is out of order."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Records that a report needs: of a type, by some filters, with some fields, and what takes them.

    `named` are relationships whose names may come along (`sequence`), which costs no request. `without` says what
    becomes of the figures where not all of the records can be read. One that `looks_up` asks for names alone.
    """

    declared: Resource
    filters: Sequence[Filter]
    fields: Sequence[str]
    take: Take
    named: tuple[str, ...] = ()
    without: str = "figures are too low"
    looks_up: bool = False

    @property
    def mark(self) -> str:
        """A text that no other selection of the same report has."""
        return repr((self.declared.type, self.filters, self.fields))


@dataclass(frozen=True, slots=True)
class _LookingUp:
    """The client, which is asked for names alone."""

    client: Client

    async def send(self, request: Request) -> Response:
        """Send a request as one that looks up names."""
        return await self.client.send(replace(request, looks_up=True))

    async def current_user_id(self) -> int:
        """Return the id of the user the token acts for."""
        return await self.client.current_user_id()


@dataclass(slots=True)
class Gathering:
    """The reading of one report: within its budget of requests, with what there is to say of it.

    The report is one of the moment `begun`, however often it goes on. Whatever takes records is one of its `part`s.
    """

    context: Context
    names: Names
    listers: Listers
    budget: Budget
    read: dict[str, int] = field(default_factory=dict[str, int])
    notes: list[str] = field(default_factory=list[str])
    is_cut: bool = False
    begun: datetime = field(init=False)
    _meant: tuple[str, ...] = ()
    _spent_before: int = 0
    _has_read: bool = False
    _parts: dict[str, object] = field(default_factory=dict[str, object])
    _readings: dict[str, Reading] = field(default_factory=dict[str, Reading])
    _seen: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])

    @classmethod
    def of(cls, context: Context, names: Names, listers: Listers) -> "Gathering":
        """Return that of a call that begins now."""
        return cls(context, names, listers, Budget(now=context.now))

    def __post_init__(self) -> None:
        """Let the report be one of this moment."""
        self.begun = self.context.now()
        self.context = replace(self.context, now=lambda: self.begun)

    def go_on(self, context: Context, names: Names) -> None:
        """Go on in another call, with a budget of its own."""
        self._meant = self.meant
        self._spent_before += self.budget.spent
        self.budget = Budget(now=context.now)
        self.context, self.names = replace(context, now=lambda: self.begun), names
        self.is_cut, self._has_read, self.notes, self.read = False, True, [], {}
        for reading in self._readings.values():
            reading.context, reading.budget = self.context, self.budget

    def part(self, name: str, make: Callable[[], _Part]) -> _Part:
        """Return a part of what the report comes to, which is made when it is first asked for."""
        if name not in self._parts:
            self._parts[name] = make()
        return cast(_Part, self._parts[name])

    async def _once(self, name: str, find: Callable[[], Awaitable[_Part]]) -> _Part:
        """Return a part that has to be asked for, which is done once; what is not found is asked for again."""
        if name in self._parts:
            return cast(_Part, self._parts[name])
        found = await find()
        return self.part(name, lambda: found)

    async def all(self, *wanted: Wanted) -> None:
        """Read several selections.

        Raises `NotNowError` where that would take too many requests; what follows on others that were read is cut.
        """
        readings = [await self._begun(each) for each in wanted]
        needed = sum(reading.cost for reading in readings if reading)
        if needed > self.budget.left and not self._has_read:
            raise NotNowError(
                f"This report needs about {self.requests + needed:,} requests of Outreach, and may make "
                f"{self.budget.most}: narrow it by {_NARROWER}."
            )
        self._has_read = True
        for each, reading in zip(wanted, readings, strict=True):
            kind = words_of(each.declared.type, many=True)
            if reading is None:
                self._cut(f"INCOMPLETE, {each.without}: not all {kind} read")
                continue
            coverage = await reading.read(partial(self._take, each))
            self.read[kind] = self.read.get(kind, 0) + coverage.read
            self.notes += [note for note in reading.notes if note not in self.notes]
            if not coverage.whole:
                of = f" of {coverage.total:,}" if coverage.total is not None else ""
                self._cut(f"INCOMPLETE, {each.without}: {coverage.read:,}{of} {kind} read, {coverage.why.rstrip('.')}")

    async def whole(self, wanted: Wanted) -> None:
        """Read a selection that others depend on, of which no part will do, and which is not told of."""
        await self.all(wanted)
        self._has_read = False
        kind = words_of(wanted.declared.type, many=True)
        if self.is_cut:
            raise NotNowError(f"Not all {kind} could be read, without which there is no report: ask for it again.")
        self.read.pop(kind, None)

    async def users(self, owner: object, team: object) -> tuple[int, ...] | None:
        """Return the ids of the people that an owner and a team name, None where neither is given."""
        return await self._once("users", partial(self._users, owner, team))

    async def _users(self, owner: object, team: object) -> tuple[int, ...] | None:
        owners = await self.ids(owner, "user", "owner")
        if team is None:
            return owners
        number = await self.names.id_of(team, "team", "'team'", finds(("team",), self.listers))
        members: list[int] = []
        filters = [Filter(field="teams.id", criteria=number)]
        await self.whole(Wanted(USER, filters, ("name",), lambda rows, _: members.extend(row["id"] for row in rows)))
        found = tuple(each for each in members if owners is None or each in owners)
        if not found:
            if owners is None:
                raise ArgumentError("'team' has nobody in it, so that nothing was counted: name another one")
            raise ArgumentError("'owner' is not in that 'team', so that nothing was counted: leave one of them out")
        return found

    async def ids(self, given: object, kind: str, argument: str) -> tuple[int, ...] | None:
        """Return the ids of the records of a type that an argument names or has the ids of, None where it is empty."""
        return await self._once(argument, partial(self._ids, given, kind, argument))

    async def _ids(self, given: object, kind: str, argument: str) -> tuple[int, ...] | None:
        if given is None:
            return None
        found = finds((kind,), self.listers)
        criteria = await with_ids(self.names, given, kind, repr(argument), found)
        items: list[object] = criteria if is_array(criteria) else [*split(str(criteria))]
        if not items:  # an empty list as text
            return None
        try:
            return tuple(dict.fromkeys(identifier(each) for each in items))
        except ValueError as error:
            raise ArgumentError(f"{argument!r} {error}{found}") from None

    async def labels(self, kind: str, ids: Iterable[int | None], *, within: str = "") -> dict[int, str]:
        """Return what records are called, by their ids; one that is gone or may not be read goes by its id.

        `within` is the relationship to what they are parts of, whose name comes before theirs.
        """
        wanted = sorted({each for each in ids if each is not None})
        names = {each: self._seen[kind, each] for each in wanted if (kind, each) in self._seen and not within}
        missing = [each for each in wanted if each not in names]
        resource, label = resource_type(kind), label_of(kind) or "name"
        target = f"/{resource.path}"
        query: Query = ((f"fields[{kind}]", ",".join(filter(None, (label, within)))),)
        if within:
            query = (*query, (f"fields[{within}]", "name"), ("include", within))
        refused = False
        for place in range(0, len(missing), AT_ONCE):
            chosen = ("filter[id]", ",".join(map(str, missing[place : place + AT_ONCE])))
            self.budget.spent += 1
            try:
                response = await self.context.client.send(
                    Request("GET", target, (chosen, *query, ("page[size]", str(AT_ONCE))), looks_up=True)
                )
            except (MissingScope, ToolError):
                refused = True
                break
            document = json_object(response.body, target)
            included = index_included(document)
            for record in records_of(document, target, kind):
                owner = related(record, included, within) if within else None
                parts = [text_of(each, name) for each, name in ((owner or {}, "name"), (record, label))]
                names[record["id"]] = ", ".join(
                    one_line(part.strip(), _NAME) for part in parts if part and part.strip()
                )
        if refused:
            self._say(f"{words_of(kind, many=True)} go by their ids: their names may not be read")
        elif any(each not in names for each in wanted):
            self._say(f"some {words_of(kind, many=True)} have no name that this user may see: they go by their ids")
        found = {each: names.get(each) or f"{words_of(kind)} {each}" for each in wanted}
        return told_apart(found)

    def _say(self, note: str) -> None:
        """Note something once, however often it comes up."""
        if note not in self.notes:
            self.notes.append(note)

    async def _begun(self, wanted: Wanted) -> Reading | None:
        """Return a reading that has begun, None where that has to wait, after others were read.

        Where names may not come along, they are left to be asked for.
        """
        if (known := self._readings.get(wanted.mark)) is not None:
            return known
        try:
            reading = await self._first_page(wanted)
        except MissingScope:
            if not wanted.named:
                raise
            reading = await self._first_page(replace(wanted, named=()))
        except Hindered:
            if not self._readings:
                raise
            return None
        if reading is None and not self._readings:
            raise NotNowError(f"There was no time for this report: narrow it by {_NARROWER}.")
        if reading is not None:
            self._readings[wanted.mark] = reading
        return reading

    async def _first_page(self, wanted: Wanted) -> Reading | None:
        context = self.context
        if wanted.looks_up:
            context = replace(context, client=_LookingUp(context.client))
        reading = Reading(context, await self._selected(wanted), self.budget, spare=_SPARE)
        await reading.begin()
        return reading if reading.requests else None

    def _cut(self, note: str) -> None:
        self.is_cut = True
        self._say(note)

    async def _selected(self, wanted: Wanted) -> Selected:
        kind = wanted.declared.type
        relationships = resource_type(kind).relationships
        if without := self.context.withheld.get(kind, frozenset()).intersection(wanted.fields):
            raise ToolError(
                f"This report needs {', '.join(sorted(without))} of {kind}, which this server's settings exclude."
            )
        paths = [f"{name}.{label_of(relationships[name].types[0])}" for name in wanted.named]
        selecting = Selecting.of(self.context, wanted.declared, self.names)
        return await selecting.selected(wanted.filters, (*wanted.fields, *paths))

    def _take(self, wanted: Wanted, rows: Sequence[JsonObject], included: Included) -> None:
        """Pass records on, and keep the names that came along."""
        kinds = {resource_type(wanted.declared.type).relationships[name].types[0] for name in wanted.named}
        for (kind, number), record in included.items():
            if kind in kinds and isinstance(number, int):
                name = text_of(record, label_of(kind) or "name")
                if name and name.strip():
                    self._seen[kind, number] = one_line(name.strip(), _NAME)
        wanted.take(rows, included)

    @property
    def meant(self) -> tuple[str, ...]:
        """The notes on who was meant by names, which are looked up once."""
        return tuple(dict.fromkeys((*self._meant, *self.names.notes)))

    @property
    def requests(self) -> int:
        """The number of requests that the report took, with those of calls before."""
        return self._spent_before + self.budget.spent

    @property
    def coverage(self) -> str:
        """The records that were read, and in how many requests."""
        read = ", ".join(f"{count:,} {kind}" for kind, count in self.read.items())
        every = "" if self.is_cut else "all of "
        return f"{every}{read}; {self.requests} requests"


def told_apart(names: Mapping[int, str]) -> dict[int, str]:
    """Return the names of records by their ids, those that several have with the ids."""
    alike = Counter(names.values())
    return {each: f"{name} ({each})" if alike[name] > 1 else name for each, name in names.items()}


def any_of(field: str, ids: tuple[int, ...] | None) -> list[Filter]:
    """Return the filter by some ids, none where there are none to filter by."""
    return [] if ids is None else [Filter(field=field, criteria=[*ids])]


def each_of(take: Callable[[JsonObject], None]) -> Take:
    """Return what takes records one by one."""

    def take_each(rows: Sequence[JsonObject], _: Included) -> None:
        for row in rows:
            take(row)

    return take_each


def replies_rated(period: Period, sequences: tuple[int, ...] | None, said: dict[int, str]) -> Wanted:
    """Return what is wanted to know what the replies since a period began `said`, by enrolment."""
    filters = [Filter(field="repliedAt", criteria=period.since), *any_of("sequence.id", sequences)]
    return Wanted(
        SEQUENCE_STATE,
        filters,
        FIELDS,
        lambda rows, _: said.update(sentiments_of(rows)),
        without="too many replies are unrated",
    )
