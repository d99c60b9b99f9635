"""`outreach-mcp keys`: gives out the keys of callers of a server for many, lists them, and takes them back."""

import argparse
from datetime import date
from pathlib import Path

from outreach_mcp.caller import WRITE
from outreach_mcp.callers.identity.errors import KeysFileError
from outreach_mcp.callers.identity.key_giving import add_key, remove_key
from outreach_mcp.callers.identity.keys import StoredKey, read_keys
from outreach_mcp.clock import MACHINE, Clock
from outreach_mcp.commands.usage import UsageError
from outreach_mcp.io.streams import show, tell
from outreach_mcp.settings.settings import Settings


def change_keys(settings: Settings, arguments: argparse.Namespace, clock: Clock = MACHINE) -> int:
    """Do what the command line asks for. Raises `UsageError`."""
    if arguments.action == "add":
        name, email, until = arguments.name, arguments.email, arguments.until
        return give_key(settings, name, email, read_only=arguments.only_reads, until=until, clock=clock)
    return list_keys(settings, clock) if arguments.action == "list" else take_key(settings, arguments.name)


def give_key(
    settings: Settings, name: str, email: str, *, read_only: bool, until: str | None, clock: Clock = MACHINE
) -> int:
    """Make a key and print it, alone, to stdout; what it is for goes to stderr. Raises `UsageError`."""
    try:
        day = None if until is None else date.fromisoformat(until)
    except ValueError:
        raise UsageError(f"--until {until!r} is not a day: give it as 2027-01-31") from None
    if day is not None and day < clock.now().date():
        raise UsageError(f"--until {until} has passed: give the last day on which the key is good")
    try:
        key = add_key(_file(settings), name, email, read_only=read_only, until=day)
    except KeysFileError as error:
        raise UsageError(str(error)) from error
    show(key, done=f"the key of {name} was made (`outreach-mcp keys remove {name}` takes it back)")
    tell(
        f"{name} may {'read' if read_only else 'read and write'} as {email}{f' until {day}' if day else ''}, sending "
        "'Authorization: Bearer <key>'. The key is not shown again."
    )
    return 0


def list_keys(settings: Settings, clock: Clock = MACHINE) -> int:
    """Print the keys' names, e-mails, what they may do, and their last days; the keys themselves nobody has.

    Raises `UsageError`.
    """
    try:
        keys = read_keys(_file(settings))
    except KeysFileError as error:
        raise UsageError(str(error)) from error
    today = clock.now().date()
    rows = [
        (key.name, key.email, "reads, writes" if WRITE in key.scopes else "reads", _end(key, today)) for key in keys
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if lines:
        show("\n".join(lines))
    return 0


def take_key(settings: Settings, name: str) -> int:
    """Take a key back: from now on it is not accepted. Raises `UsageError`."""
    try:
        remove_key(_file(settings), name)
    except KeysFileError as error:
        raise UsageError(str(error)) from error
    tell(f"The key {name!r} is no longer accepted.")
    return 0


def _file(settings: Settings) -> Path:
    if settings.keys_file is None:
        raise UsageError("which file? Name it with --keys-file or OUTREACH_MCP_KEYS_FILE, for the server as well")
    return settings.keys_file


def _end(key: StoredKey, today: date) -> str:
    if key.until is None:
        return "no end"
    return f"ended {key.until}" if key.is_over(today) else f"until {key.until}"
