"""A rule holds on every route that reaches what it is about."""

from typing import Any

import pytest

from outreach_sandbox.access import Access
from outreach_sandbox.errors import humanized
from outreach_sandbox.records import Identifier
from outreach_sandbox.switches import Switches
from outreach_tools.catalog import resource_types
from tests.sandbox.service import (
    ACME,
    ANN,
    BOB,
    MAILBOX,
    NOW,
    ORGANISATION,
    OTHER_USER,
    RENEWAL,
    USER,
    Api,
    outcome,
    problems,
    record,
    sandbox,
    to,
    upsert,
)


@pytest.mark.parametrize(
    ("given", "amount", "precise"),
    [
        ({"amount": 70}, 70, "70.00"),
        ({"amountPrecise": "70.49"}, 70, "70.49"),
        ({"amountPrecise": "70.5"}, 71, "70.5"),
        ({"amount": 71, "amountPrecise": "70.50"}, 71, "70.50"),
        ({"amount": None}, None, None),
        ({"amountPrecise": None}, None, None),
        ({"name": "Other"}, 5, "5.00"),
        ({"amount": 70, "amountPrecise": "5.00"}, 70, "70.00"),
    ],
)
async def test_the_two_forms_of_an_amount_stay_together(given: dict[str, Any], amount: Any, precise: Any) -> None:
    async with sandbox(
        [*ORGANISATION, record("opportunity", 1, {"name": "A", "amount": 5, "amountPrecise": "5.00"})]
    ) as api:
        await api.update("/opportunities/1", "opportunity", given)
        found = (await api.get("/opportunities/1"))["data"]["attributes"]
        assert (found["amount"], found["amountPrecise"]) == (amount, precise)
        created = await api.create("/opportunities", "opportunity", {"name": "B", "amount": 7})
        assert created.json()["data"]["attributes"]["amountPrecise"] == "7.00"


@pytest.mark.parametrize("precise", ["999999999999.49", "999999999999.5", "999999999999999"])
async def test_a_precise_amount_is_in_the_range_of_the_amount(api: Api, precise: str) -> None:
    new = (await api.create("/opportunities", "opportunity", {"name": "B", "amount": 7})).json()["data"]["id"]
    fits = precise.endswith(".49")
    detail = "Amount precise must be between 0 and 999999999999."
    pointer = "/data/attributes/amountPrecise"
    answers = [
        await api.create("/opportunities", "opportunity", {"name": "C", "amountPrecise": precise}),
        await api.update(f"/opportunities/{new}", "opportunity", {"amountPrecise": precise}),
    ]
    for answer in answers:
        assert answer.is_success if fits else problems(answer) == [(detail, pointer)]
    given = {"type": "opportunity", "id": new, "attributes": {"amountPrecise": precise}}
    assert await upsert(api, given) == ("" if fits else detail)
    found = (await api.get(f"/opportunities/{new}"))["data"]["attributes"]["amount"]
    assert found == (999_999_999_999 if fits else 7)


async def test_amounts_that_differ_are_refused(api: Api) -> None:
    response = await api.create("/opportunities", "opportunity", {"name": "B", "amount": 7, "amountPrecise": "8.00"})
    assert problems(response) == [("Amount must be amount precise, rounded.", "/data/attributes/amount")]


@pytest.mark.parametrize(("share", "owned"), [("private", True), ("private", False), ("read_only", True)])
@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("POST", "/sequences/3/actions/activate", None),
        ("POST", "/sequences/3/actions/lock", None),
        ("PATCH", "/sequences/3", {"type": "sequence", "id": 3, "attributes": {"shareType": "shared"}}),
        ("DELETE", "/sequences/3", None),
        ("PATCH", "/sequenceSteps/31", {"type": "sequenceStep", "id": 31, "attributes": {"interval": 60}}),
        (
            "POST",
            "/sequenceSteps",
            {
                "type": "sequenceStep",
                "attributes": {"stepType": "call"},
                "relationships": {"sequence": to("sequence", 3)},
            },
        ),
        ("POST", "/sequenceTemplates/1/actions/deactivate", None),
        ("DELETE", "/sequenceTemplates/1", None),
    ],
)
async def test_what_another_keeps_is_not_changed(share: str, owned: bool, method: str, path: str, data: Any) -> None:
    """Without an owner it is its maker's; an administrator may."""
    holder = {"owner" if owned else "creator": USER}
    records = [
        record("sequence", 3, {"name": "Mine", "enabled": False, "locked": False, "shareType": share}, **holder),
        record("sequenceStep", 31, {"stepType": "call", "order": 1}, sequence=Identifier("sequence", 3)),
        record("sequenceTemplate", 1, {"enabled": True}, sequenceStep=Identifier("sequenceStep", 31)),
        record("profile", 1, {"name": "Admin", "isAdmin": True}),
        record("user", 4, {"firstName": "Ada"}, profile=Identifier("profile", 1)),
    ]
    statuses: list[int] = []
    for user in (2, 1, 4):
        async with sandbox([*ORGANISATION, *records], tokens={"sandbox": Access(user=user)}) as api:
            before = api.store.rows("SELECT * FROM sequence") + api.store.rows("SELECT * FROM sequenceStep")
            statuses.append((await api.send(method, path, data)).status_code)
            after = api.store.rows("SELECT * FROM sequence") + api.store.rows("SELECT * FROM sequenceStep")
            assert user != 2 or before == after
    assert statuses[0] == 403
    assert set(statuses[1:]) <= {200, 201, 204}


async def test_a_sequence_without_steps_is_not_activated(api: Api) -> None:
    new = (await api.create("/sequences", "sequence", {"name": "Empty"})).json()["data"]["id"]
    assert problems(await api.send("POST", f"/sequences/{new}/actions/activate")) == [
        ("Sequence has no steps.", "/data")
    ]


@pytest.mark.parametrize(
    ("path", "type_name", "attributes", "links"),
    [
        ("/accounts", "account", {"name": "New"}, {}),
        ("/prospects", "prospect", {}, {}),
        ("/opportunities", "opportunity", {"name": "New"}, {}),
        ("/tasks", "task", {"action": "call"}, {"subject": to("prospect", 1)}),
        ("/sequences", "sequence", {"name": "New"}, {}),
        ("/templates", "template", {"name": "New"}, {}),
    ],
)
async def test_nothing_is_given_to_a_locked_user(
    api: Api, path: str, type_name: str, attributes: Any, links: Any
) -> None:
    refused = [("Owner is locked.", "/data/relationships/owner")]
    locked = {**links, "owner": to("user", 3)}
    assert problems(await api.create(path, type_name, attributes, locked)) == refused
    new = (await api.create(path, type_name, attributes, {**links, "owner": to("user", 1)})).json()["data"]["id"]
    assert problems(await api.update(f"{path}/{new}", type_name, relationships={"owner": to("user", 3)})) == refused
    if type_name in {"account", "prospect"}:
        for name in ("AssignOwner", "BulkModify"):
            action = f"/batches/actions/{type_name}s{name}?actionParams[skipConfirmation]=true"
            given = await api.send("POST", action, {"attributes": {"ids": [new], "ownerId": 3}})
            said = problems(given)[0][0] if given.status_code == 422 else await outcome(api, given)
            assert said in {"Owner id is locked.", "Owner is locked."}
    assert (await api.get(f"{path}/{new}"))["data"]["relationships"]["owner"] == to("user", 1)


async def test_what_a_locked_user_has_may_be_kept() -> None:
    locked = record("account", 9, {"name": "Old"}, owner=Identifier("user", 3))
    async with sandbox([*ORGANISATION, locked]) as api:
        kept = await api.update("/accounts/9", "account", {"name": "Older"}, {"owner": to("user", 3)})
        assert kept.status_code == 200


async def test_a_logged_call_has_a_time_and_touches_whom_it_was_about(api: Api) -> None:
    links = {"prospect": to("prospect", 1)}
    call = (await api.create("/calls", "call", {"outcome": "completed", "direction": "outbound"}, links)).json()["data"]
    assert (call["attributes"]["dialedAt"], call["attributes"]["state"]) == (NOW, "completed")
    for path in ("/prospects/1", "/accounts/1"):
        assert (await api.get(path))["data"]["attributes"]["touchedAt"] == NOW
    early = {"answeredAt": "2026-03-01T10:00:00Z", "completedAt": "2026-03-01T10:05:00Z"}
    dated = (await api.create("/calls", "call", early, links)).json()["data"]["attributes"]
    assert dated["dialedAt"] == "2026-03-01T10:00:00.000Z"
    assert (await api.get("/prospects/1"))["data"]["attributes"]["touchedAt"] == NOW
    cleared = (await api.update(f"/calls/{call['id']}", "call", {"dialedAt": None})).json()["data"]["attributes"]
    assert cleared["dialedAt"] == NOW


async def test_the_times_of_a_call_are_in_order(api: Api) -> None:
    given = {"dialedAt": NOW, "answeredAt": "2026-03-01T10:00:00Z"}
    response = await api.create("/calls", "call", given, {"prospect": to("prospect", 1)})
    assert problems(response) == [("Answered at must not be before dialed at.", "/data/attributes/answeredAt")]


async def test_a_call_about_nobody_is_refused_unless_the_switch_says_otherwise(api: Api) -> None:
    assert problems(await api.create("/calls", "call", {"direction": "outbound"})) == [
        ("Prospect can't be blank.", "/data/relationships/prospect")
    ]
    assert "Prospect can't be blank." in await upsert(api, {"type": "call", "attributes": {"direction": "outbound"}})
    assert await api.ids("/calls") == []
    async with sandbox(ORGANISATION, switches=Switches(calls_about_nobody="take")) as lax:
        assert (await lax.create("/calls", "call", {"direction": "outbound"})).status_code == 201


async def patch_call(api: Api, links: Any) -> str:
    response = await api.update("/calls/1", "call", relationships=links)
    return "" if response.status_code == 200 else problems(response)[0][0]


async def upsert_call(api: Api, links: Any) -> str:
    return await upsert(api, {"type": "call", "id": 1, "relationships": links})


NOTHING: dict[str, Any] = {"data": None}


@pytest.mark.parametrize("route", [patch_call, upsert_call])
@pytest.mark.parametrize(
    ("before", "links", "detail"),
    [
        ({"prospect": ANN}, {"prospect": NOTHING}, "Prospect can't be blank."),
        ({"prospect": ANN}, {"prospect": NOTHING, "task": NOTHING}, "Prospect can't be blank."),
        ({"task": Identifier("task", 1)}, {"task": NOTHING}, "Prospect can't be blank."),
        ({"prospect": ANN}, {"user": NOTHING}, "User can't be blank."),
        ({"prospect": ANN}, {"prospect": NOTHING, "task": to("task", 1)}, ""),
        ({"task": Identifier("task", 1)}, {"task": NOTHING, "prospect": to("prospect", 2)}, ""),
        ({}, {"prospect": NOTHING, "callPurpose": NOTHING}, ""),
    ],
)
async def test_a_call_does_not_become_one_about_nobody_or_of_nobody(
    route: Any, before: dict[str, Identifier], links: Any, detail: str
) -> None:
    """One whose prospect has been deleted since may still be changed."""
    task = record("task", 1, {"state": "incomplete"}, subject=ACME, owner=USER)
    call = record("call", 1, {"dialedAt": NOW}, user=USER, **before)
    async with sandbox([*ORGANISATION, task, call]) as api:
        kept = (await api.get("/calls/1"))["data"]["relationships"]
        assert await route(api, links) == detail
        found = (await api.get("/calls/1"))["data"]["relationships"]
        assert found == ({**kept, **links} if not detail else kept)


@pytest.mark.parametrize(
    ("path", "type_name", "given", "links", "name", "value"),
    [
        ("/calls", "call", {}, {"prospect": to("prospect", 1), "user": NOTHING}, "user", to("user", 1)),
        ("/webhooks", "webhook", {"url": "https://x.example"}, {"authorizer": NOTHING}, "authorizer", to("user", 1)),
        ("/mailings", "mailing", {"state": None}, {"mailbox": to("mailbox", 1)}, "state", "drafted"),
        (
            "/tasks",
            "task",
            {"action": "call", "dueAt": None},
            {"subject": to("prospect", 1), "owner": to("user", 1)},
            "dueAt",
            NOW,
        ),
    ],
)
async def test_what_a_new_record_gets_by_itself_it_gets_for_null_too_and_keeps(
    api: Api, path: str, type_name: str, given: Any, links: Any, name: str, value: Any
) -> None:
    response = await api.create(path, type_name, given, links)
    assert response.status_code == 201, response.text
    document = response.json()["data"]
    assert {**document["attributes"], **document["relationships"]}[name] == value
    member = "attributes" if name in document["attributes"] else "relationships"
    null = None if member == "attributes" else NOTHING
    detail = f"{humanized(name)} can't be blank."
    refused = await api.update(f"{path}/1", type_name, **{member: {name: null}})
    assert problems(refused) == [(detail, f"/data/{member}/{name}")]
    if "update" in resource_types()[type_name].operations and type_name != "mailing":
        assert await upsert(api, {"type": type_name, "id": 1, member: {name: null}}) == detail


async def test_a_call_for_a_task_is_about_the_tasks_prospect() -> None:
    async with sandbox([*ORGANISATION, record("task", 1, {"state": "incomplete"}, subject=ANN, owner=USER)]) as api:
        call = (await api.create("/calls", "call", {}, {"task": to("task", 1)})).json()["data"]["relationships"]
        assert call["prospect"] == to("prospect", 1)


@pytest.mark.parametrize(
    ("disabled", "user", "links", "detail"),
    [
        (True, 1, {"prospect": ANN}, "Mailbox is not connected for sending."),
        (False, 3, {"prospect": ANN}, "User is locked."),
        (False, 1, {}, "Mailing has no recipient with an email address."),
        (False, 1, {"prospect": Identifier("prospect", 9)}, "Mailing has no recipient with an email address."),
        (False, 1, {"prospect": BOB}, "Mailing goes to an excluded email address."),
    ],
)
async def test_mail_that_cannot_go_is_not_scheduled(disabled: bool, user: int, links: Any, detail: str) -> None:
    box = Identifier("mailbox", 5)
    records = [
        record("mailbox", 5, {"sendDisabled": disabled}, user=Identifier("user", user)),
        record("prospect", 9, {"firstName": "Mute", "emails": []}),
        record("orgSetting", 1, {"sendExclusions": "bob@beta.example"}),
        record("mailing", 1, {"state": "drafted"}, mailbox=box, **links),
        record("task", 1, {"state": "incomplete"}, subject=ANN, mailing=Identifier("mailing", 1)),
    ]
    async with sandbox([*ORGANISATION, *records]) as api:
        new = {"mailbox": to("mailbox", 5), **{name: to("prospect", target.id) for name, target in links.items()}}
        tries = [
            await api.create("/mailings", "mailing", {"state": "scheduled"}, new),
            await api.update("/mailings/1", "mailing", {"state": "scheduled"}),
            await api.send("POST", "/tasks/1/actions/deliver"),
        ]
        assert [problems(each)[0][0] for each in tries] == [detail] * 3
        assert (await api.get("/mailings/1"))["data"]["attributes"]["state"] == "drafted"


@pytest.mark.parametrize(
    ("path", "type_name", "attributes", "detail"),
    [
        ("/products", "product", {"name": "B", "code": "p-1"}, "Code has already been taken."),
        ("/users", "user", {"firstName": "B", "email": "UMA@us.example"}, "Email has already been taken."),
    ],
)
async def test_what_is_unique_is_taken_once(path: str, type_name: str, attributes: Any, detail: str) -> None:
    async with sandbox([*ORGANISATION, record("product", 1, {"name": "A", "code": "P-1"})]) as api:
        assert problems(await api.create(path, type_name, attributes))[0][0] == detail


async def test_a_users_address_cannot_be_updated(api: Api) -> None:
    response = await api.update("/users/1", "user", {"email": "other@us.example"})
    assert problems(response) == [("Email cannot be updated.", "/data/attributes/email")]
    assert (await api.update("/users/1", "user", {"email": "uma@us.example"})).status_code == 200


async def test_a_webhook_watches_a_pair_that_exists(api: Api) -> None:
    given = {"url": "https://x.example", "resource": "mailing", "action": "finished"}
    response = await api.create("/webhooks", "webhook", given)
    assert problems(response) == [("Action is not included in the list.", "/data/attributes/action")]
    assert (await api.create("/webhooks", "webhook", {**given, "action": "bounced"})).status_code == 201


@pytest.mark.parametrize("action", ["finish", "DELETE"])
async def test_what_waits_goes_with_its_enrolment(action: str) -> None:
    state = Identifier("sequenceState", 1)
    here = {"sequence": RENEWAL, "sequenceState": state, "sequenceStep": Identifier("sequenceStep", 11)}
    records = [
        record("sequenceState", 1, {"state": "active", "scheduleCount": 1}, prospect=ANN, sequence=RENEWAL),
        record("task", 1, {"state": "incomplete"}, subject=ANN, **here),
        record("task", 2, {"state": "complete"}, subject=ANN, **here),
        record("mailing", 1, {"state": "scheduled"}, prospect=ANN, mailbox=MAILBOX, **here),
        record("mailing", 2, {"state": "delivered"}, prospect=ANN, mailbox=MAILBOX, **here),
    ]
    counted = [each for each in ORGANISATION if (each.type, each.id) != ("sequence", 1)]
    sequence = record("sequence", 1, {"name": "Renewal", "enabled": True, "scheduleCount": 1}, owner=USER)
    async with sandbox([*counted, sequence, *records]) as api:
        if action == "DELETE":
            await api.send("DELETE", "/sequenceStates/1")
        else:
            await api.send("POST", f"/sequenceStates/1/actions/{action}")
        assert (await api.ids("/tasks"), await api.ids("/mailings")) == ([2], [2])
        assert (await api.get("/sequences/1"))["data"]["attributes"]["scheduleCount"] == 0


async def test_what_cannot_be_without_the_deleted_goes_with_it() -> None:
    records = [
        record("template", 1, {"name": "T"}),
        record(
            "sequenceTemplate", 1, {}, template=Identifier("template", 1), sequenceStep=Identifier("sequenceStep", 11)
        ),
        record("favorite", 1, {}, target=ACME, user=USER),
        record("favorite", 2, {}, target=RENEWAL, user=USER),
        record("mailing", 1, {"state": "drafted"}, prospect=ANN, mailbox=MAILBOX),
        record("mailing", 2, {"state": "delivered"}, prospect=ANN, mailbox=MAILBOX),
    ]
    async with sandbox([*ORGANISATION, *records]) as api:
        for path in ("/templates/1", "/accounts/1", "/prospects/1"):
            assert (await api.send("DELETE", path)).status_code == 204
        left = [await api.ids(path) for path in ("/sequenceTemplates", "/favorites", "/mailings")]
        assert left == [[], [2], [2]]


async def test_what_a_deleted_mailbox_was_to_send_fails() -> None:
    records = [
        record("sequenceState", 1, {"state": "active"}, prospect=ANN, sequence=RENEWAL, mailbox=MAILBOX),
        record("sequenceState", 2, {"state": "finished"}, prospect=BOB, sequence=RENEWAL, mailbox=MAILBOX),
        record("mailing", 1, {"state": "scheduled"}, prospect=ANN, mailbox=MAILBOX),
        record("mailing", 2, {"state": "delivered"}, prospect=ANN, mailbox=MAILBOX),
    ]
    async with sandbox([*ORGANISATION, *records]) as api:
        await api.send("DELETE", "/mailboxes/1")
        states = [each["attributes"]["state"] for each in (await api.get("/sequenceStates", sort="id"))["data"]]
        mailings = (await api.get("/mailings", sort="id"))["data"]
        assert (states, [each["attributes"]["state"] for each in mailings]) == (
            ["failed", "finished"],
            ["failed", "delivered"],
        )
        assert {each["attributes"]["mailboxAddress"] for each in mailings} == {"uma@us.example"}


async def test_a_private_sequence_enrols_its_makers_prospects_only() -> None:
    private = record("sequence", 3, {"shareType": "private", "enabled": True}, creator=OTHER_USER)
    async with sandbox([*ORGANISATION, private]) as api:
        links = {"prospect": to("prospect", 1), "sequence": to("sequence", 3)}
        response = await api.create("/sequenceStates", "sequenceState", relationships=links)
        assert problems(response) == [("User is not the owner of the sequence.", "/data")]
