"""Runs many commands in forks of one process that has imported what they need, each over streams of its own.

A fork finds its streams as Python finds them at its start: one whose descriptor is closed is None.
"""

import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import outreach_mcp
from outreach_mcp.__main__ import main as command_line
from tests.support.processes import ROOT, SECONDS

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def run_forked(
    cases: Sequence[tuple[Sequence[str], str]], folder: Path, environ: Mapping[str, str]
) -> list[tuple[int, str, str]]:
    """Run each command line, in a folder of its own, without the streams whose descriptors are named.

    Returns the exit codes, and what was written to stdout and stderr.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.forked", str(folder)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=dict(environ),
        timeout=SECONDS * 3,
    )
    assert ended.returncode == 0, ended.stderr
    return [(code, out, err) for code, out, err in json.loads(ended.stdout)]


def main() -> None:
    """Read the cases from stdin, run them one after the other, and write what came of them to stdout."""
    for module in pkgutil.walk_packages(outreach_mcp.__path__, "outreach_mcp."):
        importlib.import_module(module.name)
    results: list[tuple[int, str, str]] = []
    cases: list[Any] = json.load(sys.stdin)
    for number, (arguments, missing) in enumerate(cases):
        folder = Path(sys.argv[1]) / str(number)
        folder.mkdir()
        child = os.fork()
        if child == 0:
            try:
                code = _run(list(arguments), missing, folder)
            except BaseException as error:
                (folder / "2").write_text(f"Traceback: {error!r}", encoding="utf-8")
                code = 99
            os._exit(code)
        _, status = os.waitpid(child, 0)
        written = [(folder / name).read_text(encoding="utf-8") for name in "12"]
        results.append((os.waitstatus_to_exitcode(status), written[0], written[1]))
    json.dump(results, sys.stdout)


def _run(arguments: list[str], missing: str, folder: Path) -> int:
    os.chdir(folder)
    for name in "012":
        flags = os.O_RDONLY if name == "0" else os.O_WRONLY
        descriptor = os.open(name, flags | os.O_CREAT, 0o600)
        os.dup2(descriptor, int(name))
        os.close(descriptor)
    for name in missing:
        os.close(int(name))
    for number, (name, mode) in enumerate(_STREAMS):
        stream: Any = None
        with suppress(OSError):
            os.fstat(number)
            stream = open(number, mode, encoding="ascii", closefd=False)  # noqa: SIM115 - it stays open
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["outreach-mcp", *arguments]
    try:
        code = command_line()
    except SystemExit as ended:
        code = int(ended.code or 0)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    main()
