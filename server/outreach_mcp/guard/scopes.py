"""OAuth scopes: which ones a set of tools needs, and which tools a set of granted scopes leaves out.

A scope is a type's plural and a right: `prospects.read`, `.write`, `.delete`, or `.all` for the three. Writing does not
include reading (documented), so each right that a tool uses is asked for by itself.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Final

from outreach_tools.catalog import resource_type, resource_types
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.matching import camel_case
from outreach_tools.engine.tool import Tool
from outreach_tools.toolsets import RESOURCES

IDENTITY: Final = "users.read"
"""The scope needed to say whom the token acts for, and so what `me` means: the API root may give only an e-mail."""

_RIGHTS = ("read", "write", "delete")
_RIGHT_OF = {"list": "read", "get": "read", "delete": "delete"}  # all else changes something: write

# Scopes from before 2019, as a token of that time had them beside the others (hull: `create_prospects prospects.all`).
_LEGACY = re.compile(r"(read|create|update|delete)_(\w+)", re.ASCII)
_LEGACY_RIGHTS = {"read": "read", "create": "write", "update": "write", "delete": "delete"}


def scopes_for(tools: Iterable[Tool]) -> tuple[str, ...]:
    """Return the scopes to ask for so that these tools work in full, in alphabetical order.

    They are those that the tools cannot do without (`needed_by`), those that let reads name related records (a list of
    tasks its prospects) and arguments name records, and `IDENTITY`. For tools that only read, all of them end in
    `.read`. The tools that send what they are given (`raw_http_request`, `execute_link`) add none.
    """
    wanted = {IDENTITY}
    for tool in tools:
        wanted.update(needed_by(tool), _related(tool))
    return tuple(sorted(wanted))


def needed_by(tool: Tool) -> tuple[str, ...]:
    """Return the scopes without which a tool's requests are refused, in alphabetical order: none for a partial one."""
    operations = () if tool.partial else tool.operations
    return tuple(sorted({scope for operation in operations for scope in scopes_of(*operation)}))


def tools_without(tools: Iterable[Tool], granted: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the tools that granted scopes leave out: each one's name, with the scopes that it lacks.

    `granted` are scopes as a token lists them; `prospects.all` holds the three rights to prospects. A tool is left out
    when it lacks any that it cannot do without; one without related names still works.
    """
    held = expanded(granted)
    lacking = {tool.name: tuple(scope for scope in needed_by(tool) if scope not in held) for tool in tools}
    return {name: missing for name, missing in lacking.items() if missing}


def expanded(granted: Iterable[str]) -> frozenset[str]:
    """Return granted scopes with each `.all` spelled out, and those of the old form (`read_sequences`) as today's."""
    return frozenset(each for scope in granted for each in _expand(scope))


def _expand(scope: str) -> Iterator[str]:
    yield scope
    family, _, right = scope.rpartition(".")
    if right == "all":
        yield from (f"{family}.{each}" for each in _RIGHTS)
    elif legacy := _LEGACY.fullmatch(scope):
        yield f"{camel_case(legacy[2])}.{_LEGACY_RIGHTS[legacy[1]]}"


def scopes_of(kind: str, operation: str) -> Iterator[str]:
    """Yield the scopes that an operation needs, as tools declare theirs (`("task", "list")`)."""
    yield f"{resource_type(kind).scope}.{_RIGHT_OF.get(operation, 'write')}"
    if kind == "batch" and operation.startswith("action:"):
        yield "batches.read"  # documented for bulk actions: both


def _related(tool: Tool) -> Iterator[str]:
    """Yield the scopes of the types whose names come along with what a tool reads, or that it reads beside its own."""
    yield from (f"{resource_type(kind).scope}.read" for kind in tool.reads | tool.names)
    for kind, operation in tool.operations:
        if tool.partial:
            yield from scopes_of(kind, operation)
        if _RIGHT_OF.get(operation) == "read":
            yield from _named_in(kind)


@cache
def _named_in(kind: str) -> tuple[str, ...]:
    declared = next((each for each in RESOURCES if each.type == kind), None)
    relationships = resource_type(kind).relationships
    columns = declared.columns if declared else ()
    related = {target for name in columns if name in relationships for target in relationships[name].types}
    known = resource_types()
    return tuple(f"{known[target].scope}.read" for target in sorted(related) if target in known and label_of(target))
