"""The table of a summary: its groups, what was measured in each, and the totals; amounts of one currency at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.figures.fields import Reader
from outreach_tools.engine.figures.grouping import Group, Key, key_of
from outreach_tools.engine.figures.measures import Measure
from outreach_tools.engine.figures.states import State
from outreach_tools.engine.included import Included

_NO_AMOUNT = ("no amount", "and no currency")
"""The currency of records without either: they belong to whatever others of their group have."""


@dataclass(slots=True)
class Table:
    """The states of the measures so far, by the keys of the groups and the currency of the amounts.

    `currency` reads the latter, None where nothing depends on one; `in_currency` is what it reads.
    """

    groups: tuple[Group, ...]
    measures: tuple[Measure, ...]
    currency: Reader | None = None
    in_currency: str = ""
    states: dict[tuple[Key, ...], list[State]] = field(default_factory=dict[tuple[Key, ...], list[State]])
    totals: dict[tuple[Key, ...], list[State]] = field(default_factory=dict[tuple[Key, ...], list[State]])

    @classmethod
    def of(cls, groups: tuple[Group, ...], measures: tuple[Measure, ...]) -> "Table":
        """Return an empty table. Raises `ArgumentError` for amounts whose currencies stand in different fields."""
        found = {
            each.field.in_currency: each.field.currency
            for each in measures
            if each.is_money and each.field and each.field.in_currency in each.field.needs
        }
        if len(found) > 1:
            raise ArgumentError(f"'measures' have amounts in currencies of {' and '.join(found)}: ask for them apart")
        if not found:
            return cls(groups, measures)
        ((name, currency),) = found.items()
        return cls(groups, measures, currency, name)

    def take(self, rows: Sequence[JsonObject], included: Included) -> None:
        """Measure some records more."""
        currency = self.currency
        # Each is looked up once: this is done for every record, tens of thousands of times.
        takes = [each.take for each in self.measures]
        ways = [(each.read, each.keys) for each in self.groups]
        apart, states = self._has_lists, self.states
        money = [index for index, each in enumerate(self.measures) if each.is_money]
        for record in rows:
            values = [take(record, included) for take in takes]
            keys = [keys(read(record, included)) for read, keys in ways]
            unit: Key = None
            if currency is not None:
                unit = key_of(currency(record, included))
                if unit is None and all(values[index] is None for index in money):
                    unit = _NO_AMOUNT
            if apart:
                self._add(self.totals, (unit,), values)
            for place in product(*keys, (unit,)):
                known = states.get(place)
                if known is None:
                    self._add(states, place, values)
                    continue
                for state, value in zip(known, values, strict=True):
                    state.add(value)

    def put(self, place: tuple[Key, ...], states: list[State]) -> None:
        """Put in what was measured of a group otherwise."""
        self.states[*place, None] = states

    def rows(self) -> dict[tuple[Key, ...], list[State]]:
        """Return the groups, each with its currency as the last key."""
        by_place: dict[tuple[Key, ...], dict[Key, list[State]]] = {}
        for place, states in self.states.items():
            by_place.setdefault(place[:-1], {})[place[-1]] = states
        return {
            (*place, unit): states for place, units in by_place.items() for unit, states in self._joined(units).items()
        }

    def totals_by_currency(self) -> dict[Key, list[State]]:
        """Return the totals by currency: one where there is none, or one."""
        by_unit: dict[Key, list[list[State]]] = {}
        for place, states in (self.totals if self._has_lists else self.states).items():
            by_unit.setdefault(place[-1], []).append(states)
        found = self._joined({unit: self._merged(*several) for unit, several in by_unit.items()})
        return found or {None: [each.begin() for each in self.measures]}

    @property
    def _has_lists(self) -> bool:
        """Whether a record may be in several groups: then the totals are not those of the groups."""
        return any(each.field.form == "list" for each in self.groups)

    def _joined(self, units: dict[Key, list[State]]) -> dict[Key, list[State]]:
        """Return what was measured by currency, with the records without one among those of the only one there is."""
        without = units.get(_NO_AMOUNT)
        rest = {unit: states for unit, states in units.items() if unit != _NO_AMOUNT}
        if without is None:
            return rest
        if len(rest) > 1:
            return {**rest, None: self._merged(rest[None], without) if None in rest else without}
        unit = next(iter(rest), None)
        return {unit: self._merged(*rest.values(), without)}

    def _merged(self, *several: list[State]) -> list[State]:
        merged = [each.begin() for each in self.measures]
        for states in several:
            for total, state in zip(merged, states, strict=True):
                total.merge(state)
        return merged

    def _add(self, table: dict[tuple[Key, ...], list[State]], place: tuple[Key, ...], values: list[Any]) -> None:
        states = table.get(place)
        if states is None:
            states = table[place] = [each.begin() for each in self.measures]
        for state, value in zip(states, values, strict=True):
            state.add(value)
