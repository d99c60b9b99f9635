"""The command `serve` with callers of their own: two processes over one store, as replicas behind a balancer."""

import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import anyio
import httpx
from mcp_types import TextContent

from outreach_mcp.callers.identity.key_giving import add_key
from outreach_mcp.http.shutdown import Ending
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.switches import Switches
from outreach_sandbox.transport import on_a_port
from tests.callers.identity.provider import ALICE, provided
from tests.callers.pages.team import LINK, VIC, environment_of, heading, onward, registered, visitor
from tests.sandbox.service import ORGANISATION
from tests.support.journals import ended
from tests.support.processes import COMMAND, SECONDS, environment, run
from tests.support.serving import client, running
from tests.support.stores import sandbox_store
from tests.support.workbench import NOW

PUBLIC = "https://mcp.example.com"
PUBLIC_HOST = {"Host": "mcp.example.com"}


@asynccontextmanager
async def replica(environ: dict[str, str]) -> AsyncGenerator[str]:
    """A server in a process of its own, by the address that it listens on."""
    async with await anyio.open_process(
        [*COMMAND, "serve", "--port", "0"], stdout=PIPE, stderr=PIPE, env=environ
    ) as it:
        assert it.stderr is not None
        said = ""
        while not (listening := re.search(r"Serving (http://\S+)/mcp", said)):
            said += (await it.stderr.receive()).decode()
        try:
            yield listening[1]
        finally:
            it.terminate()


async def said_to(url: str, credential: str, tool: str = "get_connection", **arguments: Any) -> str:
    async with client(url, ("/mcp", "auto"), headers={"Authorization": f"Bearer {credential}"}) as it:
        (content,) = (await it.call_tool(tool, arguments)).content
    assert isinstance(content, TextContent)
    return content.text


async def test_any_replica_takes_the_next_step(tmp_path: Path) -> None:
    store = sandbox_store(ORGANISATION)
    sandbox = on_a_port(build_sandbox(store, clock=lambda: NOW, switches=Switches(mint_interval=0)))
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(provided())
        outreach = await stack.enter_async_context(running(sandbox, Ending()))
        provider.clients.append(registered(PUBLIC))
        settings = environment_of(PUBLIC, provider, outreach.url, tmp_path)
        del settings["OUTREACH_MCP_KEYS_FILE"]
        environ = environment(**settings)
        with anyio.fail_after(SECONDS):
            one = await stack.enter_async_context(replica(environ))
            other = await stack.enter_async_context(replica(environ))
            token = provider.token(ALICE, f"{PUBLIC}/mcp")
            found = LINK.search(await said_to(one, token))
            assert found
            browser = await stack.enter_async_context(visitor(ALICE, VIC))
            # Each request goes to the other replica than the one before; the cookie travels as a browser sends it.
            ticket = httpx.URL(found[1]).params["ticket"]
            begun = await browser.http.post(f"{other}/connect", data={"ticket": ticket}, headers=PUBLIC_HOST)
            cookie = begun.headers["Set-Cookie"].partition(";")[0]
            headers = {**PUBLIC_HOST, "Cookie": cookie}
            back = await browser.sign_in(onward(begun))
            signed_in = await browser.http.get(back.replace(PUBLIC, one), headers=headers)
            consented = await browser.decide(onward(signed_in))
            end = await browser.http.get(consented.replace(PUBLIC, other), headers=headers)
            last = await browser.http.get(
                f"{one}/connect/done", headers={**PUBLIC_HOST, "Cookie": end.headers["Set-Cookie"].partition(";")[0]}
            )
            assert heading(last) == (200, "Your Outreach account is connected")
            assert ["vic@us.example" in await said_to(url, token) for url in (one, other)] == [True, True]
            shown = await anyio.to_thread.run_sync(lambda: run("connections", "list", environ=settings))
            assert re.fullmatch(
                r"Alice Arden  Vic Moss <vic@us\.example>  since \S+  renewed \S+  http://\S+ alice-1\n", shown.stdout
            )
    store.close()


async def test_with_a_service_account_all_work_as_that_one_and_the_journal_names_each(tmp_path: Path) -> None:
    keys = {name: add_key(tmp_path / "keys.json", name, f"{name}@us.example") for name in ("ana", "ben")}
    store, journal = sandbox_store(ORGANISATION), tmp_path / "journal.jsonl"
    async with running(on_a_port(build_sandbox(store, clock=lambda: NOW)), Ending()) as outreach:
        environ = environment(
            OUTREACH_MCP_TRANSPORT="http",
            OUTREACH_MCP_PUBLIC_URL=PUBLIC,
            OUTREACH_MCP_KEYS_FILE=str(tmp_path / "keys.json"),
            OUTREACH_MCP_SERVICE_ACCOUNT="1",
            OUTREACH_ACCESS_TOKEN="sandbox",
            OUTREACH_API_URL=f"{outreach.url}/api/v2",
            OUTREACH_MCP_JOURNAL=str(journal),
        )
        with anyio.fail_after(SECONDS):
            async with replica(environ) as url:
                for name, key in keys.items():
                    await said_to(url, key, "create_account", attributes={"name": f"Of {name}"})
    assert [(each["caller"], each["user"]) for each in ended(journal)] == [("ana", 1), ("ben", 1)]
    store.close()
