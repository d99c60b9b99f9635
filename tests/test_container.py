"""The image and the compose file, as far as a machine without Docker's daemon can try them.

What the image runs is run here with the variables that it sets; scripts/check_docker lints the files themselves, and
the workflows build the image.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from outreach_mcp.settings.settings import Settings
from tests.support.processes import COMMAND, ROOT, SECONDS, environment

DOCKERFILE = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE = (ROOT / "docker/compose.yaml").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs/container.md").read_text(encoding="utf-8")
IMAGE = r"ghcr\.io/[\w-]+/outreach-mcp"
RUNS = re.findall(rf"^docker run (.*?){IMAGE}(.*)$", GUIDE, re.MULTILINE)
"""The flags and the command of each line that runs the image."""

# The last ENV is that of the image; those before are of the build.
OF_THE_IMAGE = dict(re.findall(r"(OUTREACH_\w+)=(\S+)", DOCKERFILE.rpartition("\nENV ")[2]))
OF_COMPOSE = dict(re.findall(r"^    (OUTREACH_\w+): (\S+)$", COMPOSE, re.MULTILINE))
EXAMPLE = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / "docker/.env.example").read_text(encoding="utf-8"), re.MULTILINE))
FILLED_IN = {
    "OUTREACH_MCP_ENCRYPTION_KEY": "5f1d0c7e9ab24386d1e07c5ba8f3924e6d70b1c8e2a4953f07d6b8e1c3a5f924",
    "OUTREACH_MCP_KEY": "9c3f1e7ab2d84065",
    **dict.fromkeys(["OUTREACH_CLIENT_ID", "OUTREACH_MCP_AUTH_CLIENT_ID"], "an-app"),
    **dict.fromkeys(["OUTREACH_CLIENT_SECRET", "OUTREACH_MCP_AUTH_CLIENT_SECRET"], "its-secret"),
}
HERE = {"OUTREACH_MCP_HOST": "127.0.0.1", "OUTREACH_MCP_PORT": "0", "OUTREACH_MCP_DRAIN_SECONDS": "0"}
"""The settings that a test cannot leave to the image: where to listen."""


def filled_in() -> dict[str, str]:
    """Return the example's variables after somebody has filled it in."""
    return {name: value or FILLED_IN.get(name, "") for name, value in EXAMPLE.items()}


@contextmanager
def serving(variables: dict[str, str], state: Path, *arguments: str) -> Generator[int]:
    """Serve as the image does, and yield the port."""
    environ = environment(**OF_THE_IMAGE, **variables) | HERE | {"XDG_STATE_HOME": str(state)}
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=state, env=environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            listening = re.match(r"Serving http://127\.0\.0\.1:(\d+)/mcp", said)
            assert listening, said + process.stderr.read()
            yield int(listening[1])
        finally:
            process.terminate()


def test_the_example_for_compose_serves_once_it_is_filled_in(tmp_path: Path) -> None:
    store = str(tmp_path / "state.sqlite3")  # compose.yaml has a Redis
    with serving(filled_in() | {"OUTREACH_MCP_STORE": store}, tmp_path, "serve"):
        pass


def test_the_example_as_it_is_stops_the_start_with_one_line(tmp_path: Path) -> None:
    ended = subprocess.run(
        [*COMMAND, "serve"],
        env=environment(**OF_THE_IMAGE, **OF_COMPOSE, **EXAMPLE) | HERE,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1), ended.stderr


def test_the_example_leaves_out_what_the_image_and_compose_set_and_holds_no_secret() -> None:
    assert set(EXAMPLE) & (set(OF_THE_IMAGE) | set(OF_COMPOSE)) == set()
    assert {name for name in EXAMPLE if re.search("KEY|SECRET|CLIENT_ID", name) and EXAMPLE[name]} == set()


def test_compose_reads_what_the_example_becomes_and_git_leaves_it_out() -> None:
    assert re.search(r"^  env_file: \.env$", COMPOSE, re.MULTILINE)
    ignored = subprocess.run(
        ["git", "check-ignore", "docker/.env", "docker/.env.example"], check=False, cwd=ROOT, capture_output=True
    )
    assert ignored.stdout.decode().split() == ["docker/.env"]


def test_all_variables_of_the_image_are_settings() -> None:
    given = OF_THE_IMAGE | OF_COMPOSE | filled_in()
    assert Settings.from_environment(given).host == "0.0.0.0"


def test_the_health_check_tells_a_server_that_runs_from_one_that_has_ended(tmp_path: Path) -> None:
    asked = json.loads(DOCKERFILE.partition("HEALTHCHECK")[2].partition("CMD ")[2].partition("\n")[0])
    assert asked[0] == "python"
    with serving({"OUTREACH_MCP_SANDBOX": "1", "OUTREACH_MCP_KEY": FILLED_IN["OUTREACH_MCP_KEY"]}, tmp_path) as port:
        check = [sys.executable, *(word.replace(":8000/", f":{port}/") for word in asked[1:])]
        healthy = subprocess.run(check, check=False, capture_output=True, timeout=SECONDS).returncode
    ended = subprocess.run(check, check=False, capture_output=True, timeout=SECONDS).returncode
    assert (healthy, ended) == (0, 1)


@pytest.mark.parametrize(("flags", "command"), [run for run in RUNS if "login" not in run[1]])
def test_a_documented_run_serves(flags: str, command: str, tmp_path: Path) -> None:
    words = shlex.split(flags)
    assert not shlex.split(command)  # what the image runs by itself is what it serves
    given = [each for flag, each in pairwise(words) if flag == "--env"]
    # Without a value it is that of the shell.
    variables = {name: value or FILLED_IN[name] for name, _, value in (each.partition("=") for each in given)}
    if "--volume" in words:  # where a login was left
        variables["OUTREACH_ACCESS_TOKEN"] = "a-token"
    with serving(variables, tmp_path, "serve"):
        pass
    assert {"--read-only", "--cap-drop"} <= set(words)
    assert "OUTREACH_MCP_KEY" in given  # it listens to more than this machine


def test_the_documented_server_over_stdio_is_one() -> None:
    (block,) = re.findall(r"^```json\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    (server,) = json.loads(block)["mcpServers"].values()
    (image,) = [number for number, word in enumerate(server["args"]) if re.fullmatch(IMAGE, word)]
    request = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    ended = subprocess.run(
        [*COMMAND, *server["args"][image + 1 :]],
        env=environment(**OF_THE_IMAGE),
        input=f"{json.dumps(request)}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert (server["command"], json.loads(ended.stdout)["result"]) == ("docker", {})


def test_the_state_folder_belongs_to_the_user_that_the_image_runs_as() -> None:
    user = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    made = re.search(r"--owner (\d+) --group (\d+) --mode 0700 (\S+)", DOCKERFILE)
    assert user
    assert made
    assert user.groups() == made.groups()[:2] != ("0", "0")
    assert f"XDG_STATE_HOME={made[3]} " in DOCKERFILE
    assert {volume.rpartition(":")[2] for volume in re.findall(r"--volume (\S+)", GUIDE)} == {made[3]}


def test_the_context_of_the_build_has_what_the_image_copies_and_nothing_else() -> None:
    copied = {
        source.rstrip("/")
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in shlex.split(line)[:-1]
    }
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == copied
    assert all(os.path.exists(ROOT / name) for name in copied)
