"""The nine actions of tasks."""

from typing import Any

import httpx
import pytest

from outreach_sandbox.records import Identifier, Record
from tests.sandbox.service import ANN, MAILBOX, NOW, ORGANISATION, RENEWAL, USER, Api, problems, record, sandbox, to

LATER = "2026-04-01T08:00:00.000Z"


def task(number: int = 1, **attributes: Any) -> Record:
    values = {"action": "call", "state": "incomplete", "taskType": "manual", "dueAt": NOW, **attributes}
    return record("task", number, values, subject=ANN, owner=USER)


def step_task(step: int, state: str = "active", task_type: str = "sequence_step_call") -> list[Record]:
    here = {"sequence": RENEWAL, "sequenceStep": Identifier("sequenceStep", step)}
    return [
        record("sequenceState", 1, {"state": state}, prospect=ANN, **here),
        record(
            "task",
            1,
            {"action": "call", "state": "incomplete", "taskType": task_type},
            subject=ANN,
            sequenceState=Identifier("sequenceState", 1),
            **here,
        ),
    ]


async def act(api: Api, action: str, **parameters: str) -> httpx.Response:
    query = {f"actionParams[{name}]": value for name, value in parameters.items()}
    return await api.http.post(f"/tasks/1/actions/{action}", params=query or None)


async def attributes_after(api: Api, action: str, **parameters: str) -> dict[str, Any]:
    response = await act(api, action, **parameters)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["data"]["attributes"]
    assert found == (await api.get("/tasks/1"))["data"]["attributes"]
    return found


async def test_a_completed_task_says_when_and_by_whom() -> None:
    async with sandbox([*ORGANISATION, task()]) as api:
        found = await attributes_after(api, "markComplete")
        kept = ("state", "completed", "completedAt", "stateChangedAt", "updatedAt")
        assert [found[name] for name in kept] == ["complete", True, NOW, NOW, NOW]
        assert (await api.get("/tasks/1"))["data"]["relationships"]["completer"] == to("user", 1)


async def test_a_completion_note_is_attached_to_the_prospect() -> None:
    async with sandbox([*ORGANISATION, task()]) as api:
        await act(api, "markComplete", completionNote="Spoke to Ann")
        (note,) = (await api.get("/prospectNotes"))["data"]
        assert (note["attributes"]["message"], note["relationships"]["prospect"]) == (
            "Spoke to Ann",
            to("prospect", 1),
        )


@pytest.mark.parametrize(
    ("completion", "state", "step", "replied"),
    [
        ("", "active", 12, None),
        ("whatever", "active", 12, None),
        ("finish_no_reply", "finished", 11, None),
        ("finish_replied", "finished", 11, NOW),
    ],
)
async def test_completing_a_step_moves_its_enrolment(
    completion: str, state: str, step: int, replied: str | None
) -> None:
    async with sandbox([*ORGANISATION, *step_task(11)]) as api:
        await act(api, "markComplete", completionAction=completion)
        found = (await api.get("/sequenceStates/1"))["data"]
        assert (found["attributes"]["state"], found["attributes"]["repliedAt"]) == (state, replied)
        assert found["relationships"]["sequenceStep"] == to("sequenceStep", step)


async def test_advancing_past_the_last_step_finishes_the_enrolment() -> None:
    async with sandbox([*ORGANISATION, *step_task(12)]) as api:
        assert (await attributes_after(api, "advance"))["state"] == "complete"
        assert (await api.get("/sequenceStates/1"))["data"]["attributes"]["state"] == "finished"


async def test_only_a_task_of_a_sequence_step_can_be_advanced() -> None:
    async with sandbox([*ORGANISATION, task()]) as api:
        assert problems(await act(api, "advance")) == [("Task is not a sequence step task.", "/data")]


async def test_a_task_of_a_finished_enrolment_cannot_be_advanced() -> None:
    async with sandbox([*ORGANISATION, *step_task(11, state="finished")]) as api:
        assert problems(await act(api, "advance")) == [("Sequence state cannot be advanced.", "/data")]
        assert (await api.get("/tasks/1"))["data"]["attributes"]["state"] == "incomplete"


async def test_delivering_schedules_the_mailing() -> None:
    mail_task = record("task", 1, {"state": "incomplete"}, mailing=Identifier("mailing", 1))
    mailing = record("mailing", 1, {"state": "drafted"}, mailbox=MAILBOX, prospect=ANN)
    async with sandbox([*ORGANISATION, mail_task, mailing]) as api:
        assert (await attributes_after(api, "deliver"))["completed"] is True
        found = (await api.get("/mailings/1"))["data"]["attributes"]
        assert (found["state"], found["scheduledAt"], found["stateChangedAt"]) == ("scheduled", NOW, NOW)


async def test_a_task_without_a_mailing_cannot_be_delivered() -> None:
    async with sandbox([*ORGANISATION, task()]) as api:
        assert problems(await act(api, "deliver")) == [("Task has no mailing to deliver.", "/data")]


async def test_a_mailing_that_was_delivered_is_not_delivered_again() -> None:
    mail_task = record("task", 1, {"state": "incomplete"}, mailing=Identifier("mailing", 1))
    async with sandbox([*ORGANISATION, mail_task, record("mailing", 1, {"state": "delivered"})]) as api:
        assert problems(await act(api, "deliver")) == [("Mailing cannot be delivered while it is delivered.", "/data")]


@pytest.mark.parametrize(
    ("due", "after"),
    [("2026-01-01T00:00:00Z", "2026-03-03T09:30:00.000Z"), ("2026-03-09T10:00:00Z", "2026-03-10T10:00:00.000Z")],
)
async def test_a_snoozed_task_is_due_a_day_after_the_later_of_now_and_then(due: str, after: str) -> None:
    async with sandbox([*ORGANISATION, task(dueAt=due)]) as api:
        assert (await attributes_after(api, "snooze"))["dueAt"] == after


async def test_a_task_is_snoozed_to_a_given_time_and_marked_urgent() -> None:
    async with sandbox([*ORGANISATION, task()]) as api:
        assert (await attributes_after(api, "snooze", dueAt=LATER, markAsUrgent="true"))["dueAt"] == LATER
        assert (await api.get("/tasks/1"))["data"]["relationships"]["taskPriority"] == to("taskPriority", 1)


async def test_a_task_is_rescheduled() -> None:
    async with sandbox([*ORGANISATION, task()]) as api:
        assert (await attributes_after(api, "reschedule", dueAt="2026-04-01T10:00:00+02:00"))["dueAt"] == LATER


async def test_a_task_gets_another_owner() -> None:
    async with sandbox([*ORGANISATION, task()]) as api:
        response = await act(api, "reassignOwner", ownerId="2")
        assert response.json()["data"]["relationships"]["owner"] == to("user", 2)


@pytest.mark.parametrize(("owner", "refusal"), [("99", "User could not be found."), ("3", "Owner is locked.")])
async def test_a_task_is_not_given_to_nobody(owner: str, refusal: str) -> None:
    async with sandbox([*ORGANISATION, task()]) as api:
        assert problems(await act(api, "reassignOwner", ownerId=owner)) == [(refusal, "/data")]


async def test_the_note_and_the_association_of_a_task_are_set_even_when_it_is_complete() -> None:
    async with sandbox([*ORGANISATION, task(state="complete")]) as api:
        assert (await attributes_after(api, "updateNote", note="New"))["note"] == "New"
        found = await attributes_after(api, "updateOpportunityAssociation", opportunityAssociation="noop")
        assert found["opportunityAssociation"] == "noop"


async def test_a_meeting_in_person_is_logged() -> None:
    async with sandbox([*ORGANISATION, task(action="in_person")]) as api:
        response = await act(api, "logMeetInPerson", taskDispositionId="1", taskPurposeId="1")
        found = response.json()["data"]
        assert (found["attributes"]["completed"], found["relationships"]["taskDisposition"]) == (
            True,
            to("taskDisposition", 1),
        )
        assert found["relationships"]["taskPurpose"] == to("taskPurpose", 1)


async def test_only_a_task_to_meet_in_person_is_logged_as_one() -> None:
    async with sandbox([*ORGANISATION, task()]) as api:
        assert problems(await act(api, "logMeetInPerson", taskDispositionId="1")) == [
            ("Task is not a meet in-person task.", "/data")
        ]


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("advance", {}),
        ("deliver", {}),
        ("markComplete", {}),
        ("snooze", {}),
        ("reschedule", {"dueAt": LATER}),
        ("reassignOwner", {"ownerId": "2"}),
        ("logMeetInPerson", {"taskDispositionId": "1"}),
    ],
)
async def test_a_completed_task_refuses_to_be_worked_on(action: str, parameters: dict[str, str]) -> None:
    async with sandbox([*ORGANISATION, task(state="complete")]) as api:
        assert problems(await act(api, action, **parameters)) == [("Task has already been completed.", "/data")]


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("reschedule", {}, "missing"),
        ("reschedule", {"dueAt": ""}, "missing"),
        ("reassignOwner", {}, "missing"),
        ("updateNote", {}, "missing"),
        ("updateOpportunityAssociation", {}, "missing"),
        ("logMeetInPerson", {}, "missing"),
        ("markComplete", {"note": "x"}, "unknown"),
        ("advance", {"dueAt": LATER}, "unknown"),
        ("reschedule", {"dueAt": "soon"}, "unacceptable"),
        ("reassignOwner", {"ownerId": "Vic"}, "unacceptable"),
        ("snooze", {"markAsUrgent": "very"}, "unacceptable"),
        ("updateOpportunityAssociation", {"opportunityAssociation": "best"}, "unacceptable"),
    ],
)
async def test_parameters_that_an_action_does_not_take_are_a_bad_request(
    action: str, parameters: dict[str, str], code: str
) -> None:
    async with sandbox([*ORGANISATION, task()]) as api:
        response = await act(api, action, **parameters)
        assert (response.status_code, response.json()["errors"][0]["id"]) == (400, f"actionParameter.{code}")


async def test_a_task_that_does_not_exist_takes_no_action(api: Api) -> None:
    assert (await act(api, "markComplete")).json()["errors"][0]["detail"] == "Could not find 'task' with ID '1'."


async def test_an_action_that_does_not_exist_is_no_route() -> None:
    async with sandbox([*ORGANISATION, task()]) as api:
        assert (await act(api, "explode")).json()["errors"][0]["id"] == "routeNotFound"
