"""The link that leads a caller to /connect: whose it is, and how long one serves."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from outreach_mcp.caller import READ, WRITE, Caller, acting_for
from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_mcp.callers.routing import CONNECT_TICKET, CallerConnections
from outreach_mcp.callers.state.opening import State
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import Request
from tests.callers.state.stores import state_of

ANN = Caller("https://login.example.com ann", "Ann", frozenset({READ, WRITE}))
READING = Caller(ANN.subject, ANN.name, frozenset({READ}))
PUBLIC = "https://mcp.example.com"


@pytest.fixture
async def state(tmp_path: Path) -> AsyncGenerator[State]:
    opened = state_of(str(tmp_path / "state.sqlite3"))
    yield opened
    opened.close()


async def link_of(connections: CallerConnections, caller: Caller) -> str:
    with acting_for(caller), pytest.raises(ConnectionNeededError) as caught:
        await connections.send(Request("GET", "/prospects"))
    assert caught.value.url.startswith(f"{PUBLIC}/connect?ticket=")
    return caught.value.url.partition("ticket=")[2]


async def test_a_link_serves_until_it_is_used(state: State) -> None:
    connections = CallerConnections(Settings(public_url=PUBLIC), state)
    first, again = await link_of(connections, ANN), await link_of(connections, ANN)
    state.tickets.redeem(CONNECT_TICKET, first)
    assert (again == first, await link_of(connections, ANN) == first) == (True, False)


async def test_a_link_asks_for_what_the_caller_may_do_now(state: State) -> None:
    connections = CallerConnections(Settings(public_url=PUBLIC), state)
    links = [await link_of(connections, caller) for caller in (ANN, READING)]
    asked = [(state.tickets.look(CONNECT_TICKET, link) or {})["scopes"] for link in links]
    assert [sorted(scopes) for scopes in asked] == [[READ, WRITE], [READ]]
