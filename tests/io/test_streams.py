"""The command line over streams that are missing, full, closed by their reader, or of another encoding."""

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

import pytest

from outreach_mcp.io import streams
from tests.callers.state.stores import ENCRYPTION_KEY
from tests.commands.test_connected_callers import ANA, connected
from tests.support.forked import run_forked
from tests.support.processes import COMMAND, SECONDS, environment, started

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the streams are made by a POSIX shell")

TITLE = "Łódź Zoë 😀"
UPDATE = {"prospect_id": 456, "attributes": {"title": TITLE}}
MISSING = [names for number in range(1, 8) if (names := "".join(digit for digit in "012" if number >> int(digit) & 1))]
"""Every combination of streams that may be missing, by their descriptors."""

ADD = ("keys", "add", "bob", "--email", "bob@example.com", "--keys-file", "keys.json")

ENCODINGS: dict[str, dict[str, str]] = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "latin-1": {"PYTHONIOENCODING": "latin-1:strict"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, and what it wrote, as far as that could be read."""

    code: int
    out: bytes
    err: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with all that the commands keep files in, and the compiled modules of the processes started here."""

    folder: Path
    compiled: Path

    def environ(self, variables: Mapping[str, str]) -> dict[str, str]:
        here = {
            "OUTREACH_MCP_TOKEN_FILE": str(self.folder / "tokens.json"),
            "OUTREACH_MCP_STORE": str(self.folder / "state.sqlite3"),
            "OUTREACH_MCP_ENCRYPTION_KEY": ENCRYPTION_KEY,
        }
        environ = environment(**here) | {"PYTHONPYCACHEPREFIX": str(self.compiled)}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        environ.pop("PYTHONUNBUFFERED", None)
        return environ | dict(variables)

    def run(
        self,
        arguments: Sequence[str | bytes],
        redirections: str = "",
        stdin: bytes = b"",
        *,
        system: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run a command as a shell would with these redirections."""
        ended = subprocess.run(
            ["sh", "-c", f'exec "$@" {redirections}', "sh", *COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            cwd=self.folder,
            env=self.environ(system or {}),
            timeout=SECONDS,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def place(tmp_path: Path, compiled: Path) -> Place:
    return Place(tmp_path, compiled)


@dataclass(frozen=True, slots=True)
class Case:
    """A command, its exit code, that without a stdout, and that without a stdin."""

    arguments: tuple[str, ...]
    code: int = 0
    without_stdout: int = 3
    without_stdin: int | None = None


CASES = {
    "help": Case(("--help",)),
    "version": Case(("--version",)),
    "no command": Case(("swim",), 2, 2),
    "tools": Case(("tools",)),
    "call": Case(("call", "--sandbox", "update_prospect", json.dumps(UPDATE))),
    "call with stdin": Case(("call", "--sandbox", "swim", "-"), 2, 2),
    "call that fails": Case(("call", "--sandbox", "get_prospect", "{}"), 1, 1),
    "keys add": Case(ADD),
    "keys list": Case(("keys", "list", "--keys-file", "keys.json"), 2, 2),
    "keys remove": Case(("keys", "remove", "bob", "--keys-file", "keys.json"), 2, 2),
    "connections list": Case(("connections", "list", "--json")),
    "connections remove": Case(("connections", "remove", "bob"), 2, 2),
    "login": Case(("login",), 1, 1),
    "scopes": Case(("login", "--scopes", "--tools", "list_stages")),
    "logout": Case(("logout",)),
    "doctor": Case(("doctor",), 2),
    "serve": Case(("serve", "--sandbox"), 0, 2, 2),
    "serve over HTTP on no port": Case(("serve", "--sandbox", "--transport", "http", "--port", "x"), 2, 2),
}


def test_whatever_streams_are_missing_a_command_ends_with_its_code_and_at_most_one_line(place: Place) -> None:
    tried = [(name, missing) for name in CASES for missing in MISSING]
    ended = run_forked([(CASES[name].arguments, missing) for name, missing in tried], place.folder, place.environ({}))
    for (name, missing), (code, out, err) in zip(tried, ended, strict=True):
        case = CASES[name]
        expected = case.without_stdout if "1" in missing else case.code
        if "0" in missing and case.without_stdin is not None:
            expected = case.without_stdin
        shown = (name, missing, code, err)
        assert code == expected, shown
        assert (err.count("\n") <= 1, "Traceback" in err) == (True, False), shown
        assert "1" not in missing or out == "", shown
        assert code == 0 or "2" in missing or err or name == "doctor", shown


def test_a_process_finds_its_missing_streams_as_a_fork_does(place: Place) -> None:
    tried = [("keys add", "1"), ("keys add", "012"), ("serve", "01"), ("serve", "2")]
    forked = run_forked([(CASES[name].arguments, missing) for name, missing in tried], place.folder, place.environ({}))
    for (name, missing), (code, out, err) in zip(tried, forked, strict=True):
        ended = place.run(CASES[name].arguments, " ".join(f"{digit}>&-" for digit in missing))
        assert (ended.code, len(ended.out), ended.err.decode()) == (code, len(out), err)
        (place.folder / "keys.json").unlink(missing_ok=True)


@pytest.mark.parametrize("unbuffered", ["", "1"])  # then argparse and print fail at other places
@pytest.mark.parametrize("name", ["help", "version", "tools", "scopes", "connections list"])
def test_a_disk_that_is_full_has_a_code_of_its_own_and_one_line(name: str, unbuffered: str, place: Place) -> None:
    ended = place.run(CASES[name].arguments, ">/dev/full", system={"PYTHONUNBUFFERED": unbuffered})
    said = "outreach-mcp: the output cannot be shown: No space left on device\n"
    assert (ended.code, ended.out, ended.err.decode()) == (3, b"", said)


@pytest.mark.parametrize("name", ["no command", "login", "serve"])
def test_a_full_stderr_changes_no_exit_code(name: str, place: Place) -> None:
    assert place.run(CASES[name].arguments, "2>/dev/full").code == CASES[name].code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("call", "--sandbox", "update_prospect", json.dumps(UPDATE)), "update_prospect was done, but the answer"),
        (("call", "--sandbox", "list_users"), "list_users was done, but the answer"),
        (
            ADD,
            "the key of bob was made (`outreach-mcp keys remove bob` takes it back), but the answer",
        ),
    ],
    ids=["write", "read", "key"],
)
@pytest.mark.parametrize(
    ("redirections", "reason"),
    [(">&-", "stdout is closed"), (">/dev/full", "No space left on device"), ("| (exec <&-)", "Broken pipe")],
    ids=["closed", "full", "pipe"],
)
def test_an_answer_that_cannot_be_shown_is_told_to_be_done(
    arguments: tuple[str, ...], said: str, redirections: str, reason: str, place: Place
) -> None:
    if redirections.startswith("|"):
        pipe = subprocess.PIPE
        with subprocess.Popen(
            [*COMMAND, *arguments], stdout=pipe, stderr=pipe, cwd=place.folder, env=place.environ({})
        ) as process:
            assert process.stdout is not None
            process.stdout.close()
            assert process.stderr is not None
            ended = Ended(process.wait(SECONDS), b"", process.stderr.read())
    else:
        ended = place.run(arguments, redirections)
    assert (ended.code, ended.err.decode()) == (3, f"outreach-mcp: {said} cannot be shown: {reason}\n")


def test_what_could_not_be_shown_has_been_done(place: Place) -> None:
    with started("sandbox", "--port", "0") as sandbox:
        assert sandbox.stdout is not None
        outreach = {"OUTREACH_API_URL": sandbox.stdout.readline().strip(), "OUTREACH_ACCESS_TOKEN": "sandbox"}
        update = place.run(("call", "update_prospect", json.dumps(UPDATE)), ">/dev/full", system=outreach)
        read = place.run(("call", "get_prospect", '{"prospect_id": 456, "fields": ["title"]}'), system=outreach)
    assert (update.code, read.code, json.loads(read.out)["title"]) == (3, 0, TITLE)


def test_a_sandbox_whose_address_nobody_learns_ends(place: Place) -> None:
    ended = place.run(("sandbox", "--port", "0"), ">&-")
    assert (ended.code, ended.err.decode()) == (
        3,
        "outreach-mcp: the sandbox was started and ended again, but the answer cannot be shown: stdout is closed\n",
    )


def test_a_demo_that_nobody_sees_ends(place: Place) -> None:
    ended = place.run(("demo",), ">/dev/full")
    assert (ended.code, ended.err.decode()) == (
        3,
        "outreach-mcp: the output cannot be shown: No space left on device\n",
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_whatever_the_system_encodes_with_the_command_line_is_utf_8(encoding: str, place: Place) -> None:
    system = ENCODINGS[encoding]
    argument = json.dumps(UPDATE, ensure_ascii=False).encode()
    call = ("call", "--sandbox", "--journal", str(place.folder / "journal"), "update_prospect")
    given = {"cp1252": (argument, b""), "latin-1": (b"-", argument), "ascii": (b"-", b"\xef\xbb\xbf" + argument)}
    for last, stdin in [given[encoding]] if encoding in given else given.values():
        ended = place.run((*call, last), stdin=stdin, system=system)
        assert (ended.code, ended.err) == (0, b"")
        assert json.loads(ended.out.decode())["title"] == TITLE
    lines = map(json.loads, (place.folder / "journal").read_text(encoding="utf-8").splitlines())
    titles = [line["body"]["data"]["attributes"]["title"] for line in lines if "body" in line]
    assert titles == [TITLE] * (1 if encoding in given else len(given))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_other_commands_show_is_utf_8_too(encoding: str, place: Place) -> None:
    system = ENCODINGS[encoding]
    connected(str(place.folder / "state.sqlite3"), replace(ANA, caller=TITLE))
    shown = [
        place.run(("connections", "list"), system=system).out,
        place.run(("connections", "list", "--json"), system=system).out,
        place.run(("call", "--sandbox", "list_users", f'{{"{TITLE}": 1}}'.encode()), system=system).err,
        place.run(("keys", "list", "--keys-file", f"{TITLE}.json".encode()), system=system).err,
    ]
    # A path stays what the system gave, for it is handed back to the system: where that knows no UTF-8, as escapes.
    assert [TITLE in text.decode() for text in shown] == [True, True, True, encoding != "C"]


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        (json.dumps(UPDATE, ensure_ascii=False).encode("utf-16"), "stdin is not UTF-8: it holds the byte 0xff"),
        ('{"title": "Zoë"}'.encode("cp1252"), "stdin is not UTF-8: it holds the byte 0xeb"),
        (b"", "the arguments cannot be read: it is not JSON: Expecting value: line 1 column 1 (char 0)"),
    ],
    ids=["UTF-16", "cp1252", "nothing"],
)
def test_what_is_no_utf_8_on_stdin_is_one_line(stdin: bytes, said: str, place: Place) -> None:
    ended = place.run(("call", "--sandbox", "update_prospect", "-"), stdin=stdin)
    assert (ended.code, ended.out, ended.err.decode()) == (2, b"", f"outreach-mcp: {said}\n")


NESTED = b"[" * 3000 + b"]" * 3000
DIGITS = b'{"page_size": ' + b"9" * 5000 + b"}"
DEEP, LONG = "it is nested more than 200 deep", "it holds a number of more than 4,300 digits"
HALF = "it holds half of a surrogate pair (\\ud800 to \\udfff), which no text can: send whole characters"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (NESTED, DEEP),
        (b"[" * 5_000, DEEP),
        (b'{"page_size": ' + NESTED + b"}", DEEP),
        (b'{"page_size": ' + b"[" * 250 + b"]" * 250 + b"}", DEEP),
        (DIGITS, LONG),
        (b'{"page_size": NaN}', "NaN and Infinity are not JSON"),
        (rb'{"prospect_id": 456, "attributes": {"title": "\ud800"}}', HALF),
        (rb'{"\udfff": 1}', HALF),
    ],
    ids=["nested", "open", "within", "250", "digits", "NaN", "half", "half as a name"],
)
def test_arguments_that_no_server_reads_are_one_line_and_nothing_is_sent(given: bytes, said: str, place: Place) -> None:
    # The address has nobody behind it: what is sent would be told as that.
    outreach = {"OUTREACH_API_URL": "http://127.0.0.1:9/api/v2", "OUTREACH_ACCESS_TOKEN": "sandbox"}
    by_stdin = given in (NESTED, DIGITS)  # for the two ways meet where they are read
    ended = place.run(
        ("call", "update_prospect", "-" if by_stdin else given), stdin=given if by_stdin else b"", system=outreach
    )
    expected = f"outreach-mcp: the arguments cannot be read: {said}\n"
    assert (ended.code, ended.out, ended.err.decode()) == (2, b"", expected)


@pytest.mark.parametrize(
    ("redirection", "reason"),
    [("<&-", "it is closed"), ("0>/dev/null", "Bad file descriptor")],
)
def test_a_stdin_that_cannot_be_read_is_one_line(redirection: str, reason: str, place: Place) -> None:
    ended = place.run(("call", "--sandbox", "update_prospect", "-"), redirection)
    assert (ended.code, ended.err.decode()) == (2, f"outreach-mcp: stdin cannot be read: {reason}\n")


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        ((b"\xff",), {}),
        (("call", "--sandbox", b"\xff"), {}),
        (("call", "--sandbox", "list_users", b'{"fields": ["\xff"]}'), {}),
        (("call", "--sandbox", "list_users", '{"fields": ["\\ud800"]}'), {}),
        (("call", "--sandbox", "update_prospect", '{"prospect_id": 456, "attributes": {"title": "\\ud800"}}'), {}),
        (("keys", "add", b"\xff", "--email", "bob@example.com", "--keys-file", "keys.json"), {}),
        (("keys", "add", "bob", "--email", b"\xff@example.com", "--keys-file", "keys.json"), {}),
        (("keys", "remove", b"\xff", "--keys-file", "keys.json"), {}),
        (("connections", "remove", b"\xff"), {}),
        (("connections", "list"), {"OUTREACH_MCP_STORE": "redis://\udcff"}),
        (("connections", "list"), {"OUTREACH_MCP_STORE": "redis://:secret:localhost"}),
        (("logout",), {"OUTREACH_CLIENT_ID": "\udcff"}),
        (("sandbox", "--port", "0", "--db", b"/nowhere/\xff"), {}),
        (("serve", "--sandbox", "--transport", "http", "--host", b"\xff"), {}),
    ],
    ids=str,
)
def test_half_a_character_is_refused_on_one_line(
    arguments: tuple[str | bytes, ...], variables: dict[str, str], place: Place
) -> None:
    for system in ({}, ENCODINGS["C"]):
        ended = place.run(arguments, system={**variables, **system})
        assert ended.code in {1, 2}, ended
        assert (ended.out, ended.err.count(b"\n")) == (b"", 1), ended
        assert b"Traceback" not in ended.err
        assert b"secret" not in ended.err


def test_an_address_that_is_pasted_in_another_encoding_ends_a_login(place: Place) -> None:
    app = {
        "OUTREACH_CLIENT_ID": "sandbox",
        "OUTREACH_CLIENT_SECRET": "sandbox",
        "OUTREACH_REDIRECT_URI": "https://localhost/outreach-mcp",
    }
    ended = place.run(("login", "--paste"), stdin="https://localhost/Zoë?code=1\n".encode("cp1252"), system=app)
    assert (ended.code, ended.out) == (1, b"")
    assert ended.err.endswith(b"outreach-mcp: stdin is not UTF-8: it holds the byte 0xeb.\n")


def test_a_connection_that_failed_is_told_by_the_exit_code(place: Place) -> None:
    with started("sandbox", "--port", "0", "--token", "another") as sandbox:
        assert sandbox.stdout is not None
        outreach = {"OUTREACH_API_URL": sandbox.stdout.readline().strip(), "OUTREACH_ACCESS_TOKEN": "sandbox"}
        ended = place.run(("call", "get_connection"), system=outreach)
    assert (ended.code, ended.out) == (1, b"")
    assert json.loads(ended.err)["failed"].startswith("Outreach refused GET / with 401")


def test_all_is_written_to_a_pipe_that_does_not_block_and_is_full(place: Place) -> None:
    expected = place.run(("tools", "--json")).out
    source, sink, _ = full_pipe()
    with subprocess.Popen(
        [*COMMAND, "tools", "--json"], stdout=sink, stderr=subprocess.PIPE, cwd=place.folder, env=place.environ({})
    ) as process:
        os.close(sink)
        with open(source, "rb") as pipe:
            shown = pipe.read()
        assert process.stderr is not None
        assert (process.wait(SECONDS), process.stderr.read()) == (0, b"")
    assert shown.lstrip(b"\0") == expected


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_has_no_room_just_now_is_written_once_there_is(stream: str) -> None:
    source, sink, filled = full_pipe()
    redirect = contextlib.redirect_stdout if stream == "stdout" else contextlib.redirect_stderr
    text = f"{TITLE}\n" * 100_000  # more than a pipe holds
    write = streams.show if stream == "stdout" else streams.tell
    with (
        open(source, "rb") as reader,
        open(sink, "w", encoding="utf-8") as writer,
        redirect(writer),
        waiting(lambda: write(text)),
    ):
        shown = reader.read(filled + len(text.encode()) + 1)
    assert shown.lstrip(b"\0").decode() == f"{text}\n"


@pytest.mark.parametrize("read", [streams.read_all, streams.read_line])
def test_a_stdin_that_does_not_block_is_waited_for(read: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    source, sink = os.pipe()
    os.set_blocking(source, False)
    given = list[str]()
    with open(source, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with waiting(lambda: given.append(read())), open(sink, "wb") as pipe:
            pipe.write(f"\ufeff{TITLE}".encode())
    assert given == [TITLE]


def full_pipe() -> tuple[int, int, int]:
    """Return the two ends of a pipe full of zeros, of which the second does not block, and how many it holds."""
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    filled = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            filled += os.write(sink, bytes(4096))
    return source, sink, filled


@contextlib.contextmanager
def waiting(work: Callable[[], object]) -> Generator[None]:
    """Work in a thread, from when it waits for a descriptor until it is done."""
    waits = threading.Event()

    def note(_: FrameType, event: str, function: object) -> None:
        if event == "c_call" and function is select.select:
            waits.set()

    threading.setprofile(note)
    try:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
    finally:
        threading.setprofile(None)
    assert waits.wait(SECONDS)
    yield
    thread.join(SECONDS)
    assert not thread.is_alive()


def test_python_writes_nowhere_what_is_meant_for_a_stream_that_is_missing(place: Place) -> None:
    database = place.folder / "outreach.db"
    place.run(("sandbox", "--port", "0", "--db", os.fspath(database)), ">&- 2>&-")
    assert database.read_bytes()[:15] == b"SQLite format 3"
