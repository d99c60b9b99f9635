"""Logins in the token store: which one settings lead to, what it completes them by, and how long it stays."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from outreach_mcp.api.errors.tree import LoginNeededError, TokenStoreError
from outreach_mcp.api.tokens.choosing import token_source
from outreach_mcp.api.tokens.credentials_of_login import login_store, with_login
from outreach_mcp.api.tokens.login_record import Login
from outreach_mcp.api.tokens.rotating import RotatingTokens
from outreach_mcp.api.tokens.store import StoredTokens, TokenStore
from outreach_mcp.clock import Clock
from outreach_mcp.settings.settings import Settings, SettingsError
from tests.api.tokens.issuer import APP, ORIGIN, SEED, Issuer, Time
from tests.settings.test_credentials import ACCESS

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
API = "https://api.outreach.io/api/v2"
ELSEWHERE = "http://127.0.0.1:8765/api/v2"
LOGIN = Login("app-1", "secret-1", "https://localhost/back", API, "https://api.outreach.io/oauth/token", NOW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


def settings(file: Path, **environ: str) -> Settings:
    return Settings.from_environment({"OUTREACH_MCP_TOKEN_FILE": str(file), **environ})


def keep(file: Path, login: Login, now: datetime = NOW, refresh_token: str = "refresh-1") -> TokenStore:
    store = login_store(settings(file), login.client_id, login.api_origin)
    with store.locked(1):
        store.write(StoredTokens(refresh_token, "access-1", now + timedelta(hours=2), now, login=login), now)
    return store


def other(client_id: str, api_url: str = API, later: int = 0) -> Login:
    return Login(
        client_id, f"secret-of-{client_id}", "https://x.example/", api_url, f"{api_url}/t", NOW + timedelta(later)
    )


def test_a_login_completes_settings_that_say_nothing(file: Path) -> None:
    keep(file, LOGIN)
    found = with_login(settings(file))
    assert (found.client_id, found.client_secret, found.redirect_uri, found.api_url, found.token_url) == (
        "app-1",
        SecretStr("secret-1"),
        "https://localhost/back",
        API,
        "https://api.outreach.io/oauth/token",
    )


def test_what_the_environment_says_goes_before_the_login(file: Path) -> None:
    keep(file, LOGIN)
    given = {"OUTREACH_CLIENT_SECRET": "newer-secret", "OUTREACH_TOKEN_URL": "https://proxy.example/token"}
    found = with_login(settings(file, **given))
    assert (found.client_secret, found.token_url) == (SecretStr("newer-secret"), "https://proxy.example/token")


@pytest.mark.parametrize("given", [ACCESS, {"OUTREACH_MCP_SANDBOX": "1"}])
def test_another_way_in_leaves_the_login_alone(file: Path, given: dict[str, str]) -> None:
    keep(file, LOGIN)
    found = settings(file, **given)
    assert with_login(found) is found


def test_of_several_logins_the_latest_is_used(file: Path) -> None:
    keep(file, other("second", later=2))
    keep(file, other("third", later=1))
    keep(file, LOGIN)
    assert with_login(settings(file)).client_id == "second"


@pytest.mark.parametrize(
    ("given", "client_id"),
    [
        ({"OUTREACH_CLIENT_ID": "app-1"}, "app-1"),
        ({"OUTREACH_API_URL": ELSEWHERE}, "elsewhere"),
        ({"OUTREACH_API_URL": "https://API.outreach.io/api/v2/"}, "later"),
    ],
)
def test_the_app_and_the_host_that_are_named_choose_the_login(
    file: Path, given: dict[str, str], client_id: str
) -> None:
    keep(file, LOGIN)
    keep(file, other("later", later=1))
    keep(file, other("elsewhere", ELSEWHERE, later=2))
    assert with_login(settings(file, **given)).client_id == client_id


def test_without_a_login_every_way_in_is_named(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"^No credentials: run `outreach-mcp login`, or set OUTREACH_ACCESS_TOKEN"):
        with_login(settings(file))


def test_without_a_login_of_the_named_app_that_is_said(file: Path) -> None:
    keep(file, LOGIN)
    with pytest.raises(SettingsError) as caught:
        with_login(settings(file, OUTREACH_CLIENT_ID="app-2"))
    assert str(caught.value) == (
        "Nobody has logged in with the app 'app-2' at https://api.outreach.io: run `outreach-mcp login`, or set "
        "OUTREACH_REFRESH_TOKEN, OUTREACH_CLIENT_SECRET and OUTREACH_REDIRECT_URI as well."
    )


def test_a_damaged_store_stops_the_start(file: Path) -> None:
    file.write_text("{", encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(SettingsError, match="is not a token store"):
        with_login(settings(file))


@pytest.mark.parametrize(
    "damage",
    [{"client_secret": ""}, {"client_id": None}, {"at": "yesterday"}, {"at": "2026-11-21T09:30:00"}, {"at": 7}],
)
def test_a_login_that_lacks_something_is_damage_told_without_its_contents(
    file: Path, damage: dict[str, object]
) -> None:
    store = keep(file, LOGIN)
    contents = json.loads(file.read_text(encoding="utf-8"))
    for entry in contents["tokens"].values():
        entry["login"] |= damage
    file.write_text(json.dumps(contents), encoding="utf-8")
    with pytest.raises(TokenStoreError, match="is not a token store") as caught:
        store.read()
    assert "secret-1" not in str(caught.value)


def test_a_login_stays_when_its_tokens_are_long_over(file: Path) -> None:
    kept = keep(file, LOGIN)
    later = keep(file, other("later"), NOW + timedelta(days=100))
    assert [store.read() is not None for store in (kept, later)] == [True, True]


def test_a_removed_login_leaves_the_others(file: Path) -> None:
    removed, left = keep(file, LOGIN), keep(file, other("second"))
    with removed.locked(1):
        removed.remove(NOW)
    assert (removed.read(), left.read() is None) == (None, False)
    assert "secret-1" not in file.read_text(encoding="utf-8")


def test_no_secret_of_a_login_is_in_its_representation() -> None:
    assert "secret-1" not in repr(StoredTokens("refresh-1", "access-1", login=LOGIN))


async def test_a_server_uses_the_tokens_of_the_login(file: Path) -> None:
    keep(file, LOGIN)
    tokens = token_source(with_login(settings(file)), Clock(now=lambda: NOW))
    assert await tokens.access_token() == "access-1"


async def test_a_renewal_keeps_the_login_beside_the_new_tokens(file: Path) -> None:
    clock = Time()
    login = Login(APP.client_id, APP.client_secret.get_secret_value(), APP.redirect_uri, API, APP.token_url, NOW)
    store = keep(file, login, clock.now() - timedelta(hours=2), SEED)
    source = RotatingTokens(APP, None, store, transport=Issuer(clock).transport, clock=clock.clock)
    assert await source.access_token() == "access-token-number-0001"
    stored = store.read()
    assert stored is not None
    assert (stored.refresh_token, stored.login) == ("refresh-token-number-0001", login)


async def test_a_server_that_runs_says_that_the_user_has_logged_out(file: Path) -> None:
    store = keep(file, LOGIN)
    tokens = token_source(with_login(settings(file)), Clock(now=lambda: NOW))
    with store.locked(1):
        store.remove(NOW)
    with pytest.raises(LoginNeededError, match="Run `outreach-mcp login` again; a server that runs goes on with what"):
        await tokens.access_token()


def test_the_origin_of_a_login_is_its_api_s_host(file: Path) -> None:
    assert [LOGIN.api_origin, other("x", ELSEWHERE).api_origin] == [ORIGIN, "http://127.0.0.1:8765"]
