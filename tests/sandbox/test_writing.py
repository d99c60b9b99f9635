"""Creating, changing and deleting records, and what is refused."""

from typing import Any

import pytest

from outreach_sandbox.records import Identifier
from tests.sandbox.service import ANN, JSON_API, NOW, ORGANISATION, RENEWAL, Api, problems, record, sandbox, to


async def test_a_created_record_is_answered_with_its_new_id(api: Api) -> None:
    response = await api.create("/stages", "stage", {"name": "Warm", "order": 2})
    assert (response.status_code, response.json()) == (
        201,
        {
            "data": {
                "type": "stage",
                "id": 2,
                "attributes": {"color": None, "createdAt": NOW, "name": "Warm", "order": 2, "updatedAt": NOW},
                "relationships": {
                    "creator": {"data": {"type": "user", "id": 1}},
                    "prospects": {
                        "links": {
                            "related": "https://api.outreach.io/api/v2/prospects?filter%5Bstage%5D%5Bid%5D=2",
                        }
                    },
                    "updater": {"data": {"type": "user", "id": 1}},
                },
                "links": {"self": "https://api.outreach.io/api/v2/stages/2"},
            }
        },
    )


async def test_a_new_id_is_one_more_than_the_highest() -> None:
    async with sandbox([record("stage", 40, {"name": "Cold"})]) as api:
        assert (await api.create("/stages", "stage", {"name": "Warm"})).json()["data"]["id"] == 41


@pytest.mark.parametrize(
    ("path", "type_name", "attributes", "relationships", "defaults"),
    [
        ("/accounts", "account", {"name": "New"}, None, {"externalSource": "outreach-api", "named": True, "tags": []}),
        (
            "/prospects",
            "prospect",
            {"emails": ["new@x.example"]},
            None,
            {
                "externalSource": "outreach-api",
                "optedOut": False,
                "clickCount": 0,
                "openCount": 0,
                "replyCount": 0,
                "engagedScore": 0,
                "name": "new@x.example",
                "contactHistogram": [[0, 0]] * 12,
            },
        ),
        (
            "/sequences",
            "sequence",
            {"name": "New"},
            None,
            {
                "enabled": False,
                "shareType": "shared",
                "sequenceType": "interval",
                "scheduleIntervalType": "calendar",
                "maxActivations": 150,
                "primaryReplyAction": "finish",
                "secondaryReplyAction": "finish",
            },
        ),
        (
            "/tasks",
            "task",
            {"action": "call"},
            {"subject": to("prospect", 1), "owner": to("user", 1)},
            {"state": "incomplete", "taskType": "manual", "dueAt": NOW, "completed": False, "completedAt": None},
        ),
        (
            "/mailings",
            "mailing",
            {"bodyHtml": "<p>Hi &amp; bye</p>"},
            {"mailbox": to("mailbox", 1)},
            {
                "state": "drafted",
                "mailingType": "single",
                "bodyText": "Hi & bye",
                "mailboxAddress": "uma@us.example",
                "stateChangedAt": NOW,
            },
        ),
    ],
)
async def test_a_new_record_has_the_recorded_defaults(
    api: Api, path: str, type_name: str, attributes: Any, relationships: Any, defaults: dict[str, Any]
) -> None:
    response = await api.create(path, type_name, attributes, relationships)
    assert response.status_code == 201, response.text
    found = response.json()["data"]["attributes"]
    assert {name: found[name] for name in defaults} == defaults


async def test_a_new_task_has_normal_priority_and_mirrors_its_subject(api: Api) -> None:
    links = {"subject": to("prospect", 1), "owner": to("user", 2)}
    created = (await api.create("/tasks", "task", {"action": "email"}, links)).json()["data"]["relationships"]
    assert {name: created[name] for name in ("taskPriority", "prospect", "account", "prospectAccount", "owner")} == {
        "taskPriority": to("taskPriority", 3),
        "prospect": to("prospect", 1),
        "account": {"data": None},
        "prospectAccount": to("account", 1),
        "owner": to("user", 2),
    }


async def test_a_new_sequence_gets_the_first_ruleset() -> None:
    async with sandbox([record("ruleset", 4, {"name": "Default"}), record("ruleset", 5)]) as api:
        created = (await api.create("/sequences", "sequence", {"name": "New"})).json()["data"]["relationships"]
        assert (created["ruleset"], created["owner"]) == (to("ruleset", 4), {"data": None})


async def test_an_update_changes_what_it_names_and_nothing_else(api: Api) -> None:
    before = (await api.get("/prospects/1"))["data"]
    response = await api.update("/prospects/1", "prospect", {"title": "CTO"})
    changed = {**before["attributes"], "title": "CTO", "updatedAt": NOW}
    links = {**before["relationships"], "updater": to("user", 1)}
    assert (response.status_code, response.json()) == (
        200,
        {"data": {**before, "attributes": changed, "relationships": links}},
    )


async def test_null_clears_an_attribute_and_a_relationship(api: Api) -> None:
    response = await api.update("/prospects/1", "prospect", {"title": None}, {"account": {"data": None}})
    found = response.json()["data"]
    assert (found["attributes"]["title"], found["relationships"]["account"]) == (None, {"data": None})


async def test_a_to_many_relationship_is_replaced(api: Api) -> None:
    members = {"assignedUsers": {"data": [{"type": "user", "id": 2}, {"type": "user", "id": 1}]}}
    await api.update("/prospects/1", "prospect", relationships=members)
    await api.update("/prospects/1", "prospect", relationships={"assignedUsers": {"data": [{"type": "user", "id": 2}]}})
    found = (await api.get("/prospects/1"))["data"]["relationships"]["assignedUsers"]
    assert (found["data"], found["meta"]) == ([{"type": "user", "id": 2}], {"count": 1})


async def test_both_sides_of_a_membership_are_one() -> None:
    async with sandbox([*ORGANISATION, record("team", 1, {"name": "East"})]) as api:
        await api.update("/users/2", "user", relationships={"teams": {"data": [{"type": "team", "id": 1}]}})
        found = await api.get("/teams/1")
        assert found["data"]["relationships"]["users"]["data"] == [{"type": "user", "id": 2}]


async def test_members_that_hold_the_link_themselves_are_moved() -> None:
    loose = record("sequenceStep", 30, {"stepType": "call", "order": 5})
    async with sandbox([*ORGANISATION, loose]) as api:
        steps = {"sequenceSteps": {"data": [{"type": "sequenceStep", "id": each} for each in (11, 12, 30)]}}
        await api.update("/sequences/1", "sequence", relationships=steps)
        assert await api.ids("/sequenceSteps", **{"filter[sequence][id]": "1"}) == [11, 12, 30]


@pytest.mark.parametrize(
    ("steps", "detail"),
    [
        ((11,), "Sequence steps cannot leave out any: delete it instead."),
        ((11, 12, 21), "Sequence steps cannot be taken from elsewhere."),
    ],
)
async def test_a_step_is_of_one_sequence_from_both_sides(api: Api, steps: tuple[int, ...], detail: str) -> None:
    members = {"sequenceSteps": {"data": [{"type": "sequenceStep", "id": each} for each in steps]}}
    refused = await api.update("/sequences/1", "sequence", relationships=members)
    moved = await api.update("/sequenceSteps/11", "sequenceStep", relationships={"sequence": to("sequence", 2)})
    assert problems(refused) == [(detail, "/data/relationships/sequenceSteps")]
    assert problems(moved) == [("Sequence cannot be changed.", "/data/relationships/sequence")]
    assert await api.ids("/sequenceSteps", **{"filter[sequence][id]": "1"}) == [11, 12]


async def test_a_deleted_record_is_gone_with_an_empty_answer(api: Api) -> None:
    response = await api.send("DELETE", "/stages/1")
    assert (response.status_code, response.content) == (204, b"")
    assert (await api.http.get("/stages/1")).status_code == 404


async def test_nothing_points_to_a_deleted_record(api: Api) -> None:
    await api.send("DELETE", "/accounts/1")
    assert (await api.get("/prospects/1"))["data"]["relationships"]["account"] == {"data": None}


async def test_a_deleted_prospect_takes_its_tasks_and_enrolments_along() -> None:
    records = [
        record("task", 1, {"state": "incomplete"}, subject=ANN),
        record("task", 2, {"state": "incomplete"}, subject=Identifier("account", 1)),
        record("sequenceState", 1, {"state": "active"}, prospect=ANN, sequence=RENEWAL),
        record("emailAddress", 1, {"email": "ann@acme.example"}, prospect=ANN),
    ]
    async with sandbox([*ORGANISATION, *records]) as api:
        await api.send("DELETE", "/prospects/1")
        assert await api.ids("/tasks") == [2]
        assert await api.ids("/sequenceStates") == [] == await api.ids("/emailAddresses")


async def test_a_deleted_sequence_takes_its_steps_along(api: Api) -> None:
    await api.send("DELETE", "/sequences/1")
    assert await api.ids("/sequenceSteps") == [21]


async def test_both_spellings_of_an_outcome_are_accepted_and_one_is_answered(api: Api) -> None:
    answered = await api.create("/callDispositions", "callDisposition", {"name": "A", "outcome": "Answered"})
    recorded = await api.create("/callDispositions", "callDisposition", {"name": "B", "outcome": "no_answer"})
    assert [each.json()["data"]["attributes"]["outcome"] for each in (answered, recorded)] == ["completed", "no_answer"]


@pytest.mark.parametrize(
    ("attributes", "detail", "pointer"),
    [
        ({"name": " "}, "Name can't be blank.", "/data/attributes/name"),
        ({"name": None}, "Name can't be blank.", "/data/attributes/name"),
        ({"name": "A", "colour": "x"}, "Colour is not an attribute of sequence.", "/data/attributes/colour"),
        ({"name": "A", "enabled": True}, "Enabled is read-only.", "/data/attributes/enabled"),
        ({"name": 5}, "Name must be a string.", "/data/attributes/name"),
        (
            {"name": "A", "maxActivations": "5"},
            "Max activations must be an integer.",
            "/data/attributes/maxActivations",
        ),
        (
            {"name": "A", "maxActivations": True},
            "Max activations must be an integer.",
            "/data/attributes/maxActivations",
        ),
        (
            {"name": "A", "maxActivations": 2**63},
            "Max activations must be an integer.",
            "/data/attributes/maxActivations",
        ),
        ({"name": "A", "transactional": 1}, "Transactional must be a boolean.", "/data/attributes/transactional"),
        ({"name": "A", "tags": "x"}, "Tags must be an array.", "/data/attributes/tags"),
        ({"name": "A", "tags": [1]}, "Tags has a member of the wrong kind.", "/data/attributes/tags"),
        ({"name": "A", "shareType": "open"}, "Share type is not included in the list.", "/data/attributes/shareType"),
    ],
)
async def test_an_attribute_that_is_not_valid_is_refused(
    api: Api, attributes: dict[str, Any], detail: str, pointer: str
) -> None:
    assert problems(await api.create("/sequences", "sequence", attributes)) == [(detail, pointer)]
    assert await api.ids("/sequences") == [1, 2]


@pytest.mark.parametrize(
    ("path", "type_name", "attributes", "pointer"),
    [
        ("/calls", "call", {"direction": "outwards"}, "direction"),
        ("/calls", "call", {"userCallType": "outbound"}, "userCallType"),
        ("/calls", "call", {"sequenceAction": "advance"}, "sequenceAction"),
        ("/calls", "call", {"outcome": "connected"}, "outcome"),
        ("/calls", "call", {"dialedAt": "yesterday"}, "dialedAt"),
        ("/prospects", "prospect", {"emails": ["nonsense"]}, "emails"),
        ("/prospects", "prospect", {"dateOfBirth": "1.1.1990"}, "dateOfBirth"),
        ("/prospects", "prospect", {"name": "Ann"}, "name"),
        ("/prospects", "prospect", {"email": "a@b.example"}, "email"),
    ],
)
async def test_a_value_that_is_not_allowed_is_pointed_at(
    api: Api, path: str, type_name: str, attributes: dict[str, Any], pointer: str
) -> None:
    found = problems(await api.create(path, type_name, attributes))
    assert [each for _, each in found] == [f"/data/attributes/{pointer}"]


@pytest.mark.parametrize(
    ("relationships", "detail"),
    [
        ({"owner": to("user", 99)}, "Owner could not be found."),
        ({"owner": to("account", 1)}, "Owner must be of type user."),
        ({"owner": {"data": {"type": "user", "id": "1"}}}, "Owner must have an integer id."),
        ({"owner": {"data": [1]}}, "Owner must be an object with 'type' and 'id'."),
        ({"owner": {"type": "user", "id": 1}}, "Owner must be an object with 'data'."),
        ({"creator": to("user", 1)}, "Creator is read-only."),
        ({"tasks": {"data": []}}, "Tasks is read-only."),
        ({"boss": to("user", 1)}, "Boss is not a relationship of prospect."),
        ({"assignedUsers": to("user", 1)}, "Assigned users must be an array of identifiers."),
        ({"assignedUsers": {"data": [{"type": "user", "id": 99}]}}, "Assigned users could not be found."),
    ],
)
async def test_a_relationship_that_is_not_valid_is_refused(api: Api, relationships: Any, detail: str) -> None:
    found = problems(await api.create("/prospects", "prospect", {"firstName": "A"}, relationships))
    assert found == [(detail, f"/data/relationships/{next(iter(relationships))}")]


@pytest.mark.parametrize(
    ("path", "type_name", "missing"),
    [
        ("/tasks", "task", ["attributes/action", "relationships/subject", "relationships/owner"]),
        ("/sequenceStates", "sequenceState", ["relationships/prospect", "relationships/sequence"]),
        (
            "/opportunityProspectRoles",
            "opportunityProspectRole",
            ["relationships/opportunity", "relationships/prospect"],
        ),
        ("/mailings", "mailing", ["relationships/mailbox"]),
        ("/accounts", "account", ["attributes/name"]),
    ],
)
async def test_everything_missing_is_named_at_once(api: Api, path: str, type_name: str, missing: list[str]) -> None:
    found = problems(await api.create(path, type_name, {}))
    assert [pointer for _, pointer in found] == [f"/data/{each}" for each in missing]


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"type": "account", "id": 1}, "/data/type"),
        ({"type": "stage", "id": 2}, "/data/id"),
        ({"type": "stage", "id": "1"}, "/data/id"),
        ({"type": "stage"}, "/data/id"),
        ({"type": "stage", "id": 1, "attributes": []}, "/data/attributes"),
        ({"type": "stage", "id": 1, "name": "Warm"}, "/data/name"),
    ],
)
async def test_an_update_names_the_record_in_the_path(api: Api, data: dict[str, Any], pointer: str) -> None:
    assert [each for _, each in problems(await api.send("PATCH", "/stages/1", data))] == [pointer]


async def test_a_new_record_brings_no_id(api: Api) -> None:
    response = await api.send("POST", "/stages", {"type": "stage", "id": 7, "attributes": {"name": "Warm"}})
    assert [pointer for _, pointer in problems(response)] == ["/data/id"]


async def test_a_text_that_is_too_long_is_refused_without_saying_which(api: Api) -> None:
    response = await api.update("/prospects/1", "prospect", {"firstName": "x" * 256})
    assert (response.status_code, response.json()["errors"][0]["id"]) == (422, "validationDataTooLongError")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"data": []}', b'{"data": {"attributes": {"name": "\\ud800"}}}'])
async def test_a_body_that_is_no_document_is_refused(api: Api, body: bytes) -> None:
    response = await api.http.post("/stages", content=body, headers={"Content-Type": JSON_API})
    assert (response.status_code, response.json()["errors"][0]["id"]) == (400, "invalidDocument")


async def test_opting_out_stamps_its_time_and_opting_in_clears_it(api: Api) -> None:
    out = (await api.update("/prospects/1", "prospect", {"optedOut": True})).json()["data"]["attributes"]
    back = (await api.update("/prospects/1", "prospect", {"optedOut": False})).json()["data"]["attributes"]
    assert (out["optedOutAt"], back["optedOutAt"]) == (NOW, None)


async def test_a_mailing_takes_its_text_from_its_template() -> None:
    template = record("template", 1, {"subject": "Hello", "bodyHtml": "<b>Hi</b>"})
    async with sandbox([*ORGANISATION, template]) as api:
        links = {"mailbox": to("mailbox", 1), "template": to("template", 1)}
        found = (await api.create("/mailings", "mailing", {"subject": "Mine"}, links)).json()["data"]["attributes"]
        assert (found["subject"], found["bodyHtml"], found["bodyText"]) == ("Mine", "<b>Hi</b>", "Hi")


async def test_a_mailing_that_has_left_cannot_be_changed() -> None:
    async with sandbox([*ORGANISATION, record("mailing", 1, {"state": "delivered"})]) as api:
        assert problems(await api.update("/mailings/1", "mailing", {"subject": "Late"})) == [
            ("Mailing cannot be changed while it is delivered.", "/data")
        ]


async def test_changes_of_sequences_are_audited(api: Api) -> None:
    await api.update("/sequences/1", "sequence", {"name": "Renewals"})
    await api.update("/stages/1", "stage", {"name": "Warm"})
    (row,) = (await api.get("/auditLogs"))["data"]
    kept = ("eventName", "action", "result", "timestamp", "agent", "changes")
    assert {name: row["attributes"][name] for name in kept} == {
        "eventName": "sequence_updated",
        "action": "update",
        "result": "completed",
        "timestamp": NOW,
        "agent": {"type": "user", "id": 1, "name": "Uma Stone", "email": "uma@us.example", "ipAddress": "127.0.0.1"},
        "changes": [{"field": "name", "type": "update"}],
    }


async def test_a_refused_write_changes_nothing(api: Api) -> None:
    before = await api.get("/prospects")
    await api.update("/prospects/1", "prospect", {"emails": ["bob@beta.example"], "title": "X"})
    assert await api.get("/prospects") == before
