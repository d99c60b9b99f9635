"""A summary: what is asked for, and the answer that a table makes; rows in order, the totals, how much was read."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from outreach_tools.catalog import Attribute
from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import cost, fit_rows
from outreach_tools.engine.criteria import matcher, parse
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.figures.budget import Coverage
from outreach_tools.engine.figures.grouping import Group, Key
from outreach_tools.engine.figures.measures import Measure, place_of
from outreach_tools.engine.figures.selecting import Selecting
from outreach_tools.engine.figures.states import State
from outreach_tools.engine.figures.table import Table
from outreach_tools.engine.fitting import head
from outreach_tools.engine.matching import find, listed, nearest, shorten

Place = tuple[Key, ...]
Row = tuple[Place, list[State]]

_HAVING = re.compile(r"(\w+\s*(?:\(.*\))?)\s*[:=]?\s*(.+)", re.DOTALL)
_COMPARED = re.compile(r"([<>])=?\s*(.+)")


@dataclass(frozen=True, slots=True)
class Bound:
    """A condition for groups to be shown: the measure that it is about, by its place, and the check."""

    measure: int
    holds: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Order:
    """The order of the groups: by a group's key or by a measure, by their places.

    Of times in the order of their own the `latest` are shown, those that are shown from the first to the last.
    """

    group: int | None = None
    measure: int | None = None
    descending: bool = False
    latest: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The wishes beside the records: the groups, the measures, which groups are shown, and in which order."""

    groups: tuple[Group, ...]
    measures: tuple[Measure, ...]
    having: tuple[Bound, ...] = ()
    order: Order = field(default_factory=Order)
    top: int = 25

    @property
    def is_by_name(self) -> bool:
        """Whether the order needs the names of all groups."""
        return self.order.group is not None and self.groups[self.order.group].field.form == "link"

    def chosen(self, table: Table) -> list[Row]:
        """Return the groups that are shown, whatever their number."""
        found = (
            table.rows() if self.groups else {(unit,): states for unit, states in table.totals_by_currency().items()}
        )
        rows: list[Row] = list(found.items())
        return [row for row in rows if all(each.holds(row[1][each.measure].result) for each in self.having)]

    def sorted(self, rows: Sequence[Row], names: dict[Key, str]) -> list[Row]:
        """Return rows in order: those without a value to go by last, equal ones in the order of their groups."""

        def by_groups(row: Row) -> tuple[Any, ...]:
            keys = [each.order(key, names) for each, key in zip(self.groups, row[0], strict=False)]
            return (*keys, (row[0][-1] is None, str(row[0][-1])))

        found = sorted(rows, key=by_groups)
        if self.order.measure is not None:
            place = self.order.measure
            ranks = [(self.measures[place].rank(row[1][place]), row) for row in found]
            with_value = [each for each in ranks if each[0] is not None]
            with_value.sort(key=lambda each: each[0], reverse=self.order.descending)
            return [row for _, row in (*with_value, *(each for each in ranks if each[0] is None))]
        if self.order.group is not None:
            at = self.order.group
            with_key = [row for row in found if row[0][at] is not None]
            with_key.sort(key=lambda row: self.groups[at].order(row[0][at], names), reverse=self.order.descending)
            return [*with_key, *(row for row in found if row[0][at] is None)]
        return found


def asked_for(
    selecting: Selecting,
    groups: tuple[Group, ...],
    measures: tuple[Measure, ...],
    having: Sequence[str],
    sort: str | None,
    top: int,
) -> Asked:
    """Read what is asked for of groups that are measured. Raises `ArgumentError` naming what is not understood."""
    bounds = tuple(_bound(selecting, measures, each) for each in having)
    return Asked(groups, measures, bounds, _order(groups, measures, sort), top)


def answer_of(
    asked: Asked, table: Table, rows: Sequence[Row], names: dict[Key, str], coverage: Coverage, budget: int
) -> tuple[JsonObject, tuple[str, ...]]:
    """Return the answer's rows and figures, and notes on what is special about them."""
    units = table.totals_by_currency()
    apart = len(units) > 1 and all(each.field.key != table.in_currency for each in asked.groups)
    columns = [name for each in asked.groups for name in each.columns]
    if apart:
        columns.append(table.in_currency)
    columns += [each.name for each in asked.measures]
    totals = [_cells(asked, _total(asked, table, unit), unit, s, names, apart) for unit, s in units.items()]
    cells = [_cells(asked, place[:-1], place[-1], states, names, apart) for place, states in rows[: asked.top]]
    shown = fit_rows(columns, cells, budget - cost(totals))
    if asked.order.latest:
        shown.sort(key=lambda row: (row[0] is None, row[0] or ""))
    answer: JsonObject = {
        "returned": len(shown),
        "has_more": False,
        **({"groups": len(rows)} if len(shown) < len(rows) else {}),
        "records": coverage.matching,
        **({"scanned": coverage.read} if coverage.read > coverage.matching else {}),
        "whole": coverage.whole,
        "requests": coverage.requests,
        "columns": columns,
        "rows": shown,
    }
    if asked.groups:
        answer["total"] = totals if len(totals) > 1 else totals[0]
    return answer, _notes(asked, table, rows, shown, list(units), coverage, apart=apart)


def told(notes: Sequence[str], budget: int) -> str:
    """Return notes as one text within a quarter of the budget."""
    return head(". ".join(dict.fromkeys(notes)), budget // 4)


def _total(asked: Asked, table: Table, unit: Key) -> list[Key]:
    """Return the keys of a total: none, but its currency where groups are by that."""
    return [unit if table.in_currency and each.field.key == table.in_currency else None for each in asked.groups]


def _cells(
    asked: Asked,
    place: Sequence[Key],
    unit: Key,
    states: Sequence[State],
    names: dict[Key, str],
    apart: bool,
) -> list[Any]:
    cells = [cell for each, key in zip(asked.groups, place, strict=True) for cell in each.cells(key, names)]
    return [
        *cells,
        *([unit] if apart else []),
        *(measure.cell(state) for measure, state in zip(asked.measures, states, strict=True)),
    ]


def _notes(
    asked: Asked,
    table: Table,
    rows: Sequence[Row],
    shown: Sequence[list[Any]],
    units: Sequence[Key],
    coverage: Coverage,
    *,
    apart: bool,
) -> tuple[str, ...]:
    notes = list[str]()
    if not coverage.whole:
        of = f" of {coverage.total:,}" if coverage.total is not None else ""
        notes.append(f"PARTIAL: {coverage.read:,}{of} records read ({coverage.why.rstrip('.')}): go on with page_after")
    if len(shown) < len(rows):
        how = "raise top" if len(shown) == asked.top else "they did not fit, narrow with filters or having"
        notes.append(f"{'only the latest groups' if asked.order.latest else 'not all groups'} are shown: {how}")
    if asked.having and asked.groups and (others := len(table.rows()) - len(rows)):
        notes.append(f"{others:,} groups do not meet having; the total is of all")
    if any(each.field.form == "list" for each in asked.groups):
        notes.append("a record with several values is in the group of each, in the total once")
    if apart:
        notes.append(f"amounts are never added across {table.in_currency}")
    elif table.in_currency and units[0] is not None:
        notes.append(f"amounts in {units[0]}")
    for each in asked.measures:
        if each.is_money and each.field and each.field.in_currency not in each.field.needs:
            notes.append(f"{each.name} in {each.field.in_currency}")
        if each.kind in ("sum", "avg", "median") and each.field and "." in each.field.key:
            related = each.field.key.partition(".")[0]
            notes.append(f"{each.name} takes one {related} as often as records lead to it")
        if each.skipped:
            notes.append(f"{each.name}: {len(each.skipped):,} values are not numbers and left out")
    return tuple(notes)


def _bound(selecting: Selecting, measures: Sequence[Measure], given: str) -> Bound:
    found = _HAVING.fullmatch(given.strip())
    name, criteria = (found[1], found[2]) if found and not found[2].startswith("(") else (given, "")
    place = place_of(measures, name)
    if place is None or not criteria:
        known = listed([each.name for each in measures])
        raise ArgumentError(
            f"'having' has {shorten(given)}; it takes one of the measures ({known}) and criteria: count 10.."
        )
    if compared := _COMPARED.fullmatch(criteria):
        low = compared[1] == ">"
        if "=" not in criteria:
            exclusive = f"{compared[2]}.." if low else f"..{compared[2]}"
            raise ArgumentError(f"'having' has {shorten(given)}: write a range with its ends, like '{exclusive}'")
        criteria = f"{compared[2]}.." if low else f"..{compared[2]}"
    measure = measures[place]
    attribute = Attribute(measure.name, "number")
    if measure.is_dated:
        attribute = Attribute(measure.name, "string", format="date-time")
    holds = matcher(parse(measure.name, criteria, attribute, {}, selecting.calendar), attribute)
    return Bound(place, lambda result: holds(None if result is None else str(result)))


def _order(groups: tuple[Group, ...], measures: tuple[Measure, ...], sort: str | None) -> Order:
    if not sort:
        by_time = bool(groups) and groups[0].unit is not None
        return Order(group=0, descending=True, latest=True) if by_time else Order(measure=0, descending=True)
    name, descending = sort.removeprefix("-").strip(), sort.startswith("-")
    if (measure := place_of(measures, name)) is not None:
        return Order(measure=measure, descending=descending)
    for place, each in enumerate(groups):
        if find(name, (*each.columns, each.field.key, each.field.name)):
            return Order(group=place, descending=descending)
    names = [*(each.name for each in measures), *(each.name for each in groups)]
    raise ArgumentError(f"'sort' is {shorten(sort)}; a summary is sorted by {listed(names)}{nearest(name, names)}")
