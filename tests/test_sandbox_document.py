"""The commands of `docs/sandbox.md` work, line by line, on a sandbox that was started as it says."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from outreach_sandbox.faults import Effect, Fault
from outreach_sandbox.oauth import SANDBOX_APP
from tests.support.processes import ROOT, SECONDS, environment, line_of, started

DOCUMENT = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
START, *PASTED = BLOCKS
NEEDS_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
EXPECTED: tuple[tuple[str, ...], ...] = (
    ('"title":"VP Operations"',),
    ('"title":"Head of Operations"',),
    ('"returned":3', "ok "),
    ('"access_token":"', '"expires_in":7200', '"refresh_token":"'),
    ("<h1>Allow Sandbox app?</h1>", "prospects.read", "Maya Okafor"),
    ('"status": 503', '"effect": "drop_after"'),
)
"""The output of each block, in their order."""


@contextmanager
def served() -> Generator[str]:
    """Start the sandbox as the first block says, on a free port, and yield where it is."""
    command = shlex.split(START.strip())
    port = command[command.index("--port") + 1]
    assert f"export SANDBOX=http://127.0.0.1:{port}\n" in DOCUMENT
    # The doctor holds the sandbox's clock against this machine's.
    with started(*command[1:-1], "0", pin=False) as process:
        yield line_of(process).removesuffix("/api/v2")


def paste(block: str, where: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a block in a shell of its own, in which those before it were run too."""
    before = "\n".join(line for each in PASTED for line in each.splitlines() if line.startswith("export "))
    moved = f"{before}\n{block}".replace("http://127.0.0.1:8765", where)
    return subprocess.run(
        ["bash", "-e", "-c", moved],
        cwd=folder,
        env=environment(PATH=os.environ["PATH"], HOME=str(folder), XDG_STATE_HOME=str(folder)),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@NEEDS_CURL
def test_every_block_works_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    assert len(PASTED) == len(EXPECTED)
    with served() as where:
        for block, shown in zip(PASTED, EXPECTED, strict=True):
            ended = paste(block, where, tmp_path)
            assert (ended.returncode, ended.stderr) == (0, ""), block
            assert [text for text in shown if text not in ended.stdout] == [], ended.stdout
            if "outreach-mcp doctor" in block:
                assert [line for line in ended.stdout.splitlines()[1:] if not line.startswith("ok ")] == []
        assert httpx.get(f"{where}/sandbox/faults").json() == []


def test_a_fault_strikes_as_often_as_the_document_says() -> None:
    (set_them,) = re.findall(r"--data '(\[.*?\])'", DOCUMENT)
    headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/vnd.api+json"}
    account = {"data": {"type": "account", "attributes": {"name": "Made and not told"}}}
    named = {"filter[name]": "Made and not told"}
    with served() as where, httpx.Client(base_url=f"{where}/api/v2", headers=headers) as client:
        httpx.post(f"{where}/sandbox/faults", json=json.loads(set_them))
        assert [client.get("/prospects/456").status_code for _ in range(3)] == [503, 503, 200]
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/accounts", json=account)
        assert len(client.get("/accounts", params=named).json()["data"]) == 1


def test_every_member_and_effect_of_a_fault_is_described() -> None:
    rows: list[str] = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", DOCUMENT.partition("## Faults")[2], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == {each.name for each in fields(Fault)}
    (effects,) = re.findall(r"^\| `effect` \| (.*) \|$", DOCUMENT, re.MULTILINE)
    assert re.findall(r"`(\w+)`", effects) == [*get_args(Effect)]


def test_the_app_and_the_records_that_are_named_are_there() -> None:
    assert (SANDBOX_APP.client_id, SANDBOX_APP.client_secret, SANDBOX_APP.refresh_token) == ("sandbox",) * 3
    ids = {
        "prospects": [456],
        "accounts": [55],
        "sequences": [123],
        "mailboxes": [123, 789],
        "mailings": [12345],
        "stages": [123],
    }
    headers = {"Authorization": "Bearer sandbox"}
    with served() as where, httpx.Client(base_url=f"{where}/api/v2", headers=headers) as client:
        found = [client.get(f"/{path}/{number}").status_code for path, numbers in ids.items() for number in numbers]
        assert set(found) == {200}
        counted: dict[str, Any] = {
            path: client.get(f"/{path}", params={"count": "true"}).json()["meta"]["count"]
            for path in ("accounts", "prospects", "sequences")
        }
        assert counted == {"accounts": 60, "prospects": 300, "sequences": 10}
        assert client.get("/").json()["meta"]["user"]["name"] == "Maya Okafor"


def test_each_flag_that_is_named_is_one_of_the_sandbox() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "outreach_mcp", "sandbox", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    named = re.findall(r"^\| `(--[a-z]+)", DOCUMENT, re.MULTILINE)
    assert named == ["--today", "--number", "--scale", "--db"]
    assert [flag for flag in named if flag not in shown.stdout] == []
