"""Finds places on the disk that this server can trust with what it writes: none that another user can change."""

import errno
import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

UNBLOCKED = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""To open a file with: a FIFO in its place answers at once rather than when somebody writes to it."""

UNLINKED = UNBLOCKED | getattr(os, "O_NOFOLLOW", 0)
"""As `UNBLOCKED`, and a link in the file's place is an error."""


def fault_of_place(path: Path) -> str | None:
    """Return what is wrong with a place to write a file to, None when nothing is; the file need not exist yet.

    The text is a clause such as "others can write to its folder '/tmp'". Its folder has to be there and closed to
    others, for whoever can write to a folder can put another file in the place of each that is in it.
    """
    return fault_of_folder(path.parent) or fault_of_file(path)


def fault_of_folder(folder: Path, *, to_read: bool = False) -> str | None:
    """Return what is wrong with a folder to write files to, None when nothing is.

    Where files are only read, a folder may be open to all as long as each can replace but their own files in it: that
    is how Kubernetes mounts secrets.
    """
    try:
        found = folder.stat()
    except (FileNotFoundError, NotADirectoryError):
        return f"its folder {str(folder)!r} does not exist"
    except OSError as error:
        return f"its folder {str(folder)!r} cannot be read: {error.strerror}"
    if not stat.S_ISDIR(found.st_mode):
        return f"{str(folder)!r} is not a folder"
    if sys.platform == "win32":  # a user's folders are closed to others there
        return None
    if found.st_uid not in (os.geteuid(), 0):
        return f"its folder {str(folder)!r} belongs to another user"
    if to_read and found.st_mode & stat.S_ISVTX:
        return _fault_above(folder)
    # Many systems give each user a group of their own, which may then write to all that is the user's.
    if found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and found.st_gid != os.getegid()):
        return f"others can write to its folder {str(folder)!r}"
    return _fault_above(folder)


def _fault_above(folder: Path) -> str | None:
    """Return the folder above that lets everybody put another in this one's place."""
    try:
        above = (*folder.absolute().parents, *folder.resolve(strict=True).parents)  # a link's own, too
        open_to_all = (each for each in above if each.stat().st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH)
        found = next(open_to_all, None)
    except OSError as error:
        return f"its folder {str(folder)!r} cannot be followed: {error.strerror}"
    return None if found is None else f"others can write to {str(found)!r}, above its folder"


def fault_of_file(path: Path) -> str | None:
    """Return what is wrong with what lies in a file's place, None for nothing, a file of this user, or a folder.

    A folder is left to whoever opens it, since that error says more.
    """
    try:
        found = path.lstat()
    except OSError:
        return None
    if stat.S_ISLNK(found.st_mode):
        return f"{str(path)!r} is a link"
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        return f"{str(path)!r} is not a file"
    if sys.platform != "win32" and found.st_uid != os.geteuid():
        return f"{str(path)!r} belongs to another user"
    return None


def fault_of_way(path: Path) -> str | None:
    """Return the link that leads to a place, None where none does; those in the root folder are the system's own."""
    for part in (path, *path.parents):
        if part.parent != Path(part.anchor) and part.is_symlink():
            return f"{str(part)!r} is a link: name {os.path.realpath(path)!r}, if that is what you mean"
    return None


def read_file(path: Path, most_bytes: int) -> bytes:
    """Return what is in a file of at most so many bytes; raises `OSError`, at once for what is not a file."""
    descriptor = os.open(path, os.O_RDONLY | UNBLOCKED)
    with open_regular(descriptor) as file:
        contents = file.read(most_bytes + 1)
    if len(contents) > most_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return contents


def open_regular(descriptor: int) -> BinaryIO:
    """Return an open file to read from; raises `OSError` for a descriptor of something else, and closes it."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a file")
    return open(descriptor, "rb")


def created(path: Path) -> int:
    """Return the descriptor of a new file of this user's alone, in the place of whatever was there."""
    path.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | UNLINKED, 0o600)
