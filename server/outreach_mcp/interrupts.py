"""What Ctrl-C does: it ends the process at once where nothing is under way, and is an exception within a command."""

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_EXIT_CODE = 130
"""Of a command that Ctrl-C has ended, as shells have it: 128 and the signal's number."""


def leave_on_ctrl_c() -> None:
    """From now on Ctrl-C ends the process without a word, unless who started it has it ignored.

    Python's own way raises an exception wherever the program is, and in the middle of an import, or at the very end,
    that is printed.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


@contextmanager
def raising() -> Generator[None]:
    """Within, Ctrl-C raises `KeyboardInterrupt` where it would leave the process: something is to be put in order."""
    if signal.getsignal(signal.SIGINT) is not _leave:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _leave)


def _leave(_: int, __: FrameType | None) -> None:
    os._exit(_EXIT_CODE)
