"""`scripts/fetch_contract`, run as it is run by hand, and what the tests do where its files are missing."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from tests.support.contract_files import OPENAPI, PUBLISHED, RECORDED_ANSWERS, place, wanted
from tests.support.processes import ROOT
from tests.support.raw_server import Sent, answer, dripping_head, endless_body, raw_server, silence

CONTENT = b'{"paths": {}}'
SOURCES = json.loads((ROOT / "scripts/contract_files.json").read_text(encoding="utf-8"))


async def fetch(folder: Path, *answers: Sent, seconds: float = 30, names: tuple[str, ...] = ("a/one.json",)) -> str:
    """Fetch from a server with these answers; return the exit code and the last line, without the server's address."""
    async with raw_server(*answers) as server:
        told = {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
        sources = [{"name": name, "url": f"{server.url}/{name}", **told} for name in names]
        (folder / "sources.json").write_text(json.dumps(sources), encoding="utf-8")
        command = [sys.executable, ROOT / "scripts/fetch_contract", "--sources", folder / "sources.json"]
        done = await anyio.run_process(
            [*map(str, command), "--to", str(folder / "to"), "--seconds", str(seconds)],
            check=False,
            stderr=subprocess.STDOUT,
        )
        last = done.stdout.decode().strip().splitlines()[-1]
        return f"{done.returncode} {last.replace(server.url, 'SERVER').replace(str(folder), 'FOLDER')}"


def kept(folder: Path) -> list[str]:
    to = folder / "to"
    return sorted(path.relative_to(to).as_posix() for path in to.rglob("*") if path.is_file())


async def test_a_file_is_fetched_once(tmp_path: Path) -> None:
    first = await fetch(tmp_path, answer(CONTENT))
    second = await fetch(tmp_path, answer(b"", status="500 Oops"))
    assert first == "0 FOLDER/to has the 1 files, 1 of them fetched now"
    assert second == "0 FOLDER/to has the 1 files, 0 of them fetched now"
    assert (tmp_path / "to/a/one.json").read_bytes() == CONTENT


async def test_a_file_that_was_changed_is_fetched_again(tmp_path: Path) -> None:
    await fetch(tmp_path, answer(CONTENT))
    (tmp_path / "to/a/one.json").write_bytes(CONTENT[::-1])
    assert await fetch(tmp_path, answer(CONTENT)) == "0 FOLDER/to has the 1 files, 1 of them fetched now"
    assert (tmp_path / "to/a/one.json").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answered", "seconds", "said"),
    [
        (answer(CONTENT, status="404 Not Found"), 30, "SERVER/a/one.json answered 404"),
        (answer(CONTENT, status="302 Found", headers=[("Location", "/")]), 30, "SERVER/a/one.json answered 302"),
        (answer(CONTENT[::-1]), 30, "SERVER/a/one.json is not the file it was: its SHA-256 is not "),
        (answer(CONTENT[:-1]), 30, "SERVER/a/one.json is not the file it was: its SHA-256 is not "),
        (answer(CONTENT + b" "), 30, "SERVER/a/one.json is longer than its 13 bytes"),
        (endless_body, 30, "SERVER/a/one.json is longer than its 13 bytes"),
        (b"nonsense\r\n\r\n", 30, "SERVER/a/one.json cannot be reached: "),
        (silence, 0.2, "the files did not come within 0.2 seconds"),
        (dripping_head, 0.2, ""),
    ],
    ids=["missing", "elsewhere", "other", "short", "long", "endless", "no HTTP", "silent", "dripping"],
)
async def test_what_is_not_the_file_is_not_kept_and_said(
    tmp_path: Path, answered: Sent, seconds: float, said: str
) -> None:
    assert (await fetch(tmp_path, answered, seconds=seconds)).startswith(f"1 {said}")
    assert kept(tmp_path) == []


async def test_where_one_cannot_be_had_none_is_kept(tmp_path: Path) -> None:
    answers = (answer(CONTENT), answer(b"", status="404 Not Found"))
    assert await fetch(tmp_path, *answers, names=("a.json", "b.json")) == "1 SERVER/b.json answered 404"
    assert kept(tmp_path) == []


async def test_where_nobody_answers_one_line_says_so(tmp_path: Path) -> None:
    async with raw_server(answer()) as server:
        gone = server.url
    sources = [{"name": "a.json", "url": f"{gone}/a.json", "size": 1, "sha256": "0"}]
    (tmp_path / "sources.json").write_text(json.dumps(sources), encoding="utf-8")
    command = [sys.executable, "scripts/fetch_contract", "--sources", str(tmp_path / "sources.json")]
    done = await anyio.run_process([*command, "--to", str(tmp_path / "to")], cwd=ROOT, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, b"", 1)
    assert done.stderr.decode().startswith(f"{gone}/a.json cannot be reached: ")


def test_every_source_is_fixed_to_a_commit_and_to_its_content() -> None:
    form = r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/[\w./-]+\.json"
    assert [each["url"] for each in SOURCES if not re.fullmatch(form, each["url"])] == []
    assert [each["name"] for each in SOURCES if not re.fullmatch(r"[0-9a-f]{64}", each["sha256"])] == []


def test_what_is_fetched_is_what_the_tests_look_for() -> None:
    assert {next(each for each in PUBLISHED if source["name"].startswith(each)) for source in SOURCES} == {*PUBLISHED}


@pytest.mark.parametrize("source", SOURCES, ids=lambda each: each["name"])
def test_a_file_that_is_here_is_the_published_one(source: dict[str, str]) -> None:
    folder = RECORDED_ANSWERS if source["name"].startswith(RECORDED_ANSWERS) else source["name"]
    wanted(folder)
    assert hashlib.sha256(place(source["name"]).read_bytes()).hexdigest() == source["sha256"]


def test_a_test_of_a_missing_file_is_skipped_and_says_what_to_run(tmp_path: Path) -> None:
    code, said = run_without_files(tmp_path)
    assert (code, said) == (
        0,
        "SKIPPED [1] tests/support/contract_files.py: needs openapi.json: run scripts/fetch_contract",
    )


def test_a_test_of_a_missing_file_fails_where_the_files_are_required(tmp_path: Path) -> None:
    code, said = run_without_files(tmp_path, CONTRACT_FILES="required")
    assert (code, "needs openapi.json, and CONTRACT_FILES=required: run scripts/fetch_contract" in said) == (1, True)


def run_without_files(folder: Path, **variables: str) -> tuple[int, str]:
    """Run a test that wants the contract in a folder that has only what it looks through."""
    tests = folder / "clone" / "tests"
    (tests / "support").mkdir(parents=True)
    for each in ("__init__.py", "support/__init__.py"):
        (tests / each).touch()
    (tests / "support/contract_files.py").write_bytes((ROOT / "tests/support/contract_files.py").read_bytes())
    lines = ("from tests.support.contract_files import wanted", "def test_it():", f"    wanted({OPENAPI!r})")
    (tests / "test_nothing.py").write_text("\n".join(lines), encoding="utf-8")
    environ = {"PATH": "/usr/bin:/bin", "CI": "true", **variables}
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "--rootdir", "."]
    done = subprocess.run(command, cwd=tests.parent, env=environ, capture_output=True, text=True, check=False)
    skipped = re.search(r"SKIPPED.*", done.stdout)
    return done.returncode, re.sub(r"(\.py):\d+", r"\1", skipped[0]) if skipped else done.stdout
