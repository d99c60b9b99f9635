"""The one shape every tool has, whatever made it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from outreach_tools.client import Client, JsonObject

DEFAULT_RESULT_TOKENS = 6000
"""The most tokens an answer has unless the settings say otherwise."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a tool works with: the client, and the answer's budget in tokens."""

    client: Client
    max_result_tokens: int = DEFAULT_RESULT_TOKENS


Run: TypeAlias = Callable[[Context, JsonObject], Awaitable[JsonObject]]
"""Runs a tool on its raw arguments and returns its answer; raises `ToolError` for arguments it refuses."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One MCP tool: its face (name, words, schema, the four annotations) and what it does.

    `resource` is the type it works on, empty for tools that work on any. `operations` are all that it can ask of
    Outreach, each a type and what is done to it (`("task", "list")`, `("task", "action:snooze")`); none are named for
    the tools that send what they are given. `toolset` is the group it belongs to.
    """

    name: str
    title: str
    description: str
    input_schema: JsonObject
    run: Run
    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool = True
    resource: str = ""
    toolset: str = "advanced"
    operations: frozenset[tuple[str, str]] = frozenset()
