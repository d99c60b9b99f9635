"""The journal as a file: lines that are on the disk when a method returns, and those of changes without an end.

Each line is a JSON object that begins with `entry`, the same in both lines of a change, and `event`: `begun` is
written before a change is sent, `ended` when what came of it is known. Lines of older versions have neither.
"""

import json
import os
import re
import stat
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from outreach_mcp.io.private_files import UNLINKED, fault_of_file, fault_of_place, fault_of_way
from outreach_tools.client import JsonObject
from outreach_tools.json_values import is_object

_LONGEST_WAIT = 10.0
"""Seconds for other processes and threads to write their lines, each of which takes milliseconds."""

_LONGEST_LINE = 1024 * 1024
"""Bytes: more than anything that is sent holds, four times the body of a request to this server."""

_LONGEST_TEXT = 10_000
"""Characters of what else such a line holds: a path, an error."""

_WINDOW = 16 * 1024 * 1024
"""Bytes at the end of the file in which lines without an end are looked for: some 20,000 changes."""

_LONGEST_CHANGE = timedelta(hours=1)
"""Seconds after which a change has ended, whoever made it: a call and its repetitions take a minute at most."""

_HEAD = re.compile(rb'\{"entry":"([0-9a-f]+)","event":"(begun|ended)"')


class UnusablePlaceError(OSError):
    """The journal is in a place where it cannot be trusted."""


class JournalFile:
    """One file, which any number of processes of one user may append to; all methods block and raise `OSError`."""

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is touched yet."""
        self.path = path
        self._mutex = Lock()
        self._owed: list[bytes] = []

    def begin(self, line: JsonObject) -> "Hold":
        """Append the line of a change that is about to be sent, after those that could not be written before.

        While what is returned is open, no other process takes the change for one whose process is gone.
        """
        with self._locked():
            descriptor = self._opened()
            try:
                _share(descriptor)
                self._append_owed(descriptor, encoded(line))
            except BaseException:
                os.close(descriptor)
                raise
            return Hold(descriptor)

    def end(self, line: JsonObject) -> None:
        """Append the line of a change that has ended; one that cannot be written now goes before the next that can."""
        text = encoded(line)
        try:
            with self._locked():
                descriptor = self._opened()
                try:
                    self._append_owed(descriptor, text)
                finally:
                    os.close(descriptor)
        except OSError:
            self._owed.append(text)
            raise

    def check(self) -> None:
        """Raise `OSError` when the file cannot be a journal, or cannot be written; nothing is made."""
        self._judge()
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | UNLINKED)
        except FileNotFoundError:
            if not os.access(self.path.parent, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied", str(self.path.parent)) from None
            return
        os.close(descriptor)

    def left_open(self, now: datetime) -> list[JsonObject]:
        """Return the lines of changes that were begun and whose process ended before they did."""
        if not self._without_end():
            return []
        with self._locked():
            return self._left_open(now)

    def settle(self, now: datetime, end_of: Callable[[JsonObject], JsonObject]) -> list[JsonObject]:
        """Return what `left_open` does, and append the line that `end_of` makes of each: the next one finds none."""
        if not self._without_end():
            return []
        with self._locked():
            found = self._left_open(now)
            if found:
                descriptor = self._opened()
                try:
                    self._append(descriptor, [encoded(end_of(line)) for line in found])
                finally:
                    os.close(descriptor)
            return found

    def _left_open(self, now: datetime) -> list[JsonObject]:
        found = self._without_end()
        if self._is_held():
            return [line for line in found if _is_before(line.get("at"), now - _LONGEST_CHANGE)]
        return found

    def _is_held(self) -> bool:
        """Whether a change is under way in some process."""
        if sys.platform == "win32":
            return True  # nobody can be asked there
        import fcntl  # noqa: PLC0415 - Windows has none

        descriptor = os.open(self.path, os.O_RDWR | UNLINKED)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _without_end(self) -> list[JsonObject]:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | UNLINKED)
        except FileNotFoundError:
            return []
        with open(descriptor, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _WINDOW, 0))
            return without_end(file)

    def _judge(self) -> None:
        fault = fault_of_way(self.path) or fault_of_place(self.path) or fault_of_file(self._lock_path)
        if fault:
            raise UnusablePlaceError(fault)

    @property
    def _lock_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.lock")

    @contextmanager
    def _locked(self) -> Generator[None]:
        import filelock  # noqa: PLC0415 - a start must not wait for it

        # Threads of one process wait for each other here, without asking for the file's lock again and again.
        if not self._mutex.acquire(timeout=_LONGEST_WAIT):
            raise TimeoutError("another change is being written down for too long")
        try:
            self._judge()
            with filelock.FileLock(self._lock_path, timeout=_LONGEST_WAIT, mode=0o600):
                yield
        finally:
            self._mutex.release()

    def _opened(self) -> int:
        # Opened anew for each line, so that the file may be moved away.
        flags = os.O_RDWR | os.O_APPEND | UNLINKED
        try:
            descriptor = os.open(self.path, flags)
        except FileNotFoundError:
            descriptor = os.open(self.path, flags | os.O_CREAT, 0o600)
            _keep_name(self.path)
        try:
            if sys.platform != "win32" and stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
                os.fchmod(descriptor, 0o600)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _append_owed(self, descriptor: int, text: bytes) -> None:
        owed = list(self._owed)
        self._append(descriptor, [*owed, text])
        del self._owed[: len(owed)]  # others may have come meanwhile

    def _append(self, descriptor: int, lines: list[bytes]) -> None:
        """Append lines, all of them or, as far as the disk lets it, none."""
        end = os.lseek(descriptor, 0, os.SEEK_END)
        text = b"".join(lines)
        if end and not _ends_line(descriptor):
            text = b"\n" + text  # a process was killed in the middle of an earlier one
        try:
            written = os.write(descriptor, text)
            while written < len(text):  # the next attempt tells why
                written += os.write(descriptor, text[written:])
            os.fsync(descriptor)
        except OSError:
            _cut(descriptor, end)
            raise


class Hold:
    """Says that a change is under way, until it is closed."""

    __slots__ = ("_descriptor",)

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def close(self) -> None:
        """Stop saying it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def encoded(line: JsonObject) -> bytes:
    """Return a line for the file; a body that makes it too long is left out, and its length and digest tell which."""
    text = json.dumps(line, ensure_ascii=True, separators=(",", ":")).encode()
    if len(text) >= _LONGEST_LINE:
        import hashlib  # noqa: PLC0415 - hardly ever

        rest = {name: _cut_text(value) for name, value in line.items() if name not in ("body", "query")}
        left_out = {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
        text = json.dumps({**rest, "left_out": left_out}, ensure_ascii=True, separators=(",", ":")).encode()
    return text + b"\n"


def _cut_text(value: Any) -> Any:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value


def without_end(lines: Iterator[bytes]) -> list[JsonObject]:
    """Return the lines of changes that were begun and have no end, in their order.

    A line that is not whole counts for nothing: nothing is sent before it is.
    """
    begun: dict[bytes, bytes] = {}
    for line in lines:
        head = _HEAD.match(line)
        if head is None:
            continue
        if head[2] == b"begun":
            # One that is not whole does not take the place of one that is.
            if head[1] not in begun or _parsed(line) is not None:
                begun[head[1]] = line
        elif head[1] in begun and _parsed(line) is not None:
            del begun[head[1]]
    return [whole for line in begun.values() if (whole := _parsed(line)) is not None]


def _parsed(line: bytes) -> JsonObject | None:
    try:
        parsed: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return parsed if is_object(parsed) else None


def _is_before(at: Any, moment: datetime) -> bool:
    try:
        begun = datetime.fromisoformat(at)
    except (TypeError, ValueError):
        return True
    return begun.replace(tzinfo=begun.tzinfo or UTC) < moment


def _share(descriptor: int) -> None:
    if sys.platform != "win32":
        import fcntl  # noqa: PLC0415 - Windows has none

        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


def _ends_line(descriptor: int) -> bool:
    os.lseek(descriptor, -1, os.SEEK_END)
    return os.read(descriptor, 1) == b"\n"


def _cut(descriptor: int, end: int) -> None:
    try:
        os.ftruncate(descriptor, end)
    except OSError:
        return  # what is half there is known by that


def _keep_name(path: Path) -> None:
    """Have the disk keep that a file is there, too."""
    if sys.platform != "win32":  # where a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def told(line: Mapping[str, Any]) -> str:
    """Return the change that a line is about, in words."""
    return f"{line.get('method')} {line.get('target')} by {line.get('tool')}, begun at {line.get('at')}"
