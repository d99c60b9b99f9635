"""Walks through the pages of a list."""

from collections.abc import AsyncIterator
from typing import Any

from outreach_mcp.api.errors import UnreadableAnswerError
from outreach_mcp.api.quoting import quoted
from outreach_tools.client import Client, Request, Response
from outreach_tools.json_values import is_object, member


async def pages(client: Client, request: Request) -> AsyncIterator[Response]:
    """Yield the answer to `request` and then every following page, by the server's `links.next` as it is given.

    The last page has no such link, and an empty list has no links at all (recorded).

    Raises `UnreadableAnswerError` when a link comes a second time, since that walk would never end, and whatever
    `client.send` raises: a link that leaves the API is refused there.
    """
    followed: set[str] = set()
    response = await client.send(request)
    yield response
    while (link := next_link(response.body)) is not None:
        if link in followed:
            raise UnreadableAnswerError(
                f"Outreach answered {request.method} {quoted(request.target)} with pages that go round in circles: "
                f"the next page is {quoted(link)} for the second time, after {len(followed) + 1} pages. "
                "Use what came until here, or narrow the list with a filter.",
                status=response.status,
            )
        followed.add(link)
        response = await client.send(Request("GET", link))
        yield response


def next_link(body: Any) -> str | None:
    """Return the link to the page after `body`, `None` on the last; JSON:API allows a string or `{"href": …}`."""
    link = member(body, "links", "next")
    if is_object(link):
        link = link.get("href")
    return link if isinstance(link, str) and link else None
