"""The files of the one user of a server over stdio: in a folder that its settings name."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from outreach_mcp.files.drafts import drafted, told
from outreach_mcp.files.folder import Folder, OutsideError
from outreach_mcp.io.threads import FILES
from outreach_tools.client import JsonObject
from outreach_tools.engine.errors import ArgumentError, ToolError
from outreach_tools.engine.files.service import Draft
from outreach_tools.engine.matching import shorten

_UNSET = (
    "This server has no folder for files: set OUTREACH_MCP_EXPORT_FOLDER to one that only this user may write to, and "
    "start it again."
)


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """Files in a folder, None where none is set (an `outreach_tools.engine.files.service.Files`)."""

    folder: Folder | None

    def draft(self, name: str, _: str, /) -> AbstractAsyncContextManager[Draft]:
        """Begin a file, to be called so."""
        return self._draft(name)

    def opened(self, *, path: str | None, uri: str | None) -> AbstractAsyncContextManager[BinaryIO]:
        """Open a file by its path in the folder."""
        if path is None:
            raise ArgumentError(f"'uri' is {shorten(uri)}, and this server offers no resources: give 'path' or 'csv'")
        return self._opened(path)

    @asynccontextmanager
    async def _draft(self, name: str) -> AsyncGenerator[Draft]:
        folder = await self._usable()

        def publish(part: Path, _: int, __: str) -> JsonObject:
            return {"file": str(folder.publish(part, name))}

        async with drafted(folder, publish) as draft:
            yield draft

    @asynccontextmanager
    async def _opened(self, path: str) -> AsyncGenerator[BinaryIO]:
        folder = await self._usable()
        try:
            file = await FILES.run(folder.open, path)
        except OutsideError as error:
            raise ArgumentError(
                f"'path' is {shorten(path)}, and {error.reason}: it takes a file in {str(folder.path)!r}"
            ) from None
        except OSError as error:
            raise ArgumentError(
                f"'path' is {shorten(path)}, which cannot be read ({told(error)}): it takes a file in "
                f"{str(folder.path)!r}"
            ) from None
        with file:
            yield file

    async def _usable(self) -> Folder:
        if self.folder is None:
            raise ToolError(_UNSET)
        if fault := await FILES.run(self.folder.fault):
            raise ToolError(f"OUTREACH_MCP_EXPORT_FOLDER cannot be used: {fault}.")
        return self.folder
