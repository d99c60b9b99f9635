"""The calls of tools that the documents show as examples, wherever and in whatever form they stand."""

import ast
import contextlib
import io
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from outreach_mcp.commands.grammar import build_parser
from tests.support.processes import ROOT

DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    *sorted(f"docs/{p.name}" for p in ROOT.glob("docs/*.md")),
)

_SHELL = re.compile(r"^(?:.*Example: )?(?:uvx )?(?:\S*/)?outreach-mcp call (.*)$", re.MULTILINE)
_INSPECTOR = re.compile(r"--tool-name (\w+)((?: --tool-arg \S+)*)")
_PYTHON = re.compile(r"(?:call_tool\(\"(\w+)\", |tools\[\"(\w+)\"\]\.ainvoke\()(\{.*?\})\)")
_AGENT = re.compile(r"call_tools=\[\"(\w+)\"\]")
_ANY = re.compile(r"outreach-mcp call (?!TOOL|--help)|--tool-name |\.call_tool\(|\.ainvoke\(|call_tools=")
"""Whatever looks like a call: none may be missed."""


@dataclass(frozen=True, slots=True)
class Example:
    """A call that a document shows."""

    document: str
    tool: str
    arguments: dict[str, Any]


def examples() -> list[Example]:
    """Return every call that the documents and the help of `call` show."""
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS}
    texts["call --help"] = " ".join(_help_of("call").split("\n\n")[1].split())
    return [example for name, text in texts.items() for example in _in(name, text)]


def _help_of(command: str) -> str:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
        build_parser().parse_args([command, "--help"])
    return shown.getvalue()


def _in(document: str, text: str) -> list[Example]:
    found = [Example(document, tool, arguments) for tool, arguments in _calls(text)]
    looks = [match[0] for match in _ANY.finditer(re.sub(r"`outreach-mcp call`", "", text))]
    assert len(found) == len(looks), f"{document} shows {looks}, of which these are understood: {found}"
    return found


def _calls(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in _SHELL.findall(text):
        words = [word for word in _words(line) if not word.startswith("--")]
        if words[0] != "TOOL":  # the table of commands
            yield words[0], json.loads(words[1]) if len(words) > 1 else {}
    for tool, given in _INSPECTOR.findall(text):
        pairs = [each.partition("=") for each in re.findall(r"--tool-arg (\S+)", given)]
        yield tool, {name: json.loads(value) for name, _, value in pairs}
    for tool, alike, arguments in _PYTHON.findall(text):
        yield tool or alike, ast.literal_eval(arguments)
    for tool in _AGENT.findall(text):
        yield tool, {}


def _words(line: str) -> list[str]:
    """Take a command line apart, without the values of flags."""
    return shlex.split(re.sub(r"--(?:journal|format|today) \S+", "", line))
