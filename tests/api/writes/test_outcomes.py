"""A change whose answer is lost: never done twice, and found again where it can be proven."""

import anyio
import httpx
import pytest

from outreach_mcp.api.errors.tree import InvalidRequestError, OutcomeUnknownError, ServerError
from outreach_mcp.api.outgoing import Outgoing
from outreach_mcp.api.writes.outcomes import FOUND
from outreach_sandbox.records import Identifier
from outreach_tools.client import JsonObject, Request, Response
from tests.api.faulty import (
    ENROLMENT,
    UNKNOWN,
    Fault,
    create,
    faulty_sandbox,
    new_account,
    new_prospect,
    new_task,
)
from tests.api.recording import client_on
from tests.sandbox.service import ORGANISATION, RENEWAL, record

DONE: tuple[Fault, ...] = ("lost after", "timeout after", "502 after", "504 after", "500 after", "broken after")
UNREACHABLE: tuple[Fault, ...] = ("refused",) * 9
NOT_DONE: tuple[Fault, ...] = ("lost before", "502 before")
CREATES = {"account": new_account(), "task": new_task()}


def id_of(response: Response) -> object:
    return response.body["data"]["id"]


@pytest.mark.parametrize("fault", DONE)
@pytest.mark.parametrize("type_name", CREATES)
async def test_a_create_that_was_done_is_found_and_reported(type_name: str, fault: Fault) -> None:
    async with faulty_sandbox() as bench:
        bench.fail(fault)
        before = bench.count(type_name)
        response = await bench.client.send(CREATES[type_name])
        assert (response.status, id_of(response), response.note) == (201, bench.newest(type_name), FOUND)
        assert bench.count(type_name) == before + 1


@pytest.mark.parametrize("fault", NOT_DONE)
@pytest.mark.parametrize("type_name", CREATES)
async def test_a_create_that_is_not_found_is_not_sent_again(type_name: str, fault: Fault) -> None:
    async with faulty_sandbox() as bench:
        bench.fail(fault)
        with pytest.raises(OutcomeUnknownError):
            await bench.client.send(CREATES[type_name])
        assert len(bench.sent("POST")) == 1


async def test_a_create_is_looked_for_by_what_outreach_calls_its_filters() -> None:
    deal = create("opportunity", "/opportunities", {"name": "A"}, opportunityStage=("opportunityStage", 5))
    async with faulty_sandbox() as bench:
        bench.fail("502 before")
        with pytest.raises(OutcomeUnknownError):
            await bench.client.send(deal)
        looked = [request.url.params for request in bench.transport.requests if request.method == "GET"]
    filters = {name for params in looked for name in params if name.startswith("filter[")}
    assert filters == {"filter[stage][id]"}


async def test_an_unknown_outcome_says_what_was_sent_and_when_and_how_to_check() -> None:
    async with faulty_sandbox() as bench:
        bench.fail("502 before")
        with pytest.raises(OutcomeUnknownError) as caught:
            await bench.client.send(create("persona", "/personas", {"name": "Buyer"}))
        assert str(caught.value) == (
            "POST /personas may or may not have happened: a gateway answered 502: it gave no reason. Sent at "
            '2026-11-21T09:30:00Z was {"data":{"type":"persona","attributes":{"name":"Buyer"}}}. Check before you send '
            "it again. Look through the newest of /personas for what was sent. It was looked for and not found, which "
            "proves nothing: it may appear later."
        )


async def test_a_record_like_it_that_was_there_before_is_not_reported() -> None:
    async with faulty_sandbox() as bench:
        await bench.client.send(new_task())
        await bench.time.sleep(60)
        bench.fail("lost before")
        with pytest.raises(OutcomeUnknownError):
            await bench.client.send(new_task())


async def test_the_record_of_another_create_is_not_reported() -> None:
    async with faulty_sandbox() as bench:
        await bench.client.send(new_task())
        bench.fail("lost before")
        with pytest.raises(OutcomeUnknownError):
            await bench.client.send(new_task())


async def test_a_record_that_somebody_else_created_is_not_reported() -> None:
    others = record(
        "account",
        9,
        {"name": "Gamma", "domain": "gamma.example", "createdAt": "2026-11-21T09:30:01.000Z"},
        owner=Identifier("user", 1),
        creator=Identifier("user", 2),
    )
    async with faulty_sandbox([*ORGANISATION, others]) as bench:
        bench.fail("lost before")
        with pytest.raises(OutcomeUnknownError):
            await bench.client.send(new_account())


async def test_a_record_of_ours_from_before_is_not_reported() -> None:
    before = record(
        "account",
        9,
        {"name": "Gamma", "domain": "gamma.example", "createdAt": "2026-11-21T09:29:50.000Z"},
        owner=Identifier("user", 1),
        creator=Identifier("user", 1),
    )
    async with faulty_sandbox([*ORGANISATION, before]) as bench:
        bench.fail("lost before")
        with pytest.raises(OutcomeUnknownError, match="not found"):
            await bench.client.send(new_account())


async def test_two_records_that_match_prove_nothing() -> None:
    mine = Identifier("user", 1)
    twins = [
        record(
            "account",
            number,
            {"name": "Gamma", "domain": "gamma.example", "createdAt": "2026-11-21T09:30:01.000Z"},
            owner=mine,
            creator=mine,
        )
        for number in (8, 9)
    ]
    async with faulty_sandbox([*ORGANISATION, *twins]) as bench:
        bench.fail("lost before")
        with pytest.raises(OutcomeUnknownError, match=r"2 records match what was sent \((8, 9|9, 8)\): any may be"):
            await bench.client.send(new_account())


@pytest.mark.parametrize("faults", [(fault,) for fault in UNKNOWN] + [("lost after", "502 before", "lost after")])
async def test_a_prospect_with_an_email_is_sent_again_until_it_is_there_once(faults: tuple[Fault, ...]) -> None:
    async with faulty_sandbox() as bench:
        bench.fail(*faults)
        before = bench.count("prospect")
        response = await bench.client.send(new_prospect())
        assert (id_of(response), bench.count("prospect")) == (bench.newest("prospect"), before + 1)


async def test_a_prospect_that_was_there_before_is_refused_and_not_reported_as_created() -> None:
    async with faulty_sandbox() as bench:
        bench.fail("lost before")
        with pytest.raises(InvalidRequestError, match="already been taken"):
            await bench.client.send(new_prospect("ann@acme.example"))


@pytest.mark.parametrize("fault", UNKNOWN)
async def test_a_prospect_enters_a_sequence_once(fault: Fault) -> None:
    async with faulty_sandbox() as bench:
        bench.fail(fault)
        response = await bench.client.send(ENROLMENT)
        assert (id_of(response), bench.count("sequenceState")) == (bench.newest("sequenceState"), 1)


async def test_a_sequence_that_admits_prospects_twice_is_not_sent_one_again() -> None:
    ruleset = record("ruleset", 1, {"name": "Anyone", "permitDuplicateProspects": "allow"})
    sequence = record("sequence", 1, {"name": "Open", "enabled": True}, ruleset=Identifier("ruleset", 1))
    rest = [each for each in ORGANISATION if (each.type, each.id) != (RENEWAL.type, RENEWAL.id)]
    async with faulty_sandbox([*rest, ruleset, sequence]) as bench:
        bench.fail("lost before")
        with pytest.raises(OutcomeUnknownError):
            await bench.client.send(ENROLMENT)
        assert len(bench.sent("POST")) == 1


@pytest.mark.parametrize("fault", UNKNOWN)
async def test_an_action_is_never_sent_again(fault: Fault) -> None:
    async with faulty_sandbox() as bench:
        task = id_of(await bench.client.send(new_task()))
        bench.fail(fault)
        with pytest.raises(OutcomeUnknownError):
            await bench.client.send(
                Request("POST", f"/tasks/{task}/actions/updateNote", (("actionParams[note]", "x"),))
            )
        assert bench.sent("POST") == ["POST /tasks", f"POST /tasks/{task}/actions/updateNote"]


@pytest.mark.parametrize("fault", ["lost after", "504 after", "500 after"])
async def test_an_action_whose_record_shows_it_is_reported_as_done(fault: Fault) -> None:
    async with faulty_sandbox() as bench:
        task = id_of(await bench.client.send(new_task()))
        bench.fail(fault)
        response = await bench.client.send(Request("POST", f"/tasks/{task}/actions/markComplete"))
        assert (response.body["data"]["attributes"]["state"], response.note) == (
            "complete",
            "The answer to this action was lost; the record is now in the state the action leads to",
        )


async def test_an_action_whose_record_does_not_show_it_has_an_unknown_outcome() -> None:
    async with faulty_sandbox() as bench:
        task = id_of(await bench.client.send(new_task()))
        bench.fail("lost before")
        with pytest.raises(OutcomeUnknownError, match="The record does not show that it was done"):
            await bench.client.send(Request("POST", f"/tasks/{task}/actions/markComplete"))


async def test_a_delete_that_is_not_found_after_a_lost_answer_is_done() -> None:
    async with faulty_sandbox() as bench:
        bench.fail("lost after")
        assert await bench.client.send(Request("DELETE", "/accounts/2")) == Response(204, None)


async def test_a_delete_that_is_not_found_at_once_is_an_error() -> None:
    async with faulty_sandbox() as bench:
        bench.fail("503")
        with pytest.raises(Exception, match="404"):
            await bench.client.send(Request("DELETE", "/accounts/99"))


async def test_an_update_that_may_have_been_made_does_not_end_in_a_claim_that_nothing_was_sent() -> None:
    body: JsonObject = {"data": {"type": "account", "id": 1, "attributes": {"name": "Acme 2"}}}
    async with faulty_sandbox() as bench:
        bench.fail("lost after", *UNREACHABLE)
        with pytest.raises(OutcomeUnknownError, match="Sent again, it ended in: Outreach cannot be reached"):
            await bench.client.send(Request("PATCH", "/accounts/1", body=body))


async def test_a_failure_of_outreach_stays_one_when_nothing_is_found() -> None:
    async with faulty_sandbox() as bench:
        bench.fail("500 before")
        with pytest.raises(ServerError, match="It was looked for and not found, which proves nothing"):
            await bench.client.send(new_account())


@pytest.mark.parametrize(
    ("type_name", "request_"),
    [
        ("call", create("call", "/calls", {"direction": "outbound", "outcome": "completed"}, prospect=("prospect", 1))),
        ("template", create("template", "/templates", {"name": "Hello", "subject": "Hi"})),
        ("emailAddress", create("emailAddress", "/emailAddresses", {"email": "B@x.example"}, prospect=("prospect", 2))),
    ],
)
async def test_types_without_a_creator_are_found_as_well(type_name: str, request_: Request) -> None:
    async with faulty_sandbox() as bench:
        bench.fail("lost after")
        assert id_of(await bench.client.send(request_)) == bench.newest(type_name)


async def test_what_was_prepared_is_what_is_sent_however_often_it_takes() -> None:
    async with faulty_sandbox() as bench:
        bench.fail("429", "lost before", "503")
        request = new_prospect()
        prepared = await bench.client.prepare(request)
        assert prepared.outgoing == Outgoing("POST", "/prospects", (), request.body)
        assert bench.sent("POST") == []
        await bench.client.send(prepared)
        assert len(bench.sent("POST")) == 4


async def test_a_record_that_may_be_that_of_another_create_is_not_reported() -> None:
    async with faulty_sandbox() as bench:
        # The first is done, and nobody learns of it; the second is not.
        bench.fail("lost after", "500 before")
        with pytest.raises(OutcomeUnknownError):
            await bench.client.send(new_task())
        bench.fail("lost before")
        with pytest.raises(OutcomeUnknownError, match="another create like it was sent as well"):
            await bench.client.send(new_task())


async def test_a_create_that_hangs_is_given_up_at_its_deadline_and_looked_for() -> None:
    class Hanging(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST":
                await anyio.sleep_forever()
            return httpx.Response(200, json={"data": [], "meta": {"user": {"id": 1}}})

    with pytest.raises(OutcomeUnknownError, match="no answer within the call's time"):
        await client_on(Hanging(), deadline=0.02).send(new_account())
