"""Lists that change while they are walked: what was there all the time is seen, once."""

import pytest

from tests.workbench import Workbench, workbench

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
        everyone = [record for (record,) in bench.store.rows("SELECT id FROM prospect ORDER BY id")]
        first, after = await ids_of(bench)
        await bench.call("delete_prospect", prospect_id=first[which])
        second, _ = await ids_of(bench, page_after=after)
        assert [*first, *second] == everyone[: len(first) + len(second)]
