"""A line that tells how far something is: said in terminals, and nowhere else."""

import os
import pty
import subprocess
from collections.abc import Iterator

import pytest

from outreach_mcp.io.progress import watched
from tests.support.processes import COMMAND, SECONDS, environment, pinned

FILLING = pinned(["call", "--sandbox", "--scale", "10", "list_users", '{"page_size": 1, "fields": ["id"]}'])
SMALL = pinned(["call", "--sandbox", "list_users", '{"page_size": 1, "fields": ["id"]}'])


def stderr_of(arguments: list[str]) -> tuple[str, str]:
    """Run a command with a terminal as stderr alone, and return its stdout and what the terminal got."""
    mine, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen([*COMMAND, *arguments], env=environment(), stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        try:
            while more := os.read(mine, 65_536):
                shown += more
        except OSError:  # Linux's way to say that the command has ended
            pass
        assert process.stdout is not None
        answer = process.stdout.read().decode()
        process.wait(SECONDS)
    os.close(mine)
    return answer, shown.decode()


def test_all_items_pass_and_every_thousandth_is_told() -> None:
    said: list[str] = []
    passed = watched(range(2500), "Filling", said.append)
    assert next(passed) == 0
    assert said == ["Filling ..."]
    assert [*passed] == [*range(1, 2500)]
    assert said == ["Filling ...", "Filling: 1,000 records", "Filling: 2,000 records", ""]


def test_where_nobody_looks_nothing_is_said() -> None:
    assert [*watched(range(2500), "Filling", None)] == [*range(2500)]


def test_the_line_is_gone_when_what_takes_long_fails() -> None:
    said: list[str] = []

    def failing() -> Iterator[int]:
        yield 1
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        list(watched(failing(), "Filling", said.append))
    assert said == ["Filling ...", ""]


def test_filling_a_large_sandbox_is_told_in_a_terminal_and_wiped_out_at_its_end() -> None:
    answer, shown = stderr_of(FILLING)
    assert answer.startswith('{"returned":1')
    lines = [line for line in shown.split("\r") if line.strip()]
    assert lines[:2] == ["Filling the sandbox ...", "Filling the sandbox: 1,000 records"]
    assert shown.endswith(f"\r{' ' * len(lines[-1])}\r")


def test_a_small_sandbox_and_a_stderr_that_is_not_a_terminal_get_no_such_line() -> None:
    assert stderr_of(SMALL)[1] == ""
    ended = subprocess.run(
        [*COMMAND, *FILLING], env=environment(), capture_output=True, text=True, check=True, timeout=SECONDS
    )
    assert ended.stderr == ""
