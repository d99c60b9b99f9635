"""The command line: reads the arguments and runs the command, whose imports wait until it is chosen."""

import argparse
import gc
import os
import sys
from collections.abc import Mapping, Sequence

from outreach_mcp.commands.grammar import build_parser
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.settings import Settings, SettingsError


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run `outreach-mcp` and return its exit code: 0 for success, 1 for a tool that failed, 2 for a wrong start."""
    given = list(sys.argv[1:] if argv is None else argv)
    # Without a command, or with flags only, it serves: that is how MCP clients start it.
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help", "--version")):
        given.insert(0, "serve")
    arguments = build_parser().parse_args(given)
    try:
        return _run(arguments, environ)
    except (SettingsError, UsageError) as error:
        print(f"outreach-mcp: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Who read our output left (`outreach-mcp tools | head`). Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    # Each command's imports are its own: serve must not wait for the sandbox's, nor tools for the SDK's.
    if arguments.command == "serve":
        settings = _settings(arguments, environ)
        # Imports leave little garbage, and looking for it meanwhile costs 30 ms; `serve_stdio` switches it on again.
        gc.disable()
        from outreach_mcp.commands.serve import serve  # noqa: PLC0415 - see above

        return serve(settings)
    if arguments.command == "demo":
        from outreach_mcp.demo import demo  # noqa: PLC0415 - see above

        return demo(_settings(arguments, environ))
    if arguments.command == "sandbox":
        from outreach_mcp.commands.sandbox import run_sandbox  # noqa: PLC0415 - see above

        where = (arguments.host, arguments.port)
        return run_sandbox(_settings(arguments, environ), where, token=arguments.token, database=arguments.db)
    if arguments.command == "tools":
        from outreach_mcp.commands.tools import show_tools  # noqa: PLC0415 - see above

        return show_tools(_settings(arguments, environ), as_json=arguments.json)
    if arguments.command == "login":
        from outreach_mcp.commands.login import login  # noqa: PLC0415 - see above

        return login(
            _settings(arguments, environ),
            paste=arguments.paste,
            no_browser=arguments.no_browser,
            show_scopes=arguments.scopes,
        )
    if arguments.command == "logout":
        from outreach_mcp.commands.logout import logout  # noqa: PLC0415 - see above

        return logout(_settings(arguments, environ))
    if arguments.command == "keys":
        from outreach_mcp.commands.keys import change_keys  # noqa: PLC0415 - see above

        return change_keys(_settings(arguments, environ), arguments)
    if arguments.command == "connections":
        from outreach_mcp.commands.connections import manage_connections  # noqa: PLC0415 - see above

        return manage_connections(_settings(arguments, environ), arguments)
    if arguments.command == "doctor":
        from outreach_mcp.commands.doctor import doctor  # noqa: PLC0415 - see above

        return doctor(environ, _overrides(arguments), as_json=arguments.json)
    from outreach_mcp.commands.call import call  # noqa: PLC0415 - see above

    return call(arguments.tool, arguments.arguments, _settings(arguments, environ))


def _settings(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    return Settings.from_environment(environ, **_overrides(arguments))


def _overrides(arguments: argparse.Namespace) -> dict[str, object]:
    """Return the settings that flags give, None for each that none gives."""
    given = vars(arguments)
    return {name: given.get(name) for name in Settings.model_fields}
