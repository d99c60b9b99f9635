"""Makes a tool of what a resource declares: its face, and the four annotations of its kind."""

from dataclasses import dataclass

from outreach_tools.catalog import resource_type
from outreach_tools.client import JsonObject
from outreach_tools.engine.declaration import (
    ActionTool,
    CreateTool,
    Declaration,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)
from outreach_tools.engine.finders import kinds_of_id
from outreach_tools.engine.labels.fields import has_labels
from outreach_tools.engine.naming.kinds import NAMINGS, named_in
from outreach_tools.engine.tool import Run, Tool


@dataclass(frozen=True, slots=True)
class Effect:
    """MCP's four annotations, in the sense of its specification: what is not destructive only adds."""

    read_only: bool = False
    destructive: bool = False
    idempotent: bool = False
    open_world: bool = False


READS = Effect(read_only=True, idempotent=True)
CREATES = Effect()
UPDATES = Effect(destructive=True, idempotent=True)
DELETES = Effect(destructive=True, idempotent=True)
SENDS = Effect(destructive=True, open_world=True)
"""The types whose tools may send e-mail to people outside: enrolments, mailings, actions."""


def make_tool(
    declared: Resource, tool: Declaration, schema: JsonObject, run: Run, effect: Effect, *operations: str
) -> Tool:
    """Return the tool that a resource declares; `operations` are all that it can ask of that type of record."""
    options = isinstance(tool, OptionsTool)
    target = {declared.type} if isinstance(tool, GetTool | UpdateTool | DeleteTool | ActionTool) else set[str]()
    return Tool(
        name=tool.name,
        title=tool.title if isinstance(tool, OptionsTool) else title_of(tool.name),
        description=tool.description,
        input_schema=schema,
        run=run,
        read_only=effect.read_only,
        destructive=effect.destructive,
        idempotent=effect.idempotent,
        open_world=effect.open_world,
        resource=declared.type,
        toolset="options" if options else declared.apart.get(tool.name, declared.toolset),
        operations=frozenset((declared.type, operation) for operation in operations),
        names=frozenset((target | _named_by(declared, tool)) & NAMINGS.keys()),
        labels=_takes_labels(declared, tool),
        reads=frozenset(tool.reads) if isinstance(tool, CreateTool) else frozenset(),
    )


def _named_by(declared: Resource, tool: Declaration) -> frozenset[str]:
    """Return the types of record that a tool's arguments name, beside the one that it works on."""
    match tool:
        case CreateTool() | UpdateTool():
            return named_in(declared.type)
        case ListTool():
            return named_in(declared.type, filters=True) | {declared.type}
        case ActionTool():
            return frozenset(kind for each in tool.parameters for kind in kinds_of_id(declared.type, each.name))
        case _:
            return frozenset()


def _takes_labels(declared: Resource, tool: Declaration) -> bool:
    """Say whether a tool takes or shows custom fields: of its own type, or of records that come along."""
    if isinstance(tool, CreateTool | UpdateTool):
        return has_labels(declared.type)
    kinds = {kind for each in resource_type(declared.type).relationships.values() for kind in each.types}
    return isinstance(tool, ListTool | GetTool) and any(map(has_labels, (declared.type, *kinds)))


def title_of(name: str) -> str:
    """Turn a tool's name into its title: `list_call_purposes` is `List call purposes`."""
    return name.replace("_", " ").capitalize()
