"""`outreach-mcp serve`: the MCP server over stdio or HTTP."""

import logging
import sys
from collections.abc import Callable
from functools import partial

import anyio
from mcp.server import Server

from outreach_mcp.app import Guard, build_server
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.connection import Connection
from outreach_mcp.journal import Journal
from outreach_mcp.policy import Policy, policy_of
from outreach_mcp.settings import Settings
from outreach_mcp.transports import serve_http, serve_stdio
from outreach_tools.toolsets import all_tools


def serve(settings: Settings) -> int:
    """Serve until the client leaves, over HTTP until SIGINT or SIGTERM; raises `UsageError` when it cannot listen."""
    # stdout belongs to MCP.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    policy = policy_of(settings)
    connection = Connection(settings)
    journal = Journal(settings.journal) if settings.journal else None

    def server_with(policy: Policy) -> Server:
        guard = Guard(policy, settings.confirm, settings.confirm_strict, journal)
        return build_server(all_tools(), connection, guard, max_result_tokens=settings.max_result_tokens)

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
    from outreach_mcp.http.listening import CannotListenError, listen, url_of  # noqa: PLC0415 - stdio must not wait

    try:
        listener = listen(settings.host, settings.port, public=settings.key is not None)
    except CannotListenError as error:
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
            )
        )
