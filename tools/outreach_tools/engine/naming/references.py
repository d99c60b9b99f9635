"""The records that one call of a tool names: each name becomes the id of the record that it means, or is refused."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from outreach_tools.catalog import resource_type
from outreach_tools.client import Client, JsonObject, MissingScope, NotTaken
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.naming import refusing
from outreach_tools.engine.naming.candidates import Candidate, candidate, own_names
from outreach_tools.engine.naming.kept import names_of
from outreach_tools.engine.naming.kinds import NAMINGS
from outreach_tools.engine.naming.lookup import Read, read_alike, read_all, read_found
from outreach_tools.engine.naming.spelling import LONGEST
from outreach_tools.engine.numbers import is_meant_as_number
from outreach_tools.engine.reading import identifier, is_me, user_identifier
from outreach_tools.engine.tool import Context, Run
from outreach_tools.engine.values import is_uuid

_MAY_BE_STALE = (404, 410, 422)


class NobodyError(ArgumentError):
    """No record is called so."""


class _RenamedError(Exception):
    """A name that was kept led to a record that is called otherwise by now."""


def is_name(value: object, kind: str) -> bool:
    """Return whether a value can name a record of a type: a text that is not a number. A number is always an id."""
    return kind in NAMINGS and isinstance(value, str) and not is_meant_as_number(value)


@dataclass(frozen=True, slots=True)
class _Before:
    """A record that something kept led to: `again` finds the one that it means now."""

    subject: str
    id: int
    again: Callable[[], Awaitable[Candidate]]
    name: str = ""


@dataclass(slots=True)
class Names:
    """The names of one call, resolved one after the other.

    For a change they are read `anew`, each type once in a call: a record that was renamed elsewhere meanwhile is not
    taken for the one that is called so now. What only reads takes what is kept, as far as that means one record.
    """

    context: Context
    anew: bool = False
    _said: dict[str, None] = field(default_factory=dict[str, None])
    _now: dict[str, Read] = field(default_factory=dict[str, Read])
    _before: list[_Before] = field(default_factory=list[_Before])

    @property
    def client(self) -> Client:
        """The client that the call works with."""
        return self.context.client

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what to say of the records that were named: which those are."""
        return tuple(self._said)

    async def id_of(self, value: Any, kind: str, argument: str, found: str = "") -> int:
        """Return the id of the record of a type that a value is the id or the name of; `me` is the current user.

        Raises `ArgumentError` that names the `argument`, and ends in `found`, which says what finds the id.
        """
        try:
            if not is_name(value, kind) or (kind == "user" and is_me(value)):
                known = user_identifier(value) if kind == "user" else identifier(value)
                return await self.client.current_user_id() if isinstance(known, str) else known
        except ValueError as error:
            raise ArgumentError(f"{argument} {error}{found}") from None
        meant = await self.meant(str(value), kind, argument, found)
        self.say(argument.strip("'"), meant)
        return meant.id

    async def target(self, value: Any, kind: str, argument: str, found: str = "") -> int | str:
        """Return the id of the record that a tool works on: like `id_of`, or a UUID where the type's ids are those.

        Raises `ArgumentError`.
        """
        if isinstance(value, str) and resource_type(kind).uuids and not is_meant_as_number(value):
            if not is_uuid(value.strip()):
                raise ArgumentError(f"{argument} takes the id of a record, a UUID, not {shorten(value)}{found}")
            return value.strip()
        return await self.id_of(value, kind, argument, found)

    async def kept_id(self, subject: str, read: Callable[[], Awaitable[Candidate]], argument: str) -> int:
        """Return the id of a record that is not named at all, but kept under a subject; `read` finds it."""

        async def again() -> Candidate:
            return (await self.context.kept.get(subject, read)).value

        held = await self.context.kept.get(subject, read, anew=self.anew)
        if held.before:
            self._before.append(_Before(subject, held.value.id, again))
        self.say(argument, held.value)
        return held.value.id

    async def meant(self, text: str, kind: str, argument: str, found: str, *, further: bool = True) -> Candidate:
        """Return the one record of a type that a name means; where nothing is called so it may be looked for `further`.

        Raises `NobodyError` where no record is called so, and `ArgumentError` where several are or may be.
        """
        name = text.strip()
        if len(name) > LONGEST:
            raise ArgumentError(
                f"{argument} has a text of {len(name):,} characters, which is not a name. Nothing was sent{found}"
            )
        return await self._meant(kind, name, argument, found, further=further)

    def say(self, argument: str, meant: Candidate) -> None:
        """Note which record an argument means."""
        self._said[f"{argument}: {refusing.told(meant)}"] = None

    def note(self, texts: Iterable[str]) -> None:
        """Note what else there is to say about what was given."""
        self._said.update(dict.fromkeys(texts))

    async def are_stale(self) -> bool:
        """Return whether one of the names meant another record when it was read, which is then read again, once."""
        before, self._before = self._before, []
        for subject in {each.subject for each in before}:
            self.context.kept.forget(subject)
        for each in before:
            try:
                if (await each.again()).id != each.id:
                    return True
            except ToolError:
                return True
        return False

    def keys_to_check(self, kind: str, record_id: int | str) -> tuple[str, ...]:
        """Return the attributes by which `check` sees what a record is called, none where there is nothing to check."""
        return NAMINGS[kind].keys if self._kept_names(kind, record_id) else ()

    def check(self, kind: str, record: JsonObject) -> None:
        """See that a record that was read is still called by the name that led to it, where that was kept.

        What it raises otherwise runs the tool once more, with names read anew.
        """
        names = self._kept_names(kind, record.get("id"))
        held = candidate(record, {}, NAMINGS[kind]) if names else None
        if held is not None and held.names and not all(map(held.is_called, names)):
            raise _RenamedError

    def _kept_names(self, kind: str, record_id: object) -> list[str]:
        return [each.name for each in self._before if (each.subject, each.id) == (names_of(kind), record_id)]

    async def _meant(self, kind: str, name: str, argument: str, found: str, *, further: bool) -> Candidate:
        try:
            read, before = await self._read(kind, name)
            matches = _called(name, read)
            if before and (len(matches) > 1 or (further and not matches)):  # what was kept may be out of date
                read, before = await self._read(kind, name, anew=True)
                matches = _called(name, read)
            if not read.whole:
                raise ArgumentError(refusing.too_many(argument, name, kind, read.seen))
            if not matches and further and read.filtered:
                read = await read_alike(self.client, kind, name)
                # What has another name but for its ends was not all found: only this very name counts.
                matches = [each for each in _called(name, read) if each.is_written(name)]
        except (MissingScope, ToolError) as error:
            if isinstance(error, ArgumentError):
                raise
            raise ToolError(refusing.unreadable(argument, name, kind, _reason(error))) from None
        if matches and not read.whole:
            raise ArgumentError(refusing.too_many(argument, name, kind, read.seen))
        if (
            not matches
            and read.unread
            and any(each.is_called(own) for own in own_names(name) for each in read.candidates)
        ):
            within = resource_type(kind).relationships[NAMINGS[kind].within].types[0]
            raise ToolError(refusing.unreadable(argument, name, within, read.unread))
        if not matches:
            raise NobodyError(refusing.none(argument, name, kind, read, found))
        if len(matches) > 1:
            raise ArgumentError(refusing.several(argument, name, kind, matches))
        if before:
            again = partial(self._meant, kind, name, argument, found, further=False)
            self._before.append(_Before(names_of(kind), matches[0].id, again, name))
        return matches[0]

    async def _read(self, kind: str, name: str, *, anew: bool = False) -> tuple[Read, bool]:
        """Return the records that a name may mean, and whether they were read before this call."""
        if NAMINGS[kind].searched:
            return await self._found(kind, name), False
        read, before = await self._whole(kind, anew=anew)
        # That there are too many to be read is kept as well; what finds the name is read now.
        return (read, before) if read.whole else (await self._found(kind, name, read.seen), False)

    async def _whole(self, kind: str, *, anew: bool) -> tuple[Read, bool]:
        """Return all records of a type, and whether they were read before this call, which reads them once at most."""
        if kind in self._now:
            return self._now[kind], False
        kept, subject, read = self.context.kept, names_of(kind), partial(read_all, self.client, kind)
        held = await kept.get(subject, read)
        if held.before and held.value.whole and (anew or self.anew or NAMINGS[kind].fresh):
            held = await kept.get(subject, read, anew=True)
        if not held.before:
            self._now[kind] = held.value
        return held.value, held.before

    async def _found(self, kind: str, name: str, seen: int = 0) -> Read:
        """Return what a filter finds by a name; nothing, which is not the whole, where there is no such filter."""
        return await read_found(self.client, kind, name) or Read((), whole=False, seen=seen)


Named: TypeAlias = Callable[[Context, JsonObject, Names], Awaitable[JsonObject]]
"""Runs a tool whose arguments may name records."""


def by_names(run: Named, *, writing: bool = False) -> Run:
    """Return what runs a tool that takes names, which for `writing` or planning a change are those of this moment.

    Where Outreach refuses an id that a kept name led to, the name is read anew, and where it means another record by
    now, the tool is run once more: of the first time nothing was done. So it is where the record that was read turns
    out to be called otherwise.
    """

    async def run_by_names(context: Context, arguments: JsonObject) -> JsonObject:
        names = Names(context, writing)
        try:
            return await run(context, arguments, names)
        except NotTaken as error:
            if error.status not in _MAY_BE_STALE or not await names.are_stale():
                raise
            again = Names(context, writing)
        except _RenamedError:
            again = Names(context, anew=True)
        return await run(context, arguments, again)

    return run_by_names


def _called(name: str, read: Read) -> list[Candidate]:
    return [each for each in read.candidates if each.is_called(name)]


def _reason(error: Exception) -> str:
    """Return why a type cannot be read, without what else an error says."""
    return error.reason if isinstance(error, MissingScope) else str(error).removesuffix(" Nothing was sent.")
