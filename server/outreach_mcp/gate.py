"""The one way from a tool to Outreach: every request is held against the policy and, where it must be, confirmed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import anyio

from outreach_mcp.api.errors import OutreachError
from outreach_mcp.api.outgoing import Judge, Outgoing
from outreach_mcp.callers import Caller
from outreach_mcp.confirmation import ConfirmationLevel, must_confirm
from outreach_mcp.journal import Actor, Entry, Journal
from outreach_mcp.policy import Policy
from outreach_mcp.question import question_for
from outreach_tools.client import MissingScope, Request, Response
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.tool import Tool

_PATIENCE = 5.0  # seconds: with a call's 30, and 10 for an unknown outcome, it stays below the 60 of MCP's clients

Ask: TypeAlias = Callable[[str], Awaitable[None]]
"""Puts a question to the person; returns when they agree, raises when they do not."""


class JudgedClient(Protocol):
    """A client whose requests can be judged as they go out."""

    async def send(self, request: Request, *, judge: Judge | None = None) -> Response:
        """Send one request that `judge` agrees to."""
        ...

    async def current_user_id(self) -> int:
        """Return the id of the user the token acts for."""
        ...


@dataclass(frozen=True, slots=True)
class Gate:
    """The client that one call of a tool works with (an `outreach_tools.client.Client`).

    `ask` is called, before anything is sent, for requests that the confirmation level wants a person to see. `caller`
    is who called, for the journal, where there are several.
    """

    client: JudgedClient
    policy: Policy
    tool: Tool
    confirm: ConfirmationLevel
    ask: Ask
    journal: Journal | None = None
    caller: Caller | None = None

    async def send(self, request: Request) -> Response:
        """Send one request that the policy allows and, where needed, a person agreed to; a change is written down."""
        if self.journal is None or request.method == "GET":
            answer = await self.client.send(request, judge=self._judge)
        else:
            answer = await self._recorded(request, self.journal)
        return self.policy.readable.without_hidden(answer, request.body)

    async def attempt(self, request: Request) -> Response | None:
        """Read what only adds to an answer; None where the policy, the scopes, Outreach or the time do not let it.

        What the answer tells of may be done already: nothing that becomes of this read takes that back.
        """
        with anyio.move_on_after(_PATIENCE):
            try:
                answer = await self.client.send(request, judge=self._judge)
                return self.policy.readable.without_hidden(answer, request.body)
            except (OutreachError, ToolError, MissingScope):
                return None
        return None

    async def current_user_id(self) -> int:
        """Return the id of the user the token acts for; whom one acts as is told under every policy."""
        return await self.client.current_user_id()

    async def _recorded(self, request: Request, journal: Journal) -> Response:
        entry: Entry | None = None

        async def judge(outgoing: Outgoing) -> None:
            nonlocal entry
            await self._judge(outgoing)
            actor = Actor(self.tool.name, self.caller)
            entry = await journal.begin(actor, outgoing, self.client.current_user_id)

        try:
            answer = await self.client.send(request, judge=judge)
        except BaseException as error:
            if entry is not None:
                await entry.failed(error)
            raise
        if entry is not None:
            await entry.done(answer)
        return answer

    async def _judge(self, outgoing: Outgoing) -> None:
        self.policy.judge(self.tool, outgoing)
        if must_confirm(outgoing, self.confirm):
            await self.ask(await question_for(outgoing, _Aside(self.client, self.policy)))


@dataclass(frozen=True, slots=True)
class _Aside:
    """The client that a question is made with: what it says comes back to the model, so it tells of no more."""

    client: JudgedClient
    policy: Policy

    async def send(self, request: Request) -> Response:
        async def judge(outgoing: Outgoing) -> None:
            self.policy.judge_aside(outgoing)

        return await self.client.send(request, judge=judge)

    async def current_user_id(self) -> int:
        return await self.client.current_user_id()
