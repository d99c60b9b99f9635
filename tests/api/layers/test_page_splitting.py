"""A page that is too heavy is fetched in halves: every row once, in order."""

from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_mcp.api.client import OutreachClient
from outreach_mcp.api.errors.tree import ServerError
from outreach_tools.client import JsonObject, Request
from tests.api.recording import BASE_URL, Recorder, Time, client_on
from tests.api.walking import pages


class Listing:
    """A list of rows in pages by cursor; a page with more than `bearable` rows from `heavy` is answered 502."""

    def __init__(self, rows: int, heavy: range = range(0), bearable: int = 0) -> None:
        self._rows = rows
        self._heavy = heavy
        self._bearable = bearable
        self.sizes: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = dict(request.url.params)
        size, start = int(asked["page[size]"]), int(asked.get("page[after]", "0"))
        self.sizes.append(size)
        end = min(start + size, self._rows)
        shown = range(start, end)
        if len(set(shown) & set(self._heavy)) > self._bearable:
            return httpx.Response(502)
        document: JsonObject = {
            "data": [{"type": "prospect", "id": row} for row in shown],
            "included": [{"type": "account", "id": number} for number in sorted({row // 3 for row in shown})],
            "meta": {"count": self._rows},
            "links": {"first": _link(asked, size), **({"next": _link(asked, size, end)} if end < self._rows else {})},
        }
        return httpx.Response(200, json=document)


def _link(asked: dict[str, str], size: int, after: int | None = None) -> str:
    others = {name: value for name, value in asked.items() if not name.startswith("page[")}
    page = {"page[size]": str(size)} | ({} if after is None else {"page[after]": str(after)})
    return f"{BASE_URL}/prospects?{urlencode(others | page)}"


def page_of(size: int) -> Request:
    return Request("GET", "/prospects", (("filter[title]", "CEO & co"), ("page[size]", str(size))))


async def ids(client: OutreachClient, size: int) -> list[int]:
    return [row["id"] async for page in pages(client, page_of(size)) for row in page.body["data"]]


async def test_a_heavy_page_is_the_same_as_if_it_were_light() -> None:
    light = await client_on(Recorder(Listing(30))).send(page_of(20))
    heavy = await client_on(Recorder(Listing(30, range(4, 18), bearable=5))).send(page_of(20))
    assert heavy == light


async def test_the_halves_are_asked_for_in_order() -> None:
    listing = Listing(100, range(10), bearable=3)
    await client_on(Recorder(listing)).send(page_of(10))
    assert listing.sizes == [10, 5, 2, 3, 5, 2, 3]


async def test_a_page_of_one_row_is_not_halved_but_tried_again() -> None:
    listing, time = Listing(5, range(1)), Time()
    with pytest.raises(ServerError):
        await client_on(Recorder(listing), time=time).send(page_of(1))
    assert (listing.sizes, len(time.sleeps)) == ([1] * 6, 5)


async def test_a_list_that_names_no_size_is_tried_again_as_it_is() -> None:
    transport = Recorder(lambda _: httpx.Response(502))
    with pytest.raises(ServerError):
        await client_on(transport).send(Request("GET", "/prospects"))
    assert transport.urls == [f"{BASE_URL}/prospects"] * 6


@pytest.mark.parametrize("status", [500, 503, 504])
async def test_another_failure_is_no_reason_to_halve(status: int) -> None:
    transport = Recorder(lambda _: httpx.Response(status))
    with pytest.raises(ServerError):
        await client_on(transport).send(page_of(10))
    assert len(set(transport.urls)) == 1


async def test_the_parts_of_a_page_ask_the_same_question() -> None:
    transport = Recorder(Listing(10, range(10), bearable=5))
    await client_on(transport).send(page_of(10))
    assert {request.url.params["filter[title]"] for request in transport.requests} == {"CEO & co"}


async def test_a_link_out_of_the_api_is_not_followed_for_the_second_half() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params["page[size]"] == "10":
            return httpx.Response(502)
        return httpx.Response(200, json={"data": [], "links": {"next": "https://evil.example/api/v2/prospects"}})

    transport = Recorder(answer)
    with pytest.raises(Exception, match="Refused to send"):
        await client_on(transport).send(page_of(10))
    assert {request.url.host for request in transport.requests} == {"api.outreach.io"}


@given(
    rows=st.integers(0, 60),
    size=st.integers(1, 25),
    start=st.integers(0, 60),
    length=st.integers(0, 40),
    bearable=st.integers(1, 10),
)
async def test_every_row_of_a_list_comes_once_and_in_order(
    rows: int, size: int, start: int, length: int, bearable: int
) -> None:
    listing = Listing(rows, range(start, start + length), bearable)
    assert await ids(client_on(Recorder(listing)), size) == list(range(rows))


async def test_of_a_page_that_is_too_long_to_be_read_the_first_part_comes_and_the_rest_later() -> None:
    listing = Listing(40)

    def long(request: httpx.Request) -> httpx.Response:
        response = listing(request)
        rows = len(response.json()["data"])
        return httpx.Response(200, content=response.content + b" " * (rows * 1024 * 1024))

    client = client_on(Recorder(long))
    page = await client.send(page_of(20))
    assert [row["id"] for row in page.body["data"]] == [*range(10)]
    assert listing.sizes == [20, 10]
    assert await ids(client, 20) == [*range(40)]
    assert max(listing.sizes[2:]) == 20
