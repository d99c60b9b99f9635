"""Decides which types of record the offered tools leave readable, and what an answer may hold of the others.

A type is *hidden* when the tools that read it are excluded by name, or its operations where it has none, and so is what
is a part of it. It is *readable* when a tool that reads it is offered. Between the two is what was not chosen: of that
a list still names records.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from outreach_tools.catalog import resource_types
from outreach_tools.catalog.belonging import ADMINISTRATION, CALLED, OWNERS, SEEN, copied_from, with_parts
from outreach_tools.catalog.operation_names import READING, operations_by_name
from outreach_tools.client import JsonObject, Response
from outreach_tools.engine.columns import label_of
from outreach_tools.engine.matching import few
from outreach_tools.engine.tool import Tool
from outreach_tools.json_values import array_at, is_array, is_object, member, object_at
from outreach_tools.toolsets import OPT_IN, all_tools, toolsets


@dataclass(frozen=True, slots=True)
class Readable:
    """The types of Outreach under a choice of tools: those that are `hidden`, and those that are `readable`.

    `copies` are attributes of types that can be read which repeat what hidden ones hold. It is `whole` where nothing
    was excluded or left unchosen: only then may a request show what nobody can predict.
    """

    hidden: frozenset[str]
    readable: frozenset[str]
    copies: Mapping[str, frozenset[str]]
    whole: bool

    def names(self, kind: str, fields: frozenset[str] | None) -> bool:
        """Return whether a tool may show that much of a type's records: all if readable, else no more than a name."""
        if kind in self.readable:
            return True
        return kind not in self.hidden and fields is not None and fields <= {label_of(kind), "id"}

    def calls(self, kind: str, fields: frozenset[str] | None) -> bool:
        """Return whether a tool may be told so much of records that it looks up by what they are called."""
        return self.names(kind, None if fields is None else fields - CALLED.get(kind, frozenset()))

    def without_hidden(self, response: Response, sent: JsonObject | None) -> Response:
        """Return an answer without what it holds of hidden types, beyond what the request itself set."""
        if not self.hidden or not is_object(response.body):
            return response
        left_out: set[str] = set()
        body = {
            name: self._shown(value, sent, left_out) if name in ("data", "included") else value
            for name, value in response.body.items()
        }
        told = f"left out, as this server's settings exclude it: {few(sorted(left_out))}" if left_out else ""
        return replace(response, body=body, note=". ".join(note for note in (response.note, told) if note))

    def with_labels(self, response: Response, own: str) -> Response:
        """Return what `GET /types` answers with the types that can be read, and a tool's `own` unless it is hidden.

        Of an answer in another form nothing is left.
        """
        if not is_array(member(response.body, "data")):
            return replace(response, body=None)
        kinds = self.readable | ({own} - self.hidden)
        kept = [each for each in array_at(response.body, "data") if is_object(each) and _kind_of(each) in kinds]
        return replace(response, body={"data": kept})

    def _shown(self, value: Any, sent: JsonObject | None, left_out: set[str]) -> Any:
        if is_array(value):
            return [self._shown(each, sent, left_out) for each in value]
        if not is_object(value):
            return value
        kind = str(value.get("type"))
        if kind in self.hidden:
            return {"type": kind, "id": value.get("id"), **_set_by(sent, value)}
        attributes = object_at(value, "attributes")
        dropped = self.copies.get(kind, frozenset()) & attributes.keys()
        dropped |= {name for name, each in attributes.items() if self._names_hidden(each)}
        if not dropped:
            return value
        left_out |= dropped
        return {**value, "attributes": {name: each for name, each in attributes.items() if name not in dropped}}

    def _names_hidden(self, value: Any) -> bool:
        """Return whether an attribute's value holds, somewhere in it, a record of a hidden type."""
        if is_array(value):
            return any(map(self._names_hidden, value))
        if not is_object(value):
            return False
        kind = value.get("type")
        return (isinstance(kind, str) and kind in self.hidden) or any(map(self._names_hidden, value.values()))


@lru_cache(maxsize=64)
def readable_with(tools: frozenset[str], excluded: frozenset[str], *, admin: bool) -> Readable:
    """Return what is readable where `tools` are offered and others excluded by name; `admin` opens administration."""
    usual = {kind: names - (OPT_IN - tools) for kind, names in _reading_tools().items()}
    of_type = {kind: names for kind, names in usual.items() if names}
    hidden = with_parts(
        frozenset(kind for kind, names in {**_reading_operations(), **of_type}.items() if names <= excluded)
    )
    readable = {kind for kind, names in of_type.items() if names & tools} - hidden
    others = resource_types().keys() - of_type.keys()
    readable |= others - (ADMINISTRATION - SEEN) - hidden
    if admin:
        readable |= {kind for kind in ADMINISTRATION if kind not in hidden}
    # What has no tools of its own can be read where all that it is a part of can.
    while lost := {kind for kind in readable & others if OWNERS.get(kind, frozenset()) - readable}:
        readable -= lost
    whole = not excluded and toolsets()["directory"] <= tools
    if whole:
        readable |= _beyond()
    return Readable(hidden, frozenset(readable), copied_from(hidden), whole=whole)


@cache
def _beyond() -> frozenset[str]:
    """Return the types that records link to and no operation reads: no setting can name them."""
    linked = {kind for each in resource_types().values() for link in each.relationships.values() for kind in link.types}
    return frozenset(linked - resource_types().keys())


def hides(tool: Tool, hidden: frozenset[str]) -> bool:
    """Return whether a tool does nothing but read what is hidden; figures that lack any of their parts are wrong."""
    kinds = {kind for kind, _ in tool.operations}
    if tool.figures:
        return not kinds.isdisjoint(hidden)
    return tool.read_only and bool(kinds) and kinds <= hidden


def _kind_of(entry: JsonObject) -> str:
    name = str(entry.get("type"))
    return f"{name[:1].lower()}{name[1:]}"


def _set_by(sent: JsonObject | None, record: JsonObject) -> JsonObject:
    """Return those members of a record that a request has set."""
    found: JsonObject = {}
    for part in ("attributes", "relationships"):
        names = object_at(sent, "data", part).keys()
        if kept := {name: value for name, value in object_at(record, part).items() if name in names}:
            found[part] = kept
    return found


@cache
def _reading_operations() -> dict[str, frozenset[str]]:
    """Return, for every type, the names of the operations that read it: by those, one without tools is excluded."""
    found: dict[str, set[str]] = {}
    for name, (kind, what) in operations_by_name().items():
        if what in READING:
            found.setdefault(kind, set()).add(name)
    return {kind: frozenset(names) for kind, names in found.items()}


@cache
def _reading_tools() -> dict[str, frozenset[str]]:
    """Return, for every type that some tool reads and opens to others, the names of those tools."""
    return {kind: frozenset(names) for kind, names in _grouped(all_tools()).items()}


def _grouped(tools: Iterable[Tool]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for tool in tools:
        for kind, what in tool.opens:
            if what in READING:
                found.setdefault(kind, set()).add(tool.name)
    return found
