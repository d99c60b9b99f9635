"""The settings of serving over HTTP beyond one machine."""

from typing import Annotated

from pydantic import Field

from outreach_mcp.settings.declaration import Flag, Section, Setting
from outreach_mcp.settings.values import Hosts, Origins


class OverHttp(Section):
    """Settings of serving over HTTP beyond one machine."""

    allowed_hosts: Annotated[
        Hosts,
        Setting(
            variable="OUTREACH_MCP_ALLOWED_HOSTS",
            help="more names that clients may call the server by, such as `mcp.example.com`",
            allowed="names with or without a port, separated by commas, such as mcp.example.com",
            flag=Flag("serving", "--allowed-hosts", "NAMES"),
        ),
    ] = ()
    allowed_origins: Annotated[
        Origins,
        Setting(
            variable="OUTREACH_MCP_ALLOWED_ORIGINS",
            help="web pages that may use it, such as `https://app.example.com`",
            allowed="addresses without a path, separated by commas, such as https://app.example.com",
            flag=Flag("serving", "--allowed-origins", "URLS"),
        ),
    ] = ()
    # The longest argument anyone needs is the body of a mailing.
    max_body_bytes: Annotated[
        int,
        Field(ge=1024, le=2**30),
        Setting(
            variable="OUTREACH_MCP_MAX_BODY_BYTES",
            help="the most bytes that one request may have; over stdio, one line",
            allowed="a whole number from 1024 to 1073741824",
            flag=Flag("serving", "--max-body-bytes", "N"),
        ),
    ] = 256 * 1024
    sse_connections: Annotated[
        int,
        Field(ge=1, le=10_000),
        Setting(
            variable="OUTREACH_MCP_SSE_CONNECTIONS",
            help="the most SSE connections at once",
            allowed="a whole number from 1 to 10000",
        ),
    ] = 100
    drain_seconds: Annotated[
        int,
        Field(ge=0, le=600),
        Setting(
            variable="OUTREACH_MCP_DRAIN_SECONDS",
            help="when it is told to end, how many seconds it serves on while `/ready` says no, so that a balancer "
            "notices",
            allowed="a whole number from 0 to 600",
        ),
    ] = 0
