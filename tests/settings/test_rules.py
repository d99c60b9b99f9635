"""The rules by which settings of a server for many callers go together."""

import pytest

from outreach_mcp.settings.rules import act_as_themselves, check_callers, serves_many
from outreach_mcp.settings.settings import Settings, SettingsError

ISSUER = {"OUTREACH_MCP_AUTH_ISSUER": "https://login.example.com"}
KEYS = {"OUTREACH_MCP_KEYS_FILE": "/tmp/keys.json"}
HTTP = {"OUTREACH_MCP_TRANSPORT": "http"}
PUBLIC = {"OUTREACH_MCP_PUBLIC_URL": "https://mcp.example.com"}
KEY = {"OUTREACH_MCP_KEY": "correct-horse-battery-staple"}
AUDIENCE = {"OUTREACH_MCP_AUTH_AUDIENCE": "https://mcp.example.com/mcp"}


def settings(environ: dict[str, str]) -> Settings:
    return Settings.from_environment({"OUTREACH_MCP_SANDBOX": "1", **environ})


FOR_MANY = [HTTP | PUBLIC | ISSUER, HTTP | PUBLIC | KEYS, HTTP | PUBLIC | ISSUER | KEYS | AUDIENCE]


@pytest.mark.parametrize(
    ("environ", "many"), [({}, False), (HTTP, False), (HTTP | KEY, False), *((each, True) for each in FOR_MANY)]
)
def test_what_goes_together_is_let_be(environ: dict[str, str], many: bool) -> None:
    check_callers(settings(environ))
    assert serves_many(settings(environ)) == many


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        (ISSUER | PUBLIC, "OUTREACH_MCP_AUTH_ISSUER tells callers apart over HTTP"),
        (KEYS | PUBLIC, "OUTREACH_MCP_KEYS_FILE tells callers apart over HTTP"),
        (HTTP | ISSUER | PUBLIC | KEY, "OUTREACH_MCP_KEY is the key of a server with one user"),
        (HTTP | KEYS | PUBLIC | KEY, "OUTREACH_MCP_KEY is the key of a server with one user"),
        (HTTP | ISSUER | KEYS, "OUTREACH_MCP_AUTH_ISSUER and OUTREACH_MCP_KEYS_FILE needs OUTREACH_MCP_PUBLIC_URL"),
        (HTTP | AUDIENCE, "OUTREACH_MCP_AUTH_AUDIENCE means nothing without OUTREACH_MCP_AUTH_ISSUER"),
        (HTTP | KEYS | PUBLIC | AUDIENCE, "OUTREACH_MCP_AUTH_AUDIENCE means nothing without OUTREACH_MCP_AUTH_ISSUER"),
        (
            HTTP | PUBLIC | ISSUER | {"OUTREACH_MCP_AUTH_CLIENT_SECRET": "secret"},
            "OUTREACH_MCP_AUTH_CLIENT_SECRET means nothing without OUTREACH_MCP_AUTH_CLIENT_ID",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(environ: dict[str, str], why: str) -> None:
    with pytest.raises(SettingsError) as refused:
        check_callers(settings(environ))
    assert str(refused.value).startswith(why)


APP = {
    "OUTREACH_CLIENT_ID": "app",
    "OUTREACH_CLIENT_SECRET": "secret",
    "OUTREACH_MCP_ENCRYPTION_KEY": "0123456789abcdef" * 4,
}
CLIENT = {"OUTREACH_MCP_AUTH_CLIENT_ID": "outreach-mcp"}
ACCOUNT = {"OUTREACH_ACCESS_TOKEN": "a-token"}
SERVICE = {"OUTREACH_MCP_SERVICE_ACCOUNT": "1"}
THEMSELVES = HTTP | PUBLIC | KEYS | APP
BACK = {"OUTREACH_REDIRECT_URI": "https://mcp.example.com/oauth/outreach"}


@pytest.mark.parametrize(
    ("environ", "themselves"),
    [
        (THEMSELVES, True),
        (THEMSELVES | BACK, True),
        (HTTP | PUBLIC | ISSUER | CLIENT | APP, True),
        (HTTP | PUBLIC | KEYS | SERVICE | ACCOUNT, False),
        ({"OUTREACH_MCP_SANDBOX": "1"} | HTTP | PUBLIC | ISSUER, False),
        (ACCOUNT, False),
    ],
)
def test_callers_act_as_themselves_unless_there_is_one_account(environ: dict[str, str], themselves: bool) -> None:
    settings = Settings.from_environment(environ)
    check_callers(settings)
    assert act_as_themselves(settings) == themselves


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        (
            HTTP | PUBLIC | KEYS,
            "OUTREACH_CLIENT_ID and OUTREACH_CLIENT_SECRET and OUTREACH_MCP_ENCRYPTION_KEY are missing",
        ),
        (HTTP | PUBLIC | ISSUER | APP, "OUTREACH_MCP_AUTH_CLIENT_ID is missing"),
        (THEMSELVES | ACCOUNT, "OUTREACH_ACCESS_TOKEN is for one account, and each caller connects their own"),
        (SERVICE | ACCOUNT, "OUTREACH_MCP_SERVICE_ACCOUNT is for a server of many callers"),
        *(
            (THEMSELVES | {"OUTREACH_REDIRECT_URI": uri}, f"OUTREACH_REDIRECT_URI={uri!r} leads to no free address")
            for uri in (
                "https://other.example.com/oauth",
                "https://mcp.example.com.evil.example/oauth",
                "https://mcp.example.com",
                "https://mcp.example.com/",
                "https://mcp.example.com/mcp",
                "https://mcp.example.com/mcp/x",
                "https://mcp.example.com/connect",
                "https://mcp.example.com/connect/done",
                "https://mcp.example.com/oauth?x=1",
            )
        ),
    ],
)
def test_what_callers_cannot_connect_with_is_refused(environ: dict[str, str], why: str) -> None:
    with pytest.raises(SettingsError) as refused:
        check_callers(Settings.from_environment(environ))
    assert str(refused.value).startswith(why)
