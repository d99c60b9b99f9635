"""The command line: reads the arguments and runs the command, whose imports wait until it is chosen."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from outreach_mcp.commands.grammar import build_parser
from outreach_mcp.commands.terminal import terminal_of
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.io import interrupts
from outreach_mcp.io.streams import InputError, OutputLostError, prepare, tell
from outreach_mcp.settings.settings import Settings, SettingsError

_POSITIONAL = ("tool", "arguments", "name", "caller")

_Command: TypeAlias = Callable[[], int]

NOT_SHOWN = 3
"""The exit code of a command that did what it was asked to, and cannot show what came of it."""

READER_LEFT = 141
"""The exit code of a command whose output nobody reads to its end, as shells have it: 128 and SIGPIPE's number."""


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run `outreach-mcp` and return its exit code: 0 for success, 1 for a tool that failed, 2 for a wrong start.

    Also `NOT_SHOWN` and `READER_LEFT`. Raises `KeyboardInterrupt` when Ctrl-C ends the command.
    """
    prepare()
    try:
        arguments = _arguments(list(sys.argv[1:] if argv is None else argv))
        command = _command(arguments, environ)
        with interrupts.raising():
            return command()
    except (SettingsError, UsageError, InputError) as error:
        tell(f"outreach-mcp: {error}")
        return 2
    except OutputLostError as lost:
        if lost.done is None and lost.reader_left:
            return READER_LEFT  # `outreach-mcp tools | head`
        done = "the output" if lost.done is None else f"{lost.done}, but the answer"
        tell(f"outreach-mcp: {done} cannot be shown: {lost}")
        return NOT_SHOWN


def _arguments(given: list[str]) -> argparse.Namespace:
    # Without a command, or with flags only, it serves: that is how MCP clients start it.
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help", "--version")):
        given.insert(0, "serve")
    arguments = build_parser().parse_args(given)
    _refuse_empty(arguments)
    return arguments


def _refuse_empty(arguments: argparse.Namespace) -> None:
    """Raise `UsageError` for a flag of a command's own that holds nothing; those of settings say what is allowed."""
    for name, value in vars(arguments).items():
        if isinstance(value, str) and not value.strip() and name not in Settings.model_fields:
            shown = name.upper() if name in _POSITIONAL else f"--{name.replace('_', '-')}"
            raise UsageError(f"{shown} {value!r} is wrong: it is empty; see `outreach-mcp {arguments.command} --help`")


def _command(arguments: argparse.Namespace, environ: Mapping[str, str]) -> _Command:
    """Return what runs the chosen command, imported."""
    # Each command's imports are its own: serve must not wait for the sandbox's, nor tools for the SDK's.
    if arguments.command == "completion":
        from outreach_mcp.commands.completion.command import show_completion  # noqa: PLC0415 - see above

        return partial(show_completion, arguments.shell)
    if arguments.command == "doctor":
        from outreach_mcp.commands.doctor.command import doctor  # noqa: PLC0415 - see above

        return partial(doctor, environ, _overrides(arguments), as_json=arguments.json)
    settings = Settings.from_environment(environ, **_overrides(arguments))
    if arguments.command == "serve":
        # Imports leave little garbage, and looking for it meanwhile costs 30 ms; `serve_stdio` switches it on again.
        gc.disable()
        from outreach_mcp.commands.serve import serve  # noqa: PLC0415 - see above

        return partial(serve, settings)
    if arguments.command == "demo":
        from outreach_mcp.commands.demo import demo  # noqa: PLC0415 - see above

        return partial(demo, settings)
    if arguments.command == "sandbox":
        from outreach_mcp.commands.sandbox import run_sandbox  # noqa: PLC0415 - see above

        where = (arguments.host, arguments.port)
        return partial(run_sandbox, settings, where, token=arguments.token, database=arguments.db)
    if arguments.command == "tools":
        from outreach_mcp.commands.tools import show_tools  # noqa: PLC0415 - see above

        return partial(show_tools, settings, arguments.name, terminal_of(environ), as_json=arguments.json)
    if arguments.command == "playbooks":
        from outreach_mcp.commands.playbooks import show_playbooks  # noqa: PLC0415 - see above

        return partial(show_playbooks, settings, arguments.name, terminal_of(environ), as_json=arguments.json)
    if arguments.command == "login":
        from outreach_mcp.commands.login.command import login  # noqa: PLC0415 - see above

        return partial(
            login, settings, paste=arguments.paste, no_browser=arguments.no_browser, show_scopes=arguments.scopes
        )
    if arguments.command == "logout":
        from outreach_mcp.commands.logout import logout  # noqa: PLC0415 - see above

        return partial(logout, settings)
    if arguments.command == "keys":
        from outreach_mcp.commands.keys import change_keys  # noqa: PLC0415 - see above

        return partial(change_keys, settings, arguments)
    if arguments.command == "connections":
        from outreach_mcp.commands.connected_callers import manage_connections  # noqa: PLC0415 - see above

        return partial(manage_connections, settings, arguments)
    from outreach_mcp.commands.call import call  # noqa: PLC0415 - see above

    return partial(call, arguments.tool, arguments.arguments, settings, arguments.format, terminal_of(environ))


def _overrides(arguments: argparse.Namespace) -> dict[str, object]:
    """Return the settings that flags give, None for each that none gives."""
    given = vars(arguments)
    return {name: given.get(name) for name in Settings.model_fields}
