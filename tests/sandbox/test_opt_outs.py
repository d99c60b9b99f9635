"""Opting out: what says so agrees, and no mail goes out, whichever way it is asked for."""

from typing import Any

import httpx
import pytest

from outreach_mcp.sandbox.records import Identifier, Record
from outreach_mcp.sandbox.switches import Switches
from tests.sandbox.service import ANN, MAILBOX, NOW, ORGANISATION, RENEWAL, Api, problems, record, sandbox, to

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
