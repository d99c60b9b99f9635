"""A folder that files are made in and read from: never outside of it, and never in the place of another file."""

import errno
import os
import secrets
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from outreach_mcp.io.private_files import UNBLOCKED, UNLINKED, fault_of_folder

_MOST_OF_A_NAME = 1_000  # files of one name, beginning in the same second


class OutsideError(Exception):
    """A path leads out of the folder, or over a link; `reason` says which, as a clause."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder by its absolute path; all methods block and raise `OSError`."""

    path: Path

    def fault(self) -> str | None:
        """Return what is wrong with the folder, None where files may be made in it."""
        return fault_of_folder(self.path)

    def begin(self) -> tuple[Path, BinaryIO]:
        """Make a new file of this user's alone, under a name that nobody knows, and open it."""
        path = self.path / f".{secrets.token_hex(16)}.part"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | UNLINKED, 0o600)
        return path, open(descriptor, "w+b")

    def publish(self, part: Path, name: str) -> Path:
        """Give a file that was begun its name, with a number where that is taken; return its path."""
        stem, dot, ending = name.rpartition(".")
        for number in range(1, _MOST_OF_A_NAME):
            path = self.path / (name if number == 1 else f"{stem}-{number}{dot}{ending}")
            try:
                _claim(part, path)
            except FileExistsError:
                continue
            return path
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)

    def open(self, path: str) -> BinaryIO:
        """Open a file by its path in the folder, relative or absolute. Raises `OutsideError`."""
        parts = self._parts(path)
        if sys.platform == "win32":  # it opens nothing relative to an open folder
            return open(self._resolved(parts), "rb")
        with _opened_folder(self.path, parts[:-1]) as folder:
            descriptor = _without_links(parts[-1], os.O_RDONLY | UNBLOCKED, folder)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OutsideError("it is not a file")
        return open(descriptor, "rb")

    def _parts(self, path: str) -> tuple[str, ...]:
        """Return the names that lead from the folder to a file."""
        if "\0" in path:
            raise OutsideError("it is not a path")
        given = PurePath(path)
        for folder in (self.path, self.path.resolve()):
            if given.is_absolute() and given.is_relative_to(folder):
                given = given.relative_to(folder)
        if given.is_absolute() or ".." in given.parts:
            raise OutsideError("it leads out of that folder")
        if not given.parts:
            raise OutsideError("it is that folder itself")
        return given.parts

    def _resolved(self, parts: tuple[str, ...]) -> Path:
        resolved = self.path.joinpath(*parts).resolve(strict=True)
        if not resolved.is_relative_to(self.path.resolve(strict=True)):
            raise OutsideError("it leads out of that folder")
        if not resolved.is_file():
            raise OutsideError("it is not a file")
        return resolved


def _claim(part: Path, path: Path) -> None:
    """Move a file to a free place. Raises `FileExistsError` where that is taken."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | UNLINKED, 0o600))
        part.replace(path)
    else:
        part.unlink()


@contextmanager
def _opened_folder(path: Path, parts: tuple[str, ...]) -> Generator[int]:
    """Open a folder and those below it, one by one, so that none can be put in the place of another meanwhile."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts:
            below = _without_links(part, os.O_RDONLY | os.O_DIRECTORY, folder)
            os.close(folder)
            folder = below
        yield folder
    finally:
        os.close(folder)


def _without_links(name: str, flags: int, folder: int) -> int:
    """Open what lies in an open folder, unless it is a link."""
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK) or (
            error.errno == errno.ENOTDIR and stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode)
        ):
            raise OutsideError(f"{name!r} is a link") from None
        raise
