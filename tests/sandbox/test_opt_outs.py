"""Opting out: what says so agrees, and no mail goes out, whichever way it is asked for."""

from typing import Any

import httpx
import pytest

from outreach_sandbox.records import Identifier, Record
from outreach_sandbox.switches import Switches
from tests.sandbox.service import (
    ANN,
    BOB,
    MAILBOX,
    NOW,
    ORGANISATION,
    RENEWAL,
    Api,
    outcome,
    problems,
    record,
    sandbox,
    to,
)

EMAIL_MEMBERS = ("optedOut", "optedOutAt", "emailOptedOut", "emailsOptStatus", "emailsOptedAt", "emailsOptedOutAt")
CALL_MEMBERS = ("callOptedOut", "callsOptStatus", "callsOptedAt", "callsOptedOutAt")
OUT = (True, NOW, True, "opted_out", NOW, NOW)
IN = (False, None, False, None, None, None)
NO_CALLS = (True, "opted_out", NOW, NOW)
CALLS = (False, None, None, None)
REFUSED = [("Prospect has opted out.", "/data")]
OPTED_OUT = Identifier("prospect", 3)


async def members(api: Api, prospect: int, names: tuple[str, ...]) -> tuple[Any, ...]:
    found = (await api.get(f"/prospects/{prospect}"))["data"]["attributes"]
    # A record that the tests put there says nothing where one of the API's says false.
    return tuple(bool(found[name]) if name.endswith("ptedOut") else found[name] for name in names)


async def upserted(api: Api, each: dict[str, Any]) -> str:
    """Import one record over the one that is there and return why that was refused."""
    given = {"dupeMethod": "overwrite", "records": [each]}
    return await outcome(api, await api.send("POST", "/imports/actions/bulkUpsert", {"attributes": given}))


async def modify(api: Api, attributes: dict[str, Any]) -> httpx.Response:
    """Change prospect 1 in a batch."""
    path = "/batches/actions/prospectsBulkModify?actionParams[skipConfirmation]=true"
    return await api.send("POST", path, {"type": "batch", "attributes": {"ids": [1], **attributes}})


async def upsert(api: Api, attributes: dict[str, Any]) -> httpx.Response:
    """Change prospect 1 in an import."""
    records = [{"type": "prospect", "id": 1, "attributes": attributes}]
    given = {"dupeMethod": "overwrite", "records": records}
    return await api.send("POST", "/imports/actions/bulkUpsert", {"type": "import", "attributes": given})


async def change(api: Api, attributes: dict[str, Any]) -> httpx.Response:
    """Change prospect 1 by itself."""
    return await api.update("/prospects/1", "prospect", attributes)


@pytest.mark.parametrize("route", [change, modify, upsert])
@pytest.mark.parametrize(
    ("given", "emails", "calls"),
    [
        ({"optedOut": True}, OUT, CALLS),
        ({"emailOptedOut": True}, OUT, CALLS),
        ({"emailsOptStatus": "opted_out"}, OUT, CALLS),
        ({"emailsOptStatus": "opted_in"}, (False, None, False, "opted_in", NOW, None), CALLS),
        ({"callOptedOut": True}, IN, NO_CALLS),
        ({"callsOptStatus": "opted_out"}, IN, NO_CALLS),
        ({"optedOut": True, "callOptedOut": True}, OUT, NO_CALLS),
    ],
)
async def test_what_says_that_somebody_opted_out_agrees(
    api: Api, route: Any, given: dict[str, Any], emails: tuple[Any, ...], calls: tuple[Any, ...]
) -> None:
    assert (await route(api, given)).status_code == 200
    assert (await members(api, 1, EMAIL_MEMBERS), await members(api, 1, CALL_MEMBERS)) == (emails, calls)


@pytest.mark.parametrize("back", [{"optedOut": False}, {"emailOptedOut": False}, {"emailsOptStatus": None}])
async def test_opting_in_again_clears_all_that_said_otherwise(api: Api, back: dict[str, Any]) -> None:
    await api.update("/prospects/1", "prospect", {"optedOut": True})
    await api.update("/prospects/1", "prospect", back)
    assert await members(api, 1, EMAIL_MEMBERS) == IN


async def test_a_new_prospect_may_have_opted_out(api: Api) -> None:
    new = (await api.create("/prospects", "prospect", {"emailsOptStatus": "opted_out"})).json()["data"]["id"]
    assert await members(api, new, EMAIL_MEMBERS) == OUT


async def test_where_opting_out_is_not_granular_it_is_general() -> None:
    async with sandbox(ORGANISATION, switches=Switches(granular_opt_out=False)) as api:
        await api.update("/prospects/1", "prospect", {"callOptedOut": True})
        assert (await members(api, 1, EMAIL_MEMBERS), await members(api, 1, CALL_MEMBERS)) == (OUT, NO_CALLS)


async def test_what_contradicts_itself_is_refused(api: Api) -> None:
    given = {"optedOut": True, "emailsOptStatus": "opted_in"}
    detail = "Opted out, Emails opt status contradict each other."
    assert problems(await change(api, given)) == [(detail, "/data/attributes/optedOut")]


def under_way() -> list[Record]:
    """Ann in a sequence that mails, with a task and mail that wait, and mail of her own that is to be sent."""
    state = Identifier("sequenceState", 1)
    here = {"sequence": RENEWAL, "sequenceState": state, "sequenceStep": Identifier("sequenceStep", 11)}
    mail = {"prospect": ANN, "mailbox": MAILBOX}
    return [
        record("sequenceState", 1, {"state": "active"}, prospect=ANN, sequence=RENEWAL, mailbox=MAILBOX),
        record("task", 1, {"state": "incomplete", "action": "email"}, subject=ANN, **here),
        record("mailing", 1, {"state": "scheduled"}, **mail, **here),
        record("mailing", 2, {"state": "delivered", "deliveredAt": NOW}, **mail, **here),
        record("mailing", 3, {"state": "scheduled"}, **mail),
        record("mailing", 4, {"state": "drafted"}, **mail),
    ]


@pytest.mark.parametrize("route", [change, modify, upsert])
async def test_opting_out_ends_what_is_under_way(route: Any) -> None:
    async with sandbox([*ORGANISATION, *under_way()]) as api:
        await route(api, {"optedOut": True})
        mailings = {each["id"]: each["attributes"]["state"] for each in (await api.get("/mailings"))["data"]}
        state = (await api.get("/sequenceStates/1"))["data"]["attributes"]["state"]
        assert (state, mailings, await api.ids("/tasks")) == (
            "opted_out",
            {2: "delivered", 3: "failed", 4: "drafted"},
            [],
        )
        reason = (await api.get("/mailings/3"))["data"]["attributes"]["errorReason"]
        assert reason == "Prospect has opted out."


async def test_opting_out_of_calls_leaves_mail_alone() -> None:
    async with sandbox([*ORGANISATION, *under_way()]) as api:
        await change(api, {"callOptedOut": True})
        assert (await api.get("/sequenceStates/1"))["data"]["attributes"]["state"] == "active"


@pytest.mark.parametrize("state", ["scheduled", "queued"])
@pytest.mark.parametrize(
    "links",
    [
        {"prospect": to("prospect", 3)},
        {"recipients": {"data": [{"type": "recipient", "id": 1}]}},
        {"recipients": {"data": [{"type": "recipient", "id": 2}]}},
    ],
)
async def test_no_new_mail_goes_to_somebody_who_opted_out(links: Any, state: str) -> None:
    recipients = [
        record("recipient", 1, {"value": "other@x.example"}, prospect=OPTED_OUT),
        record("recipient", 2, {"value": "CID@x.example"}),
    ]
    async with sandbox([*ORGANISATION, *recipients]) as api:
        given = {"mailbox": to("mailbox", 1), **links}
        assert problems(await api.create("/mailings", "mailing", {"state": state}, given)) == REFUSED
        assert await api.ids("/mailings") == []


async def test_mail_that_waits_is_not_sent_to_somebody_who_opted_out() -> None:
    waits = [
        record("mailing", 1, {"state": "drafted"}, prospect=OPTED_OUT, mailbox=MAILBOX),
        record("mailing", 2, {"state": "scheduled"}, prospect=ANN, mailbox=MAILBOX),
        record("task", 1, {"state": "incomplete"}, subject=OPTED_OUT, mailing=Identifier("mailing", 1)),
    ]
    async with sandbox([*ORGANISATION, *waits]) as api:
        assert problems(await api.update("/mailings/1", "mailing", {"state": "scheduled"})) == REFUSED
        moved = await api.update("/mailings/2", "mailing", relationships={"prospect": to("prospect", 3)})
        assert problems(moved) == REFUSED
        assert problems(await api.send("POST", "/tasks/1/actions/deliver")) == REFUSED
        assert (await api.get("/mailings/1"))["data"]["attributes"]["state"] == "drafted"


async def test_a_draft_to_somebody_who_opted_out_is_only_a_draft(api: Api) -> None:
    links = {"mailbox": to("mailbox", 1), "prospect": to("prospect", 3)}
    assert (await api.create("/mailings", "mailing", {"subject": "Later"}, links)).status_code == 201


@pytest.mark.parametrize(
    ("opted", "sequence", "accepted"),
    [
        ({"emailsOptStatus": "opted_out"}, 1, False),
        ({"callsOptStatus": "opted_out"}, 1, True),
        ({"callsOptStatus": "opted_out"}, 2, False),
    ],
)
async def test_nobody_who_opted_out_is_enrolled_or_resumed(
    opted: dict[str, Any], sequence: int, accepted: bool
) -> None:
    links = {"prospect": ANN, "sequence": Identifier("sequence", sequence), "mailbox": MAILBOX}
    paused = record("sequenceState", 1, {"state": "paused"}, **links)
    new = {name: to(name, target.id) for name, target in links.items()}
    async with sandbox(ORGANISATION) as api:
        await change(api, opted)
        enrolled = await api.create("/sequenceStates", "sequenceState", relationships=new)
        assert (enrolled.status_code == 201) is accepted
    async with sandbox([*ORGANISATION, paused]) as api:
        api.store.update("prospect", 1, dict(opted))
        resumed = await api.send("POST", "/sequenceStates/1/actions/resume")
        assert (resumed.status_code == 200) is accepted


async def test_a_transactional_sequence_takes_and_mails_everybody() -> None:
    sequence = record("sequence", 3, {"name": "Invoices", "transactional": True, "enabled": True})
    step = record("sequenceStep", 31, {"stepType": "auto_email", "order": 1}, sequence=Identifier("sequence", 3))
    mail = record(
        "mailing", 1, {"state": "drafted"}, prospect=OPTED_OUT, mailbox=MAILBOX, sequence=Identifier("sequence", 3)
    )
    async with sandbox([*ORGANISATION, sequence, step, mail]) as api:
        links = {"prospect": to("prospect", 3), "sequence": to("sequence", 3), "mailbox": to("mailbox", 1)}
        assert (await api.create("/sequenceStates", "sequenceState", relationships=links)).status_code == 201
        assert (await api.update("/mailings/1", "mailing", {"state": "scheduled"})).status_code == 200


def waiting() -> list[Record]:
    """Mail to Ann that is to be sent, to a free recipient; Bob has not opted out, Cid has."""
    return [
        record("recipient", 1, {"value": "free@x.example"}),
        Record(
            "mailing",
            1,
            {"state": "scheduled", "scheduledAt": NOW},
            {"prospect": ANN, "mailbox": MAILBOX, "recipients": (Identifier("recipient", 1),)},
        ),
    ]


async def refusal(api: Api, path: str, type_name: str, *, by_import: bool, **given: Any) -> str:
    """Change record 1 by itself, or in an import, and return why that was refused."""
    if by_import:
        return await upserted(api, {"type": type_name, "id": 1, **given})
    response = await api.update(path, type_name, **given)
    return "" if response.status_code == 200 else problems(response)[0][0]


@pytest.mark.parametrize("by_import", [False, True])
@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({"attributes": {"value": "CID@x.example"}}, "Prospect has opted out."),
        ({"relationships": {"prospect": to("prospect", 3)}}, "Prospect has opted out."),
        ({"attributes": {"value": "other@x.example"}}, ""),
        ({"relationships": {"prospect": to("prospect", 2)}}, ""),
    ],
)
async def test_a_recipient_of_mail_that_waits_does_not_become_somebody_who_opted_out(
    by_import: bool, given: dict[str, Any], detail: str
) -> None:
    async with sandbox([*ORGANISATION, *waiting()]) as api:
        before = api.store.rows("SELECT * FROM recipient")
        assert await refusal(api, "/recipients/1", "recipient", by_import=by_import, **given) == detail
        assert (api.store.rows("SELECT * FROM recipient") == before) is bool(detail)
        await api.update("/mailings/1", "mailing", {"state": "drafted"})
        assert await refusal(api, "/recipients/1", "recipient", by_import=by_import, **given) == ""
        again = await api.update("/mailings/1", "mailing", {"state": "scheduled"})
        assert again.status_code == (422 if detail else 200)


async def by_change(api: Api) -> httpx.Response:
    return await api.update("/prospects/2", "prospect", {"emailOptedOut": True})


async def by_batch(api: Api) -> httpx.Response:
    path = "/batches/actions/prospectsBulkModify?actionParams[skipConfirmation]=true"
    return await api.send("POST", path, {"type": "batch", "attributes": {"ids": [2], "optedOut": True}})


async def by_upsert(api: Api) -> httpx.Response:
    records = [{"type": "prospect", "id": 2, "attributes": {"emailsOptStatus": "opted_out"}}]
    given = {"dupeMethod": "missing", "records": records}
    return await api.send("POST", "/imports/actions/bulkUpsert", {"type": "import", "attributes": given})


@pytest.mark.parametrize("route", [by_change, by_batch, by_upsert])
@pytest.mark.parametrize(
    "recipient",
    [
        record("recipient", 1, {"value": "x@x.example"}, prospect=BOB),
        record("recipient", 1, {"value": "BOB@beta.example"}),
    ],
)
async def test_opting_out_stops_mail_of_which_one_is_a_recipient(route: Any, recipient: Record) -> None:
    async with sandbox([*ORGANISATION, recipient, waiting()[1]]) as api:
        assert (await route(api)).status_code == 200
        mailing = (await api.get("/mailings/1"))["data"]["attributes"]
        assert (mailing["state"], mailing["errorReason"]) == ("failed", "Prospect has opted out.")


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("PATCH", "/prospects/3", {"type": "prospect", "id": 3, "attributes": {"emails": ["free@x.example"]}}),
        (
            "POST",
            "/prospects",
            {"type": "prospect", "attributes": {"emails": ["FREE@x.example"], "optedOut": True}},
        ),
        (
            "POST",
            "/emailAddresses",
            {
                "type": "emailAddress",
                "attributes": {"email": "free@x.example"},
                "relationships": {"prospect": to("prospect", 3)},
            },
        ),
        (
            "PATCH",
            "/emailAddresses/7",
            {"type": "emailAddress", "id": 7, "relationships": {"prospect": to("prospect", 3)}},
        ),
        (
            "PATCH",
            "/prospects/3",
            {
                "type": "prospect",
                "id": 3,
                "relationships": {"emailAddresses": {"data": [{"type": "emailAddress", "id": 7}]}},
            },
        ),
    ],
)
async def test_mail_stops_when_its_address_becomes_that_of_somebody_who_opted_out(
    method: str, path: str, data: dict[str, Any]
) -> None:
    loose = [record("emailAddress", 7, {"email": "free@x.example"})] if "7" in str(data) else []
    async with sandbox([*ORGANISATION, *waiting(), *loose]) as api:
        assert (await api.send(method, path, data)).is_success
        assert (await api.get("/mailings/1"))["data"]["attributes"]["state"] == "failed"


@pytest.mark.parametrize("given", [{"scheduledAt": NOW}, {"state": "queued"}])
async def test_mail_to_somebody_who_opted_out_is_not_put_off_but_refused(given: dict[str, Any]) -> None:
    async with sandbox([*ORGANISATION, *waiting()]) as api:
        api.store.update("recipient", 1, {"prospect.id": 3})  # as a file from before may hold it
        assert problems(await api.update("/mailings/1", "mailing", given)) == REFUSED


@pytest.mark.parametrize("by_step", [False, True])
async def test_a_sequence_that_begins_to_be_held_to_opt_outs_stops_for_those_who_have(by_step: bool) -> None:
    sequence = Identifier("sequence", 2 if by_step else 3)
    links = {"prospect": OPTED_OUT, "sequence": sequence}
    records = [
        record("sequence", 3, {"name": "Invoices", "transactional": True, "enabled": True}),
        record("sequenceStep", 31, {"stepType": "auto_email", "order": 1}, sequence=Identifier("sequence", 3)),
        record("sequenceState", 1, {"state": "active"}, mailbox=MAILBOX, **links),
        record("mailing", 1, {"state": "scheduled"}, mailbox=MAILBOX, **links),
    ]
    async with sandbox([*ORGANISATION, *records]) as api:
        if by_step:
            given = {"stepType": "auto_email"}
            await api.create("/sequenceSteps", "sequenceStep", given, {"sequence": to("sequence", 2)})
        else:
            await api.update("/sequences/3", "sequence", {"transactional": False})
        assert (await api.get("/sequenceStates/1"))["data"]["attributes"]["state"] == "opted_out"
        assert (await api.get("/mailings/1"))["data"]["attributes"]["state"] == "failed"
