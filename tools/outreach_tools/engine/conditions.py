"""One filter as a condition: what is sent to Outreach for it, what is checked here, and the queries that several make.

Nearly every list is one query. Where a filter asks for no value beside others (`null, Price`), or for `null` where text
may be that very word, Outreach cannot be asked for both at once: the list is then made of several queries, which share
no record.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, TypeAlias

from outreach_tools.catalog import Attribute
from outreach_tools.client import JsonObject, Query
from outreach_tools.engine.criteria import AnyOf, Criteria, matcher, needs_new_syntax, query
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.included import Included

MOST_DIVIDED = 2
"""Filters by no value beside others in one list: each of them doubles its queries."""

_NULL_TEXT = AnyOf(("null",))

Match: TypeAlias = Callable[[JsonObject, Included], bool]
"""Says whether a record, with what came along, belongs into the answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One filter as it was understood: by which `field`, what was given, and where the values are that it compares.

    `type` is the type of record that holds `attribute` (`id` for ids), empty where no record can be asked. It is a
    `search` for words, or its values are `known` ones. `or_null` says that records without a value belong to it, too,
    `any_value` that every record with one does, as `not null` stood among others.
    """

    field: str
    given: Any
    criteria: Criteria
    attribute: Attribute
    type: str
    search: bool = False
    known: bool = False
    or_null: bool = False
    any_value: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One query of Outreach's that a list is made of, and the check of the rows that it brings.

    `note` says what is special about its rows, for an answer that holds some.
    """

    query: Query
    check: Match
    note: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One filter: as what it is sent or told, how a value is read from a record to be checked, what that needs.

    `twice` says that text may be the word itself: `null`. A `plain` one takes one value, in the same form whatever the
    syntax of the others. `without` asks for the records without a value, which belong to it as well.
    """

    asked: Asked
    name: str
    value: Callable[[JsonObject, Included], Any] | None = None
    fetch: str | None = None
    local: bool = False
    twice: bool = False
    plain: bool = False
    note: str = ""
    without: "Condition | None" = None

    @property
    def field(self) -> str:
        """The field that it is about, however it is asked for: by a filter of Outreach's, or here."""
        return self.name.removeprefix("filter[").removesuffix("]").replace("][", ".")

    @property
    def criteria(self) -> Criteria:
        """The criteria for the value."""
        return self.asked.criteria

    @property
    def all(self) -> "tuple[Condition, ...]":
        """The condition, and the one for records without a value that belongs to it."""
        return (self, self.without) if self.without else (self,)

    @property
    def divided(self) -> bool:
        """Whether Outreach is asked apart for the records without a value: it, or both, are not told here."""
        return self.without is not None and not (self.local and self.without.local)

    def match(self) -> Match | None:
        """Return the check of a record, None where there is nothing to check."""
        if self.value is None:
            return None
        read, holds = self.value, matcher(self.criteria, self.asked.attribute)
        lacks = self.without.match() if self.without else None
        if lacks:
            return lambda record, included: holds(read(record, included)) or lacks(record, included)
        return lambda record, included: holds(read(record, included))

    def apart(self) -> "tuple[Condition, ...]":
        """Return the conditions of which each makes a query of its own."""
        return (replace(self, without=None), self.without) if self.divided and self.without else (self,)

    def apart_from_text(self) -> "tuple[Condition, Condition]":
        """Return the condition for text that is the word `null`, and that for no value."""
        note = f"first those whose {self.asked.field} is the text 'null'"
        return replace(self, asked=replace(self.asked, criteria=_NULL_TEXT), note=note), self


def parts_of(conditions: Sequence[Condition]) -> tuple[Part, ...]:
    """Return the queries that some conditions make, those for text that is "null" first, those for no value last.

    Raises `ArgumentError` where those would be too many.
    """
    divided = [each for each in conditions if each.divided]
    if len(divided) > MOST_DIVIDED:
        raise ArgumentError(
            f"{', '.join(each.asked.field for each in divided)}: 'null' beside other values is taken in "
            f"{MOST_DIVIDED} filters at most; give it alone, in a call of its own"
        )
    twice = [each for each in conditions if each.twice][: MOST_DIVIDED - len(divided)]
    choices = [each.apart_from_text() if each in twice else each.apart() for each in conditions]
    return tuple(_part(each) for each in product(*choices))


def _part(conditions: Sequence[Condition]) -> Part:
    """Return the query for some conditions, and the check of all of them."""
    sent = [condition for condition in conditions if not condition.local]
    new_syntax = any(needs_new_syntax(condition.criteria) for condition in sent)
    parameters = [pair for c in sent for pair in query(c.name, c.criteria, new_syntax=new_syntax and not c.plain)]
    matches = [match for condition in conditions if (match := condition.match())]
    return Part(
        query=(*(("newFilterSyntax", "true") for _ in range(new_syntax)), *parameters),
        check=(lambda record, included: all(match(record, included) for match in matches)) if matches else accept,
        note=". ".join(condition.note for condition in conditions if condition.note),
    )


def accept(_: JsonObject, __: Included) -> bool:
    """Check nothing."""
    return True
