"""Which settings of a server for many callers go together."""

import pytest

from outreach_mcp.setting_rules import check_callers, serves_many
from outreach_mcp.settings import Settings, SettingsError

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
