"""The streams of the command line: always there, always UTF-8, and what cannot be shown is never lost silently."""

import io
import os
import select
import sys
from contextlib import suppress
from typing import TextIO

_CHUNK = 64 * 1024


class OutputLostError(Exception):
    """The output of a command cannot be written to stdout; the message is the system's reason.

    `done` is what had been done by then, None where it only shows something. `reader_left` says that
    whoever read the output did not want more of it.
    """

    def __init__(self, reason: str, *, done: str | None, reader_left: bool) -> None:
        super().__init__(reason)
        self.done = done
        self.reader_left = reader_left


class InputError(Exception):
    """The input of a command is not text, or cannot be read; the message is one line that says why."""


def prepare() -> None:
    """Make the streams what this module says. To be called before anything else is opened."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        _occupy(number)
        if getattr(sys, name) is None:  # what Python makes of a stream that the shell has closed
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - it stays open
    # Some editors on Windows begin a text with a byte order mark.
    _recode(sys.stdin, "utf-8-sig", "strict")
    _recode(sys.stdout, "utf-8", "backslashreplace")
    _recode(sys.stderr, "utf-8", "backslashreplace")


def closed_by_the_shell(*names: str) -> list[str]:
    """Return those of the named streams (`stdin`) that whoever started the process has closed."""
    return [name for name in names if getattr(sys, f"__{name}__") is None]


def show(text: str, *, done: str | None = None) -> None:
    """Print `text` to stdout, at once; `done` says what the command has done already, if it has done something.

    Raises `OutputLostError` when it cannot be printed.
    """
    try:
        _write(sys.stdout, f"{text}\n")
    except OSError as error:
        raise _lost(error, done) from error


def show_exactly(text: str, *, done: str | None = None) -> None:
    """Print `text` to stdout as `show` does, with the ends of lines that it has itself and no other, on Windows too.

    Raises `OutputLostError` when it cannot be printed.
    """
    _keep_ends(sys.stdout)
    try:
        _write(sys.stdout, text)
    except OSError as error:
        raise _lost(error, done) from error


def tell(text: str, *, end: str = "\n") -> None:
    """Print `text` to stderr, at once; where that cannot be done, nobody is left to read it."""
    try:
        _write(sys.stderr, f"{text}{end}")
    except OSError:
        _silence(sys.stderr)


def settle() -> None:
    """Write out what is left, or drop it: Python would complain about it at the very end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            _flush(stream)
        except OSError:
            _silence(stream)


def read_all() -> str:
    """Return all that stdin holds; raises `InputError`."""
    try:
        return sys.stdin.read() if _blocks(sys.stdin) else _waiting_read(sys.stdin).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error


def read_line() -> str:
    """Return the next line of stdin without its end; raises `EOFError` when there is none, and `InputError`."""
    try:
        line = sys.stdin.readline() if _blocks(sys.stdin) else _waiting_read(sys.stdin, b"\n").decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error
    if not line:
        raise EOFError
    return line.removesuffix("\n")


def argument_text(argument: str) -> str:
    """Return an argument of the command line as the UTF-8 that was typed; raises `InputError` when it is not UTF-8.

    Where the locale is another one, Python keeps bytes that it cannot read as halves of surrogate pairs.
    """
    try:
        argument.encode()
    except UnicodeEncodeError:
        try:
            return os.fsencode(argument).decode()
        except UnicodeError:
            raise InputError(f"the argument {argument!r} is not UTF-8") from None
    return argument


def _blocks(stream: TextIO) -> bool:
    """Return whether reading or writing blocks, as Python expects; a shared pipe may have been changed."""
    if sys.platform == "win32":
        return True
    try:
        return os.get_blocking(stream.fileno())
    except io.UnsupportedOperation:  # somebody has put what has no descriptor in its place
        return True


def _write(stream: TextIO, text: str) -> None:
    if _blocks(stream):
        stream.write(text)
        stream.flush()
        return
    # Python's own writers drop, in silence, what has no room just now.
    _flush(stream)
    left = memoryview(text.encode(stream.encoding, stream.errors or "strict"))
    while left:
        try:
            left = left[os.write(stream.fileno(), left) :]
        except BlockingIOError:
            select.select([], [stream.fileno()], [])


def _flush(stream: TextIO) -> None:
    while True:
        try:
            stream.flush()
        except BlockingIOError:  # it keeps what is left
            select.select([], [stream.fileno()], [])
        else:
            return


def _waiting_read(stream: TextIO, end: bytes = b"") -> bytes:
    """Return what is read up to `end`, else all, without Python's own readers, which fail where they would wait."""
    read = bytearray()
    while True:
        try:
            data = os.read(stream.fileno(), 1 if end else _CHUNK)
        except BlockingIOError:
            select.select([stream.fileno()], [], [])
            continue
        read += data
        if not data or (end and data == end):
            return bytes(read)


def _reason_of(error: OSError) -> str:
    """Return the reason why something failed, in the system's words."""
    return error.strerror or str(error)


def _occupy(number: int) -> None:
    """Take a closed descriptor, which the next file that is opened would get, and with it what is written here."""
    try:
        os.fstat(number)
    except OSError:
        # Open the wrong way round: what is read from stdin, or written to stdout, fails and is noticed.
        os.open(os.devnull, os.O_RDONLY if number == 1 else os.O_WRONLY)


def _recode(stream: TextIO, encoding: str, errors: str) -> None:
    if isinstance(stream, io.TextIOWrapper):  # else somebody has put another in its place, who knows what they want
        stream.reconfigure(encoding=encoding, errors=errors)


def _keep_ends(stream: TextIO) -> None:
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(newline="")


def _lost(error: OSError, done: str | None) -> OutputLostError:
    reason = "stdout is closed" if closed_by_the_shell("stdout") else _reason_of(error)
    _silence(sys.stdout)
    return OutputLostError(reason, done=done, reader_left=isinstance(error, BrokenPipeError))


def _silence(stream: TextIO) -> None:
    """Have the rest of a stream go nowhere."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _unreadable(error: OSError | UnicodeDecodeError) -> InputError:
    if isinstance(error, OSError):
        reason = "it is closed" if closed_by_the_shell("stdin") else _reason_of(error)
        return InputError(f"stdin cannot be read: {reason}")
    return InputError(f"stdin is not UTF-8: it holds the byte {error.object[error.start]:#04x}")
