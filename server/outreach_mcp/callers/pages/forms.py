"""Reads the ticket that a page's one form brings."""

from urllib.parse import parse_qs

from starlette.requests import Request

from outreach_mcp.callers.pages.html import Page, StoppedError

_LARGEST = 4096


async def ticket_in(request: Request) -> str:
    """Return the ticket that a form brings, empty for none. Raises `StoppedError` for more than a form can hold."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            raise StoppedError(Page("Too much was sent", ("The forms of this server hold far less.",), 413))
    tickets = parse_qs(body.decode("latin-1"), max_num_fields=10).get("ticket", [])
    return tickets[0] if len(tickets) == 1 else ""
