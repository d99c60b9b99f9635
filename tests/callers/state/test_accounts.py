"""The callers' connections: each their own, replaced at once, renewed once by however many processes."""

import os
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

import httpx
import pytest

from outreach_mcp.api.errors.tree import AuthenticationError, LoginNeededError, TokensReplacedError, TokenStoreError
from outreach_mcp.api.tokens.rotating import RotatingTokens
from outreach_mcp.api.tokens.store import StoredTokens
from outreach_mcp.callers.state.accounts import CallerConnection, OutreachUser
from outreach_mcp.callers.state.errors import StateStoreError
from outreach_mcp.callers.state.opening import State
from outreach_mcp.callers.state.store import StateStore
from outreach_mcp.clock import Clock
from tests.api.tokens.issuer import APP, CLIENT_SECRET, SEED, Issuer, Time, at_once, served
from tests.callers.state.stores import started, state_of
from tests.support.redis_server import RedisServer

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ANA = CallerConnection(
    "first",
    "https://login.example.com ana",
    "Ana",
    OutreachUser(1, "Ana Admin", "ana@example.com"),
    frozenset({"accounts.read", "prospects.all"}),
    NOW,
    StoredTokens(SEED),
)
BOB = replace(ANA, id="other", subject="bob", caller="bob", user=OutreachUser(2, "Bob", "bob@example.com"))


@pytest.fixture
def state(address: str, store: StateStore) -> State:
    return state_of(address)


def tokens_of(issuer: Issuer, state: State, connection: CallerConnection = ANA) -> RotatingTokens:
    return RotatingTokens(
        APP,
        None,
        state.connections.tokens(connection),
        transport=issuer.transport,
        clock=issuer.clock.clock,
        log_in_again="Connect again.",
    )


def stored(state: State, connection: CallerConnection = ANA) -> StoredTokens:
    found = state.connections.find(connection.subject)
    assert found is not None
    return found.tokens


def test_a_connection_that_was_made_is_found_whole(state: State) -> None:
    full = replace(ANA, tokens=StoredTokens("refresh", "access", NOW + timedelta(hours=2), NOW, NOW, ANA.scopes))
    state.connections.connect(full)
    assert state.connections.find(ANA.subject) == full


def test_who_is_not_connected_has_no_connection(state: State) -> None:
    state.connections.connect(ANA)
    assert (state.connections.find("bob"), state.connections.forget("bob")) == (None, False)


def test_a_connection_that_was_forgotten_is_gone(state: State) -> None:
    state.connections.connect(ANA)
    state.connections.connect(BOB)
    assert (state.connections.forget(ANA.subject), state.connections.all()) == (True, [BOB])


def test_the_operator_sees_all_connections_by_name(state: State) -> None:
    for connection in (BOB, ANA):
        state.connections.connect(connection)
    assert state.connections.all() == [ANA, BOB]


def test_no_token_is_in_a_connection_s_representation() -> None:
    assert SEED not in repr(ANA)


def test_the_store_shows_neither_caller_nor_token(state: State, store: StateStore) -> None:
    state.connections.connect(ANA)
    held = b"".join(name.encode() + (store.get(name) or b"") for name in store.names(""))
    assert not any(text.encode() in held for text in ("ana", "Ana", "example", SEED))


async def test_a_renewal_is_stored_and_keeps_the_rest(state: State) -> None:
    issuer = Issuer(Time())
    state.connections.connect(ANA)
    token = await tokens_of(issuer, state).access_token()
    found = state.connections.find(ANA.subject)
    assert found == replace(ANA, tokens=stored(state))
    assert (stored(state).access_token, stored(state).refresh_token) == (token, issuer.good_refresh_token)


async def test_without_a_connection_there_is_no_token(state: State) -> None:
    with pytest.raises(LoginNeededError, match=r"^There is no connection to Outreach. Connect again.$"):
        await tokens_of(Issuer(Time()), state).access_token()


async def test_a_refresh_token_that_is_refused_asks_to_connect_again(state: State) -> None:
    state.connections.connect(replace(ANA, tokens=StoredTokens("a-token-that-is-used-up")))
    with pytest.raises(LoginNeededError, match=r"or redirect URI. Connect again.$"):
        await tokens_of(Issuer(Time()), state).access_token()


async def test_an_app_that_is_not_known_is_nothing_that_a_caller_can_mend(state: State) -> None:
    issuer = Issuer(Time())
    state.connections.connect(ANA)
    app = replace(APP, client_id="another-app")
    tokens = RotatingTokens(
        app, None, state.connections.tokens(ANA), transport=issuer.transport, clock=Clock(now=issuer.clock.now)
    )
    with pytest.raises(AuthenticationError, match="does not know the app") as caught:
        await tokens.access_token()
    assert not isinstance(caught.value, LoginNeededError)


async def test_a_connection_made_anew_during_a_renewal_is_not_overwritten(state: State) -> None:
    issuer = Issuer(Time())
    anew = replace(ANA, id="second", tokens=StoredTokens("another-refresh-token"))
    state.connections.connect(ANA)
    issuer.losses.append(lambda: state.connections.connect(anew))
    with pytest.raises(LoginNeededError, match="There is no connection"):  # the first one is over
        await tokens_of(issuer, state).access_token()
    assert state.connections.find(ANA.subject) == anew


async def test_a_connection_removed_during_a_renewal_stays_removed(state: State) -> None:
    issuer = Issuer(Time())
    state.connections.connect(ANA)

    def remove() -> None:
        state.connections.forget(ANA.subject)

    issuer.losses.append(remove)
    with pytest.raises(LoginNeededError, match="There is no connection"):
        await tokens_of(issuer, state).access_token()
    assert state.connections.all() == []


async def test_who_lost_the_lock_takes_the_tokens_of_who_was_faster(state: State) -> None:
    issuer = Issuer(Time())
    newer = StoredTokens("newer-refresh-token", "newer-access-token", issuer.clock.now() + timedelta(hours=2), NOW)
    state.connections.connect(ANA)
    issuer.losses.append(lambda: state.connections.connect(replace(ANA, tokens=newer)))
    assert await tokens_of(issuer, state).access_token() == "newer-access-token"
    assert stored(state) == newer


async def test_who_is_refused_takes_the_tokens_of_who_was_faster(state: State) -> None:
    issuer = Issuer(Time())
    newer = StoredTokens("newer-refresh-token", "newer-access-token", issuer.clock.now() + timedelta(hours=2), NOW)
    state.connections.connect(ANA)

    def refuse(_: httpx.Request) -> httpx.Response:
        state.connections.connect(replace(ANA, tokens=newer))
        return httpx.Response(400, json={"error": "invalid_grant"})

    issuer.faults.append(refuse)
    assert await tokens_of(issuer, state).access_token() == "newer-access-token"


def test_only_tokens_that_were_read_are_replaced(state: State) -> None:
    state.connections.connect(ANA)
    tokens = state.connections.tokens(ANA)
    with tokens.locked(1), pytest.raises(TokensReplacedError):
        tokens.write(StoredTokens("x"), NOW)
    assert stored(state) == ANA.tokens


def test_a_connection_of_another_version_is_not_overwritten(state: State) -> None:
    section = state.connections.section
    section.set(ANA.subject, b'{"version": 2}')
    tokens = state.connections.tokens(ANA)
    with tokens.locked(1), pytest.raises(StateStoreError, match="this version cannot read"):
        tokens.write(StoredTokens("x"), NOW)
    assert section.get(ANA.subject) == b'{"version": 2}'


async def test_sources_of_one_process_share_one_renewal(state: State) -> None:
    issuer = Issuer(Time())
    state.connections.connect(ANA)
    sources = [tokens_of(issuer, state) for _ in range(3)]
    found = [token for source in sources for token in await at_once(source.access_token, 5)]
    assert (set(found), issuer.received) == ({"access-token-number-0001"}, [SEED])


async def test_a_pair_that_the_store_does_not_take_is_kept_until_it_does(redis_server: RedisServer) -> None:
    redis_server.clear()
    state = state_of(redis_server.url)
    issuer = Issuer(Time())
    state.connections.connect(ANA)
    issuer.losses.append(redis_server.stop)
    tokens = tokens_of(issuer, state)
    try:
        with pytest.raises(TokenStoreError, match="only this server's memory holds now"):
            await tokens.access_token()
    finally:
        redis_server.start()
    issuer.clock.sleep(6)  # for so long a failure is remembered
    assert await tokens.access_token() == "access-token-number-0001"
    assert stored(state).refresh_token == issuer.good_refresh_token
    state.close()


# The clock stands still in the processes as well: nothing expires while they are slow to start.
RENEWER = f"""
import sys
from datetime import UTC, datetime

import anyio
from pydantic import SecretStr

from outreach_mcp.api.tokens.rotating import OAuthApp, RotatingTokens
from outreach_mcp.clock import Clock
from tests.callers.state.stores import state_of

app = OAuthApp({APP.client_id!r}, SecretStr({CLIENT_SECRET!r}), {APP.redirect_uri!r}, sys.argv[1])
state = state_of(sys.argv[2])
connection = state.connections.find({ANA.subject!r})
now = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
tokens = RotatingTokens(app, None, state.connections.tokens(connection), clock=Clock(now=lambda: now))

async def use():
    print(await tokens.access_token())

async def main():
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(use)

print("ready", flush=True)
sys.stdin.readline()
anyio.run(main)
state.close()
"""


def test_processes_that_renew_at_once_mint_once(address: str, state: State) -> None:
    state.connections.connect(ANA)
    issuer = Issuer(Time())
    with served(issuer) as url:
        processes = [started(RENEWER, url, address) for _ in range(3)]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        outputs = [process.communicate("go\n", timeout=60)[0] for process in processes]
    assert (outputs, issuer.received) == (["access-token-number-0001\n" * 20] * 3, [SEED])


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by a signal")
async def test_after_a_kill_during_a_renewal_the_next_one_says_why_to_connect_again(address: str, state: State) -> None:
    state.connections.connect(ANA)
    issuer, asked, killed = Issuer(Time()), Event(), Event()

    def hold() -> None:
        asked.set()
        killed.wait(60)

    issuer.losses.append(hold)
    with served(issuer) as url:
        process = started(RENEWER, url, address)
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        assert asked.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        killed.set()
    section = state.connections.section
    section.store.delete(f"lock:{section.name_of(ANA.subject)}")  # as its end does after some seconds
    issuer.clock.sleep(60)
    with pytest.raises(LoginNeededError, match="A renewal was under way at 2026-11-21T09:30:00Z and its answer"):
        await tokens_of(issuer, state).access_token()
