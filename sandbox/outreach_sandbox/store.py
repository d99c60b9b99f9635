"""Keeps the sandbox's records in SQLite: in memory, or in a file."""
# ruff: noqa: S608 - identifiers come from the catalogue, values are parameters

import sqlite3
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias

from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.schema import LINKS, quoted, statements, tables
from outreach_sandbox.to_many import ToMany, to_many
from outreach_sandbox.values import SqlValue, fold, stored, words

Row: TypeAlias = dict[str, Any]
"""One record as its columns hold it: `"firstName"`, `"owner.id"`, `"subject.type"`."""

_ROWS_AT_ONCE = 1000

_MADE_OR_CHANGED = ("createdAt", "updatedAt")


class Store:
    """The records of one Outreach organisation.

    Every method is one step; `transaction()` joins several. Nothing is shared between two stores.
    """

    def __init__(self, path: str = ":memory:") -> None:
        self._connect(path)
        if not self.rows("SELECT 1 FROM sqlite_master WHERE name = ?", (LINKS,)):
            with self.transaction():
                for statement in statements():
                    self._connection.execute(statement)

    def _connect(self, path: str) -> None:
        # Requests may be served from another thread than the one that made the store; SQLite itself serializes.
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.create_function("fold", 1, fold, deterministic=True)
        self._connection.create_function("words", 1, words, deterministic=True)

    def copy(self) -> "Store":
        """Return another store, in memory, that holds the same: copied page by page in a few milliseconds."""
        copied = Store.__new__(Store)
        copied._connect(":memory:")
        self._connection.backup(copied._connection)
        return copied

    def close(self) -> None:
        """Close the database; one in memory is gone."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Make all changes inside it happen together, or not at all when it is left by an exception."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def attempt(self) -> Generator[None]:
        """Make a part of a transaction that may fail by itself: left by an exception, only it has not happened."""
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO attempt")
            raise
        finally:
            self._connection.execute("RELEASE attempt")

    def load(self, records: Iterable[Record]) -> None:
        """Add records with the ids they bring.

        Members of to-many relationships that follow from the other side are left to that side. Raises `ValueError`
        for a type, attribute or relationship that the catalogue does not have.
        """
        remaining = iter(records)
        with self.transaction():
            while batch := list(islice(remaining, _ROWS_AT_ONCE)):
                for record in batch:
                    self._load(record)

    def is_empty(self) -> bool:
        """Return whether there is no record of any type."""
        return not any(self.rows(f"SELECT 1 FROM {quoted(t.write)} LIMIT 1") for t in tables().values())

    def last_change(self) -> str | None:
        """Return the moment at which a record was made or changed last, None when there is no record."""
        moments = [
            self.rows(f"SELECT MAX({quoted(name)}) FROM {quoted(table.write)}")[0][0]
            for table in tables().values()
            for name in _MADE_OR_CHANGED
            if name in table.resource.attributes
        ]
        return max((moment for moment in moments if moment), default=None)

    def rows(self, sql: str, parameters: Sequence[SqlValue] = ()) -> list[tuple[Any, ...]]:
        """Run a query and return all its rows."""
        return self._connection.execute(sql, parameters).fetchall()

    def run(self, sql: str, parameters: Sequence[SqlValue] = ()) -> None:
        """Run a statement that answers nothing."""
        self._connection.execute(sql, parameters)

    def row(self, type_name: str, record_id: int) -> Row | None:
        """Return one record's columns, computed ones included, or None when there is no such record."""
        cursor = self._connection.execute(
            f"SELECT * FROM {quoted(tables()[type_name].read)} WHERE id = ?", (record_id,)
        )
        found = cursor.fetchone()
        return None if found is None else dict(zip((each[0] for each in cursor.description), found, strict=True))

    def exists(self, type_name: str, record_id: int) -> bool:
        """Return whether there is such a record."""
        return bool(self.rows(f"SELECT 1 FROM {quoted(tables()[type_name].write)} WHERE id = ?", (record_id,)))

    def is_taken(self, type_name: str, column: str, value: SqlValue, own: int | None) -> bool:
        """Return whether another record than `own` has a value in a column, whatever its case."""
        table, name = quoted(tables()[type_name].write), quoted(column)
        condition = f"fold({name}) = fold(?) AND id IS NOT ?"
        return bool(self.rows(f"SELECT 1 FROM {table} WHERE {condition} LIMIT 1", (value, own)))

    def next_id(self, type_name: str) -> int:
        """Return the id that the next new record of a type gets: the highest so far and one."""
        return int(self.rows(f"SELECT COALESCE(MAX(id), 0) + 1 FROM {quoted(tables()[type_name].write)}")[0][0])

    def insert(self, type_name: str, values: Mapping[str, SqlValue], record_id: int | None = None) -> int:
        """Add a record and return its id: `record_id`, or the next free one."""
        new_id = self.next_id(type_name) if record_id is None else record_id
        self._connection.execute(_insertion(type_name, tuple(values)), (new_id, *values.values()))
        return new_id

    def update(self, type_name: str, record_id: int, values: Mapping[str, SqlValue]) -> None:
        """Change some columns of a record."""
        if not values:
            return
        changes = ", ".join(f"{quoted(column)} = ?" for column in values)
        self._connection.execute(
            f"UPDATE {quoted(tables()[type_name].write)} SET {changes} WHERE id = ?",
            (*values.values(), record_id),
        )

    def delete(self, type_name: str, record_id: int) -> None:
        """Remove a record and every reference to it, so that nothing points to what is gone."""
        self._connection.execute(f"DELETE FROM {quoted(tables()[type_name].write)} WHERE id = ?", (record_id,))
        for table in tables().values():
            for relationship in table.resource.relationships.values():
                if type_name not in relationship.types:
                    continue
                several = len(relationship.types) > 1
                if relationship.many:
                    self._unlink(f"{table.resource.type}.{relationship.name}", "target", record_id)
                else:
                    self._clear(table.write, relationship.name, record_id, type_name if several else "")
        for relationship in tables()[type_name].resource.relationships.values():
            self._unlink(f"{type_name}.{relationship.name}", "owner", record_id)

    def related(self, type_name: str, relationship: str, owners: Sequence[int]) -> dict[int, list[int]]:
        """Return the members of a to-many relationship for several owners, by owner; an owner without any is absent."""
        if not owners:
            return {}
        pairs = to_many(type_name, relationship).pairs
        marks = ", ".join("?" * len(owners))
        found: dict[int, list[int]] = {}
        rows = self.rows(
            f"SELECT owner, id FROM ({pairs}) WHERE owner IN ({marks}) ORDER BY owner, position, id",
            owners,
        )
        for owner, member in rows:
            found.setdefault(owner, []).append(member)
        return found

    def relate(self, type_name: str, relationship: str, owner: int, members: Sequence[int]) -> None:
        """Make these the only members of a to-many relationship, unless they follow from other facts."""
        source = to_many(type_name, relationship)
        if source.link:
            side, other = ("target", "owner") if source.backwards else ("owner", "target")
            self._unlink(source.link, side, owner)
            self._connection.executemany(
                f"INSERT OR IGNORE INTO {LINKS} (relationship, {side}, {other}, position) VALUES (?, ?, ?, ?)",
                [(source.link, owner, member, position) for position, member in enumerate(members)],
            )
        elif source.column:
            self._adopt(source, type_name, owner, members)

    def _load(self, record: Record) -> None:
        resource = tables()[record.type].resource if record.type in tables() else None
        if resource is None:
            raise ValueError(f"unknown type {record.type!r} of record {record.id}")
        values: dict[str, SqlValue] = {}
        many: dict[str, tuple[Identifier, ...]] = {}
        for name, value in record.attributes.items():
            if name not in resource.attributes:
                raise ValueError(f"{record.type} has no attribute {name!r}")
            values[name] = stored(resource.attributes[name], value)
        for name, linkage in record.relationships.items():
            relationship = resource.relationships.get(name)
            if relationship is None:
                raise ValueError(f"{record.type} has no relationship {name!r}")
            if relationship.many:
                many[name] = _several(linkage)
            else:
                values.update(to_one_columns(name, len(relationship.types) > 1, _single(linkage)))
        self.insert(record.type, values, record.id)
        for name, members in many.items():
            if to_many(record.type, name).link:
                self.relate(record.type, name, record.id, [member.id for member in members])

    def _adopt(self, source: ToMany, owner_type: str, owner: int, members: Sequence[int]) -> None:
        name = source.column.removesuffix(".id")
        self._clear(tables()[source.target].write, name, owner, owner_type if source.polymorphic else "")
        target = Identifier(owner_type, owner)
        for member in members:
            self.update(source.target, member, to_one_columns(name, source.polymorphic, target))

    def _unlink(self, link: str, side: str, record_id: int) -> None:
        self._connection.execute(f"DELETE FROM {LINKS} WHERE relationship = ? AND {side} = ?", (link, record_id))

    def _clear(self, table: str, relationship: str, record_id: int, type_name: str) -> None:
        """Clear a to-one relationship wherever it points to a record; `type_name` where it may be of several types."""
        column, type_column = quoted(f"{relationship}.id"), quoted(f"{relationship}.type")
        changes, condition = f"{column} = NULL", f"{column} = ?"
        if type_name:
            changes, condition = f"{changes}, {type_column} = NULL", f"{condition} AND {type_column} = ?"
        parameters = (record_id, type_name) if type_name else (record_id,)
        self._connection.execute(f"UPDATE {quoted(table)} SET {changes} WHERE {condition}", parameters)


@lru_cache(maxsize=512)
def _insertion(type_name: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(["id", *map(quoted, names)])
    marks = ", ".join("?" * (len(names) + 1))
    return f"INSERT INTO {quoted(tables()[type_name].write)} ({columns}) VALUES ({marks})"


def to_one_columns(name: str, polymorphic: bool, target: Identifier | None) -> dict[str, SqlValue]:
    """Return the columns that hold a to-one relationship's target."""
    columns: dict[str, SqlValue] = {f"{name}.id": target.id if target else None}
    if polymorphic:
        columns[f"{name}.type"] = target.type if target else None
    return columns


def _single(linkage: Any) -> Identifier | None:
    if linkage is None or isinstance(linkage, Identifier):
        return linkage
    raise ValueError(f"a to-one relationship holds one identifier, not {linkage!r}")


def _several(linkage: Any) -> tuple[Identifier, ...]:
    if isinstance(linkage, Identifier):
        raise TypeError(f"a to-many relationship holds a tuple of identifiers, not {linkage!r}")
    return tuple(linkage or ())
