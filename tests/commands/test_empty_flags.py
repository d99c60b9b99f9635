"""A flag that is given with nothing in it is refused, whichever command it belongs to: it must not mean everything."""

import argparse
from collections.abc import Iterator
from typing import Any

import pytest

from outreach_mcp.cli import main
from outreach_mcp.commands.grammar import build_parser

REQUIRED = {"NAME": "alice", "TOOL": "get_task", "CALLER": "alice", "JSON": "{}"}


def commands(
    parser: argparse.ArgumentParser, *before: str
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Every command that takes no further command, by its words."""
    inner = [each for each in actions_of(parser) if isinstance(each.choices, dict)]
    if not inner:
        yield before, parser
    for each in inner:
        choices: Any = each.choices
        for name, command in choices.items():
            yield from commands(command, *before, name)


def actions_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the arguments of a parser, for which argparse has no public name."""
    actions: list[argparse.Action] = vars(parser)["_actions"]
    return actions


def lines() -> Iterator[tuple[str, list[str]]]:
    """Every flag and every argument that takes a value, and a command line in which that is empty."""
    for words, parser in commands(build_parser()):
        actions = [each for each in actions_of(parser) if each.nargs != 0]
        for empty in actions:
            line = [*words]
            for each in actions:
                value = "" if each is empty else REQUIRED.get(str(each.metavar), "alice@example.com")
                if not each.option_strings and (each is empty or each.required):
                    line.append(value)
                elif each is empty or each.required:
                    line += [each.option_strings[0], value]
            yield empty.option_strings[0] if empty.option_strings else str(empty.metavar), line


LINES = [*lines()]


@pytest.mark.parametrize(("shown", "line"), LINES, ids=[" ".join(line) for _, line in LINES])
def test_what_is_empty_is_refused_by_name(shown: str, line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(line, {})
    except SystemExit as ended:
        code = int(str(ended.code))
    told = capsys.readouterr()
    name = {"JSON": "ARGUMENTS"}.get(shown, shown)
    # The doctor's findings are its answer.
    said, other = (told.out, told.err) if line[0] == "doctor" else (told.err, told.out)
    assert (code, other, name in said, said.count("\n")) == (2, "", True, 1), said


def test_all_flags_are_tried() -> None:
    assert {"--token", "--db", "--toolsets", "--email", "--until", "--host", "--port"} <= {shown for shown, _ in LINES}
