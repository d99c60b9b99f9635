"""The settings: read from the environment and the command line, checked once, never changed."""

import difflib
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from outreach_mcp.settings.credentials import Secret, Token, Way, way_in
from outreach_mcp.settings.values import (
    FIRST_DAY,
    LAST_DAY,
    ApiUrl,
    Audience,
    Day,
    EncryptionKey,
    File,
    Hosts,
    IssuerUrl,
    Key,
    Names,
    Origins,
    PublicUrl,
    RedirectUri,
    Store,
    TimeZone,
    TokenUrl,
)

DEFAULT_API_URL = "https://api.outreach.io/api/v2"
"""Where Outreach's API lives (the contract's server)."""

_PREFIX = "OUTREACH_MCP_"

_VARIABLES = {
    "access_token": "OUTREACH_ACCESS_TOKEN",
    "client_id": "OUTREACH_CLIENT_ID",
    "client_secret": "OUTREACH_CLIENT_SECRET",
    "refresh_token": "OUTREACH_REFRESH_TOKEN",
    "redirect_uri": "OUTREACH_REDIRECT_URI",
    "s2s_guid": "OUTREACH_S2S_GUID",
    "s2s_key_file": "OUTREACH_S2S_KEY_FILE",
    "install_id": "OUTREACH_INSTALL_ID",
    "api_url": "OUTREACH_API_URL",
    "token_url": "OUTREACH_TOKEN_URL",
    "token_file": "OUTREACH_MCP_TOKEN_FILE",
    "sandbox": "OUTREACH_MCP_SANDBOX",
    "sandbox_number": "OUTREACH_MCP_SANDBOX_NUMBER",
    "sandbox_scale": "OUTREACH_MCP_SANDBOX_SCALE",
    "sandbox_today": "OUTREACH_MCP_SANDBOX_TODAY",
    "max_result_tokens": "OUTREACH_MCP_MAX_RESULT_TOKENS",
    "structured": "OUTREACH_MCP_STRUCTURED",
    "time_zone": "OUTREACH_MCP_TIME_ZONE",
    "journal": "OUTREACH_MCP_JOURNAL",
    "log_level": "OUTREACH_MCP_LOG_LEVEL",
    "read_only": "OUTREACH_MCP_READ_ONLY",
    "toolsets": "OUTREACH_MCP_TOOLSETS",
    "tools": "OUTREACH_MCP_TOOLS",
    "exclude_tools": "OUTREACH_MCP_EXCLUDE_TOOLS",
    "confirm": "OUTREACH_MCP_CONFIRM",
    "confirm_strict": "OUTREACH_MCP_CONFIRM_STRICT",
    "transport": "OUTREACH_MCP_TRANSPORT",
    "host": "OUTREACH_MCP_HOST",
    "port": "OUTREACH_MCP_PORT",
    "key": "OUTREACH_MCP_KEY",
    "allowed_hosts": "OUTREACH_MCP_ALLOWED_HOSTS",
    "allowed_origins": "OUTREACH_MCP_ALLOWED_ORIGINS",
    "max_body_bytes": "OUTREACH_MCP_MAX_BODY_BYTES",
    "public_url": "OUTREACH_MCP_PUBLIC_URL",
    "auth_issuer": "OUTREACH_MCP_AUTH_ISSUER",
    "auth_audience": "OUTREACH_MCP_AUTH_AUDIENCE",
    "auth_client_id": "OUTREACH_MCP_AUTH_CLIENT_ID",
    "auth_client_secret": "OUTREACH_MCP_AUTH_CLIENT_SECRET",
    "keys_file": "OUTREACH_MCP_KEYS_FILE",
    "service_account": "OUTREACH_MCP_SERVICE_ACCOUNT",
    "store": "OUTREACH_MCP_STORE",
    "encryption_key": "OUTREACH_MCP_ENCRYPTION_KEY",
    "calls_per_minute": "OUTREACH_MCP_CALLS_PER_MINUTE",
    "concurrent_calls": "OUTREACH_MCP_CONCURRENT_CALLS",
    "sse_connections": "OUTREACH_MCP_SSE_CONNECTIONS",
    "drain_seconds": "OUTREACH_MCP_DRAIN_SECONDS",
}

_SECRETS = ("access_token", "client_secret", "refresh_token", "key", "auth_client_secret", "encryption_key", "store")


def variable_of(field: str) -> str:
    """Return the environment variable that gives a setting; raises `KeyError` where there is no such setting."""
    return _VARIABLES[field]


def is_secret(field: str) -> bool:
    """Return whether a setting's value must not be shown."""
    return field in _SECRETS


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line saying which, why and what is allowed."""


class Settings(BaseModel):
    """What the server needs to know before it starts; a field's description says what it may be."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    access_token: Token | None = Field(
        default=None, description="an Outreach access token as it was issued, without 'Bearer'"
    )
    client_id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._~-]+$", description="the app's client id, as Outreach shows it"
    )
    client_secret: Secret | None = Field(default=None, description="the app's client secret, as Outreach shows it")
    refresh_token: Secret | None = Field(
        default=None, description="a refresh token as it was issued; a newer one that came of it is kept in a file"
    )
    redirect_uri: RedirectUri | None = Field(
        default=None,
        pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$",
        description="the app's redirect URI, as it is registered with Outreach",
    )
    s2s_guid: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._~:-]+$", description="the app's GUID for server-to-server access"
    )
    s2s_key_file: File | None = Field(
        default=None, description="the path of a PEM file with the private half of the app's registered key"
    )
    install_id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_-]+$", description="the id of the app's install in the organisation"
    )
    api_url: ApiUrl = Field(
        default=DEFAULT_API_URL, description=f"an https address such as {DEFAULT_API_URL}; http only on this machine"
    )
    token_url: TokenUrl | None = Field(
        default=None,
        description="an https address such as https://api.outreach.io/oauth/token; http only on this machine",
    )
    token_file: File | None = Field(
        default=None, description="the path of a file in a folder that this user may write to"
    )
    sandbox: bool = Field(default=False, description="1, true, yes, on or 0, false, no, off")
    sandbox_number: int = Field(default=1, ge=0, le=2**31 - 1, description="a whole number from 0 to 2147483647")
    sandbox_scale: int = Field(default=1, ge=1, le=1000, description="a whole number from 1 to 1000")
    sandbox_today: Day | None = Field(
        default=None, description=f"a day from {FIRST_DAY} to {LAST_DAY}, such as 2026-03-02"
    )
    # Below 500 tokens a list has no room for a row; 100,000 are half the context of a large model.
    max_result_tokens: int = Field(default=6000, ge=500, le=100_000, description="a whole number from 500 to 100000")
    structured: bool = Field(default=False, description="1, true, yes, on or 0, false, no, off")
    time_zone: TimeZone = Field(
        default="UTC", description="the name of a time zone as IANA gives them, such as Europe/Berlin"
    )
    journal: File | None = Field(default=None, description="the path of a file in a folder that this user may write to")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="'debug', 'info', 'warning' or 'error'"
    )
    read_only: bool = Field(default=False, description="1, true, yes, on or 0, false, no, off")
    # The names are held against the tools when the policy is made of them; `outreach-mcp tools` lists them.
    toolsets: Names = Field(
        default=(), description="names of toolsets, separated by commas, such as sales or prospects,tasks"
    )
    tools: Names = Field(default=(), description="names of tools, separated by commas, such as list_tasks,get_task")
    exclude_tools: Names = Field(
        default=(), description="names of tools or toolsets, separated by commas, such as delete_prospect,compliance"
    )
    confirm: Literal["never", "destructive", "writes"] = Field(
        default="destructive", description="'never', 'destructive' or 'writes'"
    )
    confirm_strict: bool = Field(default=False, description="1, true, yes, on or 0, false, no, off")
    transport: Literal["stdio", "http", "sse", "http+sse"] = Field(
        default="stdio", description="'stdio', 'http', 'sse', or 'http+sse' for both on one port"
    )
    host: str = Field(
        default="127.0.0.1", pattern=r"^[A-Za-z0-9.:_%-]+$", description="a name or an address of this machine"
    )
    port: int = Field(default=8000, ge=0, le=65_535, description="a whole number from 0 (a free port) to 65535")
    key: Key | None = Field(
        default=None,
        description="at least 16 letters, digits or -._~+/ that nobody guesses, such as `openssl rand -hex 32` prints",
    )
    allowed_hosts: Hosts = Field(
        default=(), description="names with or without a port, separated by commas, such as mcp.example.com"
    )
    allowed_origins: Origins = Field(
        default=(), description="addresses without a path, separated by commas, such as https://app.example.com"
    )
    # The longest argument anyone needs is the body of a mailing.
    max_body_bytes: int = Field(
        default=256 * 1024, ge=1024, le=2**30, description="a whole number from 1024 to 1073741824"
    )

    public_url: PublicUrl | None = Field(
        default=None, description="an https address such as https://mcp.example.com; http only on this machine"
    )
    auth_issuer: IssuerUrl | None = Field(
        default=None, description="an https address such as https://login.example.com; http only on this machine"
    )
    auth_audience: Audience | None = Field(
        default=None, description="a URI such as https://mcp.example.com/mcp, without a fragment"
    )
    auth_client_id: str | None = Field(
        default=None, pattern=r"^[!-~]+$", description="this server's client id at the identity provider"
    )
    auth_client_secret: Secret | None = Field(
        default=None, description="this server's client secret at the identity provider"
    )
    keys_file: File | None = Field(default=None, description="the path of a file that `outreach-mcp keys add` made")
    service_account: bool = Field(default=False, description="1, true, yes, on or 0, false, no, off")
    store: Store | None = Field(
        default=None,
        repr=False,  # it may hold a password
        description="the path of a file, or an address such as redis://localhost:6379/0",
    )
    encryption_key: EncryptionKey | None = Field(
        default=None, description="64 hexadecimal digits, such as `openssl rand -hex 32` prints"
    )
    # A person with an assistant makes a few calls a minute; an agent that runs wild makes hundreds.
    calls_per_minute: int = Field(default=120, ge=1, le=100_000, description="a whole number from 1 to 100000")
    concurrent_calls: int = Field(default=10, ge=1, le=1000, description="a whole number from 1 to 1000")
    sse_connections: int = Field(default=100, ge=1, le=10_000, description="a whole number from 1 to 10000")
    drain_seconds: int = Field(default=0, ge=0, le=600, description="a whole number from 0 to 600")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], **overrides: object) -> "Settings":
        """Return the settings that `environ` holds, `overrides` (by field name, `None` for not given) before them.

        A variable that is empty counts as not set; an override that is empty is wrong. Without credentials the
        sandbox has to be asked for.

        Raises `SettingsError` for the first thing that is wrong, unknown `OUTREACH_MCP_*` variables included: a
        misspelt safeguard must not be ignored.
        """
        _refuse_unknown_variables(environ)
        given = {field: environ[name] for field, name in _VARIABLES.items() if environ.get(name, "").strip()}
        values: dict[str, object] = {field: value.strip() for field, value in given.items()}
        values |= {field: value for field, value in overrides.items() if value is not None}
        _refuse_empty_flags(overrides)
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            # Not chained: pydantic's error keeps what was given, which may be the token.
            raise SettingsError(_complaint(error, values, overrides)) from None
        if not settings.sandbox:
            if settings.sandbox_today is not None:
                name = _name("sandbox_today", overrides)
                raise SettingsError(f"{name} means nothing without --sandbox: set both, or neither.")
            try:
                settings.way_in()
            except ValueError as error:
                raise SettingsError(str(error)) from None
        return settings

    def way_in(self) -> Way:
        """Return the credentials to use; raises `ValueError` as `outreach_mcp.settings.credentials.way_in` does."""
        return way_in({name for field, name in _VARIABLES.items() if getattr(self, field) is not None})

    @property
    def api_origin(self) -> str:
        """Scheme, host and port of the API."""
        parts = urlsplit(self.api_url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def token_endpoint(self) -> str:
        """Where tokens are given out and renewed: documented as /oauth/token on the API's host."""
        return self.token_url or f"{self.api_origin}/oauth/token"

    @property
    def redis_url(self) -> str | None:
        """The Redis that shared state lies in, None where a file keeps it."""
        return self.store if self.store and self.store.startswith(("redis://", "rediss://")) else None


def _refuse_empty_flags(overrides: Mapping[str, object]) -> None:
    # An empty variable may come of a form that nobody filled in; who writes an empty flag means nothing at all by it,
    # and must not get everything.
    for field, value in overrides.items():
        if isinstance(value, str) and not value.strip():
            allowed = Settings.model_fields[field].description
            raise SettingsError(f"{_name(field, overrides)}={value!r} is wrong: it is empty. Allowed: {allowed}.")


def _refuse_unknown_variables(environ: Mapping[str, str]) -> None:
    known = [name for name in _VARIABLES.values() if name.startswith(_PREFIX)]
    for name in sorted(environ):
        if name.upper().startswith(_PREFIX) and name not in known:
            nearest = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.8)
            hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}."
            raise SettingsError(f"{_shown(name)} is not a setting of this version: {hint}")


def _complaint(error: ValidationError, values: Mapping[str, object], overrides: Mapping[str, object]) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    field = str(fault["loc"][0])
    if field not in _VARIABLES:
        raise TypeError(f"Settings has no field {field!r}")
    # Ours say what is wrong; pydantic's own only repeat what the description says better.
    reason = f": {fault['msg'].removeprefix('Value error, ')}" if fault["type"] == "value_error" else ""
    value = "" if field in _SECRETS else f"={_shown(values[field])}"
    return f"{_name(field, overrides)}{value} is wrong{reason}. Allowed: {Settings.model_fields[field].description}."


def _name(field: str, overrides: Mapping[str, object]) -> str:
    """Return what a setting was given by."""
    flag = f"--{field.removeprefix('sandbox_').replace('_', '-')}"
    return flag if overrides.get(field) is not None else _VARIABLES[field]


def _shown(value: object) -> str:
    text = str(value)
    before, slashes, address = text.partition("//")
    if "@" in address:  # a password in an address is not repeated
        text = f"{before}{slashes}…@{address.rpartition('@')[2]}"
    return repr(text if len(text) <= 100 else text[:100] + "…")
