"""Walking a list by its cursor gives every row exactly once and in order: any data, any page size, any budget."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_sandbox.records import Record
from tests.support.workbench import workbench
from tests.tools.test_lists import people, walk


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6), budget=st.integers(500, 1500))
async def test_walking_a_list_with_pages_of_changing_size_gives_every_row_once(sizes: list[int], budget: int) -> None:
    async with workbench(people(60, title="word " * 20), max_result_tokens=budget) as bench:
        ids: list[int] = []
        page_after: dict[str, str] = {}
        for size in [*sizes, *[40] * 60]:
            answer = await bench.call("list_prospects", page_size=size, fields=["title"], **page_after)
            ids += [row[0] for row in answer["rows"]]
            if not answer["has_more"]:
                break
            page_after = {"page_after": answer["page_after"]}
    assert ids == list(range(100, 160))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    count=st.integers(0, 60),
    page_size=st.integers(1, 70),
    budget=st.integers(500, 3000),
    words=st.integers(0, 60),
    descending=st.booleans(),
)
async def test_walking_a_list_gives_every_row_once_and_in_order(
    count: int, page_size: int, budget: int, words: int, descending: bool
) -> None:
    async with workbench(people(count, title="word " * words), max_result_tokens=budget) as bench:
        sort = "-lastName" if descending else "lastName"
        rows = await walk(bench, "list_prospects", page_size=page_size, sort=sort, fields=["lastName", "title"])
    expected = sorted((f"No{n}" for n in range(count)), reverse=descending)
    assert [row[1] for row in rows] == expected


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(matching=st.lists(st.booleans(), max_size=60), page_size=st.integers(1, 30))
async def test_walking_a_list_that_is_filtered_here_gives_every_row_once_and_in_order(
    matching: list[bool], page_size: int
) -> None:
    rows = [
        Record("prospect", 100 + n, {"firstName": "Ann", "region": "EMEA" if match else "APAC"})
        for n, match in enumerate(matching)
    ]
    async with workbench([*people(0), *rows]) as bench:
        found = await walk(
            bench,
            "list_prospects",
            page_size=page_size,
            filters=[{"field": "region", "criteria": "emea"}],
            fields=["region"],
        )
    assert [row[0] for row in found] == [100 + n for n, match in enumerate(matching) if match]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    texts=st.lists(st.text(max_size=30).map(lambda text: text * 60) | st.none(), min_size=1, max_size=40),
    fields=st.sampled_from([["*"], ["links"], ["*", "links", "account.name"], ["personalNote1", "account"]]),
    page_size=st.integers(1, 50),
    budget=st.integers(500, 4000),
    here=st.booleans(),
)
async def test_walking_rows_of_any_text_in_any_columns_gives_every_row_once_and_in_order(
    texts: list[str | None], fields: list[str], page_size: int, budget: int, here: bool
) -> None:
    rows = [
        Record("prospect", 100 + n, {"firstName": "Ann", "region": "EMEA", "personalNote1": text})
        for n, text in enumerate(texts)
    ]
    filters = {"filters": {"region": "EMEA"}} if here else {}
    async with workbench([*people(0), *rows], max_result_tokens=budget) as bench:
        found = await walk(bench, "list_prospects", page_size=page_size, fields=fields, **filters)
    assert [row[0] for row in found] == [100 + n for n in range(len(texts))]
