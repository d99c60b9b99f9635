"""The command line as shells complete it: read off its own grammar, so that no flag can be forgotten."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast, get_args, get_origin

from outreach_mcp.commands.grammar import build_parser
from outreach_mcp.settings.settings import Settings
from outreach_tools.playbooks.collection import PLAYBOOKS
from outreach_tools.toolsets import all_tools, toolsets


@dataclass(frozen=True, slots=True)
class Values:
    """The values a place takes: one of some words, with `several` a list of them with commas, or the name of a file.

    A place with neither takes free text.
    """

    words: tuple[str, ...] = ()
    several: bool = False
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag: its spellings, what it is for, and its value, None where it takes none."""

    names: tuple[str, ...]
    help: str
    value: Values | None


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a command of a command: its flags, its commands, or what its arguments may be in their order."""

    name: str
    help: str
    flags: tuple[Flag, ...]
    commands: tuple["Command", ...] = ()
    arguments: tuple[Values, ...] = field(default=())


def command_tree() -> Command:
    """Return `outreach-mcp` with everything below it; with flags alone it serves."""
    whole = _command("outreach-mcp", "", build_parser())
    serve = next(each for each in whole.commands if each.name == "serve")
    own = {name for flag in whole.flags for name in flag.names}
    return replace(whole, flags=(*whole.flags, *(flag for flag in serve.flags if own.isdisjoint(flag.names))))


def every_command(command: Command, *before: str) -> Iterator[tuple[tuple[str, ...], Command]]:
    """Yield a command and all below it, each with the words that lead there."""
    yield before, command
    for each in command.commands:
        yield from every_command(each, *before, each.name)


def _command(name: str, summary: str, parser: argparse.ArgumentParser) -> Command:
    flags: list[Flag] = []
    commands: list[Command] = []
    arguments: list[Values] = []
    actions: list[argparse.Action] = vars(parser)["_actions"]  # which argparse has no public name for
    for action in actions:
        choices: Any = action.choices
        if isinstance(choices, Mapping):
            parsers = cast(Mapping[str, argparse.ArgumentParser], choices)
            summaries = {each.dest: each.help or "" for each in vars(action)["_choices_actions"]}
            commands += [_command(each, summaries.get(each, ""), inner) for each, inner in parsers.items()]
        elif action.option_strings:
            value = None if action.nargs == 0 else _values(name, action)
            flags.append(Flag(tuple(action.option_strings), (action.help or "").replace("%%", "%"), value))
        else:
            arguments.append(_values(name, action))
    return Command(name, summary, tuple(flags), tuple(commands), tuple(arguments))


def _values(command: str, action: argparse.Action) -> Values:
    if action.choices is not None:
        return Values(tuple(map(str, action.choices)))
    if (command, action.dest) == ("tools", "name"):
        return Values((*_tools(), *toolsets()))
    if (command, action.dest) == ("playbooks", "name"):
        return Values(tuple(each.name for each in PLAYBOOKS))
    if action.dest in _NAMED:
        return _NAMED[action.dest]()
    if action.metavar == "FILE":
        return Values(is_file=True)
    setting = Settings.model_fields.get(action.dest)
    annotation: Any = setting.annotation if setting else None
    return Values(get_args(annotation)) if get_origin(annotation) is Literal else Values()


def _tools() -> tuple[str, ...]:
    return tuple(tool.name for tool in all_tools())


_NAMED: Mapping[str, Callable[[], Values]] = {
    "tool": lambda: Values(_tools()),
    "tools": lambda: Values(_tools(), several=True),
    "toolsets": lambda: Values(tuple(toolsets()), several=True),
    "exclude_tools": lambda: Values((*_tools(), *(name for name in toolsets() if name != "all")), several=True),
}
