"""Reads what is posted before the SDK does, which drops some of what it cannot read as if it were a notification."""

from mcp_types import JSONRPCError, JSONRPCResponse
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outreach_mcp.http.bodies import Reader
from outreach_mcp.protocol.envelopes import Unreadable, empty, read_message, without_mark


class MessageGuard:
    """An ASGI application that passes on messages of MCP alone; see `receiving_message`."""

    def __init__(self, app: ASGIApp, reader: Reader) -> None:
        self._app = app
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request or pass it on."""
        is_post = scope["method"] == "POST"
        receiving = await receiving_message(scope, receive, send, self._reader) if is_post else receive
        if receiving is not None:
            await self._app(scope, receiving, send)


async def receiving_message(scope: Scope, receive: Receive, send: Send, reader: Reader) -> Receive | None:
    """Return what gives the message that was posted; None when there is none, and that was answered (400).

    A body that is cut off is not answered: nobody is there any more.
    """
    body = await _body(receive)
    if body is None:
        return None
    received = await reader.read(read_message, body) if body.strip() else empty()
    if isinstance(received, Unreadable):
        received.note()
        await Response(received.answer(), 400, media_type="application/json")(scope, receive, send)
        return None
    if received is None:
        await Response(status_code=202)(scope, receive, send)
        return None
    if isinstance(received, JSONRPCResponse | JSONRPCError):
        body = received.model_dump_json(by_alias=True, exclude_unset=True).encode()
    return _again(without_mark(body), receive)


async def _body(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body once more, then what comes after it."""
    is_given = False

    async def give() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give
