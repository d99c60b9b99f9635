"""The demo organisation holds what people look for: the first user's day, and the documents' sample inputs."""

from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from outreach_sandbox.records import Identifier
from tests.sandbox.organisations import SEVERAL, Organisation, make


@pytest.fixture(params=SEVERAL, ids=str)
def organisation(request: pytest.FixtureRequest) -> Organisation:
    number, today = request.param
    return make(number, today)


def test_only_one_user_is_locked_and_everybody_has_a_mailbox(organisation: Organisation) -> None:
    locked = [user.id for user in organisation.all("user") if user.attributes["locked"]]
    owners = {organisation.to(mailbox, "user").id for mailbox in organisation.all("mailbox")}
    assert (len(locked), owners) == (1, {user.id for user in organisation.all("user")})


def test_one_sequence_is_switched_off_and_one_is_archived(organisation: Organisation) -> None:
    kinds = Counter((s.attributes["enabled"], s.attributes["locked"]) for s in organisation.all("sequence"))
    assert kinds == {(True, False): 8, (False, False): 1, (False, True): 1}


def test_every_sequence_has_three_to_six_steps_in_order(organisation: Organisation) -> None:
    orders: defaultdict[int, list[int]] = defaultdict(list)
    for step in organisation.all("sequenceStep"):
        orders[organisation.to(step, "sequence").id].append(step.attributes["order"])
    assert all(3 <= len(found) <= 6 and found == list(range(1, len(found) + 1)) for found in orders.values())


def first_users_tasks(organisation: Organisation) -> list[str]:
    first = min(organisation.all("user"), key=lambda user: user.id)
    return [
        task.attributes["dueAt"]
        for task in organisation.all("task")
        if task.attributes["state"] == "incomplete" and organisation.to(task, "owner") is first
    ]


def test_the_first_user_has_overdue_tasks(organisation: Organisation) -> None:
    assert [due for due in first_users_tasks(organisation) if due < organisation.midnight]


def test_the_first_user_has_tasks_due_today(organisation: Organisation) -> None:
    assert [due for due in first_users_tasks(organisation) if due.startswith(organisation.today.isoformat())]


def test_the_first_user_has_tasks_due_within_the_week(organisation: Organisation) -> None:
    tomorrow = (organisation.today + timedelta(days=1)).isoformat()
    in_a_week = (organisation.today + timedelta(days=8)).isoformat()
    assert [due for due in first_users_tasks(organisation) if tomorrow <= due < in_a_week]


def test_the_first_user_owns_prospects_and_runs_sequences(organisation: Organisation) -> None:
    first = Identifier("user", min(user.id for user in organisation.all("user")))
    mine = [p for p in organisation.all("prospect") if p.relationships["owner"] == first]
    running = [
        state
        for state in organisation.all("sequenceState")
        if state.relationships["user"] == first and state.attributes["state"] == "active"
    ]
    assert (len(mine) > 20, len(running) > 2) == (True, True)


def test_somebody_replied_in_the_last_seven_days(organisation: Organisation) -> None:
    since = (organisation.today - timedelta(days=7)).isoformat()
    assert [m for m in organisation.all("mailing") if (m.attributes.get("repliedAt") or "") >= since]


@pytest.mark.parametrize(
    ("type_name", "record_id"),
    [
        ("mailing", 12345),
        ("sequence", 123),
        ("sequence", 789),
        ("sequence", 123456),
        ("mailbox", 123),
        ("mailbox", 789),
        ("prospect", 456),
        ("stage", 123),
        ("callDisposition", 123),
        ("callPurpose", 123),
        ("opportunityProspectRole", 12345),
    ],
)
def test_what_the_connector_documents_samples_name_exists(
    organisation: Organisation, type_name: str, record_id: int
) -> None:
    assert Identifier(type_name, record_id) in organisation.records


@pytest.mark.parametrize("sequence_id", [123, 789, 123456])
def test_the_samples_can_enrol_in_these_sequences(organisation: Organisation, sequence_id: int) -> None:
    sequence = organisation.get("sequence", sequence_id)
    exclusivity = organisation.to(sequence, "ruleset").attributes["sequenceExclusivity"]
    assert (sequence.attributes["enabled"], sequence.attributes["locked"], exclusivity) == (True, False, "none")


def test_the_samples_can_enrol_prospect_456(organisation: Organisation) -> None:
    prospect = organisation.get("prospect", 456)
    states = [s for s in organisation.all("sequenceState") if organisation.to(s, "prospect") is prospect]
    opted_out = prospect.attributes["optedOut"] or prospect.attributes["emailOptedOut"]
    assert (states, opted_out, len(prospect.attributes["emails"])) == ([], False, 1)


@pytest.mark.parametrize("mailbox_id", [123, 789])
def test_the_samples_can_send_from_a_mailbox_of_the_prospects_owner(
    organisation: Organisation, mailbox_id: int
) -> None:
    user = organisation.to(organisation.get("mailbox", mailbox_id), "user")
    owner = organisation.to(organisation.get("prospect", 456), "owner")
    assert (user, user.attributes["locked"]) == (owner, False)


@pytest.mark.parametrize(
    ("type_name", "attribute", "value", "least"),
    [
        ("callPurpose", "name", "Follow-up", 1),
        ("opportunityStage", "name", "Qualified", 1),
        ("sequence", "name", "Welcome Sequence", 1),
        ("mailbox", "emailProvider", "Gmail", 2),
        ("account", "name", "Acme Inc", 1),
        ("prospect", "company", "Acme Inc", 2),
        ("prospect", "emails", ["jane.smith@company.com"], 1),
    ],
)
def test_what_the_samples_look_for_is_found(
    organisation: Organisation, type_name: str, attribute: str, value: object, least: int
) -> None:
    assert len([r for r in organisation.all(type_name) if r.attributes[attribute] == value]) >= least


@pytest.mark.parametrize(
    ("type_name", "name"),
    [("stage", "Qualified Lead"), ("callDisposition", "Follow-up Required"), ("callPurpose", "Follow-up Call")],
)
def test_the_names_that_the_samples_give_are_free(organisation: Organisation, type_name: str, name: str) -> None:
    assert [record for record in organisation.all(type_name) if record.attributes["name"] == name] == []
