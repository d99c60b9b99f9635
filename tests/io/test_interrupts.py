"""Ctrl-C at any moment: no traceback but one line, exit code 130, and what may have been changed is said."""

import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from outreach_mcp.http.shutdown import Ending
from tests.support.processes import COMMAND, ROOT, SECONDS, environment
from tests.support.serving import running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")

UPDATE = ("call", "update_prospect", '{"prospect_id": 456, "attributes": {"title": "VP"}}')
IN_SANDBOX = ("call", "--sandbox", *UPDATE[1:])

MOMENTS = [
    (("tools",), ["import:1", "import:2", "import:60", "import:200"]),
    (("login", "--scopes"), ["import:120"]),
    (("keys", "list", "--keys-file", "none"), ["open:20"]),
    (IN_SANDBOX, ["import:30", "import:330", "import:600", "sqlite3.connect:1"]),
    (("doctor", "--sandbox"), ["import:400", "sqlite3.connect:1"]),
    (("serve", "--sandbox"), ["import:5", "import:300"]),
    (("serve", "--sandbox", "--transport", "http", "--port", "0"), ["import:350", "socket.bind:1"]),
    (("sandbox", "--port", "0"), ["import:150", "import:500", "socket.bind:1", "sqlite3.connect:1"]),
    (("demo",), ["import:500", "subprocess.Popen:1"]),
]
"""Commands, with events of Python's start, imports and first steps, each the so-manieth."""


@contextmanager
def interrupted(
    folder: Path, *arguments: str, under: Sequence[str] = (), **variables: str
) -> Generator["subprocess.Popen[str]"]:
    environ = environment(**variables) | {"PYTHONPATH": str(ROOT / "tests" / "interrupting")}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*under, *COMMAND, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=folder, env=environ
    ) as it:
        try:
            yield it
        finally:
            it.kill()


@pytest.mark.parametrize(("arguments", "moment"), [(each, at) for each, moments in MOMENTS for at in moments])
def test_ctrl_c_while_it_begins_ends_a_command_with_one_line(
    arguments: tuple[str, ...], moment: str, tmp_path: Path
) -> None:
    with interrupted(tmp_path, *arguments, INTERRUPT_AT=moment) as process:
        _, err = process.communicate(timeout=SECONDS)
    changed_nothing = "outreach-mcp: interrupted: update_prospect has changed nothing\n"
    assert (process.returncode, err in ("outreach-mcp: interrupted\n", changed_nothing)) == (130, True), err


@dataclass(frozen=True, slots=True)
class Held:
    """An Outreach that holds one method's requests until `released`, and the variables that lead to it."""

    variables: dict[str, str]
    sent: anyio.Event
    released: anyio.Event


@asynccontextmanager
async def holding(method: str, folder: Path) -> AsyncGenerator[Held]:
    sent, released = anyio.Event(), anyio.Event()

    async def outreach(request: Request) -> Response:
        if request.method == method:
            sent.set()
            await released.wait()
        if request.url.path == "/api/v2":
            return JSONResponse({"meta": {"user": {"id": 1}}})
        return JSONResponse({"data": {"type": "prospect", "id": 456, "attributes": {"title": "CEO"}}})

    app = Starlette(routes=[Route("/{path:path}", outreach, methods=["GET", "PATCH"])])
    async with running(app, Ending()) as it:
        variables = {"OUTREACH_API_URL": f"{it.url}/api/v2", "OUTREACH_ACCESS_TOKEN": "sandbox"}
        yield Held(variables | {"OUTREACH_MCP_JOURNAL": str(folder / "journal")}, sent, released)
        released.set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_a_signal_while_outreach_works_says_whether_something_may_have_changed(
    method: str, number: signal.Signals, tmp_path: Path
) -> None:
    arguments = UPDATE if method == "PATCH" else ("call", "get_prospect", '{"prospect_id": 456}')
    async with holding(method, tmp_path) as outreach:
        with interrupted(tmp_path, *arguments, **outreach.variables) as process:
            await outreach.sent.wait()
            process.send_signal(number)
            _, err = await run_sync(lambda: process.communicate(timeout=SECONDS))
    assert method == "GET" or '"unknown"' in (tmp_path / "journal").read_text()
    assert (process.returncode, err) == (
        128 + number,
        "outreach-mcp: interrupted when update_prospect had sent a change: its outcome is not known. Read "
        "the record before you try again.\n"
        if method == "PATCH"
        else "outreach-mcp: interrupted: get_prospect has changed nothing\n",
    )


async def test_under_nohup_the_end_of_a_terminal_ends_nothing(tmp_path: Path) -> None:
    async with holding("PATCH", tmp_path) as outreach:
        nohup = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh")
        with interrupted(tmp_path, *UPDATE, under=nohup, **outreach.variables) as process:
            await outreach.sent.wait()
            process.send_signal(signal.SIGHUP)
            outreach.released.set()
            out, _ = await run_sync(lambda: process.communicate(timeout=SECONDS))
    assert (process.returncode, "456" in out) == (0, True)
    assert '"done"' in (tmp_path / "journal").read_text()


def test_who_has_it_ignored_is_not_interrupted(tmp_path: Path) -> None:
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *COMMAND, "keys", "list", "--keys-file", "none"]
    environ = environment(INTERRUPT_AT="import:60") | {"PYTHONPATH": str(ROOT / "tests" / "interrupting")}
    ended = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path, env=environ, timeout=SECONDS)
    assert ended.returncode == 2
