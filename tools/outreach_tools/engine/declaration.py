"""The declarations of a resource module: its tools by name and words, and judgements the catalogue cannot give."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from outreach_tools.catalog import Attribute
from outreach_tools.client import JsonObject
from outreach_tools.engine.tool import Context

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ListTool:
    """Lists records, filtered and sorted, a page at a time; in the order of `sort` unless asked for another.

    A `brief` one lists a dozen settings, that nobody needs to filter: its schema does not spell the filters out.
    """

    name: str
    description: str
    sort: str | None = None
    brief: bool = False


@dataclass(frozen=True, slots=True)
class OptionsTool:
    """Lists what a form's drop-down would offer: ids with their labels (the connector's "DDL" operations)."""

    name: str
    title: str
    description: str
    label: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GetTool:
    """Reads one record. `target` is the name of the id argument."""

    name: str
    target: str
    description: str


Finish: TypeAlias = Callable[[Context, JsonObject, JsonObject], Awaitable[tuple[JsonObject, tuple[str, ...]]]]
"""Completes the attributes of a new record, given its relationships; returns notes as well."""


@dataclass(frozen=True, slots=True)
class CreateTool:
    """Creates a record. `attributes` and `relationships` are those the schema spells out; `required` ones must come.

    `destructive` marks a creation that can send e-mail. `finish` completes the attributes, given the relationships, of
    what it reads of records of the types that it `reads`, and says what it could not.
    """

    name: str
    description: str
    attributes: tuple[str, ...] = ()
    relationships: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    destructive: bool = False
    finish: Finish | None = None
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UpdateTool:
    """Changes one record. `attributes` and `relationships` are those the schema spells out."""

    name: str
    target: str
    description: str
    attributes: tuple[str, ...] = ()
    relationships: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeleteTool:
    """Deletes one record for good."""

    name: str
    target: str
    description: str


@dataclass(frozen=True, slots=True)
class ActionTool:
    """Runs one of a resource's actions. `parameters` types every parameter that the actions take."""

    name: str
    target: str
    description: str
    actions: tuple[str, ...]
    parameters: tuple[Attribute, ...] = ()


Declaration: TypeAlias = ListTool | OptionsTool | GetTool | CreateTool | UpdateTool | DeleteTool | ActionTool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The special traits of one resource type.

    `toolset` is the group its tools belong to. `columns` are the attributes and relationships that a list shows unless
    asked otherwise. `values` are the known values of an attribute that the official schema leaves out; `spellings` are
    further spellings of them. `near` names, for an attribute that Outreach cannot filter by, a filter that comes close.
    `unlisted` filters are accepted, but the schema does not offer them: paths that nobody asks by. `offered` are
    attributes that people filter by and Outreach cannot: the schema offers them too. `apart` names the toolset of those
    of its tools that belong to another. `hidden` attributes are left out of a record unless asked for. `hints` say what
    to do instead about a name that cannot be written.
    `listers` name the tool that lists each type; `build_tools` puts them in.
    """

    type: str
    toolset: str
    columns: tuple[str, ...]
    tools: tuple[Declaration, ...] = ()
    values: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _EMPTY)
    spellings: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: _EMPTY)
    near: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    unlisted: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    apart: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    hidden: tuple[str, ...] = ()
    hints: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    listers: Mapping[str, str] = field(default_factory=lambda: _EMPTY)

    def known(self, attribute: str) -> Mapping[str, str]:
        """Return the accepted spellings of an attribute's known values, each with the value that is sent."""
        plain = {value: value for value in self.values.get(attribute, ())}
        return {**plain, **self.spellings.get(attribute, {})}
