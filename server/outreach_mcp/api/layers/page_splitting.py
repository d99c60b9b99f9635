"""Fetches a page that is too heavy for Outreach in halves, and of one that is too long for us the first part.

A heavy page is answered 502, and half of it is not (Estuary's connector halves for that reason). What is left of a long
one is behind its link to the next page: put together it would take memory without a bound of ours.
"""

import re
from collections.abc import Callable
from typing import Any

from outreach_mcp.api.calls import Call, Send
from outreach_mcp.api.errors.tree import ServerError, TooLongAnswerError
from outreach_mcp.api.paging import next_link
from outreach_tools.client import JsonObject, Response
from outreach_tools.json_values import array_at, is_object, member, object_at

_SIZE = re.compile(r"(?<=[?&])(page(?:\[|%5B)size(?:\]|%5D)=)(\d{1,6})(?=&|$)", re.IGNORECASE | re.ASCII)


class Halving:
    """The layer that puts a page together from smaller ones, rows once and in order.

    `follow` returns the call for another address on behalf of a call; it refuses one outside the API.
    """

    def __init__(self, inner: Send, follow: Callable[[Call, str], Call]) -> None:
        self._inner = inner
        self._follow = follow

    async def send(self, call: Call) -> Response:
        """Return the answer to a call; of a page that is too much, one or both of its halves, down to single rows."""
        try:
            return await self._inner(call)
        except (ServerError, TooLongAnswerError) as error:
            size = page_size(call)
            is_too_much = error.status == 502 or isinstance(error, TooLongAnswerError)
            if not is_too_much or size < 2 or call.deadline.left() <= 0:
                raise
            is_heavy = error.status == 502
        first = await self.send(self._follow(call, _resized(str(call.request.url), size // 2)))
        return await self._whole(call, size, first) if is_heavy else first

    async def _whole(self, call: Call, size: int, first: Response) -> Response:
        half = size // 2
        link = next_link(first.body)
        if link is None:
            return Response(first.status, _page(first.body, [], {}, size))
        second = await self.send(self._follow(call, _resized(link, size - half)))
        return Response(first.status, _page(first.body, array_at(second.body, "data"), object_at(second.body), size))


def page_size(call: Call) -> int:
    """Return the `page[size]` that a read asks for, 0 when it asks for none."""
    found = _SIZE.findall(str(call.request.url)) if call.sent.is_read else []
    return int(found[0][1]) if len(found) == 1 else 0


def _resized(link: str, size: int) -> str:
    return _SIZE.sub(lambda found: f"{found[1]}{size}", link)


def _page(first: Any, more: list[Any], last: JsonObject, size: int) -> Any:
    """Return the first part with the rows of the second; the links are those of a page of the size asked for."""
    if not is_object(first):
        return first
    page = {**first}
    if more:
        page["data"] = [*array_at(first, "data"), *more]
    if last:
        included = {
            (member(record, "type"), str(member(record, "id"))): record
            for record in (*array_at(first, "included"), *array_at(last, "included"))
        }
        if included:
            page["included"] = list(included.values())
    links = {name: link for name, link in object_at(first, "links").items() if name != "next" or not last}
    if last and next_link(last) is not None:
        links["next"] = object_at(last, "links")["next"]
    if "links" in first:
        page["links"] = {name: _link_of_size(link, size) for name, link in links.items()}
    return page


def _link_of_size(link: Any, size: int) -> Any:
    if is_object(link):
        return {**link, "href": _link_of_size(link.get("href"), size)}
    return _resized(link, size) if isinstance(link, str) else link
