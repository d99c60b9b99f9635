"""How the HTTP server starts, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import anyio
import httpx
import pytest
from mcp import Client, MCPError

from outreach_mcp.http.listening import CannotListenError, listen, url_of
from tests.support.processes import COMMAND, SECONDS, environment, run
from tests.support.serving import WAYS, Era, Path, Slow, call, client, only, served, small_server

SERVE = ("serve", "--sandbox", "--transport", "http+sse", "--port", "0")


async def until_it_takes_nobody(url: str) -> None:
    """Return when the server no longer takes new connections."""
    while True:
        try:
            async with httpx.AsyncClient() as http:
                await http.get(f"{url}/health")
        except httpx.TransportError:
            return


@pytest.mark.parametrize("way", WAYS)
async def test_a_call_in_flight_is_finished_before_the_end(way: tuple[Path, Era]) -> None:
    slow = Slow()
    answers: list[str] = []

    async def wait(of_all: Client) -> None:
        answers.append(await call(of_all, "wait"))

    async with served(only(small_server("wait", slow=slow))) as it, client(it.url, way) as of_all:
        async with anyio.create_task_group() as calls:
            calls.start_soon(wait, of_all)
            await slow.begun.wait()
            it.stop()
            await until_it_takes_nobody(it.url)
            slow.released.set()
        await it.ended.wait()
    assert (answers, slow.cancelled.is_set()) == (["wait"], False)


@pytest.mark.parametrize("way", WAYS)
async def test_a_call_that_does_not_finish_is_dropped_after_the_grace(
    way: tuple[Path, Era], caplog: pytest.LogCaptureFixture
) -> None:
    slow = Slow()

    async def fail(of_all: Client) -> None:
        with pytest.raises((MCPError, httpx.TransportError)):
            await call(of_all, "wait")

    async with (
        served(only(small_server("wait", slow=slow)), grace_seconds=0) as it,
        client(it.url, way) as of_all,
        anyio.create_task_group() as calls,
    ):
        calls.start_soon(fail, of_all)
        await slow.begun.wait()
        it.stop()
        await slow.cancelled.wait()
        await it.ended.wait()
        calls.cancel_scope.cancel()
    assert caplog.messages == ["ended without waiting any longer for 1 requests"]


@pytest.mark.parametrize("way", WAYS)
async def test_clients_that_call_nothing_do_not_delay_the_end(way: tuple[Path, Era]) -> None:
    # With any need to wait for them it would not end at all.
    async with served(only(small_server("read")), grace_seconds=3600) as it, client(it.url, way) as of_all:
        await call(of_all, "read")
        it.stop()
        await it.ended.wait()


async def test_a_cancelled_call_does_not_delay_the_end_of_a_stream() -> None:
    slow = Slow()
    async with (
        served(only(small_server("wait", slow=slow)), grace_seconds=3600) as it,
        client(it.url, ("/sse", "legacy")) as of_all,
    ):
        async with anyio.create_task_group() as calls:
            calls.start_soon(call, of_all, "wait")
            await slow.begun.wait()
            calls.cancel_scope.cancel()
        await slow.cancelled.wait()
        it.stop()
        await it.ended.wait()


async def test_told_twice_it_ends_without_waiting() -> None:
    slow = Slow()
    async with (
        served(only(small_server("wait", slow=slow)), grace_seconds=3600) as it,
        client(it.url, ("/mcp", "auto")) as of_all,
        anyio.create_task_group() as calls,
    ):
        calls.start_soon(call, of_all, "wait")
        await slow.begun.wait()
        it.stop()
        it.stop()
        await it.ended.wait()
        calls.cancel_scope.cancel()


@contextmanager
def serving(*arguments: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """The server as a process, and the first line that it says."""
    with subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            assert process.stderr is not None
            yield process, process.stderr.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_the_process_with_success_while_clients_are_there(number: signal.Signals) -> None:
    with serving(*SERVE) as (process, announcement):
        url = announcement.split()[1].removesuffix("/mcp")
        async with client(url, ("/sse", "legacy")) as over_sse, client(url, ("/mcp", "auto")) as over_http:
            await over_sse.list_tools()
            await over_http.list_tools()
            process.send_signal(number)
            _, err = await anyio.to_thread.run_sync(process.communicate)
    assert (process.returncode, err) == (0, "")


SLOW_PROGRAM = """
import sys
from functools import partial

import anyio

from outreach_mcp.settings.settings import Settings
from outreach_mcp.commands.transports import Outreach, serve_http
from tests.support.serving import Slow, listen, only, small_server, url_of


class Typed(Slow):
    async def run(self):
        print("begun", flush=True)
        await anyio.to_thread.run_sync(sys.stdin.readline)


async def close():
    print("closed", flush=True)


listener = listen("127.0.0.1", 0, public=False)
anyio.run(
    partial(
        serve_http,
        only(small_server("wait", slow=Typed())),
        Settings(transport="http"),
        listener,
        when_listening=partial(print, url_of("127.0.0.1", listener), flush=True),
        outreach=Outreach(lambda: None, close),
    )
)
"""


def test_calls_of_a_process_that_is_told_to_end_are_finished() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait","arguments":{}}}'
            with socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0), SECONDS) as connection:
                connection.sendall(
                    b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Accept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                )
                assert process.stdout.readline() == "begun\n"
                process.send_signal(signal.SIGTERM)
                anyio.run(until_it_takes_nobody, url)
                process.stdin.write("go on\n")
                process.stdin.flush()
                answer = b"".join(iter(lambda: connection.recv(65536), b""))
            assert b'"text":"wait"' in answer
            assert (process.stdout.readline(), process.wait(SECONDS)) == ("closed\n", 0)
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("transport", "announced"),
    [
        ("http", r"Serving http://127\.0\.0\.1:\d+/mcp\n"),
        ("sse", r"Serving http://127\.0\.0\.1:\d+/sse\n"),
        ("http+sse", r"Serving (http://127\.0\.0\.1:\d+)/mcp and \1/sse\n"),
    ],
)
def test_what_is_said_once_it_listens_leads_there(transport: str, announced: str) -> None:
    with serving("serve", "--sandbox", "--transport", transport, "--port", "0") as (_, announcement):
        assert re.fullmatch(announced, announcement)
        url = httpx.URL(announcement.split()[1])
        assert httpx.get(url.copy_with(path="/health")).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_address_that_others_reach_is_not_listened_on_without_a_key(host: str) -> None:
    with pytest.raises(CannotListenError) as refused:
        listen(host, 0, public=False)
    assert str(refused.value) == (
        f"other machines can reach {host}: set OUTREACH_MCP_KEY to a key that clients must send, "
        "or serve this machine only with --host 127.0.0.1"
    )


def test_with_a_key_it_is_listened_on() -> None:
    with listen("0.0.0.0", 0, public=True) as listener:
        assert url_of("0.0.0.0", listener) == f"http://0.0.0.0:{listener.getsockname()[1]}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.8.9.1"])
def test_this_machine_is_listened_on_without_a_key(host: str) -> None:
    with listen(host, 0, public=False) as listener:
        assert listener.getsockname()[1] > 0


def test_a_start_that_others_could_reach_ends_with_one_line() -> None:
    ended = run("serve", "--sandbox", "--transport", "http", "--host", "0.0.0.0", "--port", "0")
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        2,
        "",
        "outreach-mcp: other machines can reach 0.0.0.0: set OUTREACH_MCP_KEY to a key that clients must send, "
        "or serve this machine only with --host 127.0.0.1\n",
    )


def test_a_port_that_is_taken_ends_the_start_with_one_line() -> None:
    with listen("127.0.0.1", 0, public=False) as taken:
        port = taken.getsockname()[1]
        ended = run("serve", "--sandbox", "--transport", "sse", "--port", str(port))
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        2,
        "",
        f"outreach-mcp: cannot listen on 127.0.0.1 port {port}: {os.strerror(98)}; "
        "choose another --host or --port (0 is a free one)\n",
    )


@pytest.mark.parametrize("host", ["no-such-name.invalid", "." * 64])
def test_a_host_that_is_not_there_is_named(host: str) -> None:
    with pytest.raises(CannotListenError, match=r"cannot listen on .* port 8000: .*; choose another --host"):
        listen(host, 8000, public=True)


def test_over_stdio_nothing_of_http_is_loaded() -> None:
    program = (
        "import sys; from outreach_mcp.cli import main; main(['serve', '--sandbox'], {});"
        "print([name for name in sys.modules if name.startswith('outreach_mcp.http')], file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert ended.stderr == "[]\n"
