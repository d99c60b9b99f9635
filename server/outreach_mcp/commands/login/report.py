"""The end of a login: who it is, where the tokens are kept, which scopes they have, how to connect a client."""

import json
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from outreach_mcp.api.current_user import CurrentUser
from outreach_mcp.commands.login.installation import Installation
from outreach_mcp.guard.scopes import expanded, tools_without
from outreach_mcp.settings.settings import Settings, variable_of
from outreach_tools.engine.tool import Tool

_GOING_BEFORE = ("sandbox", "access_token", "refresh_token", "s2s_guid")
_MOST_NAMES = 10


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """How a login ended: the settings that it was made with, and what came of it.

    `user` is a sentence about why they are not known where Outreach did not tell.
    """

    settings: Settings
    user: CurrentUser | str
    file: Path
    tools: Sequence[Tool]
    asked: Collection[str]
    granted: Collection[str]
    installation: Installation


def report_of(login: LoggedIn) -> str:
    """Return the text for the user, without anything secret."""
    return "\n".join((*_who(login), *_scopes(login), *_going_before(login.settings), "", *_clients(login)))


def shown_by_type(scopes: Collection[str]) -> str:
    """Return scopes in few words: `prospects (read, write), users (read)`."""
    rights: dict[str, list[str]] = {}
    for scope in sorted(scopes):
        family, _, right = scope.partition(".")
        rights.setdefault(family, []).append(right)
    return ", ".join(f"{family} ({', '.join(each)})" if any(each) else family for family, each in rights.items())


def serve_arguments(settings: Settings) -> list[str]:
    """Return the arguments of a server that serves what the login was made for."""
    flags = ["--read-only"] if settings.read_only else []
    for flag, names in (
        ("--toolsets", settings.toolsets),
        ("--tools", settings.tools),
        ("--exclude-tools", settings.exclude_tools),
    ):
        flags += [flag, ",".join(names)] if names else []
    return ["serve", *flags]


def _who(login: LoggedIn) -> Iterator[str]:
    if isinstance(login.user, str):
        yield f"Logged in to Outreach. The user could not be found out: {login.user}"
    else:
        user = login.user
        name = user.name or f"user {user.user_id}"
        yield "".join(
            (
                f"Logged in to Outreach as {name}",
                f" <{user.email}>" if user.email else "",
                f" of {user.organisation}" if user.organisation else "",
                ".",
            )
        )
    yield (
        f"The tokens and the app's secret are kept in {login.file}, for you only. The login lasts while a server uses "
        "it at least every 14 days; `outreach-mcp logout` removes it."
    )


def _scopes(login: LoggedIn) -> Iterator[str]:
    missing = set(login.asked) - expanded(login.granted)
    if not missing:
        yield f"All {len(login.asked)} scopes that were asked for are granted."
        return
    yield f"Granted: {shown_by_type(login.granted)}."
    yield f"Asked for but not granted: {shown_by_type(missing)}. The app lacks them in Outreach (API access)."
    without = list(tools_without(login.tools, login.granted))
    if without:
        more = f" and {len(without) - _MOST_NAMES} more" if len(without) > _MOST_NAMES else ""
        yield f"These tools are left out for it: {', '.join(without[:_MOST_NAMES])}{more}."


def _going_before(settings: Settings) -> Iterator[str]:
    for field in _GOING_BEFORE:
        if getattr(settings, field):
            yield f"{variable_of(field)} is set and takes precedence over this login: unset it."


def _clients(login: LoggedIn) -> Iterator[str]:
    settings = login.settings
    command = [*login.installation.start(), *serve_arguments(settings)]
    variables = {} if settings.token_file is None else {"OUTREACH_MCP_TOKEN_FILE": str(settings.token_file)}
    flags = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
    yield "Connect a client:"
    yield ""
    yield f"  {shlex.join(['claude', 'mcp', 'add', '--scope', 'user', 'outreach', *flags, '--', *command])}"
    yield f"  {shlex.join(['gemini', 'mcp', 'add', '--scope', 'user', *flags, 'outreach', *command])}"
    yield ""
    yield "Claude Desktop, Cursor and others take this as one of their mcpServers:"
    yield ""
    server: dict[str, object] = {"command": command[0], "args": command[1:]}
    yield f'  "outreach": {json.dumps({**server, "env": variables} if variables else server)}'
