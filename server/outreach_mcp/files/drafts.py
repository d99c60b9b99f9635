"""Files that are being written: whole or not at all, and what fails on the disk said in one line."""

import errno
import hashlib
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import anyio

from outreach_mcp.files.folder import Folder
from outreach_mcp.io.threads import FILES
from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ToolError
from outreach_tools.engine.files.service import Kept

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CHUNK = 1024 * 1024


@dataclass(slots=True)
class DraftFile:
    """A file of a folder that is being written (an `outreach_tools.engine.files.service.Draft`).

    `publish` puts it in its place, given its path, its size and its SHA-256, and returns where that is.
    """

    file: BinaryIO
    folder: Path
    part: Path
    publish: Callable[[Path, int, str], JsonObject]

    async def keep(self) -> Kept:
        """Keep the file as it is now."""
        return await FILES.run(self._keep)

    def _keep(self) -> Kept:
        self.file.flush()
        self.file.seek(0)
        digest, size = hashlib.sha256(), 0
        while chunk := self.file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        self.file.close()
        return Kept(self.publish(self.part, size, digest.hexdigest()), size, digest.hexdigest())


@asynccontextmanager
async def drafted(folder: Folder, publish: Callable[[Path, int, str], JsonObject]) -> AsyncGenerator[DraftFile]:
    """Begin a file in a folder; what is not kept by the end of the block is gone. Raises `ToolError`."""
    draft: DraftFile | None = None
    try:
        draft = await FILES.run(_begun, folder, publish)
        yield draft
    except OSError as error:
        raise ToolError(f"The file was not written, and nothing of it is left: {told(error)}.") from error
    finally:
        if draft is not None:
            with anyio.CancelScope(shield=True):
                await FILES.run(_cleared, draft)


def told(error: OSError) -> str:
    """Return what went wrong with a file, as a clause that names no path."""
    if error.errno in _FULL:
        return "the disk is full"
    return error.strerror or str(error)


def _begun(folder: Folder, publish: Callable[[Path, int, str], JsonObject]) -> DraftFile:
    part, file = folder.begin()
    try:
        scratch = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=folder.path))
    except OSError:
        file.close()
        part.unlink(missing_ok=True)
        raise
    return DraftFile(file, scratch, part, publish)


def _cleared(draft: DraftFile) -> None:
    with suppress(OSError):  # what is buffered has no room on a full disk either
        draft.file.close()
    with suppress(OSError):
        draft.part.unlink(missing_ok=True)
    shutil.rmtree(draft.folder, ignore_errors=True)
