"""The scopes that are known at the start: nothing is sent for it, and nothing that talks HTTP is imported."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from mcp import Client, StdioServerParameters
from pydantic import SecretStr

from outreach_mcp.api.tokens.claims import Claims, claims_of
from outreach_mcp.api.tokens.store import StoredTokens, TokenStore, token_key
from outreach_mcp.guard.granted import granted_scopes
from outreach_mcp.settings.settings import Settings
from outreach_mcp.settings.values import DEFAULT_API_URL
from tests.support.processes import SECONDS, environment

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SCOPES = frozenset({"prospects.read", "tasks.all"})
KEY = token_key("the-refresh-token", "the-app", DEFAULT_API_URL.removesuffix("/api/v2"))


def signed(**claims: object) -> str:
    return jwt.encode(dict(claims), "k" * 32, "HS256")


def rotating(path: Path) -> Settings:
    return Settings(
        refresh_token=SecretStr("the-refresh-token"),
        client_id="the-app",
        client_secret=SecretStr("the-secret"),
        redirect_uri="https://app.example/back",
        token_file=path,
    )


def keep(path: Path, tokens: StoredTokens) -> None:
    store = TokenStore(path, KEY)
    with store.locked(1):
        store.write(tokens, NOW)


@pytest.mark.parametrize(
    "claims", [{"scopes": sorted(SCOPES)}, {"scopes": " ".join(SCOPES)}, {"scope": " ".join(SCOPES)}]
)
def test_an_access_token_may_carry_its_scopes(claims: dict[str, object]) -> None:
    assert granted_scopes(Settings(access_token=SecretStr(signed(**claims)))) == SCOPES


@pytest.mark.parametrize(
    "value", ["opaque", "a.b.c", "e30.W10.x", signed(sub="x"), signed(scopes=[]), signed(scopes=[1])]
)
def test_an_access_token_that_does_not_tell_leaves_them_unknown(value: str) -> None:
    assert granted_scopes(Settings(access_token=SecretStr(value))) is None


def test_the_end_and_the_organisation_are_read_as_well() -> None:
    token = signed(exp=NOW, org_shortname="us", scopes=["a.read"])
    assert claims_of(token) == Claims(frozenset({"a.read"}), NOW, "us")


def test_what_the_token_endpoint_named_is_stored_and_known_at_the_next_start(tmp_path: Path) -> None:
    keep(tmp_path / "tokens.json", StoredTokens("next", "access", NOW + timedelta(hours=2), NOW, scopes=SCOPES))
    assert granted_scopes(rotating(tmp_path / "tokens.json")) == SCOPES


def test_a_stored_token_may_carry_its_scopes(tmp_path: Path) -> None:
    keep(tmp_path / "tokens.json", StoredTokens("next", signed(scopes=sorted(SCOPES))))
    assert granted_scopes(rotating(tmp_path / "tokens.json")) == SCOPES


def test_what_the_token_itself_says_goes_before_what_was_asked_for(tmp_path: Path) -> None:
    fewer = ["prospects.read"]
    keep(tmp_path / "tokens.json", StoredTokens("next", signed(scopes=fewer), scopes=SCOPES))
    assert granted_scopes(rotating(tmp_path / "tokens.json")) == frozenset(fewer)


def test_a_store_from_before_scopes_were_kept_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    entry = {"refresh_token": "next", "access_token": "access", "expires_at": None, "minted_at": None}
    path.write_text(json.dumps({"version": 1, "tokens": {KEY: entry}}), encoding="utf-8")
    os.chmod(path, 0o600)
    assert TokenStore(path, KEY).read() == StoredTokens("next", "access")


@pytest.mark.parametrize("contents", [None, "no store"])
def test_a_store_that_is_not_there_or_cannot_be_read_leaves_them_unknown(tmp_path: Path, contents: str | None) -> None:
    path = tmp_path / "tokens.json"
    if contents is not None:
        path.write_text(contents, encoding="utf-8")
    assert granted_scopes(rotating(path)) is None


def test_the_sandbox_has_them_all() -> None:
    assert granted_scopes(Settings(sandbox=True, access_token=SecretStr(signed(scopes=["a.read"])))) is None


def test_a_server_for_many_leaves_them_to_each_caller() -> None:
    own = Settings(access_token=SecretStr(signed(scopes=["a.read"])), auth_issuer="https://login.example.com")
    assert granted_scopes(own) is None


def test_nothing_that_talks_http_is_imported_for_it(tmp_path: Path) -> None:
    keep(tmp_path / "tokens.json", StoredTokens("next", "access", scopes=SCOPES))
    program = (
        "import sys, os; from outreach_mcp.settings.settings import Settings; "
        "from outreach_mcp.guard.granted import granted_scopes; "
        "print(sorted(granted_scopes(Settings.from_environment(os.environ)))); "
        "print([name for name in ('httpx', 'filelock', 'jwt', 'cryptography') if name in sys.modules])"
    )
    environ = environment(
        OUTREACH_REFRESH_TOKEN="the-refresh-token",
        OUTREACH_CLIENT_ID="the-app",
        OUTREACH_CLIENT_SECRET="the-secret",
        OUTREACH_REDIRECT_URI="https://app.example/back",
        OUTREACH_MCP_TOKEN_FILE=str(tmp_path / "tokens.json"),
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=SECONDS, env=environ
    )
    assert done.stdout == "['prospects.read', 'tasks.all']\n[]\n"


async def test_a_server_lists_no_tool_whose_scope_its_token_is_known_to_lack() -> None:
    environ = environment(OUTREACH_ACCESS_TOKEN=signed(scopes=["tasks.read"]), OUTREACH_MCP_TOOLSETS="tasks,connection")
    server = StdioServerParameters(command=sys.executable, args=["-m", "outreach_mcp", "serve"], env=environ)
    async with Client(server, read_timeout_seconds=SECONDS) as client:
        listed = [tool.name for tool in (await client.list_tools()).tools]
        instructions = client.instructions or ""
    assert sorted(listed) == ["describe_fields", "get_connection", "get_task", "list_tasks"]
    assert "Left out: 4 tools whose scopes the token lacks; get_connection names them." in instructions
