"""The connection itself: whom the token acts for, where, and what is left out. Not a record of Outreach's."""

from outreach_tools.client import JsonObject
from outreach_tools.engine.answers import render
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.given import given_members
from outreach_tools.engine.schemas import object_schema
from outreach_tools.engine.tool import Context, Tool


async def _get_connection(context: Context, arguments: JsonObject) -> JsonObject:
    if arguments := given_members(arguments):
        raise ArgumentError(f"get_connection takes no arguments, and was given {', '.join(map(repr, arguments))}")
    if context.about is None:
        raise ToolError(
            "This server cannot describe its connection to Outreach; get_user with user_id 'me' says who acts."
        )
    told = await context.about()
    if "failed" in told:  # a failure to every client, and in the shell; what is known besides helps to mend it
        raise ToolError(render(told))
    return told


GET_CONNECTION = Tool(
    name="get_connection",
    title="Get connection",
    description="Who am I logged in as (me), which organisation; why a tool is missing or refused; API calls left.",
    input_schema=object_schema({}),
    run=_get_connection,
    read_only=True,
    destructive=False,
    idempotent=True,
    toolset="connection",
)
