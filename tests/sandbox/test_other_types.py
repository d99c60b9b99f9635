"""Mailbox actions, voice imports, duties of one's own, and what may be asked beside a record."""

from typing import Any

import pytest

from outreach_sandbox.access import Access
from outreach_sandbox.ids import shown_id
from outreach_sandbox.switches import Switches
from outreach_tools.catalog import resource_type
from tests.sandbox.service import NOW, ORGANISATION, Api, problems, record, sandbox


@pytest.mark.parametrize(
    ("action", "disabled", "stamps"),
    [
        ("testSend", {}, {"sendSuccessAt"}),
        ("testSend", {"sendDisabled": True}, {"sendErroredAt"}),
        ("testSync", {}, {"syncSuccessAt", "syncFinishedAt"}),
        ("testSync", {"syncDisabled": True}, {"syncErroredAt"}),
    ],
)
async def test_testing_a_mailbox_stamps_its_outcome(action: str, disabled: dict[str, Any], stamps: set[str]) -> None:
    async with sandbox([*ORGANISATION, record("mailbox", 5, disabled)]) as api:
        answer = (await api.send("POST", f"/mailboxes/5/actions/{action}")).json()["data"]["attributes"]
        stamped = {name for name, value in answer.items() if value == NOW and name.startswith(("send", "sync"))}
        assert stamped == stamps


async def test_a_mailbox_is_linked_to_exchange_and_unlinked_with_empty_answers(api: Api) -> None:
    answers = [
        await api.send("POST", f"/mailboxes/1/actions/{name}EwsMasterAccount")
        for name in ("unlink", "link", "link", "unlink")
    ]
    assert [response.status_code for response in answers] == [422, 200, 422, 200]
    assert (answers[1].json(), answers[3].json()) == ({}, {})


async def test_a_voice_import_names_its_call_and_gets_an_identifier() -> None:
    async with sandbox([*ORGANISATION, record("call", 8, {"direction": "outbound"})]) as api:
        given = {"callId": "8", "recordingUrl": "https://x.example/8.mp3"}
        created = (await api.create("/kaiaVoiceImports", "kaiaVoiceImport", given)).json()["data"]["attributes"]
        assert (created["callId"], len(created["instanceId"])) == ("8", 36)


async def test_a_voice_import_without_its_parts_is_refused(api: Api) -> None:
    nothing = await api.create("/kaiaVoiceImports", "kaiaVoiceImport", {})
    unknown = await api.create("/kaiaVoiceImports", "kaiaVoiceImport", {"callId": "9", "recordingUrl": "https://x"})
    assert problems(nothing) == [
        ("Call can't be blank.", "/data/attributes/callId"),
        ("Recording url can't be blank.", "/data/attributes/recordingUrl"),
    ]
    assert problems(unknown) == [("Call could not be found.", "/data/attributes/callId")]


async def test_a_custom_duty_is_created(api: Api) -> None:
    created = await api.create("/customDuties", "customDuty", {"name": "Closer", "dutyType": "Duty"})
    assert (created.status_code, created.json()["data"]["attributes"]) == (201, {"name": "Closer", "dutyType": "Duty"})


async def test_the_organisations_settings_have_a_text_id_and_can_be_changed() -> None:
    async with sandbox([*ORGANISATION, record("orgSetting", 1, {})]) as api:
        own = shown_id(resource_type("orgSetting"), 1)
        data = {"type": "orgSetting", "id": own, "attributes": {"sendExclusions": "a@x.example"}}
        changed = (await api.send("PATCH", f"/orgSettings/{own}", data)).json()["data"]
        assert (changed["id"], changed["attributes"]["sendExclusions"]) == (own, "a@x.example")
        assert (await api.send("PATCH", f"/orgSettings/{own}", {**data, "id": "1"})).status_code == 422


@pytest.mark.parametrize(
    ("scopes", "meta"),
    [
        ("prospects.all", {"canWrite": True, "canDelete": True}),
        ("prospects.read", {"canWrite": False, "canDelete": False}),
        ("prospects.write prospects.read", {"canWrite": True, "canDelete": False}),
    ],
)
async def test_a_record_says_what_the_token_may_do_with_it_when_asked(scopes: str, meta: dict[str, bool]) -> None:
    async with sandbox(ORGANISATION, tokens={"sandbox": Access(scopes=frozenset(scopes.split()))}) as api:
        listed = await api.get("/prospects", provideAuthorizationMeta="true")
        assert ([each["meta"] for each in listed["data"]], "meta" in (await api.get("/prospects/1"))["data"]) == (
            [meta] * 3,
            False,
        )


@pytest.mark.parametrize(
    ("path", "meta"),
    [
        ("/mailboxes/1", {"canWrite": True, "canDelete": True}),
        ("/users/1", {"canWrite": True, "dataConnections": []}),
        ("/stages/1", {"canWrite": True, "canDelete": True, "dataConnections": []}),
    ],
)
async def test_what_a_record_says_depends_on_its_type(api: Api, path: str, meta: dict[str, Any]) -> None:
    answer = await api.get(path, provideAuthorizationMeta="true", provideDataConnections="true")
    assert answer["data"]["meta"] == meta


@pytest.mark.parametrize(
    ("policy", "tool", "status"),
    [("enforce", "Abacus", 422), ("enforce", "Whiteboard", 200), ("enforce", None, 200), ("ignore", "Abacus", 200)],
)
async def test_an_option_list_is_enforced_as_the_switch_says(policy: Any, tool: str | None, status: int) -> None:
    async with sandbox(ORGANISATION, switches=Switches(custom_fields=policy)) as api:
        assert (await api.update("/accounts/1", "account", {"custom2": tool})).status_code == status
