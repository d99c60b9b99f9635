"""The tables of the store, derived from the catalogue: one per resource type.

A column per attribute under its own name, `"owner.id"` per to-one relationship, `"subject.type"` beside it where the
relationship may point to several types. A type with computed members is stored in `"task.rows"` and read through the
view `"task"`. Identifiers come from the catalogue alone, never from a request.
"""
# ruff: noqa: S608 - identifiers come from the catalogue

from dataclasses import dataclass
from functools import cache

from outreach_sandbox.computed import COMPUTED
from outreach_sandbox.to_many import inverse_columns
from outreach_sandbox.values import SQL_TYPES
from outreach_tools.catalog import ResourceType, resource_types

LINKS = "links"
"""The table of to-many relationships that no to-one relationship on the other side stands for."""


@dataclass(frozen=True, slots=True)
class Table:
    """The table of one resource type: `read` is queried, `write` is changed; `columns` exclude the id."""

    resource: ResourceType
    read: str
    write: str
    columns: tuple[str, ...]


def quoted(identifier: str) -> str:
    """Quote an identifier of the catalogue for SQL. Raises `ValueError` for a quote in it."""
    if '"' in identifier:
        raise ValueError(f"not an identifier: {identifier!r}")
    return f'"{identifier}"'


@cache
def tables() -> dict[str, Table]:
    """Return the table of every resource type."""
    return {name: _table(resource) for name, resource in resource_types().items()}


@cache
def statements() -> tuple[str, ...]:
    """Return the SQL that creates all tables, views and indexes in an empty database."""
    found = [
        f"CREATE TABLE {LINKS} (relationship TEXT, owner INTEGER, target INTEGER, position INTEGER,"
        " PRIMARY KEY (relationship, owner, target)) WITHOUT ROWID",
        f"CREATE INDEX links_backwards ON {LINKS} (relationship, target)",
    ]
    for table in tables().values():
        found.append(_create_table(table))
    for table in tables().values():
        if table.read != table.write:
            found.append(_create_view(table))
    for type_name, column in sorted(inverse_columns()):
        write = tables()[type_name].write
        found.append(f"CREATE INDEX {quoted(f'{type_name} by {column}')} ON {quoted(write)} ({quoted(column)})")
    return tuple(found)


def _table(resource: ResourceType) -> Table:
    columns = list(resource.attributes)
    for relationship in resource.relationships.values():
        if relationship.many:
            continue
        columns.append(f"{relationship.name}.id")
        if len(relationship.types) > 1:
            columns.append(f"{relationship.name}.type")
    computed = resource.type in COMPUTED
    write = f"{resource.type}.rows" if computed else resource.type
    return Table(resource=resource, read=resource.type, write=write, columns=tuple(columns))


def _create_table(table: Table) -> str:
    columns = ["id INTEGER PRIMARY KEY"]
    for column in table.columns:
        attribute = table.resource.attributes.get(column)
        sql_type = SQL_TYPES[attribute.type] if attribute else "TEXT" if column.endswith(".type") else "INTEGER"
        columns.append(f"{quoted(column)} {sql_type}")
    return f"CREATE TABLE {quoted(table.write)} ({', '.join(columns)})"


def _create_view(table: Table) -> str:
    computed = COMPUTED[table.resource.type]
    unknown = set(computed) - set(table.columns)
    if unknown:
        raise ValueError(f"{table.resource.type} has no {', '.join(sorted(unknown))} to compute")
    columns = [f"({computed[c]}) AS {quoted(c)}" if c in computed else f"r.{quoted(c)}" for c in table.columns]
    return f"CREATE VIEW {quoted(table.read)} AS SELECT r.id, {', '.join(columns)} FROM {quoted(table.write)} r"
