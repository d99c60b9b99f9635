"""Over HTTP: what cannot be read is answered, each client is answered in a form it takes, no change is torn."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.tokens.source import BearerToken
from outreach_mcp.clock import Clock
from outreach_mcp.guard.journal import Journal
from outreach_mcp.guard.policy import Policy
from outreach_mcp.http.accepting import Accepted, accepted
from outreach_mcp.http.shutdown import Ending
from outreach_mcp.protocol.server import Guard, build_server
from outreach_sandbox.app import build_sandbox
from outreach_sandbox.faults import Fault, Faults
from outreach_sandbox.store import Store
from outreach_tools.toolsets import all_tools
from tests.protocol.test_envelopes import READABLE, UNREADABLE
from tests.sandbox.service import ORGANISATION
from tests.stdio.messages import ERAS, Era, calling, request
from tests.stdio.pipes import Held
from tests.support.journals import outcomes
from tests.support.processes import SECONDS
from tests.support.serving import WAYS, Path, Served, client, only, served, small_server
from tests.support.serving import Era as Wire
from tests.support.stores import sandbox_store
from tests.support.workbench import API, NOW

BOTH = "application/json, text/event-stream"


def headers(era: Era, accept: str | None = BOTH, method: str = "tools/list", name: str = "") -> dict[str, str]:
    known = {"Content-Type": "application/json"} | ({} if accept is None else {"Accept": accept})
    if era == "new":
        known |= {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method} | ({"Mcp-Name": name} if name else {})
    return known


async def posted(url: str, body: bytes | dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(timeout=SECONDS) as http:
        del http.headers["accept"]
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await http.post(url, content=content, headers=headers)


def message_in(answer: httpx.Response) -> dict[str, Any]:
    """The message that an answer holds, whatever its form."""
    text = answer.text
    if answer.headers["content-type"].startswith("text/event-stream"):
        (text,) = (line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: "))
    message: dict[str, Any] = json.loads(text)
    return message


@pytest.fixture(scope="module")
async def url(anyio_backend: str) -> AsyncGenerator[str]:
    """A small server over both transports."""
    async with served(only(small_server("read"))) as it:
        yield it.url


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("kind", [*UNREADABLE, "nothing", "blanks"])
async def test_a_body_that_cannot_be_read_is_refused_with_its_id(url: str, era: Era, kind: str) -> None:
    data, code, number = {**UNREADABLE, "nothing": (b"", -32700, None), "blanks": (b" \n", -32700, None)}[kind]
    answer = await posted(f"{url}/mcp", data, headers(era))
    said = answer.json()
    assert (answer.status_code, said["id"], said["error"]["code"]) == (400, number, code)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("kind", READABLE)
async def test_a_body_that_can_be_read_is_answered_as_what_it_asks(url: str, era: Era, kind: str) -> None:
    answer = await posted(f"{url}/mcp", READABLE[kind], headers(era, method="ping"))
    assert message_in(answer)["id"] == json.loads(READABLE[kind].strip().decode("utf-8-sig"))["id"]


@pytest.mark.parametrize("kind", [*UNREADABLE, "nothing"])
async def test_over_sse_too_what_cannot_be_read_is_refused(url: str, kind: str) -> None:
    data, code, number = {**UNREADABLE, "nothing": (b"", -32700, None)}[kind]
    async with httpx.AsyncClient(timeout=SECONDS) as http, http.stream("GET", f"{url}/sse") as stream:
        place = ""
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                place = line.removeprefix("data: ")
                break
        answer = await posted(url + place, data, {"Content-Type": "application/json"})
    said = answer.json()
    assert (answer.status_code, said["id"], said["error"]["code"]) == (400, number, code)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/*", "application/json"),
        ("APPLICATION/JSON; q=0.2", "application/json"),
        ("application/json;q=0.9, text/event-stream;q=0", "application/json"),
        ("text/html, application/json", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("text/event-stream", "text/event-stream"),
        ("text/*", "text/event-stream"),
        ("text/event-stream, application/json;q=0", "text/event-stream"),
    ],
)
async def test_a_client_is_answered_in_the_form_that_it_takes(
    url: str, era: Era, accept: str | None, form: str
) -> None:
    for body, method, name in (
        (request(era, 1, "tools/list"), "tools/list", ""),
        (calling(era, 1, "read"), "tools/call", "read"),  # which tells of its progress
    ):
        answer = await posted(f"{url}/mcp", body, headers(era, accept, method, name))
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, form)
        assert "result" in message_in(answer)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "lines",
    [
        ["text/event-stream", "application/json"],
        ["application/json", "text/event-stream"],
        ["text/html", "*/*"],
        ["", BOTH],
        ["application/json;q=0.5", "text/html", "text/*"],
    ],
)
async def test_lines_of_accept_are_one_list(url: str, era: Era, lines: list[str]) -> None:
    repeated = [*headers(era, None).items(), *(("Accept", line) for line in lines)]
    async with httpx.AsyncClient(timeout=SECONDS) as http:
        del http.headers["accept"]
        answer = await http.post(f"{url}/mcp", content=json.dumps(request(era, 1, "tools/list")), headers=repeated)
    assert answer.status_code == 200, answer.text
    assert "result" in message_in(answer)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", "*/*;q=0", "application/json;q=0"])
async def test_who_takes_neither_form_is_told_so(url: str, era: Era, accept: str) -> None:
    answer = await posted(f"{url}/mcp", request(era, 1, "tools/list"), headers(era, accept))
    assert (answer.status_code, answer.json()) == (
        406,
        {"error": "Answers are application/json or text/event-stream; the Accept header takes neither."},
    )


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ([BOTH], Accepted(json=True, sse=True)),
        (["application/json", "text/event-stream"], Accepted(json=True, sse=True)),
        (["application/*, text/*"], Accepted(json=True, sse=True)),
        (["*/*, application/json;q=0"], Accepted(json=False, sse=True)),
        (["*/*, text/event-stream;q=0"], Accepted(json=True, sse=False)),
        (["application/json;q=many"], Accepted(json=True, sse=False)),
        ([",;,"], Accepted(json=True, sse=False)),
    ],
)
def test_what_a_header_takes(given: list[str], taken: Accepted) -> None:
    assert accepted(tuple(line.encode() for line in given)) == taken


class World:
    """A server over HTTP whose sandbox holds a change for as long as a test wants."""

    def __init__(self, it: Served, held: Held, outreach: OutreachClient, store: Store) -> None:
        self.it = it
        self.held = held
        self.outreach = outreach
        self.store = store

    def title(self) -> Any:
        ((title,),) = self.store.rows("SELECT title FROM prospect WHERE id = 1")
        return title


@asynccontextmanager
async def world(journal: Any, *, grace_seconds: int = 5) -> AsyncGenerator[World]:
    """Serve over both transports."""
    held, faults, store = Held(), Faults(), sandbox_store(ORGANISATION)
    faults.add(Fault(effect="hang", method="PATCH"))
    sandbox = build_sandbox(store, clock=lambda: NOW, sleep=held.hold, faults=faults)
    outreach = OutreachClient(
        API, BearerToken(SecretStr("sandbox")), transport=httpx.ASGITransport(sandbox), clock=Clock(now=lambda: NOW)
    )
    guard = Guard(Policy.of(), "never", journal=Journal(journal))
    server = build_server(all_tools(), outreach, guard, now=lambda: NOW)
    async with served(only(server), grace_seconds=grace_seconds, ending=Ending(outreach.give_up)) as it:
        yield World(it, held, outreach, store)
    await outreach.aclose()
    store.close()


UPDATE = {"prospect_id": 1, "attributes": {"title": "VP"}}


@pytest.mark.parametrize("way", WAYS)
async def test_a_change_of_a_client_that_goes_away_is_made_and_on_record(tmp_path: Any, way: tuple[Path, Wire]) -> None:
    journal = tmp_path / "journal"
    async with world(journal) as the:
        async with client(the.it.url, way) as it, anyio.create_task_group() as calls:
            calls.start_soon(it.call_tool, "update_prospect", UPDATE)
            await the.held.came.wait()
            calls.cancel_scope.cancel()
        the.held.released.set()
    assert outcomes(journal) == ["done"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_change_that_outlasts_the_grace_is_answered_with_how_far_it_came(
    tmp_path: Any, way: tuple[Path, Wire]
) -> None:
    journal, said = tmp_path / "journal", list[Any]()

    async def update(it: Any) -> None:
        said.append(await it.call_tool("update_prospect", UPDATE))

    async with world(journal, grace_seconds=0) as the:
        async with client(the.it.url, way) as it, anyio.create_task_group() as calls:
            calls.start_soon(update, it)
            await the.held.came.wait()
            the.it.stop()
        await the.it.ended.wait()
        assert the.title() == "CEO"
    ((content,),) = (each.content for each in said)
    assert content.text.startswith("PATCH /prospects/1 may or may not have happened: this server was told to end")
    assert outcomes(journal) == ["unknown"]
