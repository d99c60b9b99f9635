"""One party's trouble stays theirs: what it sends is an error of its own, and who does not need it waits for nobody."""

import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import anyio
import anyio.lowlevel
import filelock
import pytest
from pydantic import SecretStr
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.tree import NetworkError, OutreachError
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.api.tokens.rotating import OAuthApp, RotatingTokens
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.api.tokens.store import StoredTokens, TokenStore
from outreach_mcp.api.tokens.token_endpoint import TokenEndpoint, TokenRequestError
from outreach_mcp.caller import Caller, acting_for
from outreach_mcp.callers.identity.errors import CredentialError, IdentityUnavailableError
from outreach_mcp.callers.identity.metadata import discover
from outreach_mcp.callers.identity.signing_keys import SigningKeys
from outreach_mcp.callers.identity.tokens import TokenVerifier
from outreach_mcp.callers.invitation import ConnectionNeededError
from outreach_mcp.callers.routing import CallerConnections
from outreach_mcp.callers.state.accounts import CallerConnection, Connections, OutreachUser
from outreach_mcp.callers.state.sealed import Sealed
from outreach_mcp.callers.state.sqlite_store import SqliteStore
from outreach_mcp.clock import Clock
from outreach_mcp.commands.doctor.network import check_network
from outreach_mcp.guard.journal import Journal
from outreach_mcp.http.health import Readiness
from outreach_mcp.http.shutdown import Ending
from outreach_mcp.io.threads import JOURNAL, POOLS, RENEWALS, STORE, Flight, Pool, full_pools
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import Request, Response
from tests.callers.identity.provider import ALICE, BOB, Provider, provided
from tests.callers.state.stores import ENCRYPTION_KEY, KEY, state_of
from tests.io.test_http_client import bomb
from tests.support.journals import outcomes
from tests.support.processes import SECONDS
from tests.support.raw_server import Sent, answer, dripping_body, endless_body, endless_head, raw_server, silence

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
NOTHING = answer(b'{"data": []}')
READ = Request("GET", "/accounts")


async def until(reached: Callable[[], bool]) -> None:
    """Let the others run until something is reached."""
    with anyio.fail_after(SECONDS):
        while not reached():
            await anyio.lowlevel.checkpoint()


# What a party sends.

TROUBLES: dict[str, Sent] = {
    "a bomb": answer(bomb(31), headers=[("Content-Encoding", "gzip")]),
    "a body without end": endless_body,
    "a head without end": endless_head,
    "nothing": answer(b""),
    "blanks": answer(b" \r\n" * 1000),
    "nesting": answer(b"[" * 100_000),
    "a long number": answer(b'{"data": ' + b"9" * 5000 + b"}"),
    "half a body": answer(b'{"data":', headers=[("Connection", "close")]),
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
}


def api(url: str) -> OutreachClient:
    async def no_pause(_: float) -> None:
        await anyio.lowlevel.checkpoint()

    return OutreachClient(f"{url}/api/v2", BearerToken(SecretStr("the-token")), clock=Clock(sleep=no_pause))


async def read_of_api(url: str) -> object:
    async with aclosing(api(url)) as client:
        return (await client.send(READ)).body


async def change_at_api(url: str) -> object:
    body = {"data": {"type": "account", "attributes": {"name": "Acme"}}}
    async with aclosing(api(url)) as client:
        return (await client.send(Request("POST", "/accounts", body=body))).body


async def token_of_endpoint(url: str) -> object:
    endpoint = TokenEndpoint(url, "OUTREACH_TOKEN_URL", str, clock=Clock(block=lambda _: None))
    return await Pool("x", 1).run(lambda: endpoint.post(headers={}, form={"a": "b"}))


async def metadata_of_provider(url: str) -> object:
    return await Pool("x", 1).run(lambda: discover(url))


async def keys_of_provider(url: str) -> object:
    keys = SigningKeys(url)
    await Pool("x", 1).run(keys.read)
    return keys.found("first")


PARTIES: dict[str, Callable[[str], Awaitable[object]]] = {
    "a read": read_of_api,
    "a change": change_at_api,
    "a token": token_of_endpoint,
    "metadata": metadata_of_provider,
    "keys": keys_of_provider,
}


@pytest.mark.parametrize("party", PARTIES)
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_whatever_a_party_sends_is_told_as_its_error_and_never_taken_for_an_answer(
    party: str, trouble: str
) -> None:
    if (party, trouble) == ("a read", "a long number"):
        return  # JSON has such numbers, and nothing comes of one that no member of a record is
    async with raw_server(TROUBLES[trouble]) as server:
        with pytest.raises((OutreachError, TokenRequestError, IdentityUnavailableError)):
            await PARTIES[party](server.url)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_the_doctor_names_whoever_answers_as_outreach_does_not(trouble: str) -> None:
    async with raw_server(TROUBLES[trouble]) as server:
        settings = Settings.from_environment({"OUTREACH_API_URL": f"{server.url}/api/v2", "OUTREACH_ACCESS_TOKEN": "x"})
        found, _ = await check_network(settings, None, Clock(now=lambda: NOW))
    assert found.status == "broken"


# One deadline.


@pytest.mark.parametrize("slow", [silence, dripping_body])
async def test_a_renewal_that_drips_in_has_the_time_of_the_call_and_no_more(
    slow: Callable[[], AsyncGenerator[bytes]], tmp_path: Path
) -> None:
    released = anyio.Event()

    async def held() -> AsyncGenerator[bytes]:
        async for part in slow():
            if released.is_set():
                break
            yield part

    async with raw_server(held) as endpoint, raw_server(NOTHING) as there:
        app = OAuthApp("the-app", SecretStr("the-secret-of-the-app"), "https://app.example/back", endpoint.url)
        tokens = RotatingTokens(app, SecretStr("the-refresh-token"), TokenStore(tmp_path / "tokens", "key"))
        client = OutreachClient(f"{there.url}/api/v2", tokens, deadline=0.1)
        for ask in (lambda: client.send(READ), client.current_user_id):
            with pytest.raises(NetworkError, match=r"access token came within|not found within"):
                await ask()
        assert (len(there.requests), endpoint.connections) == (0, 1)  # the second call waited for the same renewal
        await client.aclose()


# Who waits for whom.


async def waits(pool: Pool, released: threading.Event) -> None:
    await pool.run(released.wait)


@pytest.mark.parametrize("pool", POOLS, ids=lambda pool: pool.name)
async def test_what_waits_for_one_party_takes_no_thread_from_the_others(pool: Pool) -> None:
    released = threading.Event()
    readiness = Readiness(Ending(), lambda: None)
    async with anyio.create_task_group() as tasks:
        for _ in range(pool.size):
            tasks.start_soon(waits, pool, released)
        await until(lambda: True)
        assert await readiness.fault() is None  # all are at work, and nobody waits
        tasks.start_soon(waits, pool, released)
        await until(lambda: pool.is_full)
        assert [await other.run(int, "7") for other in POOLS if other is not pool] == [7] * (len(POOLS) - 1)
        assert full_pools() == (pool.name,)
        assert await readiness.fault() == f"calls wait for a thread: all for {pool.name} are taken"
        released.set()
    assert await readiness.fault() is None


async def test_work_goes_on_though_everybody_who_waits_for_it_leaves() -> None:
    flight, released, done = Flight[int](RENEWALS), threading.Event(), list[int]()

    def work() -> int:
        released.wait()
        done.append(1)
        return len(done)

    with anyio.move_on_after(0.01):
        await flight.join(work)
    assert flight.is_under_way
    results = list[int]()

    async def join() -> None:
        results.append(await flight.join(work))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(join)
        await until(lambda: True)
        released.set()
    assert (results, done) == ([1] * 5, [1])


def caller(name: str) -> Caller:
    return Caller(name, name, frozenset())


def connection_of(name: str, tokens: StoredTokens) -> CallerConnection:
    user = OutreachUser(1, name, f"{name}@example.com")
    return CallerConnection(name, name, name, user, frozenset({"accounts.read"}), NOW, tokens)


def good_tokens(name: str) -> StoredTokens:
    return StoredTokens(f"refresh-{name}", f"access-{name}", NOW + timedelta(hours=2), NOW)


def settings_of(api_url: str, token_url: str, store: Path) -> Settings:
    return Settings.from_environment(
        {
            "OUTREACH_API_URL": f"{api_url}/api/v2",
            "OUTREACH_TOKEN_URL": f"{token_url}/oauth/token",
            "OUTREACH_CLIENT_ID": "the-app",
            "OUTREACH_CLIENT_SECRET": "the-secret-of-the-app",
            "OUTREACH_MCP_STORE": str(store),
            "OUTREACH_MCP_ENCRYPTION_KEY": ENCRYPTION_KEY,
            "OUTREACH_MCP_PUBLIC_URL": "https://mcp.example.com",
        }
    )


async def sends(connections: CallerConnections, name: str) -> Response:
    with acting_for(caller(name)):
        return await connections.send(READ)


async def test_fifty_renewals_that_hang_keep_nobody_waiting_who_has_a_token(tmp_path: Path) -> None:
    released = anyio.Event()
    refused = list[str]()

    async def held() -> AsyncGenerator[bytes]:
        await released.wait()
        yield answer(b'{"error": "invalid_grant"}', status="400 Bad Request")

    async with raw_server(held) as endpoint, raw_server(NOTHING) as there:
        state = state_of(str(tmp_path / "state.sqlite3"))
        hung, others = [f"hung-{number}" for number in range(50)], [f"other-{number}" for number in range(10)]
        for name in hung:
            state.connections.connect(connection_of(name, StoredTokens(f"refresh-{name}")))
        for name in others:
            state.connections.connect(connection_of(name, good_tokens(name)))
        settings = settings_of(there.url, endpoint.url, tmp_path / "state.sqlite3")
        connections = CallerConnections(settings, state, clock=Clock(now=lambda: NOW))

        async def refuses(name: str) -> None:
            with pytest.raises(ConnectionNeededError):
                await sends(connections, name)
            refused.append(name)

        async with anyio.create_task_group() as tasks:
            for name in hung:
                tasks.start_soon(refuses, name)
            await endpoint.connected(RENEWALS.size)
            await until(lambda: RENEWALS.is_full)
            assert [(await sends(connections, name)).status for name in others] == [200] * 10
            assert await Readiness(Ending(), state.ping).fault() == (
                "calls wait for a thread: all for renewals of access tokens are taken"
            )
            assert refused == []  # they hung all the while
            released.set()
        await connections.aclose()
        state.close()
    assert sorted(refused) == sorted(hung)


class HeldStore(SqliteStore):
    """A store that does not answer about its callers until it is released."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.released = threading.Event()
        self.asked = 0

    def get(self, name: str) -> bytes | None:
        self.asked += 1
        self.released.wait()
        return super().get(name)


async def test_a_store_that_hangs_keeps_nobody_waiting_who_is_known(tmp_path: Path) -> None:
    store = HeldStore(tmp_path / "state.sqlite3")
    state = replace(
        state_of(str(tmp_path / "other.sqlite3")), connections=Connections(Sealed(store, "connections", KEY))
    )
    state.connections.connect(connection_of("known", good_tokens("known")))
    async with raw_server(NOTHING) as there:
        settings = settings_of(there.url, there.url, tmp_path / "other.sqlite3")
        seconds = [0.0]
        connections = CallerConnections(settings, state, clock=Clock(now=lambda: NOW, monotonic=lambda: seconds[0]))
        store.released.set()
        await sends(connections, "known")
        store.released.clear()
        async with anyio.create_task_group() as tasks:
            for number in range(40):
                tasks.start_soon(needs_a_connection, connections, f"stranger-{number}")
            await until(lambda: STORE.is_full)
            assert (await sends(connections, "known")).status == 200
            journal = Journal(tmp_path / "journal.jsonl", lambda: NOW)
            await change(journal)
            store.released.set()
        await connections.aclose()
    state.close()
    store.close()


async def needs_a_connection(connections: CallerConnections, name: str) -> None:
    with pytest.raises(ConnectionNeededError):
        await sends(connections, name)


async def change(journal: Journal) -> None:
    async def user() -> int:
        return 1

    entry = await journal.begin("update_account", Outgoing("PATCH", "/accounts/1", (), {"data": {}}), user)
    await entry.done(Response(200, {}))


async def test_a_journal_whose_disk_hangs_keeps_no_read_waiting(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl", lambda: NOW)
    state = state_of(str(tmp_path / "state.sqlite3"))
    state.connections.connect(connection_of("ann", good_tokens("ann")))
    async with raw_server(NOTHING) as there:
        connections = CallerConnections(
            settings_of(there.url, there.url, tmp_path / "state.sqlite3"), state, clock=Clock(now=lambda: NOW)
        )
        async with anyio.create_task_group() as tasks:
            with filelock.FileLock(tmp_path / "journal.jsonl.lock"):
                for _ in range(JOURNAL.size + 1):
                    tasks.start_soon(change, journal)
                await until(lambda: JOURNAL.is_full)
                assert (await sends(connections, "ann")).status == 200
                assert not (tmp_path / "journal.jsonl").exists()  # they hung all the while
        await connections.aclose()
    state.close()
    assert outcomes(tmp_path / "journal.jsonl") == ["done"] * (JOURNAL.size + 1)


async def test_an_identity_provider_that_hangs_keeps_nobody_waiting_whose_key_is_known() -> None:
    released, seconds = anyio.Event(), [0.0]
    released.set()

    class Hanging(Provider):
        async def _jwks(self, request: StarletteRequest) -> StarletteResponse:
            await released.wait()
            return await super()._jwks(request)

    async with provided(Hanging()) as provider:
        keys = SigningKeys(provider.issuer, clock=Clock(monotonic=lambda: seconds[0]))
        verifier = TokenVerifier(provider.issuer, ["https://mcp.example.com/mcp"], signing_keys=keys)
        token = partial(provider.token, audience="https://mcp.example.com/mcp")
        seen = token(ALICE)
        await verifier.caller_of(seen)
        released = anyio.Event()
        stranger = provider.signed({"sub": "nobody"}, kid="invented")
        seconds[0] += 240  # the keys are due, and are asked for beside the calls
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(is_refused, verifier, stranger)
            await until(lambda: provider.asked["/jwks"] == 1)
            for known in (seen, token(BOB)):
                assert (await verifier.caller_of(known)).subject
            released.set()


async def is_refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(CredentialError):
        await verifier.caller_of(token)
