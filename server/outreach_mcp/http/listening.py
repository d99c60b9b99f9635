"""Opens the socket that HTTP is served on, and finds out how many connections there is room for."""

import ipaddress
import socket
import sys
from contextlib import suppress

_OTHER_FILES = 500
"""Open beside connections: those that are told that there are too many, those to Outreach and Redis, stores, logs."""


class CannotListenError(Exception):
    """The socket cannot or must not be opened; the message is one line that says why and what to do."""


def listen(host: str, port: int, *, public: bool) -> socket.socket:
    """Return a socket that listens on `host` and `port`, 0 for a free one.

    Without `public` only an address that no other machine reaches is listened on. What counts is the address that the
    name stands for, not the name. Raises `CannotListenError`.
    """
    try:
        # Bound by hand: a socket that does not name its protocol, as `socket.create_server` makes it, keeps Nagle's
        # algorithm under asyncio, and every answer takes 40 ms longer (`asyncio.base_events._set_nodelay`).
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        if not public and not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback:
            raise CannotListenError(
                f"other machines can reach {host}: set OUTREACH_MCP_KEY to a key that clients must send, "
                "or serve this machine only with --host 127.0.0.1"
            )
        listener = socket.socket(family, kind, protocol)
        if sys.platform != "win32":  # there it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen()
        except OSError:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:  # a name that no encoding of names takes is the latter
        reason = error.strerror if isinstance(error, OSError) else "it is not the name of a machine"
        raise CannotListenError(
            f"cannot listen on {host} port {port}: {reason}; choose another --host or --port (0 is a free one)"
        ) from error
    return listener


def files_for(connections: int) -> int:
    """Make room for so many connections among the files that this process may open; return how many there is room for.

    The system's own limit is often 1,024 or 256, and a process that has reached it takes no connection at all.
    """
    if sys.platform == "win32":  # it has no such limit
        return connections
    import resource  # noqa: PLC0415 - Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return connections if soft == resource.RLIM_INFINITY else min(connections, max(soft - _OTHER_FILES, soft // 2))


def url_of(host: str, listener: socket.socket) -> str:
    """Return the address that a listener serves under the name it was given, without a path."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"
