"""The answer of a report: columns and rows, few enough to be read at a glance, a total, and what was counted how."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost, fit_rows
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.matching import few, find, listed, nearest, shorten
from outreach_tools.engine.tool import Context
from outreach_tools.reports.arguments import ReportArguments
from outreach_tools.reports.gathering import Gathering

BRIEF = 320
"""Tokens, as they are estimated, within which ten rows stay by leaving out columns; `fields` asks for those."""

_TEN = 10
_NAMED = 4  # columns that are named of those left out
_GENEROUS = 1.3  # what `fit_rows` keeps free is meant for long answers

Row: TypeAlias = Mapping[str, Any]
"""A row by the names of its columns."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a report: those that tell rows apart, and the measures.

    Of the `shown` measures, in this order, as many as fit are in an answer that is not asked for others, and always the
    first `least`; all can be asked for. Rows come in the order of `sort` unless asked otherwise, None where they have
    an order of their own; the first `top` are shown, None for all.
    """

    keys: tuple[str, ...]
    shown: tuple[str, ...]
    others: tuple[str, ...] = ()
    sort: str | None = None
    top: int | None = _TEN
    least: int = 3

    @property
    def measures(self) -> tuple[str, ...]:
        """All measures."""
        return (*self.shown, *self.others)

    def checked(self, given: ReportArguments) -> "Layout":
        """Return the layout itself. Raises `ArgumentError` where it lacks a column that is asked for or sorted by."""
        _sorted([], self, given.sort)
        _asked(self, given.fields or ())
        return self


def answer(
    context: Context,
    gathering: Gathering,
    layout: Layout,
    given: ReportArguments,
    rows: Iterable[Row],
    totals: Sequence[Row],
    *,
    frame: JsonObject,
    notes: Iterable[str] = (),
) -> JsonObject:
    """Return the answer to arguments that the layout has `checked`."""
    ordered = _sorted(list(rows), layout, given.sort)
    top = ordered[: given.top or layout.top]
    asked = None if given.fields is None else _asked(layout, given.fields)
    said = [*gathering.names.notes, *gathering.notes, *notes]
    if len(top) < len(ordered):
        said.append(f"{len(top)} of {len(ordered):,} rows, 'top' shows more")
    head: JsonObject = {**frame, "read": gathering.coverage}
    budget = min(context.max_result_tokens, BRIEF * max(_TEN, len(top) + len(totals)) // _TEN)
    measures, left_out = (asked, ()) if asked is not None else _fitting(layout, top, totals, head, said, budget)
    keys = tuple(name for name in layout.keys if any(row.get(name) is not None for row in top) or not top)
    columns = [*keys, *measures]
    if left_out:
        said.append(f"fields '*' shows more: {few(left_out, _NAMED)}")
    cells = [[row.get(name) for name in columns] for row in top]
    note = {"note": ". ".join(said)} if said else {}
    result: JsonObject = {**head, **note, "columns": columns}
    sums = [[row.get(name) for name in columns] for row in totals]
    room = int((context.max_result_tokens - cost([result, sums])) * _GENEROUS)
    fitted = fit_rows((), cells, room) if cells else []
    if len(fitted) < len(cells):
        result["note"] = ". ".join([*said, f"{len(fitted)} of {len(ordered):,} rows fit"])
    result["rows"] = fitted
    return {**result, "total": sums[0] if len(sums) == 1 else sums} if sums else result


def _asked(layout: Layout, fields: Sequence[str]) -> tuple[str, ...]:
    """Return the measures that were asked for, `*` for all; keys are there without."""
    known = (*layout.keys, *layout.measures)
    found: dict[str, None] = {}
    for name in fields:
        if name == "*":
            found.update(dict.fromkeys(layout.measures))
            continue
        spelled = find(name, known)
        if spelled is None:
            raise ArgumentError(
                f"'fields' has {shorten(name)}{nearest(name, known)}: this report shows {listed(layout.measures)}"
            )
        found.update({spelled: None} if spelled in layout.measures else {})
    return tuple(found)


def _sorted(rows: list[Row], layout: Layout, given: str | None) -> list[Row]:
    """Return the rows in order, those without a value last."""
    if given is None and layout.sort is None:
        return rows
    text = given or layout.sort or ""
    descending, name = text.startswith("-"), text.removeprefix("-")
    known = (*layout.keys, *layout.measures)
    column = find(name, known)
    if column is None:
        raise ArgumentError(f"'sort' is {shorten(text)}{nearest(name, known)}: this report sorts by {listed(known)}")
    filled = [row for row in rows if row.get(column) is not None]
    ordered = sorted(filled, key=lambda row: row[column], reverse=descending)
    return [*ordered, *(row for row in rows if row.get(column) is None)]


def _fitting(
    layout: Layout, rows: Sequence[Row], totals: Sequence[Row], head: JsonObject, said: Sequence[str], budget: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return as many of the measures as fit a budget, and those that are left out.

    A measure that is nothing in every row goes first.
    """
    empty = [name for name in layout.shown if not any(row.get(name) for row in (*rows, *totals))]
    always = layout.shown[: layout.least]
    chosen = [name for name in layout.shown if name in always or name not in empty]
    while len(chosen) > layout.least:
        names = [*layout.keys, *chosen]
        left_out = [name for name in layout.measures if name not in chosen]
        cells = [[row.get(name) for name in names] for row in (*rows, *totals)]
        if cost([head, said, few(left_out, _NAMED), names, cells]) <= budget:
            break
        chosen.pop()
    return tuple(chosen), tuple(name for name in layout.measures if name not in chosen)
