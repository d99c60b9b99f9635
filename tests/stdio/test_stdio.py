"""The server as a process, over stdio, with a real client of each protocol era."""

import json
import os
import pty
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client, MCPError, StdioServerParameters
from mcp_types import INVALID_PARAMS, TextContent

from outreach_tools.toolsets import all_tools, told_last, toolsets
from tests.protocol.test_envelopes import READABLE, UNREADABLE
from tests.stdio import messages
from tests.stdio.messages import ERAS, calling, lines, opening, request
from tests.support.counts import few_or_many
from tests.support.processes import COMMAND, SECONDS, environment, line_of, pinned, started

SERVER = StdioServerParameters(command=sys.executable, args=["-m", "outreach_mcp", *pinned(["serve", "--sandbox"])])
Era = Literal["legacy", "auto"]
VERSIONS: tuple[tuple[Era, str], ...] = (("legacy", "2025-11-25"), ("auto", "2026-07-28"))
HANDSHAKE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


@pytest.mark.parametrize(("era", "version"), VERSIONS)
async def test_a_client_lists_all_tools_and_calls_them(era: Era, version: str) -> None:
    async with Client(SERVER, mode=era, read_timeout_seconds=SECONDS) as client:
        listed = await client.list_tools()
        result = await client.call_tool("list_prospects", {"page_size": 3})
        assert client.protocol_version == version
    assert [tool.name for tool in listed.tools] == [
        tool.name for tool in sorted(all_tools(), key=told_last) if tool.name in toolsets()["default"]
    ]
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert (result.is_error, json.loads(content.text)["returned"]) == (False, 3)


@pytest.mark.parametrize(("era", "_version"), VERSIONS)
async def test_an_unknown_tool_is_a_protocol_error_on_the_wire(era: Era, _version: str) -> None:
    async with Client(SERVER, mode=era, read_timeout_seconds=SECONDS) as client:
        with pytest.raises(MCPError) as refused:
            await client.call_tool("swim", {})
    assert refused.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_server_while_the_client_is_silent(number: signal.Signals) -> None:
    with started("serve", "--sandbox") as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(HANDSHAKE) + "\n")
        process.stdin.flush()
        assert '"serverInfo"' in line_of(process)
        process.send_signal(number)
        assert process.wait(SECONDS) == 128 + number


def test_the_server_ends_when_the_client_closes_its_stdin() -> None:
    with started("serve", "--sandbox") as process:
        out, err = process.communicate(json.dumps(HANDSHAKE) + "\n", timeout=SECONDS)
    assert (process.returncode, err, out.count("\n")) == (0, "", 1)


def test_started_by_hand_it_says_that_it_waits_for_a_client() -> None:
    person, terminal = pty.openpty()
    try:
        with started("serve", "--sandbox", stdin=terminal) as process:
            assert process.stderr is not None
            assert process.stderr.readline() == (
                "Waiting for an MCP client on stdin; Ctrl-C ends it. For people: outreach-mcp demo, tools, call.\n"
            )
    finally:
        os.close(person)
        os.close(terminal)


class Server:
    """The server as a process; requests and answers are lines of bytes."""

    def __init__(self, era: messages.Era, *arguments: str, **variables: str) -> None:
        self.era: messages.Era = era
        self.process = subprocess.Popen(
            [*COMMAND, *pinned(["serve", *arguments])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(**variables),
        )
        self._pings = 0
        self.log: list[bytes] = []
        self._logging = threading.Thread(target=self._read_log)
        self._logging.start()

    def say(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        message: dict[str, Any] = json.loads(self.process.stdout.readline())
        return message

    def answers_before_the_next(self, data: bytes) -> list[dict[str, Any]]:
        """Return the answers to a line, until a request that comes after it is answered."""
        self._pings += 1
        number = f"after {self._pings}"
        self.say(data + b"\n" + lines(request(self.era, number, "tools/list")))
        answers: list[dict[str, Any]] = []
        while (answer := self.hear())["id"] != number:
            answers.append(answer)
        assert answer["result"]["tools"]
        return answers

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(self.process.stderr)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._logging.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()


@pytest.fixture(scope="module", params=ERAS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server with few tools, whose client has opened in one of the eras."""
    it = Server(request.param, "--sandbox", "--tools", "get_prospect")
    it.say(lines(*opening(it.era)))
    assert it.hear()["id"] == "hello"
    yield it
    it.end()


@pytest.mark.parametrize("end", [b"", b"\r"])
@pytest.mark.parametrize("kind", UNREADABLE)
def test_each_line_that_cannot_be_read_is_answered_once(server: Server, kind: str, end: bytes) -> None:
    data, code, number = UNREADABLE[kind]
    (answer,) = server.answers_before_the_next(data.replace(b"\n", b" ") + end)
    assert (answer["id"], answer["error"]["code"]) == (number, code)


@pytest.mark.parametrize("kind", READABLE)
def test_each_line_that_can_be_read_is_answered_as_what_it_asks(server: Server, kind: str) -> None:
    data = READABLE[kind]
    (answer,) = server.answers_before_the_next(data)
    # `ping` is not part of 2026-07-28, and there every request names its version.
    assert "result" in answer if server.era == "old" else answer["error"]["code"] in (-32601, -32602)


NAMES: list[Any] = [1, None, [], {}, "swim", "get_prospect"]
ARGUMENTS: list[Any] = [1, "x", [], None, {}, {"prospect_id": {}}, {"prospect_id": []}, {"\u0000": 1}]
PARAMETERS: list[Any] = [
    *[None, {}, {"_meta": 1}, {"_meta": []}, {"_meta": {}}, {"cursor": 1}, {"cursor": {}}],
    *({"name": name, "arguments": arguments} for name in NAMES for arguments in ARGUMENTS),
]
METHODS = [
    "initialize", "server/discover", "ping", "tools/list", "tools/call", "resources/list", "resources/read",
    "resources/templates/list", "resources/subscribe", "prompts/list", "prompts/get", "completion/complete",
    "logging/setLevel", "subscriptions/listen", "tasks/get", "roots/list", "sampling/createMessage",
    "elicitation/create", "notifications/initialized", "notifications/cancelled", "", "no/such/method", "\u0000",
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_a_request_of_any_method_is_answered_once_whatever_its_parameters(server: Server, method: str) -> None:
    asked: dict[str, dict[str, Any]] = {}
    for place, parameters in enumerate(PARAMETERS):
        asked[f"{place} enveloped"] = request(server.era, f"{place} enveloped", method, **(parameters or {}))
        asked[f"{place} plain"] = {**request(server.era, f"{place} plain", method), "params": parameters}
    answers = server.answers_before_the_next(lines(*asked.values()).rstrip(b"\n"))
    assert sorted(answer["id"] for answer in answers) == sorted(asked)
    assert [asked[each["id"]] for each in answers if ("result" in each) == ("error" in each)] == []


@pytest.mark.parametrize(
    "silent",
    [
        b"",
        b"   ",
        b"\r",
        b'{"jsonrpc":"2.0","method":"no/such/notification"}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{"a":1}}}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1e999}}',
        b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":[]}}',
        b'{"jsonrpc":"2.0","method":"tools/call","params":{"name":"get_prospect"}}',
        b'{"jsonrpc":"2.0","id":99,"result":{}}',
        b'{"jsonrpc":"2.0","id":99,"error":{"code":-1,"message":"no"}}',
        b'{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"no"}}',
        b'{"jsonrpc":"2.0","id":99,"result":null}',
        b'{"jsonrpc":"2.0","id":[],"error":7}',
    ],
)
def test_notifications_and_answers_are_not_answered(server: Server, silent: bytes) -> None:
    assert server.answers_before_the_next(silent) == []


def test_a_line_that_is_too_long_is_answered_and_takes_no_memory(server: Server) -> None:
    before = memory_of(server.process.pid)
    server.say(b'{"jsonrpc":"2.0","id":5,"method":"' + b"x" * (256 * 1024))
    for _ in range(30):
        server.say(b"x" * (256 * 1024))
    (answer,) = server.answers_before_the_next(b'"}')
    assert (answer["id"], answer["error"]["code"]) == (None, -32600)
    assert "longer than 262144 bytes" in answer["error"]["message"]
    assert memory_of(server.process.pid) - before < 32 * 1024 * 1024


@pytest.mark.parametrize("number", [b"5", b'"five"'])
def test_a_message_that_is_too_long_is_answered_with_its_id_wherever_that_stands(server: Server, number: bytes) -> None:
    parts = [b'"id":' + number, b'"method":"tools/call"', b'"params":{"name":"' + b"x" * (5 * 1024 * 1024) + b'"}']
    for message in (parts, parts[::-1]):
        (answer,) = server.answers_before_the_next(b'{"jsonrpc":"2.0",' + b",".join(message) + b"}")
        assert (answer["id"], answer["error"]["code"]) == (json.loads(number), -32600)


def test_an_answer_that_is_too_long_is_not_answered(server: Server) -> None:
    long = b'{"jsonrpc":"2.0","id":99,"result":{"content":"' + b"x" * (5 * 1024 * 1024) + b'"}}'
    assert server.answers_before_the_next(long) == []


def memory_of(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


@settings(max_examples=few_or_many(50, 500), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=40).map(lambda data: data.replace(b"\n", b"")))
def test_any_bytes_are_answered_with_one_error_or_are_blank(server: Server, data: bytes) -> None:
    answers = server.answers_before_the_next(data)
    assert [answer["error"]["code"] in (-32700, -32600) for answer in answers] == (
        [True] if data.removeprefix(b"\xef\xbb\xbf").strip() else []
    )


def test_without_a_stderr_it_serves_all_the_same() -> None:
    ended = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -m outreach_mcp serve --sandbox 2>&-', sys.executable],
        input=lines(*opening("new")),
        stdout=subprocess.PIPE,
        check=False,
        timeout=SECONDS,
        env=environment(),
    )
    assert (ended.returncode, json.loads(ended.stdout)["id"]) == (0, "hello")


def test_a_line_that_cannot_be_read_leaves_one_line_in_the_log_without_contents() -> None:
    server = Server("old", "--sandbox", "--tools", "get_prospect")
    server.say(lines(*opening("old")) + b'{"secret": "sesame"}\nsesame\n')
    assert server.process.stdin is not None
    server.process.stdin.close()
    server.process.wait(SECONDS)
    server.end()
    assert [json.loads(line)["message"] for line in server.log] == [
        'answered what is not a message with -32600: Invalid Request: jsonrpc must be "2.0".',
        "answered what is not a message with -32700: Parse error: it is not JSON.",
    ]


@pytest.mark.parametrize("era", ERAS)
def test_all_of_a_file_is_answered(era: messages.Era, tmp_path: Path) -> None:
    asked = [calling(era, number, "list_prospects", page_size=number) for number in range(1, 6)]
    asked.append(calling(era, 6, "create_account", attributes={"name": "Made from a file"}))
    file = tmp_path / "requests"
    # As Windows writes it, and without an end of the last line.
    file.write_bytes(b"\xef\xbb\xbf" + lines(*opening(era), *asked).replace(b"\n", b"\r\n").removesuffix(b"\r\n"))
    with file.open() as stdin, started("serve", "--sandbox", stdin=stdin.fileno()) as process:
        out, err = process.communicate(timeout=SECONDS)
    answers = {message["id"]: message for message in map(json.loads, out.splitlines())}
    assert (process.returncode, err, {*answers}) == (0, "", {"hello", *range(1, 7)})
    assert [json.loads(answers[number]["result"]["content"][0]["text"]).get("returned") for number in range(1, 6)] == [
        *range(1, 6)
    ]
    assert not answers[6]["result"].get("isError")


TOKEN = "slow"


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """A sandbox on a port: the base of its API."""
    with started("sandbox", "--port", "0", "--token", TOKEN) as process:
        yield line_of(process)


def title_of(api: str, prospect: int) -> str:
    answer = httpx.get(f"{api}/prospects/{prospect}", headers={"Authorization": f"Bearer {TOKEN}"})
    title: str = answer.json()["data"]["attributes"]["title"]
    return title


def a_prospect(api: str) -> int:
    answer = httpx.get(f"{api}/prospects?page[size]=1", headers={"Authorization": f"Bearer {TOKEN}"})
    number: int = answer.json()["data"][0]["id"]
    return number


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("ending", ["stdin", "SIGTERM", "SIGINT"])
def test_whenever_the_client_leaves_an_answer_says_what_became_of_the_change(
    api: str, era: messages.Era, ending: str
) -> None:
    chance = random.Random(f"{era} {ending}")
    prospect = a_prospect(api)
    faults = f"{api.removesuffix('/api/v2')}/sandbox/faults"
    for attempt in range(few_or_many(1, 5)):
        title = f"{era} {ending} {attempt}"
        httpx.delete(faults)
        fault = {"effect": "hang", "seconds": chance.uniform(0, 0.3), "method": "PATCH"}
        httpx.post(faults, json=fault).raise_for_status()
        server = Server(era, OUTREACH_API_URL=api, OUTREACH_ACCESS_TOKEN=TOKEN)
        server.say(lines(*opening(era)))
        assert server.hear()["id"] == "hello"
        update = calling(era, 1, "update_prospect", prospect_id=prospect, attributes={"title": title})
        server.say(lines(update))
        time.sleep(chance.uniform(0, 0.01))  # what is held is that it does not matter when
        if ending == "stdin":
            assert server.process.stdin is not None
            server.process.stdin.close()
        else:
            server.process.send_signal(signal.Signals[ending])
        assert server.process.stdout is not None
        answers = [json.loads(line) for line in server.process.stdout]
        code = server.process.wait(SECONDS)
        server.end()
        is_made = title_of(api, prospect) == title
        assert code == (0 if ending == "stdin" else 128 + signal.Signals[ending])
        if is_made:
            (answer,) = answers
            assert not answer["result"].get("isError"), answer
        else:
            # A signal may come before the line was read: then nothing was taken, and nothing is said.
            assert ending != "stdin"
            assert all(answer["error"]["code"] == -32000 for answer in answers)
