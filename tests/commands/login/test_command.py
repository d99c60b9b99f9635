"""`outreach-mcp login` and `logout` as their users run them, against a sandbox that poses as Outreach."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach_mcp.api.tokens.credentials_of_login import login_store
from outreach_mcp.api.tokens.login_record import Login
from outreach_mcp.api.tokens.store import StoredTokens
from outreach_mcp.settings.settings import Settings
from tests.commands.login.posing import BACK, Posing, decide
from tests.support.processes import COMMAND, SECONDS, environment, line_of, run, started

Process = subprocess.Popen[str]


@pytest.fixture(scope="module")
def outreach() -> Iterator[Posing]:
    with started("sandbox", "--port", "0") as process:
        yield Posing(line_of(process))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tokens.json"


@contextmanager
def login(environ: Mapping[str, str], *arguments: str) -> Generator[Process]:
    """Begin to log in; stdin is a pipe, so that nobody can be asked for the app."""
    pipe = subprocess.PIPE
    command = [*COMMAND, "login", *arguments]
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment(**environ)
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def address_in(process: Process) -> str:
    """Return the address that the user is told to open."""
    assert process.stderr is not None
    return next(line.strip() for line in process.stderr if line.startswith("  http"))


def logged_in(environ: Mapping[str, str], *arguments: str, answer: Callable[[str], str]) -> tuple[int, str, str]:
    """Log in by pasting what `answer` makes of the address to open; return the exit code, stdout and stderr's rest."""
    with login(environ, "--paste", *arguments) as process:
        out, err = process.communicate(f"{answer(address_in(process))}\n", timeout=SECONDS)
    return process.returncode, out, err


def test_after_a_login_nothing_is_needed_in_the_environment(outreach: Posing, file: Path) -> None:
    alone = {"OUTREACH_MCP_TOKEN_FILE": str(file)}
    code, out, _ = logged_in(outreach.environ(file), "--toolsets", "people", answer=decide)
    assert (code, out.splitlines()[0]) == (
        0,
        "Logged in to Outreach as Maya Okafor <maya.okafor@fieldlight.example> of Sandbox.",
    )
    called = run("call", "list_users", '{"page_size": 1}', environ=alone)
    assert (called.returncode, json.loads(called.stdout)["returned"]) == (0, 1)
    assert run("logout", environ=alone).stdout.startswith("Removed the login with the app sandbox at http://127.0.0.1:")
    assert file.read_text(encoding="utf-8") == '{\n "version": 1,\n "tokens": {}\n}'
    assert run("call", "list_users", environ=alone).stderr.startswith(
        "outreach-mcp: No credentials: run `outreach-mcp login`"
    )


def test_a_login_that_only_reads_asks_for_read_scopes_and_says_how_to_serve_it(outreach: Posing, file: Path) -> None:
    asked: list[str] = []

    def look(url: str) -> str:
        asked.extend(re.findall(r"\w+\.(?:read|write|delete|all)", url))
        return decide(url, user=1)

    _, out, _ = logged_in(outreach.environ(file), "--read-only", "--toolsets", "sales", answer=look)
    assert {scope.partition(".")[2] for scope in asked} == {"read"}
    assert f"All {len(asked)} scopes that were asked for are granted." in out
    server = json.loads(next(line for line in out.splitlines() if line.startswith('  "outreach": ')).partition(": ")[2])
    assert server == {
        "command": str(Path(sys.executable).with_name("outreach-mcp")),
        "args": ["serve", "--read-only", "--toolsets", "sales"],
        "env": {"OUTREACH_MCP_TOKEN_FILE": str(file)},
    }


def test_who_does_not_allow_it_is_not_logged_in(outreach: Posing, file: Path) -> None:
    code, out, err = logged_in(outreach.environ(file), answer=lambda url: decide(url, "deny"))
    assert (code, out) == (1, "")
    assert "outreach-mcp: Outreach gave no consent: 'access_denied'." in err
    assert not file.exists()


def test_a_wrong_secret_is_named(outreach: Posing, file: Path) -> None:
    environ = outreach.environ(file, OUTREACH_CLIENT_SECRET="wrong-secret-of-the-app")
    code, _, err = logged_in(environ, answer=decide)
    assert (code, "check its client id and its client secret." in err, "wrong-secret" in err) == (1, True, False)


def test_a_wrong_secret_that_an_earlier_login_kept_can_be_got_rid_of(outreach: Posing, file: Path) -> None:
    environ = outreach.environ(file, OUTREACH_CLIENT_SECRET="")
    settings, now = Settings.from_environment(environ), datetime(2026, 11, 18, tzinfo=UTC)
    kept = Login(
        "sandbox", "wrong-secret-of-the-app", BACK, settings.api_url, f"{settings.api_origin}/oauth/token", now
    )
    store = login_store(settings, "sandbox", settings.api_origin)
    with store.locked(SECONDS):
        store.write(StoredTokens("spent", login=kept), now)
    code, _, err = logged_in(environ, answer=decide)
    assert (code, "wrong-secret" in err) == (1, False)
    assert "It was kept by an earlier login: run `outreach-mcp logout`, and you are asked for it" in err


def test_another_credential_that_goes_before_the_login_is_named(outreach: Posing, file: Path) -> None:
    environ = outreach.environ(file, OUTREACH_ACCESS_TOKEN="an-access-token-of-outreach")
    _, out, _ = logged_in(environ, "--toolsets", "people", answer=lambda url: decide(url, user=2))
    assert "OUTREACH_ACCESS_TOKEN is set and takes precedence over this login: unset it." in out


def test_without_a_terminal_what_is_missing_is_named(outreach: Posing, file: Path) -> None:
    environ = outreach.environ(file, OUTREACH_CLIENT_SECRET="")
    ended = run("login", environ=environ)
    assert (ended.returncode, ended.stdout, ended.stderr) == (
        1,
        "",
        "outreach-mcp: OUTREACH_CLIENT_SECRET must be set to what Outreach shows of the app, or run this in a "
        "terminal, where it is asked for.\n",
    )


def test_in_a_terminal_the_app_is_asked_for_and_its_secret_is_not_shown(outreach: Posing, file: Path) -> None:
    environ = {"OUTREACH_API_URL": outreach.api_url, "OUTREACH_MCP_TOKEN_FILE": str(file)}
    controller, terminal = pty.openpty()
    command = [*COMMAND, "login", "--toolsets", "people"]
    shown = ""
    with subprocess.Popen(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment(**environ),
        start_new_session=True,  # so that the secret is not asked for on the terminal of the tests
    ) as process:
        os.close(terminal)

        def until(text: str) -> None:
            nonlocal shown
            while text not in shown:
                shown += os.read(controller, 4096).decode()

        until("Client id: ")
        os.write(controller, b"sandbox\n")
        until("Client secret (not shown): ")
        os.write(controller, b"sandbox-secret\n")
        until(f"[{BACK}]: ")
        os.write(controller, b"\n")
        until("Paste the address here: ")
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130
    os.close(controller)
    assert ("sandbox-secret" in shown, "client_id=sandbox&" in shown, file.exists()) == (False, True, False)


@pytest.mark.parametrize("way", ["--paste", "--no-browser"])
def test_ctrl_c_ends_a_login_quietly(outreach: Posing, file: Path, way: str, unused_port: int) -> None:
    with login(outreach.environ(file, f"http://127.0.0.1:{unused_port}/back"), way) as process:
        address_in(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, "Traceback" in err, file.exists()) == (130, False, False)


def test_the_scopes_for_an_app_can_be_shown_without_one(file: Path) -> None:
    environ = {"OUTREACH_MCP_TOKEN_FILE": str(file)}
    ended = run("login", "--scopes", "--tools", "list_stages,create_stage", environ=environ)
    assert (ended.returncode, ended.stdout) == (0, "prospects.read\nstages.read\nstages.write\nusers.read\n")


def test_without_a_login_there_is_nothing_to_remove(file: Path) -> None:
    ended = run("logout", environ={"OUTREACH_MCP_TOKEN_FILE": str(file)})
    assert (ended.returncode, ended.stdout) == (
        0,
        f"Nobody is logged in: {file} holds no login, so there is nothing to remove.\n",
    )
