"""Two replicas of the server behind a real nginx, with a real Redis, before an Outreach on a port: all as processes."""

import math
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.to_thread
import httpx

from outreach_mcp.api.tokens.store import StoredTokens
from outreach_mcp.callers.identity.key_giving import add_key
from outreach_mcp.callers.identity.keys import read_keys
from outreach_mcp.callers.state.accounts import CallerConnection, OutreachUser
from outreach_mcp.callers.state.opening import State
from outreach_mcp.http.shutdown import Ending
from tests.callers.identity.provider import Person, Provider
from tests.callers.state.stores import ENCRYPTION_KEY, state_of
from tests.long.posing_outreach import email_of
from tests.support.nginx_server import NginxServer, free_port, running_nginx
from tests.support.processes import COMMAND, ROOT, SECONDS, environment
from tests.support.redis_server import RedisServer, running_redis
from tests.support.serving import running

DRAIN_SECONDS = 3
"""Longer than nginx leaves out a replica that it could not reach."""

_SCOPES = "prospects.read accounts.all stages.read users.read"


class Replica:
    """One process of the server, on a port that stays its own."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.port = free_port()
        self.said: list[str] = []
        self._settings = settings | {"OUTREACH_MCP_PORT": str(self.port)}
        self._process: subprocess.Popen[str] | None = None
        self._listener: Thread | None = None

    async def start(self) -> None:
        """Start it; when this returns it listens."""
        await anyio.to_thread.run_sync(self._start)

    def terminate(self) -> None:
        """Tell it to end."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    async def end(self) -> None:
        """Wait for its end."""
        assert self._process is not None
        status = await anyio.to_thread.run_sync(self._process.wait, SECONDS)
        self._hear_the_last()
        assert status == 0, (status, self.said)

    def kill(self) -> None:
        """End it, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._hear_the_last()

    def _hear_the_last(self) -> None:
        if self._listener is not None:
            self._listener.join()

    def _start(self) -> None:
        self._process = process = subprocess.Popen(
            [*COMMAND, "serve"], stderr=subprocess.PIPE, text=True, env=environment(**self._settings)
        )
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("Serving "):
                self._listener = Thread(target=self._listen, args=(process,), daemon=True)
                self._listener.start()
                return
            self.said.append(line)
        raise AssertionError(f"the replica has ended: {''.join(self.said)}")

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr:
            self.said.extend(process.stderr)


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A caller: which user of Outreach they are, and what they send to say who they are."""

    user: int
    credential: str = field(repr=False)


@dataclass(slots=True)
class Deployment:
    """All that runs."""

    nginx: NginxServer
    redis: RedisServer
    replicas: list[Replica]
    state: State
    provider: Provider
    outreach_url: str
    keys_file: Path

    async def restart(self, replica: Replica) -> None:
        """End a replica as an orchestrator does, and start it again."""
        replica.terminate()
        await replica.end()
        await replica.start()

    async def join(self, user: int, *, by_key: bool) -> TeamMember:
        """Give somebody a key or a token, and the connection of a user in Outreach, whose tokens are over already."""
        name = f"user{user}"
        if by_key:
            credential = add_key(self.keys_file, name, email_of(user))
            subject = next(key for key in read_keys(self.keys_file) if key.name == name).caller.subject
        else:
            person = Person(f"subject-{user}", email_of(user), name)
            credential = self.provider.token(person, f"{self.nginx.url}/mcp", life=7200)
            subject = f"{self.provider.issuer} {person.subject}"
        connection = CallerConnection(
            secrets.token_hex(8),
            subject,
            name,
            OutreachUser(user, name, email_of(user)),
            frozenset(_SCOPES.split()),
            datetime.now(UTC),
            await self._tokens_of(user),
        )
        await anyio.to_thread.run_sync(self.state.connections.connect, connection)
        return TeamMember(user, credential)

    async def _tokens_of(self, user: int) -> StoredTokens:
        app = {"client_id": "sandbox", "redirect_uri": f"{self.nginx.url}/connect/outreach"}
        async with httpx.AsyncClient(base_url=self.outreach_url) as http:
            asked = app | {"response_type": "code", "scope": _SCOPES, "decision": "allow", "user": str(user)}
            consented = await http.post("/oauth/authorize", data=asked)
            (code,) = parse_qs(urlsplit(consented.headers["location"]).query)["code"]
            traded = app | {"client_secret": "sandbox", "grant_type": "authorization_code", "code": code}
            pair = (await http.post("/oauth/token", data=traded)).raise_for_status().json()
        now = datetime.now(UTC)
        life = timedelta(hours=2)
        return StoredTokens(pair["refresh_token"], pair["access_token"], expires_at=now, minted_at=now - life)


@asynccontextmanager
async def deployed(folder: Path, *, users: int, prospects: int = 20, **settings: str) -> AsyncGenerator[Deployment]:
    """Run everything; `settings` are more variables for the replicas."""
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(running_redis())
        outreach = stack.enter_context(_Outreach(users, prospects))
        provider = Provider()
        provider.issuer = (await stack.enter_async_context(running(provider.app(), Ending(), seconds=math.inf))).url
        port = free_port()
        keys_file = folder / "keys.json"
        add_key(keys_file, "nobody", "nobody@example.com")
        variables = {
            "OUTREACH_API_URL": outreach,
            "OUTREACH_CLIENT_ID": "sandbox",
            "OUTREACH_CLIENT_SECRET": "sandbox",
            "OUTREACH_MCP_TRANSPORT": "http+sse",
            "OUTREACH_MCP_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "OUTREACH_MCP_AUTH_ISSUER": provider.issuer,
            "OUTREACH_MCP_AUTH_CLIENT_ID": "outreach-mcp",
            "OUTREACH_MCP_KEYS_FILE": str(keys_file),
            "OUTREACH_MCP_STORE": redis.url,
            "OUTREACH_MCP_ENCRYPTION_KEY": ENCRYPTION_KEY,
            "OUTREACH_MCP_CALLS_PER_MINUTE": "100000",
            "OUTREACH_MCP_DRAIN_SECONDS": str(DRAIN_SECONDS),
        } | settings
        replicas = [Replica(variables), Replica(variables)]
        for replica in replicas:
            stack.callback(replica.kill)
            await replica.start()
        nginx = stack.enter_context(running_nginx([replica.port for replica in replicas], port))
        state = state_of(redis.url)
        stack.callback(state.close)
        yield Deployment(nginx, redis, replicas, state, provider, outreach.removesuffix("/api/v2"), keys_file)


class _Outreach:
    def __init__(self, users: int, prospects: int) -> None:
        command = [sys.executable, "-m", "tests.long.posing_outreach", str(users), str(prospects)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ)

    def __enter__(self) -> str:
        assert self._process.stdout is not None
        url = self._process.stdout.readline().strip()
        assert url, "the sandbox has ended"
        return url

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
