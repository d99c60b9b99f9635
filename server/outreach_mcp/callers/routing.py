"""The callers' connections to Outreach: each call goes out with the tokens of the caller who made it, or not at all."""
# ruff: noqa: PLC0415 - what talks HTTP is imported when it is first used, as in `connection`

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from weakref import WeakSet

import anyio
import anyio.to_thread

from outreach_mcp.api.errors.tree import LoginNeededError, TokensReplacedError, TokenStoreError
from outreach_mcp.caller import Caller, current_caller
from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_mcp.callers.state.errors import LockTimeoutError, StateStoreError
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.io.threads import STORE
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import Request, Response

if TYPE_CHECKING:
    from outreach_mcp.api.calls import Prepared
    from outreach_mcp.api.client import OutreachClient
    from outreach_mcp.api.current_user import CurrentUser
    from outreach_mcp.api.layers.limits import Allowance
    from outreach_mcp.api.tokens.rotating import OAuthApp
    from outreach_mcp.callers.state.accounts import CallerConnection
    from outreach_mcp.callers.state.opening import State

_log = logging.getLogger(__name__)

CONNECT_TICKET = "connect"
"""The kind of ticket that a link to /connect carries: it names the caller, and is worth nothing to anybody else."""

_TICKET_SECONDS = 600.0
_TRUSTED_SECONDS = 2.0
"""Seconds for which a connection that was found is taken to exist: another process may have removed it after that."""

_MOST_OPEN = 500
"""Clients that are kept open; each has connections to Outreach of its own."""

_STORE_FAILED = (
    "This server cannot read or write what it keeps for its callers; its log says why. Try again in a minute."
)

_LOST = "Outreach does not accept your connection any more: it was withdrawn, or not used for 14 days."


@dataclass(slots=True)
class _Open:
    """The open client of one caller, which connection it belongs to, since when that is known, and who uses it."""

    connection_id: str
    client: OutreachClient
    known_at: float
    users: int = 0
    dropped: bool = False


class CallerConnections:
    """A client of Outreach that works for whoever calls (`current_caller`), with that caller's own connection."""

    def __init__(
        self,
        settings: Settings,
        state: State,
        *,
        clock: Clock = MACHINE,
    ) -> None:
        """Prepare; nothing is opened yet."""
        self._settings = settings
        self._state = state
        self._clock = clock
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._lock = anyio.Lock()
        self._clients: WeakSet[OutreachClient] = WeakSet()  # those too that are open no more and in use still
        self._is_given_up = False
        self._tickets: dict[tuple[str, frozenset[str]], tuple[str, float]] = {}

    async def prepare(self, request: Request) -> Prepared:
        """Return a request as it will be sent; see `outreach_mcp.api.client.OutreachClient.prepare`.

        Raises `ConnectionNeededError` when the caller has no connection: nobody is asked about what cannot be sent.
        """
        async with self._client() as client:
            return await client.prepare(request)

    async def send(self, request: Request | Prepared) -> Response:
        """Send one request as the caller; see `outreach_mcp.api.client.OutreachClient.send`.

        What was prepared for a connection that the caller has left meanwhile is not sent for another one. Raises
        `ConnectionNeededError` when the caller has no connection, or Outreach accepts it no longer.
        """
        async with self._client() as client:
            return await client.send(request)

    async def current_user_id(self) -> int:
        """Return the id of the caller's Outreach user. Raises as `send` does."""
        async with self._client() as client:
            return await client.current_user_id()

    async def current_user(self) -> CurrentUser:
        """Return the caller's Outreach user. Raises as `send` does."""
        async with self._client() as client:
            return await client.current_user()

    async def connection_id(self) -> str:
        """Return which connection is the caller's, empty where that is not known: who connects anew may be another.

        What is wrong with it, or with the store, is told by whatever is sent next.
        """
        try:
            return (await self._opened(_caller())).connection_id
        except (ConnectionNeededError, TokenStoreError):
            return ""

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock of the place that this leads to."""
        return self._clock.now

    @property
    def allowance(self) -> Allowance | None:
        """The hourly limit as the last answer to the caller gave it, None before there was one."""
        opened = self._open.get(_caller().subject)
        return None if opened is None else opened.client.allowance

    def give_up(self) -> None:
        """End what is under way and send nothing more; see `outreach_mcp.api.client.OutreachClient.give_up`."""
        self._is_given_up = True
        for client in self._clients:
            client.give_up()

    async def aclose(self) -> None:
        """Close every client."""
        async with self._lock:
            opened = [*self._open.values()]
            self._open.clear()
        for each in opened:
            await each.client.aclose()

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[OutreachClient]:
        with _told_briefly():
            async with self._own_client() as client:
                yield client

    @asynccontextmanager
    async def _own_client(self) -> AsyncGenerator[OutreachClient]:
        caller = _caller()
        opened = await self._opened(caller)
        opened.users += 1
        try:
            yield opened.client
        except LoginNeededError:
            opened.known_at = -math.inf  # the next call looks whether there is a new one
            raise await self._needed(caller, _LOST) from None
        finally:
            opened.users -= 1
            if opened.dropped and not opened.users:
                with anyio.CancelScope(shield=True):
                    await opened.client.aclose()

    async def _opened(self, caller: Caller) -> _Open:
        kept = self._open.get(caller.subject)
        if kept is not None and self._clock.monotonic() - kept.known_at < _TRUSTED_SECONDS:
            self._open.move_to_end(caller.subject)
            return kept
        connection = await STORE.run(self._state.connections.find, caller.subject)
        async with self._lock:
            kept = self._open.get(caller.subject)
            if kept is not None and connection is not None and kept.connection_id == connection.id:
                kept.known_at = self._clock.monotonic()
                self._open.move_to_end(caller.subject)
                return kept
            if kept is not None:
                await self._drop(caller.subject)
            if connection is not None:
                return await self._keep(caller.subject, connection)
        raise await self._needed(caller)

    async def _keep(self, subject: str, connection: CallerConnection) -> _Open:
        # In a thread: the first one imports what talks HTTP.
        client = await anyio.to_thread.run_sync(self._open_client, connection)
        self._clients.add(client)
        if self._is_given_up:
            client.give_up()
        self._open[subject] = opened = _Open(connection.id, client, self._clock.monotonic())
        idle = (
            each
            for each, other in self._open.items()
            if not other.users and not other.client.is_awaited and each != subject
        )
        if len(self._open) > _MOST_OPEN and (longest := next(idle, None)) is not None:
            await self._drop(longest)
        return opened

    async def _drop(self, subject: str) -> None:
        opened = self._open.pop(subject)
        opened.dropped = True  # calls that are under way with it end as they will, and the last one closes it
        if not opened.users:
            await opened.client.aclose()

    def _open_client(self, connection: CallerConnection) -> OutreachClient:
        from outreach_mcp.api.client import OutreachClient
        from outreach_mcp.api.tokens.rotating import RotatingTokens

        tokens = RotatingTokens(
            outreach_app(self._settings),
            None,
            self._state.connections.tokens(connection),
            known=connection.tokens,
            clock=self._clock,
        )
        return OutreachClient(
            self._settings.api_url,
            tokens,
            clock=self._clock,
            shared_creates=self._state.creates_of(connection.id),
        )

    async def _needed(self, caller: Caller, reason: str = "") -> ConnectionNeededError:
        ticket = await STORE.run(self._ticket, caller)
        return ConnectionNeededError(f"{self._settings.public_url}/connect?{urlencode({'ticket': ticket})}", reason)

    def _ticket(self, caller: Caller) -> str:
        # By the scopes as well: what Outreach is asked for follows from them.
        key = (caller.subject, caller.scopes)
        ticket, good_until = self._tickets.get(key, ("", 0.0))
        # An assistant asks again and again: one ticket serves until it is used, or half of its life is over.
        if self._clock.monotonic() < good_until and self._state.tickets.look(CONNECT_TICKET, ticket):
            return ticket
        payload = {"subject": caller.subject, "name": caller.name, "email": caller.email, "scopes": [*caller.scopes]}
        ticket = self._state.tickets.issue(CONNECT_TICKET, payload, _TICKET_SECONDS)
        if len(self._tickets) >= _MOST_OPEN:
            self._tickets.clear()
        self._tickets[key] = (ticket, self._clock.monotonic() + _TICKET_SECONDS / 2)
        return ticket


def outreach_app(settings: Settings) -> OAuthApp:
    """Return the operator's app at Outreach, which each caller allows to act for them.

    Raises `ValueError` when the settings lack its id or secret.
    """
    from outreach_mcp.api.tokens.rotating import OAuthApp

    if settings.client_id is None or settings.client_secret is None:
        raise ValueError("OUTREACH_CLIENT_ID and OUTREACH_CLIENT_SECRET are missing")
    return OAuthApp(
        settings.client_id,
        settings.client_secret,
        settings.redirect_uri or f"{settings.public_url}/connect/outreach",
        settings.token_endpoint,
    )


@contextmanager
def _told_briefly() -> Generator[None]:
    """Log what is wrong with the store: where it lies, and what it says, is nothing that a caller need know."""
    try:
        yield
    except (LockTimeoutError, TokensReplacedError):
        raise
    except TokenStoreError as error:
        _log.error("%s", error)
        raise StateStoreError(_STORE_FAILED) from None


def _caller() -> Caller:
    caller = current_caller()
    if caller is None:
        raise RuntimeError("a call of nobody reached the callers' connections")
    return caller
