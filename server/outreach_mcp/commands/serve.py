"""`outreach-mcp serve`: the MCP server over stdio."""

import logging
import sys

import anyio

from outreach_mcp.app import build_server
from outreach_mcp.connection import Connection
from outreach_mcp.settings import Settings
from outreach_mcp.transports import serve_stdio
from outreach_tools.engine.tool import Context
from outreach_tools.toolsets import all_tools


def serve(settings: Settings) -> int:
    """Serve until the client leaves."""
    # stdout belongs to MCP.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    connection = Connection(settings)
    server = build_server(all_tools(), Context(connection, settings.max_result_tokens))
    if sys.stdin.isatty():
        print(
            "Waiting for an MCP client on stdin; Ctrl-C ends it. For people: outreach-mcp demo, tools, call.",
            file=sys.stderr,
        )
    anyio.run(serve_stdio, server, connection.aclose)
    return 0
