"""Enrolments: who may be enrolled, and what may be done with an enrolment."""

from typing import Any

import pytest

from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.switches import Switches
from tests.sandbox.service import ANN, NOW, ORGANISATION, RENEWAL, USER, Api, problems, record, sandbox, to


async def enrol(api: Api, prospect: int = 1, sequence: int = 1, mailbox: int | None = 1) -> Any:
    links = {"prospect": to("prospect", prospect), "sequence": to("sequence", sequence)}
    if mailbox is not None:
        links["mailbox"] = to("mailbox", mailbox)
    return await api.create("/sequenceStates", "sequenceState", relationships=links)


def enrolled(state: str, number: int = 1, sequence: int = 1, **attributes: Any) -> Record:
    links = {"prospect": ANN, "sequence": Identifier("sequence", sequence)}
    return record("sequenceState", number, {"state": state, **attributes}, **links)


async def test_a_new_enrolment_is_pending(api: Api) -> None:
    response = await enrol(api)
    found = response.json()["data"]
    relationships = ("prospect", "sequence", "mailbox", "user", "account", "sequenceStep")
    assert response.status_code == 201
    assert (found["attributes"]["state"], found["attributes"]["stateChangedAt"]) == ("pending", NOW)
    assert {name: found["relationships"][name] for name in relationships} == {
        "prospect": to("prospect", 1),
        "sequence": to("sequence", 1),
        "mailbox": to("mailbox", 1),
        "user": to("user", 1),
        "account": to("account", 1),
        "sequenceStep": {"data": None},
    }


async def test_an_enrolment_takes_no_attributes(api: Api) -> None:
    response = await api.create(
        "/sequenceStates",
        "sequenceState",
        {"state": "active"},
        {"prospect": to("prospect", 1), "sequence": to("sequence", 2)},
    )
    assert problems(response) == [("State is read-only.", "/data/attributes/state")]


async def test_a_sequence_that_is_not_enabled_takes_prospects_all_the_same(api: Api) -> None:
    assert (await enrol(api, sequence=2, mailbox=None)).status_code == 201


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        ({"mailbox": None}, ("Mailbox can't be blank.", "/data/relationships/mailbox")),
        ({"mailbox": 2}, ("User is locked.", "/data")),
        ({"prospect": 3}, ("Prospect has opted out.", "/data")),
        ({"prospect": 99}, ("Prospect could not be found.", "/data/relationships/prospect")),
    ],
)
async def test_an_enrolment_that_cannot_be_is_refused(api: Api, arguments: Any, refusal: tuple[str, str]) -> None:
    found = problems(await enrol(api, **arguments))
    assert refusal in found
    assert await api.ids("/sequenceStates") == []


@pytest.mark.parametrize(
    ("permit", "state", "accepted"),
    [
        (None, "finished", False),
        ("disallow", "finished", False),
        ("only_if_inactive", "finished", True),
        ("only_if_inactive", "paused", False),
        ("allow", "active", True),
    ],
)
async def test_the_ruleset_says_whether_a_prospect_may_return(permit: str | None, state: str, accepted: bool) -> None:
    ruleset = record("ruleset", 1, {"permitDuplicateProspects": permit})
    sequence = record("sequence", 3, {"name": "Again"}, ruleset=Identifier("ruleset", 1))
    async with sandbox([*ORGANISATION, ruleset, sequence, enrolled(state, sequence=3)]) as api:
        response = await enrol(api, sequence=3, mailbox=None)
        assert (response.status_code == 201) is accepted
        if not accepted:
            assert problems(response) == [("Prospect has already been in this sequence.", "/data")]


@pytest.mark.parametrize(
    ("mine", "other", "accepted"),
    [
        ("all_sequences", None, False),
        ("exclusive_sequences", None, True),
        ("exclusive_sequences", "exclusive_sequences", False),
        ("none", "exclusive_sequences", True),
    ],
)
async def test_an_exclusive_sequence_shares_no_prospects(mine: str, other: str | None, accepted: bool) -> None:
    records = [
        record("ruleset", 1, {"sequenceExclusivity": mine}),
        record("ruleset", 2, {"sequenceExclusivity": other}),
        record("sequence", 3, {"name": "Mine"}, ruleset=Identifier("ruleset", 1)),
        record("sequence", 4, {"name": "Other"}, ruleset=Identifier("ruleset", 2)),
        enrolled("active", sequence=4),
    ]
    async with sandbox([*ORGANISATION, *records]) as api:
        assert ((await enrol(api, sequence=3, mailbox=None)).status_code == 201) is accepted


@pytest.mark.parametrize(
    ("attributes", "owner", "refusal"),
    [
        ({"locked": True}, 1, "Sequence is locked."),
        ({"shareType": "private"}, 2, "User is not the owner of the sequence."),
    ],
)
async def test_a_locked_or_foreign_private_sequence_takes_nobody(attributes: Any, owner: int, refusal: str) -> None:
    sequence = record("sequence", 3, attributes, owner=Identifier("user", owner))
    async with sandbox([*ORGANISATION, sequence]) as api:
        assert problems(await enrol(api, sequence=3, mailbox=None)) == [(refusal, "/data")]


@pytest.mark.parametrize(
    ("action", "state", "after"),
    [
        ("finish", "active", "finished"),
        ("finish", "pending", "finished"),
        ("finish", "paused", "finished"),
        ("pause", "active", "paused"),
        ("pause", "pending", "paused"),
        ("resume", "paused", "active"),
    ],
)
async def test_an_action_moves_an_enrolment(action: str, state: str, after: str) -> None:
    async with sandbox([*ORGANISATION, enrolled(state, pauseReason="x")]) as api:
        response = await api.send("POST", f"/sequenceStates/1/actions/{action}")
        found = response.json()["data"]
        assert (response.status_code, found["type"], found["id"]) == (200, "sequenceState", 1)
        kept = ("state", "stateChangedAt", "updatedAt", "pauseReason")
        assert [found["attributes"][name] for name in kept] == [after, NOW, NOW, None]


@pytest.mark.parametrize(
    ("action", "state"),
    [("finish", "finished"), ("finish", "opted_out"), ("pause", "paused"), ("pause", "finished"), ("resume", "active")],
)
async def test_an_action_that_the_state_forbids_is_refused(action: str, state: str) -> None:
    async with sandbox([*ORGANISATION, enrolled(state)]) as api:
        (refusal,) = problems(await api.send("POST", f"/sequenceStates/1/actions/{action}"))
        assert refusal[1] == "/data"
        assert (await api.get("/sequenceStates/1"))["data"]["attributes"]["state"] == state


async def test_a_pending_enrolment_may_be_out_of_reach_for_pause() -> None:
    switches = Switches(pending_counts_as_active=False)
    async with sandbox([*ORGANISATION, enrolled("pending")], switches=switches) as api:
        assert (await api.send("POST", "/sequenceStates/1/actions/pause")).status_code == 422


async def test_a_resumed_enrolment_stands_at_its_first_step() -> None:
    async with sandbox([*ORGANISATION, enrolled("paused")]) as api:
        found = (await api.send("POST", "/sequenceStates/1/actions/resume")).json()["data"]
        assert found["relationships"]["sequenceStep"] == to("sequenceStep", 11)
        assert found["attributes"]["activeAt"] == NOW


async def test_an_enrolment_resumed_in_a_disabled_sequence_waits() -> None:
    async with sandbox([*ORGANISATION, enrolled("paused", sequence=2)]) as api:
        found = (await api.send("POST", "/sequenceStates/1/actions/resume")).json()["data"]
        assert found["attributes"]["state"] == "pending"


async def test_an_active_enrolment_shows_the_open_tasks_of_its_step() -> None:
    step = Identifier("sequenceStep", 12)
    here = {"sequenceState": Identifier("sequenceState", 1), "sequenceStep": step, "owner": USER}
    records = [
        record("sequenceState", 1, {"state": "active"}, prospect=ANN, sequence=RENEWAL, sequenceStep=step),
        record("task", 1, {"state": "incomplete"}, **here),
        record("task", 2, {"state": "complete"}, **here),
    ]
    async with sandbox([*ORGANISATION, *records]) as api:
        found = (await api.get("/sequenceStates/1"))["data"]["relationships"]["activeStepTasks"]
        assert found["data"] == [{"type": "task", "id": 1}]
