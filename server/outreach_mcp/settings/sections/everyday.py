"""The settings that most people may want: the table in the README."""

from typing import Annotated, Literal

from pydantic import Field

from outreach_mcp.settings.credentials import Secret
from outreach_mcp.settings.declaration import SWITCH, Flag, Section, Setting
from outreach_mcp.settings.values import (
    DEFAULT_API_URL,
    ApiUrl,
    File,
    Folder,
    Key,
    Names,
    RedirectUri,
    TimeZone,
    WebUrl,
)


class Everyday(Section):
    """The settings in the README."""

    client_id: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9._~-]+$"),
        Setting(
            variable="OUTREACH_CLIENT_ID",
            help="the app's client id",
            more="; with several logins, which one is used",
            unset="that of the login",
            allowed="the app's client id, as Outreach shows it",
            completes="refresh token",
        ),
    ] = None
    client_secret: Annotated[
        Secret | None,
        Setting(
            variable="OUTREACH_CLIENT_SECRET",
            help="the app's client secret",
            unset="that of the login",
            allowed="the app's client secret, as Outreach shows it",
            hidden=True,
            completes="refresh token",
        ),
    ] = None
    redirect_uri: Annotated[
        RedirectUri | None,
        Field(pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$"),
        Setting(
            variable="OUTREACH_REDIRECT_URI",
            help="the app's redirect URI as it is registered",
            unset="that of the login",
            allowed="the app's redirect URI, as it is registered with Outreach",
            completes="refresh token",
        ),
    ] = None
    api_url: Annotated[
        ApiUrl,
        Setting(
            variable="OUTREACH_API_URL",
            help="where the Outreach API is; plain http only to this machine",
            unset=f"that of the login, else `{DEFAULT_API_URL}`",
            allowed=f"an https address such as {DEFAULT_API_URL}; http only on this machine",
            flag=Flag("api", "--api-url", "URL"),
        ),
    ] = DEFAULT_API_URL
    sandbox: Annotated[
        bool,
        Setting(
            variable="OUTREACH_MCP_SANDBOX",
            help="work in the sandbox, an embedded Outreach with demo data; no account",
            more="; takes precedence over all credentials",
            allowed=SWITCH,
            flag=Flag("connection", "--sandbox"),
        ),
    ] = False
    read_only: Annotated[
        bool,
        Setting(
            variable="OUTREACH_MCP_READ_ONLY",
            help="change nothing in Outreach",
            allowed=SWITCH,
            flag=Flag("policy", "--read-only"),
        ),
    ] = False
    # The names are held against the tools when the policy is made of them; `outreach-mcp tools` lists them.
    toolsets: Annotated[
        Names,
        Setting(
            variable="OUTREACH_MCP_TOOLSETS",
            help="offer these groups of tools",
            more=": `default`, `all`, `sales`, `directory` (the default without `raw_http_request`), `prospects`, "
            "`accounts`, `opportunities`, `sequences`, `mailings`, `calls`, `tasks`, `people`, `settings`, "
            "`compliance`, `notes`, `options`, `operations`, `advanced`, `connection`, `reports`, `bulk`; only where "
            "they are named `content`, `contact_details`, `meetings`, `search`, `webhooks` and `admin`, which opens "
            "[administration](docs/safety.md#one-gate) (`default,admin`)",
            unset="`default`",
            allowed="names of toolsets, separated by commas, such as sales or prospects,tasks",
            flag=Flag("policy", "--toolsets", "NAMES"),
        ),
    ] = ()
    tools: Annotated[
        Names,
        Setting(
            variable="OUTREACH_MCP_TOOLS",
            help="offer these tools, beside the groups",
            allowed="names of tools, separated by commas, such as list_tasks,get_task",
            flag=Flag("policy", "--tools", "NAMES"),
        ),
    ] = ()
    exclude_tools: Annotated[
        Names,
        Setting(
            variable="OUTREACH_MCP_EXCLUDE_TOOLS",
            help="leave out these tools or groups",
            more="; beats the two above, read-only beats it; it takes names of operations as well (`list_products`)",
            allowed="names of tools, toolsets or operations, separated by commas, such as delete_prospect,compliance",
            flag=Flag("policy", "--exclude-tools", "NAMES"),
        ),
    ] = ()
    confirm: Annotated[
        Literal["never", "destructive", "writes"],
        Setting(
            variable="OUTREACH_MCP_CONFIRM",
            help="when a person is asked first: `never`, `destructive`, `writes`",
            allowed="'never', 'destructive' or 'writes'",
            flag=Flag("confirmation", "--confirm", "WHEN"),
        ),
    ] = "destructive"
    confirm_strict: Annotated[
        bool,
        Setting(
            variable="OUTREACH_MCP_CONFIRM_STRICT",
            help="refuse what needs a person where the client cannot ask one",
            unset="off; on for many callers",
            allowed=SWITCH,
            flag=Flag("confirmation", "--confirm-strict"),
        ),
    ] = False
    # Below 500 tokens a list has no room for a row; 100,000 are half the context of a large model.
    max_result_tokens: Annotated[
        int,
        Field(ge=500, le=100_000),
        Setting(
            variable="OUTREACH_MCP_MAX_RESULT_TOKENS",
            help="the most tokens that one answer may have",
            allowed="a whole number from 500 to 100000",
            flag=Flag("connection", "--max-result-tokens", "N"),
        ),
    ] = 6000
    time_zone: Annotated[
        TimeZone,
        Setting(
            variable="OUTREACH_MCP_TIME_ZONE",
            help="where `today`, `-7d` and plain days are reckoned, where times are shown, and which a time without an "
            "offset is meant in, such as `Europe/Berlin`",
            allowed="the name of a time zone as IANA gives them, such as Europe/Berlin",
            flag=Flag("connection", "--time-zone", "NAME"),
        ),
    ] = "UTC"
    web_url: Annotated[
        WebUrl | None,
        Setting(
            variable="OUTREACH_MCP_WEB_URL",
            help="where people open Outreach: answers then link to the pages of prospects, accounts, opportunities, "
            "sequences and templates (`url`)",
            unset="no links",
            allowed="the https address that the browser shows when Outreach is open, such as https://web.outreach.io",
            flag=Flag("connection", "--web-url", "URL"),
        ),
    ] = None
    structured: Annotated[
        bool,
        Setting(
            variable="OUTREACH_MCP_STRUCTURED",
            help="add output schemas and structured content, for clients that write code against the tools",
            more="; others would pay for each answer twice",
            allowed=SWITCH,
            flag=Flag("serving", "--structured"),
        ),
    ] = False
    journal: Annotated[
        File | None,
        Setting(
            variable="OUTREACH_MCP_JOURNAL",
            help="append every change to this file",
            more=": a JSON line before it is sent, one before it is answered",
            allowed="the path of a file in a folder that this user may write to",
            flag=Flag("connection", "--journal", "FILE"),
        ),
    ] = None
    export_folder: Annotated[
        Folder | None,
        Setting(
            variable="OUTREACH_MCP_EXPORT_FOLDER",
            help="where exports are written and imports are read, over stdio; nothing outside of it is",
            more="; over HTTP, where exports lie for the hour in which their callers can fetch them",
            unset="no files over stdio; over HTTP a private one",
            allowed="the path of a folder that only this user may write to",
            flag=Flag("connection", "--export-folder", "FOLDER"),
        ),
    ] = None
    undo_days: Annotated[
        int,
        Field(ge=1, le=365),
        Setting(
            variable="OUTREACH_MCP_UNDO_DAYS",
            help="for so many days jobs and what was before changes are kept, to be taken back",
            allowed="a whole number of days from 1 to 365",
        ),
    ] = 30
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Setting(
            variable="OUTREACH_MCP_LOG_LEVEL",
            help="what is logged to stderr: `debug`, `info`, `warning`, `error`",
            allowed="'debug', 'info', 'warning' or 'error'",
            flag=Flag("connection", "--log-level", "LEVEL"),
        ),
    ] = "warning"
    transport: Annotated[
        Literal["stdio", "http", "sse", "http+sse"],
        Setting(
            variable="OUTREACH_MCP_TRANSPORT",
            help="how clients connect: `stdio`, `http`, `sse`, or `http+sse` on one port",
            allowed="'stdio', 'http', 'sse', or 'http+sse' for both on one port",
            flag=Flag("serving", "--transport", "NAME"),
        ),
    ] = "stdio"
    host: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9.:_%-]+$"),
        Setting(
            variable="OUTREACH_MCP_HOST",
            help="over HTTP, the address to listen on; one that other machines reach needs a key, `OUTREACH_MCP_KEY`",
            allowed="a name or an address of this machine",
            flag=Flag("serving", "--host", "HOST"),
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        Field(ge=0, le=65_535),
        Setting(
            variable="OUTREACH_MCP_PORT",
            help="over HTTP, the port to listen on; 0 for a free one",
            allowed="a whole number from 0 (a free port) to 65535",
            flag=Flag("serving", "--port", "N"),
        ),
    ] = 8000
    key: Annotated[
        Key | None,
        Setting(
            variable="OUTREACH_MCP_KEY",
            help="over HTTP, the key that every client must send, as `Authorization: Bearer ...`; 16 characters or "
            "more",
            allowed="at least 16 letters, digits or -._~+/, hard to guess, such as `openssl rand -hex 32` prints",
            hidden=True,
        ),
    ] = None
