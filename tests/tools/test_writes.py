"""Creating, updating, deleting and acting: what goes in comes back, and what cannot be is refused before it is sent."""

import json
from typing import Any

import pytest

from tests.support.workbench import Workbench, workbench

SUBJECT = {"subject": {"type": "prospect", "id": 456}, "owner": "me"}


async def an_open_task(bench: Workbench) -> int:
    """Create a task and return its id."""
    created = await bench.call("create_task", attributes={"action": "call"}, relationships=SUBJECT)
    number: int = created["id"]
    return number


async def test_a_created_record_is_answered_in_summary_form() -> None:
    async with workbench() as bench:
        created = await bench.call(
            "create_prospect",
            attributes={"firstName": "Ada", "lastName": "Byron", "emails": ["ada@acme.example"], "region": "EMEA"},
            relationships={"account": 55, "owner": "me"},
        )
    number = created.pop("id")
    assert isinstance(number, int)
    assert created == {
        "name": "Ada Byron",
        "emails": ["ada@acme.example"],
        "account_id": 55,
        "owner_id": 17,
        "firstName": "Ada",
        "lastName": "Byron",
        "region": "EMEA",
    }


async def test_flat_snake_case_arguments_are_understood() -> None:
    async with workbench() as bench:
        created = await bench.call(
            "create_prospect",
            first_name="Ada",
            last_name="Byron",
            emails="ada@acme.example",
            account_id="55",
            owner="me",
        )
        prospect = await bench.call("get_prospect", prospect_id=created["id"])
    assert {name: prospect[name] for name in ("firstName", "lastName", "emails", "account_id", "owner_id")} == {
        "firstName": "Ada",
        "lastName": "Byron",
        "emails": ["ada@acme.example"],
        "account_id": 55,
        "owner_id": 17,
    }


async def test_a_custom_field_is_written_and_read() -> None:
    async with workbench() as bench:
        await bench.call("update_account", account_id=55, attributes={"custom12": "gold"})
        account = await bench.call("get_account", account_id=55)
    assert account["custom12"] == "gold"


async def test_an_update_leaves_alone_what_it_does_not_name() -> None:
    async with workbench() as bench:
        before = await bench.call("get_account", account_id=55)
        await bench.call("update_account", account_id=55, attributes={"industry": "Aviation"})
        after = await bench.call("get_account", account_id=55)
    ignored = ("updatedAt", "updater", "updater_id")
    changed = {name: after.get(name) for name in {*before, *after} if before.get(name) != after.get(name)}
    assert {name: value for name, value in changed.items() if name not in ignored} == {"industry": "Aviation"}


async def test_clear_empties_an_attribute_and_a_relationship() -> None:
    async with workbench() as bench:
        await bench.call("update_account", account_id=55, clear=["industry", "owner"])
        account = await bench.call("get_account", account_id=55)
    assert "industry" not in account
    assert "owner_id" not in account


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "nothing to change: give 'attributes', 'relationships' or 'clear'"),
        (
            {"attributes": {"industry": None}},
            "nothing to change: industry came empty, which means not given; 'clear' empties",
        ),
        (
            {"attributes": {"industry": "Aviation"}, "clear": ["industry"]},
            "'industry' is set to 'Aviation', and it is in 'clear'. Give one of them. Nothing was sent.",
        ),
        (
            {"attributes": {"owner": 17}},
            "'owner' is a relationship of account, not an attribute: give it in 'relationships'",
        ),
        (
            {"relationships": {"industry": 17}},
            "'industry' is an attribute of account, not a relationship: give it in 'attributes'",
        ),
        (
            {"relationships": {"prospects": [456]}},
            "the relationship 'prospects' of account is read-only: set the prospect's own 'account' instead",
        ),
        (
            {"relationships": {"owner": -4}},
            "'owner' takes the integer id of a user, or 'me', not -4: list_users finds it",
        ),
        (
            {"relationships": {"owner": {"type": "team", "id": 2}}},
            "'owner' takes an id or {type, id} with type user, not {'type': 'team', 'id': 2}: list_users finds it",
        ),
    ],
)
async def test_an_update_that_cannot_be_is_refused_before_it_is_sent(arguments: dict[str, Any], message: str) -> None:
    async with workbench() as bench:
        assert await bench.refused("update_account", account_id=55, **arguments) == message
        assert bench.sent() == []


async def test_a_subject_of_several_types_takes_its_type() -> None:
    async with workbench() as bench:
        message = await bench.refused(
            "create_task", attributes={"action": "call"}, relationships={"subject": 456, "owner": "me"}
        )
        assert bench.changes() == []
    assert message == (
        "'subject' takes {type, id} with type account, opportunity, prospect, not 456: list_accounts or "
        "list_opportunities or list_prospects finds it"
    )


async def test_a_known_value_may_be_written_in_any_case() -> None:
    async with workbench() as bench:
        created = await bench.call("create_task", attributes={"action": "Call"}, relationships=SUBJECT)
    assert created["action"] == "call"


@pytest.mark.parametrize(
    ("given", "kept"), [("Answered", "completed"), ("not answered", "no_answer"), ("completed", "completed")]
)
async def test_both_spellings_of_an_outcome_are_understood(given: str, kept: str) -> None:
    async with workbench() as bench:
        created = await bench.call(
            "create_call", attributes={"direction": "outbound", "outcome": given}, relationships={"prospect": 456}
        )
        call = await bench.call("get_call", call_id=created["id"])
    assert call["outcome"] == kept


async def test_what_outreach_refuses_is_told_with_its_own_words() -> None:
    async with workbench() as bench:
        before = bench.contents()
        message = await bench.refused("create_prospect", attributes={"emails": ["marcus.holloway@acme.example"]})
        assert bench.contents() == before
    assert "Contacts email hash has already been taken." in message


async def test_a_deleted_record_cannot_be_read() -> None:
    async with workbench() as bench:
        task = await an_open_task(bench)
        assert await bench.call("delete_task", task_id=task) == {"deleted": True, "id": task}
        message = await bench.refused("get_task", task_id=task)
    assert f"Could not find 'task' with ID '{task}'." in message


async def test_a_task_is_completed() -> None:
    async with workbench() as bench:
        task = await an_open_task(bench)
        answer = await bench.call(
            "set_task_action", task_id=task, action="mark_complete", completion_note="Done by phone"
        )
        assert bench.sent()[-1] == f"POST /tasks/{task}/actions/markComplete"
        assert dict(bench.requests[-1].url.params) == {"actionParams[completionNote]": "Done by phone"}
    assert answer["state"] == "complete"


async def test_a_task_goes_to_another_owner() -> None:
    async with workbench() as bench:
        task = await an_open_task(bench)
        await bench.call("set_task_action", task_id=task, action="reassignOwner", ownerId=18)
        answer = await bench.call("get_task", task_id=task)
        await bench.call("set_task_action", task_id=task, action="reassignOwner", ownerId="me")
        back = await bench.call("get_task", task_id=task)
    assert (answer["owner_id"], back["owner_id"]) == (18, 17)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"action": "reschedule"}, "the action 'reschedule' needs 'dueAt'; it takes dueAt"),
        (
            {"action": "reschedule", "dueAt": "2026-12-01", "note": "x"},
            "the action 'reschedule' takes no 'note'; it takes dueAt",
        ),
        ({"action": "advance", "note": "x"}, "the action 'advance' takes no 'note'; it takes none"),
        (
            {"action": "markDone"},
            "'action' is 'markDone', not one of advance, deliver, logMeetInPerson, markComplete, reassignOwner, "
            "reschedule, snooze, updateNote, updateOpportunityAssociation, did you mean 'markComplete'?",
        ),
        (
            {"action": "snooze", "markAsUrgent": "very"},
            "'markAsUrgent' takes a boolean, not 'very'",
        ),
        (
            {"action": "reassignOwner", "ownerId": "4.5"},
            "'ownerId' takes the integer id of a user, or 'me', not '4.5': list_users finds it",
        ),
    ],
)
async def test_an_action_without_its_parameters_or_with_foreign_ones_is_refused(
    arguments: dict[str, Any], message: str
) -> None:
    async with workbench() as bench:
        assert await bench.refused("set_task_action", task_id=1, **arguments) == message
        assert bench.sent() == []


async def test_an_enrolment_is_paused_resumed_and_finished() -> None:
    async with workbench() as bench:
        listed = await bench.call(
            "list_sequence_states", filters=[{"field": "state", "criteria": "active"}], fields=["state"], page_size=1
        )
        number = listed["rows"][0][0]
        states = [
            (await bench.call("set_sequence_state_action", sequence_state_id=number, action=action))["state"]
            for action in ("pause", "resume", "finish")
        ]
    assert states == ["paused", "active", "finished"]


async def test_an_action_that_the_state_does_not_allow_changes_nothing() -> None:
    async with workbench() as bench:
        listed = await bench.call(
            "list_sequence_states", filters=[{"field": "state", "criteria": "finished"}], fields=["state"], page_size=1
        )
        before = bench.contents()
        message = await bench.refused(
            "set_sequence_state_action", sequence_state_id=listed["rows"][0][0], action="resume"
        )
        assert bench.contents() == before
    assert "422" in message


async def test_a_prospect_cannot_be_enrolled_twice() -> None:
    arguments = {"sequence_id": 123, "prospect_id": 456, "mailbox_id": 789}
    async with workbench() as bench:
        await bench.call("add_prospect_to_sequence", **arguments)
        before = bench.contents()
        # With another mailbox: an equal request is taken for the same one.
        message = await bench.refused("add_prospect_to_sequence", **{**arguments, "mailbox_id": 123})
        assert bench.contents() == before
    assert "already" in message


async def test_an_erasure_sends_the_documented_body() -> None:
    async with workbench() as bench:
        await bench.call(
            "create_compliance_request",
            requester_email="dpo@fieldlight.example",
            request_type="delete",
            object_type="prospect",
            request_object_email="jane.smith@company.com",
        )
        body = bench.requests[-1].content
    assert body == (
        b'{"data":{"type":"complianceRequest","attributes":{"requester_email":"dpo@fieldlight.example",'
        b'"request_type":"Delete","object_type":"Prospect","request_object_email":"jane.smith@company.com"}}}'
    )


async def test_an_erasure_needs_real_addresses() -> None:
    async with workbench() as bench:
        message = await bench.refused(
            "create_compliance_request",
            requester_email="dpo",
            request_type="Delete",
            object_type="Prospect",
            request_object_email="jane.smith@company.com",
        )
        assert bench.sent() == []
    assert message == "'requester_email' takes an e-mail address, not 'dpo'"


async def test_the_answer_to_a_create_that_repeats_another_says_so() -> None:
    async with workbench() as bench:
        first = await bench.call("create_account", attributes={"name": "Twice"})
        second = await bench.call("create_account", attributes={"name": "Twice"})
        assert bench.changes() == ["POST /accounts"]
    note = second.pop("note")
    assert second == first
    assert note.startswith("Nothing new was created: an equal request created this record ")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2026-11-23", "2026-11-23T05:00:00.000Z"),
        ("2026-11-23T09:00", "2026-11-23T14:00:00.000Z"),
        ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00.000Z"),
    ],
)
async def test_a_time_that_names_no_zone_is_one_of_the_configured_zone(given: str, sent: str) -> None:
    async with workbench(time_zone="America/New_York") as bench:
        await bench.call("update_task", task_id=await an_open_task(bench), attributes={"dueAt": given})
        body = json.loads(bench.requests[-1].content)
    assert body["data"]["attributes"] == {"dueAt": sent}


async def test_a_day_by_itself_is_the_same_day_in_every_zone() -> None:
    async with workbench(time_zone="America/New_York") as bench:
        found = await bench.call("list_opportunities", page_size=1)
        await bench.call(
            "update_opportunity", opportunity_id=found["rows"][0][0], attributes={"closeDate": "2026-12-31"}
        )
        body = json.loads(bench.requests[-1].content)
    assert body["data"]["attributes"] == {"closeDate": "2026-12-31T00:00:00.000Z"}
