"""`outreach-mcp serve`: the MCP server over stdio or HTTP."""

import sys
from collections.abc import Callable
from functools import partial

import anyio
from mcp.server import Server

from outreach_mcp.about import about
from outreach_mcp.api.tokens.logins import with_login
from outreach_mcp.app import Guard, build_server
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.connection import Connection
from outreach_mcp.granted import granted_scopes
from outreach_mcp.journal import Journal
from outreach_mcp.policy import Policy, policy_of
from outreach_mcp.setting_rules import check_callers, serves_many
from outreach_mcp.settings import Settings
from outreach_mcp.sight.logs import start_logging
from outreach_mcp.transports import serve_http, serve_stdio
from outreach_tools.toolsets import all_tools


def serve(settings: Settings) -> int:
    """Serve until the client leaves, over HTTP until SIGINT or SIGTERM.

    Raises `SettingsError` for settings that contradict each other or lead to nobody's account, `UsageError` when it
    cannot listen.
    """
    check_callers(settings)
    if not serves_many(settings) or settings.service_account:
        settings = with_login(settings)
    # stdout belongs to MCP.
    start_logging(settings.log_level)
    policy = policy_of(settings, granted_scopes(settings))
    connection = Connection(settings)
    journal = Journal(settings.journal) if settings.journal else None

    def server_with(policy: Policy) -> Server:
        guard = Guard(policy, settings.confirm, settings.confirm_strict, journal)
        return build_server(
            all_tools(),
            connection,
            guard,
            max_result_tokens=settings.max_result_tokens,
            about=partial(about, connection, settings),
            structured=settings.structured,
            time_zone=settings.time_zone,
        )

    def server_for(path: str) -> Server | None:
        """Return the server for what follows /mcp/ or /sse/ in an address: it may narrow the policy, never widen it."""
        narrowed = policy.narrowed(path)
        return server_with(narrowed) if narrowed and narrowed.offered() else None

    if settings.transport == "stdio":
        _serve_stdio(server_with(policy), connection)
    else:
        _serve_http(server_for, connection, settings)
    return 0


def _serve_stdio(server: Server, connection: Connection) -> None:
    if sys.stdin.isatty():
        print(
            "Waiting for an MCP client on stdin; Ctrl-C ends it. For people: outreach-mcp demo, tools, call.",
            file=sys.stderr,
        )
    anyio.run(serve_stdio, server, connection.aclose)


def _serve_http(server_for: Callable[[str], Server | None], connection: Connection, settings: Settings) -> None:
    # Over stdio nobody should wait for these.
    from outreach_mcp.http.listening import CannotListenError, listen, url_of  # noqa: PLC0415
    from outreach_mcp.identity.errors import KeysFileError  # noqa: PLC0415
    from outreach_mcp.identity.identification import identification_of  # noqa: PLC0415

    try:
        identification = identification_of(settings)
        listener = listen(settings.host, settings.port, public=settings.key is not None or serves_many(settings))
    except (CannotListenError, KeysFileError) as error:
        raise UsageError(str(error)) from error
    with listener:
        url = url_of(settings.host, listener)
        paths = {"http": ["/mcp"], "sse": ["/sse"]}.get(settings.transport, ["/mcp", "/sse"])
        announcement = f"Serving {' and '.join(url + path for path in paths)}"
        anyio.run(
            partial(
                serve_http,
                server_for,
                settings,
                listener,
                when_listening=partial(print, announcement, file=sys.stderr, flush=True),
                close=connection.aclose,
                identification=identification,
            )
        )
