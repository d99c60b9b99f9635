"""A company's gateway stands before Outreach: the client is given its address, and links name Outreach's own.

The gateway here passes a request on as an ordinary reverse proxy does, so the sandbox answers as Outreach would.
"""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from outreach_sandbox.records import Record
from tests.support.workbench import API, Workbench, workbench
from tests.tools.test_lists import people

PLACES = [
    "https://gateway.example/outreach/v2",
    "https://gateway.example/api/v2",
    "https://gateway.example/users/prospects",  # words that are Outreach's plurals, too
    "https://gateway.example",
]


@dataclass(frozen=True, slots=True)
class Gateway(httpx.AsyncBaseTransport):
    """Passes on what is asked of its own place; a page of more than `bearable` rows is too heavy for it."""

    inner: httpx.AsyncBaseTransport
    place: str
    bearable: int = 1000

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == "gateway.example"  # else the token would be somewhere else now
        below = str(request.url).removeprefix(self.place)
        if int(request.url.params.get("page[size]", "0")) > self.bearable:
            return httpx.Response(502)
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
        return await self.inner.handle_async_request(
            httpx.Request(request.method, f"{API}{below}", headers=headers, stream=request.stream)
        )


def behind(place: str, records: list[Record], *, bearable: int = 1000) -> Any:
    return workbench(records, api=place, through=lambda sandbox: Gateway(sandbox, place, bearable))


async def walked(bench: Workbench, tool: str, **arguments: Any) -> list[int]:
    rows: list[int] = []
    page: dict[str, Any] = {}
    while True:
        answer = await bench.call(tool, **arguments, **page)
        rows += [row[0] for row in answer["rows"]]
        if not answer["has_more"]:
            return rows
        page = {"page_after": answer["page_after"]}


@pytest.mark.parametrize("place", PLACES)
async def test_a_list_is_walked_to_its_end(place: str) -> None:
    async with behind(place, people(10)) as bench:
        assert await walked(bench, "list_prospects", page_size=3) == list(range(100, 110))


@pytest.mark.parametrize("place", PLACES)
async def test_a_page_that_is_too_heavy_is_read_in_halves(place: str) -> None:
    async with behind(place, people(10), bearable=3) as bench:
        assert await walked(bench, "list_prospects", page_size=9) == list(range(100, 110))


@pytest.mark.parametrize("place", PLACES)
async def test_a_link_out_of_an_answer_is_followed(place: str) -> None:
    async with behind(place, people(10)) as bench:
        links = await bench.call("get_account", account_id=5, fields=["links"])
        link = links["links"]["prospects"]
        rows = await walked(bench, "execute_link", link=f"{link}&page%5Bsize%5D=4")
        own = await bench.call("execute_link", link=f"{API}/prospects/103")
    assert (link.startswith(API), rows, own["id"]) == (True, list(range(100, 110)), 103)


@pytest.mark.parametrize("place", PLACES)
async def test_a_raw_request_goes_on_with_the_next_link_of_its_answer(place: str) -> None:
    async with behind(place, people(3)) as bench:
        first = await bench.call("raw_http_request", method="GET", path="/prospects", query={"page[size]": 2})
        second = await bench.call("raw_http_request", method="GET", path=first["body"]["links"]["next"])
    assert [[each["id"] for each in page["body"]["data"]] for page in (first, second)] == [[100, 101], [102]]


@pytest.mark.parametrize(
    "link", ["https://evil.example/api/v2/prospects", "https://evil.example/outreach/v2/prospects"]
)
async def test_a_link_to_another_host_is_refused_and_nothing_is_sent(link: str) -> None:
    async with behind(PLACES[0], people(1)) as bench:
        await bench.refused("execute_link", link=link)
        await bench.refused("raw_http_request", method="GET", path=link)
        assert bench.requests == []
