"""The shape of resource objects."""

import re

from outreach_sandbox.records import Identifier, Record
from tests.sandbox.service import ORGANISATION, USER, Api, record, sandbox

BASE = "https://api.outreach.io/api/v2"


async def test_a_record_shows_all_its_attributes_its_relationships_and_its_own_link(api: Api) -> None:
    assert await api.get("/stages/1") == {
        "data": {
            "type": "stage",
            "id": 1,
            "attributes": {"color": "#0000ff", "createdAt": None, "name": "Cold", "order": 1, "updatedAt": None},
            "relationships": {
                "creator": {"data": None},
                "prospects": {"links": {"related": f"{BASE}/prospects?filter%5Bstage%5D%5Bid%5D=1"}},
                "updater": {"data": None},
            },
            "links": {"self": f"{BASE}/stages/1"},
        }
    }


async def test_an_embedded_to_many_relationship_has_its_members_a_link_and_their_count(api: Api) -> None:
    found = await api.get("/sequences/1", **{"fields[sequence]": "sequenceSteps"})
    assert found["data"]["relationships"] == {
        "sequenceSteps": {
            "data": [{"type": "sequenceStep", "id": 11}, {"type": "sequenceStep", "id": 12}],
            "links": {"related": f"{BASE}/sequenceSteps?filter%5Bsequence%5D%5Bid%5D=1"},
            "meta": {"count": 2},
        }
    }


async def test_a_related_link_can_be_followed(api: Api) -> None:
    assert await api.ids(f"{BASE}/sequenceSteps?filter%5Bsequence%5D%5Bid%5D=1") == [11, 12]


async def test_a_related_link_whose_filter_is_on_no_allow_list_can_be_followed() -> None:
    records = [
        *ORGANISATION,
        record("task", 5, {"state": "incomplete"}, subject=Identifier("prospect", 1)),
        record("emailAddress", 9, {"email": "ann@acme.example"}, prospect=Identifier("prospect", 1)),
    ]
    async with sandbox(records) as api:
        task = await api.get("/tasks/5", **{"fields[task]": "prospectContacts"})
        contacts = task["data"]["relationships"]["prospectContacts"]
        assert contacts["data"] == [{"type": "emailAddress", "id": 9}]
        assert await api.ids(contacts["links"]["related"]) == [9]


async def test_moments_are_written_in_utc_with_milliseconds() -> None:
    async with sandbox([record("stage", 1, {"name": "Cold", "createdAt": "2018-09-27T20:59:04+02:00"})]) as api:
        found = await api.get("/stages/1")
        assert found["data"]["attributes"]["createdAt"] == "2018-09-27T18:59:04.000Z"


async def test_a_polymorphic_relationship_names_the_type_it_points_to() -> None:
    task = record("task", 5, {"state": "incomplete"}, subject=Identifier("account", 1))
    async with sandbox([*ORGANISATION, task]) as api:
        found = await api.get("/tasks/5", **{"fields[task]": "subject,account,prospect"})
        assert found["data"]["relationships"] == {
            "subject": {"data": {"type": "account", "id": 1}},
            "account": {"data": {"type": "account", "id": 1}},
            "prospect": {"data": None},
        }


async def test_a_prospect_is_named_by_its_address_when_it_has_no_name() -> None:
    async with sandbox([record("prospect", 1, {"emails": ["a@b.example"]})]) as api:
        assert (await api.get("/prospects/1"))["data"]["attributes"]["name"] == "a@b.example"


async def test_a_prospects_company_is_the_name_of_its_account(api: Api) -> None:
    await api.update("/accounts/1", "account", {"name": "Acme Two"})
    assert (await api.get("/prospects/1"))["data"]["attributes"]["company"] == "Acme Two"


async def test_the_stage_of_an_opportunity_mirrors_its_opportunity_stage() -> None:
    stage = Identifier("opportunityStage", 4)
    records = [record("opportunityStage", 4, {"name": "Won"}), record("opportunity", 1, {}, opportunityStage=stage)]
    async with sandbox(records) as api:
        relationships = (await api.get("/opportunities/1"))["data"]["relationships"]
        assert (
            relationships["stage"]
            == relationships["opportunityStage"]
            == {"data": {"type": "opportunityStage", "id": 4}}
        )


async def test_write_only_attributes_are_never_answered() -> None:
    async with sandbox([record("mailbox", 1, {"email": "a@b.example", "password": "secret"}, user=USER)]) as api:
        response = await api.http.get("/mailboxes/1")
        assert not re.search("secret|password", response.text)


async def test_the_contact_histogram_leaves_the_default_answer_on_its_date(api: Api) -> None:
    assert "contactHistogram" in (await api.get("/prospects/1"))["data"]["attributes"]
    api.clock.forward(days=365)
    assert "contactHistogram" not in (await api.get("/prospects/1"))["data"]["attributes"]
    asked = await api.get("/prospects/1", **{"fields[prospect]": "contactHistogram"})
    assert asked["data"]["attributes"] == {"contactHistogram": []}


async def test_an_enrolment_is_active_for_its_prospect_until_it_is_over() -> None:
    def state(number: int, word: str) -> Record:
        return record("sequenceState", number, {"state": word}, prospect=Identifier("prospect", 1))

    words = ["active", "finished", "opted_out", "paused", "bounced"]
    records = [state(number, word) for number, word in enumerate(words, start=1)]
    async with sandbox([*ORGANISATION, *records]) as api:
        found = await api.get("/prospects/1", **{"fields[prospect]": "activeSequenceStates"})
        members = found["data"]["relationships"]["activeSequenceStates"]["data"]
        assert [member["id"] for member in members] == [1, 4, 5]
