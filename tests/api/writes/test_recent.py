"""An equal create within a minute is answered with the record of the first."""

import anyio
import pytest

from outreach_mcp.api.errors.tree import InvalidRequestError, OutcomeUnknownError
from outreach_tools.client import Request, Response
from tests.api.faulty import ENROLMENT, Fault, create, faulty_sandbox, new_account, new_prospect, new_task

UNSEEN: tuple[Fault, ...] = ("500 before",) * 3
"""Faults that keep the client from looking."""


async def test_an_equal_create_is_answered_with_the_first_record_and_says_so() -> None:
    async with faulty_sandbox() as bench:
        first = await bench.client.send(new_account())
        await bench.time.sleep(20)
        assert await bench.client.send(new_account()) == Response(
            201,
            first.body,
            "Nothing new was created: an equal request created this record 20 seconds ago. If a second one is meant, "
            "ask again after 2026-11-21T09:31:00Z",
        )
        assert bench.sent("POST") == ["POST /accounts"]


async def test_the_order_of_the_members_makes_no_difference() -> None:
    async with faulty_sandbox() as bench:
        await bench.client.send(create("persona", "/personas", {"name": "Buyer", "description": "x"}))
        await bench.client.send(create("persona", "/personas", {"description": "x", "name": "Buyer"}))
        assert bench.count("persona") == 1


async def test_another_create_is_another_one() -> None:
    async with faulty_sandbox() as bench:
        await bench.client.send(new_account("Gamma"))
        await bench.client.send(new_account("Delta"))
        assert bench.count("account") == 4


async def test_after_a_minute_an_equal_create_makes_a_second_record() -> None:
    async with faulty_sandbox() as bench:
        await bench.client.send(new_account())
        await bench.time.sleep(61)
        assert (await bench.client.send(new_account())).note == ""
        assert bench.count("account") == 4


async def test_of_tasks_two_may_be_meant() -> None:
    async with faulty_sandbox() as bench:
        await bench.client.send(new_task())
        await bench.client.send(new_task())
        assert bench.count("task") == 2


async def test_of_calls_two_may_be_meant() -> None:
    call = create("call", "/calls", {"direction": "outbound", "outcome": "completed"}, prospect=("prospect", 1))
    async with faulty_sandbox() as bench:
        await bench.client.send(call)
        await bench.client.send(call)
        assert bench.count("call") == 2


async def test_a_record_that_was_deleted_is_created_again() -> None:
    async with faulty_sandbox() as bench:
        first = (await bench.client.send(new_account())).body["data"]["id"]
        await bench.client.send(Request("DELETE", f"/accounts/{first}"))
        assert (await bench.client.send(new_account())).note == ""
        assert bench.count("account") == 3


async def test_a_create_that_was_refused_is_sent_again() -> None:
    async with faulty_sandbox() as bench:
        for _ in range(2):
            with pytest.raises(InvalidRequestError):
                await bench.client.send(create("account", "/accounts", {"nonsense": True}))
        assert bench.sent("POST") == ["POST /accounts"] * 2


async def test_equal_creates_at_once_make_one_record() -> None:
    async with faulty_sandbox() as bench:
        answers: list[Response] = []

        async def send() -> None:
            answers.append(await bench.client.send(new_account()))

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(send)
        assert (bench.count("account"), len({answer.body["data"]["id"] for answer in answers})) == (3, 1)
        assert [bool(answer.note) for answer in answers] == [False, True, True]


async def test_while_the_first_is_unknown_an_equal_create_is_not_sent() -> None:
    async with faulty_sandbox() as bench:
        bench.fail("lost before")
        for _ in range(2):
            with pytest.raises(OutcomeUnknownError):
                await bench.client.send(new_account())
        assert bench.sent("POST") == ["POST /accounts"]


async def test_an_equal_create_finds_the_first_that_was_unknown() -> None:
    async with faulty_sandbox() as bench:
        bench.fail("lost after", *UNSEEN)  # the look fails as well
        with pytest.raises(OutcomeUnknownError):
            await bench.client.send(new_account())
        bench.fail()
        answer = await bench.client.send(new_account())
        assert (answer.body["data"]["id"], bench.sent("POST")) == (bench.newest("account"), ["POST /accounts"])


async def test_a_minute_after_an_unknown_outcome_it_can_be_sent_again() -> None:
    async with faulty_sandbox() as bench:
        bench.fail("lost before")
        with pytest.raises(OutcomeUnknownError):
            await bench.client.send(new_account())
        await bench.time.sleep(61)
        assert (await bench.client.send(new_account())).status == 201


@pytest.mark.parametrize(("request_", "type_name"), [(new_prospect(), "prospect"), (ENROLMENT, "sequenceState")])
async def test_a_prospect_whose_create_stayed_unknown_comes_once(request_: Request, type_name: str) -> None:
    async with faulty_sandbox() as bench:
        before = bench.count(type_name)
        bench.fail("lost after", *UNSEEN)
        with pytest.raises(OutcomeUnknownError):
            await bench.client.send(request_)
        bench.fail()
        answer = await bench.client.send(request_)
        assert (answer.body["data"]["id"], bench.count(type_name)) == (bench.newest(type_name), before + 1)
