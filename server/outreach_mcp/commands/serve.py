"""`outreach-mcp serve`: the MCP server over stdio or HTTP."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import anyio
from mcp.server import Server

from outreach_mcp.api.tokens.credentials_of_login import with_login
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.commands.recording import started_journal
from outreach_mcp.commands.transports import Outreach, serve_http, serve_stdio
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.connection import Connection
from outreach_mcp.files.choosing import files_of
from outreach_mcp.files.offered import Offers
from outreach_mcp.guard.granted import granted_scopes
from outreach_mcp.guard.ledger import Ledger
from outreach_mcp.guard.policy import Policy, policy_of
from outreach_mcp.io.streams import closed_by_the_shell, tell
from outreach_mcp.jobs.opening import is_kept, open_jobs
from outreach_mcp.jobs.service import Setting
from outreach_mcp.observability.logs import start_logging
from outreach_mcp.protocol.about import about
from outreach_mcp.protocol.server import Guard, build_server
from outreach_mcp.settings.rules import act_as_themselves, check_callers, is_strict, replicas_share, serves_many
from outreach_mcp.settings.settings import Settings
from outreach_tools.resources.bulk import APPLIES
from outreach_tools.toolsets import all_tools

if TYPE_CHECKING:  # a server of one user needs none of it
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from outreach_mcp.callers.routing import CallerConnections
    from outreach_mcp.callers.state.opening import State

_PagesOf: TypeAlias = "Callable[[Callable[[ASGIApp], ASGIApp]], Sequence[BaseRoute]]"


def serve(settings: Settings, *, clock: Clock = MACHINE) -> int:
    """Serve until the client leaves, over HTTP until SIGINT or SIGTERM.

    `clock` is what Outreach and jobs are waited for by.

    Raises `SettingsError` for settings that contradict each other or lead to no account, `UsageError` when it
    cannot listen, or keep the journal.
    """
    check_callers(settings)
    if not act_as_themselves(settings):
        settings = with_login(settings)
    # stdout belongs to MCP.
    start_logging(settings.log_level)
    policy = policy_of(settings, granted_scopes(settings))
    state = _state_of(settings) if replicas_share(settings) else None
    callers_state = state if act_as_themselves(settings) else None
    connection = (
        Connection(settings, clock=clock)
        if callers_state is None
        else _callers_connections(settings, callers_state, clock)
    )
    of_caller = {} if isinstance(connection, Connection) else {"connection_id": connection.connection_id}
    state_key = _state_key_of(settings)
    ledger = Ledger(None if state is None else state.shelf)
    journal, unknown = started_journal(settings, connection.now)
    jobs = open_jobs(settings, state, clock=replace(clock, now=connection.now))

    files = files_of(settings, connection.now)

    def server_with(policy: Policy) -> Server:
        guard = Guard(policy, settings.confirm, is_strict(settings), journal, ledger)
        return build_server(
            all_tools(),
            connection,
            guard,
            max_result_tokens=settings.max_result_tokens,
            about=partial(about, connection, settings, unknown=unknown),
            of_callers=serves_many(settings),
            state_key=state_key,
            structured=settings.structured,
            time_zone=settings.time_zone,
            web=settings.web_url or "",
            now=connection.now,
            files=files,
            jobs=jobs,
            **of_caller,
        )

    def begin() -> None:
        """Take up what processes that have ended have left."""
        if not policy.read_only and is_kept(settings, state):
            applies = next(tool for tool in all_tools() if tool.name == APPLIES)
            jobs.watch(Setting(connection, policy, applies, journal))

    def server_for(path: str) -> Server | None:
        """Return the server for what follows /mcp/ or /sse/ in an address: it may narrow the policy, never widen it."""
        narrowed = policy.narrowed(path)
        return server_with(narrowed) if narrowed and narrowed.offered() else None

    async def close() -> None:
        await jobs.aclose()
        await connection.aclose()
        if isinstance(files, Offers):
            files.close()
        if state is not None:
            state.close()

    outreach = Outreach(connection.give_up, close, begin)
    if settings.transport == "stdio":
        return _serve_stdio(server_with(policy), outreach, settings.max_body_bytes)

    pages_of = None if callers_state is None else _pages_of(settings, callers_state, policy)
    _serve_http(server_for, outreach, settings, pages_of, None if state is None else state.ping)
    return 0


def _state_of(settings: Settings) -> "State":
    from outreach_mcp.callers.state.errors import StateStoreError  # noqa: PLC0415 - see above
    from outreach_mcp.callers.state.opening import open_state  # noqa: PLC0415 - see above

    try:
        state = open_state(settings)
        state.ping()
    except StateStoreError as error:
        raise UsageError(str(error)) from error
    return state


def _callers_connections(settings: Settings, state: "State", clock: Clock) -> "CallerConnections":
    from outreach_mcp.callers.routing import CallerConnections  # noqa: PLC0415 - see above

    return CallerConnections(settings, state, clock=clock)


def _pages_of(settings: Settings, state: "State", policy: Policy) -> _PagesOf:
    from outreach_mcp.callers.pages.routes import connect_routes  # noqa: PLC0415 - see above

    return partial(connect_routes, settings, state, policy)


def _state_key_of(settings: Settings) -> bytes | None:
    """Return the key that replicas share, None for a server that is alone: it makes one of its own."""
    if settings.encryption_key is None:
        return None
    from outreach_mcp.callers.state.keys import request_state_key  # noqa: PLC0415 - see above

    return request_state_key(settings)


def _serve_stdio(server: Server, outreach: Outreach, most_bytes: int) -> int:
    if closed := closed_by_the_shell("stdin", "stdout"):
        raise UsageError(
            f"an MCP client talks to this server over stdin and stdout, but it began "
            f"with {' and '.join(closed)} closed; with --transport http it needs neither"
        )
    if sys.stdin.isatty():
        tell("Waiting for an MCP client on stdin; Ctrl-C ends it. For people: outreach-mcp demo, tools, call.")
    return anyio.run(partial(serve_stdio, server, outreach, most_bytes=most_bytes))


def _serve_http(
    server_for: Callable[[str], Server | None],
    outreach: Outreach,
    settings: Settings,
    pages_of: "_PagesOf | None",
    ping: Callable[[], None] | None,
) -> None:
    # Over stdio nobody should wait for these.
    from outreach_mcp.callers.identity.errors import KeysFileError  # noqa: PLC0415
    from outreach_mcp.callers.identity.identification import identification_of  # noqa: PLC0415
    from outreach_mcp.callers.state.errors import RedisExtraError  # noqa: PLC0415
    from outreach_mcp.http.listening import CannotListenError, listen, url_of  # noqa: PLC0415

    try:
        identification = identification_of(settings)
        listener = listen(settings.host, settings.port, public=settings.key is not None or serves_many(settings))
    except (CannotListenError, KeysFileError) as error:
        raise UsageError(str(error)) from error
    with listener:
        url = url_of(settings.host, listener)
        paths = {"http": ["/mcp"], "sse": ["/sse"]}.get(settings.transport, ["/mcp", "/sse"])
        announcement = f"Serving {' and '.join(url + path for path in paths)}"
        serving = partial(
            serve_http,
            server_for,
            settings,
            listener,
            when_listening=partial(tell, announcement),
            outreach=outreach,
            identification=identification,
            pages_of=pages_of,
            ping=ping,
        )
        try:
            anyio.run(serving)
        except RedisExtraError as error:
            raise UsageError(str(error)) from error
