"""E-mail addresses and phone numbers of prospects."""

import pytest

from tests.sandbox.service import ORGANISATION, Api, problems, record, sandbox, to


async def contacts(api: Api, path: str, name: str) -> list[tuple[str, str | None]]:
    kind = "emailType" if name == "email" else "phoneType"
    found = await api.get(path, sort="id")
    return [(each["attributes"][name], each["attributes"][kind]) for each in found["data"]]


async def test_the_addresses_and_numbers_of_a_new_prospect_are_records_too(api: Api) -> None:
    attributes = {"emails": ["n@x.example"], "workPhones": ["+1"], "mobilePhones": ["+2"]}
    created = (await api.create("/prospects", "prospect", attributes)).json()["data"]
    assert await contacts(api, "/emailAddresses", "email") == [("n@x.example", None)]
    assert sorted(await contacts(api, "/phoneNumbers", "number")) == [("+1", "work"), ("+2", "mobile")]
    assert created["relationships"]["phoneNumbers"]["meta"] == {"count": 2}


async def test_writing_the_addresses_replaces_the_whole_list(api: Api) -> None:
    created = (await api.create("/prospects", "prospect", {"emails": ["a@x.example", "b@x.example"]})).json()["data"]
    await api.update(f"/prospects/{created['id']}", "prospect", {"emails": ["b@x.example", "c@x.example"]})
    assert await contacts(api, "/emailAddresses", "email") == [("b@x.example", None), ("c@x.example", None)]


async def test_a_number_that_is_written_as_a_record_shows_in_its_prospect(api: Api) -> None:
    created = await api.create(
        "/phoneNumbers", "phoneNumber", {"number": "+9", "phoneType": "home"}, {"prospect": to("prospect", 1)}
    )
    path = f"/phoneNumbers/{created.json()['data']['id']}"
    assert (await api.get("/prospects/1"))["data"]["attributes"]["homePhones"] == ["+9"]
    await api.update(path, "phoneNumber", {"number": "+8"})
    assert (await api.get("/prospects/1"))["data"]["attributes"]["homePhones"] == ["+8"]
    await api.send("DELETE", path)
    assert (await api.get("/prospects/1"))["data"]["attributes"]["homePhones"] == []


@pytest.mark.parametrize("emails", [["BOB@beta.example"], ["x@x.example", "x@x.example"]])
async def test_an_address_belongs_to_one_prospect_only(api: Api, emails: list[str]) -> None:
    taken = [("Contacts email hash has already been taken.", "/data")]
    assert problems(await api.create("/prospects", "prospect", {"emails": emails})) == taken
    assert problems(await api.update("/prospects/1", "prospect", {"emails": emails})) == taken


async def test_a_prospect_may_keep_its_own_address(api: Api) -> None:
    response = await api.update("/prospects/1", "prospect", {"emails": ["Ann@acme.example", "ann2@acme.example"]})
    assert response.status_code == 200


@pytest.mark.parametrize("email", ["ceo@rival.example", "noone@us.example"])
async def test_an_excluded_address_is_refused(email: str) -> None:
    setting = record("orgSetting", 1, {"prospectEmailExclusions": "rival.example, noone@us.example"})
    async with sandbox([*ORGANISATION, setting]) as api:
        assert problems(await api.create("/prospects", "prospect", {"emails": [email]})) == [
            ("Contacts contact is using an excluded email address.", "/data")
        ]
