"""Lets through only requests that were meant for this server: by Host, by Origin.

A web page that a user visits may try to reach a server on the user's machine, or behind a firewall, by letting its own
name point there (DNS rebinding). The browser then sends that name as Host, and the page's address as Origin. The SDK
checks both only on a server that listens on loopback, so this does, for every route and every address.
"""

import re
from collections.abc import Collection, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(?P<name>[^\s:\[\]/@]+|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?", re.ASCII)


class NameGuard:
    """An ASGI application that refuses what names another Host (421) or comes from another Origin (403).

    Known are the names in `hosts` (`name` for any port, or `name:port`), those of this machine's loopback, and the
    address that the request arrived at: no page can make a name of its own look like an address. Known origins are
    those in `origins` and the server itself.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], origins: Collection[str]) -> None:
        self._app = app
        self._hosts = {host.lower() for host in (*_LOOPBACK_NAMES, *hosts)}
        self._origins = {origin.lower() for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        host = hosts[0].decode("latin-1").lower() if hosts else ""
        if not self._is_known(host, scope.get("server")):
            return refusal(421, f"This server is not {host!r}; OUTREACH_MCP_ALLOWED_HOSTS gives it more names.")
        origins = {value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"origin"}
        if not origins:  # no web page: most requests
            return None
        if foreign := origins - self._origins - {f"http://{host}", f"https://{host}"}:
            advice = "OUTREACH_MCP_ALLOWED_ORIGINS lets more in."
            return refusal(403, f"Web pages of {min(foreign)!r} may not use this server; {advice}")
        return None

    def _is_known(self, host: str, local: Sequence[object] | None) -> bool:
        parts = _HOST.fullmatch(host)
        if parts is None:
            return False
        name = parts["name"]
        return (
            host in self._hosts or name in self._hosts or (local is not None and _address(name) == _address(local[0]))
        )


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """Return an answer that says, as JSON, why a request is not served."""
    return JSONResponse({"error": message}, status, headers)


def _address(text: object) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a text spells, None for another name."""
    try:
        address = ip_address(str(text).strip("[]"))
    except ValueError:
        return None
    # A socket for both kinds of address shows IPv4 ones in this form.
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
