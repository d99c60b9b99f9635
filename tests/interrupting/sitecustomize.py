"""Python imports this at its start where it is on the path: has the process interrupted at a moment that is counted.

`INTERRUPT_AT=import:40` sends SIGINT with the fortieth module that is imported after the first of ours; any other audit
event of Python counts likewise.
"""

import os
import signal
import sys


def _arm(wanted: str, left: int) -> None:
    begun = False

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal begun, left
        if event == "import" and arguments[0] == "outreach_mcp.io.interrupts":
            begun = True
        if begun and event == wanted:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGINT)

    sys.addaudithook(count)


if "INTERRUPT_AT" in os.environ:
    _event, _, _number = os.environ["INTERRUPT_AT"].partition(":")
    _arm(_event, int(_number))
