"""`outreach-mcp connections`: what the operator sees of the callers' connections, and how one is removed."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach_mcp.api.tokens.store import StoredTokens
from outreach_mcp.callers.state.accounts import CallerConnection, OutreachUser
from outreach_mcp.cli import main
from tests.callers.state.stores import ENCRYPTION_KEY, state_of

DAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ANA = CallerConnection(
    "first",
    "https://login.example.com ana-1",
    "Ana",
    OutreachUser(1, "Ana Admin", "ana@us.example"),
    frozenset({"users.read", "prospects.read"}),
    DAY,
    StoredTokens("the-refresh-token", "the-access-token", DAY, DAY.replace(day=22)),
)
NAMESAKE = replace(ANA, id="second", subject="https://login.example.com ana-2", user=OutreachUser(2, "", ""))
KIM = replace(ANA, id="third", subject="key:kim kim@us.example", caller="kim")


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "state.sqlite3")


def connected(store: str, *connections: CallerConnection) -> None:
    state = state_of(store)
    for each in connections:
        state.connections.connect(each)
    state.close()


def left(store: str) -> list[str]:
    state = state_of(store)
    found = [each.subject for each in state.connections.all()]
    state.close()
    return found


def command(store: str, *arguments: str, key: str = ENCRYPTION_KEY) -> int:
    environ = {"OUTREACH_MCP_STORE": store, "OUTREACH_MCP_ENCRYPTION_KEY": key}
    return main(["connections", *arguments], {name: value for name, value in environ.items() if value})


def test_the_list_says_who_is_connected_as_whom_since_when(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    connected(store, ANA, KIM)
    assert command(store, "list") == 0
    assert capsys.readouterr().out.splitlines() == [
        "Ana  Ana Admin <ana@us.example>  since 2026-11-21  renewed 2026-11-22  https://login.example.com ana-1",
        "kim  Ana Admin <ana@us.example>  since 2026-11-21  renewed 2026-11-22  key:kim kim@us.example",
    ]


def test_the_list_as_json_holds_scopes_and_no_token(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    connected(store, ANA)
    assert command(store, "list", "--json") == 0
    assert json.loads(out := capsys.readouterr().out) == [
        {
            "caller": "Ana",
            "subject": "https://login.example.com ana-1",
            "user": {"id": 1, "name": "Ana Admin", "email": "ana@us.example"},
            "scopes": ["prospects.read", "users.read"],
            "connected_at": "2026-11-21T09:00:00+00:00",
            "renewed_at": "2026-11-22T09:00:00+00:00",
        }
    ]
    assert "token" not in out


def test_an_empty_list_says_so(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(store, "list") == 0
    assert capsys.readouterr() == ("", "Nobody is connected.\n")


@pytest.mark.parametrize("name", [KIM.caller, KIM.subject])
def test_a_connection_is_removed_by_name_or_subject(store: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    connected(store, ANA, KIM)
    assert (command(store, "remove", name), left(store)) == (0, [ANA.subject])
    assert capsys.readouterr().err.startswith("Removed the connection of kim as Ana Admin <ana@us.example>")


def test_a_name_of_two_removes_neither(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    connected(store, ANA, NAMESAKE)
    assert (command(store, "remove", "Ana"), len(left(store))) == (2, 2)
    assert "'Ana' is the name of 2 callers: name one by its subject" in capsys.readouterr().err


def test_who_is_not_connected_cannot_be_removed(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    connected(store, ANA)
    assert (command(store, "remove", "Bob"), left(store)) == (2, [ANA.subject])
    assert capsys.readouterr().err == (
        "outreach-mcp: 'Bob' is not connected: `outreach-mcp connections list` shows who is\n"
    )


@pytest.mark.parametrize(
    ("key", "why"), [("", "OUTREACH_MCP_ENCRYPTION_KEY is missing"), ("fedcba9876543210" * 4, "another")]
)
def test_without_the_right_key_nothing_is_shown(
    store: str, key: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connected(store, ANA)
    state = state_of(store)
    state.ping()
    state.close()
    assert command(store, "list", key=key) == 2
    out, err = capsys.readouterr()
    assert (out, why in err, err.count("\n")) == ("", True, 1)
