"""The command line: what it prints where, and with which exit code."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from outreach_mcp.cli import main
from outreach_mcp.settings.settings import Settings, SettingsError
from outreach_tools.toolsets import OPT_IN, all_tools
from tests.support.processes import SECONDS, line_of, pinned, run, started

NO_TOKEN = (
    "outreach-mcp: No credentials: run `outreach-mcp login`, or set OUTREACH_ACCESS_TOKEN to an Outreach access token, "
    "or OUTREACH_CLIENT_ID, OUTREACH_CLIENT_SECRET, OUTREACH_REDIRECT_URI and OUTREACH_REFRESH_TOKEN, or try the "
    "server without an account by running it with --sandbox or OUTREACH_MCP_SANDBOX=1.\n"
)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str, **environ: str) -> tuple[int, str, str]:
    """Run a command that does not start; returns its exit code, its stdout and its stderr."""
    try:
        code = main(pinned(arguments), environ)
    except SystemExit as ended:  # argparse's way to end
        code = int(ended.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = refusal(capsys, "--help")
    assert (code, re.findall(r"^    (\w+)", out, re.MULTILINE)) == (
        0,
        [
            "serve",
            "demo",
            "sandbox",
            "tools",
            "playbooks",
            "call",
            "login",
            "logout",
            "doctor",
            "keys",
            "connections",
            "completion",
        ],
    )


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(capsys, "--version") == (0, "outreach-mcp 0.1.0\n", "")


@pytest.mark.parametrize("arguments", [(), ("serve",), ("--max-result-tokens", "1000"), ("call", "list_users")])
def test_without_a_token_and_a_login_the_start_says_how_to_get_going(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    nobody = str(tmp_path / "tokens.json")
    assert refusal(capsys, *arguments, OUTREACH_MCP_TOKEN_FILE=nobody) == (2, "", NO_TOKEN)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("serve", "--loud"), "outreach-mcp: unrecognized arguments: --loud; see outreach-mcp --help\n"),
        (
            ("sandbox", "--port", "65536"),
            "outreach-mcp sandbox: argument --port: '65536' is not a port: a whole number from 0 to 65535; "
            "see outreach-mcp sandbox --help\n",
        ),
        (
            ("call", "--sandbox", "list_prospect"),
            "outreach-mcp: there is no tool 'list_prospect': did you mean list_prospects, list_prospect_notes or "
            "get_prospect?\n",
        ),
        (
            ("call", "--sandbox", "swim"),
            "outreach-mcp: there is no tool 'swim': `outreach-mcp tools` lists them\n",
        ),
        (
            ("call", "--sandbox", "list_users", "{"),
            "outreach-mcp: the arguments cannot be read: it is not JSON: "
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\n",
        ),
        (
            ("call", "--sandbox", "list_users", "[1]"),
            "outreach-mcp: the arguments must be a JSON object, such as '{\"page_size\": 5}', not [1]\n",
        ),
    ],
    ids=["flag", "port", "near tool", "tool", "no JSON", "no object"],
)
def test_a_wrong_start_is_one_line_that_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert refusal(capsys, *arguments) == (2, "", message)


@pytest.mark.parametrize("command", ["serve", "demo", "sandbox", "call"])
def test_a_wrong_setting_is_one_line_that_says_which(capsys: pytest.CaptureFixture[str], command: str) -> None:
    arguments = ("call", "--sandbox", "list_users") if command == "call" else (command,)
    with pytest.raises(SettingsError) as wrong:
        Settings.from_environment({}, sandbox=True, sandbox_scale="0")
    assert refusal(capsys, *arguments, "--scale", "0") == (2, "", f"outreach-mcp: {wrong.value}\n")


def test_an_unknown_command_is_told_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = refusal(capsys, "swim")
    assert (code, out, err.count("\n")) == (2, "", 1)
    names = [
        "serve",
        "demo",
        "sandbox",
        "tools",
        "call",
        "login",
        "logout",
        "doctor",
        "keys",
        "connections",
        "completion",
    ]
    assert re.findall(rf"\b(?:{'|'.join(names)})\b", err) == names


def test_a_flag_goes_before_its_variable(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = refusal(
        capsys, "call", "--sandbox", "--max-result-tokens", "600", "list_users", OUTREACH_MCP_MAX_RESULT_TOKENS="wrong"
    )
    assert (code, err) == (0, "")
    assert json.loads(out)["columns"][0] == "id"


def test_the_tools_are_listed_with_what_they_do(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = refusal(capsys, "tools")
    lines = [re.split(r"\s{2,}", line, maxsplit=2) for line in out.splitlines()]
    expected = [
        [tool.name, "reads" if tool.read_only else "destructive" if tool.destructive else "adds", tool.description]
        for tool in all_tools()
        if tool.name not in OPT_IN
    ]
    assert (code, lines, err) == (0, expected, "")


def test_the_tools_as_json_are_all_that_are_offered_with_their_schemas(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = refusal(capsys, "tools", "--json")
    listed = json.loads(out)
    assert len(listed) == len(all_tools()) - len(OPT_IN)
    assert listed == [
        {
            "name": tool.name,
            "title": tool.title,
            "toolset": tool.toolset,
            "description": tool.description,
            "inputSchema": tool.input_schema,
            "annotations": {
                "readOnlyHint": tool.read_only,
                "destructiveHint": tool.destructive,
                "idempotentHint": tool.idempotent,
                "openWorldHint": tool.open_world,
            },
        }
        for tool in all_tools()
        if tool.name not in OPT_IN
    ]


def test_a_reader_that_leaves_early_does_not_make_tools_complain() -> None:
    with started("tools", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(SECONDS) == 141


def test_an_answer_goes_to_stdout_with_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = refusal(capsys, "call", "--sandbox", "list_prospects", '{"page_size": 2}')
    assert (code, err, json.loads(out)["returned"]) == (0, "", 2)


def test_a_tool_that_fails_goes_to_stderr_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = refusal(capsys, "call", "--sandbox", "get_task", '{"task_id": 987654321}')
    assert (code, out) == (1, "")
    assert "987654321" in err


def test_the_arguments_of_a_call_may_come_from_stdin() -> None:
    ended = run("call", "--sandbox", "list_prospects", "-", stdin='{"page_size": 1}')
    assert (ended.returncode, json.loads(ended.stdout)["returned"]) == (0, 1)


def test_the_sandbox_on_a_port_accepts_the_token_it_was_told_and_no_other() -> None:
    with started("sandbox", "--port", "0", "--token", "letmein") as process:
        users = f"{line_of(process)}/users"
        headers = [{"Authorization": f"Bearer {token}"} for token in ("letmein", "sandbox")]
        assert [httpx.get(users, headers=each).status_code for each in headers] == [200, 401]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_sandbox_on_a_port_ends_cleanly_when_it_is_told_to(number: signal.Signals) -> None:
    with started("sandbox", "--port", "0") as process:
        line_of(process)
        process.send_signal(number)
        assert process.stderr is not None
        assert (process.stderr.read(), process.wait(SECONDS)) == ("", 0)


def test_a_tool_works_on_a_sandbox_on_a_port() -> None:
    with started("sandbox", "--port", "0", "--token", "letmein") as process:
        url = line_of(process)
        ended = run("call", "--api-url", url, "list_users", "{}", environ={"OUTREACH_ACCESS_TOKEN": "letmein"})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["returned"] > 0


def test_the_sandbox_keeps_its_records_in_the_file_it_is_given(tmp_path: Path) -> None:
    token = {"OUTREACH_ACCESS_TOKEN": "sandbox"}
    database = str(tmp_path / "outreach.db")
    created: dict[str, object] = {}
    with started("sandbox", "--port", "0", "--db", database) as process:
        arguments = '{"attributes": {"name": "Kept by the file"}}'
        ended = run("call", "--api-url", line_of(process), "create_account", arguments, environ=token)
        created |= json.loads(ended.stdout)
        process.terminate()
        process.wait(SECONDS)
    with started("sandbox", "--port", "0", "--db", database) as process:
        arguments = json.dumps({"account_id": created["id"]})
        ended = run("call", "--api-url", line_of(process), "get_account", arguments, environ=token)
    assert json.loads(ended.stdout)["name"] == "Kept by the file"


def test_a_port_that_is_taken_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, out, err = refusal(capsys, "sandbox", "--port", port)
    assert (code, out) == (2, "")
    assert err == (
        f"outreach-mcp: cannot listen on 127.0.0.1 port {port}: Address already in use; choose another "
        "--host or --port (0 is a free one)\n"
    )


def test_a_file_that_is_no_database_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("not a database, but long enough to be taken for the head of one" * 20, encoding="utf-8")
    assert refusal(capsys, "sandbox", "--port", "0", "--db", str(note)) == (
        2,
        "",
        f"outreach-mcp: cannot use {note} as the sandbox's database: file is not a database\n",
    )


def test_the_module_and_the_command_are_the_same() -> None:
    command = Path(sys.executable).with_name("outreach-mcp")
    shown = subprocess.run([command, "--version"], capture_output=True, text=True, check=False, timeout=SECONDS)
    assert shown.stdout == run("--version").stdout
