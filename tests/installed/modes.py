"""Every mode that the documents describe, each started as it is installed and used by a real client."""

import json
import re
import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE

import anyio
import httpx
from anyio import open_process, run_process
from anyio.abc import ByteReceiveStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp import Client, StdioServerParameters
from mcp_types import TextContent

from outreach_tools.toolsets import OPT_IN, all_tools
from tests.callers.identity.provider import ALICE, Provider
from tests.callers.pages.team import LINK, VIC, environment_of, heading, onward, visitor
from tests.callers.state.stores import ENCRYPTION_KEY
from tests.installed import batch
from tests.installed.environments import Installation
from tests.support.processes import SECONDS, environment
from tests.support.redis_server import running_redis
from tests.support.serving import Path as Way
from tests.support.serving import client

EXTRAS = {
    "outreach_mcp.http.shared_rate": "limits",
    "outreach_mcp.callers.state.redis_store": "redis",
    "outreach_mcp.observability.metrics": "prometheus_client",
}
"""The modules that an extra is for, and what each lacks without it."""

PUBLIC = "https://mcp.example.com"
HOST = {"Host": "mcp.example.com"}
TOOLS = len(all_tools()) - len(OPT_IN)

_SECONDS = 3 * SECONDS
"""For one step: the first processes of an environment compile all that they import."""


@dataclass(frozen=True, slots=True)
class World:
    """The surroundings of the server: an Outreach that poses as the real one, and an identity provider."""

    outreach: str
    provider: Provider
    key_file: Path


@dataclass(slots=True)
class Trial:
    """One installation, tried in a folder of its own; `tried` counts the modes that work."""

    it: Installation
    world: World
    folder: Path
    tried: int = 0
    _real: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the variables of a server on the posing Outreach."""
        self._real = {"OUTREACH_API_URL": f"{self.world.outreach}/api/v2", "OUTREACH_ACCESS_TOKEN": "sandbox"}

    async def without_extras(self) -> None:
        """Try every mode that needs no extra, and what those say that do; raises `AssertionError`."""
        await self._commands()
        await self._own_sandbox()
        sandbox = {"OUTREACH_MCP_SANDBOX": "1"}
        await self._stdio(sandbox)
        await self._over_http(sandbox, "http", ["/mcp"])
        await self._over_http(sandbox, "sse", ["/sse"])
        await self._over_http(sandbox, "http+sse", ["/mcp", "/sse"])
        await self._stdio(self._real)
        await self._many_callers()
        await self._service_account(self._real, metrics=501)
        await self._demo()

    async def with_extras(self) -> None:
        """Try what the extras are for, after they were installed."""
        if shutil.which("redis-server") is None:
            print(f"{self.it.name}: redis-server is not installed, so Redis was not tried")
            await self._service_account(self._real, metrics=200)
            return
        with running_redis() as redis:
            await self._service_account({**self._real, "OUTREACH_MCP_STORE": redis.url}, metrics=200)
            await self._commands_of_redis(redis.url)

    async def _commands(self) -> None:
        keys = ("--keys-file", str(self.folder / "keys.json"))
        mailings = '{"filters": [{"field": "state", "criteria": "delivered"}], "fields": ["bodyHtml"], "page_size": 2}'
        update = '{"prospect_id": 456, "attributes": {"title": "VP Sales"}}'
        key = {"OUTREACH_MCP_ENCRYPTION_KEY": ENCRYPTION_KEY}
        state = {**key, "OUTREACH_MCP_STORE": str(self.folder / "list.sqlite3")}
        nobody = {"OUTREACH_MCP_TOKEN_FILE": str(self.folder / "tokens.json")}
        signing = {
            "OUTREACH_API_URL": f"{self.world.outreach}/api/v2",
            "OUTREACH_S2S_GUID": "the-app",
            "OUTREACH_S2S_KEY_FILE": str(self.world.key_file),
            "OUTREACH_INSTALL_ID": "4711",
        }
        redis = {**key, "OUTREACH_MCP_STORE": "redis://127.0.0.1:1"}
        commands: list[tuple[Sequence[str], dict[str, str], int, str]] = [
            (["--version"], {}, 0, "outreach-mcp "),
            (["--help"], {}, 0, "commands:"),
            (["tools", "--json"], {}, 0, '"inputSchema"'),
            (["login", "--scopes"], nobody, 0, "prospects.read"),
            (["login"], nobody, 1, "OUTREACH_CLIENT_ID"),
            (["logout"], nobody, 0, "Nobody is logged in"),
            (["keys", "add", "kim", "--email", "kim@example.com", *keys], {}, 0, "omcp_"),
            (["keys", "list", *keys], {}, 0, "kim@example.com"),
            (["keys", "remove", "kim", *keys], {}, 0, "is no longer accepted"),
            (["connections", "list"], state, 0, "Nobody is connected."),
            (["connections", "remove", "kim"], state, 2, "is not connected"),
            (["connections", "list"], redis, 2, "install `outreach-mcp[redis]`"),
            (["doctor", "--sandbox"], {}, 0, f"the settings offer {TOOLS} of {TOOLS} tools"),
            (["doctor", "--json"], {**nobody, **signing}, 0, '"ok": true'),
            (["call", "list_users"], {**nobody, **signing}, 0, '"returned":'),
            (["call", "get_connection"], self._real, 0, '"organisation"'),
            (["call", "--sandbox", "list_mailings", mailings], {}, 0, '"bodyHtml"'),
            (
                ["call", "--sandbox", "--time-zone", "Europe/Berlin", "update_prospect", update],
                {"OUTREACH_MCP_JOURNAL": str(self.folder / "journal")},
                0,
                "VP Sales",
            ),
        ]
        asked = json.dumps([(arguments, variables) for arguments, variables, _, _ in commands])
        ended = await self._ended(str(self.it.python), batch.__file__ or "", stdin=asked)
        missing, results = json.loads(ended)
        assert missing == EXTRAS, f"what cannot be imported: {missing}"
        for (arguments, _, code, said), (found, out, err) in zip(commands, results, strict=True):
            shown = f"{' '.join(arguments)}: exit code {found}, {out[:300]!r}, {err[:2000]!r}"
            assert (found, said in out + err) == (code, True), shown
            self.tried += 1

    async def _own_sandbox(self) -> None:
        async with self._started("sandbox", "--port", "0") as process:
            variables = {"OUTREACH_API_URL": await _line(process.stdout), "OUTREACH_ACCESS_TOKEN": "sandbox"}
            found = json.loads(await self._ended(str(self.it.command), "call", "list_users", variables=variables))
            assert found["returned"] > 0
        self.tried += 1

    async def _demo(self) -> None:
        assert "Together: " in await self._ended(str(self.it.command), "demo")
        self.tried += 1

    async def _stdio(self, variables: dict[str, str]) -> None:
        environ = environment(**variables)
        async with Client(StdioServerParameters(command=str(self.it.command), args=["serve"], env=environ)) as it:
            await _use(it)
        self.tried += 1

    async def _over_http(self, variables: dict[str, str], transport: str, ways: list[Way]) -> None:
        async with self._serving(transport, variables) as url:
            for way in ways:
                async with client(url, (way, "auto")) as it:
                    await _use(it)
        self.tried += 1

    async def _many_callers(self) -> None:
        """Connect a caller with a token in the browser, as the documents describe it, and one with a key."""
        key = (
            await self._ended(
                str(self.it.command),
                *("keys", "add", "vic", "--email", "vic@us.example", "--keys-file", str(self.folder / "keys.json")),
            )
        ).strip()
        variables = environment_of(PUBLIC, self.world.provider, self.world.outreach, self.folder)
        token = self.world.provider.token(ALICE, f"{PUBLIC}/mcp")
        async with self._serving("http+sse", variables) as url, visitor(ALICE, VIC) as browser:
            async with httpx.AsyncClient() as http:
                assert (await http.post(f"{url}/mcp", json={}, headers=HOST)).status_code == 401
            assert LINK.search(await _said_to(url, key))
            found = LINK.search(await _said_to(url, token))
            assert found
            ticket = httpx.URL(found[1]).params["ticket"]
            begun = await browser.http.post(f"{url}/connect", data={"ticket": ticket}, headers=HOST)
            back = await browser.sign_in(onward(begun))
            signed_in = await browser.http.get(back.replace(PUBLIC, url), headers={**HOST, **_cookie(begun)})
            consented = await browser.decide(onward(signed_in))
            end = await browser.http.get(consented.replace(PUBLIC, url), headers={**HOST, **_cookie(begun)})
            last = await browser.http.get(f"{url}/connect/done", headers={**HOST, **_cookie(end)})
            assert heading(last) == (200, "Your Outreach account is connected")
            assert "vic@us.example" in await _said_to(url, token)
        self.tried += 1

    async def _service_account(self, variables: dict[str, str], *, metrics: int) -> None:
        key = {"OUTREACH_MCP_ENCRYPTION_KEY": ENCRYPTION_KEY} if "OUTREACH_MCP_STORE" in variables else {}
        account = {
            **variables,
            **key,
            "OUTREACH_MCP_PUBLIC_URL": PUBLIC,
            "OUTREACH_MCP_AUTH_ISSUER": self.world.provider.issuer,
            "OUTREACH_MCP_SERVICE_ACCOUNT": "1",
        }
        token = self.world.provider.token(ALICE, f"{PUBLIC}/mcp")
        async with self._serving("http", account) as url:
            assert '"user"' in await _said_to(url, token)
            async with httpx.AsyncClient() as http:
                answer = await http.get(f"{url}/metrics", headers=HOST)
        said = "outreach_mcp_calls_total" if metrics == 200 else "install `outreach-mcp[metrics]`"
        assert (answer.status_code, said in answer.text) == (metrics, True), answer.text
        self.tried += 1

    async def _commands_of_redis(self, url: str) -> None:
        variables = {"OUTREACH_MCP_ENCRYPTION_KEY": ENCRYPTION_KEY, "OUTREACH_MCP_STORE": url}
        await self._ended(str(self.it.command), "connections", "list", variables=variables)
        self.tried += 1

    @asynccontextmanager
    async def _serving(self, transport: str, variables: dict[str, str]) -> AsyncGenerator[str]:
        async with self._started("serve", "--transport", transport, "--port", "0", **variables) as process:
            said = await _line(process.stderr)
            listening = re.match(r"Serving (http://[^/]+)/", said)
            assert listening, said
            yield listening[1]

    @asynccontextmanager
    async def _started(self, *arguments: str, **variables: str) -> AsyncGenerator[Process]:
        async with await open_process(
            [str(self.it.command), *arguments], stdout=PIPE, stderr=PIPE, env=environment(**variables), cwd=self.folder
        ) as process:
            try:
                yield process
            finally:
                process.terminate()

    async def _ended(self, *command: str, stdin: str = "", variables: dict[str, str] | None = None) -> str:
        """Run a command that has to succeed, and return its stdout."""
        environ = environment(**(variables or {}))
        with anyio.fail_after(_SECONDS):
            ended = await run_process(command, input=stdin.encode(), check=False, env=environ, cwd=self.folder)
        assert ended.returncode == 0, f"{' '.join(command[1:])}: {ended.stderr.decode()}"
        return ended.stdout.decode()


async def _use(it: Client) -> None:
    assert len((await it.list_tools()).tools) == TOOLS
    answer = await it.call_tool("list_prospects", {"page_size": 1})
    (content,) = answer.content
    assert isinstance(content, TextContent)
    assert not answer.is_error, content.text
    assert json.loads(content.text)["returned"] == 1


async def _said_to(url: str, credential: str) -> str:
    async with client(url, ("/mcp", "auto"), headers={"Authorization": f"Bearer {credential}"}) as it:
        (content,) = (await it.call_tool("get_connection", {})).content
    assert isinstance(content, TextContent)
    return content.text


def _cookie(answer: httpx.Response) -> dict[str, str]:
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


async def _line(stream: ByteReceiveStream | None) -> str:
    assert stream is not None
    with anyio.fail_after(_SECONDS):
        return (await BufferedByteReceiveStream(stream).receive_until(b"\n", 10_000)).decode()
