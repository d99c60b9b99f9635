"""The settings of a server for many callers."""

from typing import Annotated

from pydantic import Field

from outreach_mcp.settings.credentials import Secret
from outreach_mcp.settings.declaration import SWITCH, Flag, Section, Setting
from outreach_mcp.settings.values import Audience, EncryptionKey, File, IssuerUrl, PublicUrl, Store


class ManyCallers(Section):
    """Settings of who calls, and of what is kept for them."""

    public_url: Annotated[
        PublicUrl | None,
        Setting(
            variable="OUTREACH_MCP_PUBLIC_URL",
            help="the address that browsers and clients reach this server by",
            allowed="an https address such as https://mcp.example.com; http only on this machine",
            flag=Flag("serving", "--public-url", "URL"),
        ),
    ] = None
    auth_issuer: Annotated[
        IssuerUrl | None,
        Setting(
            variable="OUTREACH_MCP_AUTH_ISSUER",
            help="the identity provider of many callers, whose access tokens (JWT) are accepted",
            allowed="an https address such as https://login.example.com; http only on this machine",
            flag=Flag("serving", "--auth-issuer", "URL"),
        ),
    ] = None
    auth_audience: Annotated[
        Audience | None,
        Setting(
            variable="OUTREACH_MCP_AUTH_AUDIENCE",
            help="the audience that those tokens must name",
            unset="`/mcp` on the public address",
            allowed="a URI such as https://mcp.example.com/mcp, without a fragment",
        ),
    ] = None
    auth_client_id: Annotated[
        str | None,
        Field(pattern=r"^[!-~]+$"),
        Setting(
            variable="OUTREACH_MCP_AUTH_CLIENT_ID",
            help="this server's client id at the identity provider, to sign a browser in at `/connect`",
            allowed="this server's client id at the identity provider",
        ),
    ] = None
    auth_client_secret: Annotated[
        Secret | None,
        Setting(
            variable="OUTREACH_MCP_AUTH_CLIENT_SECRET",
            help="the secret that goes with it, where the provider gave one",
            allowed="this server's client secret at the identity provider",
            hidden=True,
        ),
    ] = None
    keys_file: Annotated[
        File | None,
        Setting(
            variable="OUTREACH_MCP_KEYS_FILE",
            help="for small teams, the file of callers' keys that `outreach-mcp keys` keeps",
            allowed="the path of a file that `outreach-mcp keys add` made",
            flag=Flag("serving", "--keys-file", "FILE"),
        ),
    ] = None
    service_account: Annotated[
        bool,
        Setting(
            variable="OUTREACH_MCP_SERVICE_ACCOUNT",
            help="all callers work as the one Outreach account whose credentials are set; each change is marked with "
            "the caller in the journal",
            allowed=SWITCH,
        ),
    ] = False
    store: Annotated[
        Store | None,
        Field(repr=False),  # it may hold a password
        Setting(
            variable="OUTREACH_MCP_STORE",
            help="where the callers' Outreach connections are kept, and what was answered: a file, or `redis://...` "
            "for several processes",
            unset="the platform's folder for state, `outreach-mcp/state.sqlite3`",
            allowed="the path of a file, or an address such as redis://localhost:6379/0",
            hidden=True,
        ),
    ] = None
    encryption_key: Annotated[
        EncryptionKey | None,
        Setting(
            variable="OUTREACH_MCP_ENCRYPTION_KEY",
            help="the secret that their tokens are encrypted with",
            allowed="64 hexadecimal digits, such as `openssl rand -hex 32` prints",
            hidden=True,
        ),
    ] = None
    # A person with an assistant makes a few calls a minute; an agent that runs wild makes hundreds.
    calls_per_minute: Annotated[
        int,
        Field(ge=1, le=100_000),
        Setting(
            variable="OUTREACH_MCP_CALLS_PER_MINUTE",
            help="the most calls of one caller in a minute",
            allowed="a whole number from 1 to 100000",
        ),
    ] = 120
    concurrent_calls: Annotated[
        int,
        Field(ge=1, le=1000),
        Setting(
            variable="OUTREACH_MCP_CONCURRENT_CALLS",
            help="the most calls of one caller at once",
            allowed="a whole number from 1 to 1000",
        ),
    ] = 10
