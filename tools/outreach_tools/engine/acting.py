"""Running one of a record's actions: the action's own parameters and no others."""

from typing import Any

from outreach_tools.catalog import Action, Attribute, resource_type
from outreach_tools.client import JsonObject, Query, Request
from outreach_tools.engine.arguments import ActionArguments, choose, lift, read
from outreach_tools.engine.changing import write
from outreach_tools.engine.declaration import ActionTool, Resource
from outreach_tools.engine.errors import ArgumentError
from outreach_tools.engine.finders import finder, finders_of, finds, kinds_of_id
from outreach_tools.engine.making import SENDS, make_tool
from outreach_tools.engine.matching import find, listed, nearest
from outreach_tools.engine.reading import ME, identifier, user_identifier
from outreach_tools.engine.schemas import action_schema
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.engine.values import check_value


def action_tool(declared: Resource, tool: ActionTool) -> Tool:
    """Make the tool that runs a resource's actions."""
    own = (tool.target, "id", "action", "parameters")
    finders = finders_of({tool.target: declared.type}, declared.listers)

    async def run(context: Context, arguments: JsonObject) -> JsonObject:
        lifted = lift(arguments, {"parameters": lambda _: True}, own)
        given = read(ActionArguments, lifted, target=tool.target, finders=finders)
        resource = resource_type(declared.type)
        action = resource.actions[choose(given.action, tool.actions, "action")]
        query = await _parameters(declared, tool, action, given.parameters, context)
        target = f"/{resource.path}/{given.id}/actions/{action.name}"
        return await write(context, declared, Request("POST", target, query))

    operations = (f"action:{name}" for name in tool.actions)
    return make_tool(declared, tool, action_schema(declared, tool), run, SENDS, *operations)


async def _parameters(
    declared: Resource, tool: ActionTool, action: Action, given: JsonObject, context: Context
) -> Query:
    """Check an action's parameters and return them as query parameters."""
    takes = (*action.required, *action.optional)
    typed = {each.name: each for each in tool.parameters}
    values: dict[str, Any] = {}
    for name, value in given.items():
        known = find(name, takes)
        if known is None:
            raise ArgumentError(
                f"the action {action.name!r} takes no {name!r}{nearest(name, takes)}; it takes {listed(takes)}"
            )
        if value is not None:
            values[known] = await _value(declared, tool, typed[known], value, context)
    if missing := [name for name in action.required if values.get(name) in (None, "")]:
        raise ArgumentError(
            f"the action {action.name!r} needs {', '.join(map(repr, missing))}; it takes {listed(takes)}"
            + "".join(_finder(declared, name) for name in missing)
        )
    return tuple((f"actionParams[{name}]", _text(value)) for name, value in values.items())


async def _value(declared: Resource, tool: ActionTool, parameter: Attribute, value: Any, context: Context) -> Any:
    if parameter.name in tool.users:
        try:
            number = user_identifier(value)
        except ValueError as error:
            raise ArgumentError(f"{parameter.name!r} {error}{finds(('user',), declared.listers)}") from None
        return await context.client.current_user_id() if number == ME else number
    if kinds := kinds_of_id(declared.type, parameter.name):
        try:
            return identifier(value)
        except ValueError as error:
            raise ArgumentError(f"{parameter.name!r} {error}{finds(kinds, declared.listers)}") from None
    return check_value(parameter, value, known=declared.known(parameter.name), zone=context.zone)


def _finder(declared: Resource, name: str) -> str:
    found = finder(kinds_of_id(declared.type, name), declared.listers)
    return f"; {found} finds {name}" if found else ""


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
