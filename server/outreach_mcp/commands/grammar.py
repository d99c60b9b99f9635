"""The command line's grammar: commands, flags, and what --help says of them."""

import argparse
from collections.abc import Sequence
from importlib.metadata import version
from typing import Protocol

from outreach_mcp.commands.flags import add_flag, flags_of
from outreach_mcp.commands.parser import Parser, ShowVersion

_DESCRIPTION = """\
An MCP server for Outreach, the sales-engagement platform.

  outreach-mcp demo                                  watch a client work in the sandbox
  outreach-mcp serve --sandbox                       serve the sandbox: demo data, no account
  outreach-mcp login                                 log in to your own Outreach
  outreach-mcp serve                                 serve your own Outreach
"""


def build_parser() -> Parser:
    """Return the parser of `outreach-mcp`'s arguments; `command` is the name of the chosen one."""
    parser = Parser(
        prog="outreach-mcp",
        description=_DESCRIPTION,
        epilog="`outreach-mcp COMMAND --help` says more. Without a command, or with flags only, it serves.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    shown = f"outreach-mcp {version('outreach-mcp')}"
    parser.add_argument("--version", action=ShowVersion, nargs=0, const=shown, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    _add_serve(commands)
    _add_demo(commands)
    _add_sandbox(commands)
    _add_tools(commands)
    _add_playbooks(commands)
    _add_call(commands)
    _add_login(commands)
    _add_logout(commands)
    _add_doctor(commands)
    _add_keys(commands)
    _add_connections(commands)
    _add_completion(commands)
    return parser


class _Commands(Protocol):
    """The object that argparse's `add_subparsers` returns, whose own class is private."""

    def add_parser(self, name: str, *, help: str, description: str, parents: Sequence[Parser]) -> Parser: ...


def _add_serve(commands: _Commands) -> None:
    _command(
        commands,
        "serve",
        "serve MCP over stdio, which is what an MCP client starts, or over HTTP",
        "Reads the credentials from the environment, unless it serves the sandbox. Over HTTP it ends on SIGINT "
        "or SIGTERM with exit code 0, once calls in flight have finished, for which they have five seconds.",
        parents=[
            flags_of("api", "connection"),
            flags_of("policy"),
            flags_of("confirmation"),
            flags_of("serving"),
            flags_of("data"),
        ],
    )


def _add_demo(commands: _Commands) -> None:
    command = _command(
        commands,
        "demo",
        "watch a real MCP client work in the sandbox",
        "Starts `serve --sandbox`, finds two prospects, enrols them in a sequence, completes a task and reads the "
        "audit trail. Shows each call, its answer as a model sees it, and what it costs in tokens. With --today it is "
        "the same every time.",
        parents=[flags_of("data")],
    )
    command.set_defaults(sandbox=True)


def _add_sandbox(commands: _Commands) -> None:
    command = _command(
        commands,
        "sandbox",
        "run the embedded Outreach on a port",
        "Prints its base URL once it listens. Point a server at it with OUTREACH_API_URL and OUTREACH_ACCESS_TOKEN.",
        parents=[flags_of("data")],
    )
    command.set_defaults(sandbox=True)
    command.add_argument("--host", default="127.0.0.1", help="address to listen on (this machine only: 127.0.0.1)")
    command.add_argument("--port", type=_port, default=8765, help="port to listen on, 0 for a free one (8765)")
    command.add_argument("--token", default="sandbox", help="access token that it accepts (sandbox)")
    command.add_argument("--db", metavar="FILE", help="keep the records in this file; a new one gets the demo data")


def _add_tools(commands: _Commands) -> None:
    _listing(
        commands,
        "tools",
        "list the tools: name, effect, what it does; or say all about one",
        "Needs no account and sends nothing. Lists what these settings offer, for a terminal by toolset.",
        name="a tool, to see all about it, or a toolset",
        json="as JSON, with descriptions and input schemas",
    )


def _add_playbooks(commands: _Commands) -> None:
    _listing(
        commands,
        "playbooks",
        "list the playbooks: daily work, step by step; or print one",
        "Needs no account and sends nothing. Clients show them as prompts. Lists those whose tools the settings offer.",
        name="a playbook, to see its text",
        json="as JSON, with arguments, tools and ceilings",
    )


def _listing(commands: _Commands, command: str, does: str, more: str, *, name: str, json: str) -> None:
    """Add a command that lists what the settings offer, or tells of one by its name."""
    listing = _command(commands, command, does, more, parents=[flags_of("policy")])
    listing.set_defaults(sandbox=True)
    listing.add_argument("name", metavar="NAME", nargs="?", help=name)
    listing.add_argument("--json", action="store_true", help=json)


def _add_call(commands: _Commands) -> None:
    command = _command(
        commands,
        "call",
        "call one tool from the shell",
        "The answer goes to stdout, a failure to stderr. Exit code: 0 it worked, 1 the tool failed, 2 it could not be "
        "called, 3 it was done but its answer cannot be shown. All is UTF-8. Example: outreach-mcp call --sandbox "
        "list_prospects '{\"page_size\": 5}'",
        parents=[flags_of("api", "connection"), flags_of("policy"), flags_of("data")],
    )
    command.add_argument("tool", metavar="TOOL", help="the tool's name; `outreach-mcp tools` lists them")
    command.add_argument(
        "arguments", metavar="JSON", nargs="?", default="{}", help="its arguments, a JSON object; - reads stdin ({})"
    )
    command.add_argument(
        "--format", choices=("json", "table", "csv"), default="json", help="how to show the answer (json)"
    )


def _add_completion(commands: _Commands) -> None:
    command = _command(
        commands,
        "completion",
        "print what makes a shell complete these commands",
        "Commands, flags, tools and toolsets. For bash, in ~/.bashrc: source <(outreach-mcp completion bash). For zsh, "
        "in ~/.zshrc after compinit: source <(outreach-mcp completion zsh). For fish: outreach-mcp completion fish > "
        "~/.config/fish/completions/outreach-mcp.fish",
    )
    command.set_defaults(sandbox=True)
    command.add_argument("shell", metavar="SHELL", choices=("bash", "zsh", "fish"), help="bash, zsh or fish")


def _add_keys(commands: _Commands) -> None:
    command = _command(
        commands,
        "keys",
        "give out, list and take back the keys of callers",
        "For a server with many callers and without an identity provider. The file holds no key, only what each is "
        "recognised by; a running server notices every change.",
    )
    command.set_defaults(sandbox=True)
    flags = Parser(add_help=False)
    add_flag(flags, "keys_file")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", title="actions")
    add = _command(
        actions,
        "add",
        "make a key and print it, once",
        "Its holder may connect the Outreach account with this e-mail, and no other.",
        parents=[flags],
    )
    add.add_argument("name", metavar="NAME", help="whose key it is, such as alice")
    add.add_argument("--email", required=True, help="the e-mail of the Outreach account that they may connect")
    add.add_argument("--read-only", dest="only_reads", action="store_true", help="a key that changes nothing")
    add.add_argument("--until", metavar="YYYY-MM-DD", help="the last day on which it is valid (UTC); none unless given")
    _command(actions, "list", "show whose keys there are", "Nobody can show the keys themselves.", parents=[flags])
    remove = _command(actions, "remove", "take a key back", "Its holder is no longer let in.", parents=[flags])
    remove.add_argument("name", metavar="NAME", help="whose key it is")


def _add_connections(commands: _Commands) -> None:
    command = _command(
        commands,
        "connections",
        "show and remove the Outreach connections of callers",
        "For the operator of a server with many callers, with its OUTREACH_MCP_STORE and OUTREACH_MCP_ENCRYPTION_KEY. "
        "No token is shown.",
    )
    command.set_defaults(sandbox=True)
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", title="actions")
    listing = _command(actions, "list", "show who is connected as whom", "One line for each caller.")
    listing.add_argument("--json", action="store_true", help="as JSON, with scopes and times")
    remove = _command(
        actions, "remove", "forget a connection", "The caller is asked to connect again by their next call."
    )
    remove.add_argument("caller", metavar="CALLER", help="the caller's name or, where two share it, subject")


def _add_login(commands: _Commands) -> None:
    command = _command(
        commands,
        "login",
        "log in to Outreach, so that serve needs no environment",
        "Takes the app's client id, secret and redirect URI from the environment or an earlier login, or asks for "
        "them. Opens the browser, asks there for the scopes that the chosen tools need, and keeps the tokens and the "
        "app's secret in a file for you only. With a redirect URI that begins with https:// you paste back the address "
        "that the browser was sent to. Exit code: 0 logged in, 1 not, 2 a setting is wrong.",
        parents=[flags_of("api"), flags_of("policy")],
    )
    command.add_argument(
        "--paste", action="store_true", help="paste the address by hand: for machines without a browser"
    )
    command.add_argument("--no-browser", action="store_true", help="print the address to open, and open nothing")
    command.add_argument(
        "--scopes", action="store_true", help="print the scopes that the app needs for these tools, and do nothing else"
    )


def _add_logout(commands: _Commands) -> None:
    _command(
        commands,
        "logout",
        "remove what login left: its tokens and the app's secret",
        "The latest login, or the one with the app that OUTREACH_CLIENT_ID names.",
        parents=[flags_of("api")],
    )


def _add_doctor(commands: _Commands) -> None:
    command = _command(
        commands,
        "doctor",
        "find out why the server does not work",
        "One line for each check: settings, journal, credentials, token store, proxy, network, clock, token, user, "
        "scopes, calls left, tools. Changes nothing; an access token that has expired is renewed, as serve would. Exit "
        "code: 0 nothing is broken, 1 something is, 2 a setting is wrong.",
        parents=[flags_of("api", "connection"), flags_of("policy"), flags_of("data")],
    )
    command.add_argument("--json", action="store_true", help="as a JSON object")


def _command(
    commands: _Commands,
    name: str,
    summary: str,
    more: str,
    *,
    parents: Sequence[Parser] = (),
) -> Parser:
    return commands.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}. {more}", parents=parents
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a whole number from 0 to 65535")
    return int(text)
