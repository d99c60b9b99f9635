"""Runs in a bare environment, from a file and without this package: imports every module, then runs commands.

Reads the commands from stdin, a list of argument lists each with its variables; writes what is missing to import, and
the exit code and output of each command, to stdout.
"""

import contextlib
import importlib
import io
import json
import pkgutil
import sys
from typing import Any

import outreach_mcp
import outreach_mcp.cli
import outreach_sandbox
import outreach_tools


def missing_modules() -> dict[str, str | None]:
    """Return which of our modules cannot be imported, each with what it lacks."""
    missing: dict[str, str | None] = {}
    for package in (outreach_mcp, outreach_sandbox, outreach_tools):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                missing[module.name] = error.name
    return missing


def run(arguments: list[str], variables: dict[str, str]) -> tuple[object, str, str]:
    """Run one command; returns its exit code, its stdout and its stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code: object = outreach_mcp.cli.main(arguments, variables)
        except SystemExit as ended:
            code = ended.code or 0
    return code, out.getvalue(), err.getvalue()


if __name__ == "__main__":
    commands: list[Any] = json.load(sys.stdin)
    missing = missing_modules()
    json.dump([missing, [run(*command) for command in commands]], sys.stdout)
