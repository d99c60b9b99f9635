"""Chooses the client that works for a caller, and keeps it open for as long as it is needed."""

from dataclasses import replace
from pathlib import Path

from outreach_mcp.api.calls import Prepared
from outreach_mcp.caller import SCOPES, Caller, acting_for
from outreach_mcp.callers.routing import CallerConnections
from outreach_mcp.callers.state.opening import open_state
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import Request
from tests.callers.state.stores import ENCRYPTION_KEY
from tests.callers.state.test_accounts import ANA

OPEN_AT_MOST = 500


async def test_a_client_of_which_something_is_being_judged_gives_way_to_no_other(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "OUTREACH_MCP_PUBLIC_URL": "https://mcp.example.com",
            "OUTREACH_MCP_STORE": str(tmp_path / "state.sqlite3"),
            "OUTREACH_MCP_ENCRYPTION_KEY": ENCRYPTION_KEY,
            "OUTREACH_CLIENT_ID": "the-app",
            "OUTREACH_CLIENT_SECRET": "the-secret",
        }
    )
    state = open_state(settings)
    connections = CallerConnections(settings, state)

    async def prepared(name: str) -> Prepared:
        state.connections.connect(replace(ANA, id=f"of {name}", subject=name, caller=name))
        with acting_for(Caller(name, name, frozenset(SCOPES))):
            return await connections.prepare(Request("GET", "/users"))

    def is_open(name: str) -> bool:
        with acting_for(Caller(name, name, frozenset(SCOPES))):
            return connections.allowance is not None

    awaited = await prepared("asked")
    await prepared("idle")
    before = is_open("asked"), is_open("idle")
    for number in range(OPEN_AT_MOST - 1):
        await prepared(f"other {number}")
    after = is_open("asked"), is_open("idle")
    await connections.aclose()
    state.close()
    assert awaited.outgoing.path == "/users"
    assert (before, after) == ((True, True), (True, False))
