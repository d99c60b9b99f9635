"""Lists that change while they are walked: what was there all the time is seen, once."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_sandbox.records import Record
from outreach_sandbox.store import Store
from tests.support.workbench import API, Workbench, workbench

SMALL = 700  # tokens: the first page of 100 is cut after some 60 rows


async def ids_of(bench: Workbench, **arguments: object) -> tuple[list[int], str]:
    """List prospects and return the ids, and where the list goes on."""
    page = await bench.call("list_prospects", page_size=100, fields=["id", "name"], **arguments)
    return [row[0] for row in page["rows"]], page["page_after"]


async def test_a_record_that_appears_on_a_page_that_was_cut_repeats_no_row() -> None:
    async with workbench(max_result_tokens=SMALL) as bench:
        first, after = await ids_of(bench, sort="-createdAt")
        await bench.call("create_prospect", attributes={"firstName": "New"})
        second, _ = await ids_of(bench, sort="-createdAt", page_after=after)
        assert not set(first) & set(second)


@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
async def test_a_record_that_goes_from_a_page_that_was_cut_hides_no_row(which: int) -> None:
    async with workbench(max_result_tokens=SMALL) as bench:
        everyone = [record for (record,) in bench.store.rows("SELECT id FROM prospect ORDER BY createdAt DESC, id")]
        first, after = await ids_of(bench)
        await bench.call("delete_prospect", prospect_id=first[which])
        second, _ = await ids_of(bench, page_after=after)
        assert [*first, *second] == everyone[: len(first) + len(second)]


SORTS = (None, "createdAt", "-createdAt", "lastName", "-lastName", "engagedScore", "-engagedScore")


@dataclass(frozen=True, slots=True)
class Change:
    """The changes between two pages: people come with some values, go, or get another title."""

    come: tuple[tuple[str, int | None], ...]
    go: tuple[float, ...]
    retitle: tuple[float, ...]


shares = st.floats(0, 1, exclude_max=True)
changes = st.builds(
    Change,
    come=st.lists(st.tuples(st.text("abcßÄ ", min_size=1, max_size=3), st.none() | st.integers(-2, 2)), max_size=4).map(
        tuple
    ),
    go=st.lists(shares, max_size=4).map(tuple),
    retitle=st.lists(shares, max_size=2).map(tuple),
)


def crowd(count: int, seed: int) -> list[Record]:
    """Return prospects with many equal and some missing values to be sorted by; two of three are from EMEA."""
    chance = Random(seed)
    return [
        Record(
            "prospect",
            1000 + 7 * n,
            {
                "lastName": chance.choice(["", "Ä"]) + chance.choice("abcdef") * chance.randint(1, 3),
                "engagedScore": chance.choice([None, 0, 1, 2, 3]),
                "createdAt": f"2026-0{chance.randint(1, 3)}-01T09:00:00.00{chance.randint(0, 2)}Z",
                "title": "word " * chance.randint(1, 12),
                "region": "APAC" if n % 3 == 0 else "EMEA",
            },
        )
        for n in range(count)
    ]


def change(store: Store, what: Change, shown: Sequence[int], gone: set[int]) -> None:
    """Let people come, go and change; those who go are preferably among the last that were shown."""
    for name, score in what.come:
        created = "2026-02-01T09:00:00.001Z" if name < "b" else "2026-11-18T15:30:00.000Z"
        attributes = {"lastName": name, "engagedScore": score, "createdAt": created, "region": "EMEA"}
        taken = {number for (number,) in store.rows("SELECT id FROM prospect")} | gone
        number = next(each for each in range(900 + 40 * len(taken) if score else 900, 10**6) if each not in taken)
        store.load([Record("prospect", number, attributes)])
    here = [number for (number,) in store.rows("SELECT id FROM prospect ORDER BY id")]
    for share in what.go:
        candidates = [each for each in shown[-6:] if each in here] if share < 0.6 else here
        if candidates:
            number = candidates[int(share * 7919) % len(candidates)]
            store.delete("prospect", number)
            here.remove(number)
            gone.add(number)
    for share in what.retitle:
        if here:
            store.update("prospect", here[int(share * len(here))], {"title": "changed"})


async def walk_while_it_changes(
    bench: Workbench, tool: str, coming: Sequence[Change], **arguments: Any
) -> tuple[list[int], set[int]]:
    """Follow a list to its end while it changes; return the ids that were shown, and those that went."""
    shown: list[int] = []
    gone: set[int] = set()
    after: dict[str, str] = {}
    left = iter(coming)
    for _ in range(400):
        page = await bench.call(tool, **arguments, **after)
        shown += [row[0] for row in page["rows"]]
        if not page["has_more"]:
            return shown, gone
        assert len(page["page_after"]) < 200
        after = {"page_after": page["page_after"]}
        if (what := next(left, None)) is not None:
            change(bench.store, what, shown, gone)
    raise AssertionError("the list does not end")


def everybody_once(shown: Sequence[int], stayed: Collection[int], gone: Collection[int]) -> None:
    """Check that nobody was shown twice, and nobody who stayed was missed."""
    assert [number for number, times in Counter(shown).items() if times > 1] == []
    assert [number for number in stayed if number not in gone and number not in shown] == []


@dataclass(frozen=True, slots=True)
class Way:
    """A way to walk a list of `people`: the tool, its arguments for a page's size, and the bounds of what varies."""

    tool: str
    people: int
    sizes: tuple[int, int]
    budgets: tuple[int, int]
    arguments: Callable[[int], dict[str, Any]]
    all_regions: bool = True

    def sorted_by(self, sort: str | None, size: int) -> dict[str, Any]:
        """Return the arguments for a list in an order."""
        given = self.arguments(size)
        if sort is None:
            return given
        return {"link": f"{given['link']}&sort={sort}"} if "link" in given else {**given, "sort": sort}


WAYS = {
    "cut to fit": Way("list_prospects", 60, (2, 30), (400, 900), lambda size: {"page_size": size, "fields": ["title"]}),
    "filtered here": Way(
        "list_prospects",
        230,  # more than a scan reads at once
        (20, 90),
        (10_000, 10_000),
        lambda size: {"page_size": size, "fields": ["id"], "filters": {"region": "EMEA"}},
        all_regions=False,
    ),
    "counted in offsets": Way(
        "execute_link",
        60,
        (1, 30),
        (400, 900),
        lambda size: {"link": f"{API}/prospects?page[limit]={size}&page[offset]=0"},
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), sort=st.sampled_from(SORTS), seed=st.integers(0, 99))
async def test_whatever_comes_and_goes_each_row_of_a_list_is_shown_once(
    way: Way, data: st.DataObject, sort: str | None, seed: int
) -> None:
    people = crowd(way.people, seed)
    size, budget = (data.draw(st.integers(*bounds)) for bounds in (way.sizes, way.budgets))
    coming = data.draw(st.lists(changes, min_size=1, max_size=8))
    async with workbench(people, max_result_tokens=budget) as bench:
        shown, gone = await walk_while_it_changes(bench, way.tool, coming, **way.sorted_by(sort, size))
    stayed = [record.id for record in people if way.all_regions or record.attributes["region"] == "EMEA"]
    everybody_once(shown, stayed, gone)


async def test_rows_added_before_the_place_in_a_list_that_is_filtered_here_repeat_none() -> None:
    arguments: dict[str, Any] = {
        "filters": {"region": "EMEA"},
        "page_size": 130,
        "sort": "-createdAt",
        "fields": ["id"],
    }
    people = crowd(230, 1)
    async with workbench(people) as bench:
        first = await bench.call("list_prospects", **arguments)
        created = "2026-11-18T15:30:00.000Z"
        # The last row shown moves to the next page of the scan.
        bench.store.load(Record("prospect", 9000 + n, {"region": "EMEA", "createdAt": created}) for n in range(60))
        asked = len(bench.requests)
        second = await bench.call("list_prospects", **arguments, page_after=first["page_after"])
        assert len(bench.requests) - asked <= 2
    shown = [row[0] for row in (*first["rows"], *second["rows"])]
    everybody_once(shown, [record.id for record in people if record.attributes["region"] == "EMEA"], ())


async def test_a_list_on_which_nothing_changes_goes_on_with_one_request() -> None:
    async with workbench(crowd(50, 2), max_result_tokens=700) as bench:
        first = await bench.call("list_prospects", page_size=50, fields=["title"])
        await bench.call("list_prospects", page_size=50, fields=["title"], page_after=first["page_after"])
        assert len(bench.requests) == 2
