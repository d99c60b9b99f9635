"""Reading all records of a selection: each once, in few requests, whatever happens meanwhile."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import httpx
import pytest
from anyio import Lock
from anyio.lowlevel import checkpoint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_sandbox.records import Record
from outreach_tools.client import JsonObject
from outreach_tools.engine.arguments import Filter
from outreach_tools.engine.figures.budget import Coverage
from outreach_tools.engine.figures.reading import AT_ONCE
from outreach_tools.engine.included import Included
from tests.tools.figures.reading import Answer, Bench, bench


def stages(count: int, *, sparse: bool = False, seed: int = 0) -> list[Record]:
    """Return records of a small type with ids that have gaps between them, wider ones at the end where `sparse`."""
    chance, found, number = Random(seed), list[Record](), 100
    for index in range(count):
        number += chance.randint(1, 4) if not sparse or index < count * 0.8 else chance.randint(50, 1000)
        attributes = {"name": None if index % 7 == 0 else f"Stage {index % 5}", "order": index % 3}
        found.append(Record("stage", number, attributes))
    return found


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (3500, 4)])
async def test_a_short_selection_takes_as_many_requests_as_it_has_pages(count: int, requests: int) -> None:
    records = stages(count)
    async with bench(records) as here:
        coverage = await (await here.reading("stage")).read(here.take)
        assert coverage == Coverage(count, whole=True, requests=requests, total=count, matching=count)
        assert sorted(here.ids) == [each.id for each in records]


@pytest.mark.parametrize("sparse", [False, True])
async def test_twenty_thousand_records_take_at_most_25_requests(sparse: bool) -> None:
    records = stages(20_000, sparse=sparse)
    async with bench(records) as here:
        reading = await here.reading("stage")
        await reading.begin()
        estimate = reading.estimate
        coverage = await reading.read(here.take)
        assert sorted(here.ids) == [each.id for each in records]
        assert estimate is not None
        assert coverage.requests <= 1 + estimate <= 25


FILTERS: tuple[list[Filter], ...] = (
    [],
    [Filter(field="order", criteria="0,2")],
    [Filter(field="name", criteria="null, Stage 3")],  # two queries
    [Filter(field="name", criteria=["Stage 1", "a, b"])],  # in the newer syntax
    [Filter(field="id", criteria="150..2000")],
    [Filter(field="color", criteria="null")],  # applied here
)


def expected(here: Bench, which: list[Filter]) -> set[int]:
    """Return the ids of a selection by SQL."""
    conditions = {
        "order": '"order" IN (0, 2)',
        "name": "name IS NULL OR name = 'Stage 3'"
        if which and isinstance(which[0].criteria, str)
        else "name = 'Stage 1'",
        "id": "id BETWEEN 150 AND 2000",
        "color": "color IS NULL",
    }
    where = conditions[which[0].field] if which else "1"
    return {number for (number,) in here.store.rows(f"SELECT id FROM stage WHERE {where}")}


def disorderly(chance: Random, share: float) -> Answer:
    """Return what shuffles the records of some pages, as Outreach is known to do now and then."""

    def answer(_: httpx.Request, response: httpx.Response) -> httpx.Response:
        document: dict[str, Any] = json.loads(response.content)
        if not isinstance(document.get("data"), list) or chance.random() >= share:
            return response
        chance.shuffle(document["data"])
        return httpx.Response(response.status_code, json=document)

    return answer


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    count=st.integers(0, 150),
    size=st.integers(2, 12),
    which=st.sampled_from(FILTERS),
    sparse=st.booleans(),
    shuffled=st.sampled_from([0.0, 0.0, 0.3]),
    seed=st.integers(0, 10**6),
)
async def test_each_record_that_stays_is_read_once_whatever_comes_and_goes(
    count: int, size: int, which: list[Filter], sparse: bool, shuffled: float, seed: int
) -> None:
    chance = Random(seed)
    async with bench(stages(count, sparse=sparse, seed=seed)) as here:
        gone, came = set[int](), set[int]()
        before = expected(here, which)

        def others(_: int) -> None:
            everyone = [number for (number,) in here.store.rows("SELECT id FROM stage")]
            if everyone and chance.random() < 0.3:
                gone.add(number := chance.choice(everyone))
                here.store.delete("stage", number)
            if chance.random() < 0.3:
                number = chance.randint(1, 3000)
                if number not in everyone and number not in gone:
                    came.add(number)
                    here.store.load([Record("stage", number, {"name": "Stage 1", "order": 0})])

        here.between.before = others
        here.between.answered = disorderly(chance, shuffled)
        reading = await here.reading("stage", which, most=10_000, size=size)
        coverage = await reading.read(here.take)
        assert coverage.whole
        assert len(here.ids) == len(set(here.ids))
        assert before - gone <= set(here.ids) <= before | came


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(count=st.integers(0, 120), size=st.integers(2, 9), which=st.sampled_from(FILTERS), most=st.integers(1, 6))
async def test_what_its_budget_stops_goes_on_exactly_where_it_stood(
    count: int, size: int, which: list[Filter], most: int
) -> None:
    async with bench(stages(count)) as here:
        reading = await here.reading("stage", which, most=most, size=size)
        for _ in range(400):
            asked, spent = len(here.between.requests), reading.budget.spent
            coverage = await reading.read(here.take)
            assert len(here.between.requests) - asked == reading.budget.spent - spent <= most
            if coverage.whole:
                break
            assert coverage.why == f"{most} requests were made"
            reading.budget.spent = 0
        assert sorted(here.ids) == sorted(expected(here, which))


async def test_an_outage_after_some_pages_loses_none_of_them() -> None:
    records = stages(90)
    async with bench(records) as here:
        out = False

        def answer(_: httpx.Request, response: httpx.Response) -> httpx.Response:
            return httpx.Response(500, json={}) if out else response

        here.between.answered = answer
        reading = await here.reading("stage", size=10)
        await reading.begin()
        out = True
        coverage = await reading.read(here.take)
        assert (coverage.read, coverage.whole, "500" in coverage.why) == (10, False, True)
        out = False
        coverage = await reading.read(here.take)
        assert (coverage.read, coverage.whole, coverage.why) == (90, True, "")
        assert sorted(here.ids) == [each.id for each in records]


async def test_a_count_that_outreach_gave_up_is_not_taken_for_one() -> None:
    async with bench(stages(25)) as here:

        def answer(_: httpx.Request, response: httpx.Response) -> httpx.Response:
            document = json.loads(response.content)
            document["meta"] = {"count": 0, "count_truncated": True}
            return httpx.Response(200, json=document)

        here.between.answered = answer
        reading = await here.reading("stage", size=10)
        await reading.begin()
        assert (reading.total, reading.estimate) == (None, None)
        assert await reading.read(here.take) == Coverage(25, whole=True, requests=3, matching=25)


async def test_where_ids_cannot_be_sorted_by_pages_follow_one_another() -> None:
    records = stages(25)
    async with bench(records) as here:

        def answer(request: httpx.Request, response: httpx.Response) -> httpx.Response:
            return httpx.Response(400, json={"errors": []}) if "sort" in request.url.params else response

        here.between.answered = answer
        coverage = await (await here.reading("stage", size=10)).read(here.take)
        assert (coverage.read, coverage.whole, coverage.requests) == (25, True, 4)
        assert sorted(here.ids) == [each.id for each in records]


async def test_only_the_fields_that_are_needed_are_asked_for() -> None:
    async with bench(stages(3)) as here:
        await (await here.reading("stage", [Filter(field="order", criteria="0..1")], ["name"])).read(here.take)
        (request,) = here.between.requests
        assert request.url.params["fields[stage]"] == "name,order"


async def test_pages_that_wait_to_be_taken_count_among_those_under_way() -> None:
    async with bench(stages(20_000)) as here:
        waiting, most, one_by_one = 0, 0, Lock()

        async def take(_: Sequence[JsonObject], __: Included) -> None:
            nonlocal waiting, most
            waiting += 1
            most = max(most, waiting)
            async with one_by_one:
                for _turn in range(300):
                    await checkpoint()
            waiting -= 1

        coverage = await (await here.reading("stage")).read(take)
        assert coverage.whole
        assert 1 < most <= AT_ONCE
