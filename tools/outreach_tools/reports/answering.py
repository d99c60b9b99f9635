"""The answer of a report: columns and rows, few enough to be read at a glance, a total, and what was counted how."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost, fit_rows
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.figures.exact import shown
from outreach_tools.engine.matching import few, find, listed, nearest, shorten
from outreach_tools.engine.tool import Context
from outreach_tools.reports.arguments import ReportArguments
from outreach_tools.reports.gathering import Gathering
from outreach_tools.reports.shortening import short_names

BRIEF = 300
"""Tokens, as they are estimated, within which ten rows stay: by leaving out columns, cutting names, then fewer rows."""

GO_ON = "the same call again, within 5 minutes, reads on from there"
"""The note of a report that was cut."""

_TEN = 10
_NAMED = 2  # columns that are named of those left out
_SHORTER = (40, 30, 20, 12)  # characters of names, where they have to be cut
_FEWEST = 3  # rows that an answer keeps if it has them
_GENEROUS = 1.3  # what `fit_rows` keeps free is meant for long answers
_OF_NAMES = 1.1  # tokens of names and words are estimated at least so much too high, those of figures are not
_NUMBERS = re.compile(r"(\d+(?:\.\d+)?)", re.ASCII)

Row: TypeAlias = Mapping[str, Any]
"""A row by the names of its columns."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The definitions of a report: of what it is about, and in a few words of each column that needs it."""

    about: str
    columns: tuple[tuple[tuple[str, ...], str], ...] = ()

    def told(self, shown: Collection[str]) -> str:
        """Return the definitions of what is shown."""
        return "; ".join(
            filter(None, (self.about, *(text for of, text in self.columns if any(map(shown.__contains__, of)))))
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a report: those that tell rows apart, and the measures.

    Of the `shown` measures, in this order, as many as fit are in an answer that is not asked for others, and always the
    first `least` and the one that is sorted by; all can be asked for. Columns in `names` hold names, which are cut
    where there is no room. Rows come in the order of `sort` unless asked otherwise, None where they have an order of
    their own; the first `top` are shown, None for all. `counted` says what the figures are.
    """

    keys: tuple[str, ...]
    shown: tuple[str, ...]
    others: tuple[str, ...] = ()
    sort: str | None = None
    top: int | None = _TEN
    least: int = 3
    names: tuple[str, ...] = ()
    counted: Counted = Counted("")

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
    said = (*gathering.meant, *gathering.notes, *((GO_ON,) if gathering.is_cut else ()), *notes)
    draft = Draft(layout, frame, gathering.coverage, said, ordered, totals)
    top = given.top or layout.top or len(ordered)
    if given.fields is None:
        budget = min(context.max_result_tokens, BRIEF * max(_TEN, min(top, len(ordered))) // _TEN)
        result = _brief(draft, top, given, budget)
    else:
        result = draft.answer(ordered[:top], _asked(layout, given.fields))
    return _within(result, len(ordered), context.max_result_tokens)


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer in the making: all that stands in it but for its columns and how many rows it has."""

    layout: Layout
    frame: JsonObject
    read: str
    said: tuple[str, ...]
    ordered: Sequence[Row]
    totals: Sequence[Row]

    def answer(self, rows: Sequence[Row], measures: Sequence[str], *, brief: bool = False) -> JsonObject:
        """Return the answer with some rows and measures; a `brief` one names what else it could show."""
        keys = [name for name in self.layout.keys if any(row.get(name) is not None for row in rows) or not rows]
        columns, said = [*keys, *measures], [*self.said]
        if len(rows) < len(self.ordered):
            said.append(f"{len(rows)} of {len(self.ordered):,} rows, 'top' shows more")
        if brief and (left_out := [name for name in self.layout.measures if name not in measures]):
            said.append(f"fields '*' shows more: {few(left_out, _NAMED)}")
        counted = self.layout.counted.told(columns)
        result: JsonObject = {
            **self.frame,
            **({"counted": counted} if counted else {}),
            "read": self.read,
            **({"note": ". ".join(said)} if said else {}),
            "columns": columns,
            "rows": [_cells(row, columns) for row in rows],
        }
        sums = [_cells(row, columns) for row in self.totals]
        return {**result, "total": sums[0] if len(sums) == 1 else sums} if sums else result


def _cells(row: Row, columns: Sequence[str]) -> list[Any]:
    """Return what some columns show of a row: decimals to their last digit."""
    return [shown(value) if isinstance(value := row.get(name), Decimal) else value for name in columns]


def _brief(draft: Draft, top: int, given: ReportArguments, budget: int) -> JsonObject:
    """Return the answer with as many of its measures as fit a budget, names cut and rows left out if need be.

    Measures that are nothing in every row are left out first. Rows are left out only where nobody asked for so many.
    """
    layout, rows = draft.layout, draft.ordered[:top]
    sorted_by = find((given.sort or "").removeprefix("-"), layout.measures)
    always = [name for name in layout.shown[: layout.least] if any(row.get(name) is not None for row in rows)]
    if sorted_by and sorted_by not in always:
        always.append(sorted_by)
    room = budget * (_OF_NAMES if any(name in layout.names for name in (*layout.keys, *always)) else 1)

    def fits(shown: Sequence[Row], measures: Sequence[str]) -> bool:
        return cost(draft.answer(shown, measures, brief=True)) <= room

    shown = next((each for limit in (0, *_SHORTER) if fits(each := _cut(rows, layout, limit), always)), None)
    if shown is None:
        shown = _cut(rows, layout, _SHORTER[-1])
        while given.top is None and layout.top and len(shown) > _FEWEST and not fits(shown, always):
            shown = shown[:-1]
    empty = {name for name in layout.shown if not any(row.get(name) for row in (*rows, *draft.totals))}
    chosen = [*always, *(name for name in layout.shown if name not in always and name not in empty)]
    while len(chosen) > len(always) and not fits(shown, chosen):
        chosen.pop()
    return draft.answer(shown, chosen, brief=fits(shown, chosen))


def _cut(rows: Sequence[Row], layout: Layout, limit: int) -> Sequence[Row]:
    """Return rows with names of about so many characters, whole ones for a limit of 0."""
    if not limit:
        return rows
    short = {
        column: short_names((name for row in rows if isinstance(name := row.get(column), str)), limit)
        for column in layout.names
    }
    return [{**row, **{column: names.get(row.get(column) or "", row.get(column)) for column, names in short.items()}}
            for row in rows]  # fmt: skip


def _within(result: JsonObject, whole: int, budget: int) -> JsonObject:
    """Return an answer with no more rows than a budget allows."""
    rows = result["rows"]
    room = int((budget - cost({**result, "rows": []})) * _GENEROUS)
    fitted = fit_rows((), rows, room) if rows else []
    if len(fitted) == len(rows):
        return result
    said = ". ".join(filter(None, (result.get("note"), f"{len(fitted)} of {whole:,} rows fit")))
    place = [*result].index("columns")
    before, after = [*result.items()][:place], [*result.items()][place:]
    return {**dict(before), "note": said, **dict(after), "rows": fitted}


def _rank(value: Any) -> Any:
    """Return what a cell is put in order by: texts by the numbers in them, so that `#2` comes before `#10`."""
    if not isinstance(value, str):
        return value
    parts = _NUMBERS.split(value.casefold())
    return [(index % 2, Decimal(part) if index % 2 else part) for index, part in enumerate(parts)]


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
    if layout.sort is not None:  # of equal rows it shall not matter which page arrived first
        rows = sorted(rows, key=lambda row: [(row.get(key) is None, _rank(row.get(key))) for key in layout.keys])
    elif given is None:
        return rows
    text = given or layout.sort or ""
    descending, name = text.startswith("-"), text.removeprefix("-")
    known = (*layout.keys, *layout.measures)
    column = find(name, known)
    if column is None:
        raise ArgumentError(f"'sort' is {shorten(text)}{nearest(name, known)}: this report sorts by {listed(known)}")
    filled = [row for row in rows if row.get(column) is not None]
    ordered = sorted(filled, key=lambda row: _rank(row[column]), reverse=descending)
    return [*ordered, *(row for row in rows if row.get(column) is None)]
