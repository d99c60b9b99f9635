"""The commands that people paste and clients install, run by uv's own uvx and uv on the wheel, in an empty folder."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import run_process
from mcp import Client, StdioServerParameters

from outreach_tools.toolsets import OPT_IN, all_tools
from tests.commands.login.posing import Posing, decide
from tests.support.pasted import Command, documented, linked, read_by_clients
from tests.support.processes import ROOT, SECONDS, environment

_SECONDS = 5 * SECONDS
"""For one step: the first of them makes the environment."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who has uv and nothing else, in an empty folder; its index has the wheel as our package."""

    folder: Path
    wheel: Path

    @classmethod
    def arrived(cls, folder: Path, wheel: Path) -> "Newcomer":
        """Give them uv and the index."""
        programs = folder / "bin"
        programs.mkdir(parents=True)
        for name in ("uv", "uvx"):
            (programs / name).symlink_to(Path(sys.executable).with_name(name))
        # Whatever versions of ours an index has by now: this one is meant.
        (folder / "override.txt").write_text(f"outreach-mcp @ {wheel.as_uri()}\n", encoding="utf-8")
        (folder / "empty").mkdir()
        return cls(folder, wheel)

    def environ(self, **variables: str) -> dict[str, str]:
        """Return what is set in their shell."""
        cache = (
            os.environ.get("UV_CACHE_DIR")
            or subprocess.run(
                [self.folder / "bin" / "uv", "cache", "dir"], capture_output=True, text=True, check=True
            ).stdout.strip()
        )
        found = environment(
            PATH=f"{self.folder / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin",
            HOME=str(self.folder),
            UV_CACHE_DIR=cache,
            UV_NO_CONFIG="1",
            UV_NO_PROGRESS="1",
            UV_PYTHON=sys.executable,
            UV_OVERRIDE=str(self.folder / "override.txt"),
            **variables,
        )
        found.pop("VIRTUAL_ENV", None)
        return found


async def try_all(it: Newcomer, outreach: str) -> int:
    """Try every line that starts a server, a login, and the bundle; returns how many work, raises `AssertionError`."""
    commands = {*documented(), *linked().values(), *read_by_clients().values()}
    for command in sorted(commands):
        sandbox = {} if "--sandbox" in command else {"OUTREACH_ACCESS_TOKEN": "a-token"}
        await _starts(command, it, it.environ(**sandbox))
    await _login(it, outreach)
    await _bundle(it)
    return len(commands) + 2


async def _starts(command: Command, it: Newcomer, environ: dict[str, str]) -> None:
    server = StdioServerParameters(command=command[0], args=list(command[1:]), env=environ, cwd=it.folder / "empty")
    with anyio.fail_after(_SECONDS):
        async with Client(server, read_timeout_seconds=_SECONDS) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
    expected = ("get_prospect", "update_prospect") if "--read-only" not in command else ("get_prospect",)
    assert tools & {"get_prospect", "update_prospect"} == set(expected), command
    assert "--read-only" in command or len(tools) == len(all_tools()) - len(OPT_IN), command


async def _login(it: Newcomer, outreach: str) -> None:
    """Log in by uvx, see that the line for clients is one of those that start, and call a tool as who logged in."""
    tokens = it.folder / "tokens.json"
    environ = it.environ(**Posing(f"{outreach}/api/v2").environ(tokens))
    said = await _logged_in(["uvx", "outreach-mcp", "login", "--paste", "--read-only"], it, environ)
    printed = re.search(r"claude mcp add --scope user outreach (?:--env \S+ )?-- (.*)", said)
    assert printed, said
    assert tuple(printed[1].split()) in documented(), printed[1]
    with_login = it.environ(OUTREACH_MCP_TOKEN_FILE=str(tokens))
    called = ["uvx", "outreach-mcp", "call", "--read-only", "get_connection"]
    with anyio.fail_after(_SECONDS):
        ended = await run_process(called, env=with_login, cwd=it.folder / "empty", check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    assert json.loads(ended.stdout)["user"]["name"]


async def _logged_in(command: Sequence[str], it: Newcomer, environ: dict[str, str]) -> str:
    async with await anyio.open_process(list(command), env=environ, cwd=it.folder / "empty") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        shown = ""
        with anyio.fail_after(_SECONDS):
            while "Paste the address here" not in shown:
                shown += (await process.stderr.receive()).decode()
            address = re.search(r"^  (http\S+)", shown, re.MULTILINE)
            assert address, shown
            await process.stdin.send(f"{await anyio.to_thread.run_sync(decide, address[1])}\n".encode())
            await process.stdin.aclose()
            return "".join([part.decode() async for part in process.stdout])


async def _bundle(it: Newcomer) -> None:
    """Unpack the bundle, and start its server as its manifest says and with the sandbox ticked in the form."""
    made = [sys.executable, str(ROOT / "scripts" / "build_bundles")]
    built = await run_process([*made, "--out", str(it.folder / "dist"), "--wheel", str(it.wheel)], check=False)
    assert built.returncode == 0, built.stderr.decode()
    (bundle,) = (it.folder / "dist").glob("*.mcpb")
    unpacked = it.folder / "unpacked"
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(unpacked)
    manifest = json.loads((unpacked / "manifest.json").read_text(encoding="utf-8"))
    values = {key: field["default"] for key, field in manifest["user_config"].items()} | {"sandbox": True}
    texts = {f"user_config.{key}": each if isinstance(each, str) else json.dumps(each) for key, each in values.items()}
    texts["__dirname"] = str(unpacked)

    def filled(text: str) -> str:
        return re.sub(r"\$\{([\w.]+)\}", lambda found: texts[found[1]], text)

    configuration = manifest["server"]["mcp_config"]
    environ = it.environ(**{name: filled(value) for name, value in configuration["env"].items()})
    del environ["UV_OVERRIDE"]  # the wheel is within
    await _starts((configuration["command"], *map(filled, configuration["args"])), it, environ)
