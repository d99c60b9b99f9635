"""Makes what runs an operation of the contract: its own tool where there is one, else one by the engine for its kind.

So an operation's arguments are checked, sent and answered in one way, whoever asks for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from outreach_tools.catalog import Attribute, resource_type
from outreach_tools.catalog.operation_names import operations_by_name, snake_case
from outreach_tools.client import JsonObject
from outreach_tools.engine.building import build_tools
from outreach_tools.engine.declaration import (
    ActionTool,
    CreateTool,
    Declaration,
    DeleteTool,
    GetTool,
    ListTool,
    Resource,
    UpdateTool,
)
from outreach_tools.engine.dry_run import with_dry_run
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.given import is_given
from outreach_tools.engine.matching import find, shorten
from outreach_tools.engine.operations.many import many_tool
from outreach_tools.engine.related import Listers
from outreach_tools.engine.tool import Context, Run, Tool

PARAMETERS: Mapping[tuple[str, str], Attribute] = {
    ("batch", "confirmedCount"): Attribute("confirmedCount", "integer"),
}
"""The parameters of actions that no tool declares, by type and name; the contract gives no types."""


@dataclass(frozen=True, slots=True)
class Contract:
    """All operations of the contract, each run by a tool of its own, which is made when it is first needed.

    `declared` is what is special about each type, `tools` are those that clients are offered.
    """

    declared: Mapping[str, Resource]
    listers: Listers
    tools: Mapping[str, Tool]
    _made: dict[str, Tool] = field(default_factory=dict[str, Tool], compare=False)

    def tool(self, name: str) -> Tool:
        """Return what runs the operation of a name. Raises `KeyError` for a name that the contract does not have."""
        if name not in self._made:
            kind, what = operations_by_name()[name]
            own = self.tools.get(name)
            self._made[name] = own or with_dry_run(self._make(name, self.declared[kind], what))
        return self._made[name]

    def _make(self, name: str, declared: Resource, what: str) -> Tool:
        if what.startswith("action:"):
            action = what.removeprefix("action:")
            if resource_type(declared.type).actions[action].collection:
                return many_tool(replace(declared, listers=self.listers), name, action, self.declared)
            return self._action(name, declared, action)
        return _built(declared, _declaration(name, declared.type, what), self.listers)

    def _action(self, name: str, declared: Resource, action: str) -> Tool:
        takes = resource_type(declared.type).actions[action]
        known = {each.name: each for tool in declared.tools if isinstance(tool, ActionTool) for each in tool.parameters}
        names = (*takes.required, *takes.optional)
        parameters = tuple(known.get(each) or PARAMETERS[declared.type, each] for each in names)
        declaration = ActionTool(name, _target(declared.type), "", (action,), parameters)
        tool = _built(declared, declaration, self.listers)
        return replace(tool, run=_with_action(action, tool.run))


def _built(declared: Resource, declaration: Declaration, listers: Listers) -> Tool:
    (tool,) = build_tools(replace(declared, tools=(declaration,), values=_values(declared, declaration)), listers)
    return tool


def _values(declared: Resource, declaration: Declaration) -> Mapping[str, tuple[str, ...]]:
    """Return the known values of what a tool takes: those of other actions' parameters are not among them."""
    taken = {each.name for each in declaration.parameters} if isinstance(declaration, ActionTool) else set[str]()
    own = resource_type(declared.type).attributes
    return {name: values for name, values in declared.values.items() if name in own or name in taken}


def _declaration(name: str, kind: str, what: str) -> Declaration:
    target = _target(kind)
    match what:
        case "list":
            created = resource_type(kind).attributes.get("createdAt")
            return ListTool(name, "", sort="-createdAt" if created and created.sortable else None)
        case "get":
            return GetTool(name, target, "")
        case "create":
            return CreateTool(name, "")
        case "update":
            return UpdateTool(name, target, "")
        case _:
            return DeleteTool(name, target, "")


def _target(kind: str) -> str:
    return f"{snake_case(kind)}_id"


def _with_action(action: str, run: Run) -> Run:
    """Return what runs one action alone, whose name the operation's has said."""

    async def run_action(context: Context, arguments: JsonObject) -> JsonObject:
        given = arguments.get("action")
        if is_given(given) and (not isinstance(given, str) or find(given, (action,)) is None):
            raise ArgumentError(f"'action' is {shorten(given)}, and the operation itself says {action!r}: leave it out")
        return await run(context, {**arguments, "action": action})

    return run_action
