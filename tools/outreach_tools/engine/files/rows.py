"""Makes a step of a plan of each row of a table, or says why there is none: unchanged, skipped, or wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import ChangeArguments
from outreach_tools.engine.bulk.making import FOLLOWS, lets_mail_out, may, name_of, seen_of, without_followers
from outreach_tools.engine.bulk.plan import Step
from outreach_tools.engine.bulk.selecting import Found
from outreach_tools.engine.bulk.steps import Steps
from outreach_tools.engine.bulk.values import differing, held, told
from outreach_tools.engine.changing import require_members
from outreach_tools.engine.columns import Column, label_of
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import CreateTool, Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.files.cells import Cell, cell_of, is_cut, plain, said_by, values_in
from outreach_tools.engine.files.mapping import Columns, Mapped
from outreach_tools.engine.files.matched import BY, form_of
from outreach_tools.engine.files.workbooks import Formula
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.labels.written import require
from outreach_tools.engine.matching import shorten
from outreach_tools.engine.naming.kinds import words_of
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.wanted import wanted
from outreach_tools.json_values import is_array

_EXAMPLES = 3
_SHOWN_ERRORS = 10
_WHY = 160  # characters
_FORMULA = ("=", "\uff1d")


class SkippedError(Exception):
    """A row is left out, and nothing is wrong with it; the text says why."""


@dataclass(slots=True)
class Made:
    """The outcome of the rows: steps, and how many of which outcome, with the first of what is wrong by line."""

    steps: Steps = field(default_factory=Steps)
    counts: Counter[str] = field(default_factory=Counter[str])
    skipped: Counter[str] = field(default_factory=Counter[str])
    errors: list[JsonObject] = field(default_factory=list[JsonObject])
    examples: dict[str, list[JsonObject]] = field(default_factory=dict[str, list[JsonObject]])
    kept_values: int = 0
    let_out: int = 0
    followers: int = 0

    def wrong(self, line: int, why: str) -> None:
        """Note a row that cannot be taken."""
        self.counts["error"] += 1
        if len(self.errors) < _SHOWN_ERRORS:
            self.errors.append({"line": line, "why": one_line(clean(why), _WHY)})

    def step(self, line: int, step: Step, example: JsonObject) -> None:
        """Note a row that becomes a step."""
        self.counts[step.kind] += 1
        self.steps.append(step)
        shown = self.examples.setdefault(step.kind, [])
        if len(shown) < _EXAMPLES:
            shown.append({"line": line, **example})


@dataclass(slots=True)
class Rows:
    """Makes steps of the rows of one table."""

    declared: Resource
    labels: Labels
    names: Names
    calendar: Calendar
    columns: Columns
    readers: Mapping[str, Column]
    made: Made = field(default_factory=Made)
    _ids: dict[tuple[str, str], int | ArgumentError] = field(
        default_factory=dict[tuple[str, str], "int | ArgumentError"]
    )

    async def update(self, line: int, cells: Sequence[Cell | Formula], found: Found) -> None:
        """Take a row that is a record."""
        resource, record = self.labels.resource, found.record
        given = self._given(cells, found)
        self._refuse_other_names(cells, found, given)
        if not given:
            self.made.counts["unchanged"] += 1
            return
        if not may(record):
            raise SkippedError("you may not change it in Outreach")
        after = await self._after(given)
        before = held(resource, record, after)
        after = {name: _added(before[name], value) for name, value in after.items()}
        changed = differing(resource, without_followers(resource, record, after), before)
        follows = len(changed) < len(differing(resource, after, before))
        if follows and not changed:
            raise SkippedError(FOLLOWS)
        self.made.followers += follows
        if not changed:
            self.made.counts["unchanged"] += 1
            return
        step = Step(
            "update", resource.type, int(record["id"]), name_of(record),
            {name: before[name] for name in changed}, {name: after[name] for name in changed},
            held(resource, record, seen_of(resource)),
        )  # fmt: skip
        differences = {
            self.labels.shown(name): f"{told(resource, name, before[name], found.included)} → "
            f"{self._told(name, after[name], given)}"
            for name in changed
        }
        self.made.let_out += lets_mail_out(step.after)
        self.made.step(line, step, {"id": step.id, "name": step.name, **differences})

    async def create(self, line: int, cells: Sequence[Cell | Formula]) -> None:
        """Take a row that is not a record yet."""
        resource = self.labels.resource
        tool = next((each for each in self.declared.tools if isinstance(each, CreateTool)), None)
        if tool is None:
            raise ArgumentError(f"it has no id, and files create no {words_of(resource.type, many=True)}")
        given = self._given(cells, None)
        if not given:
            raise SkippedError("it is empty but for columns that are not written")
        after = await self._after(given)
        attributes = {name: value for name, value in after.items() if name in resource.attributes}
        links = {name: value for name, value in after.items() if name in resource.relationships}
        require_members(self.declared, tool, attributes, links)
        await require(self.labels, attributes, creating=True)
        called = (after.get(each) for each in (label_of(resource.type) or "", "firstName", "lastName"))
        name = one_line(clean(" ".join(each for each in called if isinstance(each, str))), 60)
        step = Step("create", resource.type, None, name, {}, after)
        shown = {self.labels.shown(each): self._told(each, value, given) for each, value in after.items()}
        self.made.step(line, step, shown)

    def _given(self, cells: Sequence[Cell | Formula], found: Found | None) -> dict[str, Any]:
        """Return what a row says of each field, without what the record holds just so. Raises `ArgumentError`."""
        given: dict[str, Any] = {}
        for column in self.columns.written:
            cell = cells[column.place] if column.place < len(cells) else None
            current = self._current(column, found)
            if isinstance(cell, Formula):
                raise ArgumentError(f"{shorten(column.header)} holds a formula: put its value there")
            text = said_by(cell)
            if not text.strip():
                self.made.kept_values += bool(plain(current))
                continue
            if found is not None and (plain(cell) == plain(current) or self._is_key(column, cells, text, current)):
                continue
            if isinstance(cell, str) and cell.startswith(_FORMULA):
                raise ArgumentError(
                    f"{shorten(column.header)} begins like a formula: put an apostrophe in front if that is its text"
                )
            if is_cut(cell):
                raise ArgumentError(f"{shorten(column.header)} holds no more than the beginning of a text")
            self._add(given, column, text)
        return given

    def _is_key(self, column: Mapped, cells: Sequence[Cell | Formula], text: str, current: Cell) -> bool:
        """Return whether a cell is what a record was found by, spelled in another way, and not to be written."""
        key = self.columns.key
        if key is not None and text_at(cells, key.place).strip():
            return False  # it was found by its id, and everything else is what it is to become
        for name in BY.get(self.labels.resource.type, ()):
            if any(each.field == name and form_of(name, text_at(cells, each.place)) for each in self.columns.written):
                return column.field == name and form_of(name, text) == form_of(name, said_by(current))
        return False

    def _refuse_other_names(self, cells: Sequence[Cell | Formula], found: Found, given: Mapping[str, Any]) -> None:
        """Raise where a name was changed that stands beside an id, and the id was not."""
        for column in self.columns.beside:
            cell = cells[column.place] if column.place < len(cells) else None
            current = self._current(column, found)
            said = "" if isinstance(cell, Formula) else said_by(cell).strip()
            if said and plain(said) != plain(said_by(current)) and column.field not in given:
                raise ArgumentError(
                    f"{shorten(column.header)} says {shorten(said)}, and {column.why}: that is "
                    f"{shorten(said_by(current))}. Change the id, or leave that column out"
                )

    def _add(self, given: dict[str, Any], column: Mapped, text: str) -> None:
        attribute = self.labels.resource.attributes.get(column.field)
        if attribute is not None and attribute.type == "array":
            given[column.field] = list(dict.fromkeys(map(str, [*given.get(column.field, []), *values_in(text)])))
        else:  # what stands around a value belongs to the table: "e-mail, title"
            given[column.field] = text.strip()

    def _current(self, column: Mapped, found: Found | None) -> Cell:
        """Return the cell that an export writes for a record in a column."""
        if found is None:
            return None
        name = f"{column.field}_id" if column.by_id else column.field
        reader = self.readers.get(name)
        return cell_of(reader.read(found.record, found.included)) if reader else None

    async def _after(self, given: Mapping[str, Any]) -> JsonObject:
        """Return what a record's attributes and relationships become. Raises `ArgumentError`."""
        links: JsonObject = {}
        kinds = {column.field: column for column in self.columns.written if column.kind}
        for name, value in given.items():
            if name in kinds:
                links[name] = await self._id(kinds[name], str(value))
        attributes = {name: value for name, value in given.items() if name not in kinds}
        asked = ChangeArguments(attributes=attributes, relationships=links)
        change = await wanted(self.declared, self.labels, asked, self.calendar, self.names)
        return {**change.attributes, **{name: link["data"] for name, link in change.relationships.items()}}

    async def _id(self, column: Mapped, text: str) -> int:
        """Return the id of the record that a cell names, each looked for once."""
        key = (column.field, text)
        if key not in self._ids:
            try:
                self._ids[key] = await self.names.id_of(text, column.kind, shorten(column.header))
            except ArgumentError as error:
                self._ids[key] = error
        known = self._ids[key]
        if isinstance(known, ArgumentError):
            raise known
        return known

    def _told(self, name: str, value: Any, given: Mapping[str, Any]) -> str:
        shown = told(self.labels.resource, name, value)
        text = given.get(name)
        if name in self.labels.resource.relationships and isinstance(text, str) and not text.isdigit():
            return f"{one_line(clean(text), 40)} ({value['id']})"
        return shown


def text_at(cells: Sequence[Cell | Formula], place: int) -> str:
    """Return the text in a place of a row, empty where there is none or a formula."""
    cell = cells[place] if place < len(cells) else None
    return "" if isinstance(cell, Formula) else said_by(cell)


def _added(before: Any, value: Any) -> Any:
    """Return a value of a record with what a row adds to several; a row takes none of them away."""
    if not is_array(value) or not is_array(before):
        return value
    known = {str(each).strip().casefold() for each in before}
    return [*before, *(each for each in value if str(each).strip().casefold() not in known)]
