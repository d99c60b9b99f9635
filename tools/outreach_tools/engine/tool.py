"""The one shape every tool has, whatever made it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from outreach_tools.client import Client, JsonObject


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Context:
    """What a tool works with: the client, the answer's budget in tokens, and the clock."""

    client: Client
    max_result_tokens: int = 6000
    now: Callable[[], datetime] = _now


Run: TypeAlias = Callable[[Context, JsonObject], Awaitable[JsonObject]]
"""Runs a tool on its raw arguments and returns its answer; raises `ToolError` for arguments it refuses."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One MCP tool: its face (name, words, schema, the four annotations) and what it does.

    `resource` is the type it works on, empty for tools that work on any.
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
