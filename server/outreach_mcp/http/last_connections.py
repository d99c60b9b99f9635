"""Closes a listener without losing a connection: the last step of a server that others can stand in for.

What the kernel has taken and the process has not is reset when a listener is closed, and a balancer that has sent a
call over such a connection cannot know whether it was carried out. So first the kernel is told to answer nobody new.
"""

import ctypes
import socket
import struct
import sys
from contextlib import suppress

_SO_ATTACH_FILTER = 26  # Linux, <asm-generic/socket.h>; `socket` has no name for it

_SYN = 0x02
_FLAGS = 13  # the byte of a TCP header that holds them

_FILTER = (
    (0x30, 0, 0, _FLAGS),  # load that byte
    (0x45, 0, 1, _SYN),  # with SYN go on, else skip one
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # let pass
)
"""A classic BPF program, one (code, true, false, value) per step."""


def refuse_new_connections(listener: socket.socket) -> None:
    """Let a listener answer no attempt to connect any more, where the kernel can (Linux).

    Connections that are established, or about to be, are accepted as before. Who tries to connect tries again after a
    second, and finds the listener closed: nothing was sent by then, so a balancer turns to the next server.
    """
    if sys.platform != "linux":
        return
    steps = b"".join(struct.pack("HBBI", *step) for step in _FILTER)
    program = ctypes.create_string_buffer(steps)
    with suppress(OSError):  # a kernel without it resets connections, as any server that is closed does
        listener.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(_FILTER), ctypes.addressof(program))
        )
