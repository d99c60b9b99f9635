"""Whatever happens to requests and answers: no create is done twice, no row is lost or doubled, every failure typed."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_mcp.api.errors.tree import OutreachError
from outreach_tools.client import Request
from tests.api.faulty import ENROLMENT, Fault, create, faulty_sandbox, new_account, new_prospect, new_task
from tests.api.walking import pages
from tests.sandbox.service import ORGANISATION, record
from tests.support.counts import few_or_many

FAULTS: tuple[Fault, ...] = (
    "none", "refused", "lost before", "lost after", "timeout after", "502 before", "502 after", "503", "504 after",
    "500 before", "500 after", "429", "broken after",
)  # fmt: skip
CREATES = {
    "account": new_account(),
    "prospect": new_prospect(),
    "task": new_task(),
    "sequenceState": ENROLMENT,
    "emailAddress": create("emailAddress", "/emailAddresses", {"email": "b@x.example"}, prospect=("prospect", 2)),
    "persona": create("persona", "/personas", {"name": "Buyer"}),
}


@pytest.mark.parametrize("type_name", CREATES)
@settings(max_examples=few_or_many(20, 60), deadline=None)
@given(faults=st.lists(st.sampled_from(FAULTS), max_size=12))
async def test_a_create_is_never_done_twice(type_name: str, faults: list[Fault]) -> None:
    async with faulty_sandbox() as bench:
        before = bench.count(type_name)
        bench.fail(*faults)
        try:
            answer: Any = (await bench.client.send(CREATES[type_name])).body
        except OutreachError:
            assert bench.count(type_name) <= before + 1
        else:
            assert (answer["data"]["id"], bench.count(type_name)) == (bench.newest(type_name), before + 1)


@settings(max_examples=few_or_many(20, 40), deadline=None)
@given(
    faults=st.lists(st.sampled_from(FAULTS), max_size=30),
    names=st.lists(st.sampled_from(["account", "prospect", "sequenceState", "persona"]), min_size=2, max_size=8),
)
async def test_equal_creates_one_after_the_other_make_one_record_each(faults: list[Fault], names: list[str]) -> None:
    async with faulty_sandbox() as bench:
        before = {name: bench.count(name) for name in names}
        bench.fail(*faults)
        for name in names:
            try:
                await bench.client.send(CREATES[name])
            except OutreachError:
                continue
        if bench.time.seconds < 60:
            assert all(bench.count(name) <= before[name] + 1 for name in names)


@settings(max_examples=few_or_many(20, 60), deadline=None)
@given(faults=st.lists(st.sampled_from(FAULTS), max_size=8))
async def test_each_task_that_is_reported_is_a_task_of_its_own(faults: list[Fault]) -> None:
    async with faulty_sandbox() as bench:
        bench.fail(*faults)
        reported: list[int] = []
        for _ in range(4):
            try:
                reported.append((await bench.client.send(new_task())).body["data"]["id"])
            except OutreachError:
                continue
        assert len(set(reported)) == len(reported)
        assert len(reported) <= bench.count("task") <= 4


PEOPLE = [record("persona", number, {"name": f"P{number}"}) for number in range(1, 24)]
READ_FAULTS: tuple[Fault, ...] = ("none", "refused", "lost before", "lost after", "502 before", "503", "504 after")


@settings(max_examples=few_or_many(20, 60), deadline=None)
@given(faults=st.lists(st.sampled_from(READ_FAULTS), max_size=4), size=st.integers(1, 30))
async def test_no_row_of_a_walked_list_is_lost_or_doubled(faults: list[Fault], size: int) -> None:
    async with faulty_sandbox([*ORGANISATION, *PEOPLE]) as bench:
        bench.fail(*faults)
        first = Request("GET", "/personas", (("sort", "id"), ("page[size]", str(size))))
        rows = [row["id"] async for page in pages(bench.client, first) for row in page.body["data"]]
        assert rows == list(range(1, 24))
