"""The activity of the demo organisation fits together: sequence states, mailings, calls, tasks, opportunities."""

from collections import Counter

import pytest

from outreach_sandbox.records import Identifier
from tests.sandbox.organisations import FRIDAY, SEVERAL, Organisation, identifiers, make

SEQUENCE_STATES = {"active", "pending", "finished", "paused", "failed", "bounced", "opted_out"}
MAILING_STATES = {"bounced", "delivered", "drafted", "failed", "opened", "replied", "scheduled"}


@pytest.fixture(params=SEVERAL, ids=str)
def organisation(request: pytest.FixtureRequest) -> Organisation:
    number, today = request.param
    return make(number, today)


def test_the_records_of_a_sequence_state_share_prospect_and_sequence(organisation: Organisation) -> None:
    wrong = [
        (record.type, record.id)
        for type_name in ("mailing", "task", "call")
        for record in organisation.all(type_name)
        if record.relationships.get("sequenceState")
        for state in [organisation.to(record, "sequenceState")]
        for step in [organisation.to(record, "sequenceStep")]
        if record.relationships["prospect"] != state.relationships["prospect"]
        or record.relationships["sequence"] != state.relationships["sequence"]
        or step.relationships["sequence"] != state.relationships["sequence"]
    ]
    assert wrong == []


def test_a_sequence_state_stands_at_a_step_of_its_sequence(organisation: Organisation) -> None:
    wrong = [
        state.id
        for state in organisation.all("sequenceState")
        if (state.attributes["state"] == "pending") != (state.relationships["sequenceStep"] is None)
        or (
            state.relationships["sequenceStep"]
            and organisation.to(state, "sequenceStep").relationships["sequence"] != state.relationships["sequence"]
        )
    ]
    assert wrong == []


def test_an_active_state_waits_for_a_mailing_or_a_task_of_its_step(organisation: Organisation) -> None:
    waiting = {
        (record.relationships["sequenceState"], record.relationships["sequenceStep"])
        for type_name in ("mailing", "task")
        for record in organisation.all(type_name)
        if record.attributes["state"] in ("drafted", "scheduled", "incomplete") and record.relationships.get("sequence")
    }
    standing = {
        (Identifier("sequenceState", state.id), state.relationships["sequenceStep"])
        for state in organisation.all("sequenceState")
        if state.attributes["state"] == "active"
    }
    assert waiting == standing


def test_every_state_of_a_sequence_state_occurs(organisation: Organisation) -> None:
    states = {state.attributes["state"] for state in organisation.all("sequenceState")}
    assert states == SEQUENCE_STATES


def test_every_state_of_a_mailing_occurs(organisation: Organisation) -> None:
    states = {mailing.attributes["state"] for mailing in organisation.all("mailing")}
    assert states == MAILING_STATES


def test_a_state_that_was_replied_to_is_finished(organisation: Organisation) -> None:
    replied = [state for state in organisation.all("sequenceState") if state.attributes["repliedAt"]]
    assert {state.attributes["state"] for state in replied} == {"finished"}


def test_a_mailings_times_agree_with_its_state(organisation: Organisation) -> None:
    expected = {
        "drafted": set[str](),
        "scheduled": set[str](),
        "failed": set[str](),
        "bounced": {"bouncedAt"},
        "delivered": {"deliveredAt"},
        "opened": {"deliveredAt", "openedAt"},
        "replied": {"deliveredAt", "openedAt", "repliedAt"},
    }
    times = {"bouncedAt", "deliveredAt", "openedAt", "repliedAt"}
    wrong = [
        mailing.id
        for mailing in organisation.all("mailing")
        if {name for name in times if mailing.attributes.get(name)} != expected[mailing.attributes["state"]]
    ]
    assert wrong == []


def test_no_template_variable_is_left_in_a_mailing(organisation: Organisation) -> None:
    left = [m.id for m in organisation.all("mailing") if "{{" in m.attributes["subject"] + m.attributes["bodyHtml"]]
    assert left == []


@pytest.mark.parametrize("type_name", ["sequence", "sequenceStep", "sequenceState", "template"])
@pytest.mark.parametrize(
    ("counter", "moment"),
    [
        ("deliverCount", "deliveredAt"),
        ("openCount", "openedAt"),
        ("clickCount", "clickedAt"),
        ("replyCount", "repliedAt"),
        ("bounceCount", "bouncedAt"),
        ("optOutCount", "unsubscribedAt"),
    ],
)
def test_counters_are_those_of_the_mailings(
    organisation: Organisation, type_name: str, counter: str, moment: str
) -> None:
    counts = Counter(
        identifiers(mailing.relationships[type_name])[0].id
        for mailing in organisation.all("mailing")
        if mailing.attributes.get(moment) and mailing.relationships.get(type_name)
    )
    said = {record.id: record.attributes.get(counter, 0) for record in organisation.all(type_name)}
    assert {number: count for number, count in said.items() if count} == dict(counts)


def test_nobody_is_in_two_sequences_at_once(organisation: Organisation) -> None:
    running = Counter(
        state.relationships["prospect"]
        for state in organisation.all("sequenceState")
        if state.attributes["state"] in ("active", "pending", "paused")
    )
    assert [prospect for prospect, times in running.items() if times > 1] == []


def test_nobody_is_in_the_same_sequence_twice(organisation: Organisation) -> None:
    pairs = Counter(
        (state.relationships["prospect"], state.relationships["sequence"])
        for state in organisation.all("sequenceState")
    )
    assert [pair for pair, times in pairs.items() if times > 1] == []


def test_who_opted_out_is_in_no_running_sequence(organisation: Organisation) -> None:
    running = [
        state for state in organisation.all("sequenceState") if state.attributes["state"] in ("active", "paused")
    ]
    assert [s.id for s in running if organisation.to(s, "prospect").attributes["optedOut"]] == []


def test_a_sequence_state_uses_the_mailbox_of_its_user(organisation: Organisation) -> None:
    wrong = [
        state.id
        for state in organisation.all("sequenceState")
        if organisation.to(state, "mailbox").relationships["user"] != state.relationships["user"]
        or organisation.to(state, "prospect").relationships["owner"] != state.relationships["user"]
    ]
    assert wrong == []


def test_a_complete_task_says_who_completed_it_and_when(organisation: Organisation) -> None:
    wrong = [
        task.id
        for task in organisation.all("task")
        if {task.attributes["state"] == "complete"}
        != {task.attributes["completed"], bool(task.attributes["completedAt"]), bool(task.relationships["completer"])}
    ]
    assert wrong == []


def test_a_task_mirrors_its_subject(organisation: Organisation) -> None:
    wrong = [
        task.id
        for task in organisation.all("task")
        for subject in identifiers(task.relationships["subject"])
        if task.relationships.get(subject.type) != subject
    ]
    assert wrong == []


def test_a_call_reached_a_number_of_its_prospect(organisation: Organisation) -> None:
    wrong = [
        call.id
        for call in organisation.all("call")
        for number in [organisation.to(call, "phoneNumber")]
        if number.relationships["prospect"] != call.relationships["prospect"]
        or number.attributes["number"] != call.attributes["to"]
    ]
    assert wrong == []


def test_a_calls_outcome_is_that_of_its_disposition(organisation: Organisation) -> None:
    wrong = [
        call.id
        for call in organisation.all("call")
        if organisation.to(call, "callDisposition").attributes["outcome"] != call.attributes["outcome"]
    ]
    assert wrong == []


def test_opportunities_stand_in_every_stage(organisation: Organisation) -> None:
    stages = {organisation.to(deal, "opportunityStage").attributes["name"] for deal in organisation.all("opportunity")}
    assert stages == {stage.attributes["name"] for stage in organisation.all("opportunityStage")}


def test_who_has_a_role_in_an_opportunity_works_at_its_account(organisation: Organisation) -> None:
    wrong = [
        role.id
        for role in organisation.all("opportunityProspectRole")
        if organisation.to(role, "prospect").relationships["account"]
        != organisation.to(role, "opportunity").relationships["account"]
    ]
    assert wrong == []


def test_every_opportunity_has_one_primary_prospect_among_its_roles(organisation: Organisation) -> None:
    primary = {
        role.relationships["opportunity"]: role.relationships["prospect"]
        for role in organisation.all("opportunityProspectRole")
        if role.attributes["primary"]
    }
    said = {
        Identifier("opportunity", d.id): d.relationships["primaryProspect"] for d in organisation.all("opportunity")
    }
    assert primary == said


@pytest.mark.parametrize("number", [2, 3])
def test_every_organisation_but_the_first_tries_two_templates_in_two_steps(number: int) -> None:
    organisation = make(number, FRIDAY)
    templates = Counter(organisation.to(each, "sequenceStep").id for each in organisation.all("sequenceTemplate"))
    tried = {step for step, count in templates.items() if count > 1}
    sent = Counter(
        (step, organisation.to(mailing, "template").id)
        for mailing in organisation.all("mailing")
        if mailing.relationships.get("sequenceStep")
        for step in [organisation.to(mailing, "sequenceStep").id]
        if step in tried
    )
    assert len(tried) == 2
    assert len(sent) == 4
    assert min(sent.values()) > 3
    for connection in organisation.all("sequenceTemplate"):
        assert (
            connection.attributes["deliverCount"] == organisation.to(connection, "template").attributes["deliverCount"]
        )


@pytest.mark.parametrize("number", [2, 3])
def test_every_organisation_but_the_first_has_opportunities_that_are_stuck(number: int) -> None:
    organisation = make(number, FRIDAY)
    under_way = [
        deal.attributes
        for deal in organisation.all("opportunity")
        if not organisation.to(deal, "opportunityStage").attributes["isClosed"]
    ]
    assert {each["currencyType"] for each in under_way} == {"EUR", "GBP", "USD"}
    assert any(each["closeDate"] < organisation.midnight for each in under_way)
    assert any(each["nextStep"] is None for each in under_way)
    assert any(each["amount"] is None for each in under_way)


def test_the_first_organisation_has_neither() -> None:
    first = make(1, FRIDAY)
    assert len({first.to(each, "sequenceStep").id for each in first.all("sequenceTemplate")}) == len(
        first.all("sequenceTemplate")
    )
    assert {each.attributes["currencyType"] for each in first.all("opportunity")} == {"USD"}
