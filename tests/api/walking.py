"""A walk through all pages of a list."""

from collections.abc import AsyncIterator

from outreach_mcp.api.paging import next_link
from outreach_tools.client import Client, Request, Response


async def pages(client: Client, request: Request) -> AsyncIterator[Response]:
    """Yield the answer to `request` and then every following page, by the link that the one before gives."""
    response = await client.send(request)
    yield response
    while (link := next_link(response.body)) is not None:
        response = await client.send(Request("GET", link))
        yield response
