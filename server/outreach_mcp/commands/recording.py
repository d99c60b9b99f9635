"""The journal that the settings ask for, when a command begins."""

from collections.abc import Callable, Sequence
from datetime import datetime

from outreach_mcp.commands.usage import UsageError
from outreach_mcp.guard.journal import Journal, JournalPlaceError
from outreach_mcp.settings.settings import Settings
from outreach_tools.client import JsonObject


def started_journal(settings: Settings, now: Callable[[], datetime]) -> tuple[Journal | None, Sequence[JsonObject]]:
    """Return the journal, None where none is set, and the changes in it whose outcome nobody knows.

    Raises `UsageError` for a journal that cannot be kept.
    """
    if settings.journal is None:
        return None, ()
    journal = Journal(settings.journal, now)
    try:
        return journal, journal.start()
    except JournalPlaceError as error:
        raise UsageError(str(error)) from error
