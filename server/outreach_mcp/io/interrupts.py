"""Handles Ctrl-C: it ends the process at once where nothing is under way, and is an exception within a command.

Either way one line says so. A command that has more to say, of what it had done, raises `KeyboardInterrupt` with that.
"""

import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

_ended_by: list[int] = []
"""The signals that came in Ctrl-C's place."""


def exit_code() -> int:
    """Return the exit code of a command that Ctrl-C has ended, as shells have it: 128 and the signal's number."""
    return 128 + (_ended_by[0] if _ended_by else signal.SIGINT)


def leave(said: str) -> NoReturn:
    """End the process with one line, and without waiting for threads that wait for something else."""
    if sys.__stderr__ is not None:  # else something else may have its descriptor by now
        with suppress(OSError):
            os.write(2, f"outreach-mcp: {said or 'interrupted'}\n".encode())
    os._exit(exit_code())


def ending_signals() -> list[signal.Signals]:
    """Return the signals that end a server, without the hang-up of a terminal where `nohup` has that ignored."""
    hang_up = getattr(signal, "SIGHUP", None)  # Windows has none
    ends = [signal.SIGINT, signal.SIGTERM]
    return ends if hang_up is None or signal.getsignal(hang_up) is signal.SIG_IGN else [*ends, hang_up]


@contextmanager
def ending_like_ctrl_c() -> Generator[None]:
    """Within this block, have the other signals that end a process do what Ctrl-C does, but for the exit code."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    others = [number for number in ending_signals() if signal.getsignal(number) is signal.SIG_DFL]
    for number in others:
        signal.signal(number, _pass_on)
    try:
        yield
    finally:
        for number in others:
            signal.signal(number, signal.SIG_DFL)


def leave_on_ctrl_c() -> None:
    """Have Ctrl-C end the process with one line from now on, unless whoever started it has it ignored.

    Python's own way raises an exception wherever the program is, and in the middle of an import, or at the very end,
    that is printed.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


@contextmanager
def raising() -> Generator[None]:
    """Within this block, have Ctrl-C raise `KeyboardInterrupt` instead of ending the process: there is work to undo."""
    if signal.getsignal(signal.SIGINT) is not _leave:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _leave)


def _leave(_: int, __: FrameType | None) -> None:
    leave("")


def _pass_on(number: int, _: FrameType | None) -> None:
    _ended_by.append(number)
    signal.raise_signal(signal.SIGINT)
