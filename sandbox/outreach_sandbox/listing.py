"""One page of a list: which ids, in which order, and the cursors around them.

A cursor holds the sort values and the id of the row it stands at, so a page continues after that row whatever is
inserted or deleted meanwhile.
"""
# ruff: noqa: S608 - identifiers come from the catalogue, values are parameters

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from outreach_sandbox import errors
from outreach_sandbox.criteria import Sql, comparable, kind_of
from outreach_sandbox.json_text import read_json
from outreach_sandbox.schema import quoted
from outreach_sandbox.store import Store
from outreach_sandbox.values import LARGEST_INTEGER
from outreach_tools.catalog import ResourceType
from outreach_tools.json_values import as_array


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column to sort by, as an expression over rows `t`."""

    expression: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """A page's ids in order, the sort values of its first and last row, and whether there are rows around it."""

    ids: tuple[int, ...]
    first: tuple[Any, ...] = ()
    last: tuple[Any, ...] = ()
    more_before: bool = False
    more_after: bool = False


def sort_keys(resource: ResourceType, sort: str | None) -> tuple[SortKey, ...]:
    """Read `sort=lastName,-firstName`; the id always comes last, so that the order is total.

    Only sortable attributes and the id (documented); anything else is a 400 (assumed). Unsorted lists come by id
    (assumed). Raises a 400.
    """
    keys: list[SortKey] = []
    by_id = False
    for part in (sort or "").split(","):
        name = part.removeprefix("-")
        if not name and not part:
            continue
        attribute = resource.attributes.get(name)
        if name == "id":
            keys.append(SortKey("t.id", part.startswith("-")))
            by_id = True
            break
        kind = kind_of(attribute) if attribute is not None and attribute.sortable else None
        if kind is None:
            raise errors.bad_request("sortParameter.unsupported", f"'{resource.type}' cannot be sorted by '{name}'.")
        keys.append(SortKey(comparable(kind, f"t.{quoted(name)}"), part.startswith("-")))
    return tuple(keys) if by_id else (*keys, SortKey("t.id"))


def count_rows(store: Store, resource: ResourceType, conditions: Sequence[Sql]) -> int:
    """Return how many records meet the conditions."""
    where = _conjunction(conditions)
    rows = store.rows(f"SELECT COUNT(*) FROM {quoted(resource.type)} t WHERE {where.text}", where.parameters)
    return int(rows[0][0])


def selected_ids(store: Store, resource: ResourceType, conditions: Sequence[Sql]) -> list[int]:
    """Return the ids of all records that meet the conditions."""
    where = _conjunction(conditions)
    found = store.rows(f"SELECT t.id FROM {quoted(resource.type)} t WHERE {where.text} ORDER BY t.id", where.parameters)
    return [int(row[0]) for row in found]


def offset_slice(
    store: Store, resource: ResourceType, conditions: Sequence[Sql], keys: Sequence[SortKey], limit: int, offset: int
) -> Slice:
    """Return the page that starts at an offset."""
    where = _conjunction(conditions)
    rows = store.rows(
        f"SELECT t.id FROM {quoted(resource.type)} t WHERE {where.text} ORDER BY {_order(keys)} LIMIT ? OFFSET ?",
        (*where.parameters, limit + 1, offset),
    )
    ids = tuple(int(row[0]) for row in rows[:limit])
    return Slice(ids, more_before=offset > 0, more_after=len(rows) > limit)


def cursor_slice(
    store: Store,
    resource: ResourceType,
    conditions: Sequence[Sql],
    keys: Sequence[SortKey],
    size: int,
    *,
    after: tuple[Any, ...] | None = None,
    before: tuple[Any, ...] | None = None,
) -> Slice:
    """Return the page that follows a position, or that leads up to one."""
    position = after if before is None else before
    backwards = before is not None
    rows = _rows(store, resource, conditions, keys, size + 1, position, backwards=backwards)
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Slice(())
    first, last = tuple(rows[0][1:]), tuple(rows[-1][1:])
    # The far side was seen in the same query; the near side is asked for, as rows there may be gone by now.
    near = first if not backwards else last
    others = (
        bool(_rows(store, resource, conditions, keys, 1, near, backwards=not backwards))
        if position is not None
        else False
    )
    return Slice(
        ids=tuple(int(row[0]) for row in rows),
        first=first,
        last=last,
        more_before=more if backwards else others,
        more_after=others if backwards else more,
    )


def cursor_text(sort: str | None, position: tuple[Any, ...]) -> str:
    """Write a position as an opaque cursor (documented: base64)."""
    text = json.dumps([sort or "", *position], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor_position(text: str, sort: str | None, keys: Sequence[SortKey]) -> tuple[Any, ...]:
    """Read a cursor back; raises a 400 for one that is broken or belongs to another order (assumed)."""
    try:
        padded = text + "=" * (-len(text) % 4)
        parts = as_array(read_json(base64.b64decode(padded.encode(), altchars=b"-_", validate=True)))
    except (binascii.Error, ValueError):
        parts = None
    fits = parts is not None and len(parts) == len(keys) + 1 and parts[0] == (sort or "")
    if parts is None or not fits or not all(map(_is_sort_value, parts)):
        raise errors.bad_request("invalidCursor", f"'{text}' is not a cursor of this list.")
    return tuple(parts[1:])


def _is_sort_value(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) <= LARGEST_INTEGER
    return value is None or isinstance(value, str | float)


def _rows(
    store: Store,
    resource: ResourceType,
    conditions: Sequence[Sql],
    keys: Sequence[SortKey],
    limit: int,
    position: tuple[Any, ...] | None,
    *,
    backwards: bool,
) -> list[tuple[Any, ...]]:
    ordered = [SortKey(key.expression, key.descending != backwards) for key in keys]
    where = _conjunction([*conditions, *([] if position is None else [_beyond(ordered, position)])])
    columns = ", ".join(["t.id", *(key.expression for key in keys)])
    return store.rows(
        f"SELECT {columns} FROM {quoted(resource.type)} t WHERE {where.text} ORDER BY {_order(ordered)} LIMIT ?",
        (*where.parameters, limit),
    )


def _beyond(keys: Sequence[SortKey], position: tuple[Any, ...]) -> Sql:
    """Rows after a position: later in the first key, or equal in it and later in the second, and so on.

    Nulls are smallest, as in SQLite and MySQL.
    """
    alternatives: list[str] = []
    parameters: list[Any] = []
    for index, (key, value) in enumerate(zip(keys, position, strict=True)):
        later = _later(key, value)
        if later is None:
            continue
        equal = [f"{each.expression} IS ?" for each in keys[:index]]
        alternatives.append(" AND ".join([*equal, later.text]))
        parameters.extend([*position[:index], *later.parameters])
    return (
        Sql(f"({' OR '.join(f'({text})' for text in alternatives)})", tuple(parameters)) if alternatives else Sql("0")
    )


def _later(key: SortKey, value: Any) -> Sql | None:
    if value is None:
        return None if key.descending else Sql(f"{key.expression} IS NOT NULL")
    if key.descending:
        return Sql(f"({key.expression} < ? OR {key.expression} IS NULL)", (value,))
    return Sql(f"{key.expression} > ?", (value,))


def _order(keys: Sequence[SortKey]) -> str:
    return ", ".join(f"{key.expression} {'DESC' if key.descending else 'ASC'}" for key in keys)


def _conjunction(conditions: Sequence[Sql]) -> Sql:
    if not conditions:
        return Sql("1")
    text = " AND ".join(f"({condition.text})" for condition in conditions)
    return Sql(text, tuple(value for condition in conditions for value in condition.parameters))
