"""Real processes on one store: they share one renewal, and one that is killed leaves word of what it was doing."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from outreach_mcp.api.errors.tree import AuthenticationError
from tests.api.tokens.issuer import APP, CLIENT_SECRET, KEY, SEED, Issuer, Time, served, tokens_of

# The clock stands still in the processes as well: nothing expires while they are slow to start.
PROGRAM = f"""
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
from pydantic import SecretStr

from outreach_mcp.api.tokens.store import TokenStore
from outreach_mcp.api.tokens.rotating import OAuthApp, RotatingTokens
from outreach_mcp.clock import Clock

now = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
app = OAuthApp({APP.client_id!r}, SecretStr({CLIENT_SECRET!r}), {APP.redirect_uri!r}, sys.argv[1])
store = TokenStore(Path(sys.argv[2]), {KEY!r})
tokens = RotatingTokens(app, SecretStr({SEED!r}), store, clock=Clock(now=lambda: now))

async def use():
    print(await tokens.access_token())

async def main():
    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(use)

anyio.run(main)
"""


def started(url: str, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, url, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_that_start_together_share_one_renewal(tmp_path: Path) -> None:
    issuer = Issuer(Time())
    with served(issuer) as url:
        processes = [started(url, tmp_path / "tokens.json") for _ in range(3)]
        outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert (outputs, issuer.received) == (["access-token-number-0001\n" * 50] * 3, [SEED])


def kill_while_answering(issuer: Issuer, path: Path) -> None:
    asked, killed = Event(), Event()

    def hold() -> None:
        asked.set()
        killed.wait(60)

    issuer.losses.append(hold)
    with served(issuer) as url:
        process = started(url, path)
        assert asked.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        killed.set()


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by a signal")
async def test_after_a_kill_between_the_answer_and_the_disk_the_next_start_says_why_to_log_in(tmp_path: Path) -> None:
    issuer = Issuer(Time())
    kill_while_answering(issuer, tmp_path / "tokens.json")
    issuer.clock.sleep(60)
    with pytest.raises(AuthenticationError, match="A renewal was under way at 2026-11-21T09:30:00Z and its answer"):
        await tokens_of(issuer, tmp_path / "tokens.json").access_token()


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by a signal")
async def test_a_process_that_was_killed_holds_no_lock(tmp_path: Path) -> None:
    issuer = Issuer(Time())
    kill_while_answering(issuer, tmp_path / "tokens.json")
    issuer.good_refresh_token = SEED  # as if the request had never come in
    issuer.clock.sleep(60)
    assert await tokens_of(issuer, tmp_path / "tokens.json").access_token() == "access-token-number-0002"
