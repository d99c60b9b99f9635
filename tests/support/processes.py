"""Runs `outreach-mcp` as its users do: as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "outreach_mcp"]
TODAY = "2026-11-18"  # a Wednesday
"""The day on which the sandbox of a process stands, unless a test says another."""

SECONDS = 60
"""How long a process may take before its test fails; it takes one or two."""


def environment(**variables: str) -> dict[str, str]:
    """The environment of this process without settings of ours, with `variables`."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")} | dict(variables)


def pinned(arguments: Sequence[str]) -> list[str]:
    """Return the arguments of a command, with the day of the tests where they start a sandbox without one."""
    starts_one = "--sandbox" in arguments or tuple(arguments[:1]) in (("sandbox",), ("demo",))
    return [*arguments, "--today", TODAY] if starts_one and "--today" not in arguments else [*arguments]


def run(*arguments: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*COMMAND, *pinned(arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        env=environment(**(environ or {})),
    )


@contextmanager
def started(*arguments: str, stdin: int = subprocess.PIPE, pin: bool = True) -> Generator[subprocess.Popen[str]]:
    """Start a command with pipes; a process still there at the end is killed. Unless told not to, pin its day."""
    with subprocess.Popen(
        [*COMMAND, *(pinned(arguments) if pin else arguments)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    """Wait for the next line on a process's stdout and return it without its end."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")
