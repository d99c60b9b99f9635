"""The playbooks as MCP's prompts, and completions of what is given to them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import anyio
from mcp import MCPError
from mcp_types import INVALID_PARAMS, Completion, GetPromptResult, Prompt, PromptArgument, PromptMessage, TextContent

from outreach_mcp.api.errors.tree import OutreachError
from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_tools.client import MissingScope
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.matching import listed, shorten
from outreach_tools.engine.naming.suggesting import MOST, suggestions
from outreach_tools.engine.tool import Context, Tool
from outreach_tools.playbooks.collection import PLAYBOOKS, playbook_named
from outreach_tools.playbooks.playbook import Argument, Playbook

_PATIENCE = 8.0  # seconds in which a completion is still of use to who writes


def offered(tools: Mapping[str, Tool]) -> list[Playbook]:
    """Return the playbooks that can be followed with some tools: what they cannot do without is there."""
    return [each for each in PLAYBOOKS if not each.lacking(tools)]


def prompt_of(playbook: Playbook) -> Prompt:
    """Return a playbook as menus list it."""
    return Prompt(
        name=playbook.name,
        title=playbook.title,
        description=playbook.description,
        arguments=[
            PromptArgument(name=each.name, description=each.description, required=each.required)
            for each in playbook.arguments
        ],
    )


def filled_in(tools: Mapping[str, Tool], name: str, given: Mapping[str, str]) -> GetPromptResult:
    """Return a playbook with what was given in its places. Raises `MCPError` for what is not offered or is missing."""
    playbook = _offered(tools, name)
    known = [each.name for each in playbook.arguments]
    if unknown := [each for each in given if each not in known]:
        takes = f"it takes {listed(known)}" if known else "it takes no arguments"
        raise _refusal(f"{playbook.name} has no argument {shorten(unknown[0])}: {takes}")
    if missing := playbook.missing(given):
        raise _refusal(f"{playbook.name} needs {listed(missing)}")
    text = playbook.text(given, tools)
    message = PromptMessage(role="user", content=TextContent(text=text))
    return GetPromptResult(description=playbook.description, messages=[message])


async def completed(
    tools: Mapping[str, Tool], context_of: Callable[[Tool], Awaitable[Context]], name: str, argument: str, text: str
) -> Completion:
    """Return what an argument of a playbook may be: its choices, or names of records.

    Names are read as the tools read them that the playbook calls, through the same gate. What cannot be read completes
    nothing.
    """
    found = next((each for each in _offered(tools, name).arguments if each.name == argument), None)
    if found is None:
        raise _refusal(f"{shorten(name)} has no argument {shorten(argument)}")
    if not found.kind:
        return completion(_beginning(found.choices, text))
    tool = _resolving(_offered(tools, name), found, tools)
    values: list[str] = []
    if tool is not None:
        with anyio.move_on_after(_PATIENCE):
            try:
                values = await suggestions(await context_of(tool), found.kind, text)
            except (ToolError, OutreachError, MissingScope, ConnectionNeededError):
                values = []
    return completion(values)


def completion(values: Sequence[str]) -> Completion:
    """Return a completion of as many values as MCP lets through."""
    return Completion(values=[*values[:MOST]], has_more=len(values) >= MOST)


def completed_name(tools: Mapping[str, Tool], text: str) -> Completion:
    """Return the names of playbooks that a text is the beginning of."""
    return completion(_beginning([each.name for each in offered(tools)], text))


def _beginning(words: Sequence[str], text: str) -> list[str]:
    wanted = text.strip().casefold()
    return [each for each in words if each.casefold().startswith(wanted)]


def _resolving(playbook: Playbook, argument: Argument, tools: Mapping[str, Tool]) -> Tool | None:
    """Return the first of a playbook's tools that takes names of the argument's type."""
    offered = (tools[name] for name in playbook.tools if name in tools)
    return next((tool for tool in offered if argument.kind in tool.names), None)


def _offered(tools: Mapping[str, Tool], name: str) -> Playbook:
    playbook = playbook_named(name)
    if playbook is None:
        raise _refusal(f"Unknown prompt: {shorten(name)}")
    if lacking := playbook.lacking(tools):
        raise _refusal(f"{playbook.name} is not offered: it needs {listed(lacking)}")
    return playbook


def _refusal(message: str) -> MCPError:
    return MCPError(code=INVALID_PARAMS, message=message)
