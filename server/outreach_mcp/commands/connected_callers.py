"""`outreach-mcp connections`: shows the operator which callers are connected as whom, and removes connections."""

import argparse
import json
from datetime import datetime

from outreach_mcp.api.errors.tree import TokenStoreError
from outreach_mcp.callers.state.accounts import CallerConnection
from outreach_mcp.callers.state.opening import State, open_state
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.io.streams import show, tell
from outreach_mcp.settings.settings import Settings


def manage_connections(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do what the command line asks for. Raises `UsageError`, and `SettingsError` without an encryption key."""
    try:
        state = open_state(settings)
        try:
            state.ping()
            if arguments.action == "list":
                return _list(state, as_json=arguments.json)
            return _remove(state, arguments.caller)
        finally:
            state.close()
    except TokenStoreError as error:
        raise UsageError(str(error)) from error


def _list(state: State, *, as_json: bool) -> int:
    found = state.connections.all()
    if as_json:
        show(json.dumps([_facts(each) for each in found], indent=1, ensure_ascii=False))
        return 0
    if not found:
        tell("Nobody is connected.")
        return 0
    rows = [
        (each.caller, _user(each), f"since {_day(each.connected_at)}", f"renewed {_day(each.renewed_at)}", each.subject)
        for each in found
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    show("\n".join(lines))
    return 0


def _remove(state: State, name: str) -> int:
    connected = state.connections.all()
    found = [each for each in connected if each.subject == name] or [each for each in connected if each.caller == name]
    if not found:
        raise UsageError(f"{name!r} is not connected: `outreach-mcp connections list` shows who is")
    if len(found) > 1:
        subjects = ", ".join(repr(each.subject) for each in found)
        raise UsageError(f"{name!r} is the name of {len(found)} callers: name one by its subject, {subjects}")
    state.connections.forget(found[0].subject)
    tell(
        f"Removed the connection of {found[0].caller} as {_user(found[0])}: within two seconds no call of theirs uses "
        "it. Outreach has no way to withdraw its tokens; nothing holds them any more."
    )
    return 0


def _facts(connection: CallerConnection) -> dict[str, object]:
    user = connection.user
    return {
        "caller": connection.caller,
        "subject": connection.subject,
        "user": {"id": user.id, "name": user.name, "email": user.email},
        "scopes": sorted(connection.scopes),
        "connected_at": connection.connected_at.isoformat(),
        "renewed_at": connection.renewed_at.isoformat(),
    }


def _user(connection: CallerConnection) -> str:
    user = connection.user
    return f"{user.name or user.id} <{user.email}>" if user.email else user.name or str(user.id)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
