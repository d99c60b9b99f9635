"""Bulk actions: on which records, doing what, and what became of each."""

from typing import Any

import httpx
import pytest

from outreach_sandbox.access import Access
from outreach_sandbox.bulk.actions import BULK_ACTIONS
from outreach_sandbox.records import Identifier
from outreach_sandbox.switches import Switches
from outreach_tools.catalog import resource_type
from tests.sandbox.service import ACME, ORGANISATION, Api, problems, record, sandbox

SKIP = "?actionParams[skipConfirmation]=true"
PEOPLE = (
    *ORGANISATION,
    record("opportunity", 5, {"name": "Deal"}, account=ACME),
    record(
        "sequenceState", 1, {"state": "active"}, prospect=Identifier("prospect", 1), sequence=Identifier("sequence", 2)
    ),
    record(
        "sequenceState",
        2,
        {"state": "finished"},
        prospect=Identifier("prospect", 1),
        sequence=Identifier("sequence", 1),
    ),
)


async def start(api: Api, name: str, query: str = SKIP, /, **attributes: Any) -> httpx.Response:
    return await api.send("POST", f"/batches/actions/{name}{query}", {"attributes": attributes})


async def done(api: Api, name: str, query: str = SKIP, /, **attributes: Any) -> dict[str, Any]:
    """Start a bulk action and return the attributes of its batch when it is over."""
    response = await start(api, name, query, **attributes)
    assert response.status_code == 200, response.text
    batch: dict[str, Any] = await api.get(f"/batches/{response.json()['data']['id']}")
    return dict(batch["data"]["attributes"])


async def attribute(api: Api, path: str, name: str) -> Any:
    return (await api.get(path))["data"]["attributes"][name]


async def related(api: Api, path: str, name: str) -> Any:
    return (await api.get(path))["data"]["relationships"][name]["data"]


def test_every_bulk_action_of_the_contract_is_there() -> None:
    official = {action.name for action in resource_type("batch").actions.values() if action.collection}
    assert set(BULK_ACTIONS) == official


async def test_a_started_batch_is_pending_until_the_next_request(api: Api) -> None:
    started = (await start(api, "prospectsAddTags", ids=[1], tags=["A"])).json()["data"]
    shown = {name: started["attributes"][name] for name in ("action", "state", "total", "pending", "confirmCount")}
    assert shown == {"action": "prospectsAddTags", "state": "pending", "total": 1, "pending": 1, "confirmCount": 1}
    finished = (await api.get(f"/batches/{started['id']}"))["data"]["attributes"]
    assert {name: finished[name] for name in ("state", "pending", "failures", "summary", "payload")} == {
        "state": "finished",
        "pending": 0,
        "failures": 0,
        "summary": {"succeeded": 1, "failed": 0, "errors": {}},
        "payload": {"ids": [1], "tags": ["A"]},
    }


async def test_a_batch_takes_as_long_as_the_switch_says() -> None:
    async with sandbox(ORGANISATION, switches=Switches(batch_seconds=60)) as api:
        batch = (await start(api, "prospectsAddTags", ids=[1], tags=["A"])).json()["data"]["id"]
        states = [await attribute(api, f"/batches/{batch}", "state")]
        api.clock.forward(seconds=60)
        states.append(await attribute(api, f"/batches/{batch}", "state"))
        assert states == ["pending", "finished"]


async def test_tags_are_added_once_and_removed(api: Api) -> None:
    await done(api, "prospectsAddTags", ids=[1], tags=["A", "B"])
    await done(api, "prospectsAddTags", ids=[1], tags=["B", "C"])
    await done(api, "prospectsRemoveTags", ids=[1], tags=["A", "Z"])
    assert await attribute(api, "/prospects/1", "tags") == ["B", "C"]


async def test_the_singular_name_adds_tags_to_accounts(api: Api) -> None:
    await done(api, "accountAddTags", ids=[1], tags=["A"])
    assert [await attribute(api, f"/accounts/{each}", "tags") for each in (1, 2)] == [["A"], []]


async def test_no_ids_and_no_filter_mean_every_record(api: Api) -> None:
    batch = await done(api, "prospectsAddTags", tags=["A"])
    tagged = [await attribute(api, f"/prospects/{each}", "tags") for each in (1, 2, 3)]
    assert (batch["total"], tagged) == (3, [["A"], ["A"], ["A"]])


@pytest.mark.parametrize(("policy", "total"), [("every", 3), ("none", 0)])
async def test_empty_ids_mean_what_the_switch_says(policy: Any, total: int) -> None:
    async with sandbox(ORGANISATION, switches=Switches(empty_ids=policy)) as api:
        assert (await done(api, "prospectsAddTags", ids=[], tags=["A"]))["total"] == total


@pytest.mark.parametrize(
    ("query", "ids", "tagged"),
    [
        ("&actionParams[filter][id][]=1&actionParams[filter][id][]=3", None, [1, 3]),
        ("&actionParams[filter][id][gte]=2", None, [2, 3]),
        ("&actionParams[filter][firstName][]=Ann", None, [1]),
        ("&actionParams[filter][owner][id][]=2", None, [2]),
        ("&actionParams[filter][id][]=1&actionParams[filter][id][]=2", [2, 3], [2]),
        ("", [3, 2], [2, 3]),
    ],
)
async def test_a_filter_chooses_records_and_narrows_ids(
    api: Api, query: str, ids: list[int] | None, tagged: list[int]
) -> None:
    await done(api, "prospectsAddTags", SKIP + query, **({} if ids is None else {"ids": ids}), tags=["A"])
    assert [each for each in (1, 2, 3) if await attribute(api, f"/prospects/{each}", "tags")] == tagged


async def test_a_filter_that_a_list_does_not_have_is_refused(api: Api) -> None:
    response = await start(api, "prospectsAddTags", f"{SKIP}&actionParams[filter][company][]=X", tags=["A"])
    assert response.json()["errors"][0]["id"] == "filterParameter.unsupported"


async def test_a_batch_waits_to_be_confirmed_with_its_count(api: Api) -> None:
    batch = (await start(api, "prospectsAddTags", "", ids=[1, 2], tags=["A"])).json()["data"]
    waiting = batch["attributes"]
    wrong = await api.send("POST", f"/batches/{batch['id']}/actions/confirm?actionParams[confirmedCount]=1")
    missing = await api.send("POST", f"/batches/{batch['id']}/actions/confirm")
    untouched = await attribute(api, "/prospects/1", "tags")
    right = await api.send("POST", f"/batches/{batch['id']}/actions/confirm?actionParams[confirmedCount]=2")
    assert (waiting["state"], waiting["confirmCount"], waiting["confirmedCountRequired"]) == ("confirming", 2, True)
    assert (wrong.status_code, missing.status_code, untouched, right.status_code) == (422, 422, [], 200)
    assert right.json()["data"]["attributes"]["state"] == "pending"
    assert await attribute(api, "/prospects/2", "tags") == ["A"]


async def test_a_batch_that_is_canceled_does_nothing(api: Api) -> None:
    batch = (await start(api, "prospectsDestroyAll", "", ids=[1])).json()["data"]["id"]
    canceled = (await api.send("POST", f"/batches/{batch}/actions/cancel")).json()["data"]["attributes"]
    items = await api.get("/batchItems", **{"filter[batch][id]": str(batch)})
    assert (canceled["state"], canceled["canceledAt"] is not None) == ("canceled", True)
    assert [each["attributes"]["state"] for each in items["data"]] == ["canceled"]
    assert await api.ids("/prospects") == [1, 2, 3]


@pytest.mark.parametrize("action", ["confirm?actionParams[confirmedCount]=1", "cancel"])
async def test_a_batch_that_is_over_is_neither_confirmed_nor_canceled(api: Api, action: str) -> None:
    batch = (await start(api, "prospectsAddTags", ids=[1], tags=["A"])).json()["data"]["id"]
    assert (await api.send("POST", f"/batches/{batch}/actions/{action}")).status_code == 422


async def test_a_record_that_fails_is_an_item_with_the_reason(api: Api) -> None:
    batch = await done(api, "prospectsAddTags", ids=[1, 77], tags=["A"])
    items = (await api.get("/batchItems", **{"filter[state]": "error"}))["data"]
    reason = "Could not find 'prospect' with ID '77'."
    assert (batch["state"], batch["failures"], batch["summary"]["errors"]) == ("finished", 1, {reason: 1})
    assert [(each["attributes"]["failed"], each["attributes"]["info"]) for each in items] == [(True, reason)]


async def test_prospects_are_added_to_a_sequence_and_the_refused_ones_fail(api: Api) -> None:
    batch = await done(api, "prospectsAddToSequence", ids=[1, 3], sequenceId=1, mailboxId=1, stepOverrides=[])
    states = (await api.get("/sequenceStates"))["data"]
    assert [each["relationships"]["prospect"]["data"]["id"] for each in states] == [1]
    assert batch["summary"]["errors"] == {"Prospect has opted out.": 1}


async def test_a_sequence_that_is_not_active_takes_nobody(api: Api) -> None:
    response = await start(api, "prospectsAddToSequence", ids=[1], sequenceId=2, mailboxId=1)
    assert problems(response) == [("Sequence id is not active.", "/data/attributes/sequenceId")]


async def test_a_batch_whose_sequence_is_switched_off_meanwhile_fails() -> None:
    async with sandbox(ORGANISATION, switches=Switches(batch_seconds=60)) as api:
        batch = (await start(api, "prospectsAddToSequence", ids=[1], sequenceId=1, mailboxId=1)).json()["data"]["id"]
        await api.send("POST", "/sequences/1/actions/deactivate")
        api.clock.forward(seconds=60)
        assert await attribute(api, f"/batches/{batch}", "state") == "failed"


@pytest.mark.parametrize(
    ("name", "attributes", "relationship", "data"),
    [
        ("prospectsAssignOwner", {"ownerId": 2}, "owner", {"type": "user", "id": 2}),
        ("prospectsAssignAccount", {"accountId": "2"}, "account", {"type": "account", "id": 2}),
        ("prospectsAssignOpportunity", {"opportunityId": "5"}, "opportunities", [{"type": "opportunity", "id": 5}]),
        (
            "prospectsAddAssignments",
            {"userIds": ["1", "2"]},
            "assignedUsers",
            [{"type": "user", "id": 1}, {"type": "user", "id": 2}],
        ),
        ("prospectsBulkModify", {"ownerId": 2}, "owner", {"type": "user", "id": 2}),
    ],
)
async def test_prospects_are_assigned(name: str, attributes: dict[str, Any], relationship: str, data: Any) -> None:
    async with sandbox(PEOPLE) as api:
        await done(api, name, ids=[1], **attributes)
        assert await related(api, "/prospects/1", relationship) == data


async def test_assignments_are_removed_one_by_one_or_all(api: Api) -> None:
    await done(api, "accountsAddAssignments", ids=[1, 2], userIds=["1", "2"])
    await done(api, "accountsRemoveAssignments", ids=[1], userIds=["1"])
    await done(api, "accountsRemoveAllAssignments", ids=[2])
    left = [await related(api, f"/accounts/{each}", "assignedUsers") for each in (1, 2)]
    assert left == [[{"type": "user", "id": 2}], []]


@pytest.mark.parametrize("form", [{"title": "CTO"}, {"fieldName": "title", "fieldValue": "CTO"}])
async def test_fields_are_modified_in_both_forms(api: Api, form: dict[str, Any]) -> None:
    await done(api, "prospectsBulkModify", ids=[1, 2], **form)
    assert [await attribute(api, f"/prospects/{each}", "title") for each in (1, 2, 3)] == ["CTO", "CTO", None]


async def test_a_modification_that_breaks_a_rule_fails_for_that_record_only(api: Api) -> None:
    batch = await done(api, "prospectsBulkModify", ids=[1, 2], emails=["ann@acme.example"])
    assert (batch["failures"], await attribute(api, "/prospects/2", "emails")) == (1, ["bob@beta.example"])


async def test_records_are_destroyed_with_their_parts() -> None:
    async with sandbox(PEOPLE) as api:
        await done(api, "prospectsDestroyAll", ids=[1])
        assert (await api.ids("/prospects"), await api.ids("/sequenceStates")) == ([2, 3], [])


@pytest.mark.parametrize(("name", "state"), [("prospectsFinishAll", "finished"), ("prospectsPauseAll", "paused")])
async def test_all_states_of_prospects_are_finished_or_paused(name: str, state: str) -> None:
    async with sandbox(PEOPLE) as api:
        batch = await done(api, name, ids=[1, 2])
        states = [await attribute(api, f"/sequenceStates/{each}", "state") for each in (1, 2)]
        assert (batch["failures"], states) == (0, [state, "finished"])


@pytest.mark.parametrize(
    ("name", "attributes", "problem"),
    [
        ("prospectsAddTags", {}, ("Tags can't be blank.", "tags")),
        ("prospectsAddTags", {"tags": "A"}, ("Tags must be an array of strings.", "tags")),
        ("prospectsAddTags", {"tags": ["A"], "ids": "1"}, ("Ids must be an array of ids.", "ids")),
        ("prospectsAddTags", {"tags": ["A"], "id": 1}, ("Id is not a member of this action.", "id")),
        ("prospectsAssignOwner", {"ownerId": 99}, ("Owner id could not be found.", "ownerId")),
        ("prospectsAddAssignments", {"userIds": [99]}, ("User ids could not be found.", "userIds")),
        ("prospectsBulkModify", {"name": "X"}, ("Name is read-only.", "name")),
        ("prospectsBulkModify", {"colour": "X"}, ("Colour is not an attribute of prospect.", "colour")),
        ("prospectsBulkModify", {"ids": [1]}, ("Nothing is to be modified.", "")),
    ],
)
async def test_a_body_that_makes_no_sense_is_refused_before_anything_is_done(
    api: Api, name: str, attributes: dict[str, Any], problem: tuple[str, str]
) -> None:
    response = await start(api, name, **attributes)
    assert (problems(response), await api.ids("/batches")) == ([(problem[0], f"/data/attributes/{problem[1]}")], [])


async def test_custom_objects_need_their_name_and_are_not_found(api: Api) -> None:
    nameless = await start(api, "customObjectBulkDelete", ids=[1])
    batch = await done(api, "customObjectBulkDelete", f"{SKIP}&actionParams[objectName]=car", ids=[1])
    assert (nameless.status_code, batch["summary"]["errors"]) == (400, {"Could not find 'car' with ID '1'.": 1})


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        (("batches.read", "batches.write", "prospects.write"), 200),
        (("batches.all", "prospects.all"), 200),
        (("batches.write", "prospects.write"), 403),
        (("batches.all", "prospects.read"), 403),
        (("batches.read", "prospects.write"), 403),
    ],
)
async def test_a_bulk_action_needs_the_scopes_of_batches_and_of_the_records(
    scopes: tuple[str, ...], status: int
) -> None:
    async with sandbox(ORGANISATION, tokens={"sandbox": Access(scopes=frozenset(scopes))}) as api:
        assert (await start(api, "prospectsAddTags", ids=[1], tags=["A"])).status_code == status
