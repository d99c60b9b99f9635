"""The server's one connection: to Outreach, or to the sandbox inside this process, opened when it is first used.

Nothing that talks HTTP is imported before that, so that the server answers its first question without waiting for it.
"""
# ruff: noqa: PLC0415 - importing late is what this module is for

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio

from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.settings.settings import Settings
from outreach_mcp.settings.values import DEFAULT_API_URL
from outreach_sandbox.clock import CountingClock
from outreach_tools.client import Request, Response

if TYPE_CHECKING:
    from outreach_mcp.api.calls import Prepared
    from outreach_mcp.api.client import OutreachClient
    from outreach_mcp.api.current_user import CurrentUser
    from outreach_mcp.api.layers.limits import Allowance


class Connection:
    """An `outreach_tools.client.Client` that opens what the settings ask for on its first use.

    The sandbox goes before the token: a process that was told to use it never talks to Outreach.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = MACHINE,
    ) -> None:
        """Prepare a connection.

        `clock` is that of the client, of the sandbox and of its records, unless the settings name the day on which the
        sandbox stands: then that day is `now`.
        """
        self._settings = settings
        self._counting = CountingClock(settings.sandbox_today) if settings.sandbox and settings.sandbox_today else None
        self._clock = replace(clock, now=self._counting) if self._counting else clock
        self._lock = anyio.Lock()
        self._client: OutreachClient | None = None
        self._to_close = AsyncExitStack()
        self._closed = False
        self._is_given_up = False

    async def prepare(self, request: Request) -> Prepared:
        """Return a request as it will be sent; see `outreach_mcp.api.client.OutreachClient.prepare`."""
        return await (await self._opened()).prepare(request)

    async def send(self, request: Request | Prepared) -> Response:
        """Send one request; see `outreach_mcp.api.client.OutreachClient.send`."""
        return await (await self._opened()).send(request)

    async def current_user_id(self) -> int:
        """Return the id of the Outreach user the token acts for."""
        return await (await self._opened()).current_user_id()

    async def current_user(self) -> CurrentUser:
        """Return the Outreach user the token acts for."""
        return await (await self._opened()).current_user()

    @property
    def allowance(self) -> Allowance | None:
        """The hourly limit as the last answer gave it, None before there was one."""
        return None if self._client is None else self._client.allowance

    def give_up(self) -> None:
        """End what is under way and send nothing more; see `outreach_mcp.api.client.OutreachClient.give_up`."""
        self._is_given_up = True
        if self._client is not None:
            self._client.give_up()

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock of the place that this leads to: whoever works with its records must take the time from it."""
        return self._clock.now

    async def aclose(self) -> None:
        """Close what was opened; the connection cannot be used again."""
        async with self._lock:
            self._closed = True
            self._client = None
            await self._to_close.aclose()

    async def _opened(self) -> OutreachClient:
        if self._client is not None:
            return self._client
        async with self._lock:
            if self._closed:
                raise RuntimeError("the connection to Outreach is closed")
            if self._client is None:
                # In a thread: filling the sandbox takes a third of a second, in which others want to be answered.
                self._client = await anyio.to_thread.run_sync(
                    self._open_sandbox if self._settings.sandbox else self._open_api
                )
                self._to_close.push_async_callback(self._client.aclose)
                if self._is_given_up:
                    self._client.give_up()
            return self._client

    def _open_api(self) -> OutreachClient:
        from outreach_mcp.api.client import OutreachClient
        from outreach_mcp.api.tokens.choosing import token_source

        tokens = token_source(self._settings, self._clock)
        return OutreachClient(self._settings.api_url, tokens, clock=self._clock)

    def _open_sandbox(self) -> OutreachClient:
        import httpx
        from pydantic import SecretStr

        from outreach_mcp.api.client import OutreachClient
        from outreach_mcp.api.tokens.source import BearerToken
        from outreach_mcp.io.progress import line_of_stderr, watched
        from outreach_sandbox.app import build_sandbox
        from outreach_sandbox.labels import CustomFields
        from outreach_sandbox.organisation import LARGE_SCALE, demo_organisation
        from outreach_sandbox.organisation.custom_fields import custom_fields_of
        from outreach_sandbox.store import Store
        from outreach_sandbox.transport import counted

        store = Store()
        self._to_close.callback(store.close)
        number, scale = self._settings.sandbox_number, self._settings.sandbox_scale
        records = demo_organisation(number, scale, today=self._clock.now().astimezone(UTC).date())
        store.load(watched(records, "Filling the sandbox", line_of_stderr() if scale >= LARGE_SCALE else None))
        app = build_sandbox(store, clock=self._clock.now, custom_fields=CustomFields(custom_fields_of(number)))
        transport = httpx.ASGITransport(counted(app, self._counting) if self._counting else app)
        return OutreachClient(
            DEFAULT_API_URL, BearerToken(SecretStr("sandbox")), transport=transport, clock=self._clock
        )
