"""Summaries by other means: SQL over the sandbox's own database, in whole numbers, with zones as cases of offsets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from outreach_sandbox.store import Store

SCALE = 10_000
"""Numbers are reckoned with in so many parts of one."""

_NOTHING = "no amount and no currency"
_UNKNOWN = "no currency"


@dataclass(frozen=True, slots=True)
class Grouped:
    """A field that a summary groups by: as the tool is asked, and as SQL; a link has several cells in a row."""

    asked: str
    sql: str
    join: str = ""
    is_link: bool = False
    type_sql: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure of a summary: as the tool is asked, which kind, and the value or the condition as SQL.

    `form` says how results are compared: numbers, moments or days.
    """

    asked: str
    kind: str
    sql: str = "1"
    form: str = "number"
    is_money: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """One summary."""

    table: str
    where: str
    groups: tuple[Grouped, ...]
    measures: tuple[Measured, ...]
    currency: str = ""


Result = dict[tuple[Any, ...], tuple[Any, ...]]
"""Results by keys, the last of which is the currency."""


def summary_of(store: Store, wanted: Wanted, zone: str) -> tuple[Result, Result]:
    """Return the rows of a summary, and its totals."""
    return (_result(store, wanted, wanted.groups, zone), _result(store, wanted, (), zone))


def bucket_sql(column: str, unit: str, zone: str, *, days: bool) -> str:
    """Return the SQL for the day, week, month or quarter that a moment is in."""
    day = f"substr({column}, 1, 10)" if days else f"date({_local(column, zone)})"
    thursday = f"date({day}, '-3 days', 'weekday 4')"
    return {
        "day": day,
        "week": f"strftime('%Y', {thursday}) || '-W' || printf('%02d', (strftime('%j', {thursday}) - 1) / 7 + 1)",
        "month": f"strftime('%Y-%m', {day})",
        "quarter": f"strftime('%Y', {day}) || '-Q' || ((strftime('%m', {day}) + 2) / 3)",
    }[unit]


def _local(column: str, zone: str) -> str:
    cases = " ".join(
        f"WHEN {column} < '{until:%Y-%m-%dT%H:%M:%S}' THEN '{minutes:+d} minutes'" for until, minutes in _offsets(zone)
    )
    return f"datetime(substr({column}, 1, 19), CASE {cases} END)"


@cache
def _offsets(zone: str) -> tuple[tuple[datetime, int], ...]:
    """Return until when a zone has which offset from UTC in minutes."""
    info = ZoneInfo(zone)

    def minutes(when: datetime) -> int:
        offset = when.replace(tzinfo=UTC).astimezone(info).utcoffset()
        assert offset is not None
        return int(offset.total_seconds() // 60)

    found: list[tuple[datetime, int]] = []
    when, end = datetime(2015, 1, 1), datetime(2035, 1, 1)
    while when < end:
        then = when + timedelta(minutes=30)
        if minutes(then) != minutes(when):
            found.append((then, minutes(when)))
        # From half an hour to half a day at once: clocks change twice a year.
        when = then if minutes(when + timedelta(hours=12)) != minutes(when) else when + timedelta(hours=12)
    return (*found, (datetime(9999, 1, 1), minutes(end)))


def _result(store: Store, wanted: Wanted, groups: Sequence[Grouped], zone: str) -> Result:
    keys = [f"k{number}" for number in range(len(groups))]
    columns = [f"{each.sql} AS {key}" for each, key in zip(groups, keys, strict=True)]
    for number, each in enumerate(wanted.measures):
        value = each.sql if each.form != "number" or each.kind in ("rate", "count", "distinct") else _scaled(each.sql)
        columns.append(f"{value} AS v{number}")
    money = [f"v{number}" for number, each in enumerate(wanted.measures) if each.is_money]
    unit = f"COALESCE({wanted.currency}, '{_UNKNOWN}')" if wanted.currency else "''"
    columns.append(f"{unit} AS unit")
    joins = " ".join(each.join for each in groups)
    no_amount = " AND ".join(f"{each} IS NULL" for each in money)
    nothing = f"CASE WHEN unit = '{_UNKNOWN}' AND {no_amount} THEN '{_NOTHING}' ELSE unit END"
    base = f'SELECT {", ".join(columns)} FROM "{wanted.table}" t {joins} WHERE {wanted.where}'
    keyed = f"SELECT *, {nothing if money else 'unit'} AS u FROM ({base})"
    same = " AND ".join(f"b.{key} IS n.{key}" for key in keys) or "1"
    by = f"GROUP BY {', '.join(keys)}" if keys else ""
    counted = ", ".join([*keys, "COUNT(DISTINCT u) AS n", "MIN(u) AS only"])
    ones = f"SELECT {counted} FROM keyed WHERE u <> '{_NOTHING}' {by}"
    with_unit = (
        f"SELECT b.*, CASE WHEN b.u <> '{_NOTHING}' THEN b.u WHEN n.n = 1 THEN n.only ELSE '{_UNKNOWN}' END AS cur "
        f"FROM keyed b LEFT JOIN ones n ON {same}"
    )
    source = f"WITH keyed AS ({keyed}), ones AS ({ones}), rows AS ({with_unit})"
    place = ", ".join([*keys, "cur"])
    selected = [_aggregate(number, each) for number, each in enumerate(wanted.measures)]
    rows = store.rows(f"{source} SELECT {place}, {', '.join(selected)} FROM rows GROUP BY {place}")
    medians = {
        number: {
            tuple(row[:-2]): (row[-2], row[-1])
            for row in store.rows(
                f"{source}, ranked AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY {place} ORDER BY v{number}) AS r, "
                f"COUNT(*) OVER (PARTITION BY {place}) AS c FROM rows WHERE v{number} IS NOT NULL) "
                f"SELECT {place}, SUM(v{number}), COUNT(*) FROM ranked WHERE r IN ((c + 1) / 2, (c + 2) / 2) "
                f"GROUP BY {place}"
            )
        }
        for number, each in enumerate(wanted.measures)
        if each.kind == "median"
    }
    width = len(keys) + 1
    found: Result = {}
    for row in rows:
        key = tuple(row[:width])
        results = [
            _decimal(*medians[number].get(key, (None, 1)))
            if each.kind == "median"
            else _shown(row, width, number, each, zone)
            for number, each in enumerate(wanted.measures)
        ]
        found[(*key[:-1], None if key[-1] in (_UNKNOWN, "") else key[-1])] = tuple(results)
    return found


def _scaled(sql: str) -> str:
    return f"CAST(ROUND(CAST({sql} AS REAL) * {SCALE}) AS INTEGER)"


def _aggregate(number: int, each: Measured) -> str:
    value = f"v{number}"
    return {
        "count": f"SUM({value})",
        "rate": f"json_array(SUM({value}), COUNT(*))",
        "sum": f"json_array(SUM({value}), 1)",
        "avg": f"json_array(SUM({value}), COUNT({value}))",
        "median": "0",
        "min": f"MIN({value})",
        "max": f"MAX({value})",
        "distinct": f"COUNT(DISTINCT {value})",
    }[each.kind]


def _shown(row: Sequence[Any], width: int, number: int, each: Measured, zone: str) -> Any:
    value = row[width + number]
    if each.kind in ("count", "distinct"):
        return Decimal(value)
    if each.kind == "rate":
        hits, of = (int(part) for part in value.strip("[]").split(","))
        return _divided(Decimal(hits), of)
    if each.kind in ("sum", "avg"):
        total, of = value.strip("[]").split(",")
        return None if total == "null" else _decimal(int(total), int(of))
    if value is None:
        return None
    if each.form == "day":
        return value[:10]
    if each.form == "time":
        local = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
        return local.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Decimal(value) / SCALE


def _decimal(total: int | None, of: int) -> Decimal | None:
    if total is None or not of:
        return None
    return Decimal(total) / SCALE if of == 1 else _divided(Decimal(total) / SCALE, of)


def _divided(number: Decimal, by: int) -> Decimal:
    return (number / by).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
