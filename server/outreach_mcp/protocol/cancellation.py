"""Tells a call that its client has taken back from one whose client has merely left."""

from typing import Any

from mcp.server import ServerRequestContext


def is_taken_back(ctx: ServerRequestContext[Any]) -> bool:
    """Return whether the client has sent `notifications/cancelled` for a call.

    The SDK notes it where a request's context does not show it (mcp 2.3.0, `JSONRPCDispatcher`): without that, every
    call that ends early counts as one whose client has left.
    """
    channel: Any = getattr(ctx.session, "_request_outbound", None)
    noted: Any = getattr(channel, "cancel_requested", None)
    return noted is not None and bool(noted.is_set())
