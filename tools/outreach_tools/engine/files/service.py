"""The interface that the tools need of whatever keeps files, and nothing more: new ones, and those that there are."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from outreach_tools.client import JsonObject


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is kept: the members of an answer that say where, its bytes, and its SHA-256 in hexadecimal."""

    where: JsonObject
    size: int
    digest: str

    def told(self, rows: int) -> JsonObject:
        """Return what an answer says of the file, a table of so many rows."""
        return {**self.where, "rows": rows, "bytes": self.size, "sha256": self.digest}


class Draft(Protocol):
    """A file that is being written. Nobody sees it before it is kept, and unless it is kept nothing stays of it."""

    @property
    def file(self) -> BinaryIO:
        """The file, open for writing and reading."""
        ...

    @property
    def folder(self) -> Path:
        """A folder of its own for what is needed only while it is written."""
        ...

    async def keep(self) -> Kept:
        """Keep the file as it is now."""
        ...


class Files(Protocol):
    """The files of whoever calls; nobody reaches another's. Each method raises `ToolError` with what to do."""

    def draft(self, name: str, media_type: str, /) -> AbstractAsyncContextManager[Draft]:
        """Begin a file, to be called so; what fails within the block on the disk is a `ToolError`, too."""
        ...

    def opened(self, *, path: str | None, uri: str | None) -> AbstractAsyncContextManager[BinaryIO]:
        """Open a file that there is, by its path in the folder or by the uri that an answer gave."""
        ...
