"""Whatever the filter, SQL and a plain reading of the rule agree."""

import operator
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from outreach_sandbox.filters import filter_conditions
from outreach_sandbox.listing import offset_slice, sort_keys
from outreach_sandbox.parameters import Parameters
from outreach_sandbox.store import Store
from outreach_sandbox.switches import Switches
from outreach_tools.catalog import resource_type
from tests.sandbox.service import record

NAMES = [None, "", "a", "A", "b", "ab", "Ä", "ä", "a,b", "a..b", "é"]
ORDERS = [None, -3, 0, 1, 2, 10]
MOMENTS = [None, "2026-01-01T00:00:00.000Z", "2026-01-01T12:00:00.000Z", "2026-02-01T00:00:00.000Z"]
COLUMNS = {"name": 1, "order": 2, "createdAt": 3}
COMPARE = {"gte": operator.ge, "gt": operator.gt, "lte": operator.le, "lt": operator.lt}
STAGES = [
    (number, name, order, MOMENTS[number % len(MOMENTS)])
    for number, (name, order) in enumerate(((name, order) for name in NAMES for order in ORDERS), start=1)
]


def _store() -> Store:
    store = Store()
    store.load(
        record("stage", number, {"name": name, "order": order, "createdAt": moment})
        for number, name, order, moment in STAGES
    )
    return store


STORE = _store()

_plain_names = st.sampled_from([name for name in NAMES if name and not {",", "."} & set(name)] + ["zz"])
_orders = st.integers(-4, 11).map(str)
_moments = st.sampled_from(["2026-01-01", "2026-01-01T12:00:00Z", "2026-01-01T13:00:00+01:00", "2026-03-01"])


def _old(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    ends = st.tuples(st.one_of(st.just("neginf"), values), st.one_of(st.just("inf"), values))
    part = st.one_of(values, ends.map("..".join), st.sampled_from(["__null__", "__notnull__"]))
    return st.lists(part, min_size=1, max_size=4).map(",".join)


def _found(query: list[tuple[str, str]]) -> list[int]:
    resource = resource_type("stage")
    conditions = filter_conditions(resource, Parameters(tuple(query)), Switches())
    return list(offset_slice(STORE, resource, conditions, sort_keys(resource, None), 1000, 0).ids)


def _plain(name: str, text: str) -> Any:
    """Read a value as the rule says, apart from the sandbox's own reader."""
    if name == "order":
        return int(text)
    if name == "name":
        return text.casefold()
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _value(name: str, stage: tuple[Any, ...]) -> Any:
    found = stage[COLUMNS[name]]
    return None if found is None else found if name == "order" else _plain(name, found)


def _holds(name: str, part: str, value: Any) -> bool:
    if part in {"__null__", "__notnull__"}:
        return (value is None) == (part == "__null__")
    if value is None:
        return False
    low, dots, high = part.partition("..")
    if not dots:
        return bool(value == _plain(name, part))
    above = low == "neginf" or value >= _plain(name, low)
    return above and (high == "inf" or value <= _plain(name, high))


@given(
    st.one_of(
        st.tuples(st.just("name"), _old(_plain_names)),
        st.tuples(st.just("order"), _old(_orders)),
        st.tuples(st.just("createdAt"), _old(_moments)),
    )
)
def test_the_old_syntax_finds_exactly_the_rows_it_describes(drawn: tuple[str, str]) -> None:
    name, text = drawn
    assert _found([(f"filter[{name}]", text)]) == [
        stage[0] for stage in STAGES if any(_holds(name, part, _value(name, stage)) for part in text.split(","))
    ]


@given(st.lists(st.sampled_from([name for name in NAMES if name]), min_size=1, max_size=4))
def test_the_new_syntax_finds_exactly_the_values_it_lists(names: list[str]) -> None:
    query = [("newFilterSyntax", "true"), *(("filter[name][]", name) for name in names)]
    folded = {name.casefold() for name in names}
    assert _found(query) == [stage[0] for stage in STAGES if _value("name", stage) in folded]


@given(st.dictionaries(st.sampled_from(list(COMPARE)), st.integers(-4, 11), min_size=1))
def test_the_bounds_of_the_new_syntax_hold_together(bounds: dict[str, int]) -> None:
    query = [("newFilterSyntax", "true"), *((f"filter[order][{word}]", str(end)) for word, end in bounds.items())]
    assert _found(query) == [
        number
        for number, _, order, _ in STAGES
        if order is not None and all(COMPARE[word](order, end) for word, end in bounds.items())
    ]


@given(st.text().filter(lambda text: text not in {"__null__", "__notnull__"}))
def test_a_value_of_the_new_syntax_never_escapes_into_sql(text: str) -> None:
    query = [("newFilterSyntax", "true"), ("filter[name][]", text)]
    assert _found(query) == [stage[0] for stage in STAGES if _value("name", stage) == text.casefold()]
