"""Serves the sandbox with the conformance suite's fixtures beside our tools: `python -m tests.conformance.serving`."""

import warnings
from functools import partial

import anyio
from mcp import MCPDeprecationWarning

from outreach_mcp.clock import Clock
from outreach_mcp.commands.transports import Outreach, serve_http
from outreach_mcp.connection import Connection
from outreach_mcp.guard.policy import policy_of
from outreach_mcp.http.listening import listen, url_of
from outreach_mcp.io.streams import tell
from outreach_mcp.observability.logs import start_logging
from outreach_mcp.protocol.about import about
from outreach_mcp.protocol.server import Guard, build_server
from outreach_mcp.settings.settings import Settings
from outreach_tools.toolsets import all_tools
from tests.conformance.fixtures import with_fixtures
from tests.support.workbench import NOW


def main() -> None:
    """Serve over streamable HTTP on a free port, as `outreach-mcp serve --sandbox` does, until told to end."""
    warnings.simplefilter("ignore", MCPDeprecationWarning)  # the suite asks for what is deprecated as well
    settings = Settings(sandbox=True, transport="http", port=0)
    start_logging(settings.log_level)
    connection = Connection(settings, clock=Clock(now=lambda: NOW))
    own = build_server(
        all_tools(),
        connection,
        Guard(policy_of(settings)),
        about=partial(about, connection, settings),
        now=connection.now,
    )
    server = with_fixtures(own)
    with listen(settings.host, settings.port, public=False) as listener:
        serving = partial(
            serve_http,
            lambda path: None if path else server,
            settings,
            listener,
            when_listening=partial(tell, f"Serving {url_of(settings.host, listener)}/mcp"),
            outreach=Outreach(connection.give_up, connection.aclose),
        )
        anyio.run(serving)


if __name__ == "__main__":
    main()
