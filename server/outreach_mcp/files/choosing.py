"""Chooses where a server keeps files: in the user's folder over stdio, offered for a time over HTTP."""

from collections.abc import Callable
from datetime import datetime

from outreach_mcp.files.folder import Folder
from outreach_mcp.files.local import LocalFiles
from outreach_mcp.files.offered import Offers
from outreach_mcp.settings.settings import Settings


def files_of(settings: Settings, now: Callable[[], datetime]) -> LocalFiles | Offers:
    """Return what keeps the files of a server with these settings."""
    folder = None if settings.export_folder is None else Folder(settings.export_folder)
    return LocalFiles(folder) if settings.transport == "stdio" else Offers(now, folder)
