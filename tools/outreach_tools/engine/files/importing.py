"""Plans an import: what becomes of each row of a table, and a plan that does just that."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from anyio.to_thread import run_sync

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import ImportArguments
from outreach_tools.engine.bulk.making import read_beside, seen_of, told_followers, told_let_out
from outreach_tools.engine.bulk.plan import Plan
from outreach_tools.engine.bulk.selecting import Found
from outreach_tools.engine.bulk.told import few_reasons, plan_answer
from outreach_tools.engine.columns import label_of, select
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import Resource
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.files.cells import values_in
from outreach_tools.engine.files.mapping import SAMPLE, Columns, mapped, told
from outreach_tools.engine.files.matched import BY, Finder, external_of, form_of, word_for
from outreach_tools.engine.files.rows import Made, Rows, SkippedError, text_at
from outreach_tools.engine.files.tables import Row, Table, read_table, read_text
from outreach_tools.engine.fitting import fit
from outreach_tools.engine.labels.reading import Labels
from outreach_tools.engine.matching import few
from outreach_tools.engine.naming.kinds import words_of
from outreach_tools.engine.naming.references import Names
from outreach_tools.engine.numbers import whole
from outreach_tools.engine.text import clean, one_line
from outreach_tools.engine.tool import Context

MOST_AS_TEXT = 200
"""Rows that are taken as text in a call."""

_AT_ONCE = 1_000  # rows whose records are looked for together
_TOKENS = 1_500  # of an answer
_HEADER = 60  # characters of one in it


async def plan_import(context: Context, declared: Resource, given: ImportArguments, names: Names) -> JsonObject:
    """Read a table, find the records that its rows are, and answer with a plan and what the rows come to."""
    if sum(each is not None for each in (given.path, given.uri, given.csv)) != 1:
        raise ArgumentError("where the table is takes one of 'path', 'uri' and 'csv'")
    resource = resource_type(declared.type)
    labels = Labels(context, resource)
    async with AsyncExitStack() as stack:
        table = await _opened(context, given, stack)
        first = await run_sync(_next, table.rows, _AT_ONCE)
        columns = await mapped(declared, labels, table.headers, [cells for _, cells in first[:SAMPLE]], given.columns)
        importing = _importing(context, declared, labels, names, columns)
        chunk = first
        count = 0
        while chunk:
            await importing.take(chunk)
            count += len(chunk)
            await context.progress(float(count), None, f"{count:,} rows looked at")
            chunk = await run_sync(_next, table.rows, _AT_ONCE)
    return await _answer(context, resource.type, labels, columns, importing.rows.made, count)


async def _opened(context: Context, given: ImportArguments, stack: AsyncExitStack) -> Table:
    if given.csv is not None:
        return await run_sync(read_text, given.csv, MOST_AS_TEXT)
    if context.files is None:
        raise ToolError("This server keeps no files: give the table as 'csv'.")
    file = await stack.enter_async_context(context.files.opened(path=given.path, uri=given.uri))
    return await run_sync(read_table, file)


def _next(rows: Iterator[Row], number: int) -> list[Row]:
    return list(islice(rows, number))


def _importing(context: Context, declared: Resource, labels: Labels, names: Names, columns: Columns) -> "_Importing":
    resource = labels.resource
    fields = [f"{each.field}_id" if each.by_id else each.field for each in columns.written]
    fields += [each.field for each in columns.beside]
    label = label_of(resource.type)
    also = (
        *seen_of(resource),
        *read_beside(resource, fields),
        *((label,) if label else ()),
        *(by for by in BY.get(resource.type, ())),
    )
    selection = select(resource, fields, summary=False, also=also, zone=context.zone)
    rows = Rows(
        declared, labels, names, Calendar(context.now().replace(microsecond=0), context.zone), columns,
        {each.name: each for each in selection.columns},
    )  # fmt: skip
    return _Importing(rows, Finder(context, resource, selection))


@dataclass(slots=True)
class _Keys:
    """The keys of the record of a row: its id, or what is compared, by the name of the attribute."""

    id: int | None = None
    external: str = ""
    by: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


@dataclass(slots=True)
class _Importing:
    """An import under way: which records and new values were met, and on which line."""

    rows: Rows
    finder: Finder
    _lines: dict[object, int] = field(default_factory=dict[object, int])

    async def take(self, chunk: Sequence[Row]) -> None:
        """Take some rows."""
        made = self.rows.made
        keyed: list[tuple[Row, _Keys]] = []
        for row in chunk:
            try:
                keyed.append((row, self._keys(row[1])))
            except ArgumentError as error:
                made.wrong(row[0], str(error))
        matches = await self._matches([keys for _, keys in keyed])
        for (line, cells), keys in keyed:
            try:
                found = matches.record_of(keys, words_of(self.finder.resource.type))
                self._once(line, keys, found)
                if found is None:
                    await self.rows.create(line, cells)
                else:
                    await self.rows.update(line, cells, found)
            except SkippedError as skipped:
                made.counts["skip"] += 1
                made.skipped[str(skipped)] += 1
            except ArgumentError as error:
                made.wrong(line, str(error))

    def _keys(self, cells: Sequence[Any]) -> _Keys:
        """Return what identifies a row's record. Raises `ArgumentError` for an id that is none."""
        columns, kind = self.rows.columns, self.finder.resource.type
        external = external_of(self.finder.resource)
        key = text_at(cells, columns.key.place).strip() if columns.key else ""
        if key:
            number = whole(key)
            if number is None or number < 1:
                raise ArgumentError(f"the id is {key[:40]!r}, not a whole number")
            return _Keys(number)
        found = _Keys()
        for column in columns.written:
            text = text_at(cells, column.place).strip()
            if column.field == external:
                found.external = text
            elif column.field in BY.get(kind, ()) and text:
                values = values_in(text) if column.field == "emails" else [text]
                texts = [each for each in values if isinstance(each, str) and form_of(column.field, each)]
                found.by.setdefault(column.field, []).extend(texts)
        return found

    async def _matches(self, keys: Sequence[_Keys]) -> "_Matches":
        external = {each.external for each in keys if each.external and each.id is None}
        by_external = await self.finder.by_external_id(external) if external else {}
        ids = {each.id for each in keys if each.id is not None} | {
            number for numbers in by_external.values() for number in numbers
        }
        matches = _Matches(await self.finder.by_id(ids), by_external)
        for name in BY.get(self.finder.resource.type, ()):
            open_keys = [each for each in keys if each.id is None and not by_external.get(each.external)]
            texts = [text for each in open_keys for text in each.by.get(name, ())]
            if texts:
                forms = [form_of(name, text) for text in texts]
                matches.by_value[name] = await self.finder.by_value(name, [*texts, *forms])
        return matches

    def _once(self, line: int, keys: _Keys, found: Found | None) -> None:
        """Raise for a row that is the same record as one before it, or makes the same one anew."""
        marks: list[tuple[object, str]] = []
        if found is not None:
            marks.append((found.record["id"], "is the same record"))
        else:
            marks += [(("external", keys.external), "has the same external id")] if keys.external else []
            for name, texts in keys.by.items():
                if name == "name" and keys.by.get("domain"):
                    continue
                marks += [((name, form_of(name, text)), f"has the same {word_for(name)}") for text in texts]
        for mark, why in marks:
            if (before := self._lines.setdefault(mark, line)) != line:
                raise ArgumentError(f"it {why} as line {before}")


@dataclass(slots=True)
class _Matches:
    """The records that some rows are."""

    by_id: dict[int, Found]
    by_external: dict[str, list[int]]
    by_value: dict[str, dict[str, list[Found]]] = field(default_factory=dict[str, dict[str, list[Found]]])

    def record_of(self, keys: _Keys, kind: str) -> Found | None:
        """Return the record of a row, None for a new one. Raises `ArgumentError` where several may be meant."""
        if keys.id is not None:
            if keys.id not in self.by_id:
                raise ArgumentError(f"there is no {kind} {keys.id}: leave the id empty for a new one")
            return self.by_id[keys.id]
        candidates = {
            number: self.by_id[number] for number in self.by_external.get(keys.external, []) if number in self.by_id
        }
        word = word_for("")
        for name, texts in keys.by.items():
            if candidates or (name == "name" and keys.by.get("domain")):
                break
            found = [each for text in texts for each in self.by_value.get(name, {}).get(form_of(name, text), [])]
            candidates, word = {int(each.record["id"]): each for each in found}, word_for(name)
        if len(candidates) > 1:
            ids = few([str(each) for each in sorted(candidates)])
            raise ArgumentError(
                f"{len(candidates)} records have its {word}: {ids}. Give the id of the one that is meant"
            )
        return next(iter(candidates.values()), None)


async def _answer(context: Context, kind: str, labels: Labels, columns: Columns, made: Made, rows: int) -> JsonObject:
    """Keep the plan, if there is anything to do, and return what tells of it."""
    many = words_of(kind, many=True)
    outcomes: Counter[str] = made.counts
    counts: JsonObject = {"rows": rows, **{name: outcomes[name] for name in _OUTCOMES if outcomes[name]}}
    shown = {one_line(clean(header), _HEADER): field for header, field in told(columns, labels).items()}
    beside: JsonObject = {
        "columns": shown,
        **({"skipped": few_reasons(made.skipped)} if made.skipped else {}),
        **({"errors": made.errors} if made.errors else {}),
    }
    notes = [*labels.notes]
    if outcomes["error"] > len(made.errors):
        notes.append(f"{outcomes['error'] - len(made.errors):,} more lines are wrong")
    if made.kept_values:
        notes.append(f"{made.kept_values:,} empty cells leave the values of records as they are")
    notes += told_followers(made.followers)
    if not made.steps:
        return fit(
            {**counts, **beside}, min(context.max_result_tokens, _TOKENS), ("nothing to change: no plan", *notes)
        )
    doing = f"import {many}: " + ", ".join(f"{name} {outcomes[name]:,}" for name in _STEPS if outcomes[name])
    left_out = {name: outcomes[name] for name in ("unchanged", "skip", "error") if outcomes[name]}
    plan = Plan(kind, doing, made.steps, left_out, mails="".join(told_let_out(made.let_out)))
    examples = [example for name in _STEPS for example in made.examples.get(name, [])]
    answer = await plan_answer(context, plan, examples)
    note = answer.pop("note", "")
    for name in ("left_out", "doing"):
        answer.pop(name, None)
    return fit({**answer, **counts, **beside}, min(context.max_result_tokens, _TOKENS), (note, *notes))


_STEPS = ("create", "update")
_OUTCOMES = (*_STEPS, "unchanged", "skip", "error")
