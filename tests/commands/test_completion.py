"""Completion in real shells: a person types the beginning of a word and presses the tabulator key."""

import os
import pty
import re
import select
import shutil
import subprocess
from pathlib import Path

import pytest

from outreach_mcp.commands.completion.bash import bash_completion
from outreach_mcp.commands.completion.command_tree import Command, Values, command_tree, every_command
from outreach_mcp.commands.completion.fish import fish_completion
from outreach_mcp.commands.completion.zsh import zsh_completion
from outreach_tools.toolsets import all_tools, toolsets
from tests.support.processes import SECONDS

SCRIPTS = {"bash": bash_completion, "zsh": zsh_completion, "fish": fish_completion}
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "PS1=; bind 'set enable-bracketed-paste off'; source {script}"),
    "zsh": (
        ["zsh", "-f", "-i"],
        "PS1= PS2= RPS1=; bindkey -e; unset zle_bracketed_paste; autoload -U compinit && compinit -u -D; "
        "unsetopt prompt_cr prompt_sp; source {script}",
    ),
}
SHELLS = [
    pytest.param(shell, marks=pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed"))
    for shell in SCRIPTS
]
TYPED = {
    "outreach-mcp ser": "outreach-mcp serve",
    "outreach-mcp keys rem": "outreach-mcp keys remove",
    "outreach-mcp completion f": "outreach-mcp completion fish",
    "outreach-mcp call --form": "outreach-mcp call --format",
    "outreach-mcp call --format ta": "outreach-mcp call --format table",
    "outreach-mcp call --format=ta": "outreach-mcp call --format=table",
    "outreach-mcp call --sandbox list_prospect_o": "outreach-mcp call --sandbox list_prospect_options",
    "outreach-mcp call --log-level warning set_t": "outreach-mcp call --log-level warning set_task_action",
    "outreach-mcp tools complia": "outreach-mcp tools compliance",
    "outreach-mcp serve --toolsets sal": "outreach-mcp serve --toolsets sales",
    "outreach-mcp serve --toolsets mailings,tasks,sal": "outreach-mcp serve --toolsets mailings,tasks,sales",
    "outreach-mcp serve --exclude-tools raw": "outreach-mcp serve --exclude-tools raw_http_request",
    "outreach-mcp --read": "outreach-mcp --read-only",
    "outreach-mcp sandbox --db ./my": "outreach-mcp sandbox --db ./my records.db",
    # What nobody can guess stays as it is.
    "outreach-mcp serve --host ser": "outreach-mcp serve --host ser",
    "outreach-mcp call list_users list_prospect_o": "outreach-mcp call list_users list_prospect_o",
    "outreach-mcp call serve sandb": "outreach-mcp call serve sandb",
}
"""The line typed before the key, and the line after it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for shell, script in SCRIPTS.items():
        (tmp_path / f"completion.{shell}").write_text(script(command_tree()), encoding="utf-8")
    (tmp_path / "my records.db").touch()
    return tmp_path


def completed(shell: str, typed: str, folder: Path) -> str:
    """Return the line that somebody has after typing and pressing the tabulator key."""
    if shell == "fish":
        return completed_by_fish(typed, folder)
    command, prepare = START[shell]
    mine, theirs = pty.openpty()
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    try:
        with subprocess.Popen(
            command, cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        ) as process:
            os.close(theirs)
            try:
                os.write(
                    mine, f"{prepare.format(script=folder / f'completion.{shell}')}; printf 'rea%s\\n' dy\n".encode()
                )
                until(mine, r"^ready\r?\n")
                # Then to the beginning of the line, to have it printed word for word instead of run.
                os.write(mine, f"{typed}\t\x01printf '<%s>\\n' \n".encode())
                os.write(mine, b"printf 'do%s\\n' ne\n")
                shown = until(mine, r"^done\r?\n")
            finally:
                process.kill()
    finally:
        os.close(mine)
    return " ".join(re.findall(r"^<(.*)>\r?$", shown, re.MULTILINE))


def completed_by_fish(typed: str, folder: Path) -> str:
    """Return what fish would make of a line: it says so itself."""
    asked = f"source {folder / 'completion.fish'}; complete -C {typed!r}"
    ended = subprocess.run(
        ["fish", "--no-config", "-c", asked],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    assert ended.stderr == ""
    candidates = [line.partition("\t")[0] for line in ended.stdout.splitlines()]
    before, _, word = typed.rpartition(" ")
    return f"{before} {candidates[0] if len(candidates) == 1 else word}"


def until(terminal: int, pattern: str) -> str:
    """Return what a terminal shows up to a line."""
    shown = ""
    while not re.search(pattern, shown, re.MULTILINE):
        ready, _, _ = select.select([terminal], [], [], SECONDS)
        assert ready, f"nothing more was shown after {shown!r}"
        shown += os.read(terminal, 65_536).decode()
    return shown


@pytest.mark.parametrize("typed", TYPED)
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_what_was_begun(shell: str, typed: str, folder: Path) -> None:
    assert completed(shell, typed, folder).rstrip() == TYPED[typed]


def offered_by_bash(folder: Path, words: list[str]) -> list[str]:
    """Return what bash offers for the last of some words."""
    script = f'source {folder}/completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _outreach_mcp 2>/dev/null; '
    ended = subprocess.run(
        ["bash", "-c", f"{script} printf '%s\\n' \"${{COMPREPLY[@]}}\"", "bash", "outreach-mcp", *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    return ended.stdout.split()


@pytest.mark.parametrize(
    ("words", "command"),
    [*every_command(command_tree())],
    ids=[" ".join(words) for words, _ in every_command(command_tree())],
)
def test_every_flag_of_every_command_and_each_of_its_values_is_offered(
    words: tuple[str, ...], command: Command, folder: Path
) -> None:
    assert offered_by_bash(folder, [*words, "-"]) == [name for flag in command.flags for name in flag.names]
    for flag in command.flags:
        if flag.value is not None and not flag.value.is_file:
            assert offered_by_bash(folder, [*words, flag.names[0], ""]) == [*flag.value.words]
    if command.commands or command.arguments:
        first = tuple(each.name for each in command.commands) or command.arguments[0].words
        assert offered_by_bash(folder, [*words, ""]) == [*first]


def test_tools_and_toolsets_are_those_that_there_are() -> None:
    tree = dict(every_command(command_tree()))
    tools = tuple(tool.name for tool in all_tools())
    serve = {flag.names[0]: flag.value for flag in tree["serve",].flags}
    assert tree["call",].arguments[0] == Values(tools)
    assert tree["tools",].arguments == (Values((*tools, *toolsets())),)
    assert (serve["--tools"], serve["--toolsets"]) == (
        Values(tools, several=True),
        Values(tuple(toolsets()), several=True),
    )
    assert serve["--transport"] == Values(("stdio", "http", "sse", "http+sse"))
    assert (serve["--journal"], serve["--read-only"]) == (Values(is_file=True), None)
