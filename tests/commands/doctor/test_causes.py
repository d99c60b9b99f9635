"""The doctor names what is wrong in set-ups that are broken with real parts: one test for each kind of trouble."""

import json
import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse

from outreach_mcp.api.tokens.credentials_of_login import login_store
from outreach_mcp.api.tokens.login_record import Login
from outreach_mcp.api.tokens.store import StoredTokens, TokenStore, token_key
from outreach_mcp.settings.settings import Settings
from outreach_sandbox.access import Access
from outreach_sandbox.faults import Fault
from outreach_sandbox.oauth import Grant
from outreach_sandbox.switches import Switches
from tests.callers.state.stores import ENCRYPTION_KEY
from tests.commands.doctor.clinic import NOW, OPAQUE, Clinic, broken, clinic, finding, seen, serving, token
from tests.support.processes import run

CHECKS = ["settings", "credentials", "store", "proxy", "network", "clock", "token", "user", "scopes", "limits", "tools"]


def stored(here: Clinic, tokens: StoredTokens) -> None:
    """Put tokens into the store, as an earlier start left them."""
    origin = here.url.removesuffix("/api/v2")
    store = TokenStore(here.token_file, token_key("sandbox", "sandbox", origin))
    with store.locked(1):
        store.write(tokens, NOW)


def logged_in(here: Clinic, *, secret: str = "sandbox", life: timedelta = timedelta(hours=1)) -> None:
    """Put a login into the store, as `outreach-mcp login` leaves it."""
    origin = here.url.removesuffix("/api/v2")
    pair = here.sandbox.oauth.issue(Grant("sandbox", 1, ("users.read",)))
    login = Login("sandbox", secret, "https://app.example/back", here.url, f"{origin}/oauth/token", NOW)
    scopes = frozenset({"users.read"})
    tokens = StoredTokens(pair.refresh, pair.access, NOW + life, NOW - timedelta(hours=2), scopes=scopes, login=login)
    settings = Settings.from_environment({"OUTREACH_MCP_TOKEN_FILE": str(here.token_file)})
    store = login_store(settings, "sandbox", origin)
    with store.locked(1):
        store.write(tokens, NOW)


async def test_where_nothing_is_wrong_every_check_is_ok(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        report = await seen(here.with_refresh_token())
    assert [(each.check, each.status) for each in report.findings] == [(check, "ok") for check in CHECKS]
    assert report.exit_code == 0
    facts = finding(report, "user").facts
    assert (facts["id"], facts["email"], facts["organisation"]) == (1, "uma@us.example", "Sandbox")


async def test_how_long_outreach_takes_is_measured_by_the_clock_that_is_passed(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        here.tokens[OPAQUE] = Access(user=1)
        # Each request takes a quarter of a second.
        report = await seen(here.with_token(OPAQUE), monotonic=lambda: len(here.requests) / 4)
    assert finding(report, "network").facts["milliseconds"] == 250
    assert finding(report, "user").facts["milliseconds"] == 250
    assert "the round trip took 250 ms" in finding(report, "user").says


async def test_what_a_login_left_is_used_without_any_setting(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        logged_in(here)
        environ = {"OUTREACH_MCP_TOKEN_FILE": str(here.token_file), "OUTREACH_MCP_TOOLS": "get_user,list_users"}
        report = await seen(environ)
        assert "POST /oauth/token" not in here.requests
    assert (broken(report), finding(report, "credentials").facts) == ([], {"way": "login"})


async def test_a_server_for_many_has_no_credentials_of_its_own(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        environ = {
            "OUTREACH_API_URL": here.url,
            "OUTREACH_MCP_TRANSPORT": "http",
            "OUTREACH_MCP_KEYS_FILE": str(tmp_path / "keys.json"),
            "OUTREACH_MCP_PUBLIC_URL": "https://mcp.example.com",
            "OUTREACH_MCP_ENCRYPTION_KEY": ENCRYPTION_KEY,
            "OUTREACH_CLIENT_ID": "sandbox",
            "OUTREACH_CLIENT_SECRET": "sandbox",
        }
        report = await seen(environ)
    assert (broken(report), finding(report, "credentials").facts) == ([], {"way": "callers"})


async def test_a_token_that_is_still_good_is_not_renewed(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        await seen(here.with_refresh_token())
        first = here.token_file.read_text()
        here.requests.clear()
        report = await seen(here.with_refresh_token())
        assert (report.exit_code, here.token_file.read_text()) == (0, first)
        assert "POST /oauth/token" not in here.requests


async def test_an_access_token_that_is_over_is_an_expired_one(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        report = await seen(here.with_token(token(life=timedelta(hours=-3))))
    assert broken(report) == [("token", "expired token"), ("user", "expired token")]
    assert "expired at 2026-11-21T06:30:00Z" in finding(report, "token").says


async def test_an_access_token_that_is_refused_before_its_end_was_revoked(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        report = await seen(here.with_token(token()))
    assert broken(report) == [("user", "revoked token")]


async def test_of_an_access_token_that_tells_nothing_it_is_known_that_it_is_refused(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        report = await seen(here.with_token(OPAQUE))
    assert broken(report) == [("user", "refused token")]


async def test_a_refresh_token_that_was_used_elsewhere_was_revoked(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        report = await seen(here.with_refresh_token("a-refresh-token-that-is-used-up"))
    assert broken(report) == [("token", "revoked token")]
    assert finding(report, "user").status == "skipped"


async def test_a_refresh_token_that_lay_unused_for_two_weeks_is_over(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        then = NOW - timedelta(days=15)
        stored(here, StoredTokens("a-refresh-token-of-old", "", then, then))
        report = await seen(here.with_refresh_token())
    assert broken(report) == [("token", "expired token")]


async def test_a_wrong_client_secret_is_named(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        report = await seen(here.with_refresh_token(OUTREACH_CLIENT_SECRET="not-the-secret"))
    assert broken(report) == [("token", "client secret")]
    assert "OUTREACH_CLIENT_SECRET" in finding(report, "token").says


async def test_scopes_that_the_token_endpoint_named_leave_out_tools(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        pair = here.sandbox.oauth.issue(Grant("sandbox", 1, ("prospects.read", "users.read")))
        report = await seen(here.with_refresh_token(pair.refresh, OUTREACH_MCP_TOOLSETS="prospects"))
    assert broken(report) == [("scopes", "missing scope")]
    facts = finding(report, "scopes").facts
    assert facts["missing_scopes"] == ["prospects.delete", "prospects.write"]
    assert facts["tools_left_out"] == {
        "create_prospect": ["prospects.write"],
        "update_prospect": ["prospects.write"],
        "delete_prospect": ["prospects.delete"],
    }


async def test_scopes_that_a_token_carries_leave_out_tools(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        value = token(["tasks.read", "tasks.delete"])
        here.tokens[value] = Access(user=1, scopes=frozenset({"tasks.read", "tasks.delete"}))
        report = await seen(here.with_token(value, OUTREACH_MCP_TOOLSETS="tasks"))
    assert broken(report) == [("scopes", "missing scope")]
    assert "tasks.write, as the token itself says" in finding(report, "scopes").says


async def test_where_nobody_tells_the_scopes_small_reads_find_what_is_missing(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        here.tokens[OPAQUE] = Access(user=1, scopes=frozenset({"prospects.all"}))
        report = await seen(here.with_token(OPAQUE, OUTREACH_MCP_TOOLSETS="prospects,tasks"))
    assert broken(report) == [("scopes", "missing scope")]
    facts = finding(report, "scopes").facts
    assert (facts["missing_scopes"], facts["reads_tried"]) == (["tasks.read"], 2)


async def test_an_address_that_outreach_does_not_serve_is_a_wrong_host(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        environ = here.with_token(OPAQUE, OUTREACH_API_URL=here.url.replace("/api/v2", "/rest"))
        report = await seen(environ)
    assert broken(report) == [("network", "wrong host")]


async def test_somebody_elses_web_page_is_a_wrong_host() -> None:
    async with serving(HTMLResponse("<html><title>Welcome</title></html>")) as origin:
        report = await seen({"OUTREACH_ACCESS_TOKEN": OPAQUE, "OUTREACH_API_URL": f"{origin}/api/v2"})
    assert broken(report) == [("network", "wrong host")]


async def test_a_clock_that_is_ten_minutes_off_is_named(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        report = await seen(here.with_refresh_token(), ahead=timedelta(minutes=10))
    assert broken(report) == [("clock", "clock")]
    assert finding(report, "clock").says == "this machine's clock is 10 minutes ahead of Outreach's"


async def test_a_clock_that_is_two_minutes_off_is_a_warning(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        report = await seen(here.with_refresh_token(), ahead=timedelta(minutes=-2))
    assert (finding(report, "clock").status, report.exit_code) == ("warning", 0)


@pytest.mark.parametrize("trouble", ["others may write it", "no store", "no folder"])
async def test_a_store_that_cannot_be_used_is_named_and_nothing_is_renewed(tmp_path: Path, trouble: str) -> None:
    async with clinic(tmp_path) as here:
        environ = here.with_refresh_token()
        if trouble == "others may write it":
            stored(here, StoredTokens("sandbox"))
            os.chmod(here.token_file, 0o666)
        elif trouble == "no store":
            here.token_file.write_text("notes of mine")
            os.chmod(here.token_file, 0o600)
        else:
            (tmp_path / "file").touch()
            environ["OUTREACH_MCP_TOKEN_FILE"] = str(tmp_path / "file" / "tokens.json")
        report = await seen(environ)
        assert "POST /oauth/token" not in here.requests
    assert broken(report) == [("store", "store")]


def test_a_closed_port_is_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    environ = {"OUTREACH_ACCESS_TOKEN": OPAQUE, "OUTREACH_API_URL": f"http://127.0.0.1:{port}/api/v2"}
    ended = run("doctor", "--json", environ=environ)
    checks = {each["check"]: each for each in json.loads(ended.stdout)["checks"]}
    assert (ended.returncode, ended.stderr, checks["network"]["cause"]) == (1, "", "no network")


def test_a_proxy_that_is_not_there_is_named_without_its_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    proxy = f"http://me:open-sesame@127.0.0.1:{port}"
    environ = {
        "OUTREACH_ACCESS_TOKEN": OPAQUE,
        "HTTPS_PROXY": proxy,
        "https_proxy": proxy,
        "NO_PROXY": "",
        "no_proxy": "",
    }
    ended = run("doctor", environ=environ)
    (line,) = [each for each in ended.stdout.splitlines() if each.startswith("broken")]
    assert ended.returncode == 1
    assert f"network     the proxy http://127.0.0.1:{port} cannot be reached" in line
    assert "open-sesame" not in ended.stdout + ended.stderr


def test_a_proxy_that_is_not_understood_is_named() -> None:
    proxy = "socks5://127.0.0.1:1080"
    ended = run(
        "doctor", "--json", environ={"OUTREACH_ACCESS_TOKEN": OPAQUE, "HTTPS_PROXY": proxy, "https_proxy": proxy}
    )
    checks = {each["check"]: each for each in json.loads(ended.stdout)["checks"]}
    assert (ended.returncode, checks["proxy"]["status"], checks["proxy"]["cause"]) == (1, "broken", "proxy")


async def test_maintenance_is_named(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        here.faults.add(Fault(503, times=None))
        report = await seen(here.with_refresh_token())
    assert broken(report) == [("network", "maintenance")]
    assert "after 2026-11-21T09:31:00Z" in finding(report, "network").do


async def test_maintenance_of_the_token_endpoint_alone_is_named(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        here.faults.add(Fault(503, path="/oauth/token", times=None))
        report = await seen(here.with_refresh_token())
    assert broken(report) == [("token", "maintenance")]


async def test_the_limit_of_one_token_a_minute_is_named(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        app = {"client_id": "sandbox", "client_secret": "sandbox", "grant_type": "refresh_token"}
        pair = here.sandbox.oauth.exchange({**app, "refresh_token": "sandbox"})
        report = await seen(here.with_refresh_token(pair.refresh))
    assert broken(report) == [("token", "mint limit")]


async def test_the_hours_limit_is_named(tmp_path: Path) -> None:
    async with clinic(tmp_path, switches=Switches(hourly_limit=2)) as here:
        here.tokens[OPAQUE] = Access(user=1)
        environ = here.with_token(OPAQUE, OUTREACH_MCP_TOOLSETS="prospects")
        first = await seen(environ)
        second = await seen(environ)
    assert broken(first) == [("limits", "hourly limit")]
    assert broken(second) == [("user", "hourly limit"), ("limits", "hourly limit")]


async def test_a_user_who_is_locked_is_named(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        here.tokens[OPAQUE] = Access(user=3)
        report = await seen(here.with_token(OPAQUE))
    assert broken(report) == [("user", "locked user")]


async def test_read_only_mode_is_told_and_is_no_fault(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        report = await seen(here.with_refresh_token(), read_only=True)
    tools = finding(report, "tools")
    assert (tools.status, tools.cause, tools.facts["read_only"], report.exit_code) == ("ok", "read-only", True, 0)


@pytest.mark.parametrize(("excluded", "told"), [("", True), ("options", False)])
async def test_more_tools_than_some_clients_take_are_told_with_what_leaves_fewer(
    tmp_path: Path, excluded: str, told: bool
) -> None:
    async with clinic(tmp_path) as here:
        report = await seen({**here.with_refresh_token(), "OUTREACH_MCP_EXCLUDE_TOOLS": excluded})
    tools = finding(report, "tools")
    assert ("at most 128 need fewer: OUTREACH_MCP_EXCLUDE_TOOLS=options" in tools.says, tools.status) == (told, "ok")
    assert tools.facts["tools"] > 128 or not told


async def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        environ = {
            "OUTREACH_S2S_GUID": "the-app",
            "OUTREACH_S2S_KEY_FILE": str(tmp_path / "key.pem"),
            "OUTREACH_INSTALL_ID": "7",
            "OUTREACH_API_URL": here.url,
        }
        report = await seen(environ)
    assert broken(report) == [("token", "key file")]


@pytest.mark.parametrize(
    "environ",
    [
        {"OUTREACH_MCP_READ_OLNY": "1", "OUTREACH_ACCESS_TOKEN": OPAQUE},
        {"OUTREACH_MCP_TOOLSETS": "prospect", "OUTREACH_ACCESS_TOKEN": OPAQUE},
        {"OUTREACH_REFRESH_TOKEN": "x", "OUTREACH_ACCESS_TOKEN": OPAQUE},
    ],
    ids=["misspelt", "no toolset", "two ways"],
)
async def test_a_wrong_setting_is_a_line_too_and_exit_code_2(tmp_path: Path, environ: dict[str, str]) -> None:
    report = await seen({**environ, "OUTREACH_MCP_TOKEN_FILE": str(tmp_path / "tokens.json")})
    assert (broken(report), report.exit_code) == ([("settings", "settings")], 2)


async def test_without_credentials_the_ways_to_them_are_named_and_the_exit_code_is_2(tmp_path: Path) -> None:
    report = await seen({"OUTREACH_MCP_TOKEN_FILE": str(tmp_path / "tokens.json")})
    assert (broken(report), report.exit_code) == ([("credentials", "settings")], 2)
    assert "run `outreach-mcp login`" in report.as_text()
    assert "table of settings" not in report.as_text()


async def test_a_login_that_cannot_be_read_is_a_matter_of_the_store(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text("notes of mine")
    os.chmod(file, 0o600)
    report = await seen({"OUTREACH_MCP_TOKEN_FILE": str(file)})
    assert (broken(report), report.exit_code) == ([("store", "store")], 1)


async def test_after_a_login_a_secret_that_was_changed_in_outreach_is_asked_for_anew(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        logged_in(here, secret="of-the-day-before", life=timedelta())
        report = await seen({"OUTREACH_MCP_TOKEN_FILE": str(here.token_file)})
    token_line = finding(report, "token").line
    assert finding(report, "token").cause == "client secret"
    assert "run `outreach-mcp logout`, then `outreach-mcp login`, which asks for it" in token_line
    assert "OUTREACH_CLIENT_ID" not in token_line


async def test_a_login_that_the_environment_goes_before_is_told(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        logged_in(here)
        environ = here.with_token(token(["users.read"]), OUTREACH_MCP_TOKEN_FILE=str(here.token_file))
        report = await seen(environ)
    assert finding(report, "credentials").says == (
        "access token, from OUTREACH_ACCESS_TOKEN in the environment; the login with the app 'sandbox' that is there "
        "as well is not used"
    )


@pytest.mark.parametrize("place", ["missing/changes.jsonl", "file/changes.jsonl"])
async def test_a_journal_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    report = await seen({"OUTREACH_MCP_SANDBOX": "1", "OUTREACH_MCP_JOURNAL": str(tmp_path / place)})
    assert broken(report) == [("journal", "journal")]


async def test_a_journal_that_can_be_written_is_not_made_by_looking(tmp_path: Path) -> None:
    report = await seen({"OUTREACH_MCP_SANDBOX": "1", "OUTREACH_MCP_JOURNAL": str(tmp_path / "changes.jsonl")})
    assert (finding(report, "journal").status, os.listdir(tmp_path)) == ("ok", [])


async def test_no_secret_is_in_any_report(tmp_path: Path) -> None:
    async with clinic(tmp_path) as here:
        environ = here.with_refresh_token(
            "a-refresh-token-that-is-secret", OUTREACH_CLIENT_SECRET="a-client-secret-of-ours"
        )
        report = await seen(environ)
        given = token(["tasks.read"])
        other = await seen(here.with_token(given))
    shown = "\n".join([report.as_text(), report.as_json(), other.as_text(), other.as_json()])
    assert not [secret for secret in ("a-refresh-token-that", "a-client-secret", given) if secret in shown]


def test_the_sandbox_has_nothing_to_complain_about() -> None:
    ended = run("doctor", "--sandbox")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert {line.split()[0] for line in ended.stdout.splitlines()} == {"ok"}
