"""A list that is looked through here in several calls ends as truly as one that is read at once."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_sandbox.records import Record
from outreach_sandbox.switches import Switches
from tests.support.workbench import Workbench, workbench


def people(number: int, found: set[int], value: str = "Beeline") -> list[Record]:
    """Return so many prospects, the last of which is the newest; those found have a value in a custom field."""
    return [
        Record(
            "prospect",
            each,
            {
                "lastName": f"No{each}",
                "title": f"Title {each}",
                "custom1": value if each in found else "Other",
                "createdAt": f"2026-01-{1 + each // 100:02}T00:{each % 60:02}:00.000Z",
            },
        )
        for each in range(1, number + 1)
    ]


async def walked(bench: Workbench, **arguments: Any) -> list[dict[str, Any]]:
    """Return the pages of a list, to its end."""
    pages = [await bench.call("list_prospects", fields=["id"], **arguments)]
    while pages[-1]["has_more"]:
        after = pages[-1]["page_after"]
        pages.append(await bench.call("list_prospects", fields=["id"], **arguments, page_after=after))
    return pages


async def test_a_walk_without_a_match_says_so_on_every_page_and_explains_itself_at_its_end() -> None:
    async with workbench(people(2400, {30})) as bench:
        pages = await walked(bench, filters={"custom1": "Beelin"})
    here = "Outreach cannot filter by Assistant: the rows were filtered here. "
    none = "none of the 1,000 records looked at here matches, go on with page_after; "
    seen = "Assistant is matched as a whole; nearest: "
    assert [page["note"].removeprefix(here) for page in pages] == [
        f"{none}{seen}'Beeline' (30)".replace("nearest:", "nearest of 2,000 records looked at:"),
        f"{none}Assistant is matched as a whole; values of 1,000 records looked at: 'Other' (400)",
        f"{seen}'Beeline' (30)".replace("nearest:", "nearest of 400 records looked at:"),
    ]


async def test_a_walk_that_found_something_before_does_not_call_its_end_empty() -> None:
    async with workbench(people(1400, {1399})) as bench:
        pages = await walked(bench, filters={"custom1": "Beeline"})
    assert [page["returned"] for page in pages] == [1, 0]
    assert pages[-1]["note"].endswith("no rows are left after this page_after: the list ended before it")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(found=st.sets(st.integers(1, 90), min_size=1), size=st.integers(1, 30))
async def test_a_count_made_here_stays_the_same_on_every_page(found: set[int], size: int) -> None:
    async with workbench(people(90, found)) as bench:
        pages = await walked(bench, filters={"custom1": "Beeline"}, count=True, page_size=size)
    assert {page["count"] for page in pages} == {len(found)}
    assert {row[0] for page in pages for row in page["rows"]} == found


async def test_the_nearest_value_is_found_among_the_newest_and_the_oldest_of_many() -> None:
    async with workbench([*people(2400, set()), Record("prospect", 2500, {"title": "Chief Beekeeper",
                          "createdAt": "2026-02-20T00:00:00.000Z"})]) as bench:  # fmt: skip
        newest = await bench.call("list_prospects", filters={"title": "Chief Beekeper"})
        before = len(bench.requests)
        nothing = await bench.call("list_prospects", filters={"title": "zzqx"})
        requests = len(bench.requests) - before
    assert newest["note"] == (
        "title is matched as a whole; nearest of 1,000 records looked at: 'Chief Beekeeper' (2500)"
    )
    assert (nothing["note"], requests) == ("title is matched as a whole", 3)


async def test_open_ranges_of_numbers_need_no_word_that_outreach_may_refuse() -> None:
    async with workbench(people(9, set()), switches=Switches(neginf="refuse")) as bench:
        few = await bench.call("list_prospects", filters={"id": "..4"}, fields=["id"])
        dated = await bench.call("list_prospects", filters={"id": "..4", "createdAt": "..2026-01-31"}, fields=["id"])
    assert {row[0] for row in few["rows"]} == {row[0] for row in dated["rows"]} == {1, 2, 3, 4}


async def test_stages_come_in_their_order() -> None:
    stages = [Record(kind, n, {"name": f"S{n}", "order": 10 - n}) for kind in ("stage", "opportunityStage")
              for n in (1, 2, 3)]  # fmt: skip
    async with workbench(stages) as bench:
        for tool in ("list_stages", "list_opportunity_stages"):
            answer = await bench.call(tool, fields=["order"])
            assert [row[1] for row in answer["rows"]] == [7, 8, 9]


async def test_a_page_after_with_blanks_around_it_goes_on_and_one_that_was_cut_is_refused() -> None:
    async with workbench(people(9, set())) as bench:
        first = await bench.call("list_prospects", page_size=2)
        second = await bench.call("list_prospects", page_size=2, page_after=f" {first['page_after']}\n")
        sent = len(bench.requests)
        message = await bench.refused("list_prospects", page_size=2, page_after=first["page_after"][:-3])
        assert len(bench.requests) == sent
    assert not {row[0] for row in first["rows"]} & {row[0] for row in second["rows"]}
    assert message == "'page_after' takes the page_after of an earlier answer, unchanged"
