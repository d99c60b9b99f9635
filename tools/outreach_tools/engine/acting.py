"""Running one of a record's actions: the action's own parameters and no others."""

from typing import Any

from outreach_tools.catalog import Action, Attribute, resource_type
from outreach_tools.client import JsonObject, Query, Request
from outreach_tools.engine.arguments import ActionArguments, choose, lift, read
from outreach_tools.engine.changing import write
from outreach_tools.engine.dates import Calendar
from outreach_tools.engine.declaration import ActionTool, Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.finders import finder, finders_of, finds, kinds_of_id
from outreach_tools.engine.given import given_members
from outreach_tools.engine.making import SENDS, make_tool
from outreach_tools.engine.matching import find, listed, nearest
from outreach_tools.engine.naming.kinds import takes_text
from outreach_tools.engine.naming.references import Names, by_names
from outreach_tools.engine.schemas import action_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.twice import Spelled
from outreach_tools.engine.written import sent_moment, written_value


def action_tool(declared: Resource, tool: ActionTool) -> Tool:
    """Make the tool that runs a resource's actions."""
    own = (tool.target, "id", "action", "parameters")
    finders = finders_of({tool.target: declared.type}, declared.listers)

    async def run(context: Context, arguments: JsonObject, names: Names) -> JsonObject:
        lifted = lift(arguments, {"parameters": lambda _: True}, own)
        given = read(ActionArguments, lifted, target=tool.target, finders=finders, named=takes_text(declared.type))
        resource = resource_type(declared.type)
        action = resource.actions[choose(given.action, tool.actions, "action")]
        query, notes = await action_parameters(declared, tool, action, given.parameters, names)
        record_id = await names.target(given.id, declared.type, repr(tool.target), finders[tool.target])
        target = f"/{resource.path}/{record_id}/actions/{action.name}"
        request, notes = Request("POST", target, query), (*names.notes, *notes)
        return await write(context, declared, request, notes, record_id=record_id)

    operations = (f"action:{name}" for name in tool.actions)
    return make_tool(declared, tool, action_schema(declared, tool), by_names(run, writing=True), SENDS, *operations)


async def action_parameters(
    declared: Resource, tool: ActionTool, action: Action, given: JsonObject, names: Names
) -> tuple[Query, tuple[str, ...]]:
    """Check an action's parameters and return them as query parameters, and notes on them.

    One that is empty is not given, even where the action takes none of that name: the schema has those of all actions.
    """
    calendar = Calendar(names.context.now(), names.context.zone)
    takes = (*action.required, *action.optional)
    typed = {each.name: each for each in tool.parameters}
    values: dict[str, Any] = {}
    notes: list[str] = []
    spelled = Spelled()
    for name, value in given_members(given).items():
        known = find(name, takes)
        if known is None:
            raise ArgumentError(
                f"the action {action.name!r} takes no {name!r}{nearest(name, takes)}; it takes {listed(takes)}"
            )
        spelled.note(known, name, value)
        values[known] = await _value(declared, typed[known], value, names, calendar)
        if note := sent_moment(typed[known], value, values[known], calendar):
            notes.append(note)
    if missing := [name for name in action.required if name not in values]:
        raise ArgumentError(
            f"the action {action.name!r} needs {', '.join(map(repr, missing))}; it takes {listed(takes)}"
            + "".join(_finder(declared, name) for name in missing)
        )
    return tuple((f"actionParams[{name}]", _text(value)) for name, value in values.items()), tuple(notes)


async def _value(declared: Resource, parameter: Attribute, value: Any, names: Names, calendar: Calendar) -> Any:
    if kinds := kinds_of_id(declared.type, parameter.name):
        return await names.id_of(value, kinds[0], repr(parameter.name), finds(kinds, declared.listers))
    return written_value(parameter, value, declared.known(parameter.name), calendar)


def _finder(declared: Resource, name: str) -> str:
    found = finder(kinds_of_id(declared.type, name), declared.listers)
    return f"; {found} finds {name}" if found else ""


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
