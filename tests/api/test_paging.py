"""A list is walked by the links the server gives."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.api.errors.tree import UnsafeLinkError
from outreach_tools.client import Request
from tests.api.recording import BASE_URL, Recorder, client_on
from tests.api.walking import pages

FIRST = Request("GET", "/prospects", (("page[size]", "2"),))


def link(cursor: str) -> str:
    return f"{BASE_URL}/prospects?page%5Bafter%5D={cursor}&page%5Bsize%5D=2"


def listing(*pages_in_order: Any) -> Recorder:
    """Answer one page after the other."""
    remaining = iter(pages_in_order)
    return Recorder(lambda _: httpx.Response(200, json=next(remaining)))


async def walk(transport: Recorder) -> list[Any]:
    return [response.body async for response in pages(client_on(transport), FIRST)]


async def test_every_page_is_fetched_by_the_link_of_the_one_before() -> None:
    transport = listing(
        {"links": {"next": link("b")}}, {"links": {"next": link("c%3D")}}, {"links": {"prev": link("a")}}
    )
    await walk(transport)
    assert transport.urls == [f"{BASE_URL}/prospects?page%5Bsize%5D=2", link("b"), link("c%3D")]


async def test_a_link_may_be_an_object_with_href() -> None:
    transport = listing({"links": {"next": {"href": link("b")}}}, {})
    assert len(await walk(transport)) == 2


@pytest.mark.parametrize(
    "last",
    [
        {"data": [], "meta": {"count": 0, "count_truncated": False}},
        {"data": [], "links": None},
        {"data": [], "links": {"next": None}},
        {"data": [], "links": {"next": ""}},
        [],
    ],
)
async def test_a_page_without_a_next_link_is_the_last(last: Any) -> None:
    assert await walk(listing(last)) == [last]


async def test_a_next_link_that_leaves_the_api_is_refused() -> None:
    transport = listing({"links": {"next": "https://evil.example/api/v2/prospects?page%5Bafter%5D=b"}})
    with pytest.raises(UnsafeLinkError):
        await walk(transport)
    assert len(transport.requests) == 1


@given(st.integers(0, 30), st.integers(1, 12))
async def test_every_row_comes_exactly_once_whatever_the_page_size(count: int, size: int) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("page[after]", "0"))
        end = min(start + size, count)
        links = {"links": {"next": link(str(end))}} if end < count else {}
        return httpx.Response(200, json={"data": [{"id": row} for row in range(start, end)], **links})

    bodies = await walk(Recorder(page))
    assert [row["id"] for body in bodies for row in body["data"]] == list(range(count))
