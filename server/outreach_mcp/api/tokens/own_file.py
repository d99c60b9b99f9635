"""Judges whether a file with secrets is one that only the user this server runs as can write to."""

import logging
import os
import stat
import sys
from pathlib import Path

from outreach_mcp.api.errors.tree import TokenStoreError

_log = logging.getLogger(__name__)


def judge_private_file(path: Path, descriptor: int, setting: str) -> None:
    """Raise `TokenStoreError` for an open file that others can write to; close one that others can read.

    `setting` is the variable in which another file can be named.
    """
    if sys.platform == "win32":  # a user's folders are closed to others there
        return
    found = os.fstat(descriptor)
    # Whoever can write the file chooses the user that this server acts for.
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise TokenStoreError(
            f"{str(path)!r} can be written by others than the user this server runs as, so its tokens are not "
            f"used: make it a file of this user with the mode 0600, or name another in {setting}."
        )
    # Being readable is repaired: a refused start would protect nothing that has not been seen already, and the
    # next renewal makes what was seen worthless.
    if found.st_mode & 0o077:
        os.fchmod(descriptor, 0o600)
        _log.warning("%s was readable by others; its mode is now 0600", path)
