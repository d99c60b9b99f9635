"""Pages, their links and the count."""

from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_sandbox.records import Record
from outreach_sandbox.switches import Switches
from tests.sandbox.service import Api, record, sandbox

BASE = "https://api.outreach.io/api/v2"


def stages(count: int) -> list[Record]:
    names = [None, "a", "A", "b", "ä"]
    return [record("stage", n, {"name": names[n % len(names)], "order": n % 3}) for n in range(1, count + 1)]


async def test_a_list_without_page_parameters_has_offset_links_and_fifty_rows() -> None:
    async with sandbox(stages(120)) as api:
        page = await api.get("/stages")
        assert len(page["data"]) == 50
        assert page["links"] == {
            "first": f"{BASE}/stages?page%5Blimit%5D=50&page%5Boffset%5D=0",
            "next": f"{BASE}/stages?page%5Blimit%5D=50&page%5Boffset%5D=50",
            "last": f"{BASE}/stages?page%5Blimit%5D=50&page%5Boffset%5D=100",
        }


async def test_a_page_size_switches_to_cursor_links() -> None:
    async with sandbox(stages(3)) as api:
        page = await api.get("/stages", **{"page[size]": "2"})
        assert set(page["links"]) == {"first", "next"}
        following = await api.get(page["links"]["next"])
        assert [each["id"] for each in following["data"]] == [3]
        assert set(following["links"]) == {"first", "prev"}


async def test_a_page_before_a_cursor_is_the_one_that_leads_up_to_it() -> None:
    async with sandbox(stages(5)) as api:
        second = await api.get((await api.get("/stages", **{"page[size]": "2"}))["links"]["next"])
        assert await api.ids(second["links"]["prev"]) == [1, 2]


async def test_there_is_no_previous_page_once_its_rows_are_gone() -> None:
    async with sandbox(stages(3)) as api:
        first = await api.get("/stages", **{"page[size]": "1"})
        cursor = httpx.URL(first["links"]["next"]).params["page[after]"]
        await api.send("DELETE", "/stages/1")
        page = await api.get("/stages", **{"page[size]": "2", "page[after]": cursor})
        assert ([each["id"] for each in page["data"]], set(page["links"])) == ([2, 3], {"first"})


async def test_links_keep_the_other_parameters() -> None:
    async with sandbox(stages(5)) as api:
        query = {"filter[order]": "0..1", "sort": "-order", "fields[stage]": "name", "page[size]": "1"}
        page = await api.get("/stages", **query)
        kept = dict(httpx.URL(page["links"]["next"]).params)
        assert {name: kept[name] for name in query} == query


async def test_an_empty_list_has_no_links() -> None:
    async with sandbox() as api:
        assert await api.get("/stages") == {"data": [], "meta": {"count": None, "count_truncated": False}}


@pytest.mark.parametrize("paging", [{"page[size]": "1"}, {"page[limit]": "1"}])
async def test_rows_are_counted_when_asked(paging: dict[str, str]) -> None:
    async with sandbox(stages(5)) as api:
        page = await api.get("/stages", count="true", **{"filter[order]": "1"}, **paging)
        assert page["meta"] == {"count": 2, "count_truncated": False}


async def test_rows_may_be_counted_by_default_as_for_older_apps() -> None:
    async with sandbox(stages(5), switches=Switches(count_by_default=True)) as api:
        assert (await api.get("/stages"))["meta"]["count"] == 5
        assert (await api.get("/stages", count="false"))["meta"]["count"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"page[size]": "0"},
        {"page[size]": "x"},
        {"page[size]": "1001"},
        {"page[limit]": "1001"},
        {"page[offset]": "10001"},
        {"page[number]": "1"},
        {"page[size]": "2", "page[after]": "nonsense"},
        {"page[after]": "WyIiLDFd", "page[before]": "WyIiLDFd"},
        {"count": "maybe"},
    ],
)
async def test_a_page_that_cannot_be_served_is_refused(query: dict[str, str]) -> None:
    async with sandbox(stages(3)) as api:
        assert (await api.http.get("/stages", params=query)).status_code == 400


async def test_a_cursor_of_another_order_is_refused() -> None:
    async with sandbox(stages(3)) as api:
        page = await api.get("/stages", **{"page[size]": "1"})
        after = dict(httpx.URL(page["links"]["next"]).params)["page[after]"]
        response = await api.http.get("/stages", params={"page[after]": after, "sort": "name"})
        assert (response.status_code, response.json()["errors"][0]["id"]) == (400, "invalidCursor")


@pytest.mark.parametrize(("policy", "rows"), [("cap", 1000), ("serve", 1100)])
async def test_an_oversized_page_may_be_capped_or_served(policy: Any, rows: int) -> None:
    async with sandbox(stages(1100), switches=Switches(oversized_page=policy)) as api:
        assert len(await api.ids("/stages", **{"page[size]": "1100", "fields[stage]": ""})) == rows


def expected_order(records: list[Record], keys: list[tuple[str, bool]]) -> list[int]:
    ordered = sorted(records, key=lambda each: each.id)
    for name, descending in reversed(keys):

        def value(each: Record, name: str = name) -> tuple[bool, Any]:
            found = each.attributes[name]
            return (found is not None, found.casefold() if isinstance(found, str) else found or 0)

        ordered.sort(key=value, reverse=descending)
    return [each.id for each in ordered]


SORTS = st.lists(st.tuples(st.sampled_from(["name", "order"]), st.booleans()), max_size=2, unique_by=lambda key: key[0])


def sort_text(keys: list[tuple[str, bool]]) -> str:
    return ",".join(f"{'-' if descending else ''}{name}" for name, descending in keys)


async def walked(api: Api, link: str, direction: str) -> list[list[int]]:
    pages: list[list[int]] = []
    while link:
        page = await api.get(link)
        pages.append([each["id"] for each in page["data"]])
        link = page.get("links", {}).get(direction, "")
    return pages


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 12), keys=SORTS, paging=st.sampled_from(["size", "limit"]))
async def test_every_row_comes_exactly_once_in_order(size: int, keys: list[tuple[str, bool]], paging: str) -> None:
    records = stages(11)
    async with sandbox(records) as api:
        pages = await walked(api, f"/stages?sort={sort_text(keys)}&page[{paging}]={size}", "next")
        assert [row for page in pages for row in page] == expected_order(records, keys)
        assert all(len(page) == size for page in pages[:-1])


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, 12), keys=SORTS)
async def test_walking_backwards_gives_every_row_exactly_once(size: int, keys: list[tuple[str, bool]]) -> None:
    records = stages(11)
    async with sandbox(records) as api:
        link = f"/stages?sort={sort_text(keys)}&page[size]={size}"
        while following := (await api.get(link))["links"].get("next"):
            link = following
        pages = await walked(api, link, "prev")
        assert [row for page in reversed(pages) for row in page] == expected_order(records, keys)


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(1, 4),
    keys=SORTS,
    deleted=st.lists(st.integers(1, 11), max_size=6, unique=True),
    inserted=st.lists(st.sampled_from([None, "a", "b", "zz"]), max_size=4),
)
async def test_rows_that_stay_come_exactly_once_while_others_come_and_go(
    size: int, keys: list[tuple[str, bool]], deleted: list[int], inserted: list[str | None]
) -> None:
    async with sandbox(stages(11)) as api:
        seen: list[int] = []
        link = f"/stages?sort={sort_text(keys)}&page[size]={size}"
        goings, comings = list(deleted), list(inserted)
        while link:
            page = await api.get(link)
            seen.extend(each["id"] for each in page["data"])
            link = page.get("links", {}).get("next", "")
            if goings:
                await api.send("DELETE", f"/stages/{goings.pop()}")
            if comings:
                api.store.insert("stage", {"name": comings.pop(), "order": 1}, 1000 + len(seen))
        stayed = set(range(1, 12)) - set(deleted)
        assert [row for row in seen if row in stayed] == [
            row for row in expected_order(stages(11), keys) if row in stayed
        ]
        assert len(seen) == len(set(seen))
