"""The criteria that one filter parameter sets, in both syntaxes, and the SQL that applies them.

Old syntax (documented): `a`, `a,b`, `a..b`, `a..inf`, `neginf..b`, `__null__`, `__notnull__`.
New syntax (documented): `[]=a`, `[gte]=a`, `[lte]=b`, where commas and dots are part of the value; `[gt]`, `[lt]` and
the two words for null in it are assumed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from outreach_sandbox import errors
from outreach_sandbox.values import SqlValue, fold, number, parsed_date, parsed_moment, whole_number
from outreach_tools.catalog import Attribute

Kind: TypeAlias = Literal["text", "integer", "number", "boolean", "date-time", "date"]
"""How a filter's value is read and compared."""

OPERATORS = {"gte": ">=", "lte": "<=", "gt": ">", "lt": "<"}
"""The words of the new syntax and their SQL."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL that is true or false, and its parameters."""

    text: str
    parameters: tuple[SqlValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One demand on a value: equal to one of `values`, within `bounds` (SQL operator and value), null, or not null."""

    values: tuple[SqlValue, ...] = ()
    bounds: tuple[tuple[str, SqlValue], ...] = ()
    null: bool | None = None

    def sql(self, column: str) -> Sql:
        """Return the SQL for a column, or any other expression of the same kind."""
        if self.null is not None:
            return Sql(f"{column} IS NULL" if self.null else f"{column} IS NOT NULL")
        if self.bounds:
            text = " AND ".join(f"{column} {operator} ?" for operator, _ in self.bounds)
            return Sql(f"({text})", tuple(value for _, value in self.bounds))
        return Sql(f"{column} IN ({', '.join('?' * len(self.values))})", self.values)


def kind_of(attribute: Attribute) -> Kind | None:
    """Return how a filter on an attribute is read, by its members for an array; None where nothing can be compared."""
    value_type = attribute.items if attribute.type == "array" else attribute.type
    if value_type == "string" and attribute.format in {"date-time", "date"}:
        return "date-time" if attribute.format == "date-time" else "date"
    kinds: dict[str | None, Kind] = {
        "string": "text",
        "integer": "integer",
        "number": "number",
        "boolean": "boolean",
    }
    return kinds.get(value_type)


def old_syntax(kind: Kind, text: str, *, neginf: bool) -> list[Criterion]:
    """Read a value of the old syntax; the criteria returned are alternatives.

    `neginf` says whether that word is accepted. Raises a 400 for a value of the wrong kind.
    """
    parts = text.split(",")
    exact = [part for part in parts if ".." not in part and part not in {"__null__", "__notnull__"}]
    found: list[Criterion] = []
    if exact:
        found.append(Criterion(values=tuple(read(kind, part) for part in exact)))
    for part in parts:
        if part in {"__null__", "__notnull__"}:
            found.append(Criterion(null=part == "__null__"))
        elif ".." in part:
            found.append(_range(kind, part, neginf=neginf))
    return found


def new_syntax(kind: Kind, operator: str, text: str) -> Criterion:
    """Read a value of the new syntax; `operator` is empty for an exact value. Raises a 400 for the wrong kind."""
    if operator:
        return Criterion(bounds=((OPERATORS[operator], read(kind, text)),))
    if text in {"__null__", "__notnull__"}:
        return Criterion(null=text == "__null__")
    return Criterion(values=(read(kind, text),))


def read(kind: Kind, text: str) -> SqlValue:
    """Turn a filter's text into what the column is compared with; raises a 400 when it is of the wrong kind."""
    value = _READERS[kind](text)
    if value is None:
        # The code for date-times was seen by a client; the others follow its pattern (assumed).
        raise errors.bad_request(_CODES[kind], f"'{text}' is not a valid {kind} value for a filter.")
    return value


def any_of(criteria: Sequence[Criterion], column: str) -> Sql:
    """Return the SQL for "one of these criteria holds"."""
    pieces = [criterion.sql(column) for criterion in criteria]
    text = " OR ".join(piece.text for piece in pieces)
    parameters = tuple(value for piece in pieces for value in piece.parameters)
    return Sql(f"({text})" if len(pieces) > 1 else text, parameters)


def comparable(kind: Kind, column: str) -> str:
    """Return the expression that stands for a column in comparisons: text without regard to case."""
    return f"fold({column})" if kind == "text" else column


def _range(kind: Kind, text: str, *, neginf: bool) -> Criterion:
    low, _, high = text.partition("..")
    if low == "neginf" and not neginf:
        raise errors.bad_request("filterParameter.invalidRange", f"'{text}' is not a valid range.")
    bounds: list[tuple[str, SqlValue]] = []
    if low != "neginf":
        bounds.append((">=", read(kind, low)))
    if high != "inf":
        bounds.append(("<=", read(kind, high)))
    return Criterion(bounds=tuple(bounds)) if bounds else Criterion(null=False)


def _boolean(text: str) -> SqlValue:
    return {"true": 1, "false": 0}.get(text.lower())


_READERS: dict[Kind, Callable[[str], SqlValue]] = {
    "text": fold,
    "integer": whole_number,
    "number": number,
    "boolean": _boolean,
    "date-time": parsed_moment,
    "date": parsed_date,
}
_CODES: dict[Kind, str] = {
    "text": "filterParameter.invalidStringFormat",
    "integer": "filterParameter.invalidIntegerFormat",
    "number": "filterParameter.invalidNumberFormat",
    "boolean": "filterParameter.invalidBooleanFormat",
    "date-time": "filterParameter.invalidDatetimeFormat",
    "date": "filterParameter.invalidDateFormat",
}
