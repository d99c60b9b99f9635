"""Messages of MCP as clients of both protocol eras write them."""

import json
from typing import Any, Literal

Era = Literal["old", "new"]
ERAS: tuple[Era, ...] = ("old", "new")
_CLIENT = {"name": "test", "version": "1"}
_ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": _CLIENT,
}


def request(era: Era, number: int | str, method: str, **params: Any) -> dict[str, Any]:
    """A request."""
    meta = {"_meta": _ENVELOPE} if era == "new" else {}
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": {**params, **meta}}


def calling(era: Era, number: int | str, tool: str, **arguments: Any) -> dict[str, Any]:
    """A call of a tool."""
    return request(era, number, "tools/call", name=tool, arguments=arguments)


def opening(era: Era, capabilities: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return the first messages of a client; its request has the id `hello`."""
    if era == "new":
        return [request(era, "hello", "server/discover")]
    said = {"protocolVersion": "2025-11-25", "capabilities": capabilities or {}, "clientInfo": _CLIENT}
    return [request(era, "hello", "initialize", **said), {"jsonrpc": "2.0", "method": "notifications/initialized"}]


def lines(*messages: Any) -> bytes:
    """Messages as they go over the wire."""
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)
