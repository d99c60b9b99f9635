"""The commands of the README work as they stand, for somebody who has nothing yet.

A sandbox on a port poses as Outreach, a person at a terminal consents on its page, and the commands that clients are
told to start are started by a real client.
"""

import json
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp_types import TextContent

from tests.commands.login.posing import Posing, decide
from tests.support.processes import ROOT, SECONDS, environment, line_of, started
from uvx import folder_with_uvx

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = "uvx outreach-mcp"
PASTED = ("Makefile", "pyproject.toml", "uv.lock", "requirements-uv.txt", "README.md", "claude_config.example.json")
"""The files that the README's commands look at in a clone."""


def blocks(text: str) -> list[list[str]]:
    """Return the lines of each block for a shell, without comments."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    shell = [block for language, block in fenced if not language]
    return [[line.partition("    #")[0].rstrip() for line in block.splitlines()] for block in shell]


def section(title: str) -> str:
    """Return a section of the README."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def lines(*starts: str, within: str = README) -> list[str]:
    """Return the different lines for a shell that begin with one of these."""
    return list(dict.fromkeys(line for block in blocks(within) for line in block if line.startswith(starts)))


OWN_OUTREACH = section("Your own Outreach, in ten minutes")
MAKE = lines("make ")
CALLS = lines(f"{COMMAND} call --sandbox ")
OVER_HTTP = [line for line in lines(f"{COMMAND} serve ") if "--transport" in line]
SERVED = [line for line in lines(f"{COMMAND} serve ") if line not in OVER_HTTP]
ADDED = [line for line in lines("claude mcp add ", "gemini mcp add ", "npx ") if COMMAND in line]
ADDED_ADDRESSES = [line for line in lines("claude mcp add ", "gemini mcp add ") if COMMAND not in line]
CONFIGURED = lines("sed ")
ELSEWHERE = lines(
    *("pipx install ", "pip install ", "claude plugin ", "gemini extensions install ", f"{COMMAND} demo"),
    *("export OTEL_", "uvx --with opentelemetry-distro "),
)
"""Commands that install packages, or need them: scripts/check_install and scripts/check_bundles try it; test_demo looks
at the demo, the tests of observability at the traces, test_clients at the flags."""


def started_by(line: str) -> tuple[str, ...]:
    """Return the words of the command that a line has a client start."""
    words = shlex.split(line)
    # The Inspector takes its own flags after the server's command line.
    return tuple(words[words.index("uvx") : words.index("--method") if "--method" in words else len(words)])


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody with uvx, with a clone in which `make demo` has run, and nothing else."""

    folder: Path

    def environ(self, **variables: str) -> dict[str, str]:
        """Return what is set in their shell."""
        folders = {"HOME": str(self.folder / "home"), "XDG_STATE_HOME": str(self.folder / "home" / "state")}
        programs = os.pathsep.join((str(self.folder / "bin"), os.environ["PATH"]))
        return environment(PATH=programs, **folders, **variables)

    def paste(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line in their shell."""
        return subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environ(),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    def added(self, line: str) -> StdioServerParameters:
        """Return the server that a line has a client start."""
        command, *arguments = started_by(line)
        return self.server(command, arguments)

    def server(self, command: str, arguments: list[str]) -> StdioServerParameters:
        """Return a server as a client starts it: anywhere, with the user's environment."""
        return StdioServerParameters(command=command, args=arguments, env=self.environ(), cwd="/")

    def log_in(self, line: str, *, user: int, answers: tuple[tuple[str, str], ...] = (), **variables: str) -> str:
        """Run a login in a terminal, consent as the user of that number, and return what it says in the end."""
        with terminal(line, self.folder, self.environ(**variables)) as shown:
            for prompt, answer in answers:
                shown.until(prompt)
                shown.enter(answer)
            address = re.search(r"^  (http\S+)", shown.until("Paste the address here: "), re.MULTILINE)
            assert address is not None
            shown.enter(decide(address[1], user=user))
            return shown.until("")


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal as the person before it sees and uses it."""

    descriptor: int

    def until(self, text: str) -> str:
        """Return what is shown from now on until a text is; without one, until the command has ended."""
        shown = ""
        while not text or text not in shown:
            more = self._more()
            if not more:
                assert not text, f"{text!r} was never shown: {shown}"
                break
            shown += more
        return shown

    def enter(self, text: str) -> None:
        """Type a line."""
        os.write(self.descriptor, f"{text}\n".encode())

    def _more(self) -> str:
        ready, _, _ = select.select([self.descriptor], [], [], SECONDS)
        assert ready, "nothing more was shown"
        try:
            return os.read(self.descriptor, 4096).decode()
        except OSError:  # Linux's way to say that the command has ended
            return ""


@contextmanager
def terminal(line: str, folder: Path, environ: dict[str, str]) -> Generator[Terminal]:
    """Run a line in a new terminal."""
    mine, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            ["bash", "-c", line],
            cwd=folder,
            env=environ,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,  # so that the secret is not asked for on the terminal of the tests
        ) as process:
            os.close(theirs)
            try:
                yield Terminal(mine)
            finally:
                process.kill()
    finally:
        os.close(mine)


@contextmanager
def serving(command: list[str], newcomer: Newcomer) -> Generator[str]:
    """Serve over HTTP, and yield the address that the server says it is at."""
    with subprocess.Popen(
        command, cwd=newcomer.folder, env=newcomer.environ(), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            announced = process.stderr.readline()
            assert announced.startswith("Serving http"), announced
            yield announced.split()[-1]
        finally:
            process.terminate()


def newcomer_in(folder: Path) -> Newcomer:
    for name in PASTED:
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").symlink_to(sys.prefix)
    folder_with_uvx(folder / "bin")
    return Newcomer(folder)


def answers_of(section: str) -> tuple[tuple[str, str], ...]:
    """Return what a person enters who has made the app as the section says."""
    redirect_uri = re.search(r"Redirect URI: `(.*?)`", section)
    assert redirect_uri is not None
    return (("Client id: ", "sandbox"), ("(not shown): ", "sandbox"), ("Redirect URI", redirect_uri[1]))


async def asked(server: StdioServerParameters, *calls: tuple[str, dict[str, Any]]) -> list[str]:
    """Have a client start a server and call tools of it, and return the answers, after the names of all tools."""
    async with Client(server, read_timeout_seconds=SECONDS) as client:
        names = " ".join(tool.name for tool in (await client.list_tools()).tools)
        return [names, *[await answer(client, *call) for call in calls]]


async def answer(client: Client, tool: str, arguments: dict[str, Any]) -> str:
    result = await client.call_tool(tool, arguments)
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert not result.is_error, content.text
    return content.text


@pytest.fixture(scope="module")
def outreach() -> Iterator[Posing]:
    # The doctor holds Outreach's clock against this machine's.
    with started("sandbox", "--port", "0", pin=False) as process:
        yield Posing(line_of(process))


@pytest.fixture(scope="module")
def logged_in(outreach: Posing, tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    """Somebody who has logged in as the README says."""
    newcomer = newcomer_in(tmp_path_factory.mktemp("clone"))
    login = lines(f"{COMMAND} login", within=OWN_OUTREACH)[-1]
    newcomer.log_in(login, user=2, answers=answers_of(OWN_OUTREACH), OUTREACH_API_URL=outreach.api_url)
    return newcomer


async def test_somebody_new_gets_to_an_assistant_that_works_by_the_readme_alone(
    outreach: Posing, tmp_path: Path
) -> None:
    newcomer = newcomer_in(tmp_path)
    (scopes,), (login,), checks, (add,), (login_again, _, add_again), (logout,) = blocks(OWN_OUTREACH)

    assert {"prospects.read", "prospects.write"} < set(newcomer.paste(scopes).stdout.split())
    # The one thing that only the sandbox needs; from then on the login knows where it was made.
    where = {"OUTREACH_API_URL": outreach.api_url}
    told = newcomer.log_in(login, user=0, answers=answers_of(OWN_OUTREACH), **where)
    assert "Logged in to Outreach as Maya Okafor <maya.okafor@fieldlight.example> of Sandbox." in told

    doctor, connection = (newcomer.paste(line) for line in checks)
    assert (doctor.returncode, [line for line in doctor.stdout.splitlines() if not line.startswith("ok ")]) == (0, [])
    assert json.loads(connection.stdout)["user"]["name"] == "Maya Okafor"

    tools, due = await asked(
        newcomer.added(add), ("list_tasks", {"filters": [{"field": "state", "criteria": "incomplete"}], "count": True})
    )
    assert ("get_prospect" in tools, "update_prospect" in tools, json.loads(due)["count"] > 0) == (True, False, True)

    assert "Logged in to Outreach as Tom Brennan" in newcomer.log_in(login_again, user=1)
    change = {"prospect_id": 456, "attributes": {"title": "Head of Reading"}}
    calls = ("update_prospect", change), ("get_prospect", {"prospect_id": 456})
    *_, read = await asked(newcomer.added(add_again), *calls)
    assert json.loads(read)["title"] == "Head of Reading"

    assert newcomer.paste(logout).stdout.startswith("Removed the login with the app sandbox at ")
    assert newcomer.paste(checks[-1]).stderr.startswith("outreach-mcp: No credentials: run `outreach-mcp login`")


@pytest.mark.parametrize("words", dict.fromkeys(map(started_by, SERVED + ADDED)), ids=" ".join)
async def test_a_server_that_a_client_is_told_to_start_works(logged_in: Newcomer, words: tuple[str, ...]) -> None:
    _, users = await asked(logged_in.server(words[0], [*words[1:]]), ("list_users", {"page_size": 1}))
    assert json.loads(users)["returned"] == 1


@pytest.mark.parametrize("line", CONFIGURED)
async def test_the_servers_of_a_printed_configuration_work(logged_in: Newcomer, line: str) -> None:
    servers: dict[str, Any] = json.loads(logged_in.paste(line).stdout)["mcpServers"]
    for server in servers.values():
        _, users = await asked(logged_in.server(server["command"], server["args"]), ("list_users", {"page_size": 1}))
        assert json.loads(users)["returned"] == 1


@pytest.mark.parametrize("line", CALLS)
def test_a_call_in_the_shell_works(logged_in: Newcomer, line: str) -> None:
    called = logged_in.paste(line)
    assert (called.returncode, called.stderr) == (0, "")
    answer: dict[str, Any] = json.loads(called.stdout)
    assert answer.get("returned", 1) > 0


@pytest.mark.parametrize("line", OVER_HTTP)
async def test_a_server_over_http_is_where_clients_are_told_to_find_it(logged_in: Newcomer, line: str) -> None:
    addresses = {re.sub(r".*(http://\S+)", r"\1", added) for added in ADDED_ADDRESSES}
    port = re.search(r"--port (\d+)", line)
    assert port is not None
    command = shlex.split(line.replace(port[0], "--port 0"))  # a free one: that one may be taken here
    with serving(command, logged_in) as address:
        async with Client(address, read_timeout_seconds=SECONDS) as client:
            users = json.loads(await answer(client, "list_users", {"page_size": 1}))
    assert ({re.sub(r":\d+/", f":{port[1]}/", address)}, users["returned"]) == (addresses, 1)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("line", MAKE)
def test_make_knows_what_it_is_told_to_make(logged_in: Newcomer, line: str) -> None:
    # What it does is for test_makefile and test_demo.
    assert logged_in.paste(f"{line} --dry-run").returncode == 0


def test_no_line_is_left_out() -> None:
    tried = [MAKE, CALLS, SERVED, OVER_HTTP, ADDED, ADDED_ADDRESSES, CONFIGURED, ELSEWHERE, *blocks(OWN_OUTREACH)]
    assert set(lines("")) - {line for each in tried for line in each} == set()
